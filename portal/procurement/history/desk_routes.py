"""For buyers: a file of awards of years before. For auditors: awards to look at."""

from contextlib import nullcontext
from typing import Any, BinaryIO, cast

from flask import Response, render_template, request
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.csv_file import CellRefused
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.words import N_
from portal.procurement.agencies import agency_of
from portal.procurement.history import awards_csv, flags, statistics
from portal.procurement.history.asking import asked
from portal.procurement.history.awards_csv import COLUMNS, WORDING, Report
from portal.procurement.history.flags import Flag
from portal.procurement.rules import CATEGORY_WORDS
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.room import Room
from portal.web.spreadsheet import as_csv

room = Room("procurement_history", __name__, "/staff")
BUYER = Access.staff(Permission.TENDER_WRITE)
AUDITOR = Access.staff(Permission.AUDIT_READ)
STEPS = {"preview": awards_csv.preview, "import": awards_csv.take}
LINES_SHOWN = 100
NO_FILE = N_("Choose a file.")


@room.page("/awards", access=BUYER, purpose=Purpose.OPERATION)
def form(session: Session, actor: Actor) -> str:
    """Choose a file of awards."""
    return _page(session, actor)


@room.page("/awards", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def take(session: Session, actor: Actor) -> Any:
    """Check the file or take it in: all its good rows or, if anything breaks, none."""
    upload, named = request.files.get("file"), request.form.get("step", "")
    agency = agency_of(session, actor)
    if upload is None or not upload.filename or named not in STEPS:
        return _page(session, actor, error=_(NO_FILE)), 422
    try:
        report = awards_csv.run(
            cast(BinaryIO, upload.stream), lambda: nullcontext(session), lambda _read: None, step=STEPS[named],
            agency_code=agency.code,
        )  # fmt: skip
    except Refusal as refusal:
        return _page(session, actor, error=f"{_(refusal.message, **refusal.facts)} {_(refusal.next_step)}"), 422
    return _page(session, actor, report=report, taken=named == "import")


def _page(session: Session, actor: Actor, *, report: Report | None = None, taken: bool = False, error: str = "") -> str:
    return render_template(
        "history/import.html",
        agency=agency_of(session, actor),
        report=report,
        taken=taken,
        error=error,
        refused=[_words(cell) for cell in report.refused[:LINES_SHOWN]] if report else [],
        columns=[(heading, english, needed) for heading, (english, needed) in COLUMNS.items()],
    )


def _words(cell: CellRefused) -> tuple[int, str, str, str]:
    wrong, what_to_do = WORDING[cell.code]
    return cell.line, cell.heading, _(wrong, **cell.facts), _(what_to_do, **cell.facts)


@room.page("/flags", access=AUDITOR, purpose=Purpose.OVERSIGHT)
def show_flags(session: Session, actor: Actor) -> str:
    """Awards to look at, with what each flag means."""
    query, flag = asked(), _flag()
    bodies, years, _items = statistics.choices(session)
    counts = flags.counts(session, query)
    return render_template(
        "history/flags.html",
        query=query,
        flag=flag,
        explained=[(str(one), _(name), _(words), counts[one]) for one, (name, words) in flags.WORDS.items()],
        lines=[
            (row, companies.show_number(row.winner), [_(flags.WORDS[one][0]) for one in flags.of_row(row)])
            for row in flags.listed(session, query, flag=flag)
        ],
        names=dict(tuple(row) for row in bodies),
        most=flags.SHOWN,
        choices={
            "agency": [tuple(row) for row in bodies],
            "category": [(name, _(words)) for name, words in CATEGORY_WORDS.items()],
            "year": [(year, str(year)) for year in years],
            "flag": [(str(one), _(name)) for one, (name, _words) in flags.WORDS.items()],
        },
        again=request.query_string.decode("ascii", "replace"),
    )


def _flag() -> str:
    said = request.args.get("flag", "")
    return said if said in set(Flag) else ""


@room.page("/flags.csv", access=AUDITOR, purpose=Purpose.OVERSIGHT)
def flags_csv(session: Session, actor: Actor) -> Response:
    """The same list as a table, whole."""
    heads = (
        "機関",
        "管理番号",
        "件名",
        "品目",
        "年度",
        "落札日",
        "落札額",
        "予定価格",
        "入札者数",
        "落札者番号",
        "落札者名",
        "注意したい点",
    )
    return as_csv(
        heads,
        (
            (
                row.agency_code, row.reference, row.title, row.item, row.year, row.awarded_on, row.amount,
                row.estimate or "", row.bidders, row.winner, row.winner_name, " ".join(flags.of_row(row)),
            )
            for row in flags.listed(session, asked(), flag=_flag(), most=100_000)
        ),
    )  # fmt: skip
