"""Pages of orders from home: which certificate, how it comes, the payment, the file."""

from typing import Any
from uuid import UUID, uuid4

from flask import Response, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.certificates import rules as certificates
from portal.certificates import service as desk_service
from portal.certificates import view
from portal.certificates.online import paying, rules, service
from portal.certificates.online.paying import Begun, PaymentService, PaymentState, Told
from portal.certificates.online.rules import Delivery, Way
from portal.certificates.service import Channel, Kind, Order, State
from portal.certificates.wish_form import WishForm
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.residents import service as residents
from portal.web.access import Access, NotFound
from portal.web.hall import hall
from portal.web.i18n import gettext
from portal.web.room import Room

room = Room("certificates_online", __name__, "/certificates")

OWNER = Access(ActorKind.RESIDENT, assurance=2)
"""Whoever only knows a password gets no papers of somebody: passkey or card (DS-511)."""


def _desk() -> desk_service.Desk:
    return desk_service.open_desk(hall().settings)


def _payments() -> PaymentService | None:
    return PaymentService.of(hall().settings)


@room.page("/order", access=OWNER, purpose=Purpose.CERTIFICATE)
def kinds(session: Session, actor: Actor) -> str:
    """What can be ordered from home, and what it costs."""
    assert actor.id
    offers = desk_service.kinds_for(session, _desk(), service.caller_of(actor.id, uuid4()))
    return render_template("online/kinds.html", offers=offers, postage=hall().settings.letter_yen)


@room.page("/order/<kind>", access=OWNER, purpose=Purpose.CERTIFICATE)
def wish(session: Session, actor: Actor, kind: str) -> str:
    """The questions about one certificate."""
    wanted = _kind(kind)
    return _wish_page(WishForm.read(wanted, Channel.ONLINE, _housemates(session, actor, wanted)), str(uuid4()))


@room.page("/order/<kind>", access=OWNER, purpose=Purpose.CERTIFICATE, methods=("POST",))
def order(session: Session, actor: Actor, kind: str) -> Any:
    """Place the order; the form's own number makes it once."""
    assert actor.id
    wanted = _kind(kind)
    form = WishForm.read(wanted, Channel.ONLINE, _housemates(session, actor, wanted), request.form)
    delivery = request.form.get("delivery", "")
    number = _number(request.form.get("number_of_form", ""))
    if delivery == Delivery.ELECTRONIC:
        form.copies = 1
    if not form.validate() or delivery not in set(Delivery):
        if delivery not in set(Delivery):
            form.errors["delivery"] = gettext(rules.DeliveryWrong.message)
        return _wish_page(form, str(number), delivery), 422
    try:
        placed = service.place(
            session,
            _desk(),
            actor.id,
            number,
            kind=kind,
            options=form.options,
            copies=form.copies,
            delivery=delivery,
            letter_yen=hall().settings.letter_yen,
        )
    except Refusal as refusal:
        return _wish_page(form, str(uuid4()), delivery, refusal), refusal.status
    return redirect(url_for(".checkout", id=placed.id), 303)


def _wish_page(form: WishForm, number: str, delivery: str = Delivery.ELECTRONIC, refusal: Refusal | None = None) -> str:
    return render_template(
        "online/wish.html",
        form=form,
        name=gettext(desk_service.NAMES[form.kind]),
        number=number,
        delivery=delivery,
        deliveries=[
            (str(one), gettext(rules.DELIVERY_WORDS[one]), gettext(rules.DELIVERY_HINTS[one])) for one in Delivery
        ],
        fee=desk_service.fee(form.kind, Channel.ONLINE),
        postage=hall().settings.letter_yen,
        refusal=refusal,
    )


def _housemates(session: Session, actor: Actor, kind: Kind) -> list[tuple[str, str]]:
    """Those who may stand on a copy: opened for it, on record; nobody where the household is under protection."""
    assert actor.id
    if kind not in desk_service.RECORDS or not desk_service.may_have(session, _desk(), actor.id, Channel.ONLINE):
        return []
    return [(str(one.id), one.name) for one in residents.household_of(session, residents.look_up(session, actor.id))]


def _kind(kind: str) -> Kind:
    if kind not in set(Kind):
        raise NotFound
    return Kind(kind)


