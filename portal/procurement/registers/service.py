"""Registering, withdrawing, objecting, answering, reminding; what others see. Screen, file and program come in here."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.service import PowerOf
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.events import emit
from portal.core.ids import new_id
from portal.core.permissions import Permission
from portal.core.words import N_
from portal.procurement import body_news
from portal.procurement import rules as procurement_rules
from portal.procurement.agencies import agency_of
from portal.procurement.models import Agency
from portal.procurement.registers import rules
from portal.procurement.registers.events import LicenceRegistered
from portal.procurement.registers.models import AgencyClient, Registration
from portal.procurement.registers.rules import Row, Sight

PAGE = "/business/registrations"
REGISTERED = (
    N_("%(agency)s has registered: %(name)s (%(number)s)"),
    N_("Number %(number)s. If something is wrong, you can object on the page of your licences."),
)
CHANGED = (
    N_("%(agency)s has changed a registration: %(name)s (%(number)s)"),
    N_("Number %(number)s. If something is wrong, you can object on the page of your licences."),
)
RENEWED = (
    N_("%(agency)s has renewed: %(name)s (%(number)s)"),
    N_("Number %(number)s. It now holds until %(until)s. Your basics follow by themselves."),
)
WITHDRAWN = (
    N_("%(agency)s has withdrawn: %(name)s (%(number)s)"),
    N_("Number %(number)s. Reason: %(reason)s. You can object on the page of your licences."),
)
ENDING = (
    N_("Your %(name)s (%(number)s) ends on %(until)s"),
    N_("Number %(number)s. Ask %(agency)s in time if you want to renew it."),
)
ANSWERED = (
    N_("%(agency)s has answered your objection"),
    N_("It is about %(name)s (number %(number)s). The answer stands on the page of your licences."),
)
# Titles as they were before two licences of one name could be told apart; notices that were sent go on saying them.
SAID_BEFORE = (
    N_("%(agency)s has registered: %(name)s"),
    N_("%(agency)s has changed a registration: %(name)s"),
    N_("%(agency)s has renewed: %(name)s"),
    N_("%(agency)s has withdrawn: %(name)s"),
    N_("Your %(name)s ends on %(until)s"),
)
Company = companies.AnyCompany


def body_of(session: Session, actor: Actor) -> Agency:
    """For which body somebody acts: a member by their section, a machine by what the operator said. Raises NoAgency,
    ClientOfNobody."""
    if actor.kind is not Kind.CLIENT:
        return agency_of(session, actor)
    query = select(Agency).join(AgencyClient, AgencyClient.agency_code == Agency.code)
    found = session.scalar(query.where(AgencyClient.client_id == actor.id))
    if found is None:
        raise rules.ClientOfNobody
    return found


def register(session: Session, actor: Actor, row: Row) -> str:
    """Keep one: "new", "changed" or "same". The same number of a body and kind is the same registration, and the company
    is told of what is new in it. Raises CompanyUnknown, LawMissing, DaysWrong, NumberOfAnother,
    RegistrationWithdrawn."""
    agency = body_of(session, actor)
    rules.check(row)
    company = companies.bidder_of(session, row.company)
    if company is None:
        raise procurement_rules.CompanyUnknown
    said = {
        "name": row.name, "issued_on": row.issued_on, "valid_until": row.valid_until, "terms": row.terms, "law": row.law,
        "sight": row.sight,
    }  # fmt: skip
    new = {
        "id": new_id(), "company_id": company.id, "agency_code": agency.code, "kind": row.kind, "number": row.number,
        "reminded": 0, "entered_by": actor.id, "changed_at": clock.now(), "withdrawn_at": None, "reason": "",
        "objection": "", "objected_at": None, "answer": "", "answered_at": None, "earlier": [], **said,
    }  # fmt: skip
    if insert_once(session, Registration.__table__, new):  # type: ignore[arg-type]
        did(session, Action.CREATE, whose=company.id, what="registrations", case_ref=f"{agency.code} {new['id']}")
        _tell(session, session.get_one(Registration, new["id"]), agency, REGISTERED)
        _settle(session, company.id, row)
        return "new"
    return _renew(session, actor, agency, company.id, row, said)


def _renew(session: Session, actor: Actor, agency: Agency, company_id: UUID, row: Row, said: dict[str, Any]) -> str:
    """What is known already: its newest word counts. A later last day begins the reminders anew."""
    key = Registration.agency_code == agency.code, Registration.kind == row.kind, Registration.number == row.number
    found = session.scalars(select(Registration).where(*key).with_for_update()).one()
    if found.company_id != company_id:
        raise rules.NumberOfAnother
    if found.withdrawn_at is not None:
        raise rules.RegistrationWithdrawn
    if all(getattr(found, name) == value for name, value in said.items()):
        return "same"
    anew = found.valid_until != row.valid_until
    for name, value in said.items():
        setattr(found, name, value)
    found.reminded = 0 if anew else found.reminded
    found.entered_by = actor.id  # type: ignore[assignment]
    _say_anew(found)
    session.flush()
    did(session, Action.CHANGE, whose=company_id, what="registrations", case_ref=f"{agency.code} {found.id}")
    _tell(session, found, agency, CHANGED)
    _settle(session, company_id, row)
    return "changed"


def _say_anew(one: Registration) -> None:
    """The body says something new of it, to which the company may object: what was objected and answered before is kept
    apart. What waits for an answer goes on waiting."""
    one.changed_at = clock.now()
    if one.answered_at is not None:
        _keep_apart(one)


def _keep_apart(one: Registration) -> None:
    assert one.objected_at
    assert one.answered_at
    said = {"objection": one.objection, "objected_at": one.objected_at.isoformat()}
    one.earlier = [*one.earlier, said | {"answer": one.answer, "answered_at": one.answered_at.isoformat()}]
    one.objection, one.objected_at, one.answer, one.answered_at = "", None, "", None


def _settle(session: Session, company_id: UUID, row: Row) -> None:
    """Requests that waited for a licence may lack nothing any more."""
    if row.kind == rules.Kind.LICENCE:
        session.flush()
        emit(session, LicenceRegistered(company_id=company_id))


def _tell(session: Session, one: Registration, agency: Agency, text: tuple[str, str], **more: str) -> None:
    companies.tell(
        session, [(one.company_id, "")], key=f"registration:{one.id}:{new_id().hex[-12:]}", text=text, sender=agency.name,
        facts={"agency": agency.name, "name": one.name, "number": one.number, **more}, link=PAGE,
    )  # fmt: skip


def renew(
    session: Session,
    registration_id: UUID,
    company_id: UUID,
    *,
    bodies: Collection[str],
    until: Callable[[date | None], date],
) -> Registration | None:
    """One of *bodies* approved the renewal of its licence: it holds longer, and the company is told. None where it was
    withdrawn, or is another body's."""
    found = session.get(Registration, registration_id, with_for_update=True)
    if found is None or found.company_id != company_id or found.withdrawn_at is not None:
        return None
    if found.agency_code not in bodies or found.kind != rules.Kind.LICENCE:
        return None
    found.valid_until = until(found.valid_until)
    found.reminded = 0
    _say_anew(found)
    session.flush()
    agency = session.get_one(Agency, found.agency_code)
    did(session, Action.CHANGE, whose=company_id, what="registrations", case_ref=f"{agency.code} {found.id}")
    _tell(session, found, agency, RENEWED, until=found.valid_until.isoformat())
    emit(session, LicenceRegistered(company_id=company_id))
    return found


