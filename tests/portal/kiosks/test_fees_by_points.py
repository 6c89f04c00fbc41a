"""A certificate's fee paid with points: the order is paid and the points are spent, or neither, whatever happens."""

import csv
import io
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from portal.certificates.models import CertificateOrder, CertificatePayment
from portal.core import clock
from portal.core.clock import JST
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.points import service as points
from portal.points.ledger import service as ledger
from portal.points.ledger.models import PointAccount, PointLot, PointTransfer
from portal.points.ledger.rules import STILL_GOOD
from portal.points.spending import catalogue, fees, service
from portal.points.spending.models import PointCoupon, PointReward
from tests.conftest import ResidentClient, StaffClient
from tests.house.mortal import Mortal
from tests.house.test_at_the_same_instant import together
from tests.portal.kiosks.test_kiosk_api import Kiosk, code
from tests.portal.points.books import wrong
from tests.portal.points.test_pages import earn, resident

FEE = "certificate-fee"
JAM = {"reason": "printer-jam", "refunded": True, "kept": 0}


@pytest.fixture
def machine(kiosk: Kiosk, database: Database) -> Kiosk:
    """花子 has 320 points in two lots."""
    with database.command("rewards") as session:
        catalogue.bring(session, catalogue.read())
    earn(database, resident(database), 150, days_ago=300)
    earn(database, resident(database), 170)
    return kiosk


def coupon(database: Database) -> str:
    """A coupon for a fee that 花子 holds."""
    who = resident(database)
    with database.command("redeem") as session:
        return service.redeem(session, who, FEE, key=uuid4()).reference


def pay(kiosk: Kiosk, order: dict[str, Any], way: str, *, key: str | None = None, **other: Any) -> TestResponse:
    body = {"amount": order["fee"], "method": way, "receipt": order["order"], "owner": order["owner"]}
    return kiosk.post(f"/orders/{order['order']}/paid", body | other, key=key)


def failed(kiosk: Kiosk, order: dict[str, Any], **facts: Any) -> TestResponse:
    return kiosk.post(f"/orders/{order['order']}/failed", JAM | {"owner": order["owner"]} | facts)


def printed(kiosk: Kiosk, order: dict[str, Any]) -> TestResponse:
    paper = kiosk.get(f"/orders/{order['order']}/document", **{"X-Order-Owner": order["owner"]})
    assert paper.data.startswith(b"%PDF-")
    return kiosk.post(f"/orders/{order['order']}/printed", {"job": "7", "owner": order["owner"]})


def standing(database: Database) -> dict[str, Any]:
    """What the books say: 花子's points and lots, coupons by state, what the city's account bears, orders by state."""
    who = resident(database)
    with database.command("look") as session:
        mine = select(PointAccount.id).where(PointAccount.resident_id == who).scalar_subquery()
        lots = select(PointLot.remaining).where(PointLot.account_id == mine).order_by(PointLot.number)
        bearer = session.scalar(select(PointAccount.id).where(PointAccount.name == fees.BEARER))
        return {
            "points": points.balance(session, who),
            "lots": list(session.scalars(lots)),
            "coupons": sorted(session.scalars(select(PointCoupon.state))),
            "borne": ledger.balance_at(session, bearer, clock.now() + timedelta(days=2)) if bearer else 0,
            "orders": sorted(session.scalars(select(CertificateOrder.state))),
        }


def test_points_pay_the_fee_there_and_then(machine: Kiosk, database: Database, resident_client: ResidentClient) -> None:
    order = machine.order(machine.greet("hanako")[0])
    assert order["by_points"] == {"coupon": None, "points": 200, "balance": 320, "why_not": None}
    assert pay(machine, order, "points").json == {"state": "paid"}
    assert printed(machine, order).json == {"state": "printed"}
    assert standing(database) == {
        "points": 120, "lots": [0, 120], "coupons": ["used"], "borne": 200, "orders": ["printed"],
    }  # fmt: skip
    assert wrong(database) == []
    with database.command("look") as session:
        payment = session.scalars(select(CertificatePayment)).one()
        assert (payment.method, payment.receipt) == ("points", order["order"])
    hanako = resident_client("hanako")
    page = hanako.get(f"/certificates/{order['order']}").text
    assert "市民ポイントで" in page
    assert "receipt" not in page, "a receipt is for money"
    assert "証明書交付機で手数料を支払い" in hanako.get("/points").text


