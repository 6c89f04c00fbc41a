"""Pages of a body's administrators: what its sections may read of companies, by which law, until when."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect
from wtforms import SelectField, SelectMultipleField

from portal.basics import service as basics
from portal.basics.service import KindOf
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.core.words import N_
from portal.procurement.agencies import agency_of
from portal.procurement.once import grants, rules
from portal.procurement.once.grants import Wanted
from portal.procurement.once.rules import GRANT_WORDS, TASK_WORDS, GrantState, Task
from portal.web.access import Access
from portal.web.forms import CityForm, DayField, Needed, TextField
from portal.web.i18n import gettext as _
from portal.web.i18n import show_list
from portal.web.pages import page_number
from portal.web.room import Room

room = Room("once_grants", __name__, "/staff/reading")
ADMINISTRATOR = Access.staff(Permission.COMPANY_GRANT)


class GrantForm(CityForm):
    """A task for a section."""

    section = SelectField(N_("Section"), [Needed()])
    task = SelectField(N_("What it does with companies"), [Needed()])
    law = TextField(
        N_("Law that gives it this task"), longest=rules.LONGEST_LAW,
        description=N_("With the article, such as 食品衛生法第55条."),
    )  # fmt: skip
    kinds = SelectMultipleField(N_("What it may read for that"), [Needed()])
    valid_from = DayField(N_("First day"))
    valid_until = DayField(N_("Last day"), description=N_("Three years at most; then it is proposed anew."))

    @classmethod
    def of(cls, session: Session, actor: Actor) -> "GrantForm":
        form = cls.read(valid_from=clock.today())
        for field in form:
            field.label.text = _(field.label.text)
            field.description = _(field.description) if field.description else ""
        agency = agency_of(session, actor)
        form.section.choices = [(str(id), name) for id, name in grants.sections_of(session, agency)]
        form.task.choices = [(str(task), _(words)) for task, words in TASK_WORDS.items()]
        form.kinds.choices = [(str(kind), _(words)) for kind, words in basics.KIND_WORDS.items()]
        return form

    def wanted(self) -> Wanted | None:
        """What to propose, or None with the faults at their fields."""
        if not self.validate() or self.valid_from.data is None or self.valid_until.data is None:
            return None
        task = Task(self.task.data)
        kinds = tuple(KindOf(kind) for kind in self.kinds.data or ())
        if more := [_(basics.KIND_WORDS[kind]) for kind in kinds if kind not in rules.NEEDS[task]]:
            self.kinds.errors = [_("This task never needs: %(items)s.", items=show_list(more))]
            return None
        if not rules.is_sound_period(self.valid_from.data, self.valid_until.data, clock.today()):
            self.valid_until.errors = [_("Choose a day after the first, not over yet, and at most three years later.")]
            return None
        return Wanted(
            UUID(self.section.data), task, self.law.data or "", kinds, self.valid_from.data, self.valid_until.data
        )


@room.page("", access=ADMINISTRATOR, purpose=Purpose.OPERATION)
def show_all(session: Session, actor: Actor) -> str:
    """What the body's sections may read, and what waits for a second administrator."""
    return _page(session, actor, GrantForm.of(session, actor))


@room.page("", access=ADMINISTRATOR, purpose=Purpose.OPERATION, methods=("POST",))
def propose(session: Session, actor: Actor) -> Any:
    """Propose a task."""
    form = GrantForm.of(session, actor)
    wanted = form.wanted()
    if wanted is None:
        return _page(session, actor, form), 422
    grants.propose(session, actor, wanted)
    return redirect("/staff/reading", 303)


def _page(session: Session, actor: Actor, form: GrantForm) -> str:
    agency = agency_of(session, actor)
    names, today = dict(grants.sections_of(session, agency)), clock.today()
    past, page = request.args.get("past") == "yes", page_number()
    found, pages = grants.of_body(session, agency, past=past, page=page)
    return render_template(
        "once/grants.html",
        agency=agency,
        past=past,
        at_page=page,
        pages=pages,
        page_url=lambda number: url_for(".show_all", page=number, past="yes" if past else None),
        form=form,
        me=actor.id,
        lines=[
            (one, names.get(one.section_id, ""), _(TASK_WORDS[Task(one.task)]),
             [_(basics.KIND_WORDS[KindOf(kind)]) for kind in one.kinds], *_state(one, today))
            for one in found
        ],
        needs=[(_(TASK_WORDS[task]), [_(basics.KIND_WORDS[kind]) for kind in kinds]) for task, kinds in rules.NEEDS.items()],
    )  # fmt: skip


def _state(one: Any, today: Any) -> tuple[str, str]:
    over = one.state == GrantState.IN_FORCE and one.valid_until is not None and one.valid_until < today
    words, tone = GRANT_WORDS["over" if over else one.state]
    return _(words), tone


@room.page("/<uuid:grant_id>/in-force", access=ADMINISTRATOR, purpose=Purpose.OPERATION, methods=("POST",))
def put_in_force(session: Session, actor: Actor, grant_id: UUID) -> Redirect:
    """The second administrator puts it in force."""
    grants.put_in_force(session, actor, grant_id)
    return redirect("/staff/reading", 303)


@room.page("/<uuid:grant_id>/decline", access=ADMINISTRATOR, purpose=Purpose.OPERATION, methods=("POST",))
def decline(session: Session, actor: Actor, grant_id: UUID) -> Redirect:
    """The second administrator says no."""
    grants.decline(session, actor, grant_id)
    return redirect("/staff/reading", 303)


@room.page("/<uuid:grant_id>/end", access=ADMINISTRATOR, purpose=Purpose.OPERATION, methods=("POST",))
def end(session: Session, actor: Actor, grant_id: UUID) -> Redirect:
    """Take it back at once."""
    grants.end(session, actor, grant_id)
    return redirect("/staff/reading", 303)
