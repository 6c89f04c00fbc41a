"""Mandates to read a mailbox: given, accepted, registered from papers, ended; and who looked by them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Action, Purpose, Record, did
from portal.core.ids import new_id
from portal.core.words import N_
from portal.mailbox import listing, sending
from portal.mailbox.channels.rules import Says
from portal.mailbox.mandates import rules
from portal.mailbox.mandates.models import Mandate
from portal.mailbox.mandates.rules import Basis
from portal.mailbox.models import Dealing, Delivery, Notice
from portal.mailbox.opening import Reader
from portal.mailbox.rules import Strength
from portal.residents import service as residents

PORTAL = "市民ポータル"
PAGE = "/mailbox/mandates"
LOOKS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Wish:
    """How much may be read: letters of *sections* (none: of all), up to a strength of sign-in, until a day."""

    sections: Sequence[str]
    strength: int
    ends_on: date


@dataclass(frozen=True, slots=True)
class Look:
    """One look at an owner's mailbox by mandate."""

    at: datetime
    name: str
    what: str


# --- giving -----------------------------------------------------------------------------------------------------


def give(session: Session, actor: Actor, wish: Wish, code_mark: str) -> Mandate:
    """Let whoever enters the code of *code_mark* read the actor's mailbox. What needs a stronger sign-in than the actor's
    own now is not theirs to give. Raises mandate-impossible, mandates-full, mandate-day-wrong."""
    assert actor.id
    made = _make(session, actor, actor.id, Basis.GIVEN, wish, strongest=actor.assurance)
    made.code_mark = code_mark
    session.flush()
    return made


def accept(session: Session, actor: Actor, code_mark: str) -> Mandate:
    """The reader enters the code: from now on they may read. Raises mandate-code-wrong, mandate-impossible."""
    assert actor.id
    query = select(Mandate).where(Mandate.code_mark == code_mark, Mandate.ended_at.is_(None))
    found = session.scalars(query.with_for_update()).one_or_none()
    if found is None or found.given_at < clock.now() - rules.CODE_GOOD or found.ends_on < clock.today():
        raise rules.MandateCodeWrong
    _check_people(session, found.owner_id, actor.id)
    found.code_mark = None
    _begin(session, found, actor.id)
    return found


def propose(
    session: Session, actor: Actor, owner_id: UUID, reader_id: UUID, basis: Basis, *, reference: str, wish: Wish
) -> Mandate:
    """A member of staff registers what a paper says; it stands once another has confirmed it."""
    _check_people(session, owner_id, reader_id)
    made = _make(session, actor, owner_id, basis, wish, strongest=int(Strength.PASSKEY_OR_CARD))
    made.reader_id, made.reference, made.given_label = reader_id, reference, actor.label
    made.reader_name = residents.look_up(session, reader_id).known_as
    session.flush()
    return made


def confirm(session: Session, actor: Actor, mandate_id: UUID) -> None:
    """The second member compared it with the paper."""
    found = _locked(session, mandate_id)
    if found.reader_id is None or found.begun_at is not None or found.basis == Basis.GIVEN:
        raise rules.MandateUnknown
    rules.check_second(found.given_by, actor.id)
    _check_people(session, found.owner_id, found.reader_id)
    found.confirmed_by, found.confirmed_label = actor.id, actor.label
    _begin(session, found, found.reader_id)


def _make(session: Session, actor: Actor, owner_id: UUID, basis: Basis, wish: Wish, *, strongest: int) -> Mandate:
    assert actor.id
    rules.check_day(wish.ends_on, clock.today())
    standing = residents.standing_of(session, owner_id)
    if standing is None or standing.guarded:
        raise rules.MandateImpossible
    if (session.scalar(select(func.count()).select_from(_open(owner_id).subquery())) or 0) >= rules.MOST:
        raise rules.MandatesFull(most=rules.MOST)
    made = Mandate(
        id=new_id(),
        owner_id=owner_id,
        owner_name=residents.look_up(session, owner_id).known_as,
        reader_name="",
        basis=str(basis),
        reference="",
        sections=sorted(set(wish.sections))[: rules.MOST_SECTIONS],
        strength=min(wish.strength, strongest),
        ends_on=wish.ends_on,
        given_at=clock.now(),
        given_by=actor.id,
        given_label="",
        confirmed_label="",
    )
    session.add(made)
    session.flush()
    return made


