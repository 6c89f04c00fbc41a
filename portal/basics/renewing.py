"""A licence a public body has renewed: the company need not tell it again."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.basics import service
from portal.basics.rules import Kind
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.envelope import KeyRing
from portal.core.text import fold_width


def renew(session: Session, payload: dict[str, Any], *, ring: KeyRing) -> None:
    """The entry of this number, if the company told one, holds until the new last day (worker). The same word twice
    changes nothing."""
    company_id, until = UUID(payload["company_id"]), date.fromisoformat(payload["until"])
    service.take_turns(session, company_id)
    sender = Actor(ActorKind.BUSINESS, UUID(payload["by"]), company=company_id)
    for old in service.current(session, ring, company_id, [Kind.LICENCE]):
        if _same(old.content["number"], payload["number"]) and old.valid_until != until:
            first = max(date.fromisoformat(payload["from"]), old.valid_from)
            said = service.Told(old.content, first, until, payload["source"])
            service.renewed(session, ring, sender, company_id, old.id, said)


def _same(one: str, other: str) -> bool:
    """Numbers are written with and without spaces, in either width."""
    return "".join(fold_width(one).split()) == "".join(fold_width(other).split())
