"""Pages of the waiting list: join, see where one stands, answer an offer, leave."""

from typing import Any
from uuid import UUID

from flask import g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.applications import service as applications
from portal.applications.service import ApplicationSummary
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.reservations import service, waiting, waiting_rules
from portal.reservations.rules import BookingNotFound
from portal.reservations.terms import terms
from portal.reservations.waiting_forms import WishForm, notice_words, open_days
from portal.reservations.waiting_rules import EntryState, OfferOver, PartOfDay, TimesStillFree, WishNotPossible
from portal.staff import service as staff
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext, is_language_change, office_words, show_visit
from portal.web.room import Room

room = Room("waiting", __name__, "/reservations/waiting")

Answer = str | Redirect | tuple[str, int]


@room.page("/new", access=Access.RESIDENT)
def new(session: Session, actor: Actor) -> Answer:
    """Say what one waits for."""
    about = service.to_book(session, actor, _application_id())
    if known := waiting.of_application(session, about.id):
        return redirect(url_for(".show", id=known.id), 303)
    if booking := service.of_application(session, about.id):
        return redirect(url_for("reservations.show", id=booking.id), 303)
    offices = service.offices_for(session, about)
    days = [day.isoformat() for day in open_days([one.code for one in offices])]
    wanted = request.args.get("day", "")
    known_offices = [one.code for one in offices if one.code == request.args.get("office")]
    first = wanted if wanted in days else days[0] if days else None
    form = WishForm.read(
        offices=known_offices or [one.code for one in offices[:1]],
        first_day=first,
        last_day=first if wanted in days else days[-1] if days else None,
        parts=[str(int(part)) for part in PartOfDay],
        notice_days="0",
    )
    return _form_page(about, form.label(offices))


@room.page("/new", access=Access.RESIDENT, methods=("POST",))
def join(session: Session, actor: Actor) -> Answer:
    """Join the list; a second press leads to the same entry."""
    about = service.to_book(session, actor, _application_id())
    form = WishForm.read().label(service.offices_for(session, about))
    if is_language_change():
        return _form_page(about, form)
    if not form.validate():
        return _form_page(about, form), 422
    try:
        entry = waiting.join(session, actor, about.id, form.wish())
    except (TimesStillFree, WishNotPossible) as refusal:
        return _form_page(about, form, refusal), refusal.status
    return redirect(url_for(".show", id=entry.id), 303)


@room.page("/<uuid:id>", access=Access.RESIDENT)
def show(session: Session, actor: Actor, id: UUID) -> Answer:
    """What is waited for, and the place that is kept for this person now."""
    return _entry_page(session, actor, id)


@room.page("/<uuid:id>/accept", access=Access.RESIDENT, methods=("POST",))
def accept(session: Session, actor: Actor, id: UUID) -> Answer:
    """Take the offered place; a second press leads to the same reservation."""
    booking = waiting.accept(session, actor, id)
    return redirect(url_for("reservations.show", id=booking.id), 303)


@room.blueprint.errorhandler(OfferOver)
def too_late(refusal: OfferOver) -> Any:
    """The place went to somebody else: the entry as it stands now, with a word about it."""
    entry_id = (request.view_args or {})["id"]
    with hall().database.page(g.actor, Purpose.OWN_USE, writes=False) as session:
        return _entry_page(session, g.actor, entry_id, refusal), refusal.status


@room.page("/<uuid:id>/decline", access=Access.RESIDENT, methods=("POST",))
def decline(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Leave this place to the next person and go on waiting."""
    waiting.decline(session, actor, id)
    return redirect(url_for(".show", id=id), 303)


@room.page("/<uuid:id>/leave", access=Access.RESIDENT, methods=("POST",))
def leave(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Wait no longer."""
    waiting.leave(session, actor, id)
    return redirect(url_for(".show", id=id), 303)


def _entry_page(session: Session, actor: Actor, id: UUID, refusal: OfferOver | None = None) -> str:
    entry = waiting.open_entry(session, actor, id)
    found = waiting.open_offer(session, entry) if entry.state == EntryState.WAITING else None
    booking = service.of_application(session, entry.application_id)
    offer: dict[str, Any] | None = None
    if found:
        when, where = show_visit(found[1].starts_at), staff.office_name(session, found[1].office)
        offer = {"when": when, "office": where, "until": found[0].expires_at}
    return render_template(
        "reservations/waiting.html",
        entry=entry,
        refusal=refusal,
        about=applications.summary(session, entry.application_id),
        offer=offer,
        booking=booking,
        offices=[office_words(staff.office_name(session, code)) for code in entry.office_codes],
        parts=[gettext(words) for part, words in waiting_rules.PART_WORDS.items() if entry.parts & part],
        notice=notice_words(entry.notice_days),
        status=waiting_rules.ENTRY_WORDS[EntryState(entry.state)],
        why=waiting_rules.WHY_WORDS.get(entry.why),  # type: ignore[call-overload]
    )


def _form_page(about: ApplicationSummary, form: WishForm, refusal: Refusal | None = None) -> str:
    free = [(one, show_visit(one.starts_at)) for one in refusal.facts.get("free", ())] if refusal else []
    given = terms()
    return render_template(
        "reservations/wish.html",
        about=about,
        form=form,
        refusal=refusal,
        free=free,
        minutes=int(given.offer.total_seconds() // 60),
        awake=[f"{at:%H:%M}" for at in given.awake],
    )


def _application_id() -> UUID:
    try:
        return UUID(request.values.get("application", ""))
    except ValueError:
        raise BookingNotFound from None
