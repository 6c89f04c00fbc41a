"""A shop that takes points, opened and used without pages."""

from datetime import timedelta
from uuid import UUID, uuid4

from portal.config import Settings
from portal.core import clock
from portal.core.uow import Database
from portal.demo import cast
from portal.points.ledger import service as ledger
from portal.points.partners import contracts, touching
from portal.points.partners.bank import BankAccount
from portal.points.spending import service as spending
from tests.portal.points.offered import ONE, OTHER, person

ACCOUNT = BankAccount("0134", "001", "1", "7654321", "ﾐﾄﾞﾘﾍﾞ-ｶﾘ-")
FACTS = {"name": "みどりベーカリー", "trade": "パン", "ward": "中央区", "address": "中央1-2-3", "phone": "0435550101"}


def open_shop(database: Database, settings: Settings, name: str = FACTS["name"]) -> UUID:
    with database.command("shop") as session:
        made = contracts.apply(
            session, settings.file_ring, person(session, cast.ICHIRO), FACTS | {"name": name}, ACCOUNT
        )
        today = clock.today()
        contracts.check(
            session, ONE, made.id, first=today - timedelta(days=90), last=today + timedelta(days=400), group="pools"
        )
        contracts.decide(session, OTHER, made.id, yes=True)
        return made.id


def touch(database: Database, shop: UUID, points: int, *, key: str = "", who: cast.Resident = cast.HANAKO) -> str:
    with database.command("touch") as session:
        one = contracts.partner(session, shop)
        touched = touching.Touch(cast.card_id(who.persona), cast.service_number("points", who.persona), points)
        answered = touching.challenge(session, ONE, one, touched)
        return touching.pay(session, ONE, one, touched, answered=answered, key=key or str(uuid4())).reference


def coupon(database: Database) -> str:
    with database.command("coupon") as session:
        return spending.redeem(session, person(session, cast.HANAKO), "pool", key=uuid4()).reference


def has(database: Database, shop: UUID) -> int:
    """The points in the shop's account."""
    with database.command("look") as session:
        account = contracts.partner(session, shop).account_id
        return ledger.balance_at(session, account, clock.now() + timedelta(days=9))
