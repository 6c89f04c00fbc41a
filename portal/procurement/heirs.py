"""What follows a merged company to its heir at once: suspensions in force. And what does not count any more: a quotation it
filed sealed (decision 101).

Every copy names the suspension it began with, so that a chain of mergers makes one of it, and a merger that is taken back
takes its copies back.
"""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core import clock
from portal.core.audit import Action, did
from portal.core.clock import JST
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.words import N_
from portal.procurement.models import Agency, Suspension, Tender
from portal.procurement.rules import State, SuspensionState
from portal.procurement.sealed.models import Quotation

FOLLOWS = (
    N_("A suspension by %(agency)s follows your company after a merger"),
    N_(
        "%(merged)s, which was merged into your company, is suspended from %(begins)s until %(ends)s. Ground: %(ground)s. "
        "It counts for your company from today on. You can object on the page of your grades."
    ),
)
UNDONE = (
    N_("A suspension by %(agency)s has ended for your company"),
    N_("It had followed from a merger that the national register has taken back."),
)
QUOTATION = (
    N_("The quotation of %(merged)s does not count any more: %(title)s"),
    N_(
        "It was filed before the merger into your company. If your company meets the conditions, it can file one of its own "
        "until %(until)s."
    ),
)
Company = companies.AnyCompany


def pass_on(session: Session, company_id: UUID) -> None:
    """What is in force against a merged company is so against its heir; against who is its heir no more it is not."""
    heir = companies.heir_account(session, company_id)
    found = session.scalars(
        select(Suspension)
        .where(Suspension.company_id == company_id, Suspension.state == SuspensionState.IN_FORCE)
        .where(Suspension.ends_on >= clock.today())
        .order_by(Suspension.id)
    ).all()
    for one in found:
        begun_with = one.follows_id or one.id
        if heir is not None:
            _follow(session, one, begun_with, heir.id, session.get_one(Company, company_id).name)
        _take_back(session, begun_with, keep={company_id} | ({heir.id} if heir else set()))


def _follow(session: Session, one: Suspension, begun_with: UUID, heir: UUID, merged: str) -> None:
    row = {
        "id": new_id(), "company_id": heir, "agency_code": one.agency_code, "ground": one.ground,
        "begins_on": max(one.begins_on, clock.today()), "ends_on": one.ends_on, "state": str(SuspensionState.IN_FORCE),
        "proposed_by": one.proposed_by, "approved_by": one.approved_by, "lift_proposed_by": None, "lift_because": "",
        "lifted_by": None, "objection": "", "objected_at": None, "answer": "", "answered_at": None,
        "follows_id": begun_with,
    }  # fmt: skip
    if not insert_once(session, Suspension.__table__, row) and not _again(session, begun_with, heir):  # type: ignore[arg-type]
        return
    agency = session.get_one(Agency, one.agency_code).name
    did(session, Action.CREATE, whose=heir, what="suspensions", case_ref=str(begun_with))
    _tell(session, heir, FOLLOWS, {
        "agency": agency, "merged": merged, "begins": _day(row["begins_on"]), "ends": one.ends_on.isoformat(),
        "ground": one.ground,
    }, agency)  # fmt: skip


def _day(day: Any) -> str:
    assert isinstance(day, date)
    return day.isoformat()


def _again(session: Session, begun_with: UUID, heir: UUID) -> bool:
    """Whether it had ended by a merger taken back, and now is in force again; what two people lifted stays lifted."""
    mine = Suspension.follows_id == begun_with, Suspension.company_id == heir
    ended = Suspension.state == SuspensionState.LIFTED, Suspension.lifted_by.is_(None)
    again = update(Suspension).where(*mine, *ended).values(state=SuspensionState.IN_FORCE)
    return bool(session.execute(again).rowcount)  # type: ignore[attr-defined]


def _take_back(session: Session, begun_with: UUID, *, keep: set[UUID]) -> None:
    """Copies at companies that go on and are nobody's heir by this any more."""
    copies = session.scalars(
        select(Suspension)
        .join(Company, Company.id == Suspension.company_id)
        .where(Suspension.follows_id == begun_with, Suspension.state == SuspensionState.IN_FORCE)
        .where(Suspension.company_id.not_in(keep), Company.closed_on.is_(None))
        .order_by(Suspension.id)
    ).all()
    for one in copies:
        one.state = SuspensionState.LIFTED
        session.flush()
        did(session, Action.CHANGE, whose=one.company_id, what="suspensions", case_ref=str(one.id))
        agency = session.get_one(Agency, one.agency_code).name
        _tell(session, one.company_id, UNDONE, {"agency": agency}, agency)


def _tell(session: Session, company_id: UUID, text: tuple[str, str], facts: dict[str, str], agency: str) -> None:
    companies.tell(
        session, [(company_id, "")], key=f"suspension-follows:{new_id()}", text=text, facts=facts, sender=agency,
        link="/business/qualifications",
    )  # fmt: skip


def tell_of_quotations(session: Session, company_id: UUID) -> None:
    """The heir hears which sealed quotations do not count any more, while there is time to file one of its own."""
    heir = companies.heir_account(session, company_id)
    if heir is None:
        return
    merged = session.get_one(Company, company_id).name
    filed = session.execute(
        select(Tender, Agency.name)
        .join(Quotation, Quotation.tender_id == Tender.id)
        .join(Agency, Agency.code == Tender.agency_code)
        .where(Quotation.company_id == company_id, Tender.state == State.ACTIVE)
        .where(Tender.submissions_until > clock.now())
        .order_by(Tender.id)
    ).all()
    for tender, agency in filed:
        until = tender.submissions_until.astimezone(JST).date().isoformat()
        companies.tell(
            session, [(heir.id, "")], key=f"quotation-gone:{tender.id.hex}:{company_id.hex}", text=QUOTATION, sender=agency,
            facts={"merged": merged, "title": tender.title, "until": until},
            link=f"/business/tenders/{tender.number}",
        )  # fmt: skip


def follows_of(session: Session, suspension_ids: list[UUID]) -> dict[UUID, str]:
    """By suspension the company it had begun with, of those that followed from a merger."""
    first, before = Suspension.__table__.alias("first"), Company.__table__.alias("before")
    query = (
        select(Suspension.id, before.c.name)
        .join(first, first.c.id == Suspension.follows_id)
        .join(before, before.c.id == first.c.company_id)
        .where(Suspension.id.in_(suspension_ids))
    )
    return dict(session.execute(query).all())