def _number(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        return uuid4()


@room.page("/<uuid:id>/checkout", access=OWNER, purpose=Purpose.CERTIFICATE)
def checkout(session: Session, actor: Actor, id: UUID) -> Any:
    """What was ordered, what it costs, and how it is paid."""
    return _checkout_page(session, _own(session, actor, id))


def _own(session: Session, actor: Actor, id: UUID) -> Order:
    assert actor.id
    return service.own(session, actor.id, id)


def _checkout_page(session: Session, found: Order, refusal: Refusal | None = None) -> Any:
    if found.state != State.ORDERED:
        return redirect(url_for("certificates.show", id=found.id), 303)
    begun = service.checkout_of(session, found.id)
    ways = [Way.ONLINE] if _payments() else []
    return render_template(
        "online/checkout.html",
        order=found,
        facts=view.wish_facts(found),
        begun=begun,
        ways=[(str(one), gettext(rules.WAY_WORDS[one])) for one in (*ways, Way.WINDOW)],
        days=rules.PAY_WITHIN.days,
        is_back="back" in request.args,
        refusal=refusal,
    )


def _begin() -> Begun | None:
    """Open the payment at the service, before the transaction begins: it may answer slowly."""
    if request.form.get("way") != Way.ONLINE or (payments := _payments()) is None:
        return None
    assert request.view_args
    with hall().database.page(g.actor, Purpose.CERTIFICATE, writes=False) as session:
        found = _own(session, g.actor, request.view_args["id"])
        if found.state != State.ORDERED or found.total == 0:
            return None
        reference, amount = found.reference, found.total
    back = hall().settings.base_url + url_for(".checkout", id=request.view_args["id"], back=1)
    try:
        return payments.begin(request.view_args["id"], reference=reference, amount=amount, back=back)
    except rules.PaymentServiceSilent:
        return None


@room.page("/<uuid:id>/pay", access=OWNER, purpose=Purpose.CERTIFICATE, methods=("POST",), before=_begin)
def pay(session: Session, actor: Actor, id: UUID, found: Begun | None) -> Any:
    """Choose how to pay: what is free is issued at once."""
    order = _own(session, actor, id)
    way = request.form.get("way", "")
    if order.total and way == Way.ONLINE and _payments() and found is None:
        silent = rules.PaymentServiceSilent()
        return _checkout_page(session, order, silent), silent.status
    try:
        begun = service.begin_payment(
            session,
            order,
            way,
            online=_payments() is not None,
            payment=found.payment if found else None,
            page=found.page if found else "",
        )
    except rules.WayWrong as refusal:
        return _checkout_page(session, order, refusal), refusal.status
    if begun.way == Way.FREE:
        _take(session, order, Told(PaymentState.PAID, order.total), Way.FREE, str(order.id))
    return redirect(url_for(".checkout", id=id), 303)


def _look() -> Told | None:
    """Ask the payment service, before the transaction begins."""
    assert request.view_args
    with hall().database.page(g.actor, Purpose.CERTIFICATE, writes=False) as session:
        found = service.checkout_of(session, _own(session, g.actor, request.view_args["id"]).id)
        payment = found.payment if found else None
    payments = _payments()
    return payments.look(payment) if payments and payment else None


@room.page("/<uuid:id>/paid", access=OWNER, purpose=Purpose.CERTIFICATE, methods=("POST",), before=_look)
def paid(session: Session, actor: Actor, id: UUID, found: Told | None) -> Any:
    """Back from the payment service: what it says itself decides."""
    order = _own(session, actor, id)
    if order.state != State.ORDERED:
        return redirect(url_for("certificates.show", id=id), 303)
    begun = service.checkout_of(session, id)
    if begun is None or begun.payment is None or found is None or found.state is not PaymentState.PAID:
        refusal = rules.NotPaidYet()
        return _checkout_page(session, order, refusal), refusal.status
    _take(session, order, found, Way.ONLINE, begun.payment)
    return redirect(url_for("certificates.show", id=id), 303)


def _take(session: Session, order: Order, told: paying.Told, way: Way, receipt: str) -> None:
    desk = _desk()
    taken = service.take_payment(session, desk, order, amount=told.amount, way=way, receipt=receipt)
    service.deliver(session, desk, hall().settings.file_ring, taken, way)


@room.page("/<uuid:id>/receive", access=OWNER, purpose=Purpose.CERTIFICATE, methods=("POST",))
def receive(session: Session, actor: Actor, id: UUID) -> Redirect:
    """The money arrived while nobody was here: make the file now."""
    order = _own(session, actor, id)
    begun = service.checkout_of(session, id)
    service.deliver(session, _desk(), hall().settings.file_ring, order, Way(begun.way) if begun else Way.FREE)
    return redirect(url_for("certificates.show", id=id), 303)


@room.page("/<uuid:id>/cancel", access=OWNER, purpose=Purpose.CERTIFICATE, methods=("POST",))
def cancel(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Not wanted any more; only before it is paid."""
    service.cancel(session, _own(session, actor, id))
    return redirect(url_for("certificates.mine"), 303)


@room.page("/<uuid:id>/certificate.pdf", access=OWNER, purpose=Purpose.CERTIFICATE)
def file(session: Session, actor: Actor, id: UUID) -> Response:
    """The delivered file, as it was made."""
    order = _own(session, actor, id)
    found = service.file_of(session, hall().settings.file_ring, order)
    if found is None:
        raise certificates.FileOver
    headers = {"Content-Disposition": f'attachment; filename="{found.name}"'}
    return Response(found.content, mimetype=found.mime, headers=headers)
