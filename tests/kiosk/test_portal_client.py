"""The kiosk's side of the contract, against the examples both sides share."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, RSAKey

from card_reader.machine_sign_in import read_key
from kiosk import messages as m
from kiosk.portal_client import (
    PortalClient,
    PortalRefused,
    PortalUnreachable,
    WrongDocument,
    check_document,
    owner_mark,
)
from tests.kiosk.contract_player import ContractPlayer, example, pdf_of
from tests.kiosk.whole_kiosk import QUICK, UnlessDown

ORDER = "9b7d5a52-3c1e-4f60-8a2d-7e4c1b0f6d21"

WRITTEN = {
    "open-session": m.OpenSession,
    "present-card": m.PresentCard,
    "check-in": m.CheckIn,
    "draw-number": m.DrawNumber,
    "check-in-by-code": m.CheckInByCode,
    "redeem": m.Redeem,
    "enter-code": m.EnterCode,
    "place-order": m.PlaceOrder,
    "order-paid": m.OrderPaid,
    "order-paid-by-points": m.OrderPaid,
    "order-printed": m.OrderPrinted,
    "order-failed": m.OrderFailed,
    "order-failed-owed": m.OrderFailed,
    "heartbeat": m.Heartbeat,
    "close-day": m.DayCounted,
}
READ = {
    "open-session": m.OpenedSession,
    "present-card": m.CardAccepted,
    "present-card-no-reservation": m.CardAccepted,
    "present-card-too-early": m.CardAccepted,
    "check-in": m.CheckedIn,
    "number-offers": m.NumberOffers,
    "draw-number": m.DrawnNumber,
    "check-in-by-code": m.DrawnNumber,
    "points": m.PointsAccount,
    "redeem": m.Coupon,
    "enter-code": m.CodeEntered,
    "certificates": m.Certificates,
    "tasks": m.Tasks,
    "card-services": m.CardServices,
    "place-order": m.PlacedOrder,
    "place-order-by-points": m.PlacedOrder,
    "order-paid": m.OrderState,
    "order-printed": m.OrderState,
    "order-failed": m.OrderState,
    "order-failed-owed": m.OrderState,
    "emergency-now": m.Emergencies,
    "emergency-now-up": m.Emergencies,
    "heartbeat": m.HeartbeatAnswer,
    "heartbeat-out-of-service": m.HeartbeatAnswer,
    "problem-card-unknown": m.Problem,
    "problem-paper-code-unknown": m.Problem,
    "problem-certificate-revoked": m.Problem,
    "problem-closing-day-wrong": m.Problem,
    "problem-session-expired": m.Problem,
    "problem-idempotency-key-reused": m.Problem,
}


@pytest.fixture
def client(player: ContractPlayer) -> PortalClient:
    return PortalClient(player.url, player.client_id, player.key, UnlessDown(player))


@pytest.mark.parametrize("name", WRITTEN)
def test_the_kiosk_writes_the_example_exactly(name: str) -> None:
    body = example(f"{name}.request")["body"]
    assert WRITTEN[name].model_validate(body).model_dump(mode="json") == body


@pytest.mark.parametrize("name", READ)
def test_the_kiosk_reads_the_example(name: str) -> None:
    body = example(f"{name}.response")["body"]
    said = READ[name].model_validate_json(json.dumps(body)).model_dump(mode="json")
    known = {key: body[key] for key in said if key in body}
    assert set(said) <= set(body) | {"status"}
    assert known.keys() == said.keys()


def test_every_example_is_read_or_written() -> None:
    names = {path.stem for path in (Path(__file__).parents[1] / "contract").glob("*.json")}
    bare = {"token", "certificates", "order-document", "end-session", "number-offers", "number-slip"}
    bare |= {"tasks", "card-services", "points", "coupon-slip", "emergency-now"}
    expected = {f"{name}.request" for name in {*WRITTEN, *bare}}
    expected |= {
        f"{name}.response"
        for name in {*READ, "token", "order-document", "end-session", "number-slip", "coupon-slip", "close-day"}
    }
    assert names == expected


def test_an_unknown_field_of_a_newer_portal_is_ignored() -> None:
    body = {**example("heartbeat.response")["body"], "new": 1}
    assert m.HeartbeatAnswer.model_validate(body).command is None


def test_one_token_serves_many_calls(client: PortalClient, player: ContractPlayer) -> None:
    for _ in range(3):
        client.open_session("ja")
    assert (player.seen["token"], player.seen["open-session"]) == (1, 3)


def test_a_token_the_portal_has_forgotten_is_fetched_anew(client: PortalClient, player: ContractPlayer) -> None:
    client.open_session("ja")
    player.forget_tokens()
    client.open_session("ja")
    assert player.seen["token"] == 2


def test_a_lost_answer_is_asked_for_again_and_has_one_effect(client: PortalClient, player: ContractPlayer) -> None:
    player.lose_next_answer("place-order")
    session = str(client.open_session("ja").session)
    wish = m.PlaceOrder(kind="resident-record", options={"scope": "self"}, copies=1)
    order = client.place_order(session, wish, "ja")
    assert list(player.orders) == [order.order]


def test_the_person_language_is_asked_for(client: PortalClient, player: ContractPlayer) -> None:
    client.open_session("ko")
    assert player.languages[-1] == "ko"


def test_a_refusal_keeps_the_words_of_the_portal(client: PortalClient, player: ContractPlayer) -> None:
    player.answer_with("present-card", "problem-card-unknown.response")
    session = str(client.open_session("ja").session)
    with pytest.raises(PortalRefused) as refused:
        client.present_card(session, certificate=b"x", signature=b"y", language="ja")
    assert refused.value.problem.code == "card-unknown"
    assert refused.value.problem.next_step


def test_a_portal_that_is_down_is_unreachable_by_the_deadline(client: PortalClient, player: ContractPlayer) -> None:
    player.down = True
    with pytest.raises(PortalUnreachable):
        client.open_session("ja")


def test_a_closed_line_is_unreachable(player: ContractPlayer) -> None:
    client = PortalClient("http://127.0.0.1:9", "kiosk-chuo-1", player.key, QUICK)
    with pytest.raises(PortalUnreachable):
        client.heartbeat(m.Heartbeat.model_validate(example("heartbeat.request")["body"]))


def test_a_document_must_name_this_order_and_no_other() -> None:
    mine = owner_mark("c1" * 32, ORDER)
    pdf = pdf_of(ORDER, mine)
    check_document(pdf, ORDER, hashlib.sha256(pdf).hexdigest().upper(), mine)
    foreign = pdf + b"(order:00000000-0000-4000-8000-000000000000)"
    for bad, why in (
        (foreign, "other-order"),
        (b"%PDF-1.7 nothing", "other-order"),
        (b"<html>", "not-a-document"),
    ):
        with pytest.raises(WrongDocument, match=why):
            check_document(bad, ORDER, hashlib.sha256(bad).hexdigest(), mine)
    with pytest.raises(WrongDocument, match="damaged"):
        check_document(pdf + b" ", ORDER, hashlib.sha256(pdf).hexdigest(), mine)


def test_a_document_must_name_the_card_that_was_on_the_reader() -> None:
    """As the portal writes it (portal.certificates.orders.owner_mark): card and order together."""
    mine, other = owner_mark("c1" * 32, ORDER), owner_mark("c2" * 32, ORDER)
    assert mine == hashlib.sha256(f"{'c1' * 32}:{ORDER}".encode()).hexdigest()
    for owner, right in ((mine, True), (other, False), ("", False), (f"{mine} owner:{other}", False)):
        pdf = pdf_of(ORDER, owner)
        digest = hashlib.sha256(pdf).hexdigest()
        if right:
            check_document(pdf, ORDER, digest, mine)
        else:
            with pytest.raises(WrongDocument, match="other-owner"):
                check_document(pdf, ORDER, digest, mine)


def test_without_knowing_whose_card_it_was_nothing_is_printed() -> None:
    for owner in ("", owner_mark("c1" * 32, ORDER)):
        pdf = pdf_of(ORDER, owner)
        with pytest.raises(WrongDocument, match="other-owner"):
            check_document(pdf, ORDER, hashlib.sha256(pdf).hexdigest(), "")


def test_only_a_private_p256_key_is_a_device_key(tmp_path: Path) -> None:
    path = tmp_path / "device.jwk"
    key = ECKey.generate_key("P-256")
    path.write_text(json.dumps(key.as_dict(private=True)))
    assert read_key(path).thumbprint() == key.thumbprint()
    for bad in (key.as_dict(private=False), RSAKey.generate_key(2048).as_dict(private=True), {}, []):
        path.write_text(json.dumps(bad))
        with pytest.raises(ValueError, match=r"device\.jwk"):
            read_key(path)
