"""The calls of sections' own systems: a notice to people they name, and what became of it."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Scope
from portal.mailbox import service
from portal.mailbox.rules import LONGEST_BODY, LONGEST_TITLE, MOST_NAMED, Kind
from portal.web.access import Access
from portal.web.room import Room

room = Room("mailbox_api", __name__, "/api/v1")
SENDER = Access.client(Scope.NOTICES)

Language = Literal["ja", "en", "zh", "ko", "es", "pt"]


class Text(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str = Field(min_length=1, max_length=LONGEST_TITLE)
    body: str = Field(min_length=1, max_length=LONGEST_BODY)


class SendNotice(BaseModel):
    """`texts` needs Japanese; `recipients` are addressee numbers (統合宛名番号)."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    kind: Kind = Kind.INFORMATION
    texts: dict[Language, Text]
    due_on: date | None = None
    procedure: str = Field(default="", max_length=60)
    recipients: list[Annotated[str, Field(max_length=15)]] = Field(min_length=1, max_length=MOST_NAMED)


class NoticeSent(BaseModel):
    """`unknown` are the places in `recipients` (from 0) that are nobody's number."""

    notice: UUID
    delivered: int
    unknown: list[int]


class NoticeState(BaseModel):
    notice: UUID
    state: str
    delivered: int
    read: int


@room.api(
    "/notices",
    method="POST",
    access=SENDER,
    purpose=Purpose.SENDING,
    body=SendNotice,
    answer=NoticeSent,
    status=201,
)
def send_notice(session: Session, actor: Actor, body: SendNotice) -> NoticeSent:
    """Send a notice to the people named."""
    notice, delivered, unknown = service.send_to_named(
        session,
        actor,
        kind=body.kind,
        texts={language: text.model_dump() for language, text in body.texts.items()},
        recipients=body.recipients,
        due_on=body.due_on,
        procedure=body.procedure,
    )
    return NoticeSent(notice=notice.id, delivered=delivered, unknown=unknown)


@room.api("/notices/<uuid:notice_id>", access=SENDER, purpose=Purpose.SENDING, answer=NoticeState)
def notice_state(session: Session, actor: Actor, notice_id: UUID) -> NoticeState:
    """How many have it and how many have read it."""
    notice = service.notice_of_machine(session, actor, notice_id)
    delivered, read = service.numbers(session, notice)
    return NoticeState(notice=notice.id, state=notice.state, delivered=delivered, read=read)
