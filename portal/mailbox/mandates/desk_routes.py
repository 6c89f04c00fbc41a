"""Pages of staff: register a mandate from a paper or the register of guardianship, and confirm a colleague's."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.mailbox.mandates import service
from portal.mailbox.mandates.forms import PaperForm
from portal.mailbox.mandates.rules import BASIS_WORDS, ON_PAPER, Basis
from portal.mailbox.rules import Strength
from portal.residents import service as residents
from portal.web.access import Access
from portal.web.i18n import gettext
from portal.web.person_form import find_person, search_page
from portal.web.room import Room

room = Room("mandates_desk", __name__, "/staff/mandates")
HELPS = Access.staff(Permission.ACCOUNT_HELP)
SEARCH = "mandates/desk_search.html"


def _to(resident_id: UUID) -> str:
    return url_for(".show", resident_id=resident_id)


def _waiting(session: Session) -> dict[str, Any]:
    return {"waiting": [(one, gettext(BASIS_WORDS[Basis(one.basis)])) for one in service.waiting(session)]}


@room.page("", access=HELPS, purpose=Purpose.ACCOUNT)
def search(session: Session, actor: Actor) -> str:
    """What waits for a second pair of eyes, and a search for the owner of a mailbox."""
    return search_page(SEARCH, _to, **_waiting(session))


@room.page("", access=HELPS, purpose=Purpose.ACCOUNT, methods=("POST",))
def find(session: Session, actor: Actor) -> Any:
    """Go to the owner who fits, or choose among several."""
    return find_person(partial(residents.find, session), SEARCH, _to)


@room.page("/<uuid:resident_id>", access=HELPS, purpose=Purpose.ACCOUNT)
def show(session: Session, actor: Actor, resident_id: UUID) -> str:
    """Who may read one person's notices, and the form for a paper."""
    return _page(session, resident_id, PaperForm.read())


def _page(session: Session, resident_id: UUID, form: PaperForm, refusal: Refusal | None = None) -> str:
    return render_template(
        "mandates/desk_person.html",
        person=residents.look_up(session, resident_id),
        mandates=[(one, gettext(BASIS_WORDS[Basis(one.basis)])) for one in service.given_by(session, resident_id)],
        bases=[(str(one), gettext(BASIS_WORDS[one])) for one in ON_PAPER],
        form=form.label(),
        refusal=refusal,
        chosen=request.form.get("basis", ""),
    )


@room.page("/<uuid:resident_id>", access=HELPS, purpose=Purpose.ACCOUNT, methods=("POST",))
def propose(session: Session, actor: Actor, resident_id: UUID) -> Any:
    """Register what the paper says; a colleague confirms it."""
    form, basis = PaperForm.read(), request.form.get("basis", "")
    if not form.validate() or basis not in set(ON_PAPER):
        return _page(session, resident_id, form), 422
    reader = residents.find_by_number(session, form.reader.data)
    try:
        if reader is None:
            raise residents.ResidentUnknown
        wish = form.wish(may_hide=int(Strength.PASSKEY_OR_CARD))
        service.propose(session, actor, resident_id, reader.id, Basis(basis), reference=form.reference.data, wish=wish)
    except Refusal as refusal:
        return _page(session, resident_id, form, refusal), refusal.status
    return redirect(_to(resident_id), 303)


@room.page("/<uuid:mandate_id>/confirm", access=HELPS, purpose=Purpose.ACCOUNT, methods=("POST",))
def confirm(session: Session, actor: Actor, mandate_id: UUID) -> Any:
    """I compared it with the paper."""
    service.confirm(session, actor, mandate_id)
    return redirect(url_for(".search"), 303)


@room.page("/<uuid:mandate_id>/end", access=HELPS, purpose=Purpose.ACCOUNT, methods=("POST",))
def end(session: Session, actor: Actor, mandate_id: UUID) -> Any:
    """The paper was taken back, the guardianship is over, or it was registered by mistake."""
    service.end(session, actor, mandate_id)
    return redirect(url_for(".search"), 303)
