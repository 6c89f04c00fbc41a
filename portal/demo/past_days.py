"""The last ten working days at the windows of 中央区役所, so that the figures have something to say."""

import secrets
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.clock import JST
from portal.core.ids import new_id
from portal.reservations import service as reservations
from portal.window import kinds, rules
from portal.window.models import Ticket
from portal.window.rules import How, Lane, State

SEED = 2026
OFFICE = "chuo"
DAYS = 10
# People a day at each kind of window, and minutes of handling without a pre-application.
USUAL = {"resident-affairs": (26, 14), "insurance": (9, 12), "tax": (7, 9), "card": (6, 11), "children": (5, 13)}
PREPARED, PREPARED_TAKES = 0.3, 0.45
ABSENT = 0.04


def load(session: Session) -> None:
    """The numbers of those days, all ended. Loading twice adds nothing."""
    before = Ticket.day < clock.today()
    if session.scalar(select(func.count()).select_from(Ticket).where(before)):
        return
    chance = Random(f"{SEED} past days")  # noqa: S311 - made-up neighbours
    rows = [row for day in islice(_working_days(clock.today()), DAYS) for row in _day(chance, day)]
    session.execute(insert(Ticket), rows)


def _working_days(today: date) -> Iterator[date]:
    opening = reservations.opening()
    days = (today - timedelta(days=number) for number in range(1, 60))
    return (day for day in days if opening.is_open(OFFICE, day))


def _day(chance: Random, day: date) -> Iterator[dict[str, Any]]:
    express = 0
    opens = reservations.opening().offices[OFFICE].opens
    for kind, (people, minutes) in USUAL.items():
        if kind not in kinds.here(OFFICE):
            continue
        draws = sorted(chance.uniform(0, 440) for _ in range(people + chance.randint(-2, 3)))
        for number, after in enumerate(draws, start=1):
            lane = Lane.EXPRESS if chance.random() < PREPARED else Lane.GENERAL
            express += lane is Lane.EXPRESS
            drawn_at = datetime.combine(day, opens, JST) + timedelta(minutes=after)
            drawn = express if lane is Lane.EXPRESS else number
            yield _number(chance, kind, lane, drawn, drawn_at) | _course(chance, lane, minutes, drawn_at)


def _number(chance: Random, kind: str, lane: Lane, number: int, drawn_at: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "token": secrets.token_urlsafe(32),
        "office": OFFICE,
        "day": drawn_at.date(),
        "kind": kind,
        "how": str(How.KIOSK),
        "language": chance.choice(("ja",) * 8 + ("en", "zh")),
        "lane": str(lane),
        "number": number,
        "label": rules.label(kinds.giving(OFFICE, kind).letter, lane, number),
        "drawn_at": drawn_at,
    }


def _course(chance: Random, lane: Lane, minutes: float, drawn_at: datetime) -> dict[str, Any]:
    """When the number was called, at the window and done."""
    prepared = lane is Lane.EXPRESS
    called_at = drawn_at + timedelta(minutes=chance.expovariate(1 / (4 if prepared else 13)))
    came = chance.random() >= ABSENT
    serving_at = called_at + timedelta(minutes=chance.uniform(0.4, 2))
    takes = minutes * (PREPARED_TAKES if prepared else 1) * chance.lognormvariate(0, 0.35)
    return {
        "state": str(State.SERVED if came else State.NO_SHOW),
        "passed_over": 0 if prepared else chance.choice((0, 0, 0, 1, 2)),
        "first_called_at": called_at,
        "called_at": called_at,
        "serving_at": serving_at if came else None,
        "ended_at": serving_at + timedelta(minutes=takes if came else 3),
    }
