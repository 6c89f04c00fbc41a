"""The city's pages of check-ups, classes and events: files of who came, and those that wait for a second person."""

from collections.abc import Sequence
from typing import Any, BinaryIO, cast
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.text import TextRefused
from portal.core.words import N_
from portal.points.health import attendance, attendance_csv
from portal.points.health.attendance_csv import COLUMNS, Report
from portal.points.health.attendance_models import AttendanceFile
from portal.points.health.attendance_rules import FILE_STATE_WORDS, FileDecided, FileState, OwnFile
from portal.points.health.attendance_seal import MARK, Safe
from portal.points.health.wording import said
from portal.points.ledger.rules import PotEmpty, Reason
from portal.points.programmes import service as programmes
from portal.points.programmes.routes import KEEPER, title_of
from portal.points.programmes.rules import AnswerNeeded, NoTerms, Unit
from portal.points.rules import GIVEN_ALONE
from portal.residents import service as residents
from portal.web.decisions import pressed
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.pages import page_number
from portal.web.room import Room

room = Room("attendance_files", __name__, "/staff/points-health/attendance")
NO_FILE = N_("Choose a file.")
STEPS = ("preview", "import")
LINES_SHOWN = 100
ATTENDED = frozenset({Reason.HEALTH, Reason.EVENT})
DECIDED = (OwnFile, FileDecided, PotEmpty, NoTerms, AnswerNeeded)


@room.page("", access=KEEPER, purpose=Purpose.POINTS)
def show(session: Session, actor: Actor) -> str:
    """Choose a file of who came; those that wait, and what came lately."""
    return _page(session)


def _page(
    session: Session,
    report: Report | None = None,
    *,
    kept: AttendanceFile | None = None,
    step: str = "",
    error: str = "",
) -> str:
    return render_template(
        "health/attendance.html",
        programmes=_programmes(session),
        chosen=request.form.get("programme", ""),
        report=report,
        kept=kept,
        taken=step == "import",
        error=error,
        refused=[said(cell) for cell in report.refused[:LINES_SHOWN]] if report else [],
        columns=[(heading, english, needed) for heading, (english, needed) in COLUMNS.items()],
        most=attendance_csv.MOST_ROWS,
        alone=GIVEN_ALONE,
        rows=_all_told(session, attendance.files(session)),
    )


def _all_told(session: Session, files: Sequence[AttendanceFile]) -> list[dict[str, Any]]:
    titles = {code: _title(session, code) for code in {one.programme for one in files}}
    return [_in_words(one, titles[one.programme]) for one in files]


def _title(session: Session, programme: str) -> str:
    return title_of(programmes.terms_of(session, programme)[0])


def _told(session: Session, one: AttendanceFile) -> dict[str, Any]:
    return _in_words(one, _title(session, one.programme))


def _in_words(one: AttendanceFile, title: str) -> dict[str, Any]:
    words, tone = FILE_STATE_WORDS[one.state]
    return {
        "file": one,
        "title": title,
        "state": (_(words), tone),
        "waits": one.state == FileState.WAITING,
    }


def _programmes(session: Session) -> list[tuple[str, str]]:
    return [
        (one.code, _title(session, one.code))
        for one in programmes.programmes(session)
        if one.unit == Unit.ACT and one.reason in ATTENDED
    ]


@room.page("", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def take(session: Session, actor: Actor) -> Any:
    """Check the file or take it in; one transaction, so all its good rows or none."""
    upload, step = request.files.get("file"), request.form.get("step", "")
    programme = request.form.get("programme", "")
    if upload is None or not upload.filename or step not in STEPS or programme not in dict(_programmes(session)):
        return _page(session, error=_(NO_FILE)), 422
    content, kept = cast(BinaryIO, upload.stream), None
    try:
        with session.begin_nested():
            if step == "import":
                report, kept = attendance.take(session, _safe(), actor, content, programme)
            else:
                report = attendance.preview(session, content, programme)
    except Refusal as refusal:
        session.expire_all()
        words = f"{_(refusal.message, **refusal.facts)} {_(refusal.next_step, **refusal.facts)}"
        return _page(session, error=words), 422
    return _page(session, report, kept=kept, step=step)


def _safe() -> Safe:
    return Safe(hall().settings.file_ring, hall().key(MARK))


# ---- one that waits -----------------------------------------------------------------------


@room.page("/<uuid:id>", access=KEEPER, purpose=Purpose.POINTS)
def file(session: Session, actor: Actor, id: UUID) -> str:
    """What the file is, without the names."""
    return _file(session, actor, id)


def _file(session: Session, actor: Actor, id: UUID, refusal: Refusal | None = None) -> str:
    one = attendance.file(session, id)
    return render_template(
        "health/attendance_file.html",
        **_told(session, one),
        is_own=one.brought_by == actor.id,
        typed=text.shown_again(request.form.get("note", ""), longest=300),
        refusal=refusal,
    )


@room.page("/<uuid:id>/names", access=KEEPER, purpose=Purpose.POINTS)
def names(session: Session, actor: Actor, id: UUID) -> Any:
    """Who came: of everybody shown it is on record who looked."""
    try:
        rows = attendance.rows_of(session, hall().settings.file_ring, id)
    except FileDecided as refusal:
        return _file(session, actor, id, refusal), refusal.status
    pages = max(1, -(-len(rows) // LINES_SHOWN))
    page = min(page_number(), pages)
    shown = rows[(page - 1) * LINES_SHOWN : page * LINES_SHOWN]
    people = [(row, residents.look_up(session, row.resident_id, case_ref=str(id)[:8]).known_as) for row in shown]
    return render_template(
        "health/attendance_names.html",
        **_told(session, attendance.file(session, id)),
        people=people,
        page=page,
        pages=pages,
        page_url=lambda number: url_for(".names", id=id, page=number),
    )


@room.page("/<uuid:id>", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def decide(session: Session, actor: Actor, id: UUID) -> Any:
    """The second person: the points are given, or not."""
    agrees = pressed("agree", "refuse") == "agree"
    try:
        with session.begin_nested():
            if agrees:
                attendance.agree(session, hall().settings.file_ring, actor, id)
            else:
                attendance.refuse(session, actor, id, _note())
    except DECIDED as refusal:
        session.expire_all()
        return _file(session, actor, id, refusal), refusal.status
    return redirect(url_for(".file", id=id), 303)


def _note() -> str:
    """Why not: told to whoever brought the file. Raises AnswerNeeded."""
    try:
        return text.single_line(request.form.get("note", ""), longest=300)
    except TextRefused:
        raise AnswerNeeded from None


@room.page("/<uuid:id>/withdraw", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def withdraw(session: Session, actor: Actor, id: UUID) -> Any:
    """Who brought it takes it back."""
    try:
        with session.begin_nested():
            attendance.withdraw(session, actor, id)
    except FileDecided as refusal:
        session.expire_all()
        return _file(session, actor, id, refusal), refusal.status
    return redirect(url_for(".file", id=id), 303)
