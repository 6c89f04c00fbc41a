"""The person's own letters about decisions: the list, and each as a PDF. Fetching one is on record."""

from uuid import UUID

from flask import Response, render_template
from sqlalchemy.orm import Session

from portal.applications import cases
from portal.applications.casework import letters
from portal.core.actor import Actor
from portal.web.access import Access
from portal.web.room import Room

room = Room("applications_letters", __name__, "/applications")


@room.page("/<uuid:id>/letters", access=Access.RESIDENT)
def mine(session: Session, actor: Actor, id: UUID) -> str:
    """What the city wrote about this application."""
    case = cases.open_case(session, id, owner=cases.owner_of(actor))
    return render_template(
        "casework/letters.html",
        case=case,
        procedure=cases.procedure_of(case),
        letters=letters.of_case(session, id),
    )


@room.page("/<uuid:id>/letters/<uuid:letter>", access=Access.RESIDENT)
def pdf(session: Session, actor: Actor, id: UUID, letter: UUID) -> Response:
    """One letter as a PDF."""
    case = cases.open_case(session, id, owner=cases.owner_of(actor))
    found = letters.open_letter(session, case, letter)
    content = letters.draw(found.sheet, found.issued_at)
    letters.opened_by_owner(session, found)
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{case.reference}.pdf"'
    return answer
