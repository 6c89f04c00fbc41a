"""A resident signs in on the web with the card on their own reader: bound to this browser, to their registration, once."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from flask import Flask

from portal.accounts import cards, service
from portal.accounts.card_routes import TRIES
from portal.core import clock
from portal.core.ids import ResidentId
from portal.core.uow import Database
from portal.demo import cast
from portal.residents import service as residents
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient
from tests.portal.accounts.authority import Authority, Card, new_key

DOOR = "/sign-in/card"


@pytest.fixture(scope="module")
def card_key() -> RSAPrivateKey:
    return new_key()


@pytest.fixture
def authority(cast_residents: None, tmp_path: Path) -> Authority:
    made = Authority("TEST CA 架空")
    (tmp_path / "cards").mkdir()
    made.publish(tmp_path / "cards")
    return made


@pytest.fixture
def card(authority: Authority, card_key: RSAPrivateKey, database: Database, tmp_path: Path) -> Card:
    """花子's card, registered at the window."""
    made, hanako = authority.issue("hanako", card_key), resident(database)
    with database.command("enrol") as session:
        service.enrol_card(session, hanako, made.der, tmp_path / "cards" / "ca.pem")
    return made


def resident(database: Database, person: cast.Resident = cast.HANAKO) -> ResidentId:
    with database.command("find") as session:
        found = residents.find_by_number(session, person.addressee_number)
    assert found
    return found.resident_id


@pytest.fixture
def visitor(app: Flask, card: Card) -> Visitor:
    return Visitor(app)


def asked(visitor: Visitor, page: Page) -> dict[str, str]:
    """The challenge the page fetches when its button is pressed."""
    headers = {"X-CSRF-Token": page.csrf_token, "Accept": "application/json"}
    answer = visitor.client.post(f"{DOOR}/challenge", headers=headers)
    assert answer.status_code == 200
    found: dict[str, str] = answer.get_json()
    return found


def signed(challenge: dict[str, str], card: Card) -> dict[str, str]:
    text = challenge["challenge"]
    parts = {"certificate": card.der, "signature": card.sign(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))}
    proof = {name: base64.b64encode(value).decode() for name, value in parts.items()}
    return {"challenge_id": challenge["challenge_id"], **proof}


def sign_in(visitor: Visitor, card: Card, then: str = "/account") -> Page:
    page = visitor.get(f"{DOOR}?next={then}")
    return visitor.submit(page, DOOR, **signed(asked(visitor, page), card))


def test_the_registered_card_opens_the_account_and_what_wants_more(visitor: Visitor, card: Card) -> None:
    door = visitor.get(DOOR)
    assert "http://127.0.0.1:8200" in door.headers["Content-Security-Policy"]
    page = sign_in(visitor, card)
    assert (page.status, page.path) == (200, "/account")
    assert cast.HANAKO.name in page.text
    assert visitor.get("/my-data/looks").path == "/my-data/looks", "no passkey is asked for after the card"
    assert visitor.get(f"{DOOR}?next=/account").path == "/account", "nothing is left to prove"


def test_a_session_by_password_is_confirmed_with_the_own_card_only(card: Card, resident_client: ResidentClient) -> None:
    taro = resident_client("taro")
    assert sign_in(taro, card).status == 403
    assert cast.TARO.name in taro.get("/account").text
    hanako = resident_client("hanako")
    door = hanako.get("/sign-in/stronger?next=/my-data/looks")
    assert f"{DOOR}?next=/my-data/looks" in door.links()
    assert sign_in(hanako, card, "/my-data/looks").path == "/my-data/looks"
    assert "マイナンバーカードで確認しました" in hanako.get("/account").text


def test_the_signature_is_good_once_here_and_for_this_purpose(
    app: Flask, visitor: Visitor, card: Card, database: Database
) -> None:
    page = visitor.get(DOOR)
    proof = signed(asked(visitor, page), card)
    elsewhere = Visitor(app)
    assert elsewhere.submit(elsewhere.get(DOOR), DOOR, **proof).status == 410, "another browser's challenge"
    assert visitor.submit(page, DOOR, **proof).path == "/"
    visitor.submit(visitor.get("/account"), "/sign-out")
    page = visitor.get(DOOR)
    assert visitor.submit(page, DOOR, **proof).status == 410, "used before"
    hanako = resident(database)
    with database.command("window") as session:
        window = service.new_challenge(session, service.identity_context(hanako))
    text = base64.urlsafe_b64encode(window.bytes).decode()
    foreign = signed({"challenge_id": str(window.id), "challenge": text}, card)
    assert visitor.submit(page, DOOR, **foreign).status == 410, "made for the window"
    late = signed(asked(visitor, page), card)
    with clock.freeze(clock.now() + timedelta(minutes=6)):
        assert visitor.submit(page, DOOR, **late).status == 410


def test_whoever_is_not_registered_stays_outside(
    visitor: Visitor, authority: Authority, card: Card, database: Database, tmp_path: Path
) -> None:
    assert sign_in(visitor, authority.issue("stranger", card.key)).status == 403
    assert sign_in(visitor, Card(new_key(), card.certificate)).status == 403
    assert sign_in(visitor, Authority(authority.name).issue("hanako", card.key)).status == 403
    assert visitor.submit(visitor.get(DOOR), DOOR, certificate="", signature="").status == 422
    hanako = resident(database)
    with database.command("withdraw") as session:
        for one in service.cards_of(session, hanako):
            cards.end_card(session, one)
    assert sign_in(visitor, card).status == 403
    authority.revoked.append(card.certificate.serial_number)
    authority.publish(tmp_path / "cards")
    refused = sign_in(visitor, card)
    assert (refused.status, visitor.get("/account").path) == (403, "/sign-in")
    assert "このカードの電子証明書は失効しています" in refused.text


def test_who_tries_again_and_again_has_to_wait(visitor: Visitor, card: Card) -> None:
    page = visitor.get(DOOR)
    rubbish = {"challenge_id": "", "certificate": "", "signature": ""}
    answers = [visitor.submit(page, DOOR, **rubbish).status for _ in range(TRIES + 1)]
    assert answers == [422] * TRIES + [429]


def test_without_scripts_the_page_says_what_to_do(visitor: Visitor) -> None:
    page = visitor.get(f"{DOOR}?next=/account")
    assert next(page.find("noscript"), None) is not None
    assert "/sign-in?next=/account" in page.links()
    assert f"{DOOR}?next=/account" in visitor.get("/sign-in?next=/account").links()
