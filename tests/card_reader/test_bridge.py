"""The bridge as a page of the portal, a hostile page, and the holder see it."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPErrorProcessor, Request, build_opener

import html5lib
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from card_reader import bridge_prompt
from card_reader.bridge import Bridge, check_origin
from card_reader.connection import Connection
from card_reader.errors import NoCard
from card_reader.loopback import LoopbackServer
from card_reader.pairing import code_for, pairing_token
from card_reader.simulator.card import DirectConnection, SimulatedCard
from card_reader.simulator.memory import VolatileStore
from tests import serving
from tests.card_reader.conftest import HANAKO
from tests.card_reader.counting import Counting

PORTAL = "http://127.0.0.1:8000"
TOKEN = "pairing-token-of-this-test-0123456789"
CHALLENGE = bytes(range(32))


class Desk:
    """A bridge with a card (or none) on the reader, and a clock that tests turn."""

    def __init__(self, memory: VolatileStore) -> None:
        self.card: SimulatedCard | None = SimulatedCard(memory)
        self.now = 0.0
        self.service = Bridge(
            self._open,
            lambda: {"service": True, "reader": "Test", "card": self.card is not None},
            origins=(PORTAL,),
            pairing=TOKEN,
            clock=lambda: self.now,
            wall_clock=lambda: self.now,
        )
        self.server = LoopbackServer(0, self.service)
        self.url = self.server.url
        serving.begin(self.server)

    @contextmanager
    def _open(self) -> Iterator[Connection]:
        if self.card is None:
            raise NoCard("the reader is empty")
        self.connection = Counting(DirectConnection(self.card))
        yield self.connection

    def call(self, path: str, body: bytes | None = None, method: str | None = None, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(path if "://" in path else self.url + path, body, named, method=method)
        with build_opener(_KeepStatus).open(request, timeout=60) as answer:
            return Reply(answer.status, dict(answer.headers), answer.read())

    def ask(self, challenge: bytes = CHALLENGE, token: str = TOKEN, origin: str = PORTAL) -> Reply:
        text = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        body = json.dumps({"challenge": text, "pairing": token}).encode()
        return self.call("/v1/authenticate", body, Origin=origin, Content_Type="application/json")

    def ask_to_sign(self, document: bytes, token: str = TOKEN, origin: str = PORTAL) -> Reply:
        text = base64.urlsafe_b64encode(document).rstrip(b"=").decode()
        body = json.dumps({"document": text, "pairing": token}).encode()
        return self.call("/v1/sign", body, Origin=origin, Content_Type="application/json")

    def type_pin(self, prompt: str, pin: str, origin: str | None = None, **fields: str) -> Reply:
        body = urlencode({"pin": pin, "act": "confirm", **fields}).encode()
        return self.call(prompt, body, Origin=origin or self.url)

    def result(self, id_: str) -> dict[str, Any]:
        return self.call(f"/v1/requests/{id_}", Origin=PORTAL).json


class Reply:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content

    @property
    def text(self) -> str:
        return self.body.decode()


class _KeepStatus(HTTPErrorProcessor):
    """Hands every answer to the test, also 403."""

    def http_response(self, request: Request, response: Any) -> Any:
        return response


@pytest.fixture
def desk(memory: VolatileStore) -> Iterator[Desk]:
    desk = Desk(memory)
    yield desk
    desk.server.shutdown()
    desk.server.server_close()


def test_the_page_gets_a_signature_and_never_the_pin(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        asked = desk.ask()
        assert asked.status == 202
        id_, prompt = asked.json["request"], asked.json["prompt"]
        assert desk.result(id_)["state"] == "waiting"
        shown = desk.call(prompt, Accept_Language="en")
        assert PORTAL in shown.text
        assert "After 3 more wrong PINs" in shown.text
        assert "You are confirmed" in desk.type_pin(f"{prompt}?lang=en", "1234").text
    result = desk.result(id_)
    certificate = x509.load_der_x509_certificate(base64.b64decode(result["certificate"]))
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(base64.b64decode(result["signature"]), CHALLENGE, PKCS1v15(), SHA256())
    assert "1234" not in caplog.text + json.dumps(sorted(set(result) - {"certificate", "signature"}))


def test_a_document_is_signed_by_the_signing_key_and_both_pages_show_its_code(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    document = '{"答え":"はい"}'.encode() * 900
    with caplog.at_level(logging.DEBUG):
        asked = desk.ask_to_sign(document).json
        digest = hashlib.sha256(document).hexdigest().upper()
        assert f"{digest[:4]}-{digest[4:8]}" in desk.call(asked["prompt"], Accept_Language="en").text
        assert desk.type_pin(asked["prompt"], "1234").status == 422, "the other key's PIN has another shape"
        assert "あと4回" in desk.type_pin(asked["prompt"], "WRONG1").text
        desk.type_pin(asked["prompt"], HANAKO.sign_pin.lower())
    result = desk.result(asked["request"])
    certificate = x509.load_der_x509_certificate(base64.b64decode(result["certificate"]))
    assert certificate.extensions.get_extension_for_class(x509.KeyUsage).value.content_commitment
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(base64.b64decode(result["signature"]), document, PKCS1v15(), SHA256())
    assert HANAKO.sign_pin not in caplog.text


@pytest.mark.parametrize("document", [b"", b"x", b"x" * 131_073])
def test_what_is_no_document_is_not_signed(desk: Desk, document: bytes) -> None:
    assert desk.ask_to_sign(document).status == 422
    assert desk.ask_to_sign(b"xx", token="another").status == 403
    assert desk.ask_to_sign(b"xx", origin="http://evil.example").status == 403


def test_the_certificate_of_a_card_that_comes_again_is_not_read_again(desk: Desk) -> None:
    certificates, commands = set(), []
    for _ in range(2):
        asked = desk.ask().json
        desk.type_pin(asked["prompt"], "1234")
        certificates.add(desk.result(asked["request"])["certificate"])
        commands.append(desk.connection.count)
    assert len(certificates) == 1
    assert commands[1] == commands[0] - -(-len(base64.b64decode(certificates.pop())) // 256) + 1


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:8001", "null", "https://127.0.0.1:8000"])
def test_pages_of_other_origins_get_nothing(desk: Desk, origin: str) -> None:
    for reply in (
        desk.call("/v1/status", Origin=origin),
        desk.ask(origin=origin),
        desk.call("/v1/authenticate", method="OPTIONS", Origin=origin),
    ):
        assert reply.status == 403
        assert "Access-Control-Allow-Origin" not in reply.headers


def test_a_page_that_hides_its_origin_gets_nothing(desk: Desk) -> None:
    assert desk.call("/v1/status", Sec_Fetch_Site="cross-site").status == 403


def test_a_name_bent_to_this_machine_gets_nothing(desk: Desk) -> None:
    for path in ("/v1/status", "/style.css"):
        assert desk.call(path, Host="evil.example").status == 421


def test_an_allowed_page_may_ask_through_the_private_network_check(desk: Desk) -> None:
    reply = desk.call(
        "/v1/authenticate",
        method="OPTIONS",
        Origin=PORTAL,
        Access_Control_Request_Private_Network="true",
    )
    assert reply.status == 204
    assert reply.headers["Access-Control-Allow-Origin"] == PORTAL
    assert reply.headers["Access-Control-Allow-Private-Network"] == "true"


def test_an_unpaired_page_cannot_ask(desk: Desk) -> None:
    assert desk.ask(token="x" * 40).status == 403
    assert desk.ask(token="").status == 403


def test_a_code_of_a_signed_in_session_is_good_for_a_working_day(desk: Desk) -> None:
    code = code_for(TOKEN, "0123456789abcdef", 36_000)
    forged = (code.replace("36000", "36001"), code.replace("0123456789", "0123456780"), code[:-1] + "g", f"{code}0")
    assert [desk.ask(token=one).status for one in (code, *forged)] == [202, 403, 403, 403, 403]
    assert desk.ask(token=code_for(TOKEN, "0123456789abcdef", 50_000)).status == 403  # nobody is at work for so long
    assert desk.ask(token=code_for("x" * 40, "0123456789abcdef", 36_000)).status == 403  # another city's
    desk.now = 36_001
    assert desk.ask(token=code).status == 403


@pytest.mark.parametrize("length", [0, 15, 129])
def test_short_and_long_challenges_are_refused(desk: Desk, length: int) -> None:
    assert desk.ask(challenge=bytes(length)).status == 422


@pytest.mark.parametrize("origin", [PORTAL, "http://evil.example", "null"])
def test_only_the_own_page_hands_in_a_pin(desk: Desk, origin: str, memory: VolatileStore) -> None:
    asked = desk.ask().json
    before = memory.load()
    assert desk.type_pin(asked["prompt"], "9999", origin=origin).status == 403
    assert memory.load() == before
    assert desk.result(asked["request"])["state"] == "waiting"


def test_a_wrong_pin_shows_what_is_left_and_the_last_try_needs_a_yes(desk: Desk) -> None:
    asked = desk.ask().json
    prompt = asked["prompt"] + "?lang=en"
    assert "After 2 more" in desk.type_pin(prompt, "9999").text
    assert 'name="last"' in desk.type_pin(prompt, "9999").text
    assert "Tick the box" in desk.type_pin(prompt, "1234").text
    assert desk.result(asked["request"])["state"] == "waiting"
    assert "You are confirmed" in desk.type_pin(prompt, "1234", last="yes").text


def test_a_blocked_pin_ends_the_request(desk: Desk) -> None:
    asked = desk.ask().json
    for fields in ({}, {}, {"last": "yes"}):
        reply = desk.type_pin(asked["prompt"], "9999", **fields)
    assert "窓口" in reply.text
    assert desk.result(asked["request"]) == {
        "request": asked["request"],
        "state": "failed",
        "error": {"code": "pin-blocked", "tries_left": 0},
    }
    again = desk.ask().json
    desk.call(again["prompt"])
    assert desk.result(again["request"])["state"] == "failed"


def test_the_holder_can_say_no(desk: Desk) -> None:
    asked = desk.ask().json
    desk.type_pin(asked["prompt"], "", act="cancel")
    assert desk.result(asked["request"])["state"] == "cancelled"
    assert desk.type_pin(asked["prompt"], "1234").status == 200
    assert desk.result(asked["request"])["state"] == "cancelled"


def test_a_missing_card_is_asked_for(desk: Desk) -> None:
    desk.card = None
    asked = desk.ask().json
    assert "Put your card on the reader" in desk.call(asked["prompt"] + "?lang=en").text
    assert desk.type_pin(asked["prompt"], "1234").status == 409
    assert desk.result(asked["request"])["state"] == "waiting"


def test_an_unanswered_request_expires_and_is_forgotten(desk: Desk) -> None:
    asked = desk.ask().json
    desk.now += 181
    assert desk.result(asked["request"])["error"] == {"code": "expired"}
    desk.now += 61
    assert desk.call(f"/v1/requests/{asked['request']}", Origin=PORTAL).status == 404
    assert desk.call(asked["prompt"]).status == 404


@pytest.mark.parametrize("lang", bridge_prompt.LANGUAGES)
def test_every_page_is_valid_in_every_language(lang: str) -> None:
    pages = [bridge_prompt.form(lang, PORTAL, left, tried=1) for left in (1, 2)]
    pages += [bridge_prompt.problem(lang, fact) for fact in ("NoCard", "PinBlocked", "CardFault", "LastTry")]
    pages += [bridge_prompt.farewell(lang, state) for state in ("done", "cancelled")]
    for text in pages:
        document = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
        heads = document.findall(".//h1")
        assert [head.text for head in heads] == [document.findtext(".//title")]
        assert document.get("lang") == lang
        labels = {label.get("for") for label in document.findall(".//label")}
        fields = {field.get("id") for field in document.findall(".//input")}
        assert fields == labels
        assert "<script" not in text
        assert "style=" not in text


def test_all_languages_have_the_same_words() -> None:
    assert len({frozenset(words) for words in bridge_prompt.WORDS.values()}) == 1


def test_a_page_may_not_be_framed_or_run_scripts(desk: Desk) -> None:
    headers = desk.call(desk.ask().json["prompt"]).headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


def test_what_the_server_itself_refuses_has_the_same_headers(desk: Desk) -> None:
    answer = desk.call("/v1/status", b"", method="PUT")
    assert answer.status == 501
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"[" * 90_000, 400), (b'{"challenge": "AAAA", "pairing": "\\ud800"}', 403), (b"{}", 413)],
    ids=["deep", "half a sign", "length"],
)
def test_odd_input_of_an_allowed_page_is_refused_and_not_a_fault(desk: Desk, body: bytes, status: int) -> None:
    length = {"Content_Length": "\xb2"} if status == 413 else {}
    answer = desk.call("/v1/authenticate", body, Origin=PORTAL, Content_Type="application/json", **length)
    assert answer.status == status


def test_long_bodies_and_other_types_are_refused(desk: Desk) -> None:
    assert desk.call("/v1/authenticate", b"{}", Origin=PORTAL, Content_Type="text/plain").status == 415
    assert desk.call("/v1/authenticate", b"x" * 200_000, Origin=PORTAL).status == 413


def test_the_pairing_token_is_kept_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "pairing"
    token = pairing_token(path)
    assert pairing_token(path) == token
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("short")
    with pytest.raises(ValueError, match="32"):
        pairing_token(path)


@pytest.mark.parametrize("origin", ["*", "http://a/", "http://a/b", "ftp://a", "a", "http://*.a"])
def test_origins_are_exact(origin: str) -> None:
    with pytest.raises(ValueError, match="origin"):
        check_origin(origin)
