"""What a kiosk may do in the name of whoever's card lies on it, and what nobody may."""

import base64
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog
from cryptography.x509.ocsp import OCSPCertStatus
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.accounts import service as accounts
from portal.applications import service as applications
from portal.cards import service as cards
from portal.cards.models import CityCard
from portal.cards.rules import Why
from portal.certificates.events import RefundOwed
from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.clock import JST
from portal.core.events import emit
from portal.core.ids import ResidentId, new_id
from portal.core.money import Points
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.demo import devices as demo_devices
from portal.points import service as points
from portal.points.ledger.rules import Reason
from portal.points.spending import catalogue
from portal.reservations.hours import opening
from portal.residents import service as residents
from portal.web.hall import Hall
from tests.portal.accounts.authority import Authority, Card, new_key
from tests.portal.accounts.office import Office
from tests.portal.devices.test_tokens import Machine
from tests.portal.reservations import visits

KIOSK = "kiosk-chuo-1"
KEYS = {"hanako": new_key(), "taro": new_key()}
AUTHORITY = Authority("Kiosk test authority")


@dataclass
class Kiosk:
    """A machine with a token, and cards of the cast to put on it."""

    app: Flask
    token: str
    cards: dict[str, Card] = field(default_factory=dict)

    def post(self, path: str, body: dict[str, Any], *, key: str | None = None) -> TestResponse:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Idempotency-Key": key or str(uuid4()),
            "Accept-Language": "ja",
        }
        return self.app.test_client().post(f"/kiosk/v1{path}", json=body, headers=headers)

    def get(self, path: str, **headers: str) -> TestResponse:
        all_headers = {"Authorization": f"Bearer {self.token}", "Accept-Language": "ja", **headers}
        return self.app.test_client().get(f"/kiosk/v1{path}", headers=all_headers)

    def open(self) -> tuple[str, bytes]:
        opened = self.post("/sessions", {"language": "ja"})
        assert opened.status_code == 201
        assert opened.json
        return opened.json["session"], base64.urlsafe_b64decode(opened.json["challenge"] + "==")

    def present(self, session: str, challenge: bytes, card: Card) -> TestResponse:
        body = {
            "certificate": base64.b64encode(card.der).decode(),
            "signature": base64.b64encode(card.sign(challenge)).decode(),
        }
        return self.post(f"/sessions/{session}/card", body)

    def greet(self, persona: str) -> tuple[str, dict[str, Any]]:
        session, challenge = self.open()
        answer = self.present(session, challenge, self.cards[persona])
        assert answer.status_code == 200, answer.text
        return session, answer.json or {}

    def order(self, session: str, scope: str = "self") -> dict[str, Any]:
        options = {"scope": scope, "relation": "yes", "domicile": "no"}
        wish = {"kind": "resident-record", "options": options, "copies": 1}
        placed = self.post(f"/sessions/{session}/orders", wish)
        assert placed.status_code == 201, placed.text
        return placed.json or {}

    def pay(self, order: dict[str, Any]) -> TestResponse:
        body = {"amount": order["fee"], "method": "cash", "receipt": str(uuid4()), "owner": order["owner"]}
        return self.post(f"/orders/{order['order']}/paid", body)


def code(answer: TestResponse) -> str:
    return (answer.json or {})["code"]


@pytest.fixture
def kiosk(app: Flask, database: Database, cast_staff: None, cast_residents: None, tmp_path: Path) -> Kiosk:
    (tmp_path / "cards").mkdir(exist_ok=True)
    AUTHORITY.publish(tmp_path / "cards")
    cards = {name: AUTHORITY.issue(name, key) for name, key in KEYS.items()}
    with database.command("furnish") as session:
        demo_devices.enrol_machines(session, tmp_path / "clients")
        for person in (cast.HANAKO, cast.TARO):
            resident = residents.find_by_number(session, person.addressee_number)
            assert resident
            ca_file = tmp_path / "cards" / "ca.pem"
            accounts.enrol_card(session, resident.resident_id, cards[person.persona].der, ca_file)
    machine = Machine(app, demo_devices.key_of(tmp_path / "clients", KIOSK))
    return Kiosk(app, (machine.ask(scope="kiosk").json or {})["access_token"], cards)


def test_the_issuer_is_asked_about_the_card_before_the_transaction(kiosk: Kiosk, settings: Settings) -> None:
    """The list does not know yet that the card was taken back; the responder does."""
    card = kiosk.cards["hanako"]
    office = Office(lambda: AUTHORITY.says(card, OCSPCertStatus.REVOKED))
    hall: Hall = kiosk.app.extensions["portal"]
    kiosk.app.extensions["portal"] = replace(hall, settings=settings.model_copy(update={"card_ocsp_url": office.url}))
    session, challenge = kiosk.open()
    assert code(kiosk.present(session, challenge, card)) == "certificate-revoked"
    assert office.asked == 1
    assert kiosk.greet("taro")[1]["greeting"] == cast.TARO.name, "an answer about another card is none; the list clears"
    office.close()


