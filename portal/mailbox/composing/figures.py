"""What came of a notice: counts and curves of now. No name is opened; a part with very few people tells nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.addresses import WARDS
from portal.core.audit import Action, did
from portal.mailbox.answering import service as answering
from portal.mailbox.channels import service as channels
from portal.mailbox.channels.rules import Channel, Reason
from portal.mailbox.channels.rules import State as TellingState
from portal.mailbox.channels.service import Counted
from portal.mailbox.composing import people
from portal.mailbox.composing.models import Plan
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.rules import Kind, State
from portal.residents import service as residents
from portal.segments import service as segments
from portal.segments.service import Divided

# Hours after sending at which the curves are read: close together at first, when most is read.
HOURS = (1, 2, 4, 8, 12, 24, 48, 72, 120, 168, 336, 672)


@dataclass(frozen=True, slots=True)
class Point:
    """How many had it, and how many had read it, up to `at`."""

    at: datetime
    delivered: int
    read: int


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the readers, blurred as a dry run is; nothing is told (None) of few."""

    label: str
    delivered: int | None
    read: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything the page shows. `told` are the ways outside the mailbox with reasons."""

    delivered: int = 0
    read: int = 0
    points: list[Point] = field(default_factory=list)
    wards: list[Part] = field(default_factory=list)
    ages: list[Part] = field(default_factory=list)
    alternatives: list[Divided] = field(default_factory=list)
    told: list[Counted] = field(default_factory=list)
    settled: int = 0
    overdue: int = 0
    by_choice: dict[int, int] = field(default_factory=dict)

    @property
    def on_paper(self) -> int:
        """How many were posted all the same, those that came back included."""
        return sum(one.number for one in self.told if one.channel is Channel.PAPER and _was_posted(one))


def _was_posted(one: Counted) -> bool:
    return one.state is TellingState.SENT or one.reason is Reason.RETURNED


def of(session: Session, notice: Notice) -> Figures:
    """The figures of a notice that was sent; who looked at them is on record."""
    if notice.sent_at is None:
        return Figures()
    did(session, Action.LOOK, whose=None, what="mailbox.figures", case_ref=str(notice.id)[:8])
    points = curve(session, notice)
    delivered, read = numbers(session, notice)
    standing = answering.standing(session, notice)
    is_over = notice.due_on is not None and notice.due_on < clock.today() and notice.kind != Kind.INFORMATION
    return Figures(
        settled=standing.settled,
        overdue=delivered - standing.settled if is_over else 0,
        by_choice=standing.by_choice,
        delivered=delivered,
        read=read,
        points=points,
        wards=_parts(session, notice, residents.ward_of, WARDS),
        ages=_parts(session, notice, residents.age_band_of(clock.today()), residents.AGE_BANDS),
        alternatives=_alternatives(session, notice),
        told=channels.told_counts(session, notice.number),
    )


def _alternatives(session: Session, notice: Notice) -> list[Divided]:
    """By the notice's own conditions, where they offer more than one way to be chosen."""
    if "condition" not in notice.segment:
        return []
    own = Delivery.notice_number == notice.number
    return segments.divided(session, people.whom(notice), of=Delivery.resident_id, mark=Delivery.read_at, only=own)


def numbers(session: Session, notice: Notice) -> tuple[int, int]:
    """(delivered, read) so far."""
    query = select(func.count(), func.count(Delivery.read_at)).where(Delivery.notice_number == notice.number)
    delivered, read = session.execute(query).one()
    return delivered, read


def curve(session: Session, notice: Notice) -> list[Point]:
    """The curves up to now: each row is counted once, in the step of time it falls into."""
    sent_at = notice.sent_at
    if sent_at is None:
        return []
    now = clock.now()
    times = [at for hours in HOURS if (at := sent_at + timedelta(hours=hours)) < now] + [now]
    delivered = _steps(session, notice, Delivery.delivered_at, times)
    read = _steps(session, notice, Delivery.read_at, times)
    found, had, opened = [Point(sent_at, 0, 0)], 0, 0
    for place, at in enumerate(times):
        had += delivered.get(place, 0)
        opened += read.get(place, 0)
        found.append(Point(at, had, opened))
    return found


def _steps(
    session: Session, notice: Notice, moment: ColumnElement[Any] | Any, times: Sequence[datetime]
) -> dict[int, int]:
    """How many rows have *moment* in which step of *times*."""
    step = case(*((moment <= at, place) for place, at in enumerate(times)), else_=-1)
    query = (
        select(step, func.count()).where(Delivery.notice_number == notice.number, moment.is_not(None)).group_by(step)
    )
    return {place: number for place, number in session.execute(query) if place >= 0}


def _parts(session: Session, notice: Notice, part: ColumnElement[Any], labels: Sequence[str]) -> list[Part]:
    """Every part of *labels*, whether anybody is in it or not: a line that stands there only for somebody would say where
    they live now. Whoever is under 支援措置 is in none, also who came under it after the notice was sent; what is missing
    beside the delivered number would tell of that, so the parts are blurred."""
    own = Delivery.notice_number == notice.number
    found = segments.shared(session, part, labels, of=Delivery.resident_id, mark=Delivery.read_at, only=own)
    return [Part(label, *(count.shown for count in counts)) for label, counts in found.items()]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a clerk wants to see of the section's notices; empty means all."""

    state: str = ""
    kind: str = ""
    words: str = ""
    page: int = 1
    size: int = 30


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a section's list; counts are of now."""

    notice: Notice
    plan: Plan | None
    delivered: int = 0
    read: int = 0

    @property
    def id(self) -> Any:
        return self.notice.id


MOST_LISTED = 1_000


def listed(session: Session, section: Any, wanted: Wanted) -> tuple[list[Line], int]:
    """(one page of the section's notices, newest first, how many there are in all)."""
    fits = [Notice.section_id == section]
    if wanted.state:
        fits.append(Notice.state == wanted.state)
    if wanted.kind:
        fits.append(Notice.kind == wanted.kind)
    if wanted.words:
        title = Notice.texts[("ja", "title")].as_string()
        fits.append(title.contains(wanted.words, autoescape=True))
    total = session.scalar(select(func.count()).select_from(Notice).where(*fits)) or 0
    query = (
        select(Notice, Plan)
        .outerjoin(Plan, Plan.notice_number == Notice.number)
        .where(*fits)
        .order_by(Notice.number.desc())
    )
    rows = session.execute(query.limit(wanted.size).offset((wanted.page - 1) * wanted.size)).all()
    counts = _counts(session, [notice.number for notice, _plan in rows])
    return [Line(notice, plan, *counts.get(notice.number, (0, 0))) for notice, plan in rows], total


def _counts(session: Session, numbers: Sequence[int]) -> dict[int, tuple[int, int]]:
    query = select(Delivery.notice_number, func.count(), func.count(Delivery.read_at))
    query = query.where(Delivery.notice_number.in_(numbers)).group_by(Delivery.notice_number)
    return {number: (delivered, read) for number, delivered, read in session.execute(query)}


def states(session: Session, section: Any) -> dict[str, int]:
    """How many notices of the section stand where."""
    query = select(Notice.state, func.count()).where(Notice.section_id == section).group_by(Notice.state)
    return {State(state): number for state, number in session.execute(query)}
