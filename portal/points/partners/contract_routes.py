"""Pages of a shop about its contract: another account, going on, ending; and stopping what nobody of the shop asked for."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.points.deeds import refused
from portal.points.partners import change_rules, changes, contracts
from portal.points.partners.change_rules import CHANGE_WORDS, STEP_WORDS, Change
from portal.points.partners.forms import AccountForm, LastDayForm, bank_stands
from portal.points.partners.models import PartnerChange, PointPartner
from portal.web import throttle
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("shop_contract", __name__, "/points/shops")
OWNER = Access(ActorKind.RESIDENT, assurance=2)
"""Where money goes is not changed with a password alone."""
REFUSED = (
    change_rules.ChangeOpen, change_rules.ChangeDecided, change_rules.NotUnderContract, change_rules.TooEarlyToRenew,
    change_rules.DayUnclear, change_rules.NotSure,
)  # fmt: skip


@room.page("/<uuid:id>/contract", access=Access.RESIDENT, purpose=Purpose.POINTS)
def show(session: Session, actor: Actor, id: UUID) -> str:
    """The contract, and what was asked for."""
    assert actor.id
    return _page(session, contracts.own(session, actor.id, id))


def _page(session: Session, one: PointPartner, refusal: Refusal | None = None) -> str:
    today = clock.today()
    under = one.state in changes.UNDER_CONTRACT and one.contract_until is not None
    rows = [row for row in changes.changes_of(session, one.id) if row.kind != Change.TERMINAL]
    asked = any(row.kind == Change.RENEWAL and row.open_key for row in rows)
    return render_template(
        "partners/contract.html",
        shop=one,
        under_contract=under,
        may_renew=bool(
            under and not asked and one.contract_until and today >= one.contract_until - change_rules.RENEW_FROM
        ),
        rows=[shown(row) for row in rows],
        form=LastDayForm.read(),
        first=today + change_rules.NOTICE,
        refusal=refusal,
    )


def shown(row: PartnerChange) -> dict[str, Any]:
    """One request, in words."""
    words, tone = STEP_WORDS[row.step]
    may_stop = changes.may_stop(row, clock.today())
    return {"change": row, "kind": _(CHANGE_WORDS[row.kind]), "step": (_(words), tone), "may_stop": may_stop}


@room.page("/<uuid:id>/account", access=OWNER, purpose=Purpose.POINTS)
def new_account(session: Session, actor: Actor, id: UUID) -> str:
    """An empty form for another account."""
    assert actor.id
    return render_template("partners/account.html", shop=contracts.own(session, actor.id, id), form=AccountForm.read())


@room.page("/<uuid:id>/account", access=OWNER, purpose=Purpose.POINTS, methods=("POST",))
def ask_for_account(session: Session, actor: Actor, id: UUID) -> Any:
    """The shop is to be paid elsewhere: checked, decided by a second person, and a week later."""
    assert actor.id
    shop, form, who = contracts.own(session, actor.id, id), AccountForm.read(), actor.id
    if not form.validate() or not bank_stands(session, form):
        return render_template("partners/account.html", shop=shop, form=form), 422
    throttle.guard_day(session, "partner-account", str(shop.id), limit=5)
    return _do(session, shop, lambda: changes.ask_for_account(
        session, hall().settings.file_ring, who, shop, form.account()
    ))  # fmt: skip


@room.page("/<uuid:id>/renewal", access=Access.RESIDENT, purpose=Purpose.POINTS, methods=("POST",))
def ask_for_renewal(session: Session, actor: Actor, id: UUID) -> Any:
    """The shop wants to go on."""
    assert actor.id
    shop = contracts.own(session, actor.id, id)
    return _do(session, shop, lambda: changes.ask_for_renewal(session, shop, actor.id))


@room.page("/<uuid:id>/notice", access=Access.RESIDENT, purpose=Purpose.POINTS, methods=("POST",))
def give_notice(session: Session, actor: Actor, id: UUID) -> Any:
    """The shop ends its contract."""
    assert actor.id
    shop, form, who = contracts.own(session, actor.id, id), LastDayForm.read(), actor.id
    last = form.last.data if form.validate() else None

    def deed() -> None:
        if not request.form.get("sure"):
            raise change_rules.NotSure
        changes.give_notice(session, shop, who, last)

    return _do(session, shop, deed)


@room.page("/<uuid:id>/changes/<uuid:which>/stop", access=Access.RESIDENT, purpose=Purpose.POINTS, methods=("POST",))
def stop(session: Session, actor: Actor, id: UUID, which: UUID) -> Any:
    """Anybody who acts for the shop stops what is not in force yet."""
    assert actor.id
    shop = contracts.own(session, actor.id, id)
    change = changes.change_of(session, shop.id, which)
    if change.kind == Change.TERMINAL:  # the city's own matter
        raise change_rules.ChangeUnknown
    return _do(session, shop, lambda: changes.stop(session, change, ""))


def _do(session: Session, shop: PointPartner, deed: Callable[[], object]) -> Any:
    if refusal := refused(session, deed, REFUSED):
        return _page(session, shop, refusal), refusal.status
    return redirect(url_for("shop_contract.show", id=shop.id), 303)
