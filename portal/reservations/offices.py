"""The offices that take reservations: for whom, for what, in which order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.reservations import rules
from portal.reservations.hours import opening
from portal.staff import service as staff


@dataclass(frozen=True, slots=True)
class OfficeView:
    """An office that takes reservations: its code and its name on the door."""

    code: str
    name: str
    ward: str


def offices(session: Session, *, near: str = "") -> list[OfficeView]:
    """Offices that take reservations: those nearest to the one of the ward *near* first, or in the customary order."""
    known = [
        OfficeView(one.code, one.name, one.ward) for one in staff.offices(session) if one.code in opening().offices
    ]
    home = next((one.code for one in known if one.ward == near), None)
    if home is None:
        return known
    order = opening().nearest(home)
    return sorted(known, key=lambda one: order.index(one.code))


def that_handle(session: Session, offers: Iterable[Sequence[str]], *, near: str = "") -> list[OfficeView]:
    """The offices that handle every one of some procedures, by the offices each *offers* (none: all), nearest first."""
    known = offices(session, near=near)
    able = rules.common_offices(offers, [one.code for one in known])
    return [one for one in known if one.code in able]
