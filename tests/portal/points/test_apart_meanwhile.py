"""Points are asked for while a joining of records is undone: nobody spends what is somebody else's again."""

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID, uuid4

import pytest

from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.uow import Database
from portal.demo import cast
from portal.points.joining import service as joining
from portal.points.ledger.rules import AccountJoined
from portal.points.spending import rules
from portal.points.spending.donating import Gift, donate_together
from portal.points.spending.redeeming import Wish
from tests.portal.points.books import wrong
from tests.portal.points.offered import ONE, OTHER
from tests.portal.points.one_person import GONE, KEPT, join
from tests.portal.points.test_pages import earn, resident
from tests.portal.points.test_redeeming import HAD, ask, at_once, holder  # noqa: F401 - a fixture
from tests.portal.points.test_spending import balance
from tests.portal.points.test_waiting_for_each_other import meet


@pytest.fixture
def joined(holder: UUID, database: Database) -> Callable[[Callable[[], None]], None]:  # noqa: F811
    """Two records that were joined by mistake; what is called is asked for while that is undone."""
    at_once(database, [Wish(holder, "childcare", uuid4())])  # all one person can have of it
    earn(database, resident(database, KEPT), 700)
    wrongly = join(database, GONE, KEPT)
    with database.command("ask") as session:
        joining.ask_apart(session, ONE, wrongly, "別の方でした。")

    def apart(go: Callable[[], None]) -> None:
        with database.command("apart") as session:
            joining.take_apart(session, OTHER, wrongly)
            go()

    return lambda act: meet(database, apart, act)


def test_a_coupon(joined: Callable[[Callable[[], None]], None], holder: UUID, database: Database) -> None:  # noqa: F811
    said: list[str] = []
    joined(lambda: said.append(ask(database, Wish(holder, "childcare", uuid4()))))
    assert said[0] in (rules.RewardLimit.code, AccountJoined.code)
    assert (balance(database, GONE), balance(database, KEPT)) == (HAD - 500, 700)
    assert wrong(database) == []


def test_a_donation(joined: Callable[[Callable[[], None]], None], holder: UUID, database: Database) -> None:  # noqa: F811
    gift = Gift(holder, "trees", 100, uuid4())

    def give() -> None:
        with suppress(AccountJoined):
            database.together(Actor(Kind.RESIDENT, holder, "resident"), Purpose.OWN_USE, donate_together, gift)

    joined(give)
    give()  # again, as the page says
    assert (balance(database, GONE), balance(database, cast.AOI)) == (HAD - 600, 700)
    assert wrong(database) == []