def test_a_coupon_she_holds_pays_before_her_points_do_and_once(machine: Kiosk, database: Database) -> None:
    coupon(database)
    session_id, _welcome = machine.greet("hanako")
    order = machine.order(session_id)
    last_day = (clock.today() + timedelta(days=90)).isoformat()
    assert order["by_points"]["coupon"] == last_day
    assert order["by_points"]["points"] == 200
    assert "200" in order["by_points"]["why_not"], "120 points are too few; the coupon pays nevertheless"
    answers = [pay(machine, order, "coupon", key=key) for key in ("press", "press", "again")]
    assert [answer.json for answer in answers] == [{"state": "paid"}] * 3
    second = machine.order(session_id)
    assert second["by_points"]["coupon"] is None
    assert code(pay(machine, second, "coupon")) == "coupon-used"
    assert code(pay(machine, order, "cash")) == "order-payment-used", "it is paid"
    assert standing(database) == {
        "points": 120, "lots": [0, 120], "coupons": ["used"], "borne": 200, "orders": ["ordered", "paid"],
    }  # fmt: skip
    assert wrong(database) == []


def test_machines_that_want_the_same_coupon_at_one_instant(machine: Kiosk, database: Database) -> None:
    coupon(database)
    orders = [machine.order(machine.greet("hanako")[0]) for _ in range(6)]
    answers = together(lambda place: pay(machine, orders[place], "coupon"), len(orders))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 5]
    assert {code(answer) for answer in answers if answer.status_code == 409} == {"coupon-used"}
    assert standing(database) == {
        "points": 120, "lots": [0, 120], "coupons": ["used"], "borne": 200, "orders": [*["ordered"] * 5, "paid"],
    }  # fmt: skip
    assert wrong(database) == []


def test_one_order_paid_twenty_times_at_one_instant_takes_points_once(machine: Kiosk, database: Database) -> None:
    order = machine.order(machine.greet("hanako")[0])
    answers = together(lambda _: pay(machine, order, "points", key="press"))
    assert {answer.status_code for answer in answers} == {200}
    assert standing(database)["points"] == 120
    assert wrong(database) == []


def test_without_paper_points_are_back_in_their_lots(machine: Kiosk, database: Database) -> None:
    before = standing(database) | {"orders": ["refunded"], "coupons": ["returned"]}
    order = machine.order(machine.greet("hanako")[0])
    pay(machine, order, "points")
    assert [failed(machine, order).json for _ in range(2)] == [{"state": "refunded"}] * 2
    assert standing(database) == before
    assert wrong(database) == []
    assert pay(machine, order, "points").json == {"state": "refunded"}, "told once more, it is what became of it"
    assert standing(database) == before


def test_points_that_ran_out_while_the_machine_was_silent_last_for_a_week(machine: Kiosk, database: Database) -> None:
    order = machine.order(machine.greet("hanako")[0])
    pay(machine, order, "points")
    who = resident(database)
    with database.command("look") as session:
        last = points.expiring(session, who)[-1].day
    later = clock.now() + timedelta(days=(last - clock.today()).days + 1)
    with clock.freeze(later), database.command("long after") as session:
        assert points.balance(session, who) == 0
        points.give_fee_back(session, points.FeeWay.POINTS, UUID(order["order"]))
    with clock.freeze(later + STILL_GOOD):
        assert standing(database)["points"] == 200
    with clock.freeze(later + STILL_GOOD + timedelta(days=1)):
        assert standing(database)["points"] == 0
    assert wrong(database) == []


@pytest.mark.parametrize("days_left", [0, 30], ids=["its last day passed meanwhile", "long good"])
def test_without_paper_a_coupon_is_good_again(machine: Kiosk, database: Database, days_left: int) -> None:
    reference = coupon(database)
    last_day = clock.today() + timedelta(days=days_left)
    with database.command("last day") as session:
        session.execute(update(PointCoupon).values(last_day=last_day))
    order = machine.order(machine.greet("hanako")[0])
    pay(machine, order, "coupon")
    with clock.freeze(clock.now() + timedelta(days=1)), database.command("a day later") as session:
        points.give_fee_back(session, points.FeeWay.COUPON, UUID(order["order"]))
        session.expire_all()
        found = session.get_one(PointCoupon, reference)
        assert found.state == "open"
        assert found.last_day == (last_day if days_left else clock.today() + STILL_GOOD)
    assert standing(database)["borne"] == 0
    assert wrong(database) == []


