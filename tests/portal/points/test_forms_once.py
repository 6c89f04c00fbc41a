"""One form is one deed: what makes something makes it once, however often the same form is sent."""

from datetime import timedelta
from typing import Any

import pytest

from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.points.gifts.models import PointGift
from portal.points.joining.models import PointJoin
from portal.points.partners.models import PointPartner
from portal.points.programmes.models import PointProgramme, PointTerms
from portal.points.programmes.rules import Unit
from portal.points.volunteering.models import VolunteerActivity, VolunteerHost
from tests.browser import Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.house.test_at_the_same_instant import count, together
from tests.portal.points import offered, test_partners, test_programmes
from tests.portal.points.offered import PARK, programme
from tests.portal.points.one_person import GONE, KEPT, WHY

WORDS = "このフォームは、別の内容で送信済みです"
AT_ONCE = 6
pytestmark = pytest.mark.usefixtures("cast_residents")
GIFT = {"programme": PARK, "points": "10", "why": "記念", "ward": "", "age_from": "", "age_to": ""}
SHOP = test_partners.TYPED | {"holder": "カ）ミドリベーカリー"}


@pytest.fixture
def keeper(database: Database, staff_client: StaffClient) -> Visitor:
    programme(database, unit=Unit.ACT, points=50, budget=1_000_000)
    return staff_client(Role.POINTS_KEEPER)


def twice(visitor: Visitor, url: str, typed: dict[str, str], other: dict[str, str]) -> None:
    """Sent twice it leads to the same page; with another choice it is refused in words."""
    page = visitor.get(url)
    first, second = (visitor.submit(page, url, **typed) for _twice in range(2))
    assert (first.status, second.status) == (200, 200), first.text
    assert first.path == second.path != url
    back = visitor.submit(page, url, **(typed | other))
    assert (back.status in (409, 422), WORDS in back.text) == (True, True)


def at_once(visitor: Visitor, url: str, typed: dict[str, str]) -> None:
    page = visitor.get(url)
    shown = together(lambda _number: visitor.submit(page, url, **typed), AT_ONCE)
    assert ({one.status for one in shown}, len({one.path for one in shown})) == ({200}, 1)


def test_a_gift_proposed_twice_is_one_gift(database: Database, keeper: Visitor) -> None:
    twice(keeper, "/staff/points/gifts/new", GIFT, {"points": "20"})
    assert count(database, PointGift) == 1


def test_a_gift_proposed_at_one_instant_is_one_gift(database: Database, keeper: Visitor) -> None:
    at_once(keeper, "/staff/points/gifts/new", GIFT)
    assert count(database, PointGift) == 1


def activity() -> dict[str, str]:
    day = clock.today() + timedelta(days=1)
    return {
        "title": "海岸の清掃", "about": "長靴をお持ちください。", "ward": "美浜区", "meeting": "駅前", "begins": "10:00",
        "ends": "12:00", "seats": "20", "count": "3", "day-era": "ce", "day-year": str(day.year),
        "day-month": str(day.month), "day-day": str(day.day),
    }  # fmt: skip


def test_sessions_published_twice_by_an_organisation_are_published_once(
    database: Database, keeper: Visitor, resident_client: ResidentClient
) -> None:
    new = f"/points/hosting/{offered.host(database, keeper=cast.ICHIRO)}/new"
    twice(resident_client("ichiro"), new, activity(), {"seats": "30"})
    assert count(database, VolunteerActivity) == 3


def test_sessions_published_at_one_instant_by_the_city_are_published_once(database: Database, keeper: Visitor) -> None:
    at_once(keeper, f"/staff/volunteering/hosts/{offered.host(database)}/new", activity())
    assert count(database, VolunteerActivity) == 3


def test_a_shop_that_applies_twice_is_one_shop(
    database: Database, keeper: Visitor, resident_client: ResidentClient
) -> None:
    twice(resident_client("ichiro"), "/points/shops/apply", SHOP, {"phone": "043-555-0199"})
    assert count(database, PointPartner) == 1


def test_a_shop_that_applies_at_one_instant_is_one_shop(
    database: Database, keeper: Visitor, resident_client: ResidentClient
) -> None:
    """Nor do the presses use up the applications of the day."""
    at_once(resident_client("ichiro"), "/points/shops/apply", SHOP)
    assert count(database, PointPartner) == 1


def test_an_organisation_registered_twice_or_at_one_instant_is_shown_again(database: Database, keeper: Visitor) -> None:
    twice(keeper, "/staff/volunteering/hosts/new", {"name": "山の会", "programme": PARK}, {"name": "川の会"})
    at_once(keeper, "/staff/volunteering/hosts/new", {"name": "海の会", "programme": PARK})
    assert count(database, VolunteerHost) == 2


def terms_from_tomorrow() -> dict[str, str]:
    day = clock.today() + timedelta(days=1)
    begins = {f"begins_on-{part}": str(getattr(day, part)) for part in ("year", "month", "day")}
    return {"points": "60", "why": "改定", "begins_on-era": "ce"} | begins


def test_a_programme_and_its_terms_proposed_twice_or_at_one_instant_are_shown_again(
    database: Database, keeper: Visitor
) -> None:
    there = count(database, PointProgramme)
    twice(keeper, "/staff/points/new", test_programmes.TYPED, {"points": "7"})
    at_once(keeper, "/staff/points/new", test_programmes.TYPED | {"code": "another-one"})
    assert count(database, PointProgramme) == there + 2
    at_once(keeper, f"/staff/points/{PARK}/terms", terms_from_tomorrow())
    assert count(database, PointTerms, programme=PARK) == 2


def test_a_proposal_to_join_two_records_sent_twice_is_shown_again(database: Database, keeper: Visitor) -> None:
    new = "/staff/points/joins/new"
    pair = {"gone": GONE.addressee_number, "kept": KEPT.addressee_number}
    compared = keeper.submit(keeper.get(new), new, **pair, step="compare")
    sent: dict[str, Any] = pair | {"why": WHY, "sure": "yes", "step": "propose", "key": key_of(compared)}
    first, second = (keeper.post(new, sent, page=compared) for _twice in range(2))
    assert (first.status, first.path) == (200, second.path)
    back = keeper.post(new, sent | {"why": "別の理由"}, page=compared)
    assert (WORDS in back.text, count(database, PointJoin)) == (True, 1)


def key_of(page: Any) -> str:
    return next(str(field.get("value")) for field in page.find("input", name="key"))
