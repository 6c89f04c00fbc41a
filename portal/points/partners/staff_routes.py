"""The city's pages of partner shops: applications, checks, decisions, people, terminals, and what is paid."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.banks import service as banks
from portal.core import clock, text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.text import TextRefused
from portal.devices import service as devices
from portal.points import rules as point_rules
from portal.points.deeds import refused
from portal.points.partners import change_rules, changes, contracts, moving, naming, rules, settling, terminals, zengin
from portal.points.partners.bank import DEPOSIT_WORDS, BankAccount
from portal.points.partners.forms import ContractForm, GroupForm, ShopKeeperForm, TerminalForm
from portal.points.partners.models import PartnerKeeper, PointPartner
from portal.points.partners.rules import State
from portal.points.programmes.routes import APPROVER, KEEPER
from portal.points.programmes.rules import AnswerNeeded
from portal.points.spending import service as spending
from portal.points.volunteering.rules import KeeperUnknown
from portal.residents import service as residents
from portal.web.decisions import pressed
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.i18n import language
from portal.web.room import Room

room = Room("partners_staff", __name__, "/staff/partners")
SEEN = {"papers", "account", "exclusion"}
DECIDED = (
    rules.PartnerDecided, rules.SecondPersonNeeded, rules.ChecksOpen, rules.ContractUnclear, AnswerNeeded,
    point_rules.OwnNaming, point_rules.NamingDecided,
)  # fmt: skip


@room.page("", access=KEEPER, purpose=Purpose.POINTS)
def show_all(session: Session, actor: Actor) -> str:
    """Every shop; what waits for somebody comes first."""
    name = text.shown_again(request.args.get("name", ""), longest=100).strip()
    waiting = changes.waiting(session) | naming.waiting(session)
    found = contracts.partners(session, name, waiting)
    return render_template(
        "partners/list.html",
        rows=[(one, _state(one)) for one in found[: contracts.SHOWN]],
        has_more=len(found) > contracts.SHOWN,
        waiting=waiting,
        name=name,
    )


def _state(one: PointPartner) -> tuple[str, str]:
    is_refused = one.state == rules.State.REFUSED
    stands = rules.TURNED_DOWN if is_refused else rules.state_words(one.state, one.contract_from, clock.today())
    return _(stands[0]), stands[1]


def _groups(session: Session) -> dict[str, str]:
    """Groups of partners, and what their coupons are for."""
    return {code: " · ".join(titles) for code, titles in spending.groups(session, language()).items()}


@room.page("/<uuid:id>", access=KEEPER, purpose=Purpose.POINTS)
def show(session: Session, actor: Actor, id: UUID) -> str:
    """One shop: its facts, what is to be done, its people and terminals."""
    return _page(session, actor, contracts.partner(session, id))


def _page(
    session: Session,
    actor: Actor,
    one: PointPartner,
    *,
    refusal: Refusal | None = None,
    keeper: ShopKeeperForm | None = None,
    terminal: TerminalForm | None = None,
) -> str:
    is_new = one.state in (State.APPLIED, State.CHECKED)
    account = contracts.bank_of(session, hall().settings.file_ring, one) if is_new else None
    contract, group = ContractForm.read(), GroupForm.read(group=one.group)
    for form in (contract, group):
        form.offer(_groups(session))
    return render_template(
        "partners/partner.html",
        shop=one,
        state=_state(one),
        account=account,
        deposit=_(DEPOSIT_WORDS[account.deposit]) if account else "",
        bank=banks.names(session, account.bank, account.branch) if account else "",
        contract=contract,
        keeper=keeper or ShopKeeperForm.read(),
        terminal=terminal or TerminalForm.read(),
        keepers=[_keeper(session, actor, who) for who in naming.named(session, one.id)],
        group=group,
        coupons=_groups(session).get(one.group, one.group) or _("None"),
        may_group=actor.may(Permission.POINTS_APPROVE),
        terminals=terminals.terminals_of(session, one.id),
        moves=_moves(session, one),
        may_decide=actor.may(Permission.POINTS_APPROVE) and one.checked_by != actor.id,
        refusal=refusal,
    )


def _keeper(session: Session, actor: Actor, row: PartnerKeeper) -> dict[str, Any]:
    waits = row.named_by is not None and row.agreed_by is None
    return {
        "id": row.resident_id,
        "name": residents.look_up(session, row.resident_id).known_as,
        "waits": waits,
        "may_agree": waits and row.named_by != actor.id and actor.may(Permission.POINTS_APPROVE),
    }


def _moves(session: Session, one: PointPartner) -> list[dict[str, Any]]:
    """Terminals that are to come, or to leave, once a second person agrees."""
    changes = moving.waiting(session, one.id)
    machines = devices.machines(session, [change.client for change in changes if change.client])
    ends = {end for change in changes for end in (change.from_id, change.partner_id) if end}
    names = {shop.id: shop.name for shop in contracts.partners_of(session, ends)}
    return [
        {
            "change": change,
            "client": machines[change.client].client_id,
            "words": _("Comes from %(shop)s", shop=names[change.from_id])
            if change.partner_id == one.id
            else _("Goes to %(shop)s", shop=names[change.partner_id]),
        }
        for change in changes
        if change.client and change.from_id
    ]


@room.page("/<uuid:id>/check", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def check(session: Session, actor: Actor, id: UUID) -> Any:
    """The first person saw everything and enters the contract."""
    form, one = ContractForm.read(), contracts.partner(session, id)
    form.offer(_groups(session))
    try:
        with session.begin_nested():
            if not set(request.form.getlist("seen")) >= SEEN:
                raise rules.ChecksOpen
            if not form.validate() or not form.first.data or not form.last.data:
                raise rules.ContractUnclear
            first, last, group = form.first.data, form.last.data, form.group.data or ""
            contracts.check(session, actor, id, first=first, last=last, group=group)
    except DECIDED as refusal:
        session.expire_all()
        return _page(session, actor, one, refusal=refusal), refusal.status
    return redirect(url_for(".show", id=id), 303)


@room.page("/<uuid:id>/decide", access=APPROVER, purpose=Purpose.POINTS, methods=("POST",))
def decide(session: Session, actor: Actor, id: UUID) -> Any:
    """The second person lets the shop take points, or says why not."""
    one, yes = contracts.partner(session, id), pressed("approve", "refuse") == "approve"
    if refusal := refused(
        session, lambda: contracts.decide(session, actor, id, yes=yes, note="" if yes else _note()), DECIDED
    ):
        return _page(session, actor, one, refusal=refusal), refusal.status
    return redirect(url_for(".show", id=id), 303)


def _note() -> str:
    try:
        return text.single_line(request.form.get("note", ""), longest=300)
    except TextRefused:
        raise AnswerNeeded from None


@room.page("/<uuid:id>/suspend", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def suspend(session: Session, actor: Actor, id: UUID) -> Any:
    """The shop takes no points until further notice."""
    one = contracts.partner(session, id)
    if refusal := refused(session, lambda: contracts.suspend(session, id, _note()), DECIDED):
        return _page(session, actor, one, refusal=refusal), refusal.status
    return redirect(url_for(".show", id=id), 303)


@room.page("/<uuid:id>/resume", access=APPROVER, purpose=Purpose.POINTS, methods=("POST",))
def resume(session: Session, actor: Actor, id: UUID) -> Any:
    """It takes points again."""
    one = contracts.partner(session, id)
    if refusal := refused(session, lambda: contracts.resume(session, id), DECIDED):
        return _page(session, actor, one, refusal=refusal), refusal.status
    return redirect(url_for(".show", id=id), 303)


@room.page("/<uuid:id>/keepers", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def name_keeper(session: Session, actor: Actor, id: UUID) -> Any:
    """Name a resident who acts for the shop."""
    form, one = ShopKeeperForm.read(), contracts.partner(session, id)
    if not form.validate():
        return _page(session, actor, one, keeper=form), 422
    try:
        naming.name(session, actor, id, form.number.data or "")
    except KeeperUnknown as refusal:
        form.number.errors = [f"{_(refusal.message)} {_(refusal.next_step)}"]
        return _page(session, actor, one, keeper=form), 422
    return redirect(url_for(".show", id=id), 303)


@room.page("/<uuid:id>/keepers/<uuid:who>/agree", access=APPROVER, purpose=Purpose.POINTS, methods=("POST",))
def agree_keeper(session: Session, actor: Actor, id: UUID, who: UUID) -> Any:
    """The second person: they act for the shop."""
    one = contracts.partner(session, id)
    if refusal := refused(session, lambda: naming.agree(session, actor, id, who), DECIDED):
        return _page(session, actor, one, refusal=refusal), refusal.status
    return redirect(url_for(".show", id=id), 303)


@room.page("/<uuid:id>/group", access=APPROVER, purpose=Purpose.POINTS, methods=("POST",))
def change_group(session: Session, actor: Actor, id: UUID) -> Any:
    """The coupons the shop takes are those of this group."""
    form = GroupForm.read()
    form.offer(_groups(session))
    if not form.validate():
        return _page(session, actor, contracts.partner(session, id)), 422
    contracts.take_coupons_of(session, id, form.group.data or "")
    return redirect(url_for(".show", id=id), 303)


@room.page("/<uuid:id>/keepers/<uuid:who>/dismiss", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def dismiss_keeper(session: Session, actor: Actor, id: UUID, who: UUID) -> Any:
    """They act for the shop no longer."""
    naming.dismiss(session, id, who)
    return redirect(url_for(".show", id=id), 303)


@room.page("/<uuid:id>/terminals", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def place_terminal(session: Session, actor: Actor, id: UUID) -> Any:
    """A terminal stands in this shop; one of another shop does once a second person agreed."""
    form, one = TerminalForm.read(), contracts.partner(session, id)
    if not form.validate():
        return _page(session, actor, one, terminal=form), 422
    try:
        with session.begin_nested():
            moving.place(session, actor, form.client.data or "", id)
    except (rules.NoSuchTerminal, change_rules.ChangeOpen, change_rules.NotUnderContract) as refusal:
        form.client.errors = [f"{_(refusal.message)} {_(refusal.next_step)}"]
        return _page(session, actor, one, terminal=form), 422
    return redirect(url_for(".show", id=id), 303)


# ---- what is paid -------------------------------------------------------------------------


@room.page("/payments", access=KEEPER, purpose=Purpose.POINTS)
def payments(session: Session, actor: Actor) -> str:
    """A month's statements: approved by one person, brought to the bank by another."""
    return _payments(session, actor)