def _check_people(session: Session, owner_id: UUID, reader_id: UUID) -> None:
    if owner_id == reader_id or not _may_be(session, owner_id, reader_id):
        raise rules.MandateImpossible


def _may_be(session: Session, owner_id: UUID, reader_id: UUID) -> bool:
    """Both are living adults, and nobody where they live is under 支援措置 (whereabouts must not become known)."""
    people = [residents.standing_of(session, one) for one in (owner_id, reader_id)]
    grown = residents.years_before(clock.today(), residents.ADULT)
    if any(one is None or one.guarded or one.birth_date > grown for one in people):
        return False
    return not residents.ids_dead(session, {owner_id, reader_id})


def _begin(session: Session, mandate: Mandate, reader_id: UUID) -> None:
    mandate.reader_id, mandate.begun_at = reader_id, clock.now()
    mandate.reader_name = residents.look_up(session, reader_id).known_as
    session.flush()
    facts = {"reader": mandate.reader_name, "owner": mandate.owner_name, "day": mandate.ends_on.isoformat()}
    body = N_(
        "%(reader)s may read notices in the mailbox of %(owner)s until %(day)s. Each look is recorded, and "
        "%(owner)s sees it.\n\n"
        "If this is not right, open the page below and end it, or tell the staff of any ward office at once."
    )
    for whose in (mandate.owner_id, reader_id):
        title = (
            N_("Somebody may read your notices")
            if whose == mandate.owner_id
            else N_("You may read notices for somebody")
        )
        _tell(session, whose, f"mandate:{mandate.id}:{whose == reader_id}", title, body, facts)


def _tell(session: Session, whose: UUID, key: str, title: str, body: str, facts: dict[str, Any]) -> None:
    sending.tell(
        session, whose, key=key, section=PORTAL, title=title, body=body, facts=facts, says=Says.SECURITY, link=PAGE
    )


# --- ending -----------------------------------------------------------------------------------------------------


def end(session: Session, actor: Actor, mandate_id: UUID) -> None:
    """From this moment nothing is read by it: by its owner, its reader, or staff. Guardianship is not the owner's to end."""
    found = _locked(session, mandate_id)
    is_staff = actor.kind is Kind.STAFF
    if not is_staff and actor.id not in (found.owner_id, found.reader_id):
        raise rules.MandateUnknown
    if actor.id == found.owner_id and found.basis == Basis.GUARDIAN and not is_staff:
        raise rules.GuardianshipStays
    if found.ended_at is not None:
        return
    found.ended_at, found.ended_by, found.code_mark = clock.now(), actor.id, None
    session.flush()
    if found.begun_at is None or found.reader_id is None:
        return
    facts = {"reader": found.reader_name, "owner": found.owner_name}
    body = N_("%(reader)s cannot read notices in the mailbox of %(owner)s any more.")
    for whose in (found.owner_id, found.reader_id):
        if whose != actor.id:
            _tell(session, whose, f"mandate-end:{found.id}:{whose}", N_("A mandate has ended"), body, facts)


def _locked(session: Session, mandate_id: UUID) -> Mandate:
    found = session.scalars(select(Mandate).where(Mandate.id == mandate_id).with_for_update()).one_or_none()
    if found is None:
        raise rules.MandateUnknown
    return found


# --- reading ----------------------------------------------------------------------------------------------------


def _open(owner_id: UUID) -> Select[Mandate]:
    """Of one owner, what stands or is on its way."""
    return select(Mandate).where(
        Mandate.owner_id == owner_id, Mandate.ended_at.is_(None), Mandate.ends_on >= clock.today()
    )


def given_by(session: Session, owner_id: UUID) -> list[Mandate]:
    """Who may read, or will when they enter the code; the oldest first."""
    return list(session.scalars(_open(owner_id).order_by(Mandate.given_at)))


