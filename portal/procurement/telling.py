"""Who hears what becomes of a tender: all who were told of it, showed interest, asked, or filed; and who is let in later."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core import clock
from portal.core.clock import JST
from portal.procurement import matching
from portal.procurement.models import Agency, Tender, TenderInterest, TenderQuestion
from portal.procurement.sealed.models import Quotation

PAGE = 100
Company, Notice, Delivery = companies.AnyCompany, companies.AnyNotice, companies.AnyDelivery


def _keys(tender_id: UUID) -> Any:
    """The notices that a tender is there: the first one, and those to whom an amendment let in."""
    return (Notice.key == f"tender:{tender_id}") | Notice.key.startswith(f"tender:{tender_id}:let-in:")


def told(tender_id: UUID) -> Select[UUID, str]:
    """(company, reason) of all who were told that the tender is there."""
    rows = select(Delivery.company_id, Delivery.reason).join(Notice, Notice.id == Delivery.notice_id)
    return rows.where(_keys(tender_id))


def taking_part(tender_id: UUID) -> Select[UUID, str]:
    """(company, "") of all who showed interest, asked, or filed a quotation, told or not."""
    kinds = (TenderInterest, TenderQuestion, Quotation)
    rows = union_all(
        *(select(kind.company_id.label("company")).where(kind.tender_id == tender_id) for kind in kinds)
    ).subquery()
    return select(rows.c.company, literal("")).distinct()


def concerned(tender_id: UUID) -> Select[UUID, str]:
    """(company, reason) of all whom it concerns what becomes of a tender, each once."""
    rows = union_all(told(tender_id), taking_part(tender_id)).subquery()
    company, reason = rows.c
    return select(company, func.max(reason)).group_by(company)


def tell_again(
    session: Session, tender: Tender, agency: Agency, step: str, text: tuple[str, str], why: str = ""
) -> None:
    """All whom the tender concerns hear of what became of it."""
    _tell(session, concerned(tender.id), tender, agency, step, text, {"title": tender.title, "why": why})


def tell_who_takes_part(session: Session, tender: Tender, agency: Agency, key: str, text: tuple[str, str]) -> None:
    """Those who take part hear that a question was answered."""
    _tell(session, taking_part(tender.id), tender, agency, "", text, {"title": tender.title}, key=key)


def tell_to_file_again(session: Session, tender: Tender, agency: Agency, terms: int, text: tuple[str, str]) -> None:
    """Companies whose quotation was filed for something else hear that it does not count."""
    old = select(Quotation.company_id, literal("")).where(Quotation.tender_id == tender.id, Quotation.terms < terms)
    facts = {"title": tender.title, "closes": tender.submissions_until.astimezone(JST).isoformat(timespec="minutes")}
    _tell(session, old, tender, agency, f"file-again:{terms}", text, facts)


def push_let_in(session: Session, tender: Tender, agency: Agency, number: int) -> int:
    """Whoever fits since release *number* and was not told before is told with the usual reason; how many."""
    fitting = matching.fitting(tender, clock.today())
    known = concerned(tender.id).subquery().c[0]
    return matching.push(
        session, tender, fitting.where(Company.id.not_in(select(known))), key=f"let-in:{number}", sender=agency.name
    )


def _tell(
    session: Session,
    chosen: Select[UUID, str],
    tender: Tender,
    agency: Agency,
    step: str,
    text: tuple[str, str],
    facts: dict[str, str],
    *,
    key: str = "",
) -> None:
    companies.tell_selected(
        session,
        chosen,
        key=key or f"tender:{tender.id}:{step}",
        text=text,
        facts=facts,
        link=f"/business/tenders/{tender.number}",
        sender=agency.name,
    )


def receipts(session: Session, tender_id: UUID) -> dict[str, int]:
    """How many were told, have opened it and mean to take part."""
    counted = select(func.count(), func.count(Delivery.read_at)).join(Notice, Notice.id == Delivery.notice_id)
    told_, read = session.execute(counted.where(_keys(tender_id))).one()
    interested = select(func.count()).where(TenderInterest.tender_id == tender_id)
    return {"told": told_, "read": read, "interested": session.scalar(interested) or 0}


def lines(session: Session, tender_id: UUID, *, most: int | None = PAGE) -> Sequence[Any]:
    """(company, number, reason, opened at) of *most* of those who were told, or of all; who opened it first is first."""
    query = (
        select(Company.name, Company.key, Delivery.reason, Delivery.read_at)
        .join(Delivery, Delivery.company_id == Company.id)
        .join(Notice, Notice.id == Delivery.notice_id)
        .where(_keys(tender_id))
        .order_by(Delivery.read_at.is_(None), Delivery.read_at, Company.key)
    )
    return session.execute(query.limit(most)).all()
