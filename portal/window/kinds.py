"""Kinds of window at each office, as the city wrote them down (kinds.json): letters, quotas, last numbers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.applications.service import WindowKind
from portal.core.clock import JST
from portal.reservations import service as reservations
from portal.window import rules

FILE = Path(__file__).parent / "kinds.json"
WORDS: Mapping[str, str] = {str(kind): words for kind, words in applications.WINDOW_WORDS.items()}
"""What stands above each kind of window (msgids)."""
CALLER = WindowKind.RESIDENT_AFFAIRS
"""Whoever reserved by phone without an application comes to this one first."""


@dataclass(frozen=True, slots=True)
class Giving:
    """How one office gives numbers for one kind of window. `until`: no number is given at this time or later."""

    kind: WindowKind
    letter: str
    quota: int
    until: time
    minutes: int

    @property
    def words(self) -> str:
        """What stands above the window (msgid)."""
        return WORDS[self.kind]


@cache
def here(office: str) -> Mapping[WindowKind, Giving]:
    """The kinds of window of *office*, in the order they are offered."""
    return read(FILE, office)


def read(file: Path, office: str) -> dict[WindowKind, Giving]:
    """The kinds in *file*. ValueError if a kind is unknown, a letter is used twice or could be misread."""
    written = json.loads(file.read_text(encoding="utf-8"))
    here = written["offices"].get(office, {})
    found = {}
    for name, everywhere in written["everywhere"].items():
        if (own := here.get(name, {})) is None:
            continue
        found[WindowKind(name)] = _giving(WindowKind(name), everywhere | own)
    letters = [one.letter for one in found.values()]
    if len(set(letters)) < len(letters) or not set(letters) <= rules.LETTERS:
        raise ValueError(f"letters of {office}")
    return found


def _giving(kind: WindowKind, facts: Mapping[str, Any]) -> Giving:
    until = time.fromisoformat(facts["until"])
    return Giving(kind, str(facts["letter"]), int(facts["quota"]), until, int(facts["minutes"]))


def giving(office: str, kind: str) -> Giving:
    """How *office* gives numbers for *kind*; raises window-kind-not-here."""
    found = here(office).get(WindowKind(kind)) if kind in set(WindowKind) else None
    if found is None:
        raise rules.KindNotHere
    return found


def check_open(session: Session, one: Giving, office: str, now: datetime) -> None:
    """Numbers are given on days the office is open, from the opening until the time of the last number.

    Raises office-closed-today, numbers-not-yet or numbers-closed.
    """
    local = now.astimezone(JST)
    opens, until = giving_hours(session, one, office, local.date())
    rules.check_giving(opens=opens, until=until, now=local.time())


def giving_hours(session: Session, one: Giving, office: str, day: date) -> tuple[time, time]:
    """From when to when numbers are given on *day*; on a day with hours of its own the last number comes as long
    before the end as on others. Raises office-closed-today."""
    if (open_on := reservations.hours_on(session, office, day)) is None:
        raise rules.OfficeClosed
    usual = reservations.opening().offices[office]
    return open_on[0], rules.last_number_at(one.until, usual.closes, open_on[1])
