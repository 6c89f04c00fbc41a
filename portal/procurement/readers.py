"""What the page of one tender says to the company that reads it: what it asked, what it filed, what it may still do."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.procurement import matching, rules, tenders
from portal.procurement.clarifying import service as clarifying
from portal.procurement.models import Tender, TenderQuestion, TenderRelease
from portal.procurement.sealed import service as sealed

AMENDMENT = "tenderAmendment"


@dataclass(frozen=True, slots=True)
class Reader:
    """One company before one tender; `filed` is a quotation for what is bought now, `outdated` one for something else;
    `may_file` is asked only where quotations are taken and none of the first kind is there."""

    interested: bool
    may_write: bool
    filed: bool
    outdated: bool
    may_file: bool
    asked: Sequence[TenderQuestion]


def reader(session: Session, tender: Tender, company_id: UUID) -> Reader:
    """Where a company stands with this tender."""
    quotation = sealed.own_quotation(session, tender, company_id) if tender.sealed else None
    outdated = quotation is not None and sealed.is_outdated(session, tender, quotation)
    filed = quotation is not None and not outdated
    open_now = tender.state == rules.State.ACTIVE and tender.submissions_until > clock.now()
    return Reader(
        interested=tenders.is_interested(session, tender.id, company_id),
        may_write=clarifying.is_bidder(session, tender, company_id),
        filed=filed,
        outdated=outdated,
        may_file=tender.sealed and open_now and not filed and sealed.may_file(session, tender, company_id),
        asked=_waiting(session, tender.id, company_id),
    )


def _waiting(session: Session, tender_id: UUID, company_id: UUID) -> Sequence[TenderQuestion]:
    """The company's own questions nobody has answered yet; the others' are not shown before their answers."""
    mine = (TenderQuestion.tender_id == tender_id, TenderQuestion.company_id == company_id)
    query = select(TenderQuestion).where(*mine, TenderQuestion.answered_at.is_(None))
    return session.scalars(query.order_by(TenderQuestion.asked_at, TenderQuestion.id)).all()


def is_amended(session: Session, tender: Tender) -> bool:
    """Whether something was changed after it was published; what was changed in the draft concerns nobody."""
    bodies = session.scalars(select(TenderRelease.body).where(TenderRelease.tender_id == tender.id))
    return any(AMENDMENT in body["tag"] for body in bodies)


def to_be_told(session: Session, tender: Tender) -> int:
    """How many companies a tender would be told to if it were published now."""
    fitting = matching.fitting(tender, clock.today()).subquery()
    return session.scalar(select(func.count()).select_from(fitting)) or 0
