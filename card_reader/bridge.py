"""The bridge: lets the web page of window staff ask for a card, without ever seeing the PIN.

A page of an allowed origin, paired with this bridge, hands in a challenge; the holder types the PIN into the
bridge's own page on this machine; the first page then fetches certificate and signature. Loopback only. The
same idea as AusweisApp's local service.

What stops a hostile page: the Host check (loopback.py), the origin allow-list, a pairing token it does not
have, and a PIN form that only takes what the bridge's own page sent.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
import os
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from card_reader import bridge_prompt
from card_reader.connection import Connection
from card_reader.errors import CardError, PinBlocked, PinWrong, ReaderGone
from card_reader.loopback import Answer, BadRequest, Request, json_answer, page, stylesheet
from card_reader.monitor import CardMonitor
from card_reader.pcsc import find_reader
from card_reader.sessions.jpki import JpkiSession

log = logging.getLogger(__name__)

CHALLENGE_BYTES = range(16, 129)  # at least 128 bits (security.md asks for 64)
WAITING_SECONDS = 180.0  # to find the card and type the PIN
KEEPING_SECONDS = 60.0  # for the page to fetch the result
OPEN_LIMIT = 16
KNOWN_LIMIT = 1000  # certificates kept, in memory only; they hold no name

OpenCard = Callable[[], AbstractContextManager[Connection]]
ReaderState = Callable[[], dict[str, Any]]


@dataclass
class Ask:
    """One request for a signature. `state` is waiting, done, cancelled or failed."""

    id: str
    origin: str
    challenge: bytes = field(repr=False)
    ends: float
    state: str = "waiting"
    certificate: bytes = field(default=b"", repr=False)
    signature: bytes = field(default=b"", repr=False)
    error: dict[str, Any] | None = None

    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = {"request": self.id, "state": self.state}
        if self.state == "done":
            record["certificate"] = base64.b64encode(self.certificate).decode()
            record["signature"] = base64.b64encode(self.signature).decode()
        if self.error:
            record["error"] = self.error
        return record


class Bridge:
    """The service behind the bridge's port."""

    def __init__(
        self,
        open_card: OpenCard,
        reader_state: ReaderState,
        *,
        origins: tuple[str, ...],
        pairing: str,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._open_card = open_card
        self._reader_state = reader_state
        self._origins = frozenset(origins)
        self._pairing = pairing.encode()
        self._clock = clock
        self._asks: dict[str, Ask] = {}
        self._known: dict[bytes, bytes] = {}
        self._lock = Lock()
        self._card_lock = Lock()

    def __call__(self, request: Request) -> Answer:
        if request.path.startswith("/v1/"):
            return self._api(request)
        room, _, name = request.path.strip("/").partition("/")
        match request.method, room, name:
            case "GET", "style.css", "":
                return stylesheet("bridge.css")
            case "GET", "prompt", id_ if id_:
                return self._show_prompt(request, self._find(id_))
            case "POST", "prompt", id_ if id_:
                return self._take_pin(request, self._find(id_))
        raise BadRequest(404, "there is nothing here")

    # What other origins may use

    def _api(self, request: Request) -> Answer:
        headers = self._permission(request)
        match request.method, request.path.split("/")[2:]:
            case "OPTIONS", _:
                return Answer(204, headers=headers)
            case "GET", ["status"]:
                return json_answer(self._reader_state(), headers=headers)
            case "POST", ["authenticate"]:
                return json_answer(self._ask(request), 202, headers)
            case "GET", ["requests", id_]:
                ask = self._asks_alive().get(id_)
                if ask is None:
                    return json_answer({"error": {"code": "unknown-request"}}, 404, headers)
                return json_answer(ask.record(), headers=headers)
        return json_answer({"error": {"code": "not-found"}}, 404, headers)

    def _permission(self, request: Request) -> dict[str, str]:
        """Return the CORS headers for an allowed origin; BadRequest for any other one.

        Programs send no Origin; a page that hides its origin is told by Sec-Fetch-Site.
        """
        if request.origin is None:
            if request.headers.get("sec-fetch-site", "none") != "none":
                raise BadRequest(403, "this origin is not on the list")
            return {}
        if request.origin not in self._origins:
            raise BadRequest(403, "this origin is not on the list")
        headers = {"Access-Control-Allow-Origin": request.origin, "Vary": "Origin"}
        if request.method == "OPTIONS":
            headers |= {
                "Access-Control-Allow-Methods": "GET, POST",
                "Access-Control-Allow-Headers": "content-type",
                "Access-Control-Max-Age": "600",
            }
            if request.headers.get("access-control-request-private-network") == "true":
                headers["Access-Control-Allow-Private-Network"] = "true"
        return headers

    def _ask(self, request: Request) -> dict[str, str]:
        record = request.record()
        token = str(record.get("pairing", "")).encode()
        if not hmac.compare_digest(token, self._pairing):
            raise BadRequest(403, "not paired with this bridge")
        ask = Ask(
            id=secrets.token_urlsafe(24),
            origin=request.origin or "this machine",
            challenge=_challenge(record.get("challenge")),
            ends=self._clock() + WAITING_SECONDS,
        )
        if len(self._asks_alive()) >= OPEN_LIMIT:
            raise BadRequest(429, "too many open requests")
        with self._lock:
            self._asks[ask.id] = ask
        log.info("bridge.asked")
        return {"request": ask.id, "prompt": f"http://{request.headers['host']}/prompt/{ask.id}"}

    def _asks_alive(self) -> dict[str, Ask]:
        """Forget results nobody fetched, end requests nobody answered, return the rest."""
        now = self._clock()
        with self._lock:
            for ask in list(self._asks.values()):
                if now < ask.ends:
                    continue
                if ask.state == "waiting":
                    self._end(ask, "failed", {"code": "expired"})
                else:
                    del self._asks[ask.id]
            return dict(self._asks)

    def _find(self, id_: str) -> Ask:
        ask = self._asks_alive().get(id_)
        if ask is None:
            raise BadRequest(404, "this request is over")
        return ask

    def _end(self, ask: Ask, state: str, error: dict[str, Any] | None = None) -> None:
        ask.state, ask.error, ask.challenge = state, error, b""
        ask.ends = self._clock() + KEEPING_SECONDS
        log.info("bridge.ended", extra={"state": state})

    # What only the bridge's own page may use

    def _show_prompt(self, request: Request, ask: Ask) -> Answer:
        language = bridge_prompt.language(request.query, request.headers)
        if ask.state != "waiting":
            return page(bridge_prompt.farewell(language, ask.state))
        try:
            with self._card_lock, self._open_card() as connection:
                left = JpkiSession(connection).auth_tries_left()
        except CardError as error:
            return page(bridge_prompt.problem(language, type(error).__name__))
        if not left:
            return self._blocked(ask, language)
        return page(bridge_prompt.form(language, ask.origin, left))

    def _take_pin(self, request: Request, ask: Ask) -> Answer:
        if request.origin != f"http://{request.headers['host']}":
            raise BadRequest(403, "a PIN is only taken from the bridge's own page")
        language = bridge_prompt.language(request.query, request.headers)
        fields = request.form()
        if ask.state == "waiting" and fields.get("act") == "cancel":
            self._end(ask, "cancelled", {"code": "cancelled"})
        if ask.state != "waiting":
            return page(bridge_prompt.farewell(language, ask.state))
        pin = bytearray(fields.get("pin", "").encode())
        if len(pin) != 4 or not pin.isdigit():
            return page(bridge_prompt.problem(language, "PinShape"), 422)
        try:
            self._sign(ask, pin, last_try_agreed=fields.get("last") == "yes")
        except PinBlocked:
            return self._blocked(ask, language)
        except PinWrong as error:
            return page(bridge_prompt.form(language, ask.origin, error.tries_left, wrong=True), 422)
        except CardError as error:
            return page(bridge_prompt.problem(language, type(error).__name__), 409)
        finally:
            pin[:] = bytes(len(pin))
        return page(bridge_prompt.farewell(language, ask.state))

    def _sign(self, ask: Ask, pin: bytearray, *, last_try_agreed: bool) -> None:
        """One visit to the card: PIN, certificate (read once for each card of the day), signature."""
        if len(self._known) >= KNOWN_LIMIT:
            self._known.clear()
        with self._card_lock, self._open_card() as connection:
            jpki = JpkiSession(connection)
            if jpki.auth_tries_left() == 1 and not last_try_agreed:
                raise LastTry("one try is left and the holder did not agree to use it")
            jpki.verify_auth_pin(pin)
            certificate = jpki.auth_certificate(self._known)
            signature = jpki.sign_with_auth_key(ask.challenge)
        ask.certificate, ask.signature = certificate, signature
        self._end(ask, "done")

    def _blocked(self, ask: Ask, language: str) -> Answer:
        self._end(ask, "failed", {"code": "pin-blocked", "tries_left": 0})
        return page(bridge_prompt.problem(language, "PinBlocked"), 409)


class LastTry(CardError):
    """Only one PIN try is left; the holder has to agree before it is risked."""


def _challenge(text: object) -> bytes:
    try:
        challenge = base64.urlsafe_b64decode(f"{text}{'=' * (-len(str(text)) % 4)}")
    except (ValueError, binascii.Error):
        challenge = b""
    if len(challenge) not in CHALLENGE_BYTES:
        raise BadRequest(422, "the challenge is 16 to 128 bytes in base64url")
    return challenge


def check_origin(origin: str) -> str:
    """Return an origin as browsers write it, or raise ValueError: no path, no wildcard."""
    parts = urlsplit(origin)
    if parts.scheme not in {"http", "https"} or f"{parts.scheme}://{parts.netloc}" != origin or "*" in origin:
        raise ValueError(f"{origin!r} is not an origin like https://portal.example")
    return origin


def pairing_token(path: Path) -> str:
    """Return the token in the file; a missing file is made, whole at once and readable by its owner only."""
    if not path.exists():
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(32) + "\n", "ascii")
        with suppress(FileExistsError):  # somebody else made it in this moment: theirs counts
            path.hardlink_to(fresh)
        fresh.unlink()
    token = path.read_text("ascii").strip()
    if len(token) < 32:
        raise ValueError(f"the pairing token in {path.name} is shorter than 32 characters")
    return token


def reader_report(monitor: CardMonitor, wanted: str) -> dict[str, Any]:
    """Return what a page may know: service up, reader there, card in it; nothing of what the card holds."""
    states = monitor.states()
    try:
        reader = find_reader(wanted, list(states))
    except ReaderGone:
        return {"service": monitor.service_up, "reader": None, "card": False}
    return {"service": monitor.service_up, "reader": reader, "card": states[reader] is not None}
