"""The search for the first free time as its page says it: what can be wished, and what was found, in words."""

from collections.abc import Iterable, Sequence
from typing import Any

from babel.dates import get_day_names
from flask import request
from sqlalchemy.orm import Session

from portal.reservations import search, service
from portal.reservations.hours import opening
from portal.reservations.offices import OfficeView
from portal.reservations.search import Found, PartOfDay, Wish
from portal.reservations.slots import Free
from portal.web.i18n import gettext as _
from portal.web.i18n import language, ngettext, office_words, show_visit

# Days from today on which a search may begin.
SPANS = (0, 1, 3, 7, 14)


def read_wish(session: Session, offices: Sequence[OfficeView], minutes: int, ward: str) -> Wish:
    """What stands in the address; anything else counts as not said."""
    home = next((one.code for one in service.offices(session) if one.ward == ward), "")
    order = opening().nearest(home)
    codes = sorted((one.code for one in offices), key=order.index)
    part = request.args.get("part", "")
    return Wish(
        offices=codes,
        minutes=minutes,
        part=PartOfDay(part) if part in set(PartOfDay) else PartOfDay.ANY,
        weekday=_number("weekday", range(8)),
        days=_number("from", SPANS),
    )


def _number(name: str, allowed: Iterable[int]) -> int:
    typed = request.args.get(name, "")
    known = {str(one): one for one in allowed}
    return int(known.get(typed, 0))


def choices(wish: Wish, offices: Sequence[OfficeView], ward: str, found: Found) -> dict[str, Any]:
    """What the page of the search lets somebody choose from, in words."""
    names = {one.code: one.name for one in offices}
    shown = [one for one in (found.first, *found.elsewhere, *found.following) if one]
    open_on = sorted(frozenset().union(*(hours.weekdays for hours in opening().offices.values())))
    days = get_day_names("wide", locale=language())
    return {
        "wish": wish,
        "ward": ward,
        "wards": _wards(offices),
        "parts_of_day": [(str(part), _(words)) for part, words in search.PART_WORDS.items()],
        "weekdays": [(0, _("Any day")), *((number, days[number - 1]) for number in open_on)],
        "spans": [(days, _span(days)) for days in SPANS],
        "words": {one.slot_id: (show_visit(one.starts_at), _about(one, names)) for one in shown},
    }


def _wards(offices: Sequence[OfficeView]) -> list[tuple[str, str]]:
    return [(one.ward, office_words(one.name)) for one in sorted(offices, key=lambda one: one.code)]


def _span(days: int) -> str:
    return ngettext("In %(num)s day", "In %(num)s days", days) if days else _("Today")


def _about(one: Free, names: dict[str, str]) -> str:
    left = ngettext("%(num)s place left", "%(num)s places left", one.left)
    return f"{office_words(names.get(one.office, one.office))} · {left}"
