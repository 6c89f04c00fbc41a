"""A large payment by card waits for its holder: agreed to on the phone with a fresh strong sign-in, refused, or too late.

Terminal, card and writer are the real programs, as in test_touching."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from card_reader.connection import Connection
from card_reader.simulator.card import DirectConnection
from card_reader.terminal_till import take
from portal.cards.models import CityCard
from portal.core import clock
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.mailbox.models import Notice
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry
from portal.points.ledger.rules import NotEnoughPoints, Reason
from portal.points.partners import confirm_rules, confirming, rules
from portal.points.partners.models import PointConfirmation
from portal.web.signed_in import WebSession
from tests.browser import Visitor
from tests.conftest import ResidentClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points.books import wrong
from tests.portal.points.offered import person
from tests.portal.points.shops import has, open_shop, touch
from tests.portal.points.test_spending import balance
from tests.portal.points.till import OTHER_SHOP, Till, card_of, place

LARGE = 1_001


@pytest.fixture
def card() -> Connection:
    """花子's card, powered."""
    return DirectConnection(card_of())


def asked(till: Till, card: Connection, points: int = LARGE, key: str = "key-1") -> dict[str, Any]:
    _reading, body, proof = till.ask(card, points)
    answer = till.post("/payments", body | {"proof": proof}, key)
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def strong(database: Database) -> None:
    """As if everybody who is signed in had just shown a passkey; the journeys show one."""
    with database.command("strong") as session:
        session.execute(update(WebSession).values(assurance=2, started_at=clock.now()))


def agree(database: Database, reference: str) -> None:
    with database.command("agree") as session:
        confirming.agree(session, person(session, cast.HANAKO), reference)


def state(till: Till, reference: str) -> str:
    return str(till.line.payment(reference)["state"])


@pytest.mark.parametrize(("points", "alone", "asks"), [(1_000, 1_000, False), (1_001, 1_000, True), (1, 0, True)])
def test_the_limit_says_from_where_on_the_holder_is_asked(points: int, alone: int, asks: bool) -> None:
    assert confirm_rules.needs_holder(points, alone) is asks


def test_small_sums_of_a_day_are_together_as_much_as_a_large_one(
    till: Till, card: Connection, town: Database, shop: UUID
) -> None:
    with clock.freeze(clock.now()):
        assert [asked(till, card, 500, key)["state"] for key in ("a", "b")] == ["paid", "paid"]
        third = asked(till, card, 1, "c")
        assert third["state"] == "waiting"
        agree(town, third["reference"])
        assert has(town, shop) == 1_001


def test_what_the_holder_agreed_to_does_not_count_as_paid_by_the_card_alone(
    till: Till, card: Connection, town: Database, shop: UUID
) -> None:
    with clock.freeze(clock.now()):
        agree(town, asked(till, card, LARGE, "large")["reference"])
        assert asked(till, card, 900, "small")["state"] == "paid"
        assert asked(till, card, 101, "more")["state"] == "waiting"


def test_a_payment_sent_again_stays_paid_though_the_day_is_full(
    till: Till, card: Connection, town: Database, shop: UUID
) -> None:
    _reading, body, proof = till.ask(card, 1_000)
    answers = [till.post("/payments", body | {"proof": proof}, "same").json for _ in range(2)]
    assert [answer["state"] for answer in answers] == ["paid", "paid"]
    assert has(town, shop) == 1_000


def test_a_small_sum_is_paid_by_the_card_alone(till: Till, card: Connection, town: Database, shop: UUID) -> None:
    assert asked(till, card, 1_000)["state"] == "paid"
    assert has(town, shop) == 1_000


def test_a_large_sum_is_paid_once_the_holder_agrees_and_the_till_sees_it(
    till: Till, card: Connection, town: Database, shop: UUID, worker: Worker, resident_client: ResidentClient
) -> None:
    hanako, waited = resident_client("hanako"), []

    def phone(_seconds: float) -> None:
        """花子 takes her phone while the till waits."""
        waited.append(_pay_on_the_phone(town, worker, hanako))

    said = take(till.line, card, till.terminal.read(card), LARGE, pause=phone)
    assert said == {"reference": waited[0], "points": LARGE}
    assert (has(town, shop), balance(town), wrong(town)) == (LARGE, 6_000 - LARGE, [])
    back = till.post(f"/payments/{said['reference']}/reversal", {})
    assert (back.status_code, balance(town)) == (200, 6_000)


def _pay_on_the_phone(town: Database, worker: Worker, hanako: Visitor) -> str:
    worker.run_pending()
    with town.command("look") as session:
        assert session.scalar(select(func.count()).where(Notice.key.like("payment-to-confirm:%"))) == 1
    link = next(one for one in hanako.get("/points/payments").links() if one.startswith("/points/payments/"))
    assert link in hanako.get("/points").links(), "five minutes are no time to look for it"
    assert hanako.get(link).path == "/sign-in/stronger"  # a password alone does not show that it is the holder
    strong(town)
    page = hanako.get(link)
    assert "1,001" in page.text
    assert "支払いました" in hanako.submit(page, f"{link}/agree").text
    return link.rpartition("/")[2]


