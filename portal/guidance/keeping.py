"""What sections decide: a rule is switched off and on, a disaster is declared and ends."""

from datetime import date
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.addresses import WARDS
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.facts import service as facts
from portal.guidance import catalogue, finding, rules
from portal.guidance.models import Declaration, Switch
from portal.guidance.schema import Rule
from portal.guidance.vaccination import schedule


def is_own(clerk: Actor, rule: Rule) -> bool:
    """Whether the clerk's section answers for the rule: nobody else decides that people are not told."""
    return facts.section_of(clerk) == rule.owner


def check_own(clerk: Actor, name: str) -> None:
    """RuleOfOthers for a rule of another section."""
    if not is_own(clerk, catalogue.find(name)):
        raise rules.RuleOfOthers


def keeps_records(clerk: Actor) -> bool:
    """Whether the clerk's section keeps the records of vaccinations the mayor must keep (予防接種法施行令 第6条の2)."""
    return facts.section_of(clerk) == schedule.owner()


def check_records(clerk: Actor) -> None:
    """RecordsOfOthers for a clerk of another section."""
    if not keeps_records(clerk):
        raise rules.RecordsOfOthers(section=schedule.owner())


def switch_off(session: Session, actor: Actor, name: str, typed: str) -> None:
    """Let the rule tell nobody until it is switched on again; what was told stays in mailboxes. Why is kept."""
    rule, reason = catalogue.find(name), rules.reason(typed)
    row = {"rule": rule.name, "off_at": clock.now(), "by": actor.label, "reason": reason}
    if insert_once(session, Switch.__table__, row):  # type: ignore[arg-type]
        did(session, Action.CHANGE, whose=None, what="guidance.switch", case_ref=rule.name)


def switch_on(session: Session, name: str) -> None:
    """The next run tells again."""
    rule = catalogue.find(name)
    gone = session.execute(delete(Switch).where(Switch.rule == rule.name))
    if gone.rowcount:  # type: ignore[attr-defined]
        did(session, Action.CHANGE, whose=None, what="guidance.switch", case_ref=rule.name)


def switches(session: Session) -> dict[str, Switch]:
    """The rules that are off."""
    return {one.rule: one for one in session.scalars(select(Switch))}


def declare(session: Session, actor: Actor, *, day: date, ward: str, note: str) -> None:
    """Declare a disaster of *day* for a ward ("": the whole city); people there are told at once. Twice is once."""
    if ward and ward not in WARDS:
        raise rules.WardUnknown
    declared_id = new_id()
    row = {
        "id": declared_id,
        "kind": "disaster",
        "day": day,
        "ward": ward,
        "note": rules.reason(note),
        "by": actor.label,
        "declared_at": clock.now(),
    }
    if insert_once(session, Declaration.__table__, row):  # type: ignore[arg-type]
        did(session, Action.CREATE, whose=None, what="guidance.declaration", case_ref=str(declared_id)[:8])
        finding.begin(session, f"declared-{declared_id}", only=catalogue.after_declarations())


def end_declaration(session: Session, declared_id: UUID) -> None:
    """Nobody is told because of it any more."""
    ended = session.execute(
        update(Declaration)
        .where(Declaration.id == declared_id, Declaration.ended_at.is_(None))
        .values(ended_at=clock.now())
    )
    if ended.rowcount != 1:  # type: ignore[attr-defined]
        if session.get(Declaration, declared_id) is None:
            raise rules.DeclarationUnknown
        return
    did(session, Action.CHANGE, whose=None, what="guidance.declaration", case_ref=str(declared_id)[:8])


def declarations(session: Session) -> list[Declaration]:
    """Every declaration, the newest first."""
    return list(session.scalars(select(Declaration).order_by(Declaration.day.desc(), Declaration.ward)))
