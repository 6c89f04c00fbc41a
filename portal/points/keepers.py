"""Who acts for a shop or an organisation: named by one member of staff, agreed to by another (二人目の確認).

*rows* is the table of keepers, *place* the shop or organisation by its column: `{"host_id": …}`.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.text import TextRefused
from portal.points import rules
from portal.points.volunteering.rules import KeeperUnknown
from portal.residents import service as residents


def name(session: Session, actor: Actor, rows: Any, place: Mapping[str, UUID], number: str) -> UUID:
    """The resident with this addressee number is to act there, once a second person agrees. Raises KeeperUnknown."""
    assert actor.id  # a row without it acts at once
    try:
        person = residents.find_by_number(session, number)
    except TextRefused:
        person = None
    if person is None:
        raise KeeperUnknown
    row = dict(place) | {
        "resident_id": person.id, "since": clock.now(), "named_by": actor.id, "named_label": actor.label,
        "agreed_by": None, "agreed_label": "",
    }  # fmt: skip
    if insert_once(session, rows.__table__, row):
        did(session, Action.CREATE, whose=person.id, what=rows.__tablename__)
    return person.id


def agree(session: Session, actor: Actor, rows: Any, place: Mapping[str, UUID], resident_id: UUID) -> None:
    """The second person: from now on they act there. Raises OwnNaming, NamingDecided."""
    found = session.get(rows, dict(place) | {"resident_id": resident_id}, populate_existing=True)
    if found is not None and found.named_by == actor.id:
        raise rules.OwnNaming
    waits = update(rows).filter_by(**place, resident_id=resident_id).where(~agreed(rows), rows.named_by != actor.id)
    values = {"agreed_by": actor.id, "agreed_label": actor.label, "since": clock.now()}
    if session.execute(waits.values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.NamingDecided
    session.expire_all()
    did(session, Action.CHANGE, whose=resident_id, what=rows.__tablename__)


def dismiss(session: Session, rows: Any, place: Mapping[str, UUID], resident_id: UUID) -> None:
    """Not any more, or not at all."""
    gone = delete(rows).filter_by(**place, resident_id=resident_id)
    if session.execute(gone).rowcount:  # type: ignore[attr-defined]
        did(session, Action.DELETE, whose=resident_id, what=rows.__tablename__)


def agreed(rows: Any) -> ColumnElement[bool]:
    """Whom nobody of the staff named (who applied, or who acted before a second person was needed) acts there; whom one
    member of staff named, once a second one agreed."""
    acts: ColumnElement[bool] = rows.named_by.is_(None) | rows.agreed_by.is_not(None)
    return acts
