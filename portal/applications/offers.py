"""What can be done at a window, for visits that staff plan before anything was typed."""

from dataclasses import dataclass

from portal.applications.procedures import catalogue
from portal.applications.procedures.schema import Procedure


@dataclass(frozen=True, slots=True)
class VisitOffer:
    """A procedure one can come for: `title` and `bring` are msgids; `minutes` and `bring` are those of everybody."""

    name: str
    title: str
    minutes: int
    offices: tuple[str, ...]
    bring: tuple[str, ...]


def for_visits() -> list[VisitOffer]:
    """Every procedure that is done at a window, in the order of the catalogue."""
    return [_offer(procedure) for procedure in catalogue.for_residents() if procedure.visit]


def for_visit(name: str) -> VisitOffer | None:
    """One procedure, or None when it is not offered (any more) or needs no visit."""
    procedure = catalogue.find(name)
    return _offer(procedure) if procedure and procedure.visit else None


def _offer(procedure: Procedure) -> VisitOffer:
    return VisitOffer(
        procedure.name,
        procedure.title,
        procedure.minutes_needed({}),
        procedure.offices,
        tuple(procedure.to_bring({})),
    )