def _payments(session: Session, actor: Actor, refusal: Refusal | None = None) -> str:
    months = settling.months(session)
    chosen = _month(request.values.get("month", "")) or (months[0] if months else None)
    rows = settling.of_month(session, chosen) if chosen else []
    return render_template(
        "partners/payments.html",
        months=months,
        month=chosen,
        today=clock.today(),
        rows=rows,
        total=sum(one.yen for one, _shop in rows),
        open=sum(one.approved_by is None for one, _shop in rows),
        is_filed=all(one.paid_by for one, _shop in rows),
        may_approve=actor.may(Permission.POINTS_APPROVE),
        may_file=chosen is not None and settling.may_make_file(session, actor, chosen),
        refusal=refusal,
    )


def _month(typed: str) -> date | None:
    try:
        return date.fromisoformat(f"{typed}-01")
    except ValueError:
        return None


@room.page("/payments/approve", access=APPROVER, purpose=Purpose.POINTS, methods=("POST",))
def approve_payments(session: Session, actor: Actor) -> Any:
    """The month's statements may be paid."""
    month = _month(request.form.get("month", ""))
    if month is None:
        raise rules.StatementUnknown
    settling.approve(session, actor, month)
    return redirect(url_for(".payments", month=f"{month:%Y-%m}"), 303)


