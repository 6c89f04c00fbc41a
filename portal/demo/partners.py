"""Two shops that take points: a bakery of 一郎 with a terminal and last month's statement, and one that is to be checked.

Of the bakery another bank account was asked for."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from portal.cards import service as cards
from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor
from portal.demo import cast
from portal.demo.devices import SHOP
from portal.demo.volunteering import person, staff_member
from portal.devices import service as devices
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry
from portal.points.ledger.rules import Reason
from portal.points.partners import changes, contracts, moving, naming, sales, settling, touching
from portal.points.partners.bank import BankAccount
from portal.points.partners.models import PointPartner
from portal.points.spending import service as spending

BAKERY = {
    "name": "みどりベーカリー（架空）", "trade": "パンと焼き菓子", "ward": "中央区", "address": "中央1-2-3",
    "phone": "0435550101",
}  # fmt: skip
BATH = {"name": "はまの湯（架空）", "trade": "入浴", "ward": "美浜区", "address": "幸町2-1-1", "phone": "0435550102"}
SHOPS = "shops"
"""The group of partners that take the voucher of the catalogue."""
TOUCHES = (120, 300, 80)
EARNED_LONG_AGO = 800


def load(session: Session, settings: Settings) -> None:
    """For an empty city."""
    keeper, chief = staff_member(session, cast.POINTS_KEEPER), staff_member(session, cast.POINTS_CHIEF)
    ichiro = person(session, cast.ICHIRO)
    bank = BankAccount("9998", "101", "1", "1234567", "ｶ)ﾐﾄﾞﾘﾍﾞ-ｶﾘ-")
    month = (clock.now().replace(day=1) - timedelta(days=20)).replace(day=10)
    with clock.freeze(month - timedelta(days=120)):
        bakery = contracts.apply(session, settings.file_ring, ichiro, BAKERY, bank)
        today = clock.today()
        contracts.check(session, keeper, bakery.id, first=today, last=today + timedelta(days=730), group=SHOPS)
        contracts.decide(session, chief, bakery.id, yes=True)
    baths = BankAccount("9998", "101", "1", "2345678", "ﾊﾏﾉﾕ")
    contracts.apply(session, settings.file_ring, person(session, cast.MARIA), BATH, baths)
    if devices.find(session, SHOP):
        moving.place(session, keeper, SHOP, bakery.id)
    _changes(session, settings, bakery.id, keeper, chief)
    _sales(session, chief, contracts.partner(session, bakery.id), month.replace(hour=3))


def _changes(session: Session, settings: Settings, bakery: UUID, keeper: Actor, chief: Actor) -> None:
    """マリア acts for the bakery too; 一郎 asked for another account, which she can stop and the city has to check."""
    maria = naming.name(session, keeper, bakery, cast.MARIA.addressee_number)
    naming.agree(session, chief, bakery, maria)
    account = BankAccount("0009", "123", "1", "7654321", "ｶ)ﾐﾄﾞﾘﾍﾞ-ｶﾘ-")
    one = contracts.partner(session, bakery)
    changes.ask_for_account(session, settings.file_ring, person(session, cast.ICHIRO), one, account)


def _sales(session: Session, chief: Actor, bakery: PointPartner, month: datetime) -> None:
    hanako = person(session, cast.HANAKO)
    gift = Entry(
        "demo:long-ago", ledger.city(session), ledger.account_of(session, hanako), EARNED_LONG_AGO, Reason.EVENT,
        at=month - timedelta(days=30),
    )  # fmt: skip
    ledger.grant(session, gift)
    card, number = cards.card_of(session, hanako), cards.ids_of(session, hanako).get("points")
    for place, points in enumerate(TOUCHES if card and number else ()):
        assert card
        with clock.freeze(month + timedelta(days=2 * place)):
            touch = touching.Touch(card.number, number or "", points)
            answered = touching.challenge(session, chief, bakery, touch)
            touching.pay(session, chief, bakery, touch, answered=answered, key=f"demo-{place}")
    with clock.freeze(month + timedelta(days=7)):
        coupon = spending.redeem(session, hanako, "shopping", key=UUID(int=3))
        sales.by_coupon(session, chief, bakery, coupon.reference)
    settling.settle(session, {})
