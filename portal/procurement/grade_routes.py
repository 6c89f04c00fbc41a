"""Pages of sections that buy: suspensions that two people decide, and lift."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.companies import service as companies
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.core.text import shown_again
from portal.devices import service as devices
from portal.procurement import agencies, heirs, rules, suspending
from portal.procurement.forms import SuspensionForm, WordsForm
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.pages import page_number
from portal.web.room import Room

room = Room("procurement_grades", __name__, "/staff")
BUYER = Access.staff(Permission.TENDER_WRITE)
CHIEF = Access.staff(Permission.SUSPENSION_DECIDE)
LONGEST_REASON = 500


@room.page("/suspensions", access=BUYER, purpose=Purpose.OPERATION)
def suspensions(session: Session, actor: Actor) -> str:
    """Suspensions of one's own body, those of others in force, and the form to propose one."""
    return _page(session, actor, SuspensionForm.read().speak())


def _page(
    session: Session,
    actor: Actor,
    form: SuspensionForm,
    at: UUID | None = None,
    error: str = "",
    *,
    lifting: bool = False,
) -> str:
    agency = agencies.agency_of(session, actor)
    wanted, page = _wanted(), page_number()
    rows, pages = suspending.for_body(session, agency, wanted, page=page)
    lines = [(one, body, company, companies.show_number(key), *_state(one.state)) for one, body, company, key in rows]
    proposed = {one.proposed_by for one, *_rest in rows if one.agency_code == agency.code}
    return render_template(
        "procurement/suspensions.html",
        lines=lines,
        agency=agency,
        wanted=wanted,
        states=[(state, _(words)) for state, (words, _tone) in rules.SUSPENSION_WORDS.items()],
        at_page=page,
        pages=pages,
        page_url=_page_url,
        form=form,
        may_decide=actor.may(Permission.SUSPENSION_DECIDE),
        me=actor.id,
        systems={machine.id: machine.name for machine in devices.machines(session, proposed).values()},
        answering=None if lifting else at,
        lifting=at if lifting else None,
        answer_error=error,
        after=companies.successors(session, {one.company_id for one, *_rest in rows}),
        follows=heirs.follows_of(session, [one.id for one, *_rest in rows]),
    )


def _page_url(number: int) -> str:
    wanted = _wanted()
    own = "yes" if wanted.own else None
    return url_for(".suspensions", page=number, own=own, state=wanted.state or None, q=wanted.words or None)


def _wanted() -> suspending.Wanted:
    state = request.args.get("state", "")
    return suspending.Wanted(
        own=request.args.get("own") == "yes",
        state=state if state in rules.SUSPENSION_WORDS else "",
        words=shown_again(request.args.get("q", ""), longest=60).strip(),
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
            suspending.propose_suspension(
                session, actor, number=form.number.data or "", ground=form.ground.data or "",
                begins_on=form.begins_on.data, ends_on=form.ends_on.data,  # type: ignore[arg-type]
            )  # fmt: skip
            return redirect("/staff/suspensions", 303)
        except rules.CompanyUnknown as refusal:
            form.number.errors = [f"{_(refusal.message)} {_(refusal.next_step)}"]
    return _page(session, actor, form), 422


@room.page("/suspensions/<uuid:suspension_id>/in-force", access=CHIEF, purpose=Purpose.OPERATION, methods=("POST",))
def put_in_force(session: Session, actor: Actor, suspension_id: UUID) -> Redirect:
    """The second pair of eyes says yes."""
    suspending.put_in_force(session, actor, suspension_id)
    return redirect("/staff/suspensions", 303)


@room.page("/suspensions/<uuid:suspension_id>/drop", access=CHIEF, purpose=Purpose.OPERATION, methods=("POST",))
def drop(session: Session, actor: Actor, suspension_id: UUID) -> Redirect:
    """Drop a proposal."""
    suspending.drop(session, actor, suspension_id)
    return redirect("/staff/suspensions", 303)


@room.page("/suspensions/<uuid:suspension_id>/propose-lift", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def propose_lift(session: Session, actor: Actor, suspension_id: UUID) -> Any:
    """Propose that it ends before its last day; it goes on until a second person lifts it."""
    form = WordsForm.read().speak(_("Why it should end"))
    if not form.validate() or len(form.words.data or "") > LONGEST_REASON:
        error = str(form.words.errors[0]) if form.words.errors else _("Write 500 characters at most.")
        return _page(session, actor, SuspensionForm.read().speak(), suspension_id, error, lifting=True), 422
    suspending.propose_lift(session, actor, suspension_id, form.words.data or "")
    return redirect("/staff/suspensions", 303)


@room.page("/suspensions/<uuid:suspension_id>/lift", access=CHIEF, purpose=Purpose.OPERATION, methods=("POST",))
def lift(session: Session, actor: Actor, suspension_id: UUID) -> Redirect:
    """The second pair of eyes says yes to its end."""
    suspending.lift(session, actor, suspension_id)
    return redirect("/staff/suspensions", 303)


@room.page("/suspensions/<uuid:suspension_id>/keep", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def keep(session: Session, actor: Actor, suspension_id: UUID) -> Redirect:
    """It stays in force: the proposal to lift it is put aside."""
    suspending.keep(session, actor, suspension_id)
    return redirect("/staff/suspensions", 303)


@room.page("/suspensions/<uuid:suspension_id>/answer", access=CHIEF, purpose=Purpose.OPERATION, methods=("POST",))
def answer(session: Session, actor: Actor, suspension_id: UUID) -> Any:
    """Answer the company's objection; it is told."""
    form = WordsForm.read().speak(_("Answer"))
    if not form.validate():
        error = str(form.words.errors[0])
        return _page(session, actor, SuspensionForm.read().speak(), suspension_id, error), 422
    suspending.answer(session, actor, suspension_id, form.words.data or "")
    return redirect("/staff/suspensions", 303)
