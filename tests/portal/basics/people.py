"""Who tells and who reads, without pages."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.basics import service as basics
from portal.basics.rules import Kind
from portal.basics.service import Told
from portal.companies.models import BusinessNotice, Company
from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor
from portal.core.envelope import KeyRing
from portal.demo import cast
from portal.demo.basics import _officer, contents
from portal.demo.business_people import COMPANY
from portal.demo.tenders import WATER, _actor
from portal.procurement.models import AgencySection

CONTENT = dict(contents("架空 商子", 1, COMPANY.corporate_number))


def ring() -> KeyRing:
    return Settings().file_ring


def shoko(session: Session) -> Actor:
    """Represents the cast's company."""
    return _officer(session)


def kaoru(session: Session) -> Actor:
    """Buys for the city."""
    return _actor(session, cast.BUYER)


def ritsuko(session: Session) -> Actor:
    """Decides on licences of the city."""
    return _actor(session, cast.LICENSER)


def stranger(session: Session) -> Actor:
    """Somebody of another body: the water works'."""
    section = session.scalars(select(AgencySection.section_id).where(AgencySection.agency_code == WATER)).one()
    found = kaoru(session)
    return Actor(found.kind, found.id, found.label, section=section, permissions=found.permissions)


def tell(
    session: Session, kind: Kind, *, instead: UUID | None = None, since: date | None = None, **others: str
) -> UUID:
    """The cast's company tells something sound."""
    said = Told({**CONTENT.get(kind, {}), **others}, since or clock.today() - timedelta(days=10))
    return basics.enter(session, ring(), shoko(session), kind, said, instead=instead)


def company(session: Session) -> UUID:
    return session.scalars(select(Company.id).where(Company.key == COMPANY.corporate_number)).one()


def titles(session: Session) -> list[str]:
    """Notices that were sent, the oldest first."""
    rows: Any = session.scalars(select(BusinessNotice.title).order_by(BusinessNotice.sent_at, BusinessNotice.id))
    return list(rows)
