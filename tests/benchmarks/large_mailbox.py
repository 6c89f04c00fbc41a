"""The mailbox of somebody with 73,000 notices, and of somebody with 860,000: whole signed-in requests through the WSGI
door. The figures to beat are Dialogporten's (p95 113 ms at 73,000; slow for a customer with 860,000).

The worst page is measured too: a search that finds nothing and therefore looks through all a page may look through.
"""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from statistics import median
from typing import Any
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import Connection, func, select, text

from portal.app import create_app
from portal.core import clock
from portal.demo import accounts, cast
from portal.demo.load import load_city
from portal.mailbox.models import Delivery
from portal.residents.service import Person
from portal.web.session import COOKIE
from tests.benchmarks.city import Place
from tests.benchmarks.measure import Row, Sizes, at_most, in_turns
from tests.benchmarks.pages import asks
from tests.browser import Visitor

LARGE, LARGEST = 73_000, 860_000
P95_MS = 113.0
FLAT = 1.2
NOTHING = "/mailbox/find?q=" + quote("どこにもない言葉")
TEXTS = '{"ja": {"title": "お知らせ", "body": "本文"}, "en": {"title": "A notice", "body": "Its text"}}'
FILL = {
    "SQLite": (
        "PRAGMA foreign_keys=OFF",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :last) "
        "INSERT INTO notices (number, id, kind, state, section, section_id, texts, facts, procedure, link, segment, "
        "strength, choices, written_at, sent_at) SELECT i, lower(hex(randomblob(16))), 'task', 'sent', 'こども未来局', "
        ":section, :texts, '{}', '', '', '{}', 1, '{}', :at, :at FROM n",
    ),
    "PostgreSQL": (
        "SET session_replication_role = replica",
        "INSERT INTO notices (number, id, kind, state, section, section_id, texts, facts, procedure, link, segment, "
        "strength, choices, written_at, sent_at) SELECT i, gen_random_uuid(), 'task', 'sent', 'こども未来局', "
        "CAST(:section AS uuid), CAST(:texts AS json), '{}', '', '', '{}', 1, '{}', CAST(:at AS timestamptz), "
        "CAST(:at AS timestamptz) FROM generate_series(1, :last) AS i",
    ),
}
DELIVER = (
    "INSERT INTO deliveries (resident_id, notice_number, delivered_at, read_at) "
    "SELECT :resident, number, sent_at, sent_at FROM notices WHERE number > :after"
)
OTHERS = (
    "INSERT INTO deliveries (resident_id, notice_number, delivered_at, read_at) "
    "SELECT residents.id, number, sent_at, NULL FROM residents, notices WHERE number > :newest ON CONFLICT DO NOTHING"
)


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    """All read and nothing due: counting and searching look at every one they may look at."""
    most = min(LARGEST, sizes.notices)
    large = min(LARGE, most)
    cookies = fill(place, most, large)
    app = create_app(place.settings, place.database)
    calls = {name: asks(app, "/mailbox", cookie=cookie) for name, cookie in cookies.items()}
    assert calls["large"]().count(b"list__row") == 20
    yield at_most(
        f"mailbox page of {large:,} notices, p95 ({place.kind})",
        ours=p95(calls["large"], sizes.rounds * 10),
        limit=P95_MS,
        unit="ms",
        target=1.0,
        note="wall ms of whole requests; Dialogporten's figure for 73,000 is the limit",
    )
    seconds = in_turns(calls, rounds=sizes.rounds, repeat=sizes.calls, clock=time.perf_counter)
    yield at_most(
        f"mailbox page of {most:,} notices / of {large:,} ({place.kind})",
        ours=seconds["largest"] * 1e3,
        limit=seconds["large"] * 1e3,
        unit="ms",
        target=FLAT,
        note="the larger mailbox's page costs the same: keyset, bounded look",
    )
    yield at_most(
        f"search that finds nothing among {most:,} notices, p95 ({place.kind})",
        ours=p95(asks(app, NOTHING, cookie=cookies["largest"]), sizes.rounds * 4),
        limit=P95_MS,
        unit="ms",
        target=1.0,
        note="wall ms; a page looks through 2,000 notices and says so",
    )


def p95(call: Callable[[], object], times: int) -> float:
    """Milliseconds within which 95 of 100 calls answer; the median of three goes, each warmed up."""
    found = []
    for _ in range(3):
        call()
        taken = []
        for _ in range(max(times, 20)):
            began = time.perf_counter()
            call()
            taken.append((time.perf_counter() - began) * 1e3)
        found.append(sorted(taken)[int(len(taken) * 0.95)])
    return median(found)


def fill(place: Place, most: int, large: int) -> dict[str, str]:
    """Two large mailboxes among usual ones, by four statements; the Cookie headers of their owners."""
    with place.database.command("benchmark") as session:
        load_city(session, residents=1_000)
        accounts.open_accounts(session)
        people = {one.persona: one.addressee_number for one in cast.RESIDENTS}
        ids = {
            name: session.scalars(select(Person.id).where(Person.addressee_number == people[persona])).one()
            for name, persona in (("large", "taro"), ("largest", "hanako"))
        }
    with place.database.engine.connect().execution_options(writes=True) as connection:
        _fill(place, connection, ids, most, large)
    with place.database.command("benchmark") as session:
        query = select(func.count()).where(Delivery.resident_id == ids["large"])
        assert session.scalar(query) == large
    return {"large": sign_in(place, "taro"), "largest": sign_in(place, "hanako")}


def _fill(place: Place, connection: Connection, ids: dict[str, UUID], most: int, large: int) -> None:
    bare, notices = FILL[place.kind]
    driver: Any = connection.connection.driver_connection
    driver.execute(bare)  # SQLite hears it outside a transaction only
    at = clock.now() - timedelta(days=1)
    is_sqlite = place.kind == "SQLite"
    when = at.replace(tzinfo=None).isoformat(" ") if is_sqlite else at.isoformat()
    section = ids["large"].hex
    connection.execute(text(notices), {"last": most, "section": section, "texts": TEXTS, "at": when})
    for name, after in (("large", most - large), ("largest", 0)):
        resident = ids[name].hex if is_sqlite else ids[name]
        connection.execute(text(DELIVER), {"resident": resident, "after": after})
    connection.execute(text(OTHERS), {"newest": most - 20})
    connection.commit()
    driver.execute("PRAGMA foreign_keys=ON" if is_sqlite else "RESET session_replication_role")
    driver.execute("ANALYZE")
    driver.commit()


def sign_in(place: Place, persona: str) -> str:
    """The Cookie header of somebody of the cast."""
    person = next(one for one in cast.RESIDENTS if one.persona == persona)
    visitor = Visitor(create_app(place.settings, place.database))
    door = visitor.get("/sign-in?next=/account")
    visitor.submit(door, "/sign-in", login_id=person.login_id, password=person.password)
    found = visitor.client.get_cookie(COOKIE)
    assert found is not None, f"{persona} could not sign in"
    return f"{COOKIE}={found.value}; __Host-language=ko"
