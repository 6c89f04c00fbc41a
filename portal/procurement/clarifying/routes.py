"""The bidder's page of what it and the public body write to each other."""

from typing import Any

from flask import redirect, render_template
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.errors import Refusal
from portal.procurement import tenders
from portal.procurement.clarifying import rules, service
from portal.procurement.forms import WordsForm
from portal.procurement.models import Agency, Tender
from portal.web.access import Access, NotFound
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("clarifying", __name__, "/business/tenders")


def _find(session: Session, number: str) -> tuple[Tender, Agency]:
    found = tenders.public(session, number)
    if found is None:
        raise NotFound
    return found


@room.page("/<number>/clarification", access=Access.BUSINESS)
def show(session: Session, actor: Actor, number: str) -> str:
    """What was written, and the form where something may be written now."""
    return _page(session, actor, *_find(session, number))


def _page(session: Session, actor: Actor, tender: Tender, agency: Agency, error: str = "") -> str:
    talk = service.of_company(session, actor, tender)
    waiting = talk.thread.waiting if talk.thread else 0
    return render_template(
        "clarifying/own.html",
        tender=tender,
        agency=agency,
        messages=[(one, name, _(rules.GROUND_WORDS[one.ground]) if one.ground else "") for one, name in talk.messages],
        closed=why_not(lambda: rules.check_company(talk.phase, free=talk.free, waits=talk.waits, waiting=waiting)),
        bidding=talk.phase is rules.Phase.BIDDING,
        error=error,
    )


def why_not(check: Any) -> str:
    """The words of what *check* refuses; "" where it lets pass."""
    try:
        check()
    except Refusal as refusal:
        return f"{_(refusal.message, **refusal.facts)} {_(refusal.next_step, **refusal.facts)}"
    return ""


@room.page("/<number>/clarification", access=Access.BUSINESS, methods=("POST",))
def write(session: Session, actor: Actor, number: str) -> Any:
    """Write to the public body."""
    tender, agency = _find(session, number)
    form = WordsForm.read().speak(_("Message"))
    if not form.validate():
        return _page(session, actor, tender, agency, str(form.words.errors[0])), 422
    service.write(session, actor, tender, form.words.data or "")
    return redirect(f"/business/tenders/{tender.number}/clarification", 303)
