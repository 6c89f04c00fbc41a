"""Partner shops: application and four eyes, coupons, card touches, taking back."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from portal.cards.models import CityCard
from portal.config import Settings
from portal.core import clock
from portal.core.clock import JST
from portal.core.crypto import signing_key
from portal.core.envelope import SealBroken, key_ring
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.points.ledger import service as ledger
from portal.points.ledger import sweeping
from portal.points.ledger.entering import Entry
from portal.points.ledger.rules import AGAIN, Reason
from portal.points.partners import bank, contracts, rules, sales
from portal.points.partners.models import PartnerBank, PointSale
from portal.points.spending import codes
from portal.points.spending import rules as coupons
from portal.points.spending.models import PointCoupon
from tests.conftest import ResidentClient, StaffClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points.books import wrong
from tests.portal.points.offered import ONE, OTHER, person
from tests.portal.points.shops import ACCOUNT, FACTS, coupon, has, touch
from tests.portal.points.test_spending import balance

POOL = 100
TYPED = {**FACTS, "phone": "043-555-0101", "bank": "０１３４", "branch": "001", "deposit": "1", "number": "7654321"}


def test_a_shop_applies_and_two_people_let_it_in(
    town: Database, resident_client: ResidentClient, staff_client: StaffClient
) -> None:
    ichiro, keeper, chief = (
        resident_client("ichiro"),
        staff_client(Role.POINTS_KEEPER),
        staff_client(Role.POINTS_CHIEF),
    )
    form = ichiro.get("/points/shops/apply")
    assert ichiro.submit(form, "/points/shops/apply", name="").status == 422
    for wrong_word, said in (
        ({"holder": "緑パン"}, "緑"),
        ({"holder": "ア" * 31}, "30"),
        ({"bank": "0000"}, "金融機関"),
    ):
        answer = ichiro.submit(form, "/points/shops/apply", **(TYPED | {"holder": "ミドリ"} | wrong_word))
        assert answer.status == 422
        assert said in answer.text
    shown = ichiro.submit(form, "/points/shops/apply", **TYPED, holder="カ）ミドリベーカリー")
    assert FACTS["name"] in shown.text
    assert "契約はまだありません" in ichiro.get(f"{shown.path}/contract").text
    assert "受け取れるようになると" in ichiro.get(f"{shown.path}/presence").text
    page = keeper.get(shown.path.replace("/points/shops", "/staff/partners"))
    assert "クーポンを受け取り" in page.text  # what who acts for the shop may do
    assert "ｶ)ﾐﾄﾞﾘﾍﾞ-ｶﾘ-" in page.text
    today, year = clock.today(), clock.today() + timedelta(days=365)
    days = {
        f"{name}-{part}": str(getattr(day, part))
        for name, day in (("first", today), ("last", year))
        for part in ("year", "month", "day")
    }
    checked = {"seen": ["papers", "account", "exclusion"]}
    assert keeper.submit(page, f"{page.path}/check", **days, seen="papers").status == rules.ChecksOpen.status
    page = keeper.submit(page, f"{page.path}/check", **days, **checked)
    assert page.status == 200, page.text
    assert keeper.post(f"{page.path}/decide", {"decision": "approve"}, page=page).status == 404
    assert chief.submit(chief.get(page.path), f"{page.path}/decide", decision="other", note="確認").status == 422
    page = chief.submit(chief.get(page.path), f"{page.path}/decide", decision="approve")
    assert "7654321" not in page.text  # the account is opened to check it, and to pay
    assert "クーポン" in ichiro.get(shown.path).text
    assert resident_client("taro").get(shown.path).status == 404
    page = keeper.submit(keeper.get(page.path), f"{page.path}/suspend", note="営業を休んでいるため")
    assert ichiro.get(shown.path).text.count("営業を休んでいるため") == 1
    assert chief.submit(chief.get(page.path), f"{page.path}/resume").status == 200


def test_whoever_checked_does_not_decide(town: Database, settings: Settings) -> None:
    with town.command("shop") as session:
        made = contracts.apply(session, settings.file_ring, person(session, cast.ICHIRO), FACTS, ACCOUNT).id
        today = clock.today()
        with pytest.raises(rules.ContractUnclear):
            contracts.check(session, ONE, made, first=today, last=today - timedelta(days=1))
        contracts.check(session, ONE, made, first=today, last=today)
        with pytest.raises(rules.SecondPersonNeeded):
            contracts.decide(session, ONE, made, yes=True)
        contracts.decide(session, OTHER, made, yes=False, note="許可がありません")
        with pytest.raises(rules.PartnerDecided):
            contracts.decide(session, OTHER, made, yes=True)


def test_the_account_opens_with_its_own_shop_and_new_keys_only(shop: UUID, town: Database, settings: Settings) -> None:
    newer = key_ring(settings.master, "new=" + "AAAA" * 10 + "AAA=")
    with town.command("rewrap") as session:
        assert contracts.rewrap(session, newer) == 1
        assert contracts.rewrap(session, newer) == 0
        one = contracts.partner(session, shop)
        assert contracts.bank_of(session, newer, one) == ACCOUNT
        row = session.scalars(select(PartnerBank)).one()
        kept = bank.Sealed(row.key_id, row.wrapped_key, row.sealed)
        with pytest.raises(SealBroken):
            bank.opened(newer, uuid4(), kept)
        assert ACCOUNT.number.encode() not in kept.sealed
        assert ACCOUNT.number not in repr((one, row, ACCOUNT))


def test_a_coupon_is_taken_in_the_shop_and_taken_back(
    shop: UUID, town: Database, resident_client: ResidentClient, settings: Settings
) -> None:
    ichiro, page = resident_client("ichiro"), f"/points/shops/{shop}"
    reference = coupon(town)
    key = signing_key(settings.master, codes.SIGNING)
    old = codes.write(key, reference, "pool", clock.now() - timedelta(seconds=61))
    fresh = codes.write(key, reference, "pool", clock.now())
    assert ichiro.submit(ichiro.get(page), f"{page}/coupons", code=old).status == coupons.CodeOld.status
    taken = ichiro.submit(ichiro.get(page), f"{page}/coupons", code=fresh)
    assert "市民プール" in taken.text
    again = ichiro.submit(ichiro.get(page), f"{page}/coupons", code=reference)
    assert again.status == coupons.CouponUsed.status
    assert (has(town, shop), balance(town)) == (POOL, 6_000 - POOL)
    sale = next(link for link in sale_references(town))
    back = ichiro.submit(ichiro.get(page), f"{page}/sales/{sale}/back")
    assert "受け取りを取り消しました クーポンはまた使えます。" in back.text
    assert (has(town, shop), balance(town)) == (0, 6_000 - POOL)  # the coupon is good again
    for known in (reference, fresh):  # the shop knows both; the person need not be there
        refused = ichiro.submit(ichiro.get(page), f"{page}/coupons", code=known)
        assert refused.status == coupons.CouponShownAnew.status
    anew = codes.write(key, reference, "pool", clock.now() + timedelta(seconds=1))
    assert "市民プール" in ichiro.submit(ichiro.get(page), f"{page}/coupons", code=anew).text
    assert has(town, shop) == POOL
    assert wrong(town) == []


def test_what_a_shop_takes_back_after_its_last_day_is_good_for_a_week(shop: UUID, town: Database) -> None:
    """The shop was wrong, not whoever paid there."""
    reference, now = coupon(town), clock.now()
    with town.command("last day") as session:
        session.execute(update(PointCoupon).values(last_day=clock.today()))
        sale, _offer = sales.by_coupon(session, ONE, contracts.partner(session, shop), reference)
        by_coupon = sale.reference
    with town.command("points of long ago") as session:
        mine, last = ledger.account_of(session, person(session, cast.HANAKO)), clock.today()
        ledger.grant(session, Entry("old", ledger.city(session), mine, 300, Reason.EVENT, expires_on=last))
    by_card, others = touch(town, shop, 300), 6_000 - POOL
    with clock.freeze(now + timedelta(days=3)):
        with town.command("night") as session:
            sweeping.expire_some(session, clock.today())
        for sold in (by_coupon, by_card):
            with town.command("back") as session:
                sales.take_back(session, ONE, contracts.partner(session, shop), sold)
        with town.command("look") as session:
            found = session.get_one(PointCoupon, reference)
            assert (found.state, found.last_day) == ("open", clock.today() + AGAIN)
    for days, left in ((10, 300), (11, 0)):
        with clock.freeze(now + timedelta(days=days)):
            assert balance(town) == others + left
    assert (has(town, shop), wrong(town)) == (0, [])


def sale_references(database: Database) -> list[str]:
    with database.command("look") as session:
        return list(session.scalars(select(PointSale.reference).order_by(PointSale.at)))


def test_a_card_pays_by_touch_and_gets_it_back_into_the_same_lots(shop: UUID, town: Database) -> None:
    first = touch(town, shop, 300, key="one")
    assert touch(town, shop, 300, key="one") == first
    assert (has(town, shop), balance(town)) == (300, 5_700)
    with town.command("back") as session:
        one = contracts.partner(session, shop)
        sales.take_back(session, ONE, one, first)
        with pytest.raises(rules.SaleFinal):
            sales.take_back(session, ONE, one, first)
        with pytest.raises(rules.SaleUnknown):
            sales.take_back(session, ONE, one, "é" * 14)
    assert (has(town, shop), balance(town)) == (0, 6_000)
    second = touch(town, shop, 10)
    late = clock.freeze(clock.now() + rules.TAKE_BACK + timedelta(minutes=1))
    with late, town.command("late") as session, pytest.raises(rules.SaleFinal):
        sales.take_back(session, ONE, contracts.partner(session, shop), second)
    assert wrong(town) == []


def test_what_a_lost_card_can_pay_has_a_cap(shop: UUID, town: Database) -> None:
    with pytest.raises(rules.TouchLimit):
        touch(town, shop, 3_001)
    at = clock.now().astimezone(JST).replace(hour=12, minute=0)
    with clock.freeze(at):
        touch(town, shop, 3_000)
        with pytest.raises(rules.TouchLimit):
            touch(town, shop, 2_001)
        touch(town, shop, 2_000)
    with clock.freeze(at + timedelta(days=1)), pytest.raises(rules.CardCannotPay) as refused:
        touch(town, shop, 1_001)
    assert "1,000" not in refused.value.message  # the balance is not the shop's business
    with town.command("stop") as session:
        session.execute(update(CityCard).values(stopped_at=clock.now()))
    with pytest.raises(rules.CardUnknown):
        touch(town, shop, 1)


def test_a_shop_out_of_its_contract_or_suspended_takes_nothing(shop: UUID, town: Database) -> None:
    reference = coupon(town)
    with clock.freeze(clock.now() + timedelta(days=401)), pytest.raises(rules.PartnerClosed):
        touch(town, shop, 1)
    with town.command("suspend") as session:
        contracts.suspend(session, shop, "確認中")
    with pytest.raises(rules.PartnerClosed):
        touch(town, shop, 1)
    with town.command("coupon") as session, pytest.raises(rules.PartnerClosed):
        sales.by_coupon(session, ONE, contracts.partner(session, shop), reference)


def test_of_many_touches_at_the_same_instant_none_overdraws(shop: UUID, town: Database) -> None:
    """One key ten times is one payment; nine keys of 800 points stop at the day's cap."""
    assert len(set(together(lambda _: touch(town, shop, 200, key="same"), 10))) == 1

    def pay(number: int) -> bool:
        try:
            touch(town, shop, 800, key=f"touch-{number}")
        except rules.TouchLimit:
            return False
        return True

    noon = clock.now().astimezone(JST).replace(hour=12, minute=0)
    with clock.freeze(noon + timedelta(days=1)):
        assert sum(together(pay, 9)) == 6
    assert has(town, shop) == 200 + 6 * 800
    assert wrong(town) == []


