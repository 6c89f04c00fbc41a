"""A card pays at a shop's terminal: only there, only this sum, only now, only once, and only the card itself.

The terminal's program, the card and the writer are the real ones; the card answers a challenge of the portal.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from card_reader.connection import Connection
from card_reader.errors import CardRemoved
from card_reader.loopback import LoopbackServer
from card_reader.payment_proof import read_challenge
from card_reader.scp03 import greet
from card_reader.sessions.city_names import Role as CardRole
from card_reader.simulator.card import DirectConnection
from card_reader.terminal_till import take
from portal.cards.terminals import service as terminals
from portal.cards.terminals.models import RoleKeys
from portal.cards.terminals.rules import Keeper, Role
from portal.core import clock
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.demo import devices as demo_devices
from portal.mailbox.models import Notice
from portal.points.partners import rules, touching
from portal.points.partners.models import PointChallenge, PointSale
from tests import serving
from tests.house.test_at_the_same_instant import together
from tests.portal.points.books import wrong
from tests.portal.points.shops import has, open_shop
from tests.portal.points.test_spending import balance
from tests.portal.points.till import OTHER_SHOP, Till, card_of, place


@pytest.fixture
def card() -> Connection:
    """花子's card, powered."""
    return DirectConnection(card_of())


def code(answer: Any) -> str:
    return str(answer.json["code"])


def test_a_card_answers_for_its_payment_and_the_shop_gets_the_points(
    till: Till, card: Connection, town: Database, shop: UUID, worker: Worker
) -> None:
    said = take(till.line, card, till.terminal.read(card), 250)
    assert (said["points"], set(said)) == (250, {"reference", "points"})
    assert (has(town, shop), balance(town)) == (250, 5_750)
    worker.run_pending()
    with town.command("look") as session:
        assert session.scalar(select(func.count()).where(Notice.key.like("paid-at-partner:%"))) == 1
    back = till.post(f"/payments/{said['reference']}/reversal", {})
    assert (back.status_code, back.json["state"], set(back.json)) == (
        200, "reversed", {"reference", "partner", "points", "state"},
    )  # fmt: skip
    assert balance(town) == 6_000
    assert wrong(town) == []


class Pulled:
    """A card that is taken away before command number *at*."""

    def __init__(self, card: Connection, at: int) -> None:
        self.card, self.at, self.sent = card, at, 0

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        self.sent += 1
        if self.sent >= self.at:
            raise CardRemoved("pulled")
        return self.card.transmit(wire)


def test_a_card_pulled_too_early_pays_nothing(till: Till, card: Connection, town: Database, shop: UUID) -> None:
    whole = Pulled(card, 99)
    reading = till.terminal.read(whole)
    said = take(till.line, Pulled(card, 1), reading, 100)
    assert said == {"refused": "card-removed"}
    assert has(town, shop) == 0
    changed = take(till.line, DirectConnection(card_of(cast.TARO)), reading, 100)
    assert changed == {"refused": "card-replaced"}
    assert (has(town, shop), balance(town)) == (0, 6_000)


def test_an_answer_is_good_for_one_payment_sent_as_often_as_needed(
    till: Till, card: Connection, town: Database, shop: UUID
) -> None:
    _reading, body, proof = till.ask(card, 250)
    paid = till.post("/payments", body | {"proof": proof}, "key-1")
    assert (paid.status_code, paid.json["state"]) == (201, "paid")
    assert till.post("/payments", body | {"proof": proof}, "key-1").json == paid.json, "the answer was lost"
    assert code(till.post("/payments", body | {"proof": proof}, "key-2")) == rules.ChallengeOver.code
    assert has(town, shop) == 250


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"points": 251}, rules.ChallengeOver),
        ({"points": 1}, rules.ChallengeOver),
        ({"number": cast.service_number("points", "taro")}, rules.CardUnknown),
        (
            {"number": cast.service_number("points", "taro"), "card": cast.card_id("taro")},
            rules.CardNotProved,
        ),
        ({"card": "00" * 10}, rules.CardNotProved),
    ],
)
def test_an_answer_pays_no_other_sum_and_for_nobody_else(
    till: Till, card: Connection, town: Database, shop: UUID, changed: dict[str, Any], refused: Any
) -> None:
    _reading, body, proof = till.ask(card, 250)
    answer = till.post("/payments", body | changed | {"proof": proof})
    assert (answer.status_code, code(answer)) == (refused.status, refused.code)
    assert (has(town, shop), balance(town)) == (0, 6_000)


