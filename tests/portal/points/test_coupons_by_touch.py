"""A coupon is used by a touch of the card: seen by who may take it, used once, and only with the card there.

Terminal, card and writer are the real programs, as in test_touching."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from card_reader.connection import Connection
from card_reader.payment_proof import prove, read_challenge
from card_reader.simulator.card import DirectConnection
from card_reader.terminal_coupons import NOT_WANTED, NOTHING, Choice, take
from portal.config import Settings
from portal.core import clock
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.points.partners import confirming, contracts, coupon_touching, rules, sales, touching
from portal.points.partners.models import PointConfirmation, PointPartner, PointSale
from portal.points.spending import rules as coupons
from portal.points.spending import service as spending
from portal.points.spending.models import PointCoupon, PointReward
from tests.conftest import ResidentClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points.books import wrong
from tests.portal.points.offered import ONE, person
from tests.portal.points.shops import coupon, has
from tests.portal.points.test_confirming import strong
from tests.portal.points.test_spending import balance
from tests.portal.points.till import Till, card_of


@pytest.fixture
def card() -> Connection:
    """花子's card, powered."""
    return DirectConnection(card_of())


def first(choices: Sequence[Choice]) -> str | None:
    return choices[0].reward


def state(database: Database, reference: str) -> str:
    with database.command("look") as session:
        return session.scalars(select(PointCoupon.state).where(PointCoupon.reference == reference)).one()


def test_the_till_shows_what_is_good_here_and_takes_one(
    till: Till, card: Connection, town: Database, shop: UUID, worker: Worker, resident_client: ResidentClient
) -> None:
    early, _late = coupon(town), coupon(town)
    with town.command("others") as session:  # not of this shop's group, and one for a kiosk
        session.execute(update(PointCoupon).where(PointCoupon.reference == early).values(last_day=clock.today()))
        for code in ("museum", "certificate-fee"):
            spending.redeem(session, person(session, cast.HANAKO), code, key=uuid4())
    seen: list[Choice] = []

    def look(choices: Sequence[Choice]) -> str | None:
        seen.extend(choices)
        return choices[0].reward

    said = take(till.line, card, till.terminal.read(card), look)
    assert [(one.reward, one.title, one.points, one.count) for one in seen] == [("pool", "市民プール 1回券", 100, 2)]
    assert (said["title"], said["points"], set(said)) == ("市民プール 1回券", 100, {"reference", "title", "points"})
    assert (state(town, early), has(town, shop)) == (coupons.State.USED, 100)
    worker.run_pending()
    assert "クーポンが使われました" in resident_client("hanako").get("/mailbox").text
    assert till.post(f"/payments/{said['reference']}/reversal", {}).json["state"] == "reversed"
    assert (state(town, early), has(town, shop)) == (coupons.State.OPEN, 0)
    assert wrong(town) == []


def test_who_has_none_is_told_so_and_who_changes_their_mind_keeps_it(
    till: Till, card: Connection, town: Database, shop: UUID
) -> None:
    assert take(till.line, card, till.terminal.read(card), first) == NOTHING
    mine = coupon(town)
    assert take(till.line, card, till.terminal.read(card), lambda _choices: None) == NOT_WANTED
    assert state(town, mine) == coupons.State.OPEN


def test_a_shop_without_a_group_or_closed_sees_nothing(
    till: Till, card: Connection, town: Database, shop: UUID
) -> None:
    coupon(town)
    with town.command("none") as session:
        session.execute(update(PointPartner).values(group=""))
    assert take(till.line, card, till.terminal.read(card), first) == NOTHING
    with town.command("ended") as session:
        session.execute(update(PointPartner).values(contract_until=clock.today() - timedelta(days=1)))
    assert take(till.line, card, till.terminal.read(card), first)["refused"] == rules.PartnerClosed.code


