"""People a section names by a file of addressee numbers."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.ids import new_id
from portal.core.writing import NewRows
from portal.residents import service as residents
from portal.segments.models import ListMember, RecipientList
from portal.segments.rules import KEPT_LISTS_DAYS, ListUnreadable, SegmentUnknown

FORGET = "segments.forget-lists"
_AT_ONCE = 2_000
_MEMBERS = NewRows(ListMember.__table__, once=True)


class Made(NamedTuple):
    """A list, and the places (from 0) of numbers nobody who lives here has."""

    id: UUID
    people: int
    unknown: list[int]


def make(session: Session, clerk: Actor, name: str, numbers: Sequence[str]) -> Made:
    """Keep the list; a number twice counts once. Each person finds on record that they were put on it."""
    if clerk.section is None:
        raise SegmentUnknown
    known: dict[str, UUID] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        known |= residents.ids_of_numbers(session, numbers[start : start + _AT_ONCE])
    if not known:
        raise ListUnreadable
    found = RecipientList(
        id=new_id(), section_id=clerk.section, name=name, people=len(set(known.values())), made_at=clock.now()
    )
    session.add(found)
    session.flush()
    _MEMBERS.many(session, [{"list_id": found.id, "resident_id": one} for one in sorted(set(known.values()))])
    for one in known.values():
        did(session, Action.CREATE, whose=one, what="segment_list_members", case_ref=str(found.id)[:8])
    unknown = [place for place, number in enumerate(numbers) if number not in known]
    return Made(found.id, found.people, unknown)


def of_section(session: Session, clerk: Actor) -> list[RecipientList]:
    """The section's lists, the newest first."""
    if clerk.section is None:
        return []
    query = select(RecipientList).where(RecipientList.section_id == clerk.section)
    return list(session.scalars(query.order_by(RecipientList.made_at.desc(), RecipientList.id)))


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Lists are of a moment: after KEPT_LISTS_DAYS they are gone, and conditions that name them can be used no more
    (worker, daily)."""
    old = select(RecipientList.id).where(RecipientList.made_at < clock.now() - timedelta(days=KEPT_LISTS_DAYS))
    ended = list(session.scalars(old))
    if ended:
        session.execute(delete(ListMember).where(ListMember.list_id.in_(ended)))
        session.execute(delete(RecipientList).where(RecipientList.id.in_(ended)))
        did(session, Action.DELETE, whose=None, what="segment_lists")
