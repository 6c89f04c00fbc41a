"""Whose mailbox a notification belongs in: who proved the contact, or whom the section names by number."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.mailbox import personal
from portal.mailbox.channels import service as channels
from portal.mailbox.notify import filling
from portal.mailbox.notify.protocol import Kind
from portal.mailbox.rules import LONGEST_TITLE
from portal.residents import service as residents

# The name under which a program gives the addressee number (統合宛名番号) among what fills its template.
NUMBER = frozenset(map(filling.folded, ("addressee_number", "宛名番号")))


def into_mailbox(session: Session, sender: Actor, row: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Put it into the one mailbox it belongs in; the columns that say so, empty when it belongs in none."""
    if row["scheduled_for"] is not None:  # it is put there when it leaves
        return {"address": {**row["address"], **_named(values)}}
    resident_id = whose(session, row["kind"], row["recipient"], _named(values))
    return deliver(session, sender, row, resident_id)


def _named(values: Mapping[str, Any]) -> dict[str, str]:
    number = next((str(value) for name, value in values.items() if filling.folded(name) in NUMBER), "")
    return {"addressee": number[:15]} if number else {}


def whose(session: Session, kind: str, recipient: str, named: Mapping[str, str]) -> UUID | None:
    """The person the section names; otherwise the one and only who proved this address or number."""
    if number := named.get("addressee"):
        return residents.ids_of_numbers(session, [number]).get(number)
    if kind == Kind.LETTER:
        return None
    proved = channels.who_proved if kind == Kind.EMAIL else channels.who_proved_number
    found = proved(session, recipient)
    return found[0] if len(found) == 1 else None


def deliver(session: Session, sender: Actor, row: Mapping[str, Any], resident_id: UUID | None) -> dict[str, Any]:
    if resident_id is None:
        return {}
    title = (row["subject"] or row["body"].split("\n", 1)[0])[:LONGEST_TITLE]
    (number,) = personal.put_into(session, sender, [(resident_id, {"ja": {"title": title, "body": row["body"]}})])
    audit.did(session, Action.CREATE, whose=resident_id, what="mailbox.notice", case_ref=str(row["id"])[:8])
    return {"resident_id": resident_id, "notice_number": number}
