"""Doors to documents: residents add and remove their own, staff open those of a case they work on."""

from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from portal.applications import cases, rules, ways
from portal.applications.attachments import pages, service
from portal.applications.attachments.pages import BODY, Answer, prepared
from portal.applications.attachments.service import Upload
from portal.applications.casework import reach
from portal.applications.rules import State
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

room = Room("applications_documents", __name__, "/applications")
staff_room = Room("applications_files", __name__, "/staff/applications")


@room.page("/<uuid:id>/documents/<section>", access=Access.RESIDENT)
def show(session: Session, actor: Actor, id: UUID, section: str) -> Answer:
    """The documents of one page: what is there, and how to add more."""
    return pages.show(session, ways.resident(actor, id), section)


@room.page("/<uuid:id>/documents/<section>", access=Access.RESIDENT, methods=("POST",), before=prepared, body=BODY)
def save(session: Session, actor: Actor, id: UUID, section: str, found: list[Upload]) -> Answer:
    """Add what was sent, or remove one; then stay, or go on."""
    return pages.save(session, ways.resident(actor, id), section, found)


@room.page("/<uuid:id>/files/<uuid:file>", access=Access.RESIDENT)
def own_file(session: Session, actor: Actor, id: UUID, file: UUID) -> Response:
    """A document, for the person who handed it in."""
    return pages.file(service.open_own(session, hall().settings.file_ring, actor, id, file))


@room.page("/<uuid:id>/files/<uuid:file>/preview", access=Access.RESIDENT)
def preview(session: Session, actor: Actor, id: UUID, file: UUID) -> Response:
    """A photo, small."""
    return pages.file(service.open_preview(session, hall().settings.file_ring, actor, id, file))


@staff_room.page(
    "/<uuid:id>/files/<uuid:file>", access=Access.staff(Permission.APPLICATION_REVIEW), purpose=Purpose.REVIEW
)
def staff_file(session: Session, actor: Actor, id: UUID, file: UUID) -> Response:
    """A document of a case, for the member of staff who works on it."""
    case = cases.open_case(session, id)
    reach.check(session, actor, case)
    if State(case.state) in rules.TO_CHECK and case.claimed_by != actor.id:
        raise rules.NotClaimed
    return pages.file(service.open_for_staff(session, hall().settings.file_ring, id, file))
