"""A repeated winner is seen among awards of one item: of all a city buys in a year nobody wins half."""

import csv
import io

from sqlalchemy.orm import Session

from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import awards as demo_awards
from portal.procurement.history import flags
from portal.procurement.history.statistics import Query
from tests.conftest import StaffClient
from tests.portal.procurement.test_history import GOOD, TWO, taken, text_of

OTHERS = {"品目": "コピー用紙 A4", "落札者番号": TWO, "落札額": "950000"}


def listed(session: Session, asked: Query) -> set[str]:
    return {row.reference for row in flags.listed(session, asked, flag=flags.Flag.OFTEN)}


def test_who_won_half_of_an_item_is_listed_whatever_else_was_bought(
    database: Database, town: None, staff_client: StaffClient
) -> None:
    kept = [GOOD | {"管理番号": f"K-{number}"} for number in range(3)]
    beside = [GOOD | {"管理番号": f"B-{number}", "落札者番号": TWO, "落札額": "950000"} for number in range(2)]
    paper = [
        GOOD | OTHERS | {"管理番号": f"P-{number}", "落札日": f"{2025 + number % 2}-04-{15 + number}"}
        for number in range(8)
    ]
    with database.command("fill") as session:
        assert taken(session, text_of(*kept, *beside, *paper)).bad_rows == 0
        asked = (Query(), Query(item="机"), Query(category="goods", year=2025), Query(agency="chiba"))
        assert [listed(session, one) for one in asked] == [{"K-0", "K-1", "K-2"}] * 4, "three of five, not of thirteen"
        assert listed(session, Query(item="コピー用紙 A4")) == set(), "four a year are too few to say anything"
        assert flags.counts(session, Query())[flags.Flag.OFTEN] == 3
    auditor = staff_client(Role.AUDITOR)
    assert '<br><span class="small soft">机</span>' in auditor.get("/staff/flags?flag=often").body.decode()
    table = csv.DictReader(io.StringIO(auditor.get("/staff/flags.csv?flag=often").body.decode("utf-8-sig")))
    assert [row["品目"] for row in table] == ["机"] * 3


def test_the_demo_has_one_to_look_at() -> None:
    kept = [one for one in demo_awards.made(4_000, companies=400) if one.item == demo_awards.KEPT_BY_ONE]
    winners = [one.bids[0][1] for one in kept]
    assert max(winners.count(one) for one in set(winners)) * 2 >= len(winners)
    assert all(len({number for _yen, number in one.bids}) == len(one.bids) for one in kept), "nobody bids twice"
    assert all(list(one.bids) == sorted(one.bids) for one in kept)