def test_the_card_is_greeted_by_name(kiosk: Kiosk) -> None:
    _session, welcome = kiosk.greet("hanako")
    assert welcome["greeting"] == cast.HANAKO.name
    assert welcome["reservation"] is None


def city_card(database: Database, person: cast.Resident) -> UUID:
    """A city card of the person, a month old; returns whose."""
    with database.command("furnish") as session:
        holder = residents.find_by_number(session, person.addressee_number)
        assert holder
        since = clock.now() - timedelta(days=30)
        facts = {"number": cast.card_id(person.persona), "issuer": "121002", "expires": date(2031, 3, 31)}
        session.add(CityCard(id=new_id(), resident_id=holder.id, issued_at=since, **facts))
        return holder.id


def test_a_card_reported_as_lost_opens_nothing_until_it_is_found(kiosk: Kiosk, database: Database) -> None:
    whose = city_card(database, cast.HANAKO)
    owner = Actor(Kind.RESIDENT, whose)
    kiosk.greet("hanako")
    with database.command("stop") as session:
        cards.stop(session, owner, whose, Why.LOST)
    used, challenge = kiosk.open()
    refused = kiosk.present(used, challenge, kiosk.cards["hanako"])
    assert code(refused) == "card-stopped"
    assert "窓口" in (refused.json or {})["next_step"]
    assert code(kiosk.get(f"/sessions/{used}/certificates")) == "card-needed"
    with database.command("found") as session:
        session.scalars(select(CityCard)).one().stopped_at = None
    kiosk.greet("hanako")


def test_a_card_registered_after_the_loss_is_another_one(kiosk: Kiosk, database: Database, tmp_path: Path) -> None:
    whose = city_card(database, cast.HANAKO)
    with database.command("stop") as session:
        cards.stop(session, Actor(Kind.RESIDENT, whose), whose, Why.LOST)
    new = AUTHORITY.issue("hanako", KEYS["hanako"])
    with clock.freeze(clock.now() + timedelta(minutes=1)), database.command("registers it") as session:
        accounts.enrol_card(session, ResidentId(whose), new.der, tmp_path / "cards" / "ca.pem")
    used, challenge = kiosk.open()
    assert kiosk.present(used, challenge, new).status_code == 200


def test_a_signature_for_another_session_opens_nothing(kiosk: Kiosk) -> None:
    first, _challenge = kiosk.open()
    _second, other = kiosk.open()
    assert code(kiosk.present(first, other, kiosk.cards["hanako"])) == "signature-wrong"


def test_a_challenge_is_signed_once(kiosk: Kiosk) -> None:
    session, challenge = kiosk.open()
    assert kiosk.present(session, challenge, kiosk.cards["hanako"]).status_code == 200
    assert kiosk.present(session, challenge, kiosk.cards["taro"]).status_code >= 400


def test_without_a_card_nothing_is_told(kiosk: Kiosk) -> None:
    session, _challenge = kiosk.open()
    assert code(kiosk.get(f"/sessions/{session}/certificates")) == "card-needed"


def test_a_session_ends_five_minutes_after_its_last_use(kiosk: Kiosk) -> None:
    session, _welcome = kiosk.greet("hanako")
    now = clock.now()
    with clock.freeze(now + timedelta(minutes=4)):
        assert kiosk.get(f"/sessions/{session}/certificates").status_code == 200
    with clock.freeze(now + timedelta(minutes=8)):
        assert kiosk.get(f"/sessions/{session}/certificates").status_code == 200
    with clock.freeze(now + timedelta(minutes=14)):
        assert kiosk.get(f"/sessions/{session}/certificates").status_code in (401, 410)


def test_after_the_card_left_nothing_is_done_in_its_name(kiosk: Kiosk) -> None:
    session, _welcome = kiosk.greet("hanako")
    order = kiosk.order(session)
    assert kiosk.post(f"/sessions/{session}/end", {}).status_code == 200
    assert code(kiosk.get(f"/sessions/{session}/certificates")) == "session-expired"
    assert code(kiosk.pay(order)) == "order-state-wrong"


def test_a_certificate_is_ordered_paid_printed_and_hers(kiosk: Kiosk) -> None:
    session, _welcome = kiosk.greet("hanako")
    order = kiosk.order(session)
    assert kiosk.pay(order).json == {"state": "paid"}
    paper = kiosk.get(f"/orders/{order['order']}/document", **{"X-Order-Owner": order["owner"]})
    assert paper.mimetype == "application/pdf"
    assert f"order:{order['order']}".encode() in paper.data
    done = {"job": "kiosk-17", "owner": order["owner"]}
    assert kiosk.post(f"/orders/{order['order']}/printed", done).json == {"state": "printed"}
    again = kiosk.get(f"/orders/{order['order']}/document", **{"X-Order-Owner": order["owner"]})
    assert code(again) == "order-state-wrong"