def test_a_shop_whose_contract_begins_later_is_told_so(
    town: Database, settings: Settings, resident_client: ResidentClient, staff_client: StaffClient
) -> None:
    ichiro, chief = resident_client("ichiro"), staff_client(Role.POINTS_CHIEF)
    with town.command("shop") as session:
        made = contracts.apply(session, settings.file_ring, person(session, cast.ICHIRO), FACTS, ACCOUNT).id
    page = f"/points/shops/{made}"
    assert "市が申し込みを確認しています" in ichiro.get(page).text
    with town.command("check") as session:
        first = clock.today() + timedelta(days=9)
        contracts.check(session, ONE, made, first=first, last=first + timedelta(days=90), group="pools")
    shown = chief.get(f"/staff/partners/{made}").text
    assert "市民プール" in shown  # what the second person agrees to, in words
    assert "pools" not in shown.replace('value="pools"', "")
    with town.command("decide") as session:
        contracts.decide(session, OTHER, made, yes=True)
    told = ichiro.get(page).text
    assert "契約開始前" in told
    assert "ここでポイントとクーポンを受け取れます" in told
    assert "契約開始前" in ichiro.get("/points/shops").text
    assert "契約開始前" in chief.get("/staff/partners").text


def test_a_shop_hears_how_the_city_decided(
    town: Database, settings: Settings, resident_client: ResidentClient, worker: Worker
) -> None:
    today = clock.today()
    for name, yes in (("湯", True), ("森", False)):
        with town.command("shop") as session:
            facts = FACTS | {"name": name}
            made = contracts.apply(session, settings.file_ring, person(session, cast.ICHIRO), facts, ACCOUNT).id
            contracts.check(session, ONE, made, first=today, last=today + timedelta(days=9))
            contracts.decide(session, OTHER, made, yes=yes, note="許可がありません")
    worker.run_pending()
    told = resident_client("ichiro").get("/mailbox").text
    assert "「湯」でポイントを利用できるようになりました" in told
    assert "「森」の登録は認められませんでした" in told
