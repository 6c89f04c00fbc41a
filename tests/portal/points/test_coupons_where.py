"""Where a coupon is money, who may not pay whom, and coupons that come back or come late."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import ValidationError
from sqlalchemy import select, update

from portal.config import Settings
from portal.core import clock
from portal.core.crypto import signing_key
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.points import rules as point_rules
from portal.points import service as points
from portal.points.partners import contracts, naming, rules, sales
from portal.points.spending import catalogue, codes, desk_check, service
from portal.points.spending import rules as coupons
from portal.points.spending.models import CouponClash, PointCoupon
from portal.points.spending.rules import STILL_GOOD, State
from portal.points.volunteering.rules import KeeperUnknown
from tests.conftest import ResidentClient, StaffClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points.books import wrong
from tests.portal.points.offered import ONE, person
from tests.portal.points.shops import coupon, has, touch
from tests.portal.points.test_pages import earn, resident
from tests.portal.points.test_spending import balance


def redeem(database: Database, who: cast.Resident, reward: str) -> str:
    with database.command("redeem") as session:
        return service.redeem(session, person(session, who), reward, key=uuid4()).reference


def take(database: Database, shop: UUID, reference: str) -> str:
    with database.command("take") as session:
        return sales.by_coupon(session, ONE, contracts.partner(session, shop), reference)[0].reference


# ---- where it is money --------------------------------------------------------------------


@pytest.mark.parametrize("reward", ["childcare", "bus", "shopping"])
def test_a_coupon_is_money_only_with_partners_of_its_group(reward: str, shop: UUID, town: Database) -> None:
    """A4: a bakery took vouchers for childcare, and was paid for them."""
    reference = redeem(town, cast.HANAKO, reward)
    with pytest.raises(rules.CouponNotHere):
        take(town, shop, reference)
    with town.command("look") as session:
        assert session.get_one(PointCoupon, reference).state == State.OPEN
    assert has(town, shop) == 0


def test_a_second_group_is_given_by_who_approves(
    shop: UUID, town: Database, staff_client: StaffClient, resident_client: ResidentClient
) -> None:
    keeper, chief = staff_client(Role.POINTS_KEEPER), staff_client(Role.POINTS_CHIEF)
    page, action = f"/staff/partners/{shop}", f"/staff/partners/{shop}/group"
    assert keeper.post(action, {"group": "shops"}, page=keeper.get(page)).status == 404
    assert chief.submit(chief.get(page), action, group="nobody").status == 422
    assert chief.submit(chief.get(page), action, group="shops").status == 200
    reference = redeem(town, cast.HANAKO, "shopping")
    ichiro = resident_client("ichiro")
    shown = ichiro.submit(ichiro.get(f"/points/shops/{shop}"), f"/points/shops/{shop}/coupons", code=reference)
    assert "お買い物券" in shown.text
    assert has(town, shop) == 200


@pytest.mark.parametrize("who", [cast.ICHIRO, cast.MARIA], ids=["applied", "named"])
def test_who_acts_for_a_shop_does_not_pay_there(who: cast.Resident, shop: UUID, town: Database) -> None:
    """A4: the owner's own points became the owner's own yen."""
    with town.command("name") as session:
        naming.name(session, ONE, shop, cast.MARIA.addressee_number)
    earn(town, resident(town, who), 2_000)
    reference = redeem(town, who, "pool")
    with pytest.raises(rules.OwnShop):
        take(town, shop, reference)
    with pytest.raises(rules.OwnShop):
        touch(town, shop, 100, who=who)
    assert (has(town, shop), balance(town, who)) == (0, 1_900)


def test_a_named_keeper_acts_only_once_a_second_person_agreed(
    shop: UUID, town: Database, staff_client: StaffClient
) -> None:
    """A3c: who acts for a shop was named by one person."""
    keeper, chief = staff_client(Role.POINTS_KEEPER), staff_client(Role.POINTS_CHIEF)
    page = f"/staff/partners/{shop}"
    keeper.submit(keeper.get(page), f"{page}/keepers", number=cast.MARIA.addressee_number)
    maria = resident(town, cast.MARIA)
    with town.command("look") as session:
        assert not contracts.kept_by(session, maria)
        with pytest.raises(rules.PartnerUnknown):
            contracts.own(session, maria, shop)
    agree = f"{page}/keepers/{maria}/agree"
    assert keeper.post(agree, {}, page=keeper.get(page)).status == 404
    assert chief.submit(chief.get(page), agree).status == 200
    assert chief.post(agree, {}, page=chief.get(page)).status == point_rules.NamingDecided.status
    with town.command("look") as session:
        assert [one.id for one in contracts.kept_by(session, maria)] == [shop]
    with town.command("same") as session:
        naming.dismiss(session, shop, maria)
        naming.name(session, ONE, shop, cast.MARIA.addressee_number)
        with pytest.raises(point_rules.OwnNaming):
            naming.agree(session, ONE, shop, maria)
        with pytest.raises(KeeperUnknown):
            naming.name(session, ONE, shop, "1")


# ---- what comes back, what costs nothing --------------------------------------------------


def test_a_coupon_a_shop_takes_back_past_its_day_is_good_for_another_week(shop: UUID, town: Database) -> None:
    """A11: the coupon and the points were gone."""
    reference = coupon(town)
    with town.command("last day") as session:
        session.execute(update(PointCoupon).values(last_day=clock.today()))
    sale = take(town, shop, reference)
    with clock.freeze(clock.now() + timedelta(days=2)):
        with town.command("back") as session:
            sales.take_back(session, ONE, contracts.partner(session, shop), sale)
            assert session.get_one(PointCoupon, reference).last_day == clock.today() + STILL_GOOD
        before = balance(town)
        with town.command("give back") as session:
            service.give_back(session, person(session, cast.HANAKO), reference)
            assert points.history(session, person(session, cast.HANAKO))[0].words == "You gave a coupon back"
        assert balance(town) == before + 100
    assert wrong(town) == []


@pytest.mark.parametrize("more", ["", 'points = 10\ntaken_by = "shops"\ncovers = 5', 'points = 10\ntaken_by = "あ"'])
def test_a_catalogue_that_cannot_be_is_refused_with_its_reason(more: str, tmp_path: Path) -> None:
    """A12: a coupon for nothing was taken from the file, and was an error page for whoever pressed."""
    file = tmp_path / "rewards.toml"
    file.write_text(f'[[reward]]\ncode="free"\nkind="coupon"\ntitle={{ja="無料"}}\nabout={{ja="無料"}}\n{more}\n')
    with pytest.raises(ValidationError, match=r"a coupon needs points|group of them|string_pattern"):
        catalogue.read(file)


# ---- taken without network ----------------------------------------------------------------


def shown(settings: Settings, reference: str, *, days: float = 0) -> str:
    key = signing_key(settings.master, codes.SIGNING)
    return codes.write(key, reference, "pool", clock.now() - timedelta(minutes=3, days=days))


def test_a_coupon_taken_without_network_comes_on_record_later(
    town: Database, settings: Settings, staff_client: StaffClient
) -> None:
    """A10: three minutes later its code was too old for ever."""
    desk, reference = staff_client(Role.WINDOW), coupon(town)
    code = shown(settings, reference)
    page = desk.get("/staff/coupons")
    assert desk.submit(page, "/staff/coupons", code=code).status == coupons.CodeOld.status
    assert desk.submit(page, "/staff/coupons", code=reference, late="y").status == coupons.CodeOld.status
    too_late = shown(settings, reference, days=8)
    assert desk.submit(page, "/staff/coupons", code=too_late, late="y").status == coupons.CodeOld.status
    assert "市民プール" in desk.submit(page, "/staff/coupons", code=code, late="y").text
    with town.command("look") as session:
        found = session.get_one(PointCoupon, reference)
        assert found.ended_at
        assert abs(found.ended_at - (clock.now() - timedelta(minutes=3))) < timedelta(minutes=2)
    assert desk.submit(page, "/staff/coupons", code=code, late="y").status == coupons.CouponUsed.status
    with town.command("look") as session:
        assert session.scalars(select(CouponClash)).all() == [], "the same desk said the same twice"


def test_two_desks_without_network_are_found_out(
    town: Database, shop: UUID, settings: Settings, staff_client: StaffClient, resident_client: ResidentClient
) -> None:
    desk, reference = staff_client(Role.WINDOW), coupon(town)
    first, second = shown(settings, reference), shown(settings, reference, days=0.01)
    assert desk.submit(desk.get("/staff/coupons"), "/staff/coupons", code=first, late="y").status == 200
    ichiro, page = resident_client("ichiro"), f"/points/shops/{shop}"
    for _twice in range(2):
        clash = ichiro.submit(ichiro.get(page), f"{page}/coupons", code=second, late="y")
        assert clash.status == coupons.CouponClashed.status
    assert has(town, shop) == 0
    keeper = staff_client(Role.POINTS_KEEPER)
    listed = keeper.get("/staff/coupon-clashes")
    assert listed.text.count(reference) >= 1
    with town.command("look") as session:
        (one,) = session.scalars(select(CouponClash)).all()
    action = f"/staff/coupon-clashes/{one.id}/settle"
    assert keeper.submit(listed, action, note="").status == 422
    assert "店に説明した" in keeper.submit(listed, action, note="店に説明した").text
    assert keeper.submit(listed, action, note="もう一度").status == coupons.ClashSettled.status


def test_who_took_a_coupon_once_and_gave_the_payment_back_cannot_take_it_again_without_its_holder(
    town: Database, shop: UUID, settings: Settings, staff_client: StaffClient, resident_client: ResidentClient
) -> None:
    """Neither by its number nor by the code of then, here or at a desk of the city; what was handed over without network
    is looked into."""
    reference = coupon(town)
    code, key = shown(settings, reference), signing_key(settings.master, codes.SIGNING)
    ichiro, page, desk = resident_client("ichiro"), f"/points/shops/{shop}", staff_client(Role.WINDOW)
    assert ichiro.submit(ichiro.get(page), f"{page}/coupons", code=code, late="y").status == 200
    with town.command("back") as session:
        one = contracts.partner(session, shop)
        sales.take_back(session, ONE, one, sales.sales_of(session, shop)[0].reference)
    assert has(town, shop) == 0
    by_number = coupons.CouponShownAnew.status
    assert ichiro.submit(ichiro.get(page), f"{page}/coupons", code=reference).status == by_number
    assert (
        ichiro.submit(ichiro.get(page), f"{page}/coupons", code=code, late="y").status == coupons.CouponClashed.status
    )
    assert desk.submit(desk.get("/staff/coupons"), "/staff/coupons", code=reference).status == by_number
    with town.command("look") as session:
        assert session.scalars(select(CouponClash.reference)).all() == [reference]
        assert session.get_one(PointCoupon, reference).state == coupons.State.OPEN
    assert has(town, shop) == 0
    assert "番号だけでは使えません" in resident_client("hanako").get(f"/points/coupons/{reference}").text
    anew = codes.write(key, reference, "pool", clock.now() + timedelta(seconds=1))
    assert "市民プール" in ichiro.submit(ichiro.get(page), f"{page}/coupons", code=anew).text
    assert wrong(town) == []


def test_a_coupon_that_comes_back_while_it_is_taken_by_its_number_is_not_taken(
    town: Database, shop: UUID, settings: Settings
) -> None:
    """Many who know the number press while it comes back; the statement that takes it looks itself."""
    reference = coupon(town)
    with town.command("take") as session:
        one = contracts.partner(session, shop)
        first = sales.by_coupon(session, ONE, one, reference)[0].reference

    def rush(number: int) -> str:
        try:
            with town.command("rush") as session:
                one = contracts.partner(session, shop)
                if number == 0:
                    sales.take_back(session, ONE, one, first)
                else:
                    sales.by_coupon(session, ONE, one, reference)
        except (coupons.CouponUsed, coupons.CouponShownAnew):
            return "refused"
        return "done"

    assert sorted(together(rush, 6)) == ["done", *["refused"] * 5]
    assert has(town, shop) == 0
    with town.command("touch") as session:
        one = contracts.partner(session, shop)
        sales.by_coupon(session, ONE, one, reference, shown_at=clock.now())
    assert wrong(town) == []


def test_a_desk_without_network_has_a_program_that_takes_each_coupon_once(settings: Settings, tmp_path: Path) -> None:
    key, other = (signing_key(settings.master, purpose) for purpose in (codes.SIGNING, "somebody"))
    pem, taken = tmp_path / "key.pem", tmp_path / "taken.txt"
    pem.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    now = clock.machine_now()
    fresh = codes.write(key, "K7QM-3XPR-T2WH", "pool", now + timedelta(seconds=50))
    old = codes.write(key, "K7QM-3XPR-T2WH", "pool", now - timedelta(hours=1))
    forged = codes.write(other, "K7QM-3XPR-T2WH", "pool", now + timedelta(seconds=50))
    assert desk_check.judge(fresh, pem, set(), now.timestamp()) == "taken"
    assert desk_check.judge(fresh, pem, {"K7QM-3XPR-T2WH"}, now.timestamp()) == "taken before"
    asked = [sys.executable, "-I", desk_check.__file__, pem, taken]
    said = subprocess.run(asked, input=f"{old}\n{forged}\nabc\n", capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == ["too old: show the code anew", "not signed by the city", "not a coupon"]
    assert not taken.exists()