def test_a_paid_paper_stays_hers_when_the_card_is_gone(kiosk: Kiosk) -> None:
    session, _welcome = kiosk.greet("hanako")
    order = kiosk.order(session)
    kiosk.pay(order)
    kiosk.post(f"/sessions/{session}/end", {})
    paper = kiosk.get(f"/orders/{order['order']}/document", **{"X-Order-Owner": order["owner"]})
    assert paper.status_code == 200


def test_crossed_owners_get_no_paper(kiosk: Kiosk) -> None:
    hers, his = kiosk.order(kiosk.greet("hanako")[0]), kiosk.order(kiosk.greet("taro")[0])
    kiosk.pay(hers)
    kiosk.pay(his)
    crossed = kiosk.get(f"/orders/{hers['order']}/document", **{"X-Order-Owner": his["owner"]})
    assert code(crossed) == "order-owner-wrong"
    assert code(kiosk.get(f"/orders/{hers['order']}/document")) == "order-owner-wrong"


def test_the_same_key_orders_once_and_another_body_is_refused(kiosk: Kiosk) -> None:
    session, _welcome = kiosk.greet("hanako")
    wish = {"kind": "resident-record", "options": {"scope": "self", "relation": "no", "domicile": "no"}, "copies": 1}
    first, second = (kiosk.post(f"/sessions/{session}/orders", wish, key="k1") for _ in range(2))
    assert first.json == second.json
    assert code(kiosk.post(f"/sessions/{session}/orders", {**wish, "copies": 2}, key="k1")) == "idempotency-key-reused"


def test_an_unexpected_field_is_named_and_refused(kiosk: Kiosk) -> None:
    answer = kiosk.post("/sessions", {"language": "ja", "surprise": 1})
    assert code(answer) == "body-not-understood"
    assert "surprise" in answer.text


def test_a_visit_is_checked_in_at_its_time_and_only_then(kiosk: Kiosk, database: Database) -> None:
    visits.open_city(database)
    with database.command("find") as session:
        hanako = residents.find_by_number(session, cast.HANAKO.addressee_number)
        assert hanako
        hanako_id: UUID = hanako.id
    start = next_morning()
    case = visits.application(database, hanako_id, state="ready")
    visits.book(database, hanako_id, case, visits.slot_at(database, start))
    session_id, welcome = kiosk.greet("hanako")
    visit = welcome["reservation"]
    assert visit["can_check_in"] is False
    assert visit["why_not"]
    with clock.freeze(start - timedelta(minutes=10)):
        machine = Machine(kiosk.app, demo_devices.key_of(database.anchor.directory.parent / "clients", KIOSK))
        later = Kiosk(kiosk.app, (machine.ask(scope="kiosk").json or {})["access_token"], kiosk.cards)
        session_id, welcome = later.greet("hanako")
        assert welcome["reservation"]["can_check_in"] is True
        body = {"reference": welcome["reservation"]["reference"]}
        ticket = later.post(f"/sessions/{session_id}/check-in", body).json or {}
        assert (ticket["ticket"], ticket["window_kind"]) == ("E001", "express")
        assert later.post(f"/sessions/{session_id}/check-in", body).json == ticket
        by_code = later.post("/check-ins", {"code": body["reference"].lower()})
        assert (by_code.status_code, (by_code.json or {})["ticket"]) == (201, "E001")
        assert cast.HANAKO.name not in by_code.text, "a code names nobody"
        assert later.get(f"/numbers/{(by_code.json or {})['token']}/slip").data.startswith(b"%PDF-")
        assert later.post("/check-ins", {"code": "https://elsewhere.example/"}).status_code == 404
        with database.command("look") as session:
            kinds = [entry.kind for entry in applications.timeline(session, case)]
        assert "checked-in" in kinds


def next_morning() -> Any:
    """10:00 on the next Tuesday that is no holiday and at least a day away."""
    day = clock.now().astimezone(JST).replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while day.weekday() != 1 or not opening().is_open("chuo", day.date()):
        day += timedelta(days=1)
    return day


def test_somebody_elses_reservation_is_not_found(kiosk: Kiosk, database: Database) -> None:
    visits.open_city(database)
    with database.command("find") as session:
        taro = residents.find_by_number(session, cast.TARO.addressee_number)
        assert taro
        taro_id: UUID = taro.id
    case = visits.application(database, taro_id, state="ready")
    booking = visits.book(database, taro_id, case, visits.slot_at(database, next_morning()))
    session_id, _welcome = kiosk.greet("hanako")
    answer = kiosk.post(f"/sessions/{session_id}/check-in", {"reference": booking.reference})
    assert answer.status_code == 404


