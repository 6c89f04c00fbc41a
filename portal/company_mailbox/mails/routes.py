"""Mail to a company: its addresses, and the link in every mail that stops it."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect
from wtforms import BooleanField, SelectField

from portal.companies import service
from portal.companies.service import PowerOf as Power
from portal.company_mailbox.mails import rules
from portal.company_mailbox.mails import service as mails
from portal.core import text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.words import N_
from portal.mailbox import service as mailbox
from portal.web import throttle
from portal.web.access import Access
from portal.web.forms import CityForm, TextField
from portal.web.hall import hall
from portal.web.i18n import LANGUAGES, language
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("company_mails", __name__, "/business")
PAGE = "/business/mailbox/mail"
channels = mailbox.channel_rules
# A quarter of an hour and a day: codes of one company, codes to one address, whoever asks.
CODES, CODES_TO, CODES_A_DAY, CODES_TO_A_DAY = 5, 3, 10, 6
PAUSED_WORDS = {
    channels.Paused.STOPPED: N_("Somebody stopped these mails with the link in a mail."),
    channels.Paused.BOUNCED: N_("A mail to this address came back, so we send no more."),
    channels.Paused.COMPLAINED: N_("A mail to this address was marked as unwanted, so we send no more."),
}


class AddressForm(CityForm):
    """An address, and how often."""

    address = TextField(
        N_("Mail address"), reader=text.email, render_kw={"inputmode": "email", "autocomplete": "email"}
    )
    language = SelectField(N_("Language of these mails"))
    hourly = BooleanField(N_("At most one mail an hour, for everything new"))
    others = BooleanField(N_("Also for the companies we act for"))

    def label(self) -> "AddressForm":
        for field in self:
            field.label.text = _(field.label.text)
        self.language.choices = list(LANGUAGES.items())
        self.hourly.flags.required = self.others.flags.required = False
        return self


class CodeForm(CityForm):
    """The code that came by mail."""

    code = TextField(
        N_("Code from the mail"),
        reader=lambda typed: text.digits(typed, count=6),
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code", "width": "short"},
    )

    def label(self) -> "CodeForm":
        self.code.label.text = _(self.code.label.text)
        return self


def _ways() -> mailbox.WaysOf:
    return mailbox.WaysOf.of(hall().settings)


def _page(
    session: Session, actor: Actor, *, form: AddressForm | None = None, code: CodeForm | None = None,
    wrong: UUID | None = None,
) -> str:  # fmt: skip
    now = service.standing(session, actor, Power.PEOPLE)
    there = mails.addresses_of(session, now.company_id)
    return render_template(
        "mails/page.html",
        now=now,
        lines=[(one, _(PAUSED_WORDS[channels.Paused(one.paused)]) if one.paused else "") for one in there],
        form=(form or AddressForm(data={"hourly": True, "language": language()})).label(),
        code=(code or CodeForm()).label(),
        spoken=LANGUAGES,
        wrong=wrong,
        full=len(there) >= rules.MOST_ADDRESSES,
        mail_works=_ways().mail is not None,
        saved="saved" in request.args,
    )


@room.page("/mailbox/mail", access=Access.BUSINESS)
def show(session: Session, actor: Actor) -> str:
    """Where the company is told of new notices."""
    return _page(session, actor)


@room.page("/mailbox/mail", access=Access.BUSINESS, methods=("POST",))
def add(session: Session, actor: Actor) -> Any:
    """Send a code to the address that was typed."""
    if _ways().mail is None:
        raise channels.MailOff
    now, form = service.standing(session, actor, Power.PEOPLE), AddressForm.read().label()
    if not form.validate():
        return _page(session, actor, form=form), 422
    box = channels.box_of(form.address.data)
    throttle.guard(session, "company-mail-code", str(now.company_id), limit=CODES)
    throttle.guard(session, "mail-code-to", box, limit=CODES_TO)
    throttle.guard_day(session, "company-mail-code", str(now.company_id), limit=CODES_A_DAY)
    throttle.guard_day(session, "mail-code-to", box, limit=CODES_TO_A_DAY)
    chosen = {"hourly": form.hourly.data, "others": form.others.data, "language": form.language.data}
    mails.add_address(session, now, actor, form.address.data, **chosen)
    return redirect(PAGE, 303)


@room.page("/mailbox/mail/<uuid:address_id>/code", access=Access.BUSINESS, methods=("POST",))
def confirm(session: Session, actor: Actor, address_id: UUID) -> Any:
    """The code shows that the address is the company's own."""
    now, form = service.standing(session, actor, Power.PEOPLE), CodeForm.read()
    if form.validate() and mails.confirm_address(session, _ways(), now, address_id, form.code.data):
        return redirect(f"{PAGE}?saved=1", 303)
    if not form.errors:
        wrong = channels.CodeWrong
        form.code.errors = [f"{_(wrong.message)} {_(wrong.next_step)}"]
    return _page(session, actor, code=form, wrong=address_id), 422


@room.page("/mailbox/mail/<uuid:address_id>/remove", access=Access.BUSINESS, methods=("POST",))
def remove(session: Session, actor: Actor, address_id: UUID) -> Redirect:
    """Nothing is sent there any more."""
    mails.remove_address(session, service.standing(session, actor, Power.PEOPLE), address_id)
    return redirect(f"{PAGE}?saved=1", 303)


@room.page("/mailbox/mail/<uuid:address_id>/resume", access=Access.BUSINESS, methods=("POST",))
def resume(session: Session, actor: Actor, address_id: UUID) -> Redirect:
    """Mail again, after it was stopped or came back."""
    mails.resume(session, service.standing(session, actor, Power.PEOPLE), address_id)
    return redirect(f"{PAGE}?saved=1", 303)


@room.page("/mail/stop", access=Access.PUBLIC, purpose=Purpose.OWN_USE)
def ask_stop(session: Session, actor: Actor) -> str:
    """Asks once: mail programs open links by themselves."""
    token = request.args.get("token", "")
    mails.whose_stop_link(session, _ways(), token)
    return render_template("mails/stop.html", token=token, stopped=False)


@room.protocol("/mail/stop", purpose=Purpose.OWN_USE)
def stop(session: Session) -> str:
    """Stop at one click: the page's button, or a mail program's own (RFC 8058), which knows no form of ours."""
    mails.stop(session, _ways(), request.args.get("token", ""))
    return render_template("mails/stop.html", token="", stopped=True)
