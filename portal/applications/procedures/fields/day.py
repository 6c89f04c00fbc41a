"""A day in either calendar: sent as era, year, month and day, kept in ISO form."""

from datetime import date, timedelta

from portal.applications.procedures.fields.component import Component, KnownFacts, Texts, Typed, first
from portal.applications.procedures.schema import FormField
from portal.core import clock, wareki
from portal.core.text import TextRefused

PARTS = ("era", "year", "month", "day")


def _read(asked: FormField, typed: Typed, known: KnownFacts) -> str:
    era, year, month, day = (first(typed, f"{asked.name}-{part}") for part in PARTS)
    found = wareki.from_parts(era, year or "x", month or "x", day or "x")
    check_date(asked, found)
    return found.isoformat()


def check_date(asked: FormField, found: date) -> None:
    """Not earlier and not later than the procedure allows, counted from today in Japan."""
    today = clock.today()
    if asked.latest_days is not None and found > (last := today + timedelta(days=asked.latest_days)):
        raise TextRefused("date-too-late", {"day": last})
    if asked.earliest_days is not None and found < (first_day := today - timedelta(days=asked.earliest_days)):
        raise TextRefused("date-too-early", {"day": first_day})


def _again(asked: FormField, answer: str) -> Texts:
    day = date.fromisoformat(answer)
    era, year = wareki.era_year(day)
    texts = (era.code, str(year), str(day.month), str(day.day))
    return {f"{asked.name}-{part}": [text] for part, text in zip(PARTS, texts, strict=True)}


DAY = Component(_read, _again, PARTS, beside=("era",))
