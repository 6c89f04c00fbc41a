"""Pages of sections: find a company, say for what, read; ask for what is missing; hear of changes."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect
from wtforms import SelectField

from portal.basics import service as basics
from portal.companies import service as companies
from portal.core import clock, text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.core.text import shown_again
from portal.core.words import N_
from portal.procurement.agencies import agency_of
from portal.procurement.company_news import desk as company_news
from portal.procurement.once import grants, rules, service
from portal.procurement.once.rules import TASK_WORDS, Task
from portal.procurement.registers.rules import KIND_WORDS, state_of
from portal.web.access import Access, NotFound
from portal.web.forms import CityForm, DayField, Needed, TextField
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("once", __name__, "/staff/companies")
READER = Access.staff(Permission.COMPANY_READ)
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


class PurposeForm(CityForm):
    """For what the basics are opened; the company reads it."""

    task = SelectField(N_("What you need it for"), [Needed()])
    case_ref = TextField(
        N_("Your number of the case"),
        reader=lambda typed: text.fold_width(text.single_line(typed, longest=60)),
        description=N_("The company reads task and number. No names of people."),
    )

    def speak(self, session: Session, actor: Actor) -> "PurposeForm":
        for field in self:
            field.label.text = _(field.label.text)
            field.description = _(field.description) if field.description else ""
        self.task.choices = [(str(task), _(TASK_WORDS[task])) for task in service.tasks_of(session, actor)]
        return self


class RequestForm(PurposeForm):
    """The same, and until when it is needed."""

    due_on = DayField(N_("Needed until"))

    def is_sound(self) -> bool:
        sound = self.validate()
        if self.due_on.data and not rules.is_sound_due(self.due_on.data, clock.today()):
            self.due_on.errors = [_("Choose a day from tomorrow to half a year from now.")]
            return False
        return bool(sound)


@room.page("", access=READER, purpose=Purpose.OPERATION)
def find(session: Session, actor: Actor) -> str:
    """Look for a company; what waits: changes and requests."""
    typed = shown_again(request.args.get("q", ""), longest=100)
    found = service.look_for(session, typed) if typed else []
    return render_template(
        "once/find.html",
        agency=agency_of(session, actor),
        typed=typed,
        news=company_news.waiting(session, actor),
        found=[(company_id, name, companies.show_number(key), address) for company_id, name, key, address in found],
        changes=[
            (one, read, name, companies.show_number(key), _(basics.KIND_WORDS[basics.KindOf(one.kind)]),
             _(rules.READ_WORDS[read.task]))
            for one, read, name, key in service.changes_for(session, actor)
        ],
        requests=[
            (one, name, companies.show_number(key), _(TASK_WORDS[Task(one.task)]))
            for one, name, key in service.requests_of_section(session, actor)
        ],
    )  # fmt: skip


@room.page("/<uuid:company_id>", access=READER, purpose=Purpose.OPERATION)
def purpose(session: Session, actor: Actor, company_id: UUID) -> str:
    """Say for what; nothing is shown before."""
    return _purpose(session, actor, company_id, PurposeForm.read().speak(session, actor))


def _purpose(
    session: Session, actor: Actor, company_id: UUID, form: PurposeForm, asking: RequestForm | None = None
) -> str:
    named = companies.names_of(session, [company_id]).get(company_id)
    if named is None:
        raise NotFound
    return render_template(
        "once/request_form.html" if asking is not None else "once/purpose.html",
        company_id=company_id,
        company=named[0],
        number=companies.show_number(named[1]),
        form=asking or form,
        needs=[
            (_(TASK_WORDS[task]), [_(basics.KIND_WORDS[kind]) for kind in kinds])
            for task, kinds in grants.in_force(session, actor.section).items()
        ],
    )


@room.page("/<uuid:company_id>", access=READER, purpose=Purpose.OPERATION, methods=("POST",))
def open_for(session: Session, actor: Actor, company_id: UUID) -> Any:
    """Open what the task allows; it is on record for the company from now on."""
    form = PurposeForm.read().speak(session, actor)
    if not form.validate():
        return _purpose(session, actor, company_id, form), 422
    read_id = service.open_for(
        session, hall().settings.file_ring, actor, company_id, task=form.task.data, case_ref=form.case_ref.data or ""
    )
    return redirect(f"/staff/companies/reads/{read_id}", 303)


@room.page("/reads/<uuid:read_id>", access=READER, purpose=Purpose.OPERATION)
def show(session: Session, actor: Actor, read_id: UUID) -> str:
    """What the task allows to read of a company."""
    view = service.view(session, hall().settings.file_ring, actor, read_id)
    return render_template(
        "once/view.html",
        view=view,
        task=_(TASK_WORDS[Task(view.read.task)]),
        number=companies.show_number(view.company.key),
        missing=[_(basics.KIND_WORDS[kind]) for kind in view.missing],
        sections=[
            (str(kind), _(basics.KIND_WORDS[kind]), [_line(session, fact) for fact in view.facts if fact.kind is kind])
            for kind in view.kinds
        ],
        registrations=[(one, body, _(KIND_WORDS[one.kind]), *_state(one)) for one, body in view.registrations],
    )


def _state(one: Any) -> tuple[str, str]:
    words, tone = state_of(one.withdrawn_at is not None, one.valid_until, clock.today())
    return _(words), tone


def _line(session: Session, fact: basics.Fact) -> dict[str, Any]:
    title, lines = basics.words_of(fact.kind, fact.content, _, whole=True)
    return {"fact": fact, "title": title, "lines": [line for line in lines if line],
            "files": basics.evidence_of(session, fact.id)}  # fmt: skip


@room.page("/reads/<uuid:read_id>/facts/<uuid:fact_id>/files/<uuid:file_id>", access=READER, purpose=Purpose.OPERATION)
def evidence(session: Session, actor: Actor, read_id: UUID, fact_id: UUID, file_id: UUID) -> Response:
    """The evidence of a fact that was read."""
    opened = service.open_evidence(
        session, hall().settings.file_ring, actor, read_id=read_id, fact_id=fact_id, file_id=file_id
    )
    answer = Response(opened.content, mimetype=opened.mime)
    answer.headers["Content-Disposition"] = "inline" if opened.inline else "attachment; filename=evidence.pdf"
    answer.headers["Content-Security-Policy"] = FILE_POLICY
    answer.headers["Cache-Control"] = "no-store"
    return answer


@room.page("/<uuid:company_id>/request", access=READER, purpose=Purpose.OPERATION)
def request_form(session: Session, actor: Actor, company_id: UUID) -> str:
    """Ask the company for what a task needs."""
    form = RequestForm.read().speak(session, actor)
    return _purpose(session, actor, company_id, form, form)


@room.page("/<uuid:company_id>/request", access=READER, purpose=Purpose.OPERATION, methods=("POST",))
def ask(session: Session, actor: Actor, company_id: UUID) -> Any:
    """What is there is the answer; the company is asked for the rest."""
    form: Any = RequestForm.read().speak(session, actor)
    if not form.is_sound():
        return _purpose(session, actor, company_id, form, form), 422
    service.ask(
        session, actor, company_id, task=form.task.data, case_ref=form.case_ref.data or "", due_on=form.due_on.data
    )
    return redirect("/staff/companies", 303)


@room.page("/requests/<uuid:request_id>/open", access=READER, purpose=Purpose.OPERATION, methods=("POST",))
def open_answer(session: Session, actor: Actor, request_id: UUID) -> Redirect:
    """Read what was asked for, with the task and case of the request."""
    one = service.own_request(session, actor, request_id)
    return _open_again(session, actor, one.company_id, one.task, one.case_ref)


@room.page("/changes/<uuid:fact_id>/open", access=READER, purpose=Purpose.OPERATION, methods=("POST",))
def open_change(session: Session, actor: Actor, fact_id: UUID) -> Redirect:
    """Read the new value, for the task and case the old one was used for."""
    read = service.change_for(session, actor, fact_id)
    if read.task == rules.APPLICATION:
        service.see_change(session, actor, fact_id)
        return redirect(f"/staff/applications?q={read.case_ref}", 303)
    return _open_again(session, actor, read.company_id, read.task, read.case_ref)


def _open_again(session: Session, actor: Actor, company_id: UUID, task: str, case_ref: str) -> Redirect:
    ring = hall().settings.file_ring
    read_id = service.open_for(session, ring, actor, company_id, task=task, case_ref=case_ref)
    return redirect(f"/staff/companies/reads/{read_id}", 303)