@room.page("/payments/<number>/returned", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def money_came_back(session: Session, actor: Actor, number: str) -> Any:
    """The bank sent a payment back: it waits for approval and another file."""
    try:
        with session.begin_nested():
            one = settling.came_back(session, actor, number, _note())
    except (rules.NotPaidOut, AnswerNeeded) as refusal:
        session.expire_all()
        return _payments(session, actor, refusal), refusal.status
    return redirect(url_for(".payments", month=f"{one.month:%Y-%m}"), 303)


@room.page("/payments/file", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def bank_file(session: Session, actor: Actor) -> Any:
    """The file for the bank (総合振込)."""
    month = _month(request.form.get("month", ""))
    if month is None:
        raise rules.StatementUnknown
    try:
        content = settling.bank_file(
            session, actor, hall().settings.file_ring, _payer(), month=month, today=clock.today()
        )
    except rules.NothingToPay as refusal:
        return _payments(session, actor, refusal), refusal.status
    headers = {"Content-Disposition": f'attachment; filename="furikomi-{month:%Y-%m}.txt"'}
    return Response(content, mimetype="application/octet-stream", headers=headers)


def _payer() -> zengin.Payer:
    code, bank, branch, deposit, number = hall().settings.payout_account.split(":")
    name = hall().settings.payout_name
    return zengin.Payer(code, name, BankAccount(bank, branch, deposit, number, name))
