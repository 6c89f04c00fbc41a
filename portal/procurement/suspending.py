"""指名停止 of a body: proposed by one person, put in force by another, lifted by two, objected to and answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.service import PowerOf
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.ids import new_id
from portal.core.permissions import Permission
from portal.core.words import N_
from portal.procurement import body_news, heirs, rules
from portal.procurement.agencies import agency_of
from portal.procurement.models import Agency, Suspension
from portal.procurement.rules import SuspensionState

SUSPENDED = (
    N_("%(agency)s has suspended your company from tenders"),
    N_("From %(begins)s until %(ends)s. Ground: %(ground)s. You can object on the page of your grades."),
)
LIFTED = (N_("%(agency)s has lifted a suspension"), N_("Your company can take part in its tenders again."))
ANSWERED = (
    N_("%(agency)s has answered your objection to a suspension"),
    N_("The answer stands on the page of your grades and suspensions."),
)
PAGE = 50
Company = companies.AnyCompany


def of_company(session: Session, company_id: UUID) -> Sequence[Any]:
    """The suspensions a company has to know of: those that a second person put in force, also when they were lifted."""
    return session.execute(
        select(Suspension, Agency.name)
        .join(Agency, Agency.code == Suspension.agency_code)
        .where(Suspension.company_id == company_id, Suspension.approved_by.is_not(None))
        .order_by(Suspension.begins_on.desc(), Suspension.id)
    ).all()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which suspensions are looked for: only one's own, in a state, of companies with these words or this number."""

    own: bool = False
    state: str = ""
    words: str = ""


