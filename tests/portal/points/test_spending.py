"""Rewards, coupons and donations, as residents and a desk meet them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from portal.config import Settings
from portal.core import clock
from portal.core.crypto import signing_key
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.mailbox.models import Notice
from portal.points import nightly
from portal.points import service as points
from portal.points.spending import catalogue, codes, rules, service
from portal.points.spending.models import PointCoupon, PointReward
from tests.browser import Page
from tests.conftest import ResidentClient, StaffClient
from tests.patience import PATIENCE
from tests.portal.points.books import wrong
from tests.portal.points.test_pages import earn, resident

POOL = 100


@pytest.fixture
def shop(database: Database, cast_residents: None) -> Database:
    with database.command("rewards") as session:
        catalogue.bring(session, catalogue.read())
    earn(database, resident(database), 1_000)
    return database


def balance(database: Database, person: cast.Resident = cast.HANAKO) -> int:
    who = resident(database, person)
    with database.command("look") as session:
        return points.balance(session, who)


def reference_on(page: Page) -> str:
    return page.path.rpartition("/")[2]


def test_a_coupon_is_got_shown_and_taken_once(
    shop: Database, resident_client: ResidentClient, staff_client: StaffClient
) -> None:
    hanako, desk = resident_client("hanako"), staff_client(Role.WINDOW)
    assert "市民プール" in hanako.get("/points/rewards").text
    offer = hanako.get("/points/rewards/pool")
    shown = hanako.submit(offer, "/points/rewards/pool/redeem")
    again = hanako.submit(offer, "/points/rewards/pool/redeem")  # pressed twice
    assert shown.path == again.path
    assert balance(shop) == 1_000 - POOL
    reference = reference_on(shown)
    taken = desk.post("/staff/coupons", {"code": reference.lower()})
    assert "市民プール" in taken.text
    assert desk.post("/staff/coupons", {"code": reference}).status == rules.CouponUsed.status
    assert hanako.get(shown.path).text.count("使われました") == 1
    assert desk.post("/staff/coupons", {"code": "0000-0000-0000"}).status == 404
    assert wrong(shop) == []


def test_a_coupon_given_back_is_points_again_and_somebody_elses_chance(
    shop: Database, resident_client: ResidentClient, staff_client: StaffClient
) -> None:
    hanako = resident_client("hanako")
    shown = hanako.submit(hanako.get("/points/rewards/childcare"), "/points/rewards/childcare/redeem")
    refused = hanako.submit(hanako.get("/points/rewards/childcare"), "/points/rewards/childcare/redeem")
    assert refused.status == rules.RewardLimit.status
    hanako.submit(shown, f"{shown.path}/return")
    assert balance(shop) == 1_000
    with shop.command("look") as session:
        assert session.get_one(PointReward, "childcare").stock == 100
    ended = staff_client(Role.WINDOW).post("/staff/coupons", {"code": reference_on(shown)})
    assert ended.status == rules.CouponEnded.status
    assert resident_client("taro").get(shown.path).status == 404
    assert wrong(shop) == []


def test_a_donation_shows_in_the_projects_progress(shop: Database, resident_client: ResidentClient) -> None:
    hanako = resident_client("hanako")
    page = hanako.get("/points/rewards/trees")
    assert hanako.submit(page, "/points/rewards/trees/donate").status == rules.GiftUnclear.status
    thanks = hanako.submit(page, "/points/rewards/trees/donate", amount="300")
    hanako.submit(page, "/points/rewards/trees/donate", amount="300")  # pressed twice
    assert "100,000ポイントのうち300ポイント" in thanks.text
    assert balance(shop) == 700
    poor = resident_client("taro")
    assert "寄付は100ポイントからできます。" in poor.get("/points/rewards/trees").text
    assert poor.post("/points/rewards/trees/donate", {"amount": "100"}, page=poor.get("/points/rewards")).status == 409
    assert poor.get("/points/rewards/nothing").status == 404


def test_many_want_the_last_three(shop: Database) -> None:
    """Stock is neither oversold nor lost, and who got nothing keeps the points."""
    people = [resident(shop, person) for person in cast.RESIDENTS if person is not cast.HANAKO][:8]
    for person in people:
        earn(shop, person, POOL)
    with shop.command("few") as session:
        session.get_one(PointReward, "pool").stock = 3
    barrier = Barrier(len(people))

    def ask(place: int) -> bool:
        barrier.wait(PATIENCE)
        try:
            with shop.command("redeem") as session:
                service.redeem(session, people[place], "pool", key=uuid4())
        except rules.RewardGone:
            return False
        return True

    with ThreadPoolExecutor(len(people)) as pool:
        got = list(pool.map(ask, range(len(people))))
    assert sum(got) == 3
    with shop.command("look") as session:
        assert session.scalar(select(func.count()).select_from(PointCoupon)) == 3
        assert [points.balance(session, person) for person in people] == [0 if one else POOL for one in got]
    assert wrong(shop) == []


def test_a_code_holds_for_a_minute_and_only_if_the_city_wrote_it(settings: Settings) -> None:
    key, other = (signing_key(settings.master, purpose) for purpose in (codes.SIGNING, "somebody"))
    now = clock.now()
    code = codes.write(key, "K7QM-3XPR-T2WH", "pool", now)
    assert codes.read(key.public_key(), code, now + timedelta(seconds=59)).reference == "K7QM-3XPR-T2WH"
    forged = [code.replace("pool", "museum"), codes.write(other, "K7QM-3XPR-T2WH", "pool", now), "a:b", "：", ":\0"]
    for wrong_code, at in [(code, now + timedelta(seconds=61)), *((one, now) for one in forged)]:
        with pytest.raises(rules.CodeOld):
            codes.read(key.public_key(), wrong_code, at)


def test_who_loses_points_soon_is_told_three_times_and_not_of_what_was_spent(shop: Database, worker: Worker) -> None:
    hanako = resident(shop)
    with shop.command("look") as session:
        day = points.expiring(session, hanako)[0].day

    def told_at(ahead: int) -> int:
        noon = clock.now() + (day - clock.today() - timedelta(days=ahead))
        with clock.freeze(noon):
            for _ in range(2):
                with shop.job("night") as session:
                    nightly.warn(session, {}, batch=1)
                worker.run_pending()
        with shop.command("look") as session:
            told = select(func.count()).where(Notice.key.like("points-expiring:%"))
            return session.scalar(told) or 0

    assert [told_at(ahead) for ahead in (61, 60, 40, 29, 8, 7)] == [0, 1, 1, 2, 2, 3]
