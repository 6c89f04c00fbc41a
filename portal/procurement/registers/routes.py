"""The company's page of what public bodies registered of it, and its objection."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.service import PowerOf
from portal.core import clock
from portal.core.actor import Actor
from portal.procurement.forms import WordsForm
from portal.procurement.registers import rules, service
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("registrations", __name__, "/business/registrations")


@room.page("", access=Access.BUSINESS)
def show(session: Session, actor: Actor) -> str:
    """Licences, commendations and certificates, with their last day and who may see them."""
    return _page(session, actor)


def _page(session: Session, actor: Actor, objecting: UUID | None = None, error: str = "") -> str:
    now = companies.standing(session, actor, PowerOf.TENDERS)
    return render_template(
        "registers/own.html",
        lines=[
            (one, body, _(rules.KIND_WORDS[one.kind]), _(rules.SIGHT_WORDS[one.sight]), *_state(one))
            for one, body in service.of_company(session, now.company_id)
        ],
        objecting=objecting,
        error=error,
    )


def _state(one: Any) -> tuple[str, str]:
    words, tone = rules.state_of(one.withdrawn_at is not None, one.valid_until, clock.today())
    return _(words), tone


@room.page("/<uuid:registration_id>/objection", access=Access.BUSINESS, methods=("POST",))
def object_to(session: Session, actor: Actor, registration_id: UUID) -> Any:
    """Object, once."""
    form = WordsForm.read().speak(_("Your objection"))
    if not form.validate():
        return _page(session, actor, registration_id, str(form.words.errors[0])), 422
    service.object_to(session, actor, registration_id, form.words.data or "")
    return redirect("/business/registrations", 303)
