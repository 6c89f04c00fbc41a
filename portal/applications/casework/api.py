"""The calls of sections' own systems: fetch decided cases after a cursor, say what was taken in."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from portal.applications.casework import exports
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Scope
from portal.core.text import TextRefused, whole_number
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

room = Room("applications_api", __name__, "/api/v1")
RECEIVER = Access.client(Scope.CASES)
LAST_POSITION = 2**31 - 1


class CaseRevision(BaseModel):
    """One revision; `content` is described in portal/applications/casework/README.md."""

    position: int
    revision: int
    made_at: datetime
    content: dict[str, Any]


class CaseFeed(BaseModel):
    """`cursor` is the `after` of the next call."""

    cursor: int
    items: list[CaseRevision]


class Acknowledge(BaseModel):
    model_config = ConfigDict(extra="forbid")
    positions: list[Annotated[int, Field(ge=1, le=LAST_POSITION)]] = Field(min_length=1, max_length=exports.MOST)


class Acknowledged(BaseModel):
    known: int


@room.api("/cases/<procedure>", access=RECEIVER, purpose=Purpose.EXPORT, answer=CaseFeed)
def case_feed(session: Session, actor: Actor, procedure: str) -> CaseFeed:
    """Revisions this client has not acknowledged, after `?after=` (0), at most `?limit=` (200)."""
    found = exports.feed(session, actor, procedure, after=_number("after", 0), limit=_number("limit", exports.MOST))
    items = [
        CaseRevision(position=one.position, revision=one.revision, made_at=one.made_at, content=exports.told(one))
        for one in found.items
    ]
    return CaseFeed(cursor=found.cursor, items=items)


@room.api("/cases/<procedure>/csv", access=RECEIVER, purpose=Purpose.EXPORT)
def case_feed_csv(session: Session, actor: Actor, procedure: str) -> Response:
    """The same as CSV (UTF-8 with BOM); the header X-Cursor is the `after` of the next call."""
    found = exports.feed(session, actor, procedure, after=_number("after", 0), limit=_number("limit", exports.MOST))
    answer = Response(exports.as_csv(procedure, found.items), mimetype="text/csv")
    answer.headers["X-Cursor"] = str(found.cursor)
    return answer


@room.api("/cases/<procedure>/<int:position>/attachments/<uuid:file>", access=RECEIVER, purpose=Purpose.EXPORT)
def case_attachment(session: Session, actor: Actor, procedure: str, position: int, file: UUID) -> Response:
    """A document that a revision names, as it was handed in; its `sha256` is that of the bytes sent here."""
    ring = hall().settings.file_ring
    opened = exports.open_attachment(session, ring, actor, procedure, min(position, LAST_POSITION), file)
    answer = Response(opened.content, mimetype=opened.mime)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(opened.name, safe='')}"
    return answer


@room.api(
    "/cases/<procedure>/acknowledgements",
    method="POST",
    access=RECEIVER,
    purpose=Purpose.EXPORT,
    body=Acknowledge,
    answer=Acknowledged,
)
def acknowledge_cases(session: Session, actor: Actor, procedure: str, body: Acknowledge) -> Acknowledged:
    """Say which positions were taken in: they are not sent again."""
    return Acknowledged(known=exports.acknowledge(session, actor, procedure, body.positions))


def _number(name: str, usual: int) -> int:
    """A number of the query; what is none counts as not given."""
    try:
        return whole_number(request.args.get(name, "") or str(usual), least=0, most=LAST_POSITION)
    except TextRefused:
        return usual