def test_a_coupon_that_came_back_pays_at_the_same_machine_again(machine: Kiosk, database: Database) -> None:
    coupon(database)
    session_id, _welcome = machine.greet("hanako")
    for _ in range(2):
        order = machine.order(session_id)
        assert pay(machine, order, "coupon").status_code == 200
        assert failed(machine, order).json == {"state": "refunded"}
    last = machine.order(session_id)
    pay(machine, last, "coupon")
    assert printed(machine, last).json == {"state": "printed"}
    assert (standing(database)["borne"], wrong(database)) == (200, [])


def test_too_few_points_are_said_and_take_nothing(machine: Kiosk, database: Database) -> None:
    before = standing(database)
    session_id, _welcome = machine.greet("taro")
    order = machine.order(session_id)
    assert order["by_points"] | {"why_not": ""} == {"coupon": None, "points": 200, "balance": 0, "why_not": ""}
    assert order["by_points"]["why_not"] == "お持ちのポイントは0、必要なポイントは200です。"
    assert code(pay(machine, order, "points")) == "not-enough-points"
    assert code(pay(machine, order, "coupon")) == "coupon-used"
    assert standing(database) == before | {"orders": ["ordered"]}
    assert machine.pay(order).json == {"state": "paid"}, "coins do"
    wish = {"kind": "resident-record", "options": {"scope": "self", "relation": "yes", "domicile": "no"}, "copies": 2}
    two = machine.post(f"/sessions/{session_id}/orders", wish).json or {}
    assert two["by_points"]["why_not"] == "ポイントで支払えるのは、200円までの手数料です。"
    assert code(pay(machine, two, "points")) == "reward-unknown"


def test_nobody_pays_with_somebody_elses_points(machine: Kiosk, database: Database) -> None:
    coupon(database)
    hers, his = machine.order(machine.greet("hanako")[0]), machine.order(machine.greet("taro")[0])
    before = standing(database)
    assert his["by_points"]["coupon"] is None
    assert code(pay(machine, his, "coupon")) == "coupon-used", "hers is not his"
    assert code(pay(machine, hers, "coupon", owner=his["owner"])) == "order-owner-wrong"
    assert code(pay(machine, hers, "coupon", amount=1)) == "order-amount-wrong"
    assert standing(database) == before


def test_when_the_card_has_left_nothing_is_paid_with_its_points(machine: Kiosk, database: Database) -> None:
    session_id, _welcome = machine.greet("hanako")
    order = machine.order(session_id)
    machine.post(f"/sessions/{session_id}/end", {})
    assert code(pay(machine, order, "points")) == "order-state-wrong"
    late = machine.order(machine.greet("hanako")[0])
    with clock.freeze(clock.now() + timedelta(minutes=6)):
        assert pay(machine, late, "points").status_code in (401, 410)
    assert standing(database)["points"] == 320


def test_a_machine_that_gave_up_waiting_leaves_neither_paid_nor_spent(machine: Kiosk, database: Database) -> None:
    """Its report that no paper comes meets the payment itself, in any order."""
    before = standing(database)["lots"]
    session_id, _welcome = machine.greet("hanako")
    for _ in range(8):
        order = machine.order(session_id)
        acts = (lambda one=order: pay(machine, one, "points"), lambda one=order: failed(machine, one))
        answers = together(lambda place, acts=acts: acts[place](), 2)  # type: ignore[misc]
        assert answers[1].status_code == 200, answers[1].text
        assert standing(database)["lots"] == before
    assert set(standing(database)["orders"]) <= {"cancelled", "refunded"}
    assert wrong(database) == []


def test_killed_at_any_step_it_is_paid_and_spent_once_or_not_at_all(
    machine: Kiosk, app: Flask, database: Database
) -> None:
    """The same message is sent again until a portal lives long enough to answer; so is the one that takes it back."""
    with Mortal(app, database) as mortal:
        mortal_kiosk = Kiosk(mortal, machine.token, machine.cards)  # type: ignore[arg-type]
        order = machine.order(machine.greet("hanako")[0])
        mortal.dies_at(count(1))
        assert pay(mortal_kiosk, order, "points").json == {"state": "paid"}
        paid = standing(database)
        mortal.dies_at(count(1))
        assert failed(mortal_kiosk, order).json == {"state": "refunded"}
        assert mortal.deaths > 20, "too few deaths to show anything"
    assert (paid["points"], paid["borne"], paid["orders"]) == (120, 200, ["paid"])
    assert standing(database) | {"coupons": []} == {
        "points": 320, "lots": [150, 170], "coupons": [], "borne": 0, "orders": ["refunded"],
    }  # fmt: skip
    assert wrong(database) == []


