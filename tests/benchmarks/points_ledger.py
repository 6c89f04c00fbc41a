"""Points through the books against the same work in bare SQL, on the same tables with the same guards. All durable.

The limit on PostgreSQL is a function of the database that does everything in one call; on SQLite the bare statements in
one transaction. Ours locks, looks keys and lots up, writes legs and transfer, and an audit record for each. Those who come
at one time are gathered into one transaction (`Database.together`): spending is a donation as its page does it, and a
coupon with its stock, rank and limit as its page does (decision 106).
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from portal.core import audit, clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Action, Purpose
from portal.core.ids import new_id
from portal.core.uow import Asked
from portal.demo.load import load_city
from portal.points.ledger import checks, service
from portal.points.ledger import rules as books
from portal.points.ledger.entering import Entry
from portal.points.ledger.rules import Reason
from portal.points.spending import catalogue
from portal.points.spending.donating import Gift, donate_together
from portal.points.spending.models import PointReward
from portal.points.spending.redeeming import Wish, redeem_together
from portal.residents.service import Person
from tests.benchmarks import rush
from tests.benchmarks.city import Place
from tests.benchmarks.commits import Driver, driver, key
from tests.benchmarks.measure import Row, Sizes, at_least, in_turns
from tests.benchmarks.rush import CLIENTS

INTERACTIVE, HOT = 0.7, 0.9
LAST = clock.today() + timedelta(days=700)
PEOPLE = 1_000
PROJECT, COUPON = "trees", "bus"
MONTHS = 12
"""Everybody has points of as many months already: books that are in use."""
FUNCTION = """
CREATE OR REPLACE FUNCTION bench_give(key text, source uuid, target uuid, points int, last date) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE n int := nextval('point_transfers_number_seq');
BEGIN
  PERFORM 1 FROM point_accounts WHERE id = target FOR NO KEY UPDATE;
  INSERT INTO point_lots VALUES (n, target, points, points, last);
  INSERT INTO point_transfers (number, key, source_id, target_id, amount, reason, case_ref, at, recorded_at)
  VALUES (n, key, source, target, points, 'event', '', now(), now());
  RETURN n;
