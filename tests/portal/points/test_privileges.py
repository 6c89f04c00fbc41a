"""What a rank brings: told on the page of points, and held when points are spent."""

from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import ValidationError

from portal.core import clock
from portal.core.money import Points
from portal.core.uow import Database
from portal.points.rules import Rank, reaches
from portal.points.spending import at_machine, catalogue, privileges, rules, service
from tests.conftest import ResidentClient
from tests.portal.points.test_pages import earn, resident
from tests.portal.points.test_spending import balance

SILVER, GOLD = "/points/rewards/museum-evening", "/points/rewards/backstage"


@pytest.fixture
def shop(database: Database, cast_residents: None) -> Database:
    with database.command("rewards") as session:
        catalogue.bring(session, catalogue.read())
    return database


@pytest.mark.parametrize(
    ("rank", "least", "wanted"),
    [(Rank.REGULAR, "regular", True), (Rank.REGULAR, "silver", False), (Rank.SILVER, "silver", True),
     (Rank.SILVER, "gold", False), (Rank.GOLD, "silver", True)],
)  # fmt: skip
def test_a_rank_has_what_the_lower_ones_have(rank: Rank, least: str, wanted: bool) -> None:
    assert reaches(rank, least) is wanted


def test_a_reward_of_a_rank_is_refused_below_it_and_costs_nothing(
    shop: Database, resident_client: ResidentClient
) -> None:
    earn(shop, resident(shop), 499)
    hanako = resident_client("hanako")
    offer = hanako.get(SILVER)
    assert "シルバー" in offer.text
    assert not [form for form in offer.find("form") if form.get("action") == f"{SILVER}/redeem"]
    assert hanako.post(f"{SILVER}/redeem", {}).status == rules.RewardRank.status
    assert balance(shop) == 499
    earn(shop, resident(shop), 1)
    hanako.submit(hanako.get(SILVER), f"{SILVER}/redeem")
    assert balance(shop) == 300
    assert hanako.post(f"{GOLD}/redeem", {}).status == rules.RewardRank.status
    assert balance(shop) == 300


@pytest.mark.parametrize(("earned", "more"), [(400, 0), (500, 30), (2_000, 90)])
def test_coupons_of_a_higher_rank_last_longer(shop: Database, earned: int, more: int) -> None:
    hanako = resident(shop)
    earn(shop, hanako, earned)
    with shop.command("redeem") as session:
        key = uuid4()
        coupon = service.redeem(session, hanako, "pool", key=key)
        assert coupon.last_day == coupon.made_at.astimezone(clock.JST).date() + timedelta(days=90 + more)


def test_the_page_lists_what_ranks_bring(shop: Database, resident_client: ResidentClient) -> None:
    page = resident_client("hanako").get("/points")
    assert [link for link in page.links() if link in (SILVER, GOLD)] == [SILVER, GOLD]
    with shop.command("look") as session:
        found = [(one.rank, one.coupon_days) for one in privileges.privileges(session)]
    assert found == [(Rank.SILVER, 30), (Rank.GOLD, 90)]
    assert "シルバー" in resident_client("hanako").get("/points/rewards").text


def test_a_machine_shows_the_same_shelf_to_everybody(shop: Database) -> None:
    hanako = resident(shop)
    earn(shop, hanako, 5_000)
    with shop.command("look") as session:
        shown = {one.code for one in at_machine.rewards_for(session, hanako, Points(5_000), "ja")}
    assert shown == {"pool", "museum", "bus", "childcare", "shopping"}


def test_a_file_cannot_name_an_unknown_rank_or_close_a_donation() -> None:
    with pytest.raises(ValidationError):
        privileges.Given.model_validate({"coupon_days": -1})
    ours = {"code": "trees", "title": {"ja": "木"}, "about": {"ja": "木"}}
    for wrong in ({"kind": "coupon", "rank": "platinum"}, {"kind": "donation", "rank": "gold"}):
        with pytest.raises(ValidationError):
            catalogue.Reward.model_validate(ours | wrong)
