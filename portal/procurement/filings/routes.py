"""Where a company's application begins: its pages are those of applications."""

from flask import redirect
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.core.actor import Actor
from portal.procurement.filings import service
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

room = Room("filings", __name__, "/business/procedures")


@room.page("/<name>/start", access=Access.BUSINESS, methods=("POST",))
def start(session: Session, actor: Actor, name: str) -> Redirect:
    """Begin a draft with what the company told before, or go on with the one there is."""
    draft = service.start(session, hall().settings.file_ring, actor, name)
    return redirect(f"/business/applications/{draft}/resume", 303)
