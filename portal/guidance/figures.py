"""Counts for sections and operators: who fits, who was told, who has not applied. No count tells of one person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.core import clock
from portal.core.addresses import WARDS
from portal.core.audit import Action, did
from portal.core.clock import JST
from portal.guidance import catalogue, matching, rules
from portal.guidance.models import Advice
from portal.guidance.rules import State
from portal.guidance.schema import Rule
from portal.residents.service import Person


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a rule: people it was found for, told, dismissed; `applied` of the told (None: no procedure)."""

    found: int
    told: int
    dismissed: int
    applied: int | None

    @property
    def missed(self) -> int | None:
        """Told, and nothing sent."""
        return None if self.applied is None else self.told - self.applied


NOTHING = Told(0, 0, 0, None)


def dry_run(session: Session, rule: Rule) -> list[tuple[str, int]]:
    """(ward, people who fit *rule* today) of the whole population, but for who is under 支援措置: no number tells where they
    live. Nobody's data is opened, the count is on record."""
    did(session, Action.LOOK, whose=None, what="guidance.count", case_ref=rule.name)
    found = matching.matches(rule).subquery()
    query = (
        select(Person.ward, func.count(found.c.resident_id.distinct()))
        .join_from(found, Person, Person.id == found.c.resident_id)
        .where(Person.protected.is_(False))
        .group_by(Person.ward)
    )
    counts: dict[str, int] = dict(session.execute(query).all())
    return [(ward, counts.get(ward, 0)) for ward in WARDS]


def dry_run_all(session: Session) -> Iterator[tuple[str, int, int]]:
    """(rule, people who fit today, of these not found yet) of every rule."""
    did(session, Action.LOOK, whose=None, what="guidance.count")
    for rule in catalogue.rules().values():
        fit, new = (
            session.scalar(select(func.count(found.c.resident_id.distinct()))) or 0
            for found in (matching.matches(rule).subquery(), matching.not_told(rule).subquery())
        )
        yield rule.name, fit, new


def of_rules(session: Session, *, only: str | None = None) -> dict[str, Told]:
    """What became of every rule, or of one; counts only, by one statement."""
    leading = {one.name: one.leads.procedure for one in catalogue.rules().values() if one.leads.procedure}
    since = datetime.combine(clock.today() - rules.APPLIED_WITHIN, time(), JST)
    procedure = case(leading, value=Advice.rule)
    sent = applications.has_sent(procedure, of=Advice.resident_id, since=since)
    query = select(
        Advice.rule,
        func.count(),
        func.count(Advice.told_on),
        func.count().filter(Advice.state == State.DISMISSED),
        func.count(Advice.told_on).filter(sent),
    ).group_by(Advice.rule)
    if only is not None:
        query = query.where(Advice.rule == only)
    return {
        name: Told(found, told, dismissed, applied if name in leading else None)
        for name, found, told, dismissed, applied in session.execute(query)
    }
