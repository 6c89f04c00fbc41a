"""Pages of a company's branches: open, change, close, and who acts for them."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.companies import service as companies
from portal.companies.branches import rules, service
from portal.companies.branches.forms import BranchForm, PersonForm, known
from portal.companies.rules import ROLE_WORDS, Role
from portal.core.actor import Actor
from portal.core.errors import Refusal
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("branches", __name__, "/business")
DONE = ("opened", "changed", "assigned", "dismissed")


@room.page("/branches/new", access=Access.BUSINESS)
def new(session: Session, actor: Actor) -> str:
    """Open a branch."""
    head, _row = companies.register_row(session, service.decider(session, actor).company_id)
    return _editor(BranchForm.read(prefecture=known(head)["prefecture"]).speak(), None)


@room.page("/branches/new", access=Access.BUSINESS, methods=("POST",))
def open_branch(session: Session, actor: Actor) -> Any:
    """It gets a number of its own."""
    service.decider(session, actor)
    form = BranchForm.read().speak()
    if form.validate():
        try:
            branch_id = service.open_branch(session, actor, form.said())
            return redirect(f"/business/branches/{branch_id}?done=opened", 303)
        except rules.BranchNameTaken as refusal:
            form.office.errors = [_said(refusal)]
    return _editor(form, None), 422


def _editor(form: BranchForm, branch: Any) -> str:
    return render_template("branches/form.html", form=form, branch=branch)


def _said(refusal: Refusal) -> str:
    return f"{_(refusal.message)} {_(refusal.next_step)}"


@room.page("/branches/<uuid:branch_id>", access=Access.BUSINESS)
def show(session: Session, actor: Actor, branch_id: UUID) -> str:
    """One branch: its number, its address, its people."""
    return _page(session, actor, branch_id, PersonForm.read(role=Role.CLERK))


def _page(session: Session, actor: Actor, branch_id: UUID, form: PersonForm) -> str:
    branch = service.own(session, actor, branch_id)
    there, all_people = companies.people_of(session, branch.id), companies.people_of(session, service.head_of(branch))
    return render_template(
        "branches/branch.html",
        branch=branch,
        people=[(one, _(ROLE_WORDS[Role(one.role)]), _is_confined(one, all_people)) for one in there],
        form=form.speak([(str(one.id), one.name) for one in all_people]),
        done=request.args.get("done", "") if request.args.get("done") in DONE else "",
    )


def _is_confined(one: Any, all_people: Any) -> bool:
    return any(other.id == one.id and other.confined for other in all_people)


@room.page("/branches/<uuid:branch_id>/change", access=Access.BUSINESS)
def change_form(session: Session, actor: Actor, branch_id: UUID) -> str:
    """Another name or address."""
    branch = service.own(session, actor, branch_id)
    return _editor(BranchForm.read(**known(branch)).speak(), branch)


@room.page("/branches/<uuid:branch_id>/change", access=Access.BUSINESS, methods=("POST",))
def change(session: Session, actor: Actor, branch_id: UUID) -> Any:
    """Keep it; the number stays."""
    branch, form = service.own(session, actor, branch_id), BranchForm.read().speak()
    if form.validate():
        try:
            service.change(session, actor, branch_id, form.said())
            return redirect(f"/business/branches/{branch_id}?done=changed", 303)
        except rules.BranchNameTaken as refusal:
            form.office.errors = [_said(refusal)]
    return _editor(form, branch), 422


@room.page("/branches/<uuid:branch_id>/people", access=Access.BUSINESS, methods=("POST",))
def assign(session: Session, actor: Actor, branch_id: UUID) -> Any:
    """Let somebody act for the branch."""
    branch = service.own(session, actor, branch_id)
    everybody = companies.people_of(session, service.head_of(branch))
    form = PersonForm.read().speak([(str(one.id), one.name) for one in everybody])
    if form.validate():
        person_id, role = form.chosen()
        try:
            service.assign(session, actor, branch_id, person_id=person_id, role=role, alone=bool(form.alone.data))
            return redirect(f"/business/branches/{branch_id}?done=assigned", 303)
        except rules.PrimeIsWhole as refusal:
            form.alone.errors = [_said(refusal)]
    return _page(session, actor, branch_id, form), 422


@room.page("/branches/<uuid:branch_id>/people/<uuid:person_id>/dismiss", access=Access.BUSINESS, methods=("POST",))
def dismiss(session: Session, actor: Actor, branch_id: UUID, person_id: UUID) -> Redirect:
    """Somebody no longer acts for the branch."""
    service.dismiss(session, actor, branch_id, person_id)
    return redirect(f"/business/branches/{branch_id}?done=dismissed", 303)


@room.page("/people/<uuid:person_id>/release", access=Access.BUSINESS, methods=("POST",))
def release(session: Session, actor: Actor, person_id: UUID) -> Redirect:
    """Somebody acts for the whole company again."""
    service.release(session, actor, person_id)
    return redirect("/business/company", 303)


@room.page("/branches/<uuid:branch_id>/close", access=Access.BUSINESS)
def ask_close(session: Session, actor: Actor, branch_id: UUID) -> str:
    """Asks once: people and agents of the branch are out from that moment."""
    branch = service.own(session, actor, branch_id, to_change=True)
    return render_template(
        "confirm.html",
        base="base.html",
        question=_("Close this branch?"),
        words=_("Close the branch"),
        consequence=_(
            "Its people and agents can do nothing for it any more, and nothing new is sent to it. The head office reads "
            "what came and ends what was begun. A closed branch does not open again."
        ),
        facts=[{"label": _("Branch"), "value": branch.name}, {"label": _("Number here"), "value": branch.key}],
        action=f"/business/branches/{branch_id}/close",
        back=f"/business/branches/{branch_id}",
    )


@room.page("/branches/<uuid:branch_id>/close", access=Access.BUSINESS, methods=("POST",))
def close(session: Session, actor: Actor, branch_id: UUID) -> Redirect:
    """It is no more from today on."""
    service.close(session, actor, branch_id)
    return redirect("/business/company", 303)
