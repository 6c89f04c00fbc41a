"""Points for a resident through the service against a bare INSERT and UPDATE. Every credit is durable."""

import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from portal.core import clock
from portal.core.ids import new_id
from portal.core.money import Points
from portal.demo.load import load_city
from portal.points import service
from portal.points.rules import Reason
from portal.residents.service import Person
from tests.benchmarks.city import Place
from tests.benchmarks.commits import begin, driver, key, marks
from tests.benchmarks.measure import Row, Sizes, at_least, in_turns

TARGET = 0.3
ADD = (
    "INSERT INTO point_transfers (id, key, source_id, target_id, amount, reason, case_ref, at) "
    "VALUES (?, ?, ?, ?, 10, 'benchmark', '', ?)"
)
MOVE = "UPDATE point_accounts SET balance = balance + 10 WHERE id = ?"


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    with place.database.command("benchmark") as session:
        load_city(session, residents=0)
        person = session.scalars(select(Person.id).limit(1)).one()
        city, account = service.city_account(session), service.account_of(session, person)
    count = sizes.bookings
    calls = {
        "ours": lambda: [credit(place, person) for _ in range(count)],
        "limit": lambda: credit_bare(place, city, account, count),
    }
    seconds = in_turns(calls, rounds=min(3, sizes.rounds), clock=time.perf_counter)
    with place.database.command("benchmark") as session:
        assert service.unbalanced(session) == []
    yield at_least(
        f"points credited / bare INSERT + UPDATE ({place.kind})",
        ours=count / seconds["ours"],
        limit=count / seconds["limit"],
        unit="/s",
        target=TARGET,
        note="credits a second, one client, each durable; ours also looks the accounts up and writes the audit record",
    )


def credit(place: Place, person: UUID) -> None:
    with place.database.command("benchmark") as session:
        service.credit(session, person, Points(10), reason=next(iter(Reason)), key=str(new_id()))


def credit_bare(place: Place, city: UUID, account: UUID, count: int) -> None:
    now = (clock.now() - timedelta(seconds=1)).replace(tzinfo=None).isoformat(sep=" ")
    with driver(place) as bare:
        for _ in range(count):
            fresh = new_id()
            bare.execute(begin(place))
            bare.execute(marks(place, ADD), (key(place, fresh), str(fresh), key(place, city), key(place, account), now))
            bare.execute(marks(place, MOVE), (key(place, account),))
            bare.execute("COMMIT")
