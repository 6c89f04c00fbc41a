"""The person's own letters about decisions: the list, and each as a PDF. Fetching one is on record."""

from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from portal.applications import case_pages, cases, ways
from portal.applications.casework import letters
from portal.core.actor import Actor
from portal.web.access import Access
from portal.web.room import Room

room = Room("applications_letters", __name__, "/applications")


@room.page("/<uuid:id>/letters", access=Access.RESIDENT)
def mine(session: Session, actor: Actor, id: UUID) -> str:
    """What the city wrote about this application."""
    return case_pages.letters_page(session, ways.resident(actor, id))


@room.page("/<uuid:id>/letters/<uuid:letter>", access=Access.RESIDENT)
def pdf(session: Session, actor: Actor, id: UUID, letter: UUID) -> Response:
    """One letter as a PDF."""
    case = cases.open_case(session, id, owner=cases.owner_of(session, actor))
    return case_pages.letter_pdf(session, case, letters.open_letter(session, case, letter))
