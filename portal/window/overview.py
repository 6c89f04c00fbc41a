"""The supervisor's view of an office at this moment: how many wait and how long, who sits where."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.staff import service as staff
from portal.window import kinds, statistics_rules
from portal.window.models import Desk, Ticket
from portal.window.queue import STILL_THERE
from portal.window.rules import AT_WINDOW, State


@dataclass(frozen=True, slots=True)
class Seat:
    """One desk of today: who sits there (section and number of the member), what it serves (empty: everything), the
    number at it with its state, and whether it is open: somebody is at it, or it has called a short while ago."""

    window: int
    who: str
    kinds: tuple[str, ...]
    ticket: str
    state: State | None
    called_at: datetime | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of window now. `longest` is the longest wait so far, `late` that it is too long; `called` are called and
    not there yet, `absent` were called today and did not come."""

    kind: str
    waiting: int
    longest: timedelta
    late: bool
    desks: int
    serving: int
    called: int
    parked: int
    absent: int

    @property
    def minutes(self) -> int:
        return int(self.longest.total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class Overview:
    lines: list[Line]
    seats: list[Seat]


class Number(NamedTuple):
    """One number that has not ended well, as far as this view needs it."""

    kind: str
    state: str
    label: str
    window: int | None
    drawn_at: datetime
    starts_at: datetime | None
    first_called_at: datetime | None
    serving_at: datetime | None


COLUMNS = tuple(getattr(Ticket, name) for name in Number._fields)


def overview(session: Session, office: str) -> Overview:
    """*office* now; three queries, however many people are there."""
    query = select(*COLUMNS).where(
        Ticket.office == office, Ticket.day == clock.today(), Ticket.state.not_in((State.SERVED, State.LEFT))
    )
    numbers = [Number._make(row) for row in session.execute(query)]
    seats = _seats(session, office, {one.window: one for one in numbers if one.state in AT_WINDOW})
    lines = [_line(str(kind), [one for one in numbers if one.kind == kind], seats) for kind in kinds.here(office)]
    return Overview(lines, seats)


def _line(kind: str, numbers: Sequence[Number], seats: Sequence[Seat]) -> Line:
    now, states = clock.now(), Counter(one.state for one in numbers)
    waits = [statistics_rules.waited(one.drawn_at, one.starts_at, now) for one in numbers if one.state == State.WAITING]
    longest = max(waits, default=timedelta(0))
    return Line(
        kind=kind,
        waiting=len(waits),
        longest=longest,
        late=statistics_rules.too_long(longest),
        desks=sum(1 for seat in seats if seat.is_open and (not seat.kinds or kind in seat.kinds)),
        serving=states[State.SERVING],
        called=states[State.CALLED],
        parked=states[State.PARKED],
        absent=sum(
            1 for one in numbers if statistics_rules.did_not_come(one.state, one.first_called_at, one.serving_at)
        ),
    )


def _seats(session: Session, office: str, there: Mapping[int | None, Number]) -> list[Seat]:
    """The desks of today by window; *there* is who is at which window."""
    query = select(Desk.staff_id, Desk.window, Desk.kinds, Desk.called_at)
    rows = session.execute(query.where(Desk.office == office, Desk.day == clock.today()).order_by(Desk.window)).all()
    labels = staff.labels_of(session, [row.staff_id for row in rows])
    since = clock.now() - STILL_THERE
    return [
        Seat(
            window=row.window,
            who=labels[row.staff_id],
            kinds=tuple(row.kinds.split()),
            ticket=there[row.window].label if row.window in there else "",
            state=State(there[row.window].state) if row.window in there else None,
            called_at=row.called_at,
            is_open=row.window in there or bool(row.called_at and row.called_at >= since),
        )
        for row in rows
    ]
