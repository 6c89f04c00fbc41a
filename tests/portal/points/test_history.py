"""What a resident reads of points that came and went: why, for what, and from where."""

from uuid import UUID

import pytest

from portal.config import Settings
from portal.core.uow import Database
from portal.demo import cast
from portal.points.ledger.rules import REASON_WORDS, Kind, Reason, about, told
from portal.points.partners import contracts, sales
from tests.browser import Page
from tests.conftest import ResidentClient
from tests.portal.points.offered import ONE
from tests.portal.points.shops import FACTS, open_shop, touch
from tests.portal.points.test_pages import resident


@pytest.fixture
def shop(town: Database, settings: Settings) -> UUID:
    return open_shop(town, settings)


def reasons(page: Page) -> list[str]:
    return [" ".join("".join(line.itertext()).split()) for line in page.find("span", **{"class": "list__title"})]


def test_the_history_says_for_what_and_from_whom(shop: UUID, town: Database, resident_client: ResidentClient) -> None:
    hanako = resident_client("hanako")
    hanako.submit(hanako.get("/points/rewards/trees"), "/points/rewards/trees/donate", amount="100")
    coupon = hanako.submit(hanako.get("/points/rewards/pool"), "/points/rewards/pool/redeem")
    hanako.submit(coupon, f"{coupon.path}/return")
    family = hanako.get("/points/family")
    hanako.submit(family, "/points/family", who=str(resident(town, cast.TARO)), points="100")
    paid = touch(town, shop, 50)
    with town.command("back") as session:
        sales.take_back(session, ONE, contracts.partner(session, shop), paid)
    told_here = reasons(hanako.get("/points"))
    for words in (
        "寄付しました: 通学路に木を植える",
        "特典と交換しました: 市民プール",
        "クーポンを返却しました: 市民プール",
        f"家族に譲りました: {cast.TARO.name}",
        f"協賛店で支払いました: {FACTS['name']}",
        f"お店が支払いを取り消しました: {FACTS['name']}",
    ):
        assert any(line.startswith(words) for line in told_here), (words, told_here)
    assert f"家族から受け取りました: {cast.HANAKO.name}" in reasons(resident_client("taro").get("/points"))
    assert "Donated: Trees along the way to school" in reasons(hanako.get("/points?lang=en"))


def test_what_was_taken_back_by_the_city_is_its_correction() -> None:
    assert told(Reason.REVERSAL, -50, Reason.VOLUNTEERING) == REASON_WORDS[Reason.REVERSAL]
    assert told(Reason.REVERSAL, 50, Reason.SET_OFF) == REASON_WORDS[Reason.REVERSAL]
    assert told(Reason.FAMILY, -50, None) == REASON_WORDS[Reason.FAMILY]


def test_only_rewards_projects_and_shops_are_named() -> None:
    assert about("donation trees") == (Kind.DONATION, "trees")
    assert about("programme volunteer-2026") == about("city") == about(None) == ("", "")