END $$;
CREATE OR REPLACE FUNCTION bench_pay(key text, source uuid, target uuid, points int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE n int := nextval('point_transfers_number_seq'); need int := points; lot record; part int;
BEGIN
  PERFORM 1 FROM point_accounts WHERE id = source FOR NO KEY UPDATE;
  FOR lot IN SELECT number, remaining FROM point_lots WHERE account_id = source AND remaining > 0
    AND expires_on >= current_date ORDER BY expires_on, number LOOP
    part := least(lot.remaining, need);
    INSERT INTO point_allocations VALUES (n, lot.number, part);
    need := need - part;
    EXIT WHEN need = 0;
  END LOOP;
  INSERT INTO point_transfers (number, key, source_id, target_id, amount, reason, case_ref, at, recorded_at)
  VALUES (n, key, source, target, points, 'reward', '', now(), now());
  RETURN n;
END $$
"""
NEXT = "SELECT coalesce(max(number), 0) + 1 FROM point_transfers"
LOT = "INSERT INTO point_lots VALUES (?, ?, ?, ?, ?)"
OLDEST = (
    "SELECT number FROM point_lots WHERE account_id = ? AND remaining > 0 AND expires_on >= date('now') "
    "ORDER BY expires_on, number LIMIT 1"
)
DRAW = "INSERT INTO point_allocations VALUES (?, ?, ?)"
ROW = (
    "INSERT INTO point_transfers (number, key, source_id, target_id, amount, reason, case_ref, at, recorded_at) "
    "VALUES (?, ?, ?, ?, ?, 'event', '', datetime('now'), datetime('now'))"
)


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    rounds, count = sizes.rounds, max(sizes.bookings, 4) * 16
    with place.database.command("benchmark") as session:
        load_city(session, residents=PEOPLE)
        catalogue.bring(session, catalogue.read())
        session.execute(
            update(PointReward).where(PointReward.code == COUPON).values(stock=1_000_000, per_person=1_000_000)
        )
        city, project = service.city(session), service.named(session, f"donation {PROJECT}", books.Kind.DONATION)
        some = session.scalars(select(Person.id).order_by(Person.id).limit(min(PEOPLE, count))).all()
        owners = {account: who for who, account in service.accounts_of(session, some).items()}
        people = list(owners)
        many = [service.named(session, f"source {n}", books.Kind.CITY) for n in range(len(people))]
        for month in range(MONTHS):
            service.grant_all(
                session,
                [replace(_gift(city, one, 10_000), expires_on=LAST - timedelta(days=30 * month)) for one in people],
            )
        if place.kind == "PostgreSQL":
            session.connection().exec_driver_sql(FUNCTION)
            session.connection().exec_driver_sql("ANALYZE")
    crowd = [people[number % len(people)] for number in range(count)]
    yield _against(place, "given", crowd, partial(_give, place, city), partial(_give_bare, place, city), rounds)
    yield _against(place, "spent", crowd, partial(_pay, place, owners), partial(_pay_bare, place, project), rounds)
    yield _against(
        place, "for a coupon", crowd, partial(_redeem, place, owners), partial(_pay_bare, place, project), rounds
    )
    yield _hot(place, crowd, city, many, rounds)
    with place.database.engine.connect() as connection:
        assert checks.out_of_balance(connection) == []


def _gift(source: UUID, target: UUID, amount: int = 10) -> Entry:
    return Entry(str(new_id()), source, target, amount, Reason.EVENT)


def _against(
    place: Place,
    words: str,
    crowd: Sequence[UUID],
    ours: Callable[[UUID], object],
    bare: Callable[[Driver, UUID], object],
    rounds: int,
) -> Row:
    calls: dict[str, Callable[[], object]] = {
        "ours": lambda: rush.at_once(crowd, ours),
        "limit": lambda: _bare(place, crowd, bare),
    }
    seconds = in_turns(calls, rounds=rounds, clock=time.perf_counter)
    return at_least(
        f"points {words} / pure SQL ({place.kind})",
        ours=len(crowd) / seconds["ours"],
        limit=len(crowd) / seconds["limit"],
        unit="/s",
        target=INTERACTIVE,
        note=f"transfers a second, {CLIENTS} clients, each durable; ours with keys, locks and an audit record",
    )


def _hot(place: Place, crowd: Sequence[UUID], city: UUID, many: Sequence[UUID], rounds: int) -> Row:
    """All from the city's one account, against each from an account of its own."""
    pairs = [(many[number % len(many)], one) for number, one in enumerate(crowd)]
    calls: dict[str, Callable[[], object]] = {
        "one": lambda: rush.at_once(crowd, partial(_give, place, city)),
        "many": lambda: rush.at_once(pairs, lambda pair: _give(place, *pair)),
    }
    seconds = in_turns(calls, rounds=rounds, clock=time.perf_counter)
    return at_least(
        f"points from one account / from {len(many)} accounts ({place.kind})",
        ours=len(crowd) / seconds["one"],
        limit=len(crowd) / seconds["many"],
        unit="/s",
        target=HOT,
        note=f"transfers a second through the service, {CLIENTS} clients: the city's account is no row anybody waits for",
    )


def give_together(session: Any, asked: Sequence[Asked[Entry]]) -> Sequence[int | None]:
    return service.grant_all(session, [_noted(unit, gift) for unit, gift in asked])


def _noted(unit: audit.Unit, entry: Entry) -> Entry:
    unit.note(audit.Entry(Action.CHANGE, unit.actor.id, "points.balance"))
    return entry


def _give(place: Place, source: UUID, person: UUID) -> None:
    actor = Actor(Kind.RESIDENT, person, "person")
    place.database.together(actor, Purpose.POINTS, give_together, _gift(source, person))


def _pay(place: Place, owners: dict[UUID, UUID], person: UUID) -> None:
    """As the page of a project does it."""
    actor = Actor(Kind.RESIDENT, owners[person], "person")
    gift = Gift(owners[person], PROJECT, 100, new_id())
    place.database.together(actor, Purpose.OWN_USE, donate_together, gift)


def _redeem(place: Place, owners: dict[UUID, UUID], person: UUID) -> None:
    """As the page of a reward does it: with stock, rank and a coupon."""
    actor = Actor(Kind.RESIDENT, owners[person], "person")
    place.database.together(actor, Purpose.OWN_USE, redeem_together, Wish(owners[person], COUPON, new_id()))


def _bare(place: Place, crowd: Sequence[UUID], act: Callable[[Driver, UUID], object]) -> None:
    """As many clients as ours on PostgreSQL; on SQLite one, the fastest there is: it never meets another writer."""
    with ExitStack() as life:
        lines = [life.enter_context(driver(place)) for _ in range(CLIENTS if place.kind == "PostgreSQL" else 1)]
        mine, free = threading.local(), iter(lines)

        def client(person: UUID) -> None:
            if not hasattr(mine, "line"):
                mine.line = next(free)
            act(mine.line, person)

        rush.at_once(crowd, client, clients=len(lines))


def _give_bare(place: Place, city: UUID, line: Driver, person: UUID) -> None:
    if place.kind == "PostgreSQL":
        line.execute("SELECT bench_give(%s, %s, %s, 10, %s)", (str(new_id()), city, person, LAST))
        return
    line.execute("BEGIN IMMEDIATE")
    number, target = line.execute(NEXT).fetchone()[0], key(place, person)
    line.execute(LOT, (number, target, 10, 10, LAST.isoformat()))
    line.execute(ROW, (number, str(new_id()), key(place, city), target, 10))
    line.execute("COMMIT")


def _pay_bare(place: Place, project: UUID, line: Driver, person: UUID) -> None:
    if place.kind == "PostgreSQL":
        line.execute("SELECT bench_pay(%s, %s, %s, 1)", (str(new_id()), person, project))
        return
    line.execute("BEGIN IMMEDIATE")
    number, source = line.execute(NEXT).fetchone()[0], key(place, person)
    line.execute(DRAW, (number, line.execute(OLDEST, (source,)).fetchone()[0], 1))
    line.execute(ROW, (number, str(new_id()), source, key(place, project), 1))
    line.execute("COMMIT")
