"""Pages of staff: the procedures offered now, and each of them as residents see it, without saving anything."""

from typing import Any

from flask import render_template, request
from sqlalchemy.orm import Session

from portal.applications import drafts, form_pages, register, shown, view
from portal.applications.drafts import Sent
from portal.applications.models import Application
from portal.applications.procedures import answers as reading
from portal.applications.procedures import catalogue
from portal.applications.procedures.answers import Typed
from portal.applications.procedures.fields.attachment import ATTACHED
from portal.applications.procedures.sample import FACTS
from portal.applications.procedures.schema import Procedure, Section
from portal.applications.procedures.topics import TOPIC_WORDS, WINDOW_WORDS
from portal.applications.rules import ProcedureNotFound
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.staff import service as staff
from portal.web.access import Access
from portal.web.room import Room

room = Room("applications_catalogue", __name__, "/staff/procedures")

READER = Access.staff(Permission.APPLICATION_REVIEW)
# Not names of fields, which begin with a letter.
PAGE, PASSED = "_page", "_passed"
# In a preview nothing is attached, and nothing is missed.
SAMPLE = {"id": "sample", "name": "sample.jpg"}


@room.page("", access=READER, purpose=Purpose.REVIEW)
def procedures(session: Session, actor: Actor) -> str:
    """What residents can prepare now, with version, length and how long cases are kept."""
    return render_template(
        "applications/catalogue.html", found=catalogue.newest(), topics=TOPIC_WORDS, windows=WINDOW_WORDS
    )


@room.page("/<name>/<int:version>", access=READER, purpose=Purpose.REVIEW)
def preview(session: Session, actor: Actor, name: str, version: int) -> str:
    """The start page of one version as residents see it."""
    offices = {office.code: office.name for office in staff.offices(session)}
    offer = view.offer_of(_version(name, version), offices)
    return render_template("applications/preview_start.html", offer=offer)


@room.page("/<name>/<int:version>/form", access=READER, purpose=Purpose.REVIEW)
def form(session: Session, actor: Actor, name: str, version: int) -> str:
    """The first page of the form, filled in with a made-up household."""
    procedure = _version(name, version)
    case = _case_of(procedure, {}, [])
    return _page(case, procedure, procedure.asked(case.answers)[0], [], {})


@room.page("/<name>/<int:version>/form", access=READER, purpose=Purpose.REVIEW, methods=("POST",))
def go_on(session: Session, actor: Actor, name: str, version: int) -> Any:
    """The next page for what was typed so far, all of which travels with the page."""
    procedure = _version(name, version)
    typed = form_pages.typed_now()
    passed, current = request.form.get(PASSED, "").split(), request.form.get(PAGE, "")
    before = _case_of(procedure, typed, passed)
    section, told = _section(procedure, before, current)
    shown_now = frozenset(request.form.getlist("_shown")) if "_live" in request.form else None
    help_ = reading.helped(
        section.fields, typed, lookup=request.form.get("lookup", ""), row=request.form.get("row", "")
    )
    if help_ is not None:
        return _page(before, procedure, section, passed, help_)
    saved = drafts.read_page(section, told, Sent(typed, shown_now), before.known)
    drafts.keep(before, section.fields, saved.read)
    if saved.read.faults or saved.opened:
        page = _page(before, procedure, section, passed, typed, saved.read.faults)
        return (page, 422) if saved.read.faults else page
    passed = [*passed, current]
    case = _case_of(procedure, typed, passed)
    rest = [one for one in procedure.asked(case.answers) if one.name not in passed]
    if rest:
        return _page(case, procedure, rest[0], passed, typed)
    return render_template("applications/preview_end.html", procedure=procedure, **_outcome(case, procedure))


def _section(procedure: Procedure, case: Application, name: str) -> tuple[Section, dict[str, Any]]:
    section, told = procedure.section(name), procedure.told_before(name, case.answers)
    if section is None or told is None:
        raise ProcedureNotFound
    return section, told


def _version(name: str, number: int) -> Procedure:
    try:
        return catalogue.version(name, number)
    except KeyError:
        raise ProcedureNotFound from None


def _case_of(procedure: Procedure, typed: Typed, passed: list[str]) -> Application:
    """A case that never meets the database: what the made-up register says, then the pages passed."""
    prefilled = {field.name: register.known_answer(field, FACTS) for field in procedure.fields() if field.prefill}
    case = Application(
        procedure=procedure.name,
        version=procedure.version,
        answers={name: answer for name, answer in prefilled.items() if answer},
        known={**FACTS, ATTACHED: [{**SAMPLE, "place": field.name} for field in procedure.fields()]},
        typed={},
        seen=passed,
    )
    for name in passed:
        section, told = procedure.section(name), procedure.told_before(name, case.answers)
        if section is not None and told is not None:
            drafts.keep(case, section.fields, drafts.read_page(section, told, Sent(typed), case.known).read)
    return case


def _page(
    case: Application, procedure: Procedure, section: Section, passed: list[str], typed: Typed, faults: Any = None
) -> str:
    section, told = _section(procedure, case, section.name)
    own = {name for name in typed if any(reading.owns(field, name) for field in section.fields)}
    return render_template(
        "applications/preview_step.html",
        procedure=procedure,
        section=section,
        fields=shown.show_page(section, told, case, {name: typed[name] for name in own}, faults or {}),
        facts=shown.facts_of(section, told),
        today=clock.today(),
        errors=shown.summary_of(faults or {}, section.fields),
        steps=view.steps_of(case, section.name),
        carried=[(name, text) for name, texts in typed.items() if name not in own for text in texts],
        passed=passed,
        names={"page": PAGE, "passed": PASSED},
    )


def _outcome(case: Application, procedure: Procedure) -> dict[str, Any]:
    return {
        "groups": view.groups_of(case),
        "bring": procedure.to_bring(case.answers),
        "to_pay": procedure.to_pay(case.answers),
        "minutes": procedure.minutes_needed(case.answers),
        "due_on": procedure.due_on(case.answers),
    }
