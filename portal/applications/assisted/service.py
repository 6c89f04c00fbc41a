"""Filling in a form with somebody at the window: begun, held by one member of staff at a time, confirmed, sent."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.applications import cases, drafts, guests, service, ways
from portal.applications.assisted import places, records, rules
from portal.applications.assisted.rules import Confirmation, SentAlready, SittingOver, WithColleague
from portal.applications.casework import checks
from portal.applications.models import Application, Assistance
from portal.applications.rules import Channel, Kind, State
from portal.applications.signatures.content import digest_of
from portal.applications.signatures.rules import CARD
from portal.applications.ways import Way
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.residents import service as residents


def check_person(session: Session, actor: Actor, resident_id: UUID) -> residents.Person:
    """The person, if *actor* may fill in something with them; raises what rules.check_person raises."""
    person = residents.look_up(session, resident_id)
    today = clock.today()
    lives_here = person.moved_out is None or person.moved_out > today
    age = checks.years(person.birth_date, today)
    rules.check_person((person.name, person.alias), actor.display_name, age=age, lives_here=lives_here)
    return person


def begin(
    session: Session, actor: Actor, resident_id: UUID, procedure: str, *, instead_of: UUID | None = None
) -> Application:
    """Sit down with the person over their draft of this procedure: a new one, or the one they began at home.

    Raises what check_person raises, IdentityNeeded, and WithColleague unless *instead_of* names that colleague.
    """
    check_person(session, actor, resident_id)
    if accounts.fresh_check(session, actor, resident_id) is None:
        raise rules.IdentityNeeded
    draft = drafts.start_draft(session, resident_id, procedure)
    if _sits_there(session, actor, draft):
        return draft
    if not places.take(session, actor, resident_id, (Assistance, draft.id), instead_of):
        there = places.of(session, Assistance, draft.id)
        raise WithColleague(**places.since(there)) if there else SentAlready
    _mark(session, draft.id, Channel.ASSISTED)
    cases.tell(session, draft, Kind.ASSIST_BEGUN, actor)
    audit.did(session, Action.CHANGE, whose=resident_id, what="assisted_applications", case_ref=draft.reference)
    return cases.open_case(session, draft.id)


def _sits_there(session: Session, actor: Actor, draft: Application) -> bool:
    there = now_with(session, draft)
    return there is not None and there.member_id == actor.id


def _mark(session: Session, application_id: UUID, channel: Channel) -> None:
    draft = update(Application).where(Application.id == application_id, Application.state == str(State.DRAFT))
    if not places.moved(session, draft.values(channel=str(channel))):
        raise SentAlready


def now_with(session: Session, case: Application) -> Assistance | None:
    """Who sits over this draft with the person at this moment, for the pages of the person."""
    if case.channel != Channel.ASSISTED or case.state != State.DRAFT:
        return None
    found = records.of_case(session, case.id)
    return found if found and not rules.is_over(found.seen_at, found.ended_at, clock.now()) else None


def look_in(session: Session, actor: Actor, application_id: UUID) -> Way:
    """The way to a case *actor* sits over, or sent a moment ago; the person sees that it was opened.

    Raises SittingOver, and SentAlready where the case is gone or the person sent it without us: it is theirs then.
    """
    found = records.of_case(session, application_id)
    if found is None:
        raise SentAlready
    if found.member_id != actor.id:
        raise SittingOver
    if found.sent_at is None and rules.is_over(found.seen_at, found.ended_at, clock.now()):
        raise SittingOver
    if found.sent_at and found.sent_at <= clock.now() - rules.SITTING:
        raise SittingOver
    return _way(session, actor, application_id, drafts_only=found.sent_at is None)


def _way(session: Session, actor: Actor, application_id: UUID, *, drafts_only: bool) -> Way:
    case = cases.open_case(session, application_id)
    if drafts_only and case.state != State.DRAFT:
        raise SentAlready
    assert case.resident_id is not None
    audit.looked(session, whose=case.whose, what="applications.answers", case_ref=case.reference)
    person = residents.look_up(session, case.resident_id, case_ref=case.reference)
    return ways.assisted(actor, application_id, case.resident_id, person.known_as)


def go_on(session: Session, actor: Actor, application_id: UUID) -> Way:
    """The same before anything is written in the draft: the place is kept by one conditional UPDATE, so a colleague who
    took over comes before or after, never between. What was sent is changed by the person alone."""
    if not places.keep(session, actor, Assistance, application_id):
        raise SittingOver
    return _way(session, actor, application_id, drafts_only=True)


def ways_to_confirm(case: Application) -> tuple[Confirmation, ...]:
    """What the person may confirm this application by."""
    return rules.ways_to_confirm(cases.procedure_of(case).signature == CARD)


def send(session: Session, actor: Actor, application_id: UUID, confirmed: str, digest: str) -> Application:
    """Send what the person confirmed; sent already, it stays as it is.

    Raises NotConfirmed, ChangedSince if the answers are others than those shown with *digest*, application-not-complete.
    """
    look_in(session, actor, application_id)
    case = cases.open_case(session, application_id)
    if case.state != State.DRAFT and case.channel == Channel.ASSISTED:
        return case
    way = go_on(session, actor, application_id)
    case = cases.locked(session, application_id, owner=cases.owner_of(session, way.actor))
    if case.state != State.DRAFT:
        raise SentAlready
    if confirmed not in ways_to_confirm(case):
        raise rules.NotConfirmed
    if digest != digest_of(case):
        raise rules.ChangedSince
    if confirmed == Confirmation.SIGNED_CARD and service.signature_of(session, application_id).is_missing:
        raise rules.NotConfirmed
    case = service.submit(session, way.actor, application_id)
    places.sent(session, Assistance, application_id, confirmed)
    return case


def stop(session: Session, actor: Actor, application_id: UUID) -> UUID:
    """Get up: the draft stays with the person, as one of their own. Returns whose it is; twice is once."""
    found = records.of_case(session, application_id)
    if found is None or found.member_id != actor.id:
        raise SittingOver
    case = cases.open_case(session, application_id)
    assert case.resident_id is not None
    places.leave(session, actor, Assistance, application_id)
    if case.state == State.DRAFT:
        _mark(session, application_id, Channel.ONLINE)
    audit.did(session, Action.CHANGE, whose=case.whose, what="assisted_applications", case_ref=case.reference)
    return case.resident_id


def give_password(session: Session, actor: Actor, application_id: UUID, password_hash: str) -> None:
    """Let whoever has the number and the password look up what was sent; the password before opens nothing any more.

    Not for people with an account, who have their own way in, nor for protected ones (支援措置): a paper that opens their
    data can get into the wrong hands. Raises NoPassword.
    """
    way = look_in(session, actor, application_id)
    case = cases.open_case(session, application_id)
    resident_id = cases.resident_of(way.actor)
    person = residents.look_up(session, resident_id, case_ref=case.reference)
    if case.state == State.DRAFT or person.protected or accounts.account_of(session, resident_id):
        raise rules.NoPassword
    guests.give_password(session, application_id, password_hash)
    audit.did(session, Action.CREATE, whose=resident_id, what="guest_keys", case_ref=case.reference)
