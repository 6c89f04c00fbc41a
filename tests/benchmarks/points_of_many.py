"""Points for everybody at once, and the night that takes everybody's oldest points away and lets ranks follow.

The gift's limit is three statements that fill accounts, lots and transfers, with the same guards and indexes, in the same
city before anybody has an account (and then undone). The night's
is the clock: five minutes for a million accounts with ten entries each. Every account loses a lot in that night (points
last until the end of a month, so it happens to all of a month at once), one in ten lost earnings from its twelve months.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.ids import new_id
from portal.core.outbox import Promise
from portal.points import nightly
from portal.points.gifts import giving, service
from portal.points.gifts.models import PointGift
from portal.points.gifts.rules import State
from portal.points.ledger import checks, sweeping
from portal.points.ledger import service as ledger
from portal.points.ledger.models import PointAccount, PointTransfer
from portal.points.ledger.rules import LASTS_MONTHS, Reason
from portal.points.programmes import service as programmes
from portal.points.programmes.rules import Unit
from portal.points.rules import window_begins
from portal.segments import service as segments
from tests.benchmarks import fan_out
from tests.benchmarks.city import Place
from tests.benchmarks.measure import Row, Sizes, at_most

TIMES_SET = 1.5
FIVE_MINUTES_FOR = 1_000_000
ENTRIES = 10
ONE, OTHER = (Actor(Kind.STAFF, id=new_id(), label=f"benchmark {number}") for number in (1, 2))
ID = {"SQLite": "lower(hex(randomblob(16)))", "PostgreSQL": "gen_random_uuid()"}
STEPS = (
    "INSERT INTO point_accounts (id, resident_id, name, kind, is_bounded, balance) "
    "SELECT {id}, id, NULL, 'resident', false, 0 FROM residents WHERE moved_out IS NULL",
    "INSERT INTO point_lots (number, account_id, amount, remaining, expires_on) "
    "SELECT :first + row_number() OVER (ORDER BY id), id, :points, :points, :last FROM point_accounts "
    "WHERE resident_id IS NOT NULL",
    "INSERT INTO point_transfers (number, key, source_id, target_id, amount, reason, case_ref, at, recorded_at) "
    "SELECT number, :key || number, :source, account_id, :points, :reason, '', :at, :at FROM point_lots "
    "WHERE number > :first",
)


class Undone(Exception):
    """Takes the limit's rows back."""


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    fan_out.fill_city(place, sizes.residents)
    limit = undone(place)
    ours, people = gift_to_all(place)
    yield at_most(
        f"points for everybody / set-based statements ({place.kind})",
        ours=ours,
        limit=limit,
        unit="s",
        target=TIMES_SET,
        note=f"wall s for {people:,} people; ours in chunks that can be resumed, with keys looked up, the limit in one go",
    )
    fill(place)
    seconds = {name: timed(call) for name, call in night(place).items()}
    with place.database.engine.connect() as connection:
        entries = connection.execute(select(func.count()).select_from(PointTransfer)).scalar_one()
        assert checks.out_of_balance(connection) == []
    told = ", ".join(f"{name} {taken:.1f}" for name, taken in seconds.items())
    yield at_most(
        f"night of points / 5 min for a million ({place.kind})",
        ours=sum(seconds.values()),
        limit=300 * people / FIVE_MINUTES_FOR,
        unit="s",
        target=1.0,
        note=f"wall s for {people:,} accounts, {entries:,} entries afterwards: {told}",
    )


def undone(place: Place) -> float:
    """Wall seconds of the limit; nothing of it stays, not even where rows lay."""
    with suppress(Undone), place.database.command("benchmark") as session:
        taken = timed(lambda: statements(place, session, "limit", at=clock.now(), accounts=True))
        raise Undone
    vacuum(place, "VACUUM ANALYZE")
    return taken


def gift_to_all(place: Place) -> tuple[float, int]:
    """(wall seconds of all chunks, people)."""
    today = clock.today()
    terms = {
        "title": {"ja": "benchmark"}, "points": 10, "budget": 1_000_000_000, "per_day": None, "per_month": None,
        "per_person": None, "begins_on": today, "ends_on": today + timedelta(days=30), "why": "benchmark",
    }  # fmt: skip
    with place.database.command("benchmark") as session:
        programmes.create(session, ONE, code="bench-1", reason=Reason.EVENT, unit=Unit.ACT, facts=terms)
        programmes.approve(session, OTHER, "bench-1", 1)
        segment = segments.EVERYBODY
        gift = service.propose(session, ONE, programme="bench-1", points=10, condition=segment, why="benchmark")
        service.approve(session, OTHER, number := gift.number)
        one = {"number": number, "round": 0}

    def all_chunks() -> None:
        while in_turn(place, lambda session: _is_giving(session, number)):
            in_turn(place, lambda session: giving.give(session, one))

    seconds = timed(all_chunks)
    return seconds, in_turn(place, lambda session: session.get_one(PointGift, number).people)