def withdraw(session: Session, actor: Actor, registration_id: UUID, reason: str) -> None:
    """It no longer holds; the company is told why. Raises RegistrationMoved."""
    agency, found = own(session, actor, registration_id)
    _move(session, found, Registration.withdrawn_at.is_(None), withdrawn_at=clock.now(), reason=reason)
    session.refresh(found)
    _say_anew(found)
    session.flush()
    _tell(session, found, agency, WITHDRAWN, reason=reason)


def answer(session: Session, actor: Actor, registration_id: UUID, words: str) -> None:
    """Answer the company's objection, once. Raises RegistrationMoved."""
    agency, found = own(session, actor, registration_id)
    waits = Registration.objected_at.is_not(None) & Registration.answered_at.is_(None)
    overtaken = found.objected_at is not None and found.changed_at > found.objected_at
    _move(session, found, waits, answer=words, answered_at=clock.now())
    if overtaken:  # the body said something new while this waited
        session.refresh(found)
        _keep_apart(found)
        session.flush()
    _tell(session, found, agency, ANSWERED)


def object_to(session: Session, actor: Actor, registration_id: UUID, words: str) -> None:
    """The company objects, once to each word of the body, which reads it on its own page. Raises RegistrationMoved."""
    standing = companies.standing(session, actor, PowerOf.TENDERS)
    found = session.get(Registration, registration_id)
    if found is None or found.company_id != standing.company_id:
        raise rules.RegistrationMoved
    _move(session, found, Registration.objected_at.is_(None), objection=words, objected_at=clock.now())
    body_news.post(
        session, found.agency_code, body_news.OBJECTION, to=Permission.REGISTRATION_KEEP,
        link=f"/staff/registrations/{found.id}", key=f"registration:{found.id}",
    )  # fmt: skip


def _move(session: Session, one: Registration, still: Any, **values: Any) -> None:
    moved = session.execute(update(Registration).where(Registration.id == one.id, still).values(**values)).rowcount  # type: ignore[attr-defined]
    if not moved:
        raise rules.RegistrationMoved
    did(session, Action.CHANGE, whose=one.company_id, what="registrations", case_ref=f"{one.agency_code} {one.id}")


