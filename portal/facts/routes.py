"""A section's page: check a file of its facts, then take it in."""

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
from portal.facts import catalogue, import_csv, service
from portal.facts.catalogue import FactKind, FactType
from portal.facts.import_csv import COLUMNS, IMPORT, PREVIEW, Report
from portal.facts.wording import WORDING
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("facts", __name__, "/staff/facts")

TELLER = Access.staff(Permission.FACTS_TELL)
LINES_SHOWN = 100
STEPS = {"preview": PREVIEW, "import": IMPORT}
NO_FILE = N_("Choose a file.")
KIND_WORDS = {FactKind.NUMBER: N_("A whole number"), FactKind.DATE: N_("A date, in either calendar")}


@room.page("", access=TELLER, purpose=Purpose.REGISTER)
def form(session: Session, actor: Actor) -> str:
    """Choose a file of what the section knows."""
    return _page(actor)


@room.page("", access=TELLER, purpose=Purpose.REGISTER, methods=("POST",))
def take(session: Session, actor: Actor) -> Any:
    """Check the chosen file or take it in; one transaction, so all its good rows or none. A section tells its own facts
    only: what another one answers for is listed as left out."""
    upload, named = request.files.get("file"), request.form.get("step", "")
    if upload is None or not upload.filename or named not in STEPS:
        return _page(actor, error=_(NO_FILE)), 422
    stream, own = cast(BinaryIO, upload.stream), {one.name for one in _own(actor)}
    try:
        report = import_csv.run(
            stream,
            lambda: nullcontext(session),
            lambda read: None,
            step=STEPS[named],
            source=service.section_of(actor),
            own=own,
        )
    except Refusal as refusal:
        return _page(actor, error=f"{_(refusal.message, **refusal.facts)} {_(refusal.next_step)}"), 422
    # A preview tells whether a row is what the city knows: on record like a look.
    did(session, Action.LOOK, whose=None, what=f"facts.{named}", case_ref=f"{sum(report.taken)} rows")
    return _page(actor, report=report, taken=named == "import")


def _own(actor: Actor) -> list[FactType]:
    section = service.section_of(actor)
    return [one for one in catalogue.types().values() if one.owner == section]


def _page(actor: Actor, *, report: Report | None = None, taken: bool = False, error: str = "") -> str:
    return render_template(
        "facts/import.html",
        report=report,
        taken=taken,
        error=error,
        refused=[_words(cell) for cell in report.refused[:LINES_SHOWN]] if report else [],
        columns=[(heading, english, needed) for heading, (english, needed) in COLUMNS.items()],
        section=service.section_of(actor),
        own=[(one.name, _(one.title), _values(one), one.basis) for one in _own(actor)],
    )


def _values(one: FactType) -> str:
    """What a cell may say, and what it means."""
    if one.kind is FactKind.CHOICE:
        return " / ".join(f"{value} ({_(words)})" for value, words in one.values.items())
    return _(KIND_WORDS[one.kind]) if one.kind in KIND_WORDS else "1"


def _words(cell: CellRefused) -> tuple[int, str, str, str]:
    """Line, heading, what is wrong, what to do; never the cell itself."""
    wrong, what_to_do = WORDING[cell.code]
    return cell.line, cell.heading, _(wrong, **cell.facts), _(what_to_do)
