"""Bodies that buy, and the companies of the cast with their grades."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.companies.models import BusinessPerson, Company
from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.uow import Database
from portal.demo import cast
from portal.demo.business_people import COMPANY, OFFICER, corporate_number
from portal.demo.tenders import _actor, _found_agencies, _give_grades
from portal.procurement import suspending, tenders
from portal.procurement.sealed import service
from portal.procurement.sealed.seal import Said
from tests.beginnings import furnishing
from tests.portal.procurement import city


@furnishing
def bodies_that_buy(session: Any) -> None:
    """The cast's public bodies and the grades of its companies; needs staff and companies."""
    _found_agencies(session)
    _give_grades(session)


@pytest.fixture
def town(cast_staff: None, cast_companies: None, bodies_that_buy: None) -> None:
    """Staff, companies and bodies."""


@pytest.fixture
def still() -> Iterator[None]:
    """No midnight passes between two lines of a test that counts days."""
    with clock.freeze(clock.now()):
        yield


@pytest.fixture
def suspended(database: Database, town: None) -> None:
    """A company two people suspended."""
    with database.command("suspend") as session:
        today = clock.today()
        one = suspending.propose_suspension(
            session,
            city.buyer(session),
            number=corporate_number(1),
            ground="架空の理由",
            begins_on=today,
            ends_on=today + timedelta(days=99),
        )
        session.flush()
        suspending.put_in_force(session, city.chief(session), one)


@pytest.fixture
def locked(database: Database, town: None, settings: Settings) -> Any:
    """A tender with one quotation filed: (its id, kaoru and tetsuo with their codes, the company's actor, the ring)."""
    ring = settings.file_ring
    with database.command("lock") as session:
        officers = [_actor(session, someone) for someone in (cast.BUYER, cast.BUYING_CHIEF)]
        pairs = [(one, service.make_code(session, one)) for one in officers]
        tender = tenders.write(session, officers[0], city.facts(**city.SEALED), ocid_prefix=city.PREFIX)
        service.publish(session, ring, officers[0], tender.id, 1)
        company = session.scalars(select(Company).where(Company.key == COMPANY.corporate_number)).one()
        person = session.scalars(select(BusinessPerson).where(BusinessPerson.subject == OFFICER.subject)).one()
        shoko = Actor(Kind.BUSINESS, person.id, company=company.id)
        service.file(session, ring, shoko, tender, Said(city.AMOUNT, 7, city.NOTE))
    return tender.id, pairs, shoko, ring
