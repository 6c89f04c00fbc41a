"""The crowd forecast (混雑の予想): how many people to expect at an office in each hour of a day.

The rule, so that everybody can check it: in each hour come at least the visits reserved so far; if on the last eight days
of the same weekday more people with a reservation drew a number in that hour, as many as then on average; and the people
without a reservation of those days on average. What an office can take in an hour (its places) says whether that is many:
quiet below one half, crowded from 85 % on. A day without such records is told by its reservations alone.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import extract, func, select
from sqlalchemy.orm import Session

from portal.core.words import N_
from portal.reservations import service as reservations
from portal.window.models import Ticket

DAYS_LOOKED_AT = 8
USUAL_FROM, CROWDED_FROM = 0.5, 0.85
JST_HOURS = 9


class Level(StrEnum):
    QUIET = "quiet"
    USUAL = "usual"
    CROWDED = "crowded"


LEVEL_WORDS = {Level.QUIET: N_("quiet"), Level.USUAL: N_("as usual"), Level.CROWDED: N_("crowded")}


@dataclass(frozen=True, slots=True)
class Expected:
    """One hour: how many people are expected, how many the office can take, and whether that is many."""

    hour: int
    people: int
    places: int
    level: Level


def forecast(session: Session, office: str, day: date) -> list[Expected]:
    """The opening hours of *office* on *day*, in order; none when it is closed."""
    days = reservations.days_before(office, day, DAYS_LOOKED_AT)
    reserved, others = _usual(session, office, days)
    found = []
    for one in reservations.hours_of(session, office, day):
        people = round(max(one.visits, reserved.get(one.hour, 0.0)) + others.get(one.hour, 0.0))
        found.append(Expected(one.hour, people, one.places, level(people, one.places)))
    return found


def level(people: int, places: int) -> Level:
    """Whether *people* are many where *places* can be served in an hour."""
    share = people / places if places else 1.0
    return Level.CROWDED if share >= CROWDED_FROM else Level.USUAL if share >= USUAL_FROM else Level.QUIET


def _usual(session: Session, office: str, days: list[date]) -> tuple[dict[int, float], dict[int, float]]:
    """Numbers drawn in each hour on average, by people with and without a reservation. Days without any record (the
    first weeks of the system) do not count."""
    drawn = func.timezone("UTC", Ticket.drawn_at) if session.get_bind().dialect.name != "sqlite" else Ticket.drawn_at
    hour, walked_in = extract("hour", drawn), Ticket.booking_id.is_(None)
    mine = (Ticket.office == office, Ticket.day.in_(days))
    count = session.scalar(select(func.count(Ticket.day.distinct())).where(*mine)) or 0
    reserved: dict[int, float] = {}
    others: dict[int, float] = {}
    query = select(hour.label("hour"), walked_in.label("walked_in"), func.count().label("people")).where(*mine)
    for row in session.execute(query.group_by(hour, walked_in)):
        usual = others if row.walked_in else reserved
        usual[(int(row.hour) + JST_HOURS) % 24] = row.people / count
    return reserved, others
