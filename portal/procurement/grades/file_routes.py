"""Pages of sections that buy: grades and suspensions from a file of the body's own system."""

from collections.abc import Callable
from typing import Any, BinaryIO, cast

from flask import render_template, request
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.words import N_
from portal.procurement import agencies
from portal.procurement.grades import files
from portal.procurement.grades.files import Report
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("grade_files", __name__, "/staff")
BUYER = Access.staff(Permission.TENDER_WRITE)
NO_FILE = N_("Choose a file.")


@room.page("/grades", access=BUYER, purpose=Purpose.OPERATION)
def grades(session: Session, actor: Actor) -> str:
    """Choose a file of grades."""
    return _page(session, actor, "grades")


@room.page("/grades", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def take_grades(session: Session, actor: Actor) -> Any:
    """Take a file of grades in; bad lines and unknown companies are listed."""
    agency = agencies.agency_of(session, actor)
    return _take(session, actor, "grades", lambda file: files.take_grades(session, agency, file))


@room.page("/suspensions/import", access=BUYER, purpose=Purpose.OPERATION)
def suspensions(session: Session, actor: Actor) -> str:
    """Choose a file of suspensions."""
    return _page(session, actor, "suspensions")


@room.page("/suspensions/import", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def take_suspensions(session: Session, actor: Actor) -> Any:
    """Propose those of a file; each waits for a second person."""
    return _take(session, actor, "suspensions", lambda file: files.take_suspensions(session, actor, file))


def _take(session: Session, actor: Actor, what: str, take: Callable[[BinaryIO], Report]) -> Any:
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return _page(session, actor, what, error=_(NO_FILE)), 422
    try:
        report = take(cast(BinaryIO, upload.stream))
    except Refusal as refusal:
        return _page(session, actor, what, error=f"{_(refusal.message)} {_(refusal.next_step)}"), 422
    return _page(session, actor, what, report=report)


def _page(session: Session, actor: Actor, what: str, *, report: Report | None = None, error: str = "") -> str:
    return render_template(
        f"grades/{what}_file.html",
        agency=agencies.agency_of(session, actor),
        error=error,
        report=report,
        unknown=[companies.show_number(number) for number in report.unknown] if report else [],
    )
