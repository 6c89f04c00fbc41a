"""Pages of staff: a person's city card. Services on it, a card put on the reader, stop, resume, give back."""

from typing import Any
from uuid import UUID

from flask import Response, g, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.cards import at_reader, rules, service, writing
from portal.cards.line import Said, Sealed
from portal.cards.rules import Service, Why
from portal.cards.seals import seals
from portal.cards.writing import City
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.text import fold_width
from portal.residents import service as residents
from portal.web import card_bridge
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("cards_desk", __name__, "/staff/cards")

ISSUES = Access.staff(Permission.CARD_ISSUE)


@room.page("/<uuid:resident_id>", access=ISSUES, purpose=Purpose.CARD)
def show(session: Session, actor: Actor, resident_id: UUID) -> str:
    """The person's card and services; without a fresh identity check only stopping is open."""
    return _page(session, actor, resident_id)


@room.page("/<uuid:resident_id>/services", access=ISSUES, purpose=Purpose.CARD, methods=("POST",))
def choose(session: Session, actor: Actor, resident_id: UUID) -> Any:
    """Which services the person uses with the card."""
    chosen = {one: fold_width(request.form.get(f"number-{one}", "")).strip() for one in _chosen()}
    try:
        service.choose_services(session, actor, resident_id, chosen)
    except Refusal as refusal:
        return _page(session, actor, resident_id, refusal, chosen), refusal.status
    return _back(resident_id, "services")


def _chosen() -> list[Service]:
    known = set(Service)
    return [Service(name) for name in request.form.getlist("services") if name in known]


@room.page("/<uuid:resident_id>/stop", access=ISSUES, purpose=Purpose.CARD, methods=("POST",))
def stop(session: Session, actor: Actor, resident_id: UUID) -> Any:
    """Somebody called: the card is stopped at once."""
    why = request.form.get("why", "")
    if why not in set(rules.STOPS):
        missing = rules.StopReasonMissing()
        return _page(session, actor, resident_id, missing), missing.status
    service.stop(session, actor, resident_id, Why(why))
    return _back(resident_id, "stopped")


@room.page("/<uuid:resident_id>/resume", access=ISSUES, purpose=Purpose.CARD, methods=("POST",))
def resume(session: Session, actor: Actor, resident_id: UUID) -> Any:
    """The card was found."""
    try:
        service.resume(session, actor, resident_id)
    except Refusal as refusal:
        return _page(session, actor, resident_id, refusal), refusal.status
    return _back(resident_id, "opened")


@room.page("/<uuid:resident_id>/end", access=ISSUES, purpose=Purpose.CARD)
def ask_end(session: Session, actor: Actor, resident_id: UUID) -> str:
    """Asks once: a card that was given back is never used again."""
    person = residents.look_up(session, resident_id)
    return render_template(
        "confirm.html",
        base="staff_base.html",
        question=_("End this city card?"),
        words=_("End the card"),
        consequence=_("It opens no service any more, and is never used again. The person can get another one."),
        facts=[{"label": _("Name"), "value": person.known_as}],
        action=url_for(".end", resident_id=resident_id),
        back=url_for(".show", resident_id=resident_id),
    )


@room.page("/<uuid:resident_id>/end", access=ISSUES, purpose=Purpose.CARD, methods=("POST",))
def end(session: Session, actor: Actor, resident_id: UUID) -> Redirect:
    """The person gave the card back."""
    service.give_back(session, actor, resident_id)
    return _back(resident_id, "ended")


# ---- the card on the reader ----------------------------------------------------------------


def _to_writer() -> tuple[Sealed, Said]:
    """One message of the page, brought to the writer; before the transaction begins."""
    order, said = at_reader.opened()
    if "job" not in said:
        with hall().database.page(g.actor, Purpose.CARD, writes=False) as session:
            writing.check(session, g.actor, order.resident_id, order.order)
    return order, at_reader.bring(order, said)