def own(session: Session, actor: Actor, registration_id: UUID) -> tuple[Agency, Registration]:
    """A registration of one's own body; raises RegistrationMoved."""
    agency = body_of(session, actor)
    found = session.get(Registration, registration_id)
    if found is None or found.agency_code != agency.code:
        raise rules.RegistrationMoved
    return agency, found


PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which registrations of a body: those that end soon, or with *words* in name, number or company."""

    ending: bool = False
    words: str = ""


def of_body(session: Session, agency: Agency, wanted: Wanted, *, page: int = 1) -> tuple[Sequence[Any], int]:
    """(registration, company, its number) of a body and how many pages there are: objections without an answer first, then
    by the last day."""
    query = _of_body(agency, wanted)
    count = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = session.execute(query.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE)).all()
    return rows, max(1, -(-count // PAGE_SIZE))


def all_of_body(session: Session, agency: Agency) -> Iterable[Any]:
    """The same, all of them."""
    return session.execute(_of_body(agency, Wanted()))


def _of_body(agency: Agency, wanted: Wanted) -> Any:
    waits = Registration.objected_at.is_not(None) & Registration.answered_at.is_(None)
    query = (
        select(Registration, Company.name, Company.key)
        .join(Company, Company.id == Registration.company_id)
        .where(Registration.agency_code == agency.code)
        .order_by(
            waits.desc(), Registration.valid_until.is_(None), Registration.valid_until, Registration.number,
            Registration.id,
        )
    )  # fmt: skip
    if wanted.ending:
        today = clock.today()
        still = Registration.valid_until.between(today, rules.horizon(today))
        query = query.where(Registration.withdrawn_at.is_(None), still)
    if wanted.words:
        columns = (Registration.name, Registration.number, Company.name, Company.key)
        query = query.where(or_(*(column.contains(wanted.words, autoescape=True) for column in columns)))
    return query


def of_company(session: Session, company_id: UUID) -> Sequence[Any]:
    """(registration, body) of a company, all of them."""
    return session.execute(_with_body().where(Registration.company_id == company_id)).all()


def seen_by(session: Session, agency_code: str, company_id: UUID) -> Sequence[Any]:
    """(registration, body) of a company that a body may see: its own, and those of others that law shows to it."""
    return session.execute(
        _with_body().where(
            Registration.company_id == company_id,
            or_(Registration.agency_code == agency_code, Registration.sight != Sight.OWN),
        )
    ).all()


def _with_body() -> Any:
    return (
        select(Registration, Agency.name)
        .join(Agency, Agency.code == Registration.agency_code)
        .order_by(Registration.withdrawn_at.is_not(None), Registration.valid_until.is_(None), Registration.valid_until,
                  Registration.number)
    )  # fmt: skip


def has_licence(session: Session, company_id: UUID) -> bool:
    """Whether a body has registered a licence that holds and that others may see."""
    query = select(Registration.id).where(
        Registration.company_id == company_id,
        Registration.kind == rules.Kind.LICENCE,
        Registration.sight != Sight.OWN,
        Registration.withdrawn_at.is_(None),
        or_(Registration.valid_until.is_(None), Registration.valid_until >= clock.today()),
    )
    return session.execute(query.limit(1)).first() is not None


def remind_of_ends(session: Session, _payload: dict[str, Any]) -> None:
    """Tell companies ninety, thirty and seven days before a registration ends, each once (worker, daily). What was
    registered later than that is told at once of the nearest step alone."""
    today = clock.today()
    due = (
        select(Registration, Agency.name)
        .join(Agency, Agency.code == Registration.agency_code)
        .where(
            Registration.withdrawn_at.is_(None),
            Registration.valid_until.between(today, rules.horizon(today)),
            Registration.reminded < len(rules.REMINDERS),
        )
        .order_by(Registration.id)
    )
    for one, body in session.execute(due).all():
        until = one.valid_until or today
        step = rules.step_due(until, today)
        if step <= one.reminded:
            continue
        one.reminded = step
        companies.tell(
            session, [(one.company_id, "")], key=f"registration-ends:{one.id}:{until}:{step}", text=ENDING,
            sender=body, link=PAGE,
            facts={"name": one.name, "number": one.number, "agency": body, "until": until.isoformat()},
        )  # fmt: skip
    session.flush()


def let_client_act(session: Session, client_id: UUID, agency_code: str) -> None:
    """From now on a machine acts for a body; raises NoAgency."""
    if session.get(Agency, agency_code) is None:
        raise procurement_rules.NoAgency
    session.merge(AgencyClient(client_id=client_id, agency_code=agency_code))
    session.flush()
    did(session, Action.CHANGE, whose=None, what="clients(agency)", case_ref=agency_code)
