"""City cards: services on them, stop, resume, end, what terminals tell; the door of this room.

Nothing here speaks to a card; what is done with one on a reader is in `writing`.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.cards import rules, stop_list
from portal.cards.events import CardRead, CityCardResumed, CityCardStopped, ServiceChosen
from portal.cards.models import CardContent, CardEntry, CardLogRecord, CardVisit, CityCard, ServiceId
from portal.cards.rules import Wanted, Why
from portal.cards.terminals import service as terminals
from portal.cards.terminals.models import CardTerminal
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.db import insert_once
from portal.core.events import emit
from portal.core.ids import new_id
from portal.residents import service as residents

Service = rules.Service
Card = CityCard
SERVICE_WORDS = rules.SERVICE_WORDS
proof_versions, is_proved, NotChecked = terminals.proof_versions, terminals.is_proved, terminals.NotChecked
TRIES = 5
KEPT = timedelta(days=365)
SHOWN_VISITS = 50


def card_of(session: Session, resident_id: UUID) -> CityCard | None:
    """The card the person has now, stopped or not."""
    return session.scalar(select(CityCard).where(CityCard.resident_id == resident_id, CityCard.ended_at.is_(None)))


def cards_of(session: Session, resident_id: UUID) -> Sequence[CityCard]:
    """Every card the person ever had, the newest first."""
    query = select(CityCard).where(CityCard.resident_id == resident_id)
    return session.scalars(query.order_by(CityCard.issued_at.desc(), CityCard.id)).all()


def ids_of(session: Session, resident_id: UUID) -> dict[str, str]:
    """service -> the id by which it knows the person, those in use."""
    query = select(ServiceId.service, ServiceId.number)
    found = session.execute(query.where(ServiceId.resident_id == resident_id, ServiceId.ended_at.is_(None)))
    return {row.service: row.number for row in found}


def held_by(session: Session, resident_id: UUID) -> tuple[CityCard | None, dict[str, CardEntry], list[str]]:
    """The person's card, what is written on it, and the services they chose: for a screen where they stand."""
    audit.looked(session, whose=resident_id, what="cards.services")
    card = card_of(session, resident_id)
    return card, entries_of(session, card) if card else {}, list(ids_of(session, resident_id))


def ids_of_service_numbers(session: Session, service: str, numbers: Sequence[str]) -> dict[str, UUID]:
    """Whom one service knows by these numbers; opens nobody's data."""
    query = select(ServiceId.number, ServiceId.resident_id).where(
        ServiceId.service == service, ServiceId.number.in_(numbers), ServiceId.ended_at.is_(None)
    )
    return {row.number: row.resident_id for row in session.execute(query)}


def entries_of(session: Session, card: CityCard) -> dict[str, CardEntry]:
    """What the card says and what it is going to say, by service."""
    found = session.scalars(select(CardEntry).where(CardEntry.card_id == card.id))
    return {entry.service: entry for entry in found}


def waiting(session: Session, card: CityCard) -> list[Wanted]:
    """What the card should say and does not yet."""
    on_card = entries_of(session, card)
    numbered = select(ServiceId).where(ServiceId.resident_id == card.resident_id)
    ids = {one.service: (one.number, one.ended_at is None) for one in session.scalars(numbered)}
    said = {name: entry for name, entry in on_card.items() if entry.version}
    return [one for one in rules.wanted(ids, said, _marks(session, card)) if not _says(said.get(one.service), one)]


def _marks(session: Session, card: CityCard) -> dict[str, str]:
    """service -> what tells whether the card says the same beside the id: a digest, or the word itself."""
    sealed = select(CardContent.service, CardContent.digest).where(CardContent.resident_id == card.resident_id)
    noted = select(ServiceId.service, ServiceId.note).where(ServiceId.resident_id == card.resident_id)
    return {row[0]: row[1] for query in (noted, sealed) for row in session.execute(query)}


def _says(entry: CardEntry | None, one: Wanted) -> bool:
    return entry is not None and (entry.number, entry.status, entry.content) == (one.number, one.status, one.content)


# ---- services ------------------------------------------------------------------------------


def is_checked(session: Session, actor: Actor, resident_id: UUID) -> bool:
    """Whether this member of staff checked this person's identity just now."""
    return accounts.fresh_check(session, actor, resident_id) is not None


def check_identity(session: Session, actor: Actor, resident_id: UUID) -> None:
    """Raises IdentityFirst unless it was."""
    if not is_checked(session, actor, resident_id):
        raise rules.IdentityFirst


def check_services(session: Session, actor: Actor, resident_id: UUID, chosen: dict[Service, str]) -> None:
    """All refusals of `choose_services` that need no write: IdentityFirst, ServiceIdWrong, ServiceIdTaken."""
    check_identity(session, actor, resident_id)
    given = {service: number for service, number in chosen.items() if number}
    if wrong := [service for service, number in given.items() if not rules.is_number(number)]:
        raise rules.ServiceIdWrong(details={"services": wrong})
    if taken := [service for service, number in given.items() if _is_anothers(session, resident_id, service, number)]:
        raise rules.ServiceIdTaken(details={"services": taken})