def test_the_card_has_to_be_there_both_times(till: Till, card: Connection, town: Database, shop: UUID) -> None:
    """What a terminal read once it can say again; the answer to a challenge it cannot, nor use one for another deed."""
    mine = coupon(town)
    reading = till.terminal.read(card)
    body: dict[str, Any] = {"card": reading.card, "number": reading.id}
    asked = till.post("/coupons/challenges", body | {"reward": ""})
    assert asked.status_code == 201
    proof = prove(card, read_challenge(asked.json), reading.card).shown()
    for path, wish in (("/coupons/uses", {"reward": "pool"}), ("/payments", {"points": 100})):
        refused = till.post(path, body | wish | {"proof": proof})
        assert refused.json["code"] == rules.ChallengeOver.code, path
    assert till.post("/coupons", body | {"reward": "", "proof": proof}).status_code == 200
    assert till.post("/coupons", body | {"reward": "", "proof": proof}).json["code"] == rules.ChallengeOver.code
    forged = proof | {"answer": "0" * 32}
    assert till.post("/coupons", body | {"reward": "", "proof": forged}).json["code"] == rules.CardNotProved.code
    assert take(till.line, DirectConnection(card_of(cast.TARO)), reading, first) == {"refused": "card-replaced"}
    assert (state(town, mine), has(town, shop)) == (coupons.State.OPEN, 0)


def use(till: Till, card: Connection, reward: str, key: str, times: int = 1) -> Any:
    """The last of *times* answers."""
    reading = till.terminal.read(card)
    body: dict[str, Any] = {"card": reading.card, "number": reading.id, "reward": reward}
    asked = till.post("/coupons/challenges", body)
    body["proof"] = prove(card, read_challenge(asked.json), reading.card).shown()
    return [till.post("/coupons/uses", body, key) for _time in range(times)][-1]


def test_sent_again_it_is_used_once_and_what_one_has_not_is_refused(
    till: Till, card: Connection, town: Database, shop: UUID
) -> None:
    coupon(town)
    coupon(town)
    answers = [use(till, card, "pool", key, times) for key, times in (("a", 3), ("b", 1), ("c", 1))]
    assert [one.status_code for one in answers] == [201, 201, 404]
    assert answers[0].json["reference"] != answers[1].json["reference"]
    assert answers[2].json["code"] == coupons.CouponUnknown.code
    assert has(town, shop) == 200


def test_touched_and_shown_at_the_same_instant_it_is_used_once(town: Database, shop: UUID) -> None:
    mine = coupon(town)

    def once(number: int) -> str:
        try:
            with town.command("take") as session:
                one = contracts.partner(session, shop)
                if number % 2:
                    return sales.by_coupon(session, ONE, one, mine)[0].reference
                touch = touching.Touch(
                    cast.card_id("hanako"), cast.service_number("points", "hanako"), 0, "pool"
                )  # fmt: skip
                answered = touching.challenge(session, ONE, one, touch)
                done = coupon_touching.take(session, ONE, one, touch, answered=answered, key=str(number), alone=9_999)
                return done.reference
        except (coupons.CouponUsed, coupons.CouponUnknown):
            return ""

    assert sum(map(bool, together(once, 6))) == 1
    assert has(town, shop) == 100
    assert wrong(town) == []


def test_a_coupon_worth_much_waits_for_its_holder(
    till: Till, card: Connection, town: Database, shop: UUID, settings: Settings, resident_client: ResidentClient
) -> None:
    with town.command("dear") as session:
        session.execute(update(PointReward).where(PointReward.code == "pool").values(points=1_500))
    mine = coupon(town)
    answer = use(till, card, "pool", "key").json
    assert (answer["state"], answer["points"], state(town, mine)) == ("waiting", 1_500, coupons.State.OPEN)
    hanako = resident_client("hanako")
    strong(town)
    page = hanako.get(f"/points/payments/{answer['reference']}")
    assert "市民プール" in page.text
    assert "1,500" not in page.text
    after = hanako.submit(page, f"/points/payments/{answer['reference']}/agree")
    assert "クーポンを使いました" in after.text
    assert till.line.payment(answer["reference"])["state"] == "paid"
    assert (state(town, mine), has(town, shop), balance(town)) == (coupons.State.USED, 1_500, 4_500)
    assert wrong(town) == []


def test_what_waited_too_long_for_its_coupon_is_refused(
    till: Till, card: Connection, town: Database, shop: UUID
) -> None:
    """The person gave it back, or used it elsewhere meanwhile."""
    with town.command("dear") as session:
        session.execute(update(PointReward).where(PointReward.code == "pool").values(points=1_500))
    mine = coupon(town)
    answer = use(till, card, "pool", "key").json
    with town.command("back") as session:
        spending.give_back(session, person(session, cast.HANAKO), mine)
    with pytest.raises(coupons.CouponEnded), town.command("agree") as session:
        confirming.agree(session, person(session, cast.HANAKO), answer["reference"])
    with town.command("look") as session:
        assert session.scalar(select(func.count()).select_from(PointSale)) == 0
        assert session.scalars(select(PointConfirmation.state)).one() == "waiting"
