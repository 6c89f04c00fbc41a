"""Pages of staff at the window: find a person, make sure who it is, hand out a code, register or withdraw a card."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.accounts import challenges, desk, service
from portal.core import identity
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.identity import Document, DocumentMissing
from portal.core.permissions import Permission
from portal.residents import service as residents
from portal.web import card_bridge, one_time_code
from portal.web.access import Access, NotFound
from portal.web.card_bridge import challenge_id, on_reader, proof
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.i18n import show_date
from portal.web.person_form import find_person, search_page
from portal.web.room import Room

room = Room("accounts_desk", __name__, "/staff/accounts")

HELPS = Access.staff(Permission.ACCOUNT_HELP)
SEARCH = "accounts/desk_search.html"
ASKING = card_bridge.asking(service.ask_about_card)


@room.page("", access=HELPS, purpose=Purpose.ACCOUNT)
def search(session: Session, actor: Actor) -> str:
    """An empty search."""
    return search_page(SEARCH, _to)


@room.page("", access=HELPS, purpose=Purpose.ACCOUNT, methods=("POST",))
def find(session: Session, actor: Actor) -> Any:
    """Go to the person who fits, or choose among several."""
    return find_person(partial(residents.find, session), SEARCH, _to)


def _to(resident_id: UUID) -> str:
    return url_for(".show", resident_id=resident_id)


@room.page("/<uuid:resident_id>", access=HELPS, purpose=Purpose.ACCOUNT)
def show(session: Session, actor: Actor, resident_id: UUID) -> str:
    """One person: identity first, then what can be done for them."""
    return _person_page(session, actor, resident_id)


@room.page("/<uuid:resident_id>/identity/document", access=HELPS, purpose=Purpose.ACCOUNT, methods=("POST",))
def check_document(session: Session, actor: Actor, resident_id: UUID) -> Any:
    """Record which document was compared with the person."""
    shown = request.form.get("document", "")
    if shown not in set(Document):
        return _refused(session, actor, resident_id, DocumentMissing())
    residents.look_up(session, resident_id)
    desk.check_by_document(session, actor, resident_id, Document(shown))
    return _back(resident_id)


@room.page(
    "/<uuid:resident_id>/identity/card",
    access=HELPS,
    purpose=Purpose.ACCOUNT,
    methods=("POST",),
    before=ASKING,
)
def check_card(session: Session, actor: Actor, resident_id: UUID, found: None) -> Any:
    """The registered card on the staff reader signed: is it this person's?"""
    try:
        desk.check_by_card(session, actor, resident_id, challenge_id(), proof(), hall().settings.card_ca)
    except Refusal as refusal:
        return _refused(session, actor, resident_id, refusal)
    return _back(resident_id)


@room.page("/<uuid:resident_id>/card", access=HELPS, purpose=Purpose.ACCOUNT, methods=("POST",), before=ASKING)
def register_card(session: Session, actor: Actor, resident_id: UUID, found: None) -> Any:
    """The card on the staff reader signed: from now on it stands for this person."""
    try:
        desk.register_card(session, actor, resident_id, challenge_id(), proof(), hall().settings.card_ca)
    except Refusal as refusal:
        return _refused(session, actor, resident_id, refusal)
    return _back(resident_id)


@room.page("/<uuid:resident_id>/cards/<uuid:card_id>/withdraw", access=HELPS, purpose=Purpose.ACCOUNT)
def ask_withdraw(session: Session, actor: Actor, resident_id: UUID, card_id: UUID) -> str:
    """Asks once: to use the card again it has to be brought to the window."""
    card = desk.card_of(session, resident_id, card_id)
    if card is None:
        raise NotFound
    person = residents.look_up(session, resident_id)
    return render_template(
        "confirm.html",
        base="staff_base.html",
        question=_("Withdraw this card?"),
        words=_("Withdraw the card"),
        consequence=_("It opens nothing any more, at no kiosk and no window, until it is registered again."),
        facts=[
            {"label": _("Name"), "value": person.known_as},
            {"label": _("Registered"), "value": show_date(card.enrolled_at)},
        ],
        action=url_for(".withdraw", resident_id=resident_id, card_id=card_id),
        back=url_for(".show", resident_id=resident_id),
    )


@room.page(
    "/<uuid:resident_id>/cards/<uuid:card_id>/withdraw", access=HELPS, purpose=Purpose.ACCOUNT, methods=("POST",)
)
def withdraw(session: Session, actor: Actor, resident_id: UUID, card_id: UUID) -> Redirect:
    """End a card at once."""
    desk.withdraw_card(session, actor, resident_id, card_id)
    return _back(resident_id)


@room.page(
    "/<uuid:resident_id>/code", access=HELPS, purpose=Purpose.ACCOUNT, methods=("POST",), before=one_time_code.new_code
)
def hand_out_code(session: Session, actor: Actor, resident_id: UUID, found: tuple[str, str]) -> Any:
    """A code for a new password; it is shown once, here."""
    code, kept = found
    try:
        account = desk.hand_out_code(session, actor, resident_id, kept)
    except Refusal as refusal:
        return _refused(session, actor, resident_id, refusal)
    return render_template(
        "accounts/desk_code.html",
        person=residents.look_up(session, resident_id),
        login_id=account.login_id,
        code=code,
        hours=int(one_time_code.LIFE.total_seconds() // 3600),
    )


def _back(resident_id: UUID) -> Redirect:
    return redirect(url_for(".show", resident_id=resident_id), 303)


def _refused(session: Session, actor: Actor, resident_id: UUID, refusal: Refusal) -> tuple[str, int]:
    return _person_page(session, actor, resident_id, refusal), refusal.status


def _person_page(session: Session, actor: Actor, resident_id: UUID, refusal: Refusal | None = None) -> str:
    """Before the identity is checked only who it should be; then the account, the cards and what can be done."""
    check = desk.fresh_check(session, actor, resident_id)
    account = service.account_of(session, resident_id)
    context = desk.enrol_context(resident_id) if check else desk.identity_context(resident_id)
    challenge = challenges.offer_challenge(session, context)
    return render_template(
        "accounts/desk_person.html",
        person=residents.look_up(session, resident_id),
        checked=_(identity.how_words(check.how)) if check else "",
        checked_at=check.at if check else None,
        account=account,
        cards=desk.all_cards(session, resident_id),
        card=on_reader(challenge.id, challenge.bytes),
        documents=[(str(kind), _(words)) for kind, words in identity.DOCUMENT_WORDS.items()],
        refusal=refusal,
    )
