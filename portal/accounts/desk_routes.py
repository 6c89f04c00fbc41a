"""Pages of staff at the window: find a person, make sure who it is, hand out a code, register or withdraw a card."""

import base64
import binascii
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
from portal.core.identity import CardNotRead, Document, DocumentMissing
from portal.core.permissions import Permission
from portal.core.text import digits, kana_name
from portal.core.words import N_
from portal.residents import service as residents
from portal.web import one_time_code
from portal.web.access import Access, NotFound
from portal.web.forms import CityForm, DayField, TextField
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.i18n import show_date
from portal.web.room import Room

room = Room("accounts_desk", __name__, "/staff/accounts")

HELPS = Access.staff(Permission.ACCOUNT_HELP)
NOBODY = N_("Nobody in the resident register fits.")
NOT_ENOUGH = N_("Enter the addressee number, or the name in kana and the date of birth.")


class PersonForm(CityForm):
    """Whom to look for: by addressee number, or by kana and date of birth."""

    number = TextField(needed=False, reader=lambda typed: digits(typed, longest=15))
    kana = TextField(needed=False, reader=kana_name)
    born = DayField(needed=False)

    def label(self) -> "PersonForm":
        """The labels in the reader's language."""
        self.number.label.text = _("Addressee number")
        self.kana.label.text = _("Name in kana")
        self.born.label.text = _("Date of birth")
        return self

    def found(self, session: Session) -> list[residents.Person]:
        """Who fits; every person opened is on record."""
        if self.number.data:
            person = residents.find_by_number(session, self.number.data)
            return [person] if person else []
        return residents.search(session, self.kana.data, birth_date=self.born.data)

    def is_enough(self) -> bool:
        """Whether it singles somebody out: a name alone would open a whole page of people."""
        return bool(self.number.data or (self.kana.data and self.born.data))


@room.page("", access=HELPS, purpose=Purpose.ACCOUNT)
def search(session: Session, actor: Actor) -> str:
    """An empty search."""
    return _search_page(PersonForm.read())


@room.page("", access=HELPS, purpose=Purpose.ACCOUNT, methods=("POST",))
def find(session: Session, actor: Actor) -> Any:
    """Go to the person who fits, or choose among several; what was typed never stands in an address."""
    form = PersonForm.read()
    if not form.validate():
        return _search_page(form), 422
    if not form.is_enough():
        return _search_page(form, error=_(NOT_ENOUGH)), 422
    found = form.found(session)
    if not found:
        return _search_page(form, error=_(NOBODY)), 422
    if len(found) == 1:
        return redirect(url_for(".show", resident_id=found[0].id), 303)
    return _search_page(form, found=found)


def _search_page(form: PersonForm, *, error: str = "", found: list[residents.Person] | None = None) -> str:
    return render_template("accounts/desk_search.html", form=form.label(), error=error, found=found or [])


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


def _ask_about_card() -> None:
    service.ask_about_card(request.form.get("certificate", ""), hall().settings)


@room.page(
    "/<uuid:resident_id>/identity/card",
    access=HELPS,
    purpose=Purpose.ACCOUNT,
    methods=("POST",),
    before=_ask_about_card,
)
def check_card(session: Session, actor: Actor, resident_id: UUID, found: None) -> Any:
    """The registered card on the staff reader signed: is it this person's?"""
    try:
        desk.check_by_card(session, actor, resident_id, _challenge_id(), _proof(), hall().settings.card_ca)
    except Refusal as refusal:
        return _refused(session, actor, resident_id, refusal)
    return _back(resident_id)


@room.page("/<uuid:resident_id>/card", access=HELPS, purpose=Purpose.ACCOUNT, methods=("POST",), before=_ask_about_card)
def register_card(session: Session, actor: Actor, resident_id: UUID, found: None) -> Any:
    """The card on the staff reader signed: from now on it stands for this person."""
    try:
        desk.register_card(session, actor, resident_id, _challenge_id(), _proof(), hall().settings.card_ca)
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


def _challenge_id() -> UUID:
    try:
        return UUID(request.form.get("challenge_id", ""))
    except ValueError:
        raise CardNotRead from None


def _proof() -> tuple[bytes, bytes]:
    """(certificate, signature) as the card bridge put them into the form."""
    try:
        certificate, signature = (
            base64.b64decode(request.form.get(name, ""), validate=True) for name in ("certificate", "signature")
        )
    except (binascii.Error, ValueError):
        raise CardNotRead from None
    return certificate, signature


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
        challenge=challenge,
        challenge_text=base64.urlsafe_b64encode(challenge.bytes).decode().rstrip("="),
        bridge=hall().settings.bridge_url,
        pairing=hall().settings.bridge_pairing,
        documents=[(str(kind), _(words)) for kind, words in identity.DOCUMENT_WORDS.items()],
        refusal=refusal,
    )
