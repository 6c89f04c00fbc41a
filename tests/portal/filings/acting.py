"""Who applies for companies, without pages."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.companies.models import BusinessPerson, Company, CompanyMember
from portal.config import Settings
from portal.core.actor import Actor, Kind
from portal.demo import cast
from portal.demo.business_people import AGENT, CLERK, OFFICER
from portal.demo.filings import RENEWAL, _person, renewal, tax
from portal.demo.tenders import _actor
from portal.procurement.filings import service as filings


def shoko(session: Session) -> Actor:
    """Represents the cast's company."""
    return _person(session, OFFICER)


def kenji(session: Session) -> Actor:
    """Works there."""
    return _person(session, CLERK)


def midori(session: Session) -> Actor:
    """Acts for it as 行政書士."""
    return _person(session, AGENT)


def clerk(session: Session) -> Actor:
    """Of the section that is responsible for licences."""
    return _actor(session, cast.LICENSER)


def centre(session: Session) -> Actor:
    """Of the processing centre."""
    return _actor(session, cast.PROCESSOR)


def other_company(session: Session) -> Actor:
    """Represents a company of which nobody here knows anything."""
    chosen = session.scalars(select(Company).where(Company.kind == "corporation").order_by(Company.key)).all()[-1]
    taken = select(BusinessPerson).where(BusinessPerson.subject == "yoso")
    person = session.scalar(taken)
    if person is None:
        person = BusinessPerson(
            id=UUID(int=77), issuer="made-up", subject="yoso", name="架空 他社", account_type="prime",
            seen_at=chosen.created_at,
        )  # fmt: skip
        session.add(person)
        session.flush()
        session.add(
            CompanyMember(
                company_id=chosen.id, person_id=person.id, role="prime", since=chosen.created_at, ended_at=None
            )
        )
        session.flush()
    return Actor(Kind.BUSINESS, person.id, company=chosen.id)


def begin(session: Session, actor: Actor, procedure: str = RENEWAL) -> UUID:
    return filings.start(session, Settings().file_ring, actor, procedure)


def fill_in(session: Session, actor: Actor, draft: UUID, procedure: str = RENEWAL) -> None:
    typed = renewal(session, "千市保 第1号") if procedure == RENEWAL else tax()
    for section, texts in typed.items():
        read = applications.save_page(session, actor, draft, section, texts)
        assert read.faults == {}, (section, read.faults)
        session.flush()


def send(session: Session, actor: Actor, procedure: str = RENEWAL) -> UUID:
    draft = begin(session, actor, procedure)
    fill_in(session, actor, draft, procedure)
    applications.submit(session, actor, draft)
    return draft


def approve(session: Session, case: UUID, by: Actor) -> None:
    applications.claim(session, case, by)
    applications.mark_ready(session, case, by)
