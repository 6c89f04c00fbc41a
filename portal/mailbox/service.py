"""The mailbox as its owner sees it, and the doors other rooms use."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Engine, Integer, Select, bindparam, case, func, literal, null, select, type_coerce, update
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.applications.events import ApplicationReady, ApplicationRejected, CorrectionAsked, DraftExpiring
from portal.certificates.events import RefundOwed, RefundSettled
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, Purpose, afterwards, did
from portal.core.reading import IdText, Read, Reading, Row
from portal.core.words import N_
from portal.mailbox import named, sending
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.rules import Kind, NoticeUnknown
from portal.staff import service as staff

PAGE_SIZE = 20
CENTRE = "集中処理センター"  # speaks for itself where no clerk writes

write = sending.write
draft_of = sending.draft_of
reach = sending.reach
send = sending.send
deliver = sending.deliver
tell = sending.tell
numbers = sending.numbers
send_to_named = named.send_to_named
notice_of_machine = named.notice_of_machine


class Item(NamedTuple):
    """One line of a mailbox. `title` is in `language`; a notice of the system's own, for one person alone, is of no
    language: its title is a msgid with `facts` for its places."""

    id: str
    is_read: bool
    kind: str
    section: str
    due_on: date | None
    delivered_at: datetime
    title: str
    language: str | None
    facts: dict[str, Any] | None


def languages_for(reader: str) -> tuple[str, ...]:
    """The languages in which a notice may be shown to *reader*, the best first."""
    return ("ja",) if reader == "ja" else (reader, "en", "ja")


_UNREAD = select(func.count()).where(Delivery.resident_id == bindparam("resident"), Delivery.read_at.is_(None))


@cache
def _list_in(language: str) -> Reading:
    """One page of the list; the texts themselves stay in the database."""
    is_own = Notice.key.is_not(None)
    codes = languages_for(language)
    titles = {code: Notice.texts[(code, "title")].as_string() for code in codes}
    known = [(titles[code].is_not(None), code) for code in codes[:-1]]
    found = (
        select(
            _UNREAD.scalar_subquery(),
            type_coerce(Notice.id, IdText()),
            Delivery.read_at.is_not(None),
            Notice.kind,
            Notice.section,
            Notice.due_on,
            Delivery.delivered_at,
            case((is_own, Notice.texts[("msgid", "title")].as_string()), else_=func.coalesce(*titles.values(), None)),
            case((is_own, null()), *known, else_=codes[-1]),
            case((is_own, Notice.facts)),
        )
        .join(Notice, Notice.number == Delivery.notice_number)
        .where(Delivery.resident_id == bindparam("resident"))
        .order_by(Delivery.notice_number.desc())
        .limit(PAGE_SIZE + 1)
        .offset(bindparam("skip", type_=Integer))
    )
    return Reading(found)


def items(session: Session, resident_id: UUID, *, language: str, page: int = 1) -> tuple[list[Item], bool, int]:
    """One page of the mailbox, newest first, whether there is a next one, and how many notices are unread.

    Pages count from 1; one query, of what is committed.
    """
    engine, reading = cast(Engine, session.get_bind()), _list_in(language)
    found = reading.raw(engine, resident=resident_id, skip=(page - 1) * PAGE_SIZE)
    unread = found[0][0] if found else unread_count(session, resident_id)
    read = reading.reader(engine)
    lines = [_line(read, row) if row[_FACTS] is None else _own_line(read, row) for row in found[:PAGE_SIZE]]
    return lines, len(found) > PAGE_SIZE, unread


_FACTS = -1


def _own_line(read: Read, row: Row) -> Item:
    return Item._make(read(row)[1:])


def _line(read: Read, row: Row) -> Item:
    return _line_of_many(read, row[1:])


@lru_cache(maxsize=8192)
def _line_of_many(read: Read, row: Row) -> Item:
    """A section's notice is the same in many mailboxes: read once; what the system tells one person is not kept."""
    return _own_line(read, (None, *row))


def unread_count(session: Session, resident_id: UUID) -> int:
    return session.scalar(_UNREAD, {"resident": resident_id}) or 0