@pytest.mark.parametrize("rubbish", ["あ", "=", "A", "\0", "////"])
def test_what_is_no_certificate_is_refused_without_a_bug(kiosk: Kiosk, rubbish: str) -> None:
    session, _challenge = kiosk.open()
    answer = kiosk.post(f"/sessions/{session}/card", {"certificate": rubbish, "signature": rubbish})
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("sign", ["\x00", "\n2026-11-23 refund.owed", "\x1b[2J"])
def test_no_sign_of_a_database_or_a_log_comes_in_by_a_machine(kiosk: Kiosk, sign: str) -> None:
    session, _welcome = kiosk.greet("hanako")
    order = kiosk.order(session)
    paid = {"amount": order["fee"], "method": "cash", "receipt": f"7{sign}", "owner": order["owner"]}
    beat = dict.fromkeys(("version", "state", "reader", "printer"), "ready") | {"coin_box": f"ready{sign}"}
    for path, body in ((f"/orders/{order['order']}/paid", paid), ("/heartbeat", beat)):
        assert (kiosk.post(path, body).status_code, code(kiosk.post(path, body))) == (422, "body-not-understood")


def test_money_a_machine_kept_is_told_to_operators(database: Database, worker: Worker, cast_residents: None) -> None:
    order_id, device_id = uuid4(), uuid4()
    with database.command("test") as session:
        hanako = residents.find_by_number(session, cast.HANAKO.addressee_number)
        assert hanako
        facts = {"order_id": order_id, "device_id": device_id, "reason": "coin-box"}
        emit(session, RefundOwed(**facts, resident_id=hanako.id, reference="K7QM-3XPR-T2WH", office="chuo", amount=200))
    with structlog.testing.capture_logs() as lines:
        worker.run_pending()
    owed = {"event": "refund.owed", "log_level": "warning", "order": str(order_id), "device": str(device_id)}
    assert owed | {"reason": "coin-box"} in lines


def test_a_number_without_a_card_in_the_language_of_the_screen(kiosk: Kiosk, database: Database) -> None:
    start = next_morning()
    with clock.freeze(start):
        machine = Machine(kiosk.app, demo_devices.key_of(database.anchor.directory.parent / "clients", KIOSK))
        later = Kiosk(kiosk.app, (machine.ask(scope="kiosk").json or {})["access_token"], kiosk.cards)
        offers = (later.get("/numbers", **{"Accept-Language": "es"}).json or {})["offers"]
        assert (offers[0]["kind"], offers[0]["why_not"]) == ("resident-affairs", None)
        assert offers[1]["label"] == "Tarjeta My Number"
        drawn = later.post("/numbers", {"kind": "tax"}, key="one press").json or {}
        assert later.post("/numbers", {"kind": "tax"}, key="one press").json == drawn
        assert (drawn["ticket"], drawn["waiting"], drawn["address"].endswith(drawn["token"])) == ("H001", 0, True)
        assert later.get(f"/numbers/{drawn['token']}/slip").data.startswith(b"%PDF-")
        assert later.post("/numbers", {"kind": "passports"}).status_code == 422


def test_points_become_a_coupon_at_the_machine(kiosk: Kiosk, database: Database) -> None:
    with database.command("give") as session:
        catalogue.bring(session, catalogue.read())
        hanako = residents.find_by_number(session, cast.HANAKO.addressee_number)
        assert hanako
        points.credit(session, hanako.resident_id, Points(250), reason=Reason.WELCOME, key="kiosk test")
    session_id, _welcome = kiosk.greet("hanako")
    account = kiosk.get(f"/sessions/{session_id}/points").json or {}
    why_not = {one["reward"]: one["why_not"] for one in account["rewards"]}
    assert (account["balance"], account["expiring"]["points"], why_not["pool"]) == (250, 250, None)
    assert "500" in why_not["childcare"]
    assert "trees" not in why_not, "a gift needs an amount"
    first, again = (kiosk.post(f"/sessions/{session_id}/coupons", {"reward": "pool"}, key="press") for _ in range(2))
    assert first.json == again.json
    coupon = first.json or {}
    assert (first.status_code, coupon["balance"], coupon["title"]) == (201, 150, "市民プール 1回券")
    slip = f"/coupons/{coupon['coupon']}/slip"
    assert kiosk.get(f"/sessions/{session_id}{slip}", **{"Accept-Language": "zh"}).data.startswith(b"%PDF-")
    assert code(kiosk.post(f"/sessions/{session_id}/coupons", {"reward": "childcare"})) == "not-enough-points"
    other, _welcome = kiosk.greet("taro")
    assert code(kiosk.get(f"/sessions/{other}{slip}")) == "coupon-unknown", "a coupon is its owner's"
