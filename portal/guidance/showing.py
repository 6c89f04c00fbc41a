"""Guidance as its owner sees it: what is for me and why, and of every programme what fits and what does not."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.ids import new_id
from portal.guidance import catalogue, finding, matching, rules
from portal.guidance.models import Advice, Switch
from portal.guidance.rules import GuidanceUnknown, State
from portal.guidance.schema import Rule
from portal.residents import service as residents


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of "what is for me". `about` is the child's name, "" for the reader."""

    number: int
    rule: Rule
    about: str
    subject_id: UUID
    told_on: date
    occasion: date | None
    due_on: date | None


def of_resident(session: Session, resident_id: UUID) -> list[Shown]:
    """What the person was told and what still concerns them: what is due first comes first."""
    today = clock.today()
    visible = or_(
        Advice.state == State.OPEN, (Advice.state == State.SNOOZED) & (Advice.snoozed_until <= today)
    )  # fmt: skip
    query = select(Advice).where(Advice.resident_id == resident_id, Advice.told_on.is_not(None), visible)
    off = set(session.scalars(select(Switch.rule)))
    names = _names_of_children(session, resident_id)
    found = []
    for advice in session.scalars(query):
        rule = catalogue.rules().get(advice.rule)
        if rule is None or rule.name in off or not _is_current(session, rule, advice, today):
            continue
        found.append(_shown(rule, advice, names))
    return sorted(found, key=lambda one: (one.due_on or date.max, one.rule.weight, one.number))


def _is_current(session: Session, rule: Rule, advice: Advice, today: date) -> bool:
    assert advice.told_on
    if rule.shown_until(advice.occasion, advice.told_on) < today:
        return False
    return matching.still_holds(session, rule, advice.resident_id, advice.subject_id)


def _shown(rule: Rule, advice: Advice, names: dict[UUID, str]) -> Shown:
    assert advice.told_on
    return Shown(
        advice.number,
        rule,
        names.get(advice.subject_id, ""),
        advice.subject_id,
        advice.told_on,
        rule.anchor_day(advice.occasion),
        rule.due_on(advice.occasion, advice.told_on),
    )


def waiting(session: Session, resident_id: UUID) -> int:
    """How many lines were told, are neither put away nor put off, and still stand on the page: for the first page, by
    one query. Whether the conditions of each still hold is asked there."""
    query = select(Advice.rule, Advice.occasion, Advice.told_on).where(
        Advice.resident_id == resident_id, Advice.told_on.is_not(None), Advice.state == State.OPEN
    )
    today, known = clock.today(), catalogue.rules()
    lines = session.execute(query.where(Advice.rule.not_in(select(Switch.rule))))
    return sum(
        name in known and known[name].shown_until(occasion, told) >= today for name, occasion, told in lines if told
    )


def _names_of_children(session: Session, resident_id: UUID) -> dict[UUID, str]:
    return {
        child.id: child.known_as for child in residents.children_of(session, residents.look_up(session, resident_id))
    }


def put_away(session: Session, actor: Actor, number: int, *, state: State) -> None:
    """Dismiss, put off (snooze) or take back (open) a line of one's own; doing so twice changes nothing."""
    if number > rules.GREATEST_NUMBER:
        raise GuidanceUnknown
    until = clock.today() + rules.SNOOZE if state is State.SNOOZED else None
    changed = session.execute(
        update(Advice)
        .where(Advice.number == number, Advice.resident_id == actor.id, Advice.told_on.is_not(None))
        .values(state=str(state), snoozed_until=until),
        execution_options={"synchronize_session": False},
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise GuidanceUnknown
    assert actor.id
    did(session, Action.CHANGE, whose=actor.id, what="guidance_advice")


def put_away_lines(session: Session, resident_id: UUID) -> list[tuple[int, Rule]]:
    """(number, rule) of what the person dismissed in the last months, to take it back."""
    since = clock.today() - timedelta(days=90)
    query = (
        select(Advice.number, Advice.rule)
        .where(Advice.resident_id == resident_id, Advice.state != State.OPEN, Advice.told_on >= since)
        .order_by(Advice.number.desc())
        .limit(20)
    )
    known = catalogue.rules()
    return [(number, known[name]) for number, name in session.execute(query) if name in known]


def look_again(session: Session, resident_id: UUID) -> None:
    """Something of the person's own changed (a consent, a wish): the worker looks at the household at once."""
    finding.look_soon(session, resident_id, key=str(new_id()))