def unread_tasks(session: Session, resident_id: UUID) -> int:
    """How many unread notices ask for something (told at the kiosk)."""
    query = (
        select(func.count())
        .select_from(Delivery)
        .join(Notice, Notice.number == Delivery.notice_number)
        .where(Delivery.resident_id == resident_id, Delivery.read_at.is_(None), Notice.kind == Kind.TASK)
    )
    return session.scalar(query) or 0


def open_notice(session: Session, resident_id: UUID, notice_id: UUID) -> tuple[Notice, Delivery]:
    """The notice in this resident's own mailbox; opening it is what makes it read."""
    query = (
        select(Notice, Delivery)
        .join(Delivery, Delivery.notice_number == Notice.number)
        .where(Notice.id == notice_id, Delivery.resident_id == resident_id)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise NoticeUnknown
    notice, delivery = row
    if delivery.read_at is None:
        number = notice.number  # the row itself is gone when the consequence comes
        afterwards(session, lambda later: _mark_read(later, resident_id, number))
    return notice, delivery


def _mark_read(session: Session, resident_id: UUID, number: int) -> None:
    """The first opening counts; its time stays."""
    done = session.execute(
        update(Delivery)
        .where(Delivery.resident_id == resident_id, Delivery.notice_number == number, Delivery.read_at.is_(None))
        .values(read_at=clock.now())
    )
    if done.rowcount:  # type: ignore[attr-defined]
        did(session, Action.CHANGE, whose=resident_id, what="mailbox.read")


@dataclass(frozen=True, slots=True)
class Sent:
    """One line of a section's list; counts are of now."""

    id: UUID
    kind: str
    state: str
    section: str
    texts: dict[str, dict[str, str]]
    due_on: date | None
    sent_at: datetime | None
    delivered: int
    read: int


def sent_by(session: Session, clerk: Actor, *, limit: int = 50) -> list[Sent]:
    """The notices of the clerk's section, newest first, with how many were delivered and read."""
    if clerk.section is None:
        return []
    counts = (
        select(
            Delivery.notice_number,
            func.count().label("delivered"),
            func.count(Delivery.read_at).label("read"),
        )
        .join(Notice, Notice.number == Delivery.notice_number)
        .where(Notice.section_id == clerk.section)
        .group_by(Delivery.notice_number)
        .subquery()
    )
    query = (
        select(
            Notice.id,
            Notice.kind,
            Notice.state,
            Notice.section,
            Notice.texts,
            Notice.due_on,
            Notice.sent_at,
            func.coalesce(counts.c.delivered, 0),
            func.coalesce(counts.c.read, 0),
        )
        .outerjoin(counts, counts.c.notice_number == Notice.number)
        .where(Notice.section_id == clerk.section)
        .order_by(Notice.number.desc())
        .limit(limit)
    )
    return [Sent(*row) for row in session.execute(query)]


@dataclass(frozen=True, slots=True)
class Receipt:
    """When one mailbox got the notice and when it was opened; the resident by id only."""

    resident_id: UUID
    delivered_at: datetime
    read_at: datetime | None


def receipts(session: Session, notice: Notice, *, page: int = 1) -> tuple[list[Receipt], bool]:
    """Who has it and who opened it, those who read first; one page and whether there is a next."""
    query = (
        select(Delivery.resident_id, Delivery.delivered_at, Delivery.read_at)
        .where(Delivery.notice_number == notice.number)
        .order_by(Delivery.read_at.is_(None), Delivery.read_at.desc(), Delivery.resident_id)
        .limit(PAGE_SIZE + 1)
        .offset((page - 1) * PAGE_SIZE)
    )
    found = session.execute(query).all()
    return [Receipt(*row) for row in found[:PAGE_SIZE]], len(found) > PAGE_SIZE


def uses_of(resident_id: UUID) -> Select[Any, Any, Any, Any, Any, Any]:
    """Each notice a section chose this resident for, in the columns of a look at data (room mydata):
    at, who, action, what, why, case reference."""
    return (
        select(
            Delivery.delivered_at.label("at"),
            Notice.section.label("actor_label"),
            literal(str(Action.LOOK)).label("action"),
            literal("mailbox.selection").label("what"),
            literal(str(Purpose.SENDING)).label("why"),
            literal("").label("case_ref"),
        )
        .join(Notice, Notice.number == Delivery.notice_number)
        .where(Delivery.resident_id == resident_id, Notice.author_id.is_not(None))
    )


def on_correction_asked(session: Session, event: CorrectionAsked) -> None:
    """The processing centre asks for a correction: the applicant is told, with the way to it."""
    tell(
        session,
        event.resident_id,
        key=f"correction:{event.event_id}",
        section=CENTRE,
        title=N_("Please correct your application %(reference)s"),
        body=N_(
            "We checked what you sent us. Something needs your correction before your visit.\n\n"
            "Open your application with the button below. Only what we ask about is shown; "
            "everything else stays as it is."
        ),
        facts={"reference": event.reference},
        kind=Kind.TASK,
        link=f"/applications/{event.application_id}/correction",
    )


def on_draft_expiring(session: Session, event: DraftExpiring) -> None:
    """A draft nobody touches is going to be deleted: its owner can still finish it."""
    if not applications.is_draft(session, event.application_id):
        return
    tell(
        session,
        event.resident_id,
        key=f"draft-expiring:{event.event_id}",
        section=CENTRE,
        title=N_("Your draft will be deleted in %(days)s days"),
        body=N_(
            "You began a procedure and have not sent it yet.\n\n"
            "If you still need it, open the draft with the button below: every time you save it, it is kept for "
            "another 30 days. If you do not need it, you need not do anything."
        ),
        facts={"days": event.days},
        link=f"/applications/{event.application_id}/resume",
    )


def on_application_ready(session: Session, event: ApplicationReady) -> None:
    """Everything was checked: the visit will be short."""
    tell(
        session,
        event.resident_id,
        key=f"ready:{event.event_id}",
        section=CENTRE,
        title=N_("Your application %(reference)s is ready for your visit"),
        body=N_(
            "We checked everything you sent us.\n\n"
            "If you have not reserved a visit yet, please choose a time. At the office you go to the express window."
        ),
        facts={"reference": event.reference},
        link=f"/applications/{event.application_id}",
    )


def on_application_rejected(session: Session, event: ApplicationRejected) -> None:
    """It could not be accepted; the reason stands with the application."""
    tell(
        session,
        event.resident_id,
        key=f"rejected:{event.event_id}",
        section=CENTRE,
        title=N_("Your application %(reference)s could not be accepted"),
        body=N_("The reason stands with your application. If you have a question, please ask the section named there."),
        facts={"reference": event.reference},
        link=f"/applications/{event.application_id}",
    )


def on_refund_owed(session: Session, event: RefundOwed) -> None:
    """A machine kept money and gave no paper: whose money it was learns where it is paid back."""
    office = staff.office_name(session, event.office)
    tell(
        session,
        event.resident_id,
        key=f"refund-owed:{event.order_id}",
        section=office,
        title=N_("We owe you %(amount)s yen"),
        body=N_(
            "The machine at %(office)s took %(amount)s yen from you. Your certificate did not come out, and the "
            "machine could not give the money back. We are sorry.\n\n"
            "Please come to the window of %(office)s with your card, or with another document that shows who you "
            "are. Say this number: %(reference)s. We pay you back at once, in cash."
        ),
        facts={"amount": event.amount, "office": office, "reference": event.reference},
        kind=Kind.TASK,
        link=f"/certificates/{event.order_id}",
    )


def on_refund_settled(session: Session, event: RefundSettled) -> None:
    """It was ended at a window. Whoever did not stand there finds out that somebody else did."""
    office = staff.office_name(session, event.office)
    paid_back = event.amount > 0
    title = N_("%(amount)s yen were paid back to you") if paid_back else N_("Your certificate was handed to you")
    tell(
        session,
        event.resident_id,
        key=f"refund-settled:{event.order_id}",
        section=office,
        title=title,
        body=N_(
            "This was done today at the window of %(office)s, for the order %(reference)s.\n\n"
            "Were you not there? Then please call the office at once."
        ),
        facts={"amount": event.amount, "office": office, "reference": event.reference},
        link=f"/certificates/{event.order_id}",
    )
