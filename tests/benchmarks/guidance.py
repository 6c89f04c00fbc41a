"""All rules of guidance over the whole city, as the nightly run does it: wall seconds against a minute for a million.

The city is made by a few statements: households of two, of every age, with what sections know of them.
"""

import time
from collections.abc import Iterator

from sqlalchemy import func, select, text

from portal.core.audit import Purpose
from portal.core.worker import Worker
from portal.demo import facts
from portal.guidance import catalogue, finding, rules
from portal.guidance.models import Advice
from portal.wiring import work
from tests.benchmarks.city import Place
from tests.benchmarks.fan_out import fill_city
from tests.benchmarks.measure import Row, Sizes, at_most

MINUTE_FOR = 1_000_000


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    fill_city(place, sizes.residents)
    grow_up(place)
    with place.database.command("benchmark", Purpose.REGISTER) as session:
        facts.load(session)
    analyse(place)
    began = time.perf_counter()
    slowest = find_all(place)
    found = time.perf_counter() - began
    again = time.perf_counter()
    find_all(place)
    again = time.perf_counter() - again
    told = time.perf_counter()
    tell_all(place)
    told = time.perf_counter() - told
    with place.database.command("benchmark") as session:
        many = session.scalar(select(func.count()).select_from(Advice)) or 0
    yield at_most(
        f"guidance: {len(catalogue.rules())} rules over the city / 1 min for a million ({place.kind})",
        ours=found,
        limit=60 * sizes.residents / MINUTE_FOR,
        unit="s",
        target=1.0,
        note=f"wall s for {sizes.residents:,} people, {many:,} found; the next night {again:.1f} s, telling {told:.1f} s; "
        f"slowest {slowest}",
    )


def grow_up(place: Place) -> None:
    """Everybody gets an age: heads are grown, of the others those under 23 are children of the head."""
    day = "date('now', '-' || ({days}) || ' days')" if place.kind == "SQLite" else "CURRENT_DATE - ({days})::int"
    number = "CAST(substr(addressee_number, 6) AS integer)"
    days = f"CASE WHEN {number} % 2 = 0 THEN 7000 + {number} * 7 % 24000 ELSE {number} * 13 % 24000 END"
    with place.database.command("benchmark", Purpose.REGISTER) as session:
        for statement in (
            f"UPDATE residents SET birth_date = {day.format(days=days)}, sex = CASE WHEN {number} % 3 = 0 THEN 'male' "
            f"ELSE 'female' END, relation = CASE WHEN {number} % 2 = 0 THEN '世帯主' WHEN {number} * 13 % 24000 < 8400 "
            "THEN '子' ELSE '妻' END WHERE addressee_number < '9'",
            "UPDATE residents SET moved_in = birth_date WHERE moved_in < birth_date",
        ):
            session.execute(text(statement))


def analyse(place: Place) -> None:
    with place.database.engine.execution_options(writes=True).connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()


def find_all(place: Place) -> str:
    """Every rule, in as many parts as a run takes, what waits of it asked again first; returns the three slowest, with
    their seconds."""
    seconds = {}
    for rule in catalogue.rules().values():
        began = time.perf_counter()
        with place.database.job("benchmark") as session:
            finding.forget_what_ended(session, rule)
        found = rules.FOUND_AT_ONCE
        while found == rules.FOUND_AT_ONCE:
            with place.database.job("benchmark") as session:
                found = finding.find(session, rule)
        seconds[rule.name] = time.perf_counter() - began
    slowest = sorted(seconds, key=lambda name: -seconds[name])[:3]
    return ", ".join(f"{name} {seconds[name]:.1f}" for name in slowest)


def tell_all(place: Place) -> None:
    with place.database.job("benchmark") as session:
        finding.begin(session, "benchmark")
    Worker(place.database, work(), ()).run_pending()
