"""Back to a form that was sent, and another choice: what was sent stands, and it is said that nothing more happened."""

from uuid import uuid4

import pytest
from sqlalchemy import func, select

from portal.core import clock
from portal.core.audit import Record
from portal.core.uow import Database
from portal.demo import cast
from portal.points.exchange import service as exchange
from portal.points.family import service as family
from portal.points.ledger.rules import SentBefore
from portal.points.spending import service as spending
from tests.conftest import ResidentClient
from tests.portal.points.books import wrong
from tests.portal.points.offered import person
from tests.portal.points.test_pages import earn, resident
from tests.portal.points.test_spending import balance

WORDS = "このフォームは、別の内容で送信済みです"
HAD = 6_000


def test_a_gift_of_another_size_is_no_thanks_for_nothing(town: Database, resident_client: ResidentClient) -> None:
    hanako, begun = resident_client("hanako"), clock.now()
    page, action = hanako.get("/points/rewards/trees"), "/points/rewards/trees/donate"
    assert hanako.submit(page, action, amount="100").path.endswith("/thanks")
    assert hanako.submit(page, action, amount="100").path.endswith("/thanks"), "pressed twice"
    back = hanako.submit(page, action, amount="500")
    assert (back.status, WORDS in back.text, balance(town)) == (SentBefore.status, True, HAD - 100)
    assert hanako.submit(back, action, amount="500").path.endswith("/thanks"), "once more, as the page says"
    assert balance(town) == HAD - 600
    owner = resident(town, cast.HANAKO)
    with town.command("look") as session:
        changed = Record.what == "points.balance", Record.subject == owner, Record.at >= begun
        assert session.scalar(select(func.count()).where(*changed)) == 2, "nothing is on record that did not happen"
    assert wrong(town) == []


def test_the_family_gets_what_was_sent_and_no_other_gets_it_instead(
    town: Database, resident_client: ResidentClient
) -> None:
    hanako = resident_client("hanako")
    page, taro = hanako.get("/points/family"), str(resident(town, cast.TARO))
    sakura = str(resident(town, cast.SAKURA))
    for _twice in range(2):
        assert hanako.submit(page, "/points/family", who=taro, points="100").status == 200
    for who, points in ((taro, "300"), (sakura, "100")):
        back = hanako.submit(page, "/points/family", who=who, points=points)
        assert (back.status, WORDS in back.text) == (SentBefore.status, True)
    assert (balance(town), balance(town, cast.TARO), balance(town, cast.SAKURA)) == (HAD - 100, 100, 0)


def test_points_of_many_days_passed_on_are_one_deed(town: Database) -> None:
    for ago in (400, 300):
        earn(town, resident(town, cast.TARO), 60, days_ago=ago)
    key = uuid4()
    for _twice in range(2):
        with town.command("family") as session:
            family.pass_on(session, person(session, cast.TARO), person(session, cast.HANAKO), 100, key=key)
    with pytest.raises(SentBefore), town.command("family") as session:
        family.pass_on(session, person(session, cast.TARO), person(session, cast.HANAKO), 200, key=key)
    assert balance(town, cast.TARO) == 20


def test_a_key_is_one_reward_and_one_exchange(town: Database) -> None:
    key, who = uuid4(), resident(town)
    with town.command("redeem") as session:
        spending.redeem(session, who, "pool", key=key)
    with pytest.raises(SentBefore), town.command("redeem") as session:
        spending.redeem(session, who, "bus", key=key)
    with town.command("exchange") as session:
        first = exchange.ask(session, who, member="9000000001", points=100, key=key).reference
        assert exchange.ask(session, who, member="9000000001", points=100, key=key).reference == first
    for member, points in (("9000000002", 100), ("9000000001", 500)):
        with pytest.raises(SentBefore), town.command("exchange") as session:
            exchange.ask(session, who, member=member, points=points, key=key)
    assert wrong(town) == []
