"""What a section may choose people by: facts it keeps or a law lets it use, consents to these, and lists of its own.

Held where conditions are counted, kept, asked of one person and sent: a page only offers what this allows.
"""

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.facts import service as facts
from portal.segments.conditions import Condition, leaves
from portal.segments.models import RecipientList
from portal.segments.rules import FactNotYours, ListGone


class Asking(NamedTuple):
    """The section that asks; its `name` is what the catalogue of facts calls it."""

    section_id: UUID | None
    name: str


def of(clerk: Actor) -> Asking:
    return Asking(clerk.section, facts.section_of(clerk))


def may_use(asking: Asking, name: str, value: object) -> bool:
    """Whether the section may ask for one attribute with *value*; lists are looked up by `check`."""
    if name == "fact" and isinstance(value, dict):
        return facts.may_use(value["name"], asking.name)
    if name == "consent" and isinstance(value, list):
        return all(facts.may_ask(topic, asking.name) for topic in value)
    return True


def check(session: Session, condition: Condition, asking: Asking) -> None:
    """FactNotYours for what belongs to other sections; ListGone where a list named is forgotten or of others: without it
    other people would be chosen."""
    if not all(may_use(asking, name, value) for name, value in leaves(condition)):
        raise FactNotYours
    named = set(_lists(condition))
    own = select(RecipientList.id).where(RecipientList.section_id == asking.section_id, RecipientList.id.in_(named))
    if named and set(session.scalars(own)) != named:
        raise ListGone


def _lists(condition: Condition) -> Iterator[UUID]:
    return (UUID(value) for name, value in leaves(condition) if name == "list")
