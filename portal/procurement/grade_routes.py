"""Pages of sections that buy: grades of companies from a file, and suspensions that two people decide."""

import csv
import io
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.companies import service as companies
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.csv_file import detect_encoding
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.words import N_
from portal.devices import service as devices
from portal.procurement import agencies, rules
from portal.procurement.forms import SuspensionForm, WordsForm, read_grades
from portal.procurement.grades import service as grades_of_bodies
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("procurement_grades", __name__, "/staff")
BUYER = Access.staff(Permission.TENDER_WRITE)
CHIEF = Access.staff(Permission.SUSPENSION_DECIDE)
NO_FILE = N_("Choose a file.")


@room.page("/suspensions", access=BUYER, purpose=Purpose.OPERATION)
def suspensions(session: Session, actor: Actor) -> str:
    """Suspensions of one's own body, those of others in force, and the form to propose one."""
    return _page(session, actor, SuspensionForm.read().speak())


def _page(
    session: Session, actor: Actor, form: SuspensionForm, answering: UUID | None = None, answer_error: str = ""
) -> str:
    agency = agencies.agency_of(session, actor)
    rows = agencies.suspensions_for(session, agency)
    lines = [(one, body, company, companies.show_number(key), *_state(one.state)) for one, body, company, key in rows]
    proposed = {one.proposed_by for one, *_rest in rows if one.agency_code == agency.code}
    return render_template(
        "procurement/suspensions.html",
        lines=lines,
        agency=agency,
        form=form,
        may_decide=actor.may(Permission.SUSPENSION_DECIDE),
        me=actor.id,
        systems={machine.id: machine.name for machine in devices.machines(session, proposed).values()},
        answering=answering,
        answer_error=answer_error,
    )


def _state(state: str) -> tuple[str, str]:
    words, tone = rules.SUSPENSION_WORDS[state]
    return _(words), tone


@room.page("/suspensions", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def propose(session: Session, actor: Actor) -> Any:
    """Propose a suspension; a second person puts it in force."""
    form = SuspensionForm.read().speak()
    if form.is_sound():
        try:
            agencies.propose_suspension(
                session, actor, number=companies.read_number(form.number.data or ""), ground=form.ground.data or "",
                begins_on=form.begins_on.data, ends_on=form.ends_on.data,  # type: ignore[arg-type]
            )  # fmt: skip
            return redirect("/staff/suspensions", 303)
        except companies.TextRefused:
            form.number.errors = [_("There is a slip in this corporate number.")]
        except rules.CompanyUnknown as refusal:
            form.number.errors = [f"{_(refusal.message)} {_(refusal.next_step)}"]
    return _page(session, actor, form), 422


@room.page("/suspensions/<uuid:suspension_id>/in-force", access=CHIEF, purpose=Purpose.OPERATION, methods=("POST",))
def put_in_force(session: Session, actor: Actor, suspension_id: UUID) -> Redirect:
    """The second pair of eyes says yes."""
    agencies.put_in_force(session, actor, suspension_id)
    return redirect("/staff/suspensions", 303)


@room.page("/suspensions/<uuid:suspension_id>/lift", access=CHIEF, purpose=Purpose.OPERATION, methods=("POST",))
def lift(session: Session, actor: Actor, suspension_id: UUID) -> Redirect:
    """End it, or drop the proposal."""
    agencies.lift(session, actor, suspension_id)
    return redirect("/staff/suspensions", 303)


@room.page("/suspensions/<uuid:suspension_id>/answer", access=CHIEF, purpose=Purpose.OPERATION, methods=("POST",))
def answer(session: Session, actor: Actor, suspension_id: UUID) -> Any:
    """Answer the company's objection; it is told."""
    form = WordsForm.read().speak(_("Answer"))
    if not form.validate():
        error = str(form.words.errors[0])
        return _page(session, actor, SuspensionForm.read().speak(), suspension_id, error), 422
    agencies.answer(session, actor, suspension_id, form.words.data or "")
    return redirect("/staff/suspensions", 303)


@room.page("/grades", access=BUYER, purpose=Purpose.OPERATION)
def grades(session: Session, actor: Actor) -> str:
    """Choose a file of grades."""
    return render_template("procurement/grades.html", agency=agencies.agency_of(session, actor))


@room.page("/grades", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def take_grades(session: Session, actor: Actor) -> Any:
    """Take a file of grades in; bad lines and unknown companies are listed."""
    agency = agencies.agency_of(session, actor)
    upload, error = request.files.get("file"), ""
    if upload is None or not upload.filename:
        error = _(NO_FILE)
    else:
        content = io.BytesIO(upload.stream.read())
        try:
            encoding = detect_encoding(content)
            lines = list(csv.reader(io.TextIOWrapper(content, encoding=encoding, newline="")))
        except Refusal as refusal:
            error = f"{_(refusal.message)} {_(refusal.next_step)}"
        except (csv.Error, UnicodeDecodeError):
            error = _(NO_FILE)
    if error:
        return render_template("procurement/grades.html", agency=agency, error=error), 422
    rows, bad = read_grades(lines)
    outcomes = grades_of_bodies.take(session, agency, rows)
    unknown = {row.number for row, outcome in zip(rows, outcomes, strict=True) if outcome == grades_of_bodies.UNKNOWN}
    return render_template(
        "procurement/grades.html",
        agency=agency,
        taken=sum(outcome in (grades_of_bodies.NEW, grades_of_bodies.CHANGED) for outcome in outcomes),
        same=outcomes.count(grades_of_bodies.SAME),
        bad=bad,
        unknown=[companies.show_number(number) for number in sorted(unknown)],
        done=True,
    )