@room.page("/line", access=ISSUES, purpose=Purpose.CARD, methods=("POST",), before=_to_writer)
def talk(session: Session, actor: Actor, found: tuple[Sealed, Said]) -> Response:
    """The next command for the card, the next order, or the end; JSON, for the page with the reader."""
    order, said = found
    if said.done is None:
        return at_reader.next_command(said)
    resident_id = order.resident_id
    following: dict[str, Any] | None
    if order.order.get("then") == "erase":
        following = writing.meet_ended(session, actor, resident_id, said.done)
    elif order.order.get("then") == "block":
        following = writing.meet_stopped(session, actor, resident_id, said.done)
    elif order.order["do"] == "read":
        following = writing.meet(session, actor, resident_id, order.order, said.done, _city())
    else:
        following = writing.confirm(session, actor, resident_id, order.order, said.done)
    if following is not None:
        return jsonify(order=at_reader.seal(following, resident_id, actor))
    return jsonify(next=url_for(".show", resident_id=resident_id, done=order.order["do"]))


def _city() -> City:
    settings = hall().settings
    return City(seals(), settings.card_issuer, settings.card_ca)


def _back(resident_id: UUID, done: str) -> Redirect:
    return redirect(url_for(".show", resident_id=resident_id, done=done), 303)


def _page(
    session: Session,
    actor: Actor,
    resident_id: UUID,
    refusal: Refusal | None = None,
    typed: dict[Service, str] | None = None,
) -> str:
    person = residents.look_up(session, resident_id)
    card = service.card_of(session, resident_id)
    numbers = service.ids_of(session, resident_id)
    checked = service.is_checked(session, actor, resident_id)
    earlier = [one for one in service.cards_of(session, resident_id) if one.ended_at]
    return render_template(
        "cards/desk.html",
        person=person,
        card=card,
        earlier=earlier,
        services=[(one, _(rules.SERVICE_WORDS[one])) for one in Service],
        numbers=numbers if typed is None else {str(one): number for one, number in typed.items()},
        entries=service.entries_of(session, card) if card else {},
        waiting={one.service for one in service.waiting(session, card)} if card else set(),
        reasons=[(str(why), _(rules.STOP_WORDS[why])) for why in rules.STOPS],
        whys={str(why): _(words) for why, words in rules.STOP_WORDS.items()},
        checked=checked,
        orders=_orders(session, actor, resident_id, card, may_write=checked and bool(numbers)),
        bridge=hall().settings.bridge_url,
        pairing=card_bridge.pairing(),
        refusal=refusal,
        done=_(rules.DONE[done]) if (done := request.args.get("done", "")) in rules.DONE and not refusal else "",
        wrong=_at_fields(refusal),
        faults=[
            (f"number-{one}", _("%(field)s: %(fault)s", field=_(rules.SERVICE_WORDS[Service(one)]), fault=said))
            for one, said in _at_fields(refusal).items()
        ],
    )


def _orders(
    session: Session, actor: Actor, resident_id: UUID, card: service.Card | None, *, may_write: bool
) -> dict[str, str]:
    """What a card on the reader can be put through now, sealed; `pin_name` beside them."""
    usable = writing.usable(session, actor, resident_id)
    pin = writing.pin_order(usable, actor) if usable else {}
    unerased = any(one.ended_at and one.erased_at is None for one in service.cards_of(session, resident_id))
    unblocked = card is not None and card.stopped_at is not None and card.suspended_at is None
    found = {
        "write": (writing.look_order(actor) if card else writing.give_order(actor, None)) if may_write else {},
        "replace": writing.give_order(actor, card) if may_write and card else {},
        "pin": pin,
        "block": writing.look_order(actor, then="block") if unblocked else {},
        "erase": writing.look_order(actor, then="erase") if unerased else {},
        "log": writing.log_order(usable, actor) if usable else {},
    }
    sealed = {name: at_reader.seal(order, resident_id, actor) for name, order in found.items() if order}
    return sealed | {"pin_name": pin.get("name", "")}


def _at_fields(refusal: Refusal | None) -> dict[str, str]:
    """service -> what is wrong with the number typed for it."""
    if refusal is None:
        return {}
    return {str(one): f"{_(refusal.message)} {_(refusal.next_step)}" for one in refusal.details.get("services", [])}