def test_a_strong_sign_in_of_this_morning_is_not_fresh(
    till: Till, card: Connection, town: Database, shop: UUID, resident_client: ResidentClient
) -> None:
    link = f"/points/payments/{asked(till, card)['reference']}"
    hanako = resident_client("hanako")
    strong(town)
    page = hanako.get(link)
    with town.command("hours ago") as session:
        session.execute(update(WebSession).values(started_at=clock.now() - timedelta(hours=1)))
    assert hanako.submit(page, f"{link}/agree").status == 403
    assert any("again=yes" in one for one in hanako.get(link).links())
    again = hanako.get(f"/sign-in/stronger?again=yes&next={link}")
    assert again.path == "/sign-in/stronger"  # asked once more, although the session is strong
    assert has(town, shop) == 0


def test_what_was_refused_or_came_too_late_pays_nothing(
    till: Till, card: Connection, town: Database, shop: UUID, resident_client: ResidentClient
) -> None:
    reference = asked(till, card)["reference"]
    hanako = resident_client("hanako")
    strong(town)
    link = f"/points/payments/{reference}"
    page = hanako.get(link)
    assert "断りました" in hanako.submit(page, f"{link}/refuse").text
    assert hanako.submit(page, f"{link}/agree").status == 409
    assert state(till, reference) == "refused"
    late = asked(till, card, key="key-2")["reference"]
    with clock.freeze(clock.now() + timedelta(minutes=6)), pytest.raises(confirm_rules.ConfirmationOver):
        agree(town, late)
    with town.command("look") as session, clock.freeze(clock.now() + timedelta(minutes=6)):
        assert confirming.state_of(session.get_one(PointConfirmation, late)) == "lapsed"
    assert (has(town, shop), balance(town)) == (0, 6_000)


def test_the_till_is_told_when_the_holder_refuses(till: Till, card: Connection, town: Database, shop: UUID) -> None:
    def phone(_seconds: float) -> None:
        with town.command("refuse") as session:
            waits = session.scalars(select(PointConfirmation.reference)).one()
            confirming.refuse(session, person(session, cast.HANAKO), waits)

    said = take(till.line, card, till.terminal.read(card), LARGE, pause=phone)
    assert said == {"refused": "points-not-agreed"}
    assert take(till.line, card, till.terminal.read(card), LARGE, pause=lambda _: None) == {
        "unknown": "not-agreed-in-time"
    }


def test_agreed_to_on_two_phones_it_is_paid_once(till: Till, card: Connection, town: Database, shop: UUID) -> None:
    first = asked(till, card)
    reference = first["reference"]
    assert till.line.payment(reference) == first

    def press(_number: int) -> str:
        try:
            agree(town, reference)
        except confirm_rules.ConfirmationOver:
            return "late"
        return "paid"

    assert sorted(together(press, 4)) == ["late", "late", "late", "paid"]
    assert (has(town, shop), state(till, reference), wrong(town)) == (LARGE, "paid", [])


def test_nobody_else_sees_it_and_no_other_till(
    till: Till, card: Connection, town: Database, shop: UUID, app: Flask, tmp_path: Any, resident_client: ResidentClient
) -> None:
    reference = asked(till, card)["reference"]
    taro = resident_client("taro")
    strong(town)
    assert taro.get(f"/points/payments/{reference}").status == 404
    assert taro.get("/points/payments/あ").status == 404
    place(town, tmp_path, OTHER_SHOP, open_shop(town, app.extensions["portal"].settings, "海の店"))
    other = Till(app, OTHER_SHOP, tmp_path)
    headers = {"Authorization": f"Bearer {other.token}"}
    answer = app.test_client().get(f"/api/v1/points/payments/{reference}", headers=headers)
    assert (answer.status_code, answer.json["code"]) == (404, rules.SaleUnknown.code)


@pytest.mark.parametrize("why", ["spent", "stopped", "day"])
def test_everything_is_looked_at_once_more_when_the_holder_agrees(
    till: Till, card: Connection, town: Database, shop: UUID, why: str, spoil: Callable[[str], type[Exception]]
) -> None:
    reference = asked(till, card)["reference"]
    with pytest.raises(spoil(why)):
        agree(town, reference)
    assert state(till, reference) == "waiting"
    assert wrong(town) == []


@pytest.fixture
def spoil(town: Database, shop: UUID) -> Callable[[str], type[Exception]]:
    """Something happens between the card and the phone; how the portal refuses then."""

    def happen(why: str) -> type[Exception]:
        if why == "day":
            for _ in range(2):
                touch(town, shop, 2_500)
            return rules.TouchLimit
        with town.command("between") as session:
            who = person(session, cast.HANAKO)
            if why == "spent":
                account = ledger.account_of(session, who)
                ledger.spend(session, Entry("gone", account, ledger.city(session), 5_500, Reason.REWARD))
                return NotEnoughPoints
            session.execute(update(CityCard).where(CityCard.resident_id == who).values(stopped_at=clock.now()))
            return rules.CardUnknown

    return happen
