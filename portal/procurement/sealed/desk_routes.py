"""Officers who open: their code, the opening by two of them, and the result."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request
from sqlalchemy.orm import Session

from portal.core import text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.procurement import tenders
from portal.procurement.agencies import agency_of
from portal.procurement.rules import DOUBT_WORDS, WinnerDoubtful
from portal.procurement.sealed import opening, rules, seal, service
from portal.procurement.sealed.forms import CodeForm
from portal.staff import service as staff
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("sealed_desk", __name__, "/staff")
BUYER = Access.staff(Permission.TENDER_WRITE)


@room.page("/opening-code", access=BUYER, purpose=Purpose.OPERATION)
def code(session: Session, actor: Actor) -> str:
    """Whether this officer has a code, and who else of the body has one."""
    keys = service.officers(session, agency_of(session, actor))
    names = staff.names_of(session, [key.member_id for key in keys])
    return render_template(
        "sealed/code.html",
        own=service.own_key(session, actor),
        officers=[(names.get(key.member_id, ""), key.made_at, key.member_id == actor.id) for key in keys],
        least=rules.LEAST_OFFICERS,
    )


@room.page("/opening-code", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def make_code(session: Session, actor: Actor) -> str:
    """A new code; it is shown once, here."""
    agency_of(session, actor)
    return render_template("sealed/new_code.html", code=service.make_code(session, actor))


@room.page("/tenders/<uuid:tender_id>/opening", access=BUYER, purpose=Purpose.OPERATION)
def show(session: Session, actor: Actor, tender_id: UUID) -> str:
    """How far the opening is; after it, the quotations and what follows from them."""
    return _page(session, actor, tender_id, CodeForm.read().speak())


def _page(session: Session, actor: Actor, tender_id: UUID, form: CodeForm, **more: Any) -> str:
    tender, _agency = tenders.own(session, actor, tender_id)
    stand = opening.stand(session, tender)
    names = staff.names_of(session, stand.officers)
    return render_template(
        "sealed/opening.html",
        tender=tender,
        stand=stand,
        form=form,
        officers=[
            (names.get(member, ""), member in (stand.first_by, stand.second_by), member == actor.id)
            for member in stand.officers
        ],
        may_give=stand.is_time and not stand.is_open and stand.first_by != actor.id and actor.id in stand.officers,
        receipts={one.company_id: seal.receipt_code(one.sealed) for one, _name, _key in stand.lines},
        **more,
    )


@room.page("/tenders/<uuid:tender_id>/opening", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def give_code(session: Session, actor: Actor, tender_id: UUID) -> Any:
    """One of the two codes."""
    form = CodeForm.read().speak()
    if form.validate():
        try:
            opening.give_code(session, hall().settings.file_ring, actor, tender_id, form.code.data or "")
            return redirect(f"/staff/tenders/{tender_id}/opening", 303)
        except rules.CodeWrong as refusal:
            form.refuse(f"{_(refusal.message)} {_(refusal.next_step)}")
    form.code.data = ""
    return _page(session, actor, tender_id, form), 422


@room.page("/tenders/<uuid:tender_id>/opening/result", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def decide(session: Session, actor: Actor, tender_id: UUID) -> Any:
    """Publish the result."""
    version, despite = (
        request.form.get("version", ""),
        text.shown_again(request.form.get("despite", ""), longest=500).strip(),
    )
    number = int(version) if version.isascii() and version.isdecimal() and len(version) < 8 else 0
    try:
        opening.decide(session, actor, tender_id, number, despite=despite)
    except WinnerDoubtful as refusal:
        doubts = [_(DOUBT_WORDS[doubt]) for doubt in refusal.details["doubts"]]
        error = _(refusal.message) + " " + _(refusal.next_step)
        form = CodeForm.read().speak()
        return _page(session, actor, tender_id, form, doubts=doubts, despite="", despite_error=error), 422
    return redirect(f"/staff/tenders/{tender_id}", 303)
