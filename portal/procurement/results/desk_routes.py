"""Taking a result back: one person of the body proposes it with the reason, another confirms it."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.procurement import tenders
from portal.procurement.forms import WordsForm
from portal.procurement.results import service
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("results_desk", __name__, "/staff/tenders")
BUYER = Access.staff(Permission.TENDER_WRITE)


@room.page("/<uuid:tender_id>/withdrawal", access=BUYER, purpose=Purpose.OPERATION)
def show(session: Session, actor: Actor, tender_id: UUID) -> str:
    """What waits for a second person, or the form to propose it."""
    return _page(session, actor, tender_id, WordsForm.read())


def _page(session: Session, actor: Actor, tender_id: UUID, form: WordsForm) -> str:
    tender, _agency = tenders.own(session, actor, tender_id)
    service.check(tender)
    waiting = service.waiting(session, tender.id)
    return render_template(
        "results/withdrawal.html",
        tender=tender,
        waiting=waiting,
        mine=waiting is not None and waiting.proposed_by == actor.id,
        form=form.speak(_("Why the result is wrong, for everybody to read")),
    )


@room.page("/<uuid:tender_id>/withdrawal", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def propose(session: Session, actor: Actor, tender_id: UUID) -> Any:
    """Propose it."""
    form = WordsForm.read()
    if not form.validate():
        return _page(session, actor, tender_id, form), 422
    service.propose(session, actor, tender_id, (form.words.data or "")[:500])
    return redirect(f"/staff/tenders/{tender_id}", 303)


@room.page("/<uuid:tender_id>/withdrawal/confirm", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def confirm(session: Session, actor: Actor, tender_id: UUID) -> Redirect:
    """The second person agrees."""
    service.confirm(session, actor, tender_id)
    return redirect(f"/staff/tenders/{tender_id}", 303)


@room.page("/<uuid:tender_id>/withdrawal/drop", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def drop(session: Session, actor: Actor, tender_id: UUID) -> Redirect:
    """The result stays."""
    service.drop(session, actor, tender_id)
    return redirect(f"/staff/tenders/{tender_id}", 303)
