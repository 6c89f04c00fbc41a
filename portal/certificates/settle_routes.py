"""Pages of the window's staff: money a machine kept, and how it was settled."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.certificates import rules, service, view
from portal.certificates.forms import SettleForm
from portal.certificates.service import Order, Outcome
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.money import Yen
from portal.core.permissions import Permission
from portal.residents import service as residents
from portal.staff import service as staff
from portal.web.access import Access
from portal.web.i18n import gettext
from portal.web.room import Room

room = Room("refunds", __name__, "/staff/refunds")

SETTLES = Access.staff(Permission.REFUND_SETTLE)


@room.page("", access=SETTLES, purpose=Purpose.WINDOW)
def unsettled(session: Session, actor: Actor) -> Any:
    """Orders that took money and gave no paper; the number somebody reads out opens theirs."""
    if not (typed := request.args.get("number", "").strip()):
        return _list_page(session)
    try:
        return redirect(url_for(".order", id=service.by_reference(session, typed).id), 303)
    except rules.OrderUnknown:
        return _list_page(session, gettext("There is no order with this number. Please compare it once more.")), 422


def _list_page(session: Session, error: str = "") -> str:
    open_ones, done = service.unsettled(session), service.settled(session)
    return render_template(
        "certificates/unsettled.html",
        orders=open_ones,
        done=done,
        owed=service.owed_by,
        reason=_reason,
        offices={one.office: staff.office_name(session, one.office) for one in (*open_ones, *done)},
        number=request.args.get("number", ""),
        error=error,
    )


@room.page("/<uuid:id>", access=SETTLES, purpose=Purpose.WINDOW)
def order(session: Session, actor: Actor, id: UUID) -> str:
    """Whose money it is, what happened, and what the window can do."""
    found = service.order_of(session, id)
    return _order_page(session, found, SettleForm(data={"amount": str(service.owed_by(found))}))


@room.page("/<uuid:id>", access=SETTLES, purpose=Purpose.WINDOW, methods=("POST",))
def settle(session: Session, actor: Actor, id: UUID) -> Any:
    """Put on record that the money was paid back, or the paper handed over."""
    form = SettleForm.read()
    if not form.validate():
        return _order_page(session, service.order_of(session, id), form), 422
    try:
        service.settle(session, actor, id, outcome=Outcome(form.outcome.data), amount=Yen(form.yen))
    except (rules.NoPaperMade, rules.PaidBackWrong, rules.AlreadySettled) as refusal:
        return _order_page(session, service.order_of(session, id), form, refusal), refusal.status
    return redirect(url_for(".order", id=id), 303)


def _order_page(session: Session, found: Order, form: SettleForm, refusal: Refusal | None = None) -> str:
    """The owner's name and date of birth are opened, on record, so that the money goes to nobody else."""
    owner = residents.look_up(session, found.resident_id, case_ref=found.reference)
    return render_template(
        "certificates/settle.html",
        order=found,
        owner=owner,
        form=form,
        refusal=refusal,
        office=staff.office_name(session, found.office),
        may_settle=service.may_settle(found),
        owed=service.owed_by(found),
        reason=_reason(found),
        steps=view.steps(found),
        paid_with=view.paid_with(found),
    )


def _reason(found: Order) -> str:
    """Why the machine could not end it, in words."""
    if found.state != service.State.OWED:
        return gettext(rules.SAID_NOTHING) if service.may_settle(found) else ""
    words = rules.FAILURE_WORDS.get(found.failure or "")
    return gettext(words) if words else gettext("The machine gave no reason.")
