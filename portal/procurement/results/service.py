"""Taking a result back: proposed by one person, done by another (decision 92)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.words import N_
from portal.procurement import ocds, telling, tenders
from portal.procurement.history import recording
from portal.procurement.models import Tender, TenderBid, TenderRelease
from portal.procurement.results import rules
from portal.procurement.results.models import ResultWithdrawal
from portal.procurement.rules import State
from portal.procurement.sealed import opening

WITHDRAWN = (N_("Result taken back: %(title)s"), N_("Reason: %(why)s It will be decided anew."))
DECIDED = (State.AWARDED, State.UNSUCCESSFUL)


def waiting(session: Session, tender_id: UUID) -> ResultWithdrawal | None:
    """The proposal that waits for a second person."""
    mine = ResultWithdrawal.tender_id == tender_id, ResultWithdrawal.approved_at.is_(None)
    return session.scalar(select(ResultWithdrawal).where(*mine))


def reasons(session: Session, tender_id: UUID) -> Sequence[str]:
    """Why results were taken back, the oldest first."""
    mine = ResultWithdrawal.tender_id == tender_id, ResultWithdrawal.approved_at.is_not(None)
    return session.scalars(select(ResultWithdrawal.reason).where(*mine).order_by(ResultWithdrawal.approved_at)).all()


def check(tender: Tender) -> None:
    """Raise NoResult or ResultFollows."""
    if tender.state not in DECIDED:
        raise rules.NoResult
    if tender.sealed and tender.state == State.UNSUCCESSFUL:
        raise rules.ResultFollows


def propose(session: Session, actor: Actor, tender_id: UUID, why: str) -> None:
    """Say why the result is wrong; nothing follows until a second person agrees. Raises NoResult, ResultFollows,
    WithdrawalMoved."""
    tender, _agency = tenders.own(session, actor, tender_id)
    check(tender)
    row = {
        "id": new_id(), "tender_id": tender.id, "reason": why, "proposed_by": actor.id, "proposed_at": clock.now(),
        "approved_by": None, "approved_at": None, "award": None,
    }  # fmt: skip
    if not insert_once(session, ResultWithdrawal.__table__, row):  # type: ignore[arg-type]
        raise rules.WithdrawalMoved
    did(session, Action.CREATE, whose=None, what="result_withdrawals", case_ref=tender.number)


def drop(session: Session, actor: Actor, tender_id: UUID) -> None:
    """The result stays; anybody of the body who may write tenders can say so. Raises WithdrawalMoved."""
    tender, _agency = tenders.own(session, actor, tender_id)
    mine = ResultWithdrawal.tender_id == tender.id, ResultWithdrawal.approved_at.is_(None)
    if not session.execute(delete(ResultWithdrawal).where(*mine)).rowcount:  # type: ignore[attr-defined]
        raise rules.WithdrawalMoved
    did(session, Action.DELETE, whose=None, what="result_withdrawals", case_ref=tender.number)


def confirm(session: Session, actor: Actor, tender_id: UUID) -> None:
    """The second person agrees: the award is cancelled, out of the statistics, told to all whom it concerns, and the tender
    waits for its result again. Raises WithdrawalMoved, WithdrawalNotYours, NoResult."""
    tender, agency = tenders.own(session, actor, tender_id)
    found = waiting(session, tender.id)
    if found is None:
        raise rules.WithdrawalMoved
    if found.proposed_by == actor.id:
        raise rules.WithdrawalNotYours
    check(tender)
    won, award = tender.state == State.AWARDED, _award(session, tender, found.reason)
    taken = session.execute(
        update(ResultWithdrawal)
        .where(ResultWithdrawal.id == found.id, ResultWithdrawal.approved_at.is_(None))
        .values(approved_by=actor.id, approved_at=clock.now(), award=award)
    ).rowcount  # type: ignore[attr-defined]
    if not taken:
        raise rules.WithdrawalMoved
    did(session, Action.CHANGE, whose=None, what="result_withdrawals", case_ref=tender.number)
    tenders.step(session, tender, tender.version, State.ACTIVE, decided_at=None, reason="")
    if tender.sealed:
        opening.leave_out_winner(session, tender)
    session.execute(update(TenderBid).where(TenderBid.tender_id == tender.id).values(won=False))
    recording.forget(session, tender)
    tag = "awardCancellation" if won else "tenderUpdate"
    number = tenders.publish_release(session, tender, agency, tag=tag, why=found.reason)
    telling.tell_again(session, tender, agency, f"withdrawn:{number}", WITHDRAWN, why=found.reason)


def _award(session: Session, tender: Tender, why: str) -> dict[str, object] | None:
    """The award as it was published last, cancelled; None where there was none."""
    newest = select(TenderRelease.body).where(TenderRelease.tender_id == tender.id)
    body = session.scalars(newest.order_by(TenderRelease.number.desc()).limit(1)).one()
    return ocds.cancelled(body["awards"][-1], why, at=clock.now()) if tender.state == State.AWARDED else None
