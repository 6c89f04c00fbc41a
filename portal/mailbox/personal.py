"""A notice of a program's for one person alone, each with its own words."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.ids import new_id
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.rules import Kind, State, Strength

Texts = Mapping[str, Mapping[str, str]]


def put_into(
    session: Session,
    sender: Actor,
    letters: Sequence[tuple[UUID, Texts]],
    *,
    kind: Kind = Kind.INFORMATION,
    due_on: date | None = None,
    procedure: str = "",
    strength: Strength = Strength.PASSWORD,
    choices: Mapping[str, Any] | None = None,
) -> list[int]:
    """Each of *letters* (resident, texts) into its mailbox; the numbers of the notices, in their order.

    Whoever calls sees to it that it happens once, tells it outside the mailbox and puts it on record.
    """
    if not letters:
        return []
    now = clock.now()
    asks = {"kind": kind, "due_on": due_on, "procedure": procedure, "strength": strength}
    sent: dict[str, Any] = {
        "state": State.SENT,
        "section": sender.label,
        "author_id": sender.id,
        "written_at": now,
        "sent_at": now,
        "choices": dict(choices or {}),
    }
    made = [Notice(id=new_id(), texts=texts, **asks, **sent) for _resident, texts in letters]
    session.add_all(made)
    session.flush()
    told = {"delivered_at": now, "read_at": None}
    pairs = zip((whose for whose, _texts in letters), made, strict=True)
    deliveries = [{"resident_id": whose, "notice_number": notice.number, **told} for whose, notice in pairs]
    session.execute(insert(Delivery.__table__), deliveries)  # type: ignore[arg-type]
    return [notice.number for notice in made]
