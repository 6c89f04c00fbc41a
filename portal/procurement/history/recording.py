"""A decided tender of ours becomes an award, as those of files are."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from portal.core.clock import JST
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.procurement.history import rules
from portal.procurement.history.models import Award, AwardBid
from portal.procurement.models import Tender, TenderBid


def record(session: Session, tender: Tender, bids: Sequence[TenderBid]) -> None:
    """Keep it once; *bids* are all of it, one of them won."""
    won = next(bid for bid in bids if bid.won)
    row = _row(tender, won, len(bids))
    if insert_once(session, Award.__table__, row):  # type: ignore[arg-type]
        rows = [{"award_id": row["id"], "number": bid.number, "amount": bid.amount, "won": bid.won} for bid in bids]
        session.execute(insert(AwardBid), rows)


def forget(session: Session, tender: Tender) -> None:
    """Take a decided tender of ours out again: its result was wrong."""
    mine = select(Award.id).where(Award.tender_id == tender.id)
    session.execute(delete(AwardBid).where(AwardBid.award_id.in_(mine)))
    session.execute(delete(Award).where(Award.tender_id == tender.id))


def _row(tender: Tender, won: TenderBid, bidders: int) -> dict[str, Any]:
    assert tender.decided_at is not None
    announced = tender.published_at.astimezone(JST).date() if tender.published_at else None
    closed, awarded = (at.astimezone(JST).date() for at in (tender.submissions_until, tender.decided_at))
    return {
        "id": new_id(), "agency_code": tender.agency_code, "reference": tender.number, "tender_id": tender.id,
        "title": tender.title, "category": tender.category, "method": tender.method, "item": tender.item,
        "unit": tender.unit, "quantity": tender.quantity, "amount": won.amount, "estimate": tender.estimate,
        "announced_on": announced, "closed_on": closed, "awarded_on": awarded, "year": rules.fiscal_year(awarded),
        "notice_days": rules.business_days(announced, closed) if announced else None,
        "lead_days": (awarded - announced).days if announced else None, "bidders": bidders, "winner": won.number,
        "winner_name": won.name,
    }  # fmt: skip
