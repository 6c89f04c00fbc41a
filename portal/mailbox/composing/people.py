"""Whom a notice is for: people by attribute, by the section's list, or those who got the notice it corrects."""

import hashlib
import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, false, func, insert, select
from sqlalchemy.orm import Session

from portal.core import wareki
from portal.core.audit import Action, did
from portal.mailbox.composing import lists
from portal.mailbox.composing.lists import People
from portal.mailbox.composing.models import Recipient
from portal.mailbox.composing.placeholders import Fact
from portal.mailbox.composing.rules import SENSITIVE_STRENGTH
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.rules import State
from portal.residents import service as residents
from portal.residents.service import Person
from portal.segments import service as segments
from portal.segments.service import Asking, Condition, Count
from portal.staff import service as staff

LISTED, SAME = "listed", "same_as"
# Beside SAME: everybody on the list of the notice that is corrected, also who did not get it.
WHOLE = "whole_list"
# Attributes that are nobody's business: what sections know, and consents.
SENSITIVE = ("fact", "consent")
AT_ONCE = 1_000


def ids(notice: Notice, *, after: UUID | None = None, last: UUID | None = None) -> Select[UUID]:
    """The query of the readers' ids past *after* up to *last*, in no order: to build set-based statements on. Who died,
    moved away or is under 支援措置 gets nothing, also who is named."""
    if not by_name(notice):
        return segments.ids(whom(notice), after=after, last=last)
    told = notice.segment
    table: Any = Delivery if SAME in told and WHOLE not in told else Recipient
    query = select(Person.id.label("id")).join(table, table.resident_id == Person.id)
    query = query.where(table.notice_number == told.get(SAME, notice.number), segments.MAY_BE_CHOSEN)
    if after is not None:
        query = query.where(table.resident_id > after)
    return query if last is None else query.where(table.resident_id <= last)


def whom(notice: Notice) -> Condition:
    """Whom the notice concerns, where conditions say it."""
    return segments.of_json(notice.segment)


def by_name(notice: Notice) -> bool:
    """Whether people are named, one by one, instead of chosen by conditions."""
    return LISTED in notice.segment or SAME in notice.segment


def of_correction(notice: Notice, *, halfway: bool) -> dict[str, Any]:
    """Whom a correction of *notice* is for: those who got it. Was it withdrawn *halfway*, they are not all: then all whom
    it was meant for."""
    told = notice.segment
    if LISTED in told or WHOLE in told:
        return {SAME: told.get(SAME, notice.number), WHOLE: True}
    return dict(told) if halfway else {SAME: told.get(SAME, notice.number)}


def count(session: Session, notice: Notice) -> int:
    """How many mailboxes the notice would reach now: for deciding, not for showing. Who counted is on record."""
    if not by_name(notice):
        segments.check_allowed(session, whom(notice), sender_of(session, notice))
    did(session, Action.LOOK, whose=None, what="mailbox.reach", case_ref=str(notice.id))
    return session.scalar(select(func.count()).select_from(ids(notice).subquery())) or 0


def shown(session: Session, notice: Notice) -> Count:
    """The number as it may be shown: blurred (small-number guard) where conditions choose."""
    if by_name(notice):
        return Count(count(session, notice))
    return segments.count(session, whom(notice), by=sender_of(session, notice), case_ref=str(notice.id))


def sender_of(session: Session, notice: Notice) -> Asking:
    """The section that sends it: what it may use does not depend on who presses the button."""
    section = notice.section_id
    return Asking(section, staff.section_name(session, section) if section else "")


def look_at(session: Session, typed: str) -> People:
    """The list as typed, with faults also where nobody who lives here has a number."""
    found = lists.read(typed)
    numbers = [row.number for row in found.rows]
    return found.without(set(numbers) - _known(session, numbers).keys())


def _known(session: Session, numbers: Sequence[str]) -> dict[str, UUID]:
    known: dict[str, UUID] = {}
    for start in range(0, len(numbers), AT_ONCE):
        known |= residents.ids_of_numbers(session, numbers[start : start + AT_ONCE])
    return known


