"""Figures of past days at one office: how many people, how long they waited, what pre-application saved."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.core.actor import Actor
from portal.core.permissions import Permission
from portal.window import kinds, statistics_query
from portal.window.rules import Lane
from portal.window.statistics_rules import Cell, Figures, Saved, by_day, figures, grouped, saved, saved_in_all


@dataclass(frozen=True, slots=True)
class Statistics:
    """The figures of one office: in all, by day (None: days with few people, summed), kind of window and lane; `cells`
    by kind and day, as the file has them; `assisted` counts the applications filled in with people."""

    total: Figures
    days: list[tuple[date | None, Figures]]
    kinds: list[tuple[str, Figures]]
    lanes: list[tuple[Lane, Figures]]
    cells: list[tuple[str, date | None, Figures]]
    saved: list[Saved]
    saved_minutes: float | None
    assisted: int


def sees_whole(actor: Actor, office: str) -> bool:
    """Whether *actor* supervises *office*: then days with few people are told one by one."""
    return actor.office == office and actor.may(Permission.WINDOW_WATCH)


def statistics(session: Session, office: str, days: tuple[date, date], *, whole: bool) -> Statistics:
    """The figures of *office* from the first to the last of *days* (as statistics_rules says); one query."""
    found = statistics_query.cells(session, office, days)
    of_kinds = _by_kind(office, found)
    lanes = grouped(found, lambda one: one.lane)
    lines = [saved(kind, those) for kind, those in of_kinds.items()]
    return Statistics(
        total=figures(found, whole=whole),
        days=by_day(found, whole=whole),
        kinds=[(kind, figures(those, whole=whole)) for kind, those in of_kinds.items()],
        lanes=[(lane, figures(lanes[lane], whole=whole)) for lane in Lane if lane in lanes],
        cells=[(kind, day, one) for kind, those in of_kinds.items() for day, one in by_day(those, whole=whole)],
        saved=lines,
        saved_minutes=saved_in_all(lines),
        assisted=applications.assisted_at_office(session, office, days),
    )


def _by_kind(office: str, cells: list[Cell]) -> dict[str, list[Cell]]:
    """In the order of the office's windows; kinds it has no more come last."""
    found = grouped(cells, lambda one: one.kind)
    order = [str(kind) for kind in kinds.here(office) if kind in found]
    return {kind: found[kind] for kind in [*order, *sorted(set(found) - set(order))]}
