"""A body says something to companies of the cast; who reads it."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal.companies.models import Company
from portal.company_mailbox import service as company_mailbox
from portal.company_mailbox.sendings.models import CompanySending
from portal.company_mailbox.sendings.rules import Said
from portal.core.actor import Actor, Kind
from portal.core.uow import Database
from portal.demo.business_people import corporate_number
from portal.mailbox.rules import Kind as NoticeKind
from portal.mailbox.rules import answer_terms

CITY = "chiba"
WRITER = Actor(Kind.STAFF, UUID(int=7), "契約課")
OWN = corporate_number(1)


def said(kind: str = "information", *, options: Sequence[str] = (), **others: Any) -> Said:
    """Something sound of that kind, about which companies may write back."""
    choices = answer_terms([{"ja": one} for one in options], text=True, thread=True)
    facts: dict[str, Any] = {"title": "架空の調査", "body": "架空です。\n\n2段落目です。", "choices": choices}
    return Said(kind=NoticeKind(kind), **{**facts, **others})


def send(database: Database, numbers: Sequence[str] = (OWN,), what: Said | None = None, owner: str = CITY) -> UUID:
    """Sent by a member of a body to these companies; the notice's id."""
    with database.command("send") as session:
        sending = company_mailbox.sending
        made: CompanySending = sending.write(session, WRITER, owner, "架空の市役所", what or said(), {})
        chosen = select(Company.id).where(Company.key.in_(numbers))
        sending.go(session, WRITER, owner, made.id, 1, chosen, over=10_000_000)
        if made.state == "waiting":
            sending.approve(session, Actor(Kind.STAFF, UUID(int=8), "課長"), owner, made.id, made.version)
        return made.id


def company(database: Database, number: str = OWN) -> UUID:
    with database.command("look") as session:
        return session.scalars(select(Company.id).where(Company.key == number)).one()


def due(day: date) -> dict[str, Any]:
    return {"due_on": day, "remind_days": 3}
