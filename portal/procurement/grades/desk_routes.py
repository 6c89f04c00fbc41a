"""Pages of a body: everything companies object to, and one objection to a grade."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.core.words import N_
from portal.procurement.agencies import agency_of
from portal.procurement.forms import WordsForm
from portal.procurement.grades import objections
from portal.procurement.rules import CATEGORY_WORDS
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("objections", __name__, "/staff/objections")
READER = Access.staff(Permission.COMPANY_READ)
BUYER = Access.staff(Permission.TENDER_WRITE)
NEEDED = {
    "grade": Permission.TENDER_WRITE,
    "suspension": Permission.TENDER_WRITE,
    "registration": Permission.REGISTRATION_KEEP,
}
WORDS = {"grade": N_("Grade"), "suspension": N_("Suspension"), "registration": N_("Licence or certificate")}


@room.page("", access=READER, purpose=Purpose.OPERATION)
def show_all(session: Session, actor: Actor) -> str:
    """What companies object to, the longest waiting first; each is answered where it belongs."""
    agency = agency_of(session, actor)
    lines = [one for one in objections.of_body(session, agency) if actor.may(NEEDED[one.about])]
    return render_template(
        "grades/objections.html",
        agency=agency,
        lines=[(one, _(WORDS[one.about]), _what(one), companies.show_number(one.key)) for one in lines],
    )


def _what(one: objections.Line) -> str:
    return _(CATEGORY_WORDS[one.what]) if one.about == "grade" else one.what


@room.page("/<uuid:objection_id>", access=BUYER, purpose=Purpose.OPERATION)
def show(session: Session, actor: Actor, objection_id: UUID) -> str:
    """One objection to a grade, and the answer to it."""
    return _page(session, actor, objection_id)


def _page(session: Session, actor: Actor, objection_id: UUID, error: str = "") -> str:
    one = objections.own(session, actor, objection_id)
    name, key = companies.names_of(session, [one.company_id])[one.company_id]
    return render_template(
        "grades/objection.html",
        one=one,
        company=name,
        number=companies.show_number(key),
        category=_(CATEGORY_WORDS[one.category]),
        error=error,
    )


@room.page("/<uuid:objection_id>", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def answer(session: Session, actor: Actor, objection_id: UUID) -> Any:
    """Answer it; the company is told."""
    form = WordsForm.read().speak(_("Answer"))
    if not form.validate():
        return _page(session, actor, objection_id, str(form.words.errors[0])), 422
    objections.answer(session, actor, objection_id, form.words.data or "")
    return redirect(f"/staff/objections/{objection_id}", 303)
