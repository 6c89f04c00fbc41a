"""The city's page of what is to change with a shop: checked by one person, decided by another, stopped by anybody."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.banks import service as banks
from portal.core import clock, text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.text import TextRefused
from portal.devices import service as devices
from portal.points.deeds import refused
from portal.points.partners import change_rules, changes, contracts, rules
from portal.points.partners.bank import DEPOSIT_WORDS
from portal.points.partners.change_rules import CHANGE_WORDS, STEP_WORDS, Change, Step
from portal.points.partners.forms import LastDayForm
from portal.points.partners.models import PartnerBank, PartnerChange, PointPartner
from portal.points.programmes.routes import APPROVER, KEEPER
from portal.points.programmes.rules import AnswerNeeded
from portal.web.decisions import pressed
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("partner_changes", __name__, "/staff/partners")
SEEN = {"called", "own"}
REFUSED = (
    change_rules.ChangeOpen, change_rules.ChangeDecided, change_rules.NotUnderContract, change_rules.TooEarlyToRenew,
    change_rules.DayUnclear, change_rules.TerminalGone, rules.SecondPersonNeeded, rules.ChecksOpen, AnswerNeeded,
)  # fmt: skip


@room.page("/<uuid:id>/changes", access=KEEPER, purpose=Purpose.POINTS)
def show(session: Session, actor: Actor, id: UUID) -> str:
    """What was asked for and what became of it."""
    return _page(session, actor, contracts.partner(session, id))


def _page(session: Session, actor: Actor, one: PointPartner, refusal: Refusal | None = None) -> str:
    return render_template(
        "partners/changes.html",
        shop=one,
        under_contract=one.state in changes.UNDER_CONTRACT,
        rows=[_words(row) for row in changes.changes_of(session, one.id)],
        form=LastDayForm.read(),
        refusal=refusal,
    )


def _words(row: PartnerChange) -> dict[str, Any]:
    words, tone = rules.TURNED_DOWN if row.step == Step.REFUSED else STEP_WORDS[row.step]
    return {"change": row, "kind": _(CHANGE_WORDS[row.kind]), "step": (_(words), tone)}


@room.page("/<uuid:id>/changes/<uuid:which>", access=KEEPER, purpose=Purpose.POINTS)
def show_one(session: Session, actor: Actor, id: UUID, which: UUID) -> str:
    """One request; its account is opened while somebody has to look at it."""
    return _one_page(session, actor, *_one(session, id, which))


def _one_page(
    session: Session, actor: Actor, one: PointPartner, change: PartnerChange, refusal: Refusal | None = None
) -> str:
    row, form = _shown(session, actor, change), LastDayForm.read()
    return render_template("partners/change.html", shop=one, row=row, form=form, refusal=refusal)


def _shown(session: Session, actor: Actor, row: PartnerChange) -> dict[str, Any]:
    account = None
    if row.bank_id and row.step in (Step.ASKED, Step.CHECKED):
        account = contracts.open_bank(session, hall().settings.file_ring, session.get_one(PartnerBank, row.bank_id))
    return _words(row) | {
        "account": account,
        "terminal": _terminal(session, row),
        "deposit": _(DEPOSIT_WORDS[account.deposit]) if account else "",
        "bank": banks.names(session, account.bank, account.branch) if account else "",
        "may_stop": changes.may_stop(row, clock.today()),
        "may_decide": actor.may(Permission.POINTS_APPROVE) and row.checked_by != actor.id,
    }


def _terminal(session: Session, row: PartnerChange) -> list[dict[str, str]]:
    """Which one, and where it stands until a second person agrees."""
    if row.client is None or row.from_id is None:
        return []
    machine = devices.machines(session, [row.client])[row.client]
    return [
        {"label": _("ID of the terminal"), "value": machine.client_id},
        {"label": _("Name of the terminal"), "value": machine.name},
        {"label": _("From the shop"), "value": contracts.partner(session, row.from_id).name},
    ]


@room.page("/<uuid:id>/changes/<uuid:which>/check", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def check(session: Session, actor: Actor, id: UUID, which: UUID) -> Any:
    """The first person called the shop back, or agreed on a last day with it."""
    one, change = _one(session, id, which)

    def deed() -> None:
        if change.kind == Change.ACCOUNT and not set(request.form.getlist("seen")) >= SEEN:
            raise rules.ChecksOpen
        changes.check(session, actor, change, until=_day() if change.kind == Change.RENEWAL else None)

    return _deal(session, actor, one, change, deed)


@room.page("/<uuid:id>/changes/<uuid:which>/decide", access=APPROVER, purpose=Purpose.POINTS, methods=("POST",))
def decide(session: Session, actor: Actor, id: UUID, which: UUID) -> Any:
    """The second person agrees, or says why not."""
    one, change = _one(session, id, which)
    yes = pressed("approve", "refuse") == "approve"
    why = "" if yes else "note"
    return _deal(session, actor, one, change, lambda: changes.decide(session, actor, change, yes=yes, note=_note(why)))


@room.page("/<uuid:id>/changes/<uuid:which>/stop", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def stop(session: Session, actor: Actor, id: UUID, which: UUID) -> Any:
    """The shop said it did not ask for this, or it was a mistake."""
    one, change = _one(session, id, which)
    return _deal(session, actor, one, change, lambda: changes.stop(session, change, _note("why")))


@room.page("/<uuid:id>/renewal", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def begin_renewal(session: Session, actor: Actor, id: UUID) -> Any:
    """The city begins a renewal for a shop that asked by telephone or letter."""
    one = contracts.partner(session, id)
    return _do(session, actor, one, lambda: changes.ask_for_renewal(session, one, None))


@room.page("/<uuid:id>/end", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def propose_end(session: Session, actor: Actor, id: UUID) -> Any:
    """The city wants to end the contract; a second person decides."""
    one = contracts.partner(session, id)
    return _do(session, actor, one, lambda: changes.propose_end(session, actor, one, _day(), _note("note")))


def _one(session: Session, id: UUID, which: UUID) -> tuple[PointPartner, PartnerChange]:
    return contracts.partner(session, id), changes.change_of(session, id, which)


def _day() -> Any:
    form = LastDayForm.read()
    return form.last.data if form.validate() else None


def _note(name: str) -> str:
    """What was typed in a field that is needed; "" names none."""
    try:
        return text.single_line(request.form.get(name, ""), longest=300) if name else ""
    except TextRefused:
        raise AnswerNeeded from None


def _deal(session: Session, actor: Actor, one: PointPartner, change: PartnerChange, deed: Callable[[], object]) -> Any:
    if refusal := refused(session, deed, REFUSED):
        return _one_page(session, actor, one, change, refusal), refusal.status
    return redirect(url_for("partner_changes.show_one", id=one.id, which=change.id), 303)


def _do(session: Session, actor: Actor, one: PointPartner, deed: Callable[[], object]) -> Any:
    if refusal := refused(session, deed, REFUSED):
        return _page(session, actor, one, refusal), refusal.status
    return redirect(url_for("partner_changes.show", id=one.id), 303)
