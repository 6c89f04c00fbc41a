"""The door of the room: facts of a person, facts as conditions, consent, rows of sections' systems."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.core import audit, clock
from portal.core.actor import Actor
from portal.facts import catalogue, conditions, consents, rules, taking
from portal.facts.models import Fact

FactType = catalogue.FactType
FactKind = catalogue.FactKind
Topic = catalogue.Topic
FactRow = taking.FactRow
Known = Fact
TopicUnknown = rules.TopicUnknown
BATCH = taking.BATCH

types = catalogue.types
topics = catalogue.topics
has_value = conditions.has_value
in_range = conditions.in_range
in_days = conditions.in_days
consent_stands = conditions.consent_stands
give_consent = consents.give
withdraw_consent = consents.withdraw
consents_of = consents.of
has_consent = consents.stands
take = taking.take
compare = taking.compare
forget_old = taking.forget_old
FORGET = taking.FORGET


def section_of(member: Actor) -> str:
    """The section's name, as the catalogue has it: records show "office section number"."""
    return member.label.rpartition(" ")[0].rpartition(" ")[2]


def may_use(name: str, section: str) -> bool:
    """Whether a section may decide by a fact: it keeps it, or the catalogue names the law that lets it."""
    return section in types()[name].users


def may_ask(topic: str, section: str) -> bool:
    """Whether a section may ask who consented to a topic: only who may use something by it."""
    return any(one.consent == topic and section in one.users for one in types().values())


def facts_of(
    session: Session,
    resident_id: UUID,
    *,
    on: date | None = None,
    only: Collection[str] | None = None,
    case_ref: str = "",
) -> list[Fact]:
    """What holds of the person on a day (today), by name; the look is on record with the purpose of the unit. *only* some
    facts are opened, where no more are needed.

    Facts that need a consent are left out unless it stands now.
    """
    day = on or clock.today()
    closed = [
        one.name for one in types().values() if one.consent and not has_consent(session, resident_id, one.consent)
    ]
    query = (
        select(Fact)
        .where(Fact.resident_id == resident_id, Fact.since <= day, or_(Fact.until.is_(None), Fact.until >= day))
        .where(Fact.name.not_in(closed))
        .order_by(Fact.name, Fact.since)
    )
    if only is not None:
        query = query.where(Fact.name.in_(only))
    audit.looked(session, whose=resident_id, what="facts", case_ref=case_ref)
    return list(session.scalars(query))
