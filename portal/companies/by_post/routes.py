"""Pages for companies without gBizID: ask for a letter, enter its code, sign in, stop a letter nobody asked for."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.companies import rules as company_rules
from portal.companies.by_post import rules, service
from portal.companies.by_post.forms import AskForm, CodeForm, SignInForm, StopForm
from portal.core import passwords
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.words import N_
from portal.web import password_try, throttle
from portal.web import session as web_session
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.room import Room
from portal.web.way_back import way_back

room = Room("by_post", __name__, "/business/by-post")
# One person asks for a letter or two a day; whoever asks for many writes to strangers at the city's cost.
ASKED_A_DAY = 5
TRY_CODE, TRY_SIGN_IN = "company letter code", "company letter sign-in"
WRONG_CODE = N_("The sign-in number, the password or the code is not right, or the letter is over.")
WRONG = N_("The sign-in number or the password is not right, or the sign-in by letter ended.")
WRONG_STOP = N_("No letter on its way to this company has this code.")


@room.page("", access=Access.PUBLIC, purpose=Purpose.ACCOUNT)
def ask_form(session: Session, actor: Actor) -> str:
    """How it goes, and the request."""
    return _ask_page(AskForm.read().speak())


def _ask_page(form: AskForm) -> str:
    days, tries = rules.GOOD_FOR.days, rules.MOST_TRIES
    return render_template("by_post/ask.html", form=form, days=days, tries=tries)


def _hashed() -> str:
    """The new password as it is kept; slow on purpose, so outside the transaction. "" where the form is not sound."""
    form = AskForm.read().speak()
    return passwords.hash_password(request.form.get("password", "")) if form.is_sound() else ""


@room.page("", access=Access.PUBLIC, purpose=Purpose.ACCOUNT, methods=("POST",), before=_hashed)
def ask(session: Session, actor: Actor, found: str) -> Any:
    """A letter goes to the registered address; the page says the sign-in number once."""
    form = AskForm.read().speak()
    if not form.is_sound() or not found:
        return _ask_page(form), 422
    throttle.guard_day(session, "company letters", request.remote_addr or "", limit=ASKED_A_DAY)
    try:
        reference = service.ask(session, number=form.number.data or "", name=form.name.data or "", password_hash=found)
    except (company_rules.NotInRegister, company_rules.CorporationClosed, rules.NoPostalAddress) as refusal:
        form.number.errors = [_said(refusal)]
        return _ask_page(form), refusal.status
    return render_template("by_post/asked.html", reference=reference, days=rules.GOOD_FOR.days)


def _said(refusal: Refusal) -> str:
    return f"{_(refusal.message)} {_(refusal.next_step)}"


@room.page("/code", access=Access.PUBLIC, purpose=Purpose.ACCOUNT)
def code_form(session: Session, actor: Actor) -> str:
    """Where the code of the letter is entered."""
    return _code_page(CodeForm.read().speak())


def _code_page(form: Any, error: str = "") -> str:
    return render_template("by_post/code.html", form=form, error=error)


def _try_code() -> UUID | None:
    typed, password = request.form.get("reference", ""), request.form.get("password", "")
    return password_try.check(TRY_CODE, typed, password, find=service.secret_of)


@room.page("/code", access=Access.PUBLIC, purpose=Purpose.ACCOUNT, methods=("POST",), before=_try_code)
def use_code(session: Session, actor: Actor, found: UUID | None) -> Any:
    """In, if number, password and code fit; one answer for whatever was wrong."""
    form = CodeForm.read().speak()
    if not form.validate():
        return _code_page(form), 422
    who = service.use_code(session, hall().key(rules.KEY), found, form.code.data or "") if found else None
    if who is None:
        return _code_page(form, _(WRONG_CODE)), 422
    password_try.forgive(session, TRY_CODE, form.reference.data or "")
    web_session.sign_in(session, who)
    return redirect("/business", 303)


@room.page("/sign-in", access=Access.PUBLIC, purpose=Purpose.ACCOUNT)
def sign_in_form(session: Session, actor: Actor) -> str:
    """The sign-in of who was let in by a letter."""
    return _sign_in_page(SignInForm.read().speak())


def _sign_in_page(form: Any, error: str = "") -> str:
    return render_template("by_post/sign_in.html", form=form, error=error, next=way_back(""))


def _try_password() -> UUID | None:
    typed, password = request.form.get("reference", ""), request.form.get("password", "")
    return password_try.check(TRY_SIGN_IN, typed, password, find=service.sign_in_secret_of)


@room.page("/sign-in", access=Access.PUBLIC, purpose=Purpose.ACCOUNT, methods=("POST",), before=_try_password)
def sign_in(session: Session, actor: Actor, found: UUID | None) -> Any:
    """Begin a session; one answer for whatever was wrong."""
    form = SignInForm.read().speak()
    if not form.validate():
        return _sign_in_page(form), 422
    who = service.sign_in(session, found) if found else None
    if who is None:
        return _sign_in_page(form, _(WRONG)), 422
    password_try.forgive(session, TRY_SIGN_IN, form.reference.data or "")
    web_session.sign_in(session, who)
    return redirect(way_back("/business"), 303)


@room.page("/stop", access=Access.PUBLIC, purpose=Purpose.ACCOUNT)
def stop_form(session: Session, actor: Actor) -> str:
    """For who got a letter that nobody of the company asked for."""
    return _stop_page(StopForm.read().speak())


def _stop_page(form: Any, *, error: str = "", stopped: bool = False) -> str:
    return render_template("by_post/stop.html", form=form, error=error, stopped=stopped)


@room.page("/stop", access=Access.PUBLIC, purpose=Purpose.ACCOUNT, methods=("POST",))
def stop_by_code(session: Session, actor: Actor) -> Any:
    """End the letter; one answer for whatever did not fit."""
    form = StopForm.read().speak()
    if not form.validate():
        return _stop_page(form), 422
    throttle.guard(session, "company letter stop", request.remote_addr or "", limit=password_try.LIMIT)
    key = hall().key(rules.KEY)
    if not service.stop_by_code(session, key, number=form.number.data or "", typed=form.code.data or ""):
        return _stop_page(form, error=_(WRONG_STOP)), 422
    return _stop_page(form, stopped=True)


@room.page("/<uuid:letter_id>/stop", access=Access.BUSINESS)
def ask_stop(session: Session, actor: Actor, letter_id: UUID) -> str:
    """Asks once: for people of the company who may decide it."""
    letter = service.own(session, actor, letter_id)
    used = letter.state == rules.State.USED
    return render_template(
        "confirm.html",
        base="base.html",
        question=_("End the sign-in by letter?") if used else _("Stop this letter?"),
        words=_("End it") if used else _("Stop the letter"),
        consequence=_(
            "Whoever asked can do nothing for your company with it. A new letter can be asked for at any time."
        ),
        facts=[{"label": _("Asked for by"), "value": letter.name}],
        action=f"/business/by-post/{letter_id}/stop",
        back="/business/company",
    )


@room.page("/<uuid:letter_id>/stop", access=Access.BUSINESS, methods=("POST",))
def stop(session: Session, actor: Actor, letter_id: UUID) -> Redirect:
    """It is over at once."""
    service.stop(session, actor, letter_id)
    return redirect("/business/company", 303)