def held_by(session: Session, reader_id: UUID) -> list[Mandate]:
    """Whom somebody may read for at this moment."""
    query = select(Mandate).where(Mandate.reader_id == reader_id, Mandate.begun_at.is_not(None))
    query = query.where(Mandate.ended_at.is_(None), Mandate.ends_on >= clock.today()).order_by(Mandate.begun_at)
    return [one for one in session.scalars(query) if _may_be(session, one.owner_id, reader_id)]


def reader_for(session: Session, own: Reader, owner_id: UUID) -> Reader | None:
    """The reader *own* at the mailbox of *owner_id* by a mandate that stands; None without one."""
    found = next((one for one in held_by(session, own.actor) if one.owner_id == owner_id), None)
    return _reader(own, found) if found else None


def _reader(own: Reader, mandate: Mandate) -> Reader:
    return Reader(
        mandate.owner_id,
        own.actor,
        own.assurance,
        most=mandate.strength,
        sections=frozenset(mandate.sections),
        by_mandate=True,
    )


def newest(session: Session, own: Reader, mandate: Mandate, *, language: str) -> list[listing.Item]:
    """The newest notices the mandate opens, as lines; that they were looked at is on record."""
    query = listing.page_of(listing.title_in(language)).where(Dealing.archived_at.is_(None))
    query = query.where(Notice.strength <= mandate.strength)
    if mandate.sections:
        query = query.where(Notice.section.in_(mandate.sections))
    did(session, Action.LOOK, whose=mandate.owner_id, what="mailbox.list", why=Purpose.MANDATE)
    rows = session.execute(query, {"resident": mandate.owner_id, "before": listing.NEWEST})
    return [listing.item(tuple, tuple(row)) for row in rows][: listing.PAGE_SIZE]


def senders(session: Session, owner_id: UUID) -> list[str]:
    """Who wrote the newest of somebody's notices."""
    newest = select(Delivery.notice_number).where(Delivery.resident_id == owner_id)
    newest = newest.order_by(Delivery.notice_number.desc()).limit(listing.COUNTED)
    query = select(Notice.section).where(Notice.number.in_(newest.scalar_subquery())).distinct()
    return sorted(session.scalars(query))


def names(session: Session, owner_id: UUID) -> dict[UUID, str]:
    """Everybody who ever could read somebody's mailbox by mandate, as they were called then."""
    query = select(Mandate.reader_id, Mandate.reader_name).where(Mandate.owner_id == owner_id)
    return {reader_id: name for reader_id, name in session.execute(query) if reader_id}


def name_of_owner(session: Session, reader: Reader) -> str:
    """Whose mailbox a reader by mandate looks into."""
    query = select(Mandate.owner_name).where(Mandate.owner_id == reader.owner, Mandate.reader_id == reader.actor)
    return session.scalar(query.limit(1)) or ""


def looks(session: Session, owner_id: UUID) -> list[Look]:
    """Who looked into somebody's mailbox by mandate, the newest first."""
    known = names(session, owner_id)
    query = select(Record.at, Record.actor_id, Record.what)
    query = query.where(Record.subject == owner_id, Record.why == Purpose.MANDATE, Record.action == Action.LOOK)
    found = session.execute(query.order_by(Record.at.desc()).limit(LOOKS_SHOWN))
    return [Look(at, known.get(who, "") if who else "", what) for at, who, what in found]


# --- staff ------------------------------------------------------------------------------------------------------


def waiting(session: Session) -> list[Mandate]:
    """What waits for a second member of staff, the oldest first."""
    query = select(Mandate).where(Mandate.basis != Basis.GIVEN, Mandate.begun_at.is_(None), Mandate.ended_at.is_(None))
    return list(session.scalars(query.order_by(Mandate.given_at)))


def forget_codes(session: Session, _payload: dict[str, Any]) -> None:
    """Codes nobody entered in time open nothing any more (worker, daily)."""
    now = clock.now()
    old = (Mandate.code_mark.is_not(None), Mandate.given_at < now - rules.CODE_GOOD)
    change = update(Mandate).where(*old).values(code_mark=None, ended_at=now)
    session.execute(change, execution_options={"synchronize_session": False})