def test_a_machine_that_says_nothing_any_more_is_settled_in_points_not_in_money(
    machine: Kiosk, database: Database, staff_client: StaffClient, resident_client: ResidentClient, worker: Worker
) -> None:
    order = machine.order(machine.greet("hanako")[0])
    pay(machine, order, "points")
    failed(machine, order, refunded=False, kept=200)
    assert standing(database)["orders"] == ["owed"], "a sheet may still hang in the printer"
    worker.run_pending()
    hanako = resident_client("hanako")
    assert "金庫" not in hanako.get(f"/certificates/{order['order']}").text
    assert "ポイントで" in hanako.get(f"/certificates/{order['order']}").text
    window = staff_client(Role.WINDOW)
    page = window.get(f"/staff/refunds/{order['order']}")
    assert "現金で返金した" not in page.text
    window.submit(page, f"/staff/refunds/{order['order']}", outcome="money", amount="200")
    assert standing(database) | {"coupons": []} == {
        "points": 320, "lots": [150, 170], "coupons": [], "borne": 0, "orders": ["refunded"],
    }  # fmt: skip
    with database.command("look") as session:
        assert session.scalars(select(CertificateOrder)).one().paid_back == 0
    worker.run_pending()
    assert "ポイントで支払った分をお戻ししました" in hanako.get("/mailbox").text


def test_the_closing_shows_points_apart_from_the_coin_box(
    machine: Kiosk, staff_client: StaffClient, database: Database
) -> None:
    """One fee in coins, one by coupon, one in points that came back, one in points that staff have to look at."""
    now = clock.now()
    day = now.astimezone(JST).date() - timedelta(days=1)
    earn(database, resident(database), 300)
    with clock.freeze(now - timedelta(days=1)):
        coupon(database)
        orders = [machine.order(machine.greet("hanako")[0]) for _ in range(4)]
        machine.pay(orders[0])
        pay(machine, orders[1], "coupon")
        for order in orders[2:]:
            assert pay(machine, order, "points").status_code == 200
        failed(machine, orders[2])
        failed(machine, orders[3], refunded=False, kept=200)
        printed(machine, orders[0])
        printed(machine, orders[1])
    told = {"day": day.isoformat(), "taken": 200, "returned": 0, "payments": 1, "content": 20_200}
    assert machine.post("/closings", told).status_code == 200
    operator = staff_client(Role.OPERATOR)
    file = operator.get(f"/staff/kiosk-closing/file.csv?day={day}")
    rows = list(csv.reader(io.StringIO(file.body.decode("utf-8-sig"))))
    row = next(row for row in rows[1:] if "kiosk-chuo-1" in row)
    assert row[4:] == ["1", "200", "3", "600", "200", "2", "2", "0", "0", "0", "0", "0", "0", "200", "200", "0"]
    page = operator.get(f"/staff/kiosk-closing?day={day}").text
    assert "ポイント払い" in page
    assert operator.get(f"/staff/kiosk-closing/sheet.pdf?day={day}").body.startswith(b"%PDF-")


def test_a_fee_coupon_is_for_the_kiosk_and_a_desk_takes_none(
    machine: Kiosk, database: Database, staff_client: StaffClient, resident_client: ResidentClient
) -> None:
    reference = coupon(database)
    desk = staff_client(Role.WINDOW)
    refused = desk.submit(desk.get("/staff/coupons"), "/staff/coupons", code=reference)
    assert refused.status == 409
    assert "証明書交付機" in refused.text
    assert "証明書交付機" in resident_client("hanako").get(f"/points/coupons/{reference}").text
    assert standing(database)["coupons"] == ["open"]
    listed = machine.get(f"/sessions/{machine.greet('hanako')[0]}/points").json or {}
    assert FEE not in {one["reward"] for one in listed["rewards"]}, "it is got where the fee is asked for"


def test_where_the_city_offers_no_such_reward_nothing_is_asked(machine: Kiosk, database: Database) -> None:
    with database.command("no more") as session:
        session.execute(update(PointReward).where(PointReward.code == FEE).values(is_offered=False))
    order = machine.order(machine.greet("hanako")[0])
    assert order["by_points"] is None
    assert code(pay(machine, order, "points")) == "reward-unknown"
    with database.command("look") as session:
        assert session.scalars(select(PointTransfer.amount).where(PointTransfer.reason == "fee")).all() == []