def keep(session: Session, notice: Notice, found: People | None) -> None:
    """From now on the notice is for the good rows of the list, and for nobody else of it (None: of no list)."""
    gone = delete(Recipient).where(Recipient.notice_number == notice.number)
    session.execute(gone, execution_options={"synchronize_session": False})
    if found is None:
        return
    known = _known(session, [row.number for row in found.rows])
    rows = [
        {"notice_number": notice.number, "resident_id": known[row.number], "fills": row.fills} for row in found.rows
    ]
    if rows:
        session.execute(insert(Recipient), rows)
    did(session, Action.CREATE, whose=None, what="mailbox.recipients", case_ref=str(notice.id)[:8])


def digest(session: Session, notice: Notice) -> str:
    """Which people by list, as one word: another row or value makes another."""
    if LISTED not in notice.segment:
        return ""
    rows = session.execute(
        select(Recipient.resident_id, Recipient.fills)
        .where(Recipient.notice_number == notice.number)
        .order_by(Recipient.resident_id)
    )
    drawn = hashlib.sha256()
    for resident_id, fills in rows:
        drawn.update(f"{resident_id} {sorted(fills.items())}\n".encode())
    return drawn.hexdigest()


def not_reached(notice: Notice) -> Select[UUID]:
    """Whom the section named and who got nothing, in the order of ids; nobody while it is still being delivered. Why is
    not said: who died, who moved and who is under 支援措置 look alike (decision 53)."""
    query = (
        select(Recipient.resident_id).where(Recipient.notice_number == notice.number).order_by(Recipient.resident_id)
    )
    got = select(Delivery.notice_number).where(
        Delivery.notice_number == notice.number, Delivery.resident_id == Recipient.resident_id
    )
    is_over = notice.state in (State.SENT, State.WITHDRAWN)
    return query.where(~got.exists()) if is_over and LISTED in notice.segment else query.where(false())


def some(session: Session, notice: Notice, *, most: int = 3) -> list[UUID]:
    """A few of the readers, drawn at random."""
    query = ids(notice)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    places = sorted(random.SystemRandom().sample(range(total), min(most, total)))
    return [found for place in places if (found := session.scalar(query.offset(place).limit(1)))]


def may_be_drawn(notice: Notice) -> bool:
    """Whether a clerk may see some of the readers by name: those on a list of their own, or who have the notice, or are
    about to get it. Before that a draft would name anybody whom any condition fits."""
    return by_name(notice) or notice.state not in (State.DRAFT, State.WAITING)


def fills_of(session: Session, notice: Notice, resident_id: UUID, wanted: Sequence[str]) -> dict[str, str]:
    """What fills the places *wanted* for one reader: the list's values, and facts of the register as they are now.
    Opens the person's data, which is put on record as for every look."""
    fills: dict[str, str] = {}
    source = notice.number if LISTED in notice.segment else notice.segment.get(SAME)
    if source is not None and (row := session.get(Recipient, (source, resident_id))):
        fills |= row.fills
    if any(name in set(Fact) and name not in fills for name in wanted):
        fills = facts_of(residents.look_up(session, resident_id, case_ref=str(notice.id)[:8])) | fills
    return fills


def facts_of(person: Any) -> dict[str, str]:
    """A resident of the register in the words of a letter."""
    return {
        Fact.NAME: person.known_as,
        Fact.KANA: person.kana,
        Fact.WARD: person.ward,
        Fact.ADDRESS: person.address,
        Fact.BIRTH_DATE: wareki.show(person.birth_date),
    }


def is_sensitive(session: Session, notice: Notice) -> bool:
    """Whether these people were chosen by what a section knows of them, or by a consent they gave; also where they are
    those of an earlier notice that was, or that only a strong sign-in opened."""
    if SAME in notice.segment:
        first = session.scalars(select(Notice).where(Notice.number == notice.segment[SAME])).one()
        return first.strength >= SENSITIVE_STRENGTH or is_sensitive(session, first)
    return not by_name(notice) and _asks(whom(notice))


def _asks(condition: Condition) -> bool:
    ((name, value),) = condition.items()
    if name in ("all", "any"):
        return any(_asks(one) for one in value)
    return _asks(value) if name == "not" else name in SENSITIVE