def test_an_answer_is_of_no_use_in_another_shop_or_later(
    till: Till, card: Connection, app: Flask, town: Database, settings: Any, tmp_path: Path
) -> None:
    other = open_shop(town, settings, "もう一つの店")
    place(town, tmp_path, OTHER_SHOP, other)
    thief = Till(app, OTHER_SHOP, tmp_path)
    _reading, body, proof = till.ask(card, 250)
    assert code(thief.post("/payments", body | {"proof": proof})) == rules.ChallengeOver.code
    late = clock.now() + rules.CHALLENGE_LIFE + timedelta(seconds=1)
    with clock.freeze(late):
        assert code(till.post("/payments", body | {"proof": proof})) == rules.ChallengeOver.code
    assert balance(town) == 6_000


def test_what_a_terminal_knows_of_a_card_pays_nothing_without_the_card(
    till: Till, card: Connection, town: Database
) -> None:
    """It has the card's id and number, its role's keys, and old answers: what it lacks is the card."""
    _reading, body, old = till.ask(card, 250)
    asked = read_challenge(till.post("/payments/challenges", body).json)
    made = {"challenge": asked.challenge.hex(), "version": "21"}
    by_its_own_keys = greet(card, CardRole.POINTS, asked.challenge)
    for answer in (
        old["answer"],
        "00" * 16,
        (by_its_own_keys.challenge + by_its_own_keys.cryptogram).hex(),
        bytes.fromhex(old["answer"])[::-1].hex(),
    ):
        refused = till.post("/payments", body | {"proof": made | {"answer": answer}})
        assert (refused.status_code, code(refused)) == (403, rules.CardNotProved.code)
    for version in ("14", "10", "99"):
        refused = till.post("/payments", body | {"proof": made | {"version": version, "answer": old["answer"]}})
        assert refused.status_code in (403, 503), "keys of other roles prove nothing"
    assert balance(town) == 6_000


def test_a_key_the_city_gave_up_proves_nothing_any_more(till: Till, card: Connection, town: Database) -> None:
    _reading, body, proof = till.ask(card, 250)
    with town.command("renew") as session:
        terminals.rotate(session, Keeper.WRITER, "41", made=True)
        assert terminals.proof_versions(session) == ["41", "21"], "cards get the new one at a window"
        session.execute(update(RoleKeys).values(former=""))
    assert code(till.post("/payments", body | {"proof": proof})) == rules.CardNotProved.code
    assert take(till.line, card, till.terminal.read(card), 250) == {"refused": "status-error"}
    assert balance(town) == 6_000


def test_without_the_writer_no_card_pays(
    till: Till, card: Connection, town: Database, with_writer: LoopbackServer
) -> None:
    _reading, body, proof = till.ask(card, 250)
    serving.end(with_writer)
    answer = till.post("/payments", body | {"proof": proof})
    assert (answer.status_code, code(answer)) == (503, rules.CardNotChecked.code)
    assert balance(town) == 6_000


def test_of_many_payments_with_one_answer_one_is_made(till: Till, card: Connection, town: Database, shop: UUID) -> None:
    _reading, body, proof = till.ask(card, 200)
    answers = together(lambda number: till.post("/payments", body | {"proof": proof}, f"key-{number}").status_code, 6)
    assert sorted(answers) == [201] + [409] * 5
    assert has(town, shop) == 200
    with town.command("look") as session:
        assert session.scalar(select(func.count()).select_from(PointSale)) == 1
    with clock.freeze(clock.now() + rules.CHALLENGE_LIFE * 3), town.command("night") as session:
        touching.forget_old(session, {})
        assert session.scalar(select(func.count()).select_from(PointChallenge)) == 0


def test_who_may_not_pay_hears_it_before_the_card_is_asked(till: Till, town: Database) -> None:
    body = {"card": cast.card_id("hanako"), "number": cast.service_number("points", "hanako"), "points": 250}
    ask = "/payments/challenges"
    assert code(till.post(ask, body | {"number": "0000"})) == "points-card-unknown"
    assert till.post(ask, body | {"card": "00" * 10}).status_code == 404
    assert till.post(ask, body | {"points": 0}).status_code == 422
    assert code(till.post(ask, body | {"points": 3_001})) == rules.TouchLimit.code
    assert till.post("/payments", body).status_code == 422, "no proof, no payment"
    with town.command("library") as session:
        terminals.give_role(session, demo_devices.SHOP, Role.LIBRARY, "図書館")
    assert code(till.post(ask, body)) == "partner-terminal-unknown"
    with town.command("shut out") as session:
        terminals.revoke(session, demo_devices.SHOP)
    assert till.post(ask, body).status_code == 403
