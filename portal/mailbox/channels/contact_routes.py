"""How I am told, by text message and in LINE: forms of the page, and the call by which LINE tells us of its users."""

from typing import Any

from flask import redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.accounts import service as accounts
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.mailbox.channels import rules, service
from portal.mailbox.channels.forms import NumberCodeForm, NumberForm
from portal.mailbox.channels.routes import CODES, CODES_A_DAY, CODES_TO, CODES_TO_A_DAY, PAGE, own, page, ways_of
from portal.mailbox.channels.rules import Channel
from portal.web import throttle
from portal.web.access import Access
from portal.web.i18n import gettext
from portal.web.room import Room

room = Room("channel_contacts", __name__)
SAVED = f"{PAGE}?saved=1"
# A quarter of an hour: messages of one LINE user that are looked at.
LINE_MESSAGES = 20


@room.page(f"{PAGE}/sms", access=Access.RESIDENT, methods=("POST",))
def want_number(session: Session, actor: Actor) -> Any:
    """Send a code to the number that was typed."""
    if ways_of().texts is None:
        raise rules.ChannelOff
    form = NumberForm.read()
    if not form.validate():
        return page(session, actor, number=form), 422
    number = form.number.data
    throttle.guard(session, "text-code", str(actor.id), limit=CODES)
    throttle.guard(session, "text-code-to", number, limit=CODES_TO)
    throttle.guard_day(session, "text-code", str(actor.id), limit=CODES_A_DAY)
    throttle.guard_day(session, "text-code-to", number, limit=CODES_TO_A_DAY)
    service.want_number(session, own(actor), number)
    return redirect(f"{PAGE}#text-messages", 303)


@room.page(f"{PAGE}/sms/code", access=Access.RESIDENT, methods=("POST",))
def confirm_number(session: Session, actor: Actor) -> Any:
    """The code shows that the number is the person's own."""
    form = NumberCodeForm.read()
    if form.validate() and service.confirm_number(session, ways_of(), own(actor), form.text_code.data):
        accounts.tell(session, own(actor), kind="phone-number", device="")
        return redirect(SAVED, 303)
    if not form.errors:
        wrong = rules.CodeWrong
        form.text_code.errors = [f"{gettext(wrong.message)} {gettext(wrong.next_step)}"]
    return page(session, actor, text_code=form), 422


@room.page(f"{PAGE}/line", access=Access.RESIDENT, methods=("POST",))
def connect_line(session: Session, actor: Actor) -> Any:
    """A code to write to the city's account in LINE; shown on this answer only."""
    if ways_of().line is None:
        raise rules.ChannelOff
    throttle.guard(session, "line-code", str(actor.id), limit=CODES)
    return page(session, actor, line_code=service.line_code(session, ways_of(), own(actor)))


def _remove(session: Session, actor: Actor, channel: Channel) -> Redirect:
    service.remove_contact(session, own(actor), channel)
    return redirect(SAVED, 303)


def _resume(session: Session, actor: Actor, channel: Channel) -> Redirect:
    service.resume(session, own(actor), channel)
    return redirect(SAVED, 303)


@room.page(f"{PAGE}/sms/remove", access=Access.RESIDENT, methods=("POST",))
def remove_number(session: Session, actor: Actor) -> Redirect:
    """No text messages any more; the number is forgotten."""
    return _remove(session, actor, Channel.SMS)


@room.page(f"{PAGE}/line/remove", access=Access.RESIDENT, methods=("POST",))
def disconnect_line(session: Session, actor: Actor) -> Redirect:
    """Nothing in LINE any more; the account is forgotten."""
    return _remove(session, actor, Channel.LINE)


@room.page(f"{PAGE}/sms/resume", access=Access.RESIDENT, methods=("POST",))
def resume_texts(session: Session, actor: Actor) -> Redirect:
    """Text messages again, after nobody was reached."""
    return _resume(session, actor, Channel.SMS)


@room.page(f"{PAGE}/line/resume", access=Access.RESIDENT, methods=("POST",))
def resume_line(session: Session, actor: Actor) -> Redirect:
    """LINE again, after the account was blocked."""
    return _resume(session, actor, Channel.LINE)


@room.protocol("/line/webhook", purpose=Purpose.OWN_USE)
def hear(session: Session) -> tuple[str, int]:
    """What happened at the city's account in LINE; signed by LINE."""
    ways = ways_of()
    if ways.line is None:
        raise rules.ChannelOff
    for event in ways.line.events(request.get_data(), request.headers.get("X-Line-Signature", "")):
        source = event.get("source")
        user = str(source.get("userId", "")) if isinstance(source, dict) else ""
        throttle.guard(session, "line-messages", user[:64], limit=LINE_MESSAGES)
        service.hear_line(session, ways, event)
    return "", 200