def _is_giving(session: Session, number: int) -> bool:
    return session.get_one(PointGift, number).state == State.GIVING


def in_turn(place: Place, call: Callable[[Session], Any]) -> Any:
    """*call* in a transaction of its own."""
    with place.database.command("benchmark") as session:
        return call(session)


def statements(place: Place, session: Session, key: str, *, at: Any, accounts: bool) -> None:
    """Ten points for every account, by the statements alone; with *accounts* everybody gets one first."""
    last = ledger.rules.last_day(at.astimezone(clock.JST).date())
    first = session.scalar(select(func.max(PointTransfer.number))) or 0
    source = ledger.city(session)
    values = {"first": first, "points": 10, "last": last, "key": f"{key}:", "reason": str(Reason.EVENT)}
    moment = {"source": _bare(place, source), "at": at.replace(tzinfo=None) if place.kind == "SQLite" else at}
    for step in STEPS if accounts else STEPS[1:]:
        names = {name for name in values | moment if f":{name}" in step}
        given = {name: value for name, value in (values | moment).items() if name in names}
        session.execute(text(step.format(id=ID[place.kind])), given)


def write(place: Place, key: str, *, at: Any) -> None:
    """The statements for who has an account."""
    with place.database.command("benchmark") as session:
        statements(place, session, key, at=at, accounts=False)
        if place.kind == "PostgreSQL":
            session.execute(text("SELECT setval('point_transfers_number_seq', max(number)) FROM point_transfers"))


def vacuum(place: Place, how: str) -> None:
    """The server's own housekeeping now, not in the middle of what is measured."""
    if place.kind == "PostgreSQL":
        with place.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(how))


def _bare(place: Place, account: UUID) -> Any:
    return account.hex if place.kind == "SQLite" else account


def fill(place: Place) -> None:
    """Up to ten entries an account; one lot of each is past its day, and a tenth was earned a year and an hour ago."""
    now = clock.now()
    for month in range(ENTRIES - 3):
        write(place, f"old {month}", at=now - timedelta(days=30 * (month + 1)))
    write(place, "expired", at=now - timedelta(days=31 * LASTS_MONTHS + 62))
    with place.database.command("benchmark") as session:
        source = ledger.city(session)
        for owner, account in session.execute(
            select(PointAccount.resident_id, PointAccount.id).where(PointAccount.resident_id.is_not(None))
        ).all()[::10]:
            gift = ledger.dated(
                ledger.Entry(
                    f"year:{owner}", source, account, 600, Reason.EVENT, at=window_begins(now) - timedelta(hours=1)
                )
            )
            session.info.setdefault("gifts", []).append(gift)
        gifts = session.info["gifts"]
        for start in range(0, len(gifts), 5_000):
            ledger.grant_all(session, gifts[start : start + 5_000])
    vacuum(place, "ANALYZE")


def night(place: Place) -> dict[str, Callable[[], None]]:
    """What the worker does, in its order."""

    def expire() -> None:
        while in_turn(place, lambda session: sweeping.expire_some(session, clock.today())) == sweeping.BATCH:
            pass

    def follow(work: Callable[[Session, dict[str, Any]], None], kind: str) -> Callable[[], None]:
        def run() -> None:
            payload: dict[str, Any] | None = {}
            while payload is not None:
                in_turn(place, partial(_do, work, payload))
                payload = in_turn(place, partial(_next, kind))

        return run

    return {
        "expiry": expire,
        "warning": follow(nightly.warn, nightly.WARN),
        "ranks": follow(nightly.follow_ranks, nightly.RANKS),
    }


def _do(work: Callable[[Session, dict[str, Any]], None], payload: dict[str, Any], session: Session) -> None:
    work(session, payload)


def _next(kind: str, session: Session) -> dict[str, Any] | None:
    """The batch that was promised, taken as a worker takes it."""
    query = select(Promise.id, Promise.payload).where(Promise.kind == kind, Promise.done_at.is_(None))
    found = session.execute(query.limit(1)).first()
    if found is None:
        return None
    session.execute(update(Promise).where(Promise.id == found.id).values(done_at=clock.now()))
    return dict(found.payload)


def timed(call: Callable[[], None]) -> float:
    """Wall seconds of *call*."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
