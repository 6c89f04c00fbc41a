"""Points for applications sent online and finished: from a programme with a budget, like all others (decisions/0098).

How many a procedure promises stands with the procedure; the programme says how many of them it gives, within which caps, and
until when. What ends when the budget is spent is noted, and paid as soon as there is budget again.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.applications.events import ApplicationCompleted
from portal.core import clock, outbox
from portal.core.actor import Actor, Kind
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import known
from portal.points.ledger.models import PointTransfer
from portal.points.ledger.rules import PotEmpty, Reason
from portal.points.programmes import earning, unpaid
from portal.points.programmes import service as programmes
from portal.points.programmes.earning import Act
from portal.points.programmes.models import PointProgramme
from portal.points.programmes.rules import Unit
from portal.points.rules import earns_e_service

CARRY_OVER = "points.carry-over-e-services"
"""Asked for by the migration, in a city that gave such points before there was a programme for them."""
CODE = "e-services"
YEAR = timedelta(days=365)
LEAST_BUDGET = 100_000
TITLE = {
    "ja": "オンライン申請", "en": "Online applications", "zh": "网上申请", "ko": "온라인 신청", "es": "Solicitudes en línea",
    "pt": "Solicitações on-line",
}  # fmt: skip
BEFORE = "プログラム導入前の運用を引き継ぎ"
FORMER = tuple(Actor(Kind.SYSTEM, id=UUID(int=number), label=BEFORE) for number in (1, 2))
"""Nobody proposed or approved what is carried over: it was so before there were programmes for it."""
KEY = "application:"
BATCH = 200


def completed(session: Session, event: ApplicationCompleted) -> None:
    """An e-service was used to its end: the procedure's points, once an application. Nobody waits for a budget."""
    key = f"{KEY}{event.application_id}"
    if not earns_e_service(event.points, event.channel) or known(session, [key, f"earn:{key}"]):
        return  # given, before there was a programme or since
    terms = programmes.in_force(session, Reason.E_SERVICE, Unit.PROMISED, clock.today())
    if terms is None:
        return
    act = Act(
        fact=key, key=key, programme=terms.programme, resident_id=event.resident_id, quantity=event.points,
        at=clock.now(), case_ref=event.reference,
    )  # fmt: skip
    try:
        _give(session, act)
    except PotEmpty:
        unpaid.note(session, act, terms.points * event.points)


def _give(session: Session, act: Act) -> None:
    """Raises NoTerms, PotEmpty."""
    earned = earning.earn_all(session, [act])[0]
    if earned.given:
        facts = {"points": earned.given}
        applications.add_to_timeline(session, UUID(act.key.removeprefix(KEY)), "points-credited", facts)


def pay_unpaid(session: Session, payload: dict[str, Any], *, batch: int = BATCH) -> None:
    """A programme has a new budget: what waited for it is paid by the terms of its own day, the oldest first, as far as the
    budget reaches (worker). All people's accounts are locked before the pot, as by all who pay."""
    waiting = unpaid.waiting(session, payload["programme"], limit=batch)
    ledger.hold_accounts(session, {one.resident_id for one in waiting})
    for one in waiting:
        act = Act(
            fact=one.key, key=one.key, programme=one.programme, resident_id=one.resident_id, quantity=one.quantity,
            at=one.at, case_ref=one.case_ref,
        )  # fmt: skip
        try:
            _give(session, act)
        except PotEmpty:
            return
        session.delete(one)
    if len(waiting) == batch:
        outbox.post(session, programmes.PAY_UNPAID, payload, lane=outbox.Lane.BULK)


def carry_over(session: Session, _payload: dict[str, Any]) -> None:
    """The programme of a city that gave these points before: with what they cost in the last twelve months for another
    twelve, unless it has one (worker, once). The section sees it in its list, and proposes other terms where it wants."""
    if session.scalar(select(PointProgramme.code).where(PointProgramme.unit == Unit.PROMISED).limit(1)):
        return
    began = clock.now() - YEAR
    lately = select(func.sum(PointTransfer.amount)).where(
        PointTransfer.reason == Reason.E_SERVICE, PointTransfer.key.startswith(KEY), PointTransfer.at >= began
    )
    today = clock.today()
    facts = {
        "title": TITLE, "points": 1, "budget": max(LEAST_BUDGET, session.scalar(lately) or 0), "per_day": None,
        "per_month": None, "per_person": None, "begins_on": today, "ends_on": today + YEAR, "why": BEFORE,
    }  # fmt: skip
    taken = {one.code for one in programmes.programmes(session)}
    code = next(name for name in (CODE, *(f"{CODE}-{number}" for number in range(2, 100))) if name not in taken)
    proposer, approver = FORMER
    programmes.create(session, proposer, code=code, reason=Reason.E_SERVICE, unit=Unit.PROMISED, facts=facts)
    programmes.approve(session, approver, code, 1)
