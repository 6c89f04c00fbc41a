"""Pages of a shop, on the phone at its counter: apply, take coupons, take back, statements and figures."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.small_numbers import guarded
from portal.points import once
from portal.points.ledger.rules import SentBefore
from portal.points.partners import contracts, papers, rules, sales, settling
from portal.points.partners.forms import ApplicationForm, bank_stands
from portal.points.partners.models import PointPartner, PointSale
from portal.points.partners.rules import WAY_WORDS
from portal.points.spending import rules as coupons
from portal.points.spending.desk_routes import GONE, CouponForm, clashed, presented
from portal.web import throttle
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.headers import with_camera
from portal.web.i18n import gettext as _
from portal.web.i18n import language, show_month
from portal.web.room import Room

room = Room("shop", __name__, "/points/shops")
TAKEN = (
    coupons.CouponUnknown,
    coupons.CouponElsewhere,
    coupons.CodeOld,
    rules.PartnerClosed,
    rules.CouponNotHere,
    rules.OwnShop,
)


@room.page("", access=Access.RESIDENT)
def show_all(session: Session, actor: Actor) -> str:
    """The shops I act for."""
    assert actor.id
    shops = [(one, _state(one)) for one in contracts.kept_by(session, actor.id)]
    return render_template("partners/shops.html", shops=shops)


def _state(one: PointPartner) -> tuple[str, str]:
    words, tone = rules.state_words(one.state, one.contract_from, clock.today())
    return _(words), tone


@room.page("/apply", access=Access.RESIDENT)
def new(session: Session, actor: Actor) -> str:
    """An empty application."""
    return render_template("partners/apply.html", form=ApplicationForm.read(), key=once.fresh())


@room.page("/apply", access=Access.RESIDENT, methods=("POST",))
def apply(session: Session, actor: Actor) -> Any:
    """The city checks it; a second person decides."""
    assert actor.id
    resident_id, form = actor.id, ApplicationForm.read()
    if not form.validate() or not bank_stands(session, form):
        return render_template("partners/apply.html", form=form, key=once.fresh()), 422
    try:
        made = once.once(session, actor, lambda: _applied(session, resident_id, form))
    except SentBefore as refusal:
        return render_template("partners/apply.html", form=form, key=once.fresh(), refusal=refusal), refusal.status
    return redirect(url_for(".show", id=made), 303)


def _applied(session: Session, resident_id: UUID, form: ApplicationForm) -> str:
    throttle.guard_day(session, "partner-application", str(resident_id), limit=5)
    return str(contracts.apply(session, hall().settings.file_ring, resident_id, form.facts(), form.account()).id)


@room.page("/<uuid:id>", access=Access.RESIDENT, purpose=Purpose.POINTS)
def show(session: Session, actor: Actor, id: UUID) -> Response:
    """The counter: take a coupon, see what came today."""
    assert actor.id
    return _page(session, contracts.own(session, actor.id, id), CouponForm.read())


def _page(
    session: Session, one: PointPartner, form: CouponForm, *, refusal: Refusal | None = None, taken: str = ""
) -> Response:
    found = sales.sales_of(session, one.id, limit=20)
    form.name_fields()
    page = render_template(
        "partners/counter.html",
        shop=one,
        state=_state(one),
        today=clock.today(),
        is_open=rules.takes_points(one.state, one.contract_from, one.contract_until, clock.today()),
        form=form,
        rows=[_sale(sale) for sale in found],
        back=next((sale for sale in found if sale.reversed_at and sale.reference == request.args.get("back")), None),
        refusal=refusal,
        taken=taken,
    )
    return with_camera(page)


def _sale(sale: PointSale) -> dict[str, Any]:
    may = sale.reversed_at is None and sale.statement_id is None and rules.may_take_back(sale.at, clock.now())
    return {"sale": sale, "way": _(WAY_WORDS[sale.way]), "may_take_back": may}


@room.page("/<uuid:id>/coupons", access=Access.RESIDENT, purpose=Purpose.POINTS, methods=("POST",))
def take(session: Session, actor: Actor, id: UUID) -> Any:
    """The coupon is used up here, and its points are the shop's."""
    assert actor.id
    shop, form = contracts.own(session, actor.id, id), CouponForm.read()
    if not form.validate():
        return _page(session, shop, form), 422
    throttle.guard(session, "partner-coupon", str(shop.id), limit=20)
    try:
        what = presented(form)
        with session.begin_nested():
            _sale, offer = sales.by_coupon(
                session, actor, shop, what.reference, shown_at=what.shown_at, taken_at=what.taken_at
            )
    except GONE as refusal:
        clash = clashed(session, actor, refusal, what, shop.name)
        return _page(session, shop, form, refusal=clash), clash.status
    except TAKEN as refusal:
        session.expire_all()
        return _page(session, shop, form, refusal=refusal), refusal.status
    throttle.take_back(session, "partner-coupon", str(shop.id))
    form.code.data = ""
    return _page(session, shop, form, taken=offer.text("title", language()))


@room.page("/<uuid:id>/sales/<reference>/back", access=Access.RESIDENT, purpose=Purpose.POINTS, methods=("POST",))
def take_back(session: Session, actor: Actor, id: UUID, reference: str) -> Any:
    """Undo a payment within a week."""
    assert actor.id
    shop = contracts.own(session, actor.id, id)
    try:
        with session.begin_nested():
            sales.take_back(session, actor, shop, reference)
    except (rules.SaleUnknown, rules.SaleFinal) as refusal:
        session.expire_all()
        return _page(session, shop, CouponForm.read(), refusal=refusal), refusal.status
    return redirect(url_for(".show", id=id, back=reference), 303)


@room.page("/<uuid:id>/statements", access=Access.RESIDENT)
def statements(session: Session, actor: Actor, id: UUID) -> str:
    """What the shop was paid, and its figures."""
    assert actor.id
    shop = contracts.own(session, actor.id, id)
    found = settling.figures(session, id, rules.a_year_ago(clock.today()))
    return render_template(
        "partners/statements.html",
        shop=shop,
        statements=settling.statements_of(session, id),
        months=[
            (show_month(date.fromisoformat(f"{name}-01")), points, f"{points:,}")
            for name, _count, points in found.months
        ],
        ways=[(_(WAY_WORDS[way]), f"{count:,}", f"{points:,}") for way, count, points in found.ways],
        people=guarded(found.people),
        back=found.back,
    )


@room.page("/<uuid:id>/statements/<number>.pdf", access=Access.RESIDENT)
def statement_paper(session: Session, actor: Actor, id: UUID, number: str) -> Response:
    """The statement on paper."""
    assert actor.id
    shop = contracts.own(session, actor.id, id)
    return papers.paper(session, shop, settling.statement(session, id, number))


@room.page("/<uuid:id>/statements/<number>.csv", access=Access.RESIDENT)
def statement_file(session: Session, actor: Actor, id: UUID, number: str) -> Response:
    """The statement for a spreadsheet."""
    assert actor.id
    shop = contracts.own(session, actor.id, id)
    return papers.spreadsheet(session, shop, settling.statement(session, id, number))
