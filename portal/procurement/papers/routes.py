"""Documents of tenders for everybody: nobody is asked who they are, and nothing is noted of who fetches."""

from uuid import UUID

from flask import Response, request
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.procurement.papers import service
from portal.procurement.papers.answers import file_answer
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

room = Room("papers", __name__, "/business/tenders")
# What lies at an address never changes, but what is there may have to go within the hour.
KEPT = "public, max-age=60"


@room.page("/<number>/papers/<uuid:paper_id>", access=Access.PUBLIC, purpose=Purpose.CHECK)
def fetch(session: Session, actor: Actor, number: str, paper_id: UUID) -> Response:
    """One version of a document; to who has it already, that it is the same, and nothing is opened."""
    paper = service.public(session, number, paper_id)
    tag = paper.file.sha256.hex()
    if request.if_none_match.contains_weak(tag):
        answer = Response(status=304)
    else:
        answer = file_answer(service.opened(session, hall().settings.file_ring, paper))
    answer.headers["Cache-Control"] = KEPT
    answer.set_etag(tag)
    return answer
