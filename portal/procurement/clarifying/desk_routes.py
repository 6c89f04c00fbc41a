"""Pages of a body: the bidders of a tender it writes with, and one thread."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template
from sqlalchemy.orm import Session
from wtforms import SelectField

from portal.companies import service as companies
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.core.words import N_
from portal.procurement.clarifying import rules, service
from portal.procurement.clarifying.routes import why_not
from portal.procurement.forms import WordsForm
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("clarifying_desk", __name__, "/staff/tenders")
BUYER = Access.staff(Permission.TENDER_WRITE)


class AskForm(WordsForm):
    """What to say, and why this bidder is asked."""

    ground = SelectField(N_("Why this bidder is asked"), validate_choice=False)

    @classmethod
    def of(cls) -> "AskForm":
        form = cls.read()
        form.speak(_("Message"))
        form.ground.label.text = _(form.ground.label.text)
        form.ground.choices = [("", ""), *((str(one), _(words)) for one, words in rules.GROUND_WORDS.items())]
        return form


@room.page("/<uuid:tender_id>/clarifications", access=BUYER, purpose=Purpose.OPERATION)
def show_all(session: Session, actor: Actor, tender_id: UUID) -> str:
    """Who has written or can be asked."""
    tender, _agency, stand, rows = service.bidders(session, actor, tender_id)
    return render_template(
        "clarifying/bidders.html",
        tender=tender,
        phase=str(stand),
        lines=[(company, name, companies.show_number(key), thread) for company, name, key, thread in rows],
    )


@room.page("/<uuid:tender_id>/clarifications/<uuid:company_id>", access=BUYER, purpose=Purpose.OPERATION)
def show(session: Session, actor: Actor, tender_id: UUID, company_id: UUID) -> str:
    """One thread."""
    return _page(session, actor, tender_id, company_id, AskForm.of())


def _page(session: Session, actor: Actor, tender_id: UUID, company_id: UUID, form: AskForm) -> str:
    tender, talk = service.of_body(session, actor, tender_id, company_id)
    if not talk.needs_ground and not form.ground.errors:
        del form.ground
    name, key = companies.names_of(session, [company_id])[company_id]
    anything = str(rules.Ground.PAPERS)
    return render_template(
        "clarifying/thread.html",
        tender=tender,
        company=name,
        number=companies.show_number(key),
        messages=[(one, who, _(rules.GROUND_WORDS[one.ground]) if one.ground else "") for one, who in talk.messages],
        closed=why_not(
            lambda: rules.check_body(talk.phase, free=talk.free, begun=bool(talk.messages), ground=anything)
        ),
        form=form,
    )


@room.page(
    "/<uuid:tender_id>/clarifications/<uuid:company_id>", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",)
)
def ask(session: Session, actor: Actor, tender_id: UUID, company_id: UUID) -> Any:
    """Write to this bidder, who is told."""
    form = AskForm.of()
    if not form.validate():
        return _page(session, actor, tender_id, company_id, form), 422
    try:
        service.ask(session, actor, tender_id, company_id, form.words.data or "", form.ground.data or "")
    except rules.GroundMissing as refusal:
        form.ground.errors = [f"{_(refusal.message)} {_(refusal.next_step)}"]
        return _page(session, actor, tender_id, company_id, form), 422
    return redirect(f"/staff/tenders/{tender_id}/clarifications/{company_id}", 303)