def for_body(
    session: Session, agency: Agency, wanted: Wanted | None = None, *, page: int = 1
) -> tuple[Sequence[Any], int]:
    """(a page of (suspension, body, company, its number), how many pages): those of one's own body in every state, and of
    the others those in force (指名停止 is made public); what waits for a second person first."""
    wanted, mine = wanted or Wanted(), Suspension.agency_code == agency.code
    query = (
        select(Suspension, Agency.name, Company.name.label("company"), Company.key)
        .join(Agency, Agency.code == Suspension.agency_code)
        .join(Company, Company.id == Suspension.company_id)
        .where(mine if wanted.own else mine | (Suspension.state == SuspensionState.IN_FORCE))
    )
    if wanted.state:
        query = query.where(Suspension.state == wanted.state)
    if wanted.words:
        number = companies.number_in(wanted.words)
        named = Company.name.contains(wanted.words, autoescape=True)
        query = query.where(Company.key == number if number else named)
    count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    lift = (Suspension.state == SuspensionState.IN_FORCE) & Suspension.lift_proposed_by.is_not(None)
    waits = mine & ((Suspension.state == SuspensionState.PROPOSED) | lift)
    order = query.order_by(~waits, Suspension.begins_on.desc(), Suspension.id)
    rows = session.execute(order.limit(PAGE).offset((page - 1) * PAGE)).all()
    return rows, -(-count // PAGE)


def propose_suspension(
    session: Session, actor: Actor, *, number: str, ground: str, begins_on: date, ends_on: date
) -> UUID:
    """Propose it; nothing follows until a second person puts it in force. Raises CompanyUnknown."""
    agency = agency_of(session, actor)
    return propose(session, actor, agency, number=number, ground=ground, begins_on=begins_on, ends_on=ends_on).id


def propose(
    session: Session, by: Actor, agency: Agency, *, number: str, ground: str, begins_on: date, ends_on: date
) -> Suspension:
    """The same for a body's own system, which cannot put anything in force. Raises CompanyUnknown."""
    company = companies.bidder_of(session, number)
    if company is None:
        raise rules.CompanyUnknown(details={"fields": ["company"]})
    proposed = Suspension(
        id=new_id(), company_id=company.id, agency_code=agency.code, ground=ground, begins_on=begins_on, ends_on=ends_on,
        state=SuspensionState.PROPOSED, proposed_by=by.id, approved_by=None, lift_proposed_by=None, lift_because="",
        lifted_by=None, objection="", objected_at=None, answer="",
        answered_at=None,
    )  # fmt: skip
    session.add(proposed)
    did(session, Action.CREATE, whose=company.id, what="suspensions", case_ref=str(proposed.id))
    return proposed


def put_in_force(session: Session, actor: Actor, suspension_id: UUID) -> None:
    """The second person says yes; the company is told at once. Raises SuspensionNotYours, SuspensionMoved."""
    agency, found = _own(session, actor, suspension_id)
    if found.proposed_by == actor.id:
        raise rules.SuspensionNotYours
    move(session, found, SuspensionState.PROPOSED, SuspensionState.IN_FORCE, approved_by=actor.id)
    companies.tell(
        session, [(found.company_id, "")], key=f"suspension:{found.id}", text=SUSPENDED, sender=agency.name,
        link="/business/qualifications",
        facts={
            "agency": agency.name, "begins": found.begins_on.isoformat(), "ends": found.ends_on.isoformat(),
            "ground": found.ground,
        },
    )  # fmt: skip
    heirs.pass_on(session, found.company_id)


def drop(session: Session, actor: Actor, suspension_id: UUID) -> None:
    """A proposal that nobody put in force is dropped, by one alone: nobody outside knew of it. Raises SuspensionMoved."""
    _agency, found = _own(session, actor, suspension_id)
    move(session, found, SuspensionState.PROPOSED, SuspensionState.LIFTED, lifted_by=actor.id)


def propose_lift(session: Session, actor: Actor, suspension_id: UUID, because: str) -> None:
    """Propose that a suspension in force ends before its last day; it goes on until a second person lifts it. Raises
    SuspensionMoved."""
    _agency, found = _own(session, actor, suspension_id)
    proposed = (
        update(Suspension)
        .where(Suspension.id == found.id, Suspension.state == SuspensionState.IN_FORCE)
        .where(Suspension.lift_proposed_by.is_(None))
        .values(lift_proposed_by=actor.id, lift_because=because)
    )
    if not session.execute(proposed).rowcount:  # type: ignore[attr-defined]
        raise rules.SuspensionMoved
    did(session, Action.CHANGE, whose=found.company_id, what="suspensions", case_ref=str(found.id))


def keep(session: Session, actor: Actor, suspension_id: UUID) -> None:
    """The proposal to lift it is put aside, by who made it or by a second person; it stays in force. Raises
    SuspensionMoved."""
    _agency, found = _own(session, actor, suspension_id)
    waits = (Suspension.id == found.id, Suspension.state == SuspensionState.IN_FORCE)
    kept = update(Suspension).where(*waits, Suspension.lift_proposed_by.is_not(None))
    if not session.execute(kept.values(lift_proposed_by=None, lift_because="")).rowcount:  # type: ignore[attr-defined]
        raise rules.SuspensionMoved
    did(session, Action.CHANGE, whose=found.company_id, what="suspensions", case_ref=str(found.id))


def lift(session: Session, actor: Actor, suspension_id: UUID) -> None:
    """The second person says yes: it has ended, and the company is told. Raises SuspensionMoved, LiftNotYours."""
    agency, found = _own(session, actor, suspension_id)
    if found.state != SuspensionState.IN_FORCE or found.lift_proposed_by is None:
        raise rules.SuspensionMoved
    if found.lift_proposed_by == actor.id:
        raise rules.LiftNotYours
    move(session, found, SuspensionState.IN_FORCE, SuspensionState.LIFTED, lifted_by=actor.id)
    companies.tell(
        session, [(found.company_id, "")], key=f"suspension-lifted:{found.id}", text=LIFTED, sender=agency.name,
        link="/business/qualifications", facts={"agency": agency.name},
    )  # fmt: skip


def _own(session: Session, actor: Actor, suspension_id: UUID) -> tuple[Agency, Suspension]:
    agency = agency_of(session, actor)
    found = session.get(Suspension, suspension_id)
    if found is None or found.agency_code != agency.code or found.state == SuspensionState.LIFTED:
        raise rules.SuspensionMoved
    return agency, found


def move(session: Session, one: Suspension, old: SuspensionState, new: SuspensionState, **more: Any) -> None:
    """From one state to the next, or SuspensionMoved where somebody was first."""
    moved = session.execute(
        update(Suspension).where(Suspension.id == one.id, Suspension.state == old).values(state=new, **more)
    ).rowcount  # type: ignore[attr-defined]
    if not moved:
        raise rules.SuspensionMoved
    did(session, Action.CHANGE, whose=one.company_id, what="suspensions", case_ref=str(one.id))


def object_to(session: Session, actor: Actor, suspension_id: UUID, words: str) -> None:
    """The company objects, once; the body reads it beside the suspension. Raises SuspensionMoved."""
    standing = companies.standing(session, actor, PowerOf.TENDERS)
    objected = session.execute(
        update(Suspension)
        .where(
            Suspension.id == suspension_id,
            Suspension.company_id == standing.company_id,
            Suspension.state == SuspensionState.IN_FORCE,
            Suspension.objected_at.is_(None),
        )
        .values(objection=words, objected_at=clock.now())
    ).rowcount  # type: ignore[attr-defined]
    if not objected:
        raise rules.SuspensionMoved
    did(session, Action.CHANGE, whose=standing.company_id, what="suspensions", case_ref=str(suspension_id))
    found = session.get_one(Suspension, suspension_id)
    body_news.post(
        session, found.agency_code, body_news.OBJECTION, to=Permission.SUSPENSION_DECIDE, link="/staff/objections",
        key=f"suspension:{suspension_id}",
    )  # fmt: skip


def answer(session: Session, actor: Actor, suspension_id: UUID, words: str) -> None:
    """Answer a company's objection, once; it is told. Raises SuspensionMoved."""
    agency = agency_of(session, actor)
    answered = session.execute(
        update(Suspension)
        .where(
            Suspension.id == suspension_id,
            Suspension.agency_code == agency.code,
            Suspension.objected_at.is_not(None),
            Suspension.answered_at.is_(None),
        )
        .values(answer=words, answered_at=clock.now())
    ).rowcount  # type: ignore[attr-defined]
    found = session.get(Suspension, suspension_id)
    if not answered or found is None:
        raise rules.SuspensionMoved
    did(session, Action.CHANGE, whose=found.company_id, what="suspensions", case_ref=str(suspension_id))
    companies.tell(
        session, [(found.company_id, "")], key=f"suspension-answered:{found.id}", text=ANSWERED, sender=agency.name,
        link="/business/qualifications", facts={"agency": agency.name},
    )  # fmt: skip