def _is_anothers(session: Session, resident_id: UUID, service: Service, number: str) -> bool:
    of_number = select(ServiceId.resident_id).where(ServiceId.service == service, ServiceId.number == number)
    return session.scalar(of_number) not in (None, resident_id)


def choose_services(session: Session, actor: Actor, resident_id: UUID, chosen: dict[Service, str]) -> None:
    """Which services the person uses with the card, with the number each knows them by ("": the portal gives one).

    One that is not chosen any more ends; chosen again it has its number back. Raises what `check_services` does, and
    ServiceIdTaken when somebody else was quicker.
    """
    check_services(session, actor, resident_id, chosen)
    known = {one.service: one for one in session.scalars(select(ServiceId).where(ServiceId.resident_id == resident_id))}
    for service, number in chosen.items():
        _use(session, resident_id, service, number, known.get(service))
    for name, one in known.items():
        if name not in chosen and one.ended_at is None:
            one.ended_at = clock.now()
            audit.did(session, Action.DELETE, whose=resident_id, what="service_ids")
    session.flush()


def _use(session: Session, resident_id: UUID, service: Service, number: str, known: ServiceId | None) -> None:
    if known is None:
        _give(session, resident_id, service, number)
    elif number and number != known.number:
        _change(session, known, number)
    elif known.ended_at is None:
        return
    else:
        known.ended_at = None
    audit.did(session, Action.CHANGE, whose=resident_id, what="service_ids")
    emit(session, ServiceChosen(resident_id=resident_id, service=service))


def use(session: Session, resident_id: UUID, name: Service) -> None:
    """The person uses this service with their card from now on, by their own wish."""
    known = session.get(ServiceId, (resident_id, str(name)))
    if known is None or known.ended_at is not None:
        _use(session, resident_id, name, "", known)
    session.flush()


def leave(session: Session, resident_id: UUID, name: Service) -> None:
    """Not any more; the number stays theirs."""
    known = session.get(ServiceId, (resident_id, str(name)))
    if known is not None and known.ended_at is None:
        known.ended_at = clock.now()
        audit.did(session, Action.DELETE, whose=resident_id, what="service_ids")


def note_rank(session: Session, resident_id: UUID, rank: str) -> None:
    """The person's rank of points as cards carry it, never the balance; written at the next touch at a window,
    or at a terminal that reads points (ranks)."""
    note_ranks(session, {resident_id: rank})


def note_ranks(session: Session, ranks: Mapping[UUID, str]) -> None:
    """The same of many people."""
    for rank in sorted(set(ranks.values())):
        people = [who for who, held in ranks.items() if held == rank]
        noted = update(ServiceId).where(
            ServiceId.resident_id.in_(people), ServiceId.service == Service.POINTS, ServiceId.note != rank
        )
        session.execute(noted.values(note=rank), execution_options={"synchronize_session": False})


def _give(session: Session, resident_id: UUID, service: Service, number: str) -> None:
    """The number they have already, or one the portal draws."""
    for _ in range(1 if number else TRIES):
        drawn = number or "".join(secrets.choice("0123456789") for _ in range(rules.NUMBER_DIGITS))
        row = {"resident_id": resident_id, "service": service, "number": drawn, "since": clock.now()}
        if insert_once(session, ServiceId.__table__, row):  # type: ignore[arg-type]
            return
    raise rules.ServiceIdTaken(details={"services": [service]})


def _change(session: Session, known: ServiceId, number: str) -> None:
    try:
        with session.begin_nested():
            known.number, known.ended_at = number, None
    except IntegrityError:
        raise rules.ServiceIdTaken(details={"services": [known.service]}) from None


# ---- stop and end --------------------------------------------------------------------------


def stop(session: Session, actor: Actor, resident_id: UUID, why: Why) -> None:
    """Put the person's card on the stop list, at once; a second time changes nothing.

    No identity check: a lost card is also reported by phone, and whoever finds it again resumes it in person.
    """
    card = card_of(session, resident_id)
    if card is None:
        raise rules.CardUnknown
    if card.stopped_at is not None:
        return
    card.stopped_at, card.why = clock.now(), why
    audit.did(session, Action.CHANGE, whose=resident_id, what="city_cards")
    stop_list.next_edition(session)
    emit(session, CityCardStopped(resident_id=resident_id, office=actor.office))


def resume(session: Session, actor: Actor, resident_id: UUID) -> None:
    """The card was found: it opens its services again. Raises IdentityFirst, CardUnknown."""
    check_identity(session, actor, resident_id)
    card = card_of(session, resident_id)
    if card is None:
        raise rules.CardUnknown
    if card.stopped_at is None:
        return
    card.stopped_at, card.why = None, ""
    audit.did(session, Action.CHANGE, whose=resident_id, what="city_cards")
    stop_list.next_edition(session)
    emit(session, CityCardResumed(resident_id=resident_id, office=actor.office))


