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
from portal.procurement.history.models import Award, AwardBid
from portal.procurement.models import Qualification, Suspension, Tender, TenderMute
from portal.procurement.papers import shelf
from portal.procurement.rules import Doubt, SuspensionState

NEW_TENDER = (
    N_("New tender: %(title)s"),
    N_(
        "%(agency)s has published a tender that fits your company. Bids are taken until %(closes)s. Documents to fetch: "
        "%(documents)s."
    ),
)
# What notices said before; those that were sent go on saying it.
SAID_BEFORE = N_("%(agency)s has published a tender that fits your company. Bids are taken until %(until)s.")
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
    past = _before(tender.category)
    newest = periods.newest_begun(tender.agency_code, tender.category, today).subquery()
    chosen = (
        select(Company.id, cast(literal("grade=") + Qualification.grade + literal(";") + region + past, String(200)))
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


def _before(category: str) -> Any:
    """ "won=3" for who won awards of this category before, of any body here and of imported years, "bid=2" for who only bid
    for them; nothing for the others. Only those in question are counted one by one: who is among them is looked up in one
    list."""
    bids = select(AwardBid.number).join(Award, Award.id == AwardBid.award_id).where(Award.category == category)
    wins = select(Award.winner).where(Award.category == category)
    won = wins.with_only_columns(func.count()).where(Award.winner == Company.key).correlate(Company)
    # Of one company's few bids each is looked at; a join would begin with all awards of the category, once a company.
    kind = select(Award.category).where(Award.id == AwardBid.award_id).correlate(AwardBid).scalar_subquery()
    bid = select(func.count()).select_from(AwardBid).where(AwardBid.number == Company.key, kind == category)
    return case(
        (Company.key.in_(wins), literal("won=") + cast(won.scalar_subquery(), String(10))),
        (Company.key.in_(bids), literal("bid=") + cast(bid.correlate(Company).scalar_subquery(), String(10))),
        else_="",
    )


def push(
    session: Session, tender: Tender, chosen: Select[UUID, str] | None = None, *, key: str = "", sender: str
) -> int:
    """Tell all whom the conditions fit, or those *chosen* of them, once; how many they are."""
    return companies.tell_selected(
        session,
        fitting(tender, clock.today()) if chosen is None else chosen,
        key=f"tender:{tender.id}:{key}" if key else f"tender:{tender.id}",
        text=NEW_TENDER,
        facts={
            "title": tender.title,
            "agency": sender,
            "closes": tender.submissions_until.astimezone(clock.JST).isoformat(timespec="minutes"),
            "documents": len(tender.documents) + shelf.count_public(session, tender.id),
        },
        link=f"/business/tenders/{tender.number}",
        sender=sender,
    )


def doubts(session: Session, tender: Tender, number: str, amount: int) -> list[Doubt]:
    """What stands out about a winner and a price: grades as on the day of the deadline, suspensions and closures today."""
    found = [Doubt.ABOVE] if tender.estimate and amount > tender.estimate else []
    row, account = companies.corporation(session, number), companies.bidder_of(session, number)
    if (row and row.closed_on) or (account and account.closed_on):
        found.append(Doubt.CLOSED)
    if account is None:
        return [Doubt.UNKNOWN, *found]
    if not account.region.startswith(tender.region):
        found.append(Doubt.OUTSIDE)
    day = tender.submissions_until.astimezone(clock.JST).date()
    if session.scalar(_graded(tender, day).where(Qualification.company_id == account.id).limit(1)) is None:
        found.append(Doubt.UNGRADED)
    if account.id in set(session.scalars(suspended(tender.agency_code, clock.today()))):
        found.append(Doubt.SUSPENDED)
    return [doubt for doubt in Doubt if doubt in found]


def _graded(tender: Tender, day: date) -> Select[UUID]:
    """The companies that hold one of the grades asked for on *day*."""
    return select(Qualification.company_id).where(
        Qualification.agency_code == tender.agency_code,
        Qualification.category == tender.category,
        Qualification.grade.in_(tender.grades),
        periods.counts_on(day),
    )
