"""The registrar's page: check a file of the register, then take it in."""

from contextlib import nullcontext
from typing import Any, BinaryIO, cast

from flask import render_template, request
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import Action, Purpose, did
from portal.core.csv_file import CellRefused
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.words import N_
from portal.residents import import_csv, service
from portal.residents.columns import COLUMNS
from portal.residents.import_csv import Report
from portal.residents.wording import WORDING
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("residents", __name__, "/staff/residents")

REGISTRAR = Access.staff(Permission.RESIDENT_IMPORT)
LINES_SHOWN = 100
STEPS = {"preview": import_csv.preview, "import": import_csv.take_file}
NO_FILE = N_("Choose a file.")


@room.page("/import", access=REGISTRAR, purpose=Purpose.REGISTER)
def import_form(session: Session, actor: Actor) -> str:
    """Choose a file of the resident register."""
    return _page()


@room.page("/import", access=REGISTRAR, purpose=Purpose.REGISTER, methods=("POST",))
def import_file(session: Session, actor: Actor) -> Any:
    """Check the chosen file or take it in; one transaction, so all its good rows or none."""
    upload = request.files.get("file")
    step = STEPS.get(request.form.get("step", ""))
    if upload is None or not upload.filename or step is None:
        return _page(error=_(NO_FILE)), 422
    try:
        report = step(cast(BinaryIO, upload.stream), lambda: nullcontext(session), lambda read: None)
    except Refusal as refusal:
        return _page(error=f"{_(refusal.message) % refusal.facts} {_(refusal.next_step)}"), 422
    # A preview tells whether a row is what the register says: on record like a look.
    did(
        session, Action.LOOK, whose=None, what=f"residents.{request.form['step']}", case_ref=f"{report.taken.rows} rows"
    )
    headless = service.households_without_head(session)
    return _page(report=report, taken=step is import_csv.take_file, headless=headless)


def _page(*, report: Report | None = None, taken: bool = False, headless: int = 0, error: str = "") -> str:
    return render_template(
        "residents/import.html",
        report=report,
        taken=taken,
        headless=headless,
        error=error,
        refused=[_words(cell) for cell in report.refused[:LINES_SHOWN]] if report else [],
        columns=[(column.heading, column.field, column.needed) for column in COLUMNS],
    )


def _words(cell: CellRefused) -> tuple[int, str, str, str]:
    """Line, heading, what is wrong, what to do; never the cell itself."""
    wrong, what_to_do = WORDING[cell.code]
    return cell.line, cell.heading, _(wrong) % cell.facts, _(what_to_do)
