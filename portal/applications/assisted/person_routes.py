"""Pages of staff who fill in a form with somebody: find the person, make sure who it is, choose the procedure."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.applications import cases, rules, view
from portal.applications import service as applications
from portal.applications.assisted import corrections, places, service
from portal.applications.assisted import rules as together
from portal.applications.models import Assistance, AssistedCorrection
from portal.applications.procedures import catalogue
from portal.core import audit, identity
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.identity import Document, DocumentMissing
from portal.core.permissions import Permission
from portal.residents import service as residents
from portal.web import card_bridge
from portal.web.access import Access
from portal.web.card_bridge import challenge_id, on_reader, proof
from portal.web.hall import hall
from portal.web.i18n import gettext
from portal.web.person_form import find_person, search_page
from portal.web.room import Room

room = Room("applications_assist", __name__, "/staff/assist")

ASSISTS = Access.staff(Permission.APPLICATION_ASSIST)
SEARCH = "assisted/search.html"
PERSON = "/people/<uuid:resident_id>"
ASKING = card_bridge.asking(accounts.ask_about_card)


@room.page("", access=ASSISTS, purpose=Purpose.ASSIST)
def search(session: Session, actor: Actor) -> str:
    """An empty search, what one sits over now, and what was left lying at the office."""
    mine, left = places.begun(session, actor)
    return search_page(SEARCH, _to, mine=mine, left=left, title_of=cases.title_of)


@room.page("", access=ASSISTS, purpose=Purpose.ASSIST, methods=("POST",))
def find(session: Session, actor: Actor) -> Any:
    """Go to the person who fits, or choose among several."""
    return find_person(partial(residents.find, session), SEARCH, _to)


def _to(resident_id: UUID) -> str:
    return url_for(".person", resident_id=resident_id)


@room.page(PERSON, access=ASSISTS, purpose=Purpose.ASSIST)
def person(session: Session, actor: Actor, resident_id: UUID) -> Any:
    """Identity first; then what the person has begun, and every procedure."""
    return _person_page(session, actor, resident_id)


@room.page(f"{PERSON}/identity/document", access=ASSISTS, purpose=Purpose.ASSIST, methods=("POST",))
def check_document(session: Session, actor: Actor, resident_id: UUID) -> Any:
    """Record which document was compared with the person."""
    shown = request.form.get("document", "")
    if shown not in set(Document):
        return _person_page(session, actor, resident_id, DocumentMissing())
    residents.look_up(session, resident_id)
    accounts.check_by_document(session, actor, resident_id, Document(shown))
    return redirect(_to(resident_id), 303)


@room.page(f"{PERSON}/identity/card", access=ASSISTS, purpose=Purpose.ASSIST, methods=("POST",), before=ASKING)
def check_card(session: Session, actor: Actor, resident_id: UUID, found: None) -> Any:
    """The registered card on the staff reader signed: is it this person's?"""
    try:
        accounts.check_by_card(session, actor, resident_id, challenge_id(), proof(), hall().settings.card_ca)
    except Refusal as refusal:
        return _person_page(session, actor, resident_id, refusal)
    return redirect(_to(resident_id), 303)


@room.page(f"{PERSON}/begin", access=ASSISTS, purpose=Purpose.ASSIST, methods=("POST",))
def begin(session: Session, actor: Actor, resident_id: UUID) -> Any:
    """Sit down with the person over a procedure; `instead_of` takes it over from the colleague who has it."""
    try:
        draft = service.begin(
            session,
            actor,
            resident_id,
            request.form.get("procedure", ""),
            instead_of=request.form.get("instead_of", type=UUID),
        )
    except (together.IdentityNeeded, together.WithColleague, rules.ProcedureNotFound) as refusal:
        return _person_page(session, actor, resident_id, refusal)
    return redirect(url_for("applications_assisted.resume", id=draft.id), 303)


@room.page(f"{PERSON}/correct", access=ASSISTS, purpose=Purpose.ASSIST, methods=("POST",))
def correct(session: Session, actor: Actor, resident_id: UUID) -> Any:
    """Sit down with the person over what a clerk asked them to correct; `instead_of` as for a draft."""
    application_id = request.form.get("application", type=UUID)
    if application_id is None:
        raise rules.ApplicationNotFound
    try:
        instead_of = request.form.get("instead_of", type=UUID)
        corrections.begin(session, actor, resident_id, application_id, instead_of=instead_of)
    except (together.IdentityNeeded, together.CorrectionWithColleague, together.Settled) as refusal:
        return _person_page(session, actor, resident_id, refusal)
    return redirect(url_for("applications_assisted_corrections.correct", id=application_id), 303)


def _person_page(session: Session, actor: Actor, resident_id: UUID, refusal: Refusal | None = None) -> Any:
    """Before the identity is checked only who it should be; then what was begun, sent, and can be begun."""
    check = accounts.fresh_check(session, actor, resident_id)
    try:
        who = service.check_person(session, actor, resident_id)
    except (together.OwnApplication, together.NotResident, together.TooYoung) as never:
        found = residents.look_up(session, resident_id)
        return render_template("assisted/never.html", person=found, refusal=never), never.status
    page = render_template(
        "assisted/person.html",
        person=who,
        checked=gettext(identity.how_words(check.how)) if check else "",
        checked_at=check.at if check else None,
        card=None if check else _card(session, resident_id),
        documents=[(str(kind), gettext(words)) for kind, words in identity.DOCUMENT_WORDS.items()],
        chosen=request.form.get("procedure", ""),
        instead_of=_colleague(session, resident_id, refusal),
        chosen_case=request.form.get("application", ""),
        refusal=refusal,
        **(_choices(session, resident_id) if check else {}),
    )
    return page if refusal is None else (page, refusal.status)


def _card(session: Session, resident_id: UUID) -> dict[str, str] | None:
    """What the reader asks a registered card; None for a person without one."""
    if not accounts.cards_of(session, resident_id):
        return None
    challenge = accounts.offer_challenge(session, accounts.identity_context(resident_id))
    return on_reader(challenge.id, challenge.bytes)


def _colleague(session: Session, resident_id: UUID, refusal: Refusal | None) -> UUID | None:
    """The colleague who sits over the draft, or the correction, that was asked for."""
    there = None
    if isinstance(refusal, together.WithColleague):
        draft = applications.find_draft(session, resident_id, request.form.get("procedure", ""))
        there = places.of(session, Assistance, draft.id) if draft else None
    elif isinstance(refusal, together.CorrectionWithColleague):
        there = places.of(session, AssistedCorrection, UUID(request.form["application"]))
    return there.member_id if there else None


def _choices(session: Session, resident_id: UUID) -> dict[str, Any]:
    """The person's cases and all procedures by topic; that they were seen is on record."""
    found = applications.of_resident(session, resident_id)
    if found:
        audit.looked(session, whose=resident_id, what="applications")
    return {
        "drafts": [one for one in found if one.state is rules.State.DRAFT],
        "to_correct": [one for one in found if one.state is rules.State.CORRECTION_ASKED],
        "open": [one for one in found if one.state in rules.OPEN - {rules.State.CORRECTION_ASKED}],
        "words": rules.STATE_WORDS,
        "topics": view.by_topic(catalogue.for_residents()),
    }
