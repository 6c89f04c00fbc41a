"""The city's pages of health: days that wait, and files of who came to a check-up or a class."""

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
from portal.points.health import attendance_csv, objections, rules, service
from portal.points.health.attendance_csv import COLUMNS, Report
from portal.points.health.rules import DOUBT_WORDS
from portal.points.health.wording import said
from portal.points.ledger.rules import PotEmpty, Reason
from portal.points.programmes import service as programmes
from portal.points.programmes.routes import KEEPER, title_of
from portal.points.programmes.rules import AnswerNeeded, Unit
from portal.residents import service as residents
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("health_staff", __name__, "/staff/points-health")
NO_FILE = N_("Choose a file.")
STEPS = ("preview", "import")
LINES_SHOWN = 100
ATTENDED = frozenset({Reason.HEALTH, Reason.EVENT})


@room.page("", access=KEEPER, purpose=Purpose.POINTS)
def show(session: Session, actor: Actor) -> str:
    """Days that look wrong."""
    return _worklist(session)


def _worklist(session: Session, refusal: Refusal | None = None, at: UUID | None = None) -> str:
    return render_template(
        "health/worklist.html",
        cases=[_case(session, case) for case in service.waiting(session)],
        objections=[_objection(session, case) for case in objections.waiting(session)],
        refusal=refusal,
        at=at,
        typed=text.shown_again(request.form.get("note", ""), longest=300),
    )


def _case(session: Session, case: service.Case) -> dict[str, Any]:
    return {
        "id": case.resident_id,
        "name": residents.look_up(session, case.resident_id).known_as,
        "days": case.days,
        "doubts": [_(DOUBT_WORDS[doubt]) for doubt in case.doubts],
        "others": [residents.look_up(session, other).known_as for other in case.others],
    }


@room.page("/steps/<uuid:id>", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def decide(session: Session, actor: Actor, id: UUID) -> Any:
    """The days are right and are paid, or they do not count."""
    try:
        with session.begin_nested():
            act = service.clear if request.form.get("decision") == "clear" else service.refuse
            act(session, actor, id, _note())
    except (rules.StepsDecided, AnswerNeeded, PotEmpty) as refusal:
        session.expire_all()
        return _worklist(session, refusal, id), refusal.status
    return redirect(url_for(".show"), 303)


def _objection(session: Session, case: objections.Case) -> dict[str, Any]:
    """The name is opened here and on record with the person."""
    one = case.objection
    name = residents.look_up(session, one.resident_id).known_as
    return {"id": one.id, "name": name, "words": one.words, "made_at": one.made_at, "days": case.days}


@room.page("/objections/<uuid:id>", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def answer(session: Session, actor: Actor, id: UUID) -> Any:
    """The person is right and is paid, or is not; they read why."""
    try:
        with session.begin_nested():
            objections.answer(session, actor, id, is_right=request.form.get("decision") == "clear", words=_note())
    except (rules.StepsDecided, AnswerNeeded, PotEmpty) as refusal:
        session.expire_all()
        return _worklist(session, refusal, id), refusal.status
    return redirect(url_for(".show"), 303)


def _note() -> str:
    """What is told to the person. Raises AnswerNeeded."""
    try:
        return text.single_line(request.form.get("note", ""), longest=300)
    except TextRefused:
        raise AnswerNeeded from None


# ---- check-ups and classes ----------------------------------------------------------------


@room.page("/attendance", access=KEEPER, purpose=Purpose.POINTS)
def attendance(session: Session, actor: Actor) -> str:
    """Choose a file of who came."""
    return _attendance(session)


def _attendance(session: Session, report: Report | None = None, *, taken: bool = False, error: str = "") -> str:
    return render_template(
        "health/attendance.html",
        programmes=_programmes(session),
        chosen=request.form.get("programme", ""),
        report=report,
        taken=taken,
        error=error,
        refused=[said(cell) for cell in report.refused[:LINES_SHOWN]] if report else [],
        columns=[(heading, english, needed) for heading, (english, needed) in COLUMNS.items()],
        most=attendance_csv.MOST_ROWS,
    )


def _programmes(session: Session) -> list[tuple[str, str]]:
    return [
        (one.code, title_of(programmes.terms_of(session, one.code)[0]))
        for one in programmes.programmes(session)
        if one.unit == Unit.ACT and one.reason in ATTENDED
    ]


@room.page("/attendance", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def take(session: Session, actor: Actor) -> Any:
    """Check the file or take it in; one transaction, so all its good rows or none."""
    upload, step = request.files.get("file"), request.form.get("step", "")
    programme = request.form.get("programme", "")
    if upload is None or not upload.filename or step not in STEPS or programme not in dict(_programmes(session)):
        return _attendance(session, error=_(NO_FILE)), 422
    try:
        with session.begin_nested():
            report = attendance_csv.run(session, cast(BinaryIO, upload.stream), programme, take=step == "import")
    except Refusal as refusal:
        session.expire_all()
        words = f"{_(refusal.message) % refusal.facts} {_(refusal.next_step) % refusal.facts}"
        return _attendance(session, error=words), 422
    return _attendance(session, report, taken=step == "import")
