"""People with accounts, and short words for what tests do with them."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.uow import Database
from portal.demo.load import load_city
from portal.points.ledger import checks, service
from portal.points.ledger.entering import Entry
from portal.points.ledger.rules import Kind, Reason
from portal.residents.service import Person
from tests.beginnings import furnishing


@furnishing
def people(session: Session) -> None:
    """The residents of the cast, without accounts of the portal."""
    load_city(session, residents=0)


def account(database: Database, place: int = 0) -> UUID:
    """The account of the resident at *place*."""
    with database.command("account") as session:
        person = session.scalars(select(Person.id).order_by(Person.addressee_number).offset(place).limit(1)).one()
        return service.account_of(session, person)


def grant(session: Session, target: UUID, amount: int, *, key: str = "", at: datetime | None = None) -> int:
    key = key or f"test:{uuid4()}"
    number = service.grant(session, Entry(key, service.city(session), target, amount, Reason.EVENT, at=at))
    assert number
    return number


def payment(session: Session, source: UUID, amount: int, *, key: str = "") -> Entry:
    shop = service.named(session, "shop", Kind.PARTNER)
    return Entry(key or f"test:{uuid4()}", source, shop, amount, Reason.REWARD)


def spend(session: Session, source: UUID, amount: int, *, key: str = "") -> int:
    return service.spend(session, payment(session, source, amount, key=key))


def wrong(database: Database) -> list[str]:
    """What is out of balance."""
    with database.engine.connect() as connection:
        return checks.out_of_balance(connection)