def give_back(session: Session, actor: Actor, resident_id: UUID) -> None:
    """The person wants no card any more; it stays on the stop list and is never used again."""
    card = card_of(session, resident_id)
    if card is None:
        raise rules.CardUnknown
    end(session, card, Why.RETURNED)
    emit(session, CityCardStopped(resident_id=resident_id, office=actor.office))


def end(session: Session, card: CityCard, why: Why) -> None:
    """For good; it stays on the stop list until it would have ended anyway."""
    card.stopped_at = card.stopped_at or clock.now()
    card.ended_at, card.why = clock.now(), why
    audit.did(session, Action.CHANGE, whose=card.resident_id, what="city_cards")
    stop_list.next_edition(session)
    session.flush()


def end_of_people_gone(session: Session, _payload: dict[str, Any]) -> None:
    """Every day: cards of people whom the register does not count as living here any more end, and what they wanted on
    them for help is gone. Who moved away is told; who died is not."""
    holders = select(CityCard.resident_id).where(CityCard.ended_at.is_(None))
    gone = residents.ids_gone(session, holders.union(select(CardContent.resident_id)))
    dead = residents.ids_dead(session, gone)
    for resident_id in gone:
        forgotten = delete(CardContent).where(CardContent.resident_id == resident_id)
        if session.execute(forgotten).rowcount:  # type: ignore[attr-defined]
            audit.did(session, Action.DELETE, whose=resident_id, what="card_contents")
        if (card := card_of(session, resident_id)) is None:
            continue
        end(session, card, Why.DIED if resident_id in dead else Why.MOVED)
        if resident_id not in dead:
            emit(session, CityCardStopped(resident_id=resident_id))


def forget_visits(session: Session, _payload: dict[str, Any]) -> None:
    """Every day: where cards were read is nobody's business after a year, also what their own logs said: they are kept a
    year from when they were read, for what a terminal says of its clock may be nothing, or a day to come."""
    before = clock.now() - KEPT
    session.execute(delete(CardVisit).where(CardVisit.at < before))
    session.execute(delete(CardLogRecord).where(CardLogRecord.kept_at < before))


# ---- what terminals tell -------------------------------------------------------------------


def stopped_numbers(session: Session) -> list[str]:
    """The card ids of the stop list: stopped cards and ended ones, until the day they would have ended anyway."""
    query = select(CityCard.number).where(CityCard.stopped_at.is_not(None), CityCard.expires >= clock.today())
    return list(session.scalars(query.order_by(CityCard.number)))


def note_visits(session: Session, terminal: CardTerminal, visits: Sequence[tuple[str, Service, datetime]]) -> int:
    """(card id, service, when) as a terminal read them; those of unknown cards are left out. How many were new."""
    numbers = {number for number, _, _ in visits}
    query = select(CityCard.number, CityCard.id, CityCard.resident_id).where(CityCard.number.in_(numbers))
    cards, now = {row.number: row for row in session.execute(query)}, clock.now()
    read = [(cards[number], service, rules.read_at(at, now)) for number, service, at in visits if number in cards]
    rows = [
        {"id": new_id(), "card_id": card.id, "service": service, "terminal": terminal.place, "at": at}
        for card, service, at in read
    ]
    emit(
        session,
        *(
            CardRead(resident_id=card.resident_id, client=terminal.client, service=service, at=at)
            for card, service, at in read
        ),
    )
    return insert_once(session, CardVisit.__table__, rows) if rows else 0  # type: ignore[arg-type]


def visits_of(session: Session, resident_id: UUID) -> Sequence[CardVisit]:
    """Where the person's cards were read, the newest first."""
    query = select(CardVisit).join(CityCard, CityCard.id == CardVisit.card_id)
    return session.scalars(
        query.where(CityCard.resident_id == resident_id).order_by(CardVisit.at.desc()).limit(SHOWN_VISITS)
    ).all()


def log_of(session: Session, resident_id: UUID) -> Sequence[CardLogRecord]:
    """What the person's cards recorded themselves, as far as it was read at a window, the newest first."""
    query = select(CardLogRecord).join(CityCard, CityCard.id == CardLogRecord.card_id)
    return session.scalars(
        query.where(CityCard.resident_id == resident_id)
        .order_by(CityCard.issued_at.desc(), CardLogRecord.number.desc())
        .limit(SHOWN_VISITS)
    ).all()


def role_of_terminal(session: Session, actor: Actor) -> str | None:
    """What the machine that calls reads cards for; None for one that is no terminal, or was shut out."""
    return role_of_machine(session, actor.id) if actor.id else None


def role_of_machine(session: Session, client: UUID) -> str | None:
    """The same of any machine."""
    row = session.get(CardTerminal, client)
    return row.role if row is not None and row.revoked_at is None else None
