"""Who is told of a tender: one statement chooses all companies its conditions fit, and says why each."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, and_, case, cast, func, literal, select
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core import clock
from portal.core.words import N_
from portal.procurement.grades import periods
from portal.procurement.models import Qualification, Suspension, Tender, TenderBid, TenderMute
from portal.procurement.rules import State, SuspensionState

NEW_TENDER = (
    N_("New tender: %(title)s"),
    N_("%(agency)s has published a tender that fits your company. Bids are taken until %(until)s."),
)
Company = companies.AnyCompany


def fitting(tender: Tender, today: date) -> Select[UUID, str]:
    """(company, reason) of all who may take part and want to hear of the category.

    Who is out is asked once for all, not once a company: of 50,000 companies each question asked by the row is a
    tenth of a second.
    """
    muted = select(TenderMute.company_id).where(TenderMute.category == tender.category)
    return entitled(tender, today).where(Company.id.not_in(muted))


def entitled(tender: Tender, today: date) -> Select[UUID, str]:
    """(company, reason) of all whose grade of this body and category is asked for and holds today, whose address is in
    the region, and that are neither closed nor suspended by this body: those who may take part."""
    region = literal(f"region={tender.region};") if tender.region else literal("anywhere=1;")
    won = _won_before(tender.category)
    newest = periods.newest_begun(tender.agency_code, tender.category, today).subquery()
    chosen = (
        select(Company.id, cast(literal("grade=") + Qualification.grade + literal(";") + region + won, String(200)))
        .join(Qualification, Qualification.company_id == Company.id)
        .join(
            newest,
            and_(newest.c.company_id == Qualification.company_id, newest.c.begun == Qualification.valid_from),
        )
        .where(
            Qualification.agency_code == tender.agency_code,
            Qualification.category == tender.category,
            Qualification.grade.in_(tender.grades),
            Qualification.valid_until >= today,
            Company.closed_on.is_(None),
            Company.id.not_in(suspended(tender.agency_code, today)),
        )
    )
    return chosen.where(Company.region.startswith(tender.region, autoescape=True)) if tender.region else chosen


def suspended(agency_code: str, today: date) -> Select[UUID]:
    """The companies a suspension of this body is in force against today."""
    return select(Suspension.company_id).where(
        Suspension.agency_code == agency_code,
        Suspension.state == SuspensionState.IN_FORCE,
        Suspension.begins_on <= today,
        Suspension.ends_on >= today,
    )


def _won_before(category: str) -> Any:
    """ "won=3" for who won tenders of this category before, of any body here; nothing for the others. Only winners are
    counted one by one: who is among them is looked up in one list."""
    won = TenderBid.won.is_(True), Tender.category == category, Tender.state == State.AWARDED
    bids = select(func.count()).select_from(TenderBid).join(Tender, Tender.id == TenderBid.tender_id)
    times = bids.where(*won, TenderBid.number == Company.key).correlate(Company).scalar_subquery()
    winners = select(TenderBid.number).join(Tender, Tender.id == TenderBid.tender_id).where(*won)
    return case((Company.key.in_(winners), literal("won=") + cast(times, String(10))), else_="")


def push(session: Session, tender: Tender, *, sender: str) -> int:
    """Tell all whom the conditions fit, once; how many they are."""
    return companies.tell_selected(
        session,
        fitting(tender, clock.today()),
        key=f"tender:{tender.id}",
        text=NEW_TENDER,
        facts={
            "title": tender.title,
            "agency": sender,
            "until": tender.submissions_until.astimezone(clock.JST).date().isoformat(),
        },
        link=f"/business/tenders/{tender.number}",
        sender=sender,
    )
