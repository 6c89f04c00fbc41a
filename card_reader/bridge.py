"""The bridge: lets the web page of window staff ask for a card, without ever seeing the PIN.

A page of an allowed origin, paired with this bridge, hands in a challenge; the holder types the PIN into the
bridge's own page on this machine; the first page then fetches certificate and signature. Loopback only. The
same idea as AusweisApp's local service.

A page may also hand in a document to be signed with the signing key. What is signed is the document itself: both
pages show the same check code of it, so that the holder sees that nothing else is put before the card.

And a page may carry messages between the city's server and a city card (`bridge_relay`), and listen to what happens at
the reader (`bridge_events`).

What stops a hostile page: the Host check (loopback.py), the origin allow-list, a pairing token it does not
have, and a PIN form that only takes what the bridge's own page sent.
"""

from __future__ import annotations

import base64
import binascii
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from threading import Lock, RLock
from time import monotonic, time
from typing import Any
from urllib.parse import urlsplit

from card_reader import bridge_prompt
from card_reader.bridge_asks import AUTH, SIGN, Ask, Key, PinpadMissing
from card_reader.bridge_events import Events
from card_reader.bridge_new_pin import NewPins
from card_reader.bridge_relay import Relays
from card_reader.connection import Connection
from card_reader.errors import CardBusy, CardError, PinBlocked, PinWrong, ReaderGone, code_of
from card_reader.loopback import Answer, BadRequest, Request, Stream, json_answer, page, see_other, stylesheet
from card_reader.monitor import CardMonitor
from card_reader.pairing import NotPaired, PortalSilent, StillSignedIn, check_pairing
from card_reader.pcsc import find_reader
from card_reader.pinpad import Secret, pinpad_of, wipe
from card_reader.sessions.jpki import JpkiSession

log = logging.getLogger(__name__)

WAITING_SECONDS = 180.0  # to find the card and type the PIN
KEEPING_SECONDS = 60.0  # for the page to fetch the result
PATIENCE_SECONDS = 3.0  # for a card that another page uses
OPEN_LIMIT = 16
KNOWN_LIMIT = 1000  # certificates kept, in memory only; they hold no name

OpenCard = Callable[[], AbstractContextManager[Connection]]
ReaderState = Callable[[], dict[str, Any]]


WISHES = {"authenticate": AUTH, "sign": SIGN}


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
        wall_clock: Callable[[], float] = time,
        writer_key: Path | None = None,
        events: Events | None = None,
        still_signed_in: StillSignedIn | None = None,
    ) -> None:
        self._still_signed_in = still_signed_in
        self._new_pins = NewPins(writer_key, clock)
        self._open_card = open_card
        self._reader_state = reader_state
        self._origins = frozenset(origins)
        self._pairing, self._wall_clock = pairing, wall_clock
        self._clock = clock
        self._asks: dict[str, Ask] = {}
        self._known: dict[bytes, bytes] = {}
        self._lock = RLock()  # over the asks; whoever holds it never waits for the card
        self._card_lock = Lock()
        self._relays = Relays(open_card, self._card_lock)
        self.events = events or Events(reader_state, clock=clock)

    def __call__(self, request: Request) -> Answer | Stream:
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
            case "GET" | "POST", "new-pin", id_ if id_:
                return self._new_pins.page(request, id_)
        raise BadRequest(404, "there is nothing here")

    # What other origins may use

    def _api(self, request: Request) -> Answer | Stream:
        headers = self._permission(request)
        try:
            return self._serve(request, headers)
        except BadRequest as refusal:  # with the headers that let the page read it
            return _refused(refusal, "refused", headers)

    def _serve(self, request: Request, headers: dict[str, str]) -> Answer | Stream:
        match request.method, request.path.split("/")[2:]:
            case "OPTIONS", _:
                return Answer(204, headers=headers)
            case "GET", ["status"]:
                return json_answer(self._reader_state(), headers=headers)
            case "POST", ["authenticate" | "sign" | "new-pin" as wish]:
                asked = self._ask_new_pin if wish == "new-pin" else partial(self._ask, key=WISHES[wish])
                return json_answer(asked(request), 202, headers)
            case "GET", ["requests", id_]:
                return self._result(id_, headers)
            case "POST", ["events"]:
                return self._admit(request, headers)
            case "GET", ["events", id_]:
                return self._listen(request, id_, headers)
            case "POST", ["relay", *id_] if len(id_) <= 1:
                return self._relay(request, "".join(id_), headers)
        return json_answer({"error": {"code": "not-found"}}, 404, headers)

    def _result(self, id_: str, headers: dict[str, str]) -> Answer:
        ask = self._asks_alive().get(id_)
        found = ask.record() if ask else self._new_pins.record(id_)
        return json_answer(found or {"error": {"code": "unknown-request"}}, 200 if found else 404, headers)

    def _admit(self, request: Request, headers: dict[str, str]) -> Answer:
        """An address where a paired page may listen to the reader."""
        self._check_pairing(request, request.record())
        place = f"http://{request.headers['host']}/v1/events/{self.events.admit(request.origin)}"
        return json_answer({"events": place}, 201, headers)

    def _listen(self, request: Request, id_: str, headers: dict[str, str]) -> Answer | Stream:
        told = self.events.listen(id_, request.origin, request.headers.get("last-event-id", ""))
        return Stream(told, headers=headers) if told else Answer(204, headers=headers)  # 204 ends an EventSource

    def _relay(self, request: Request, id_: str, headers: dict[str, str]) -> Answer:
        """Take the card; then `{"step", "send"}` for one command, `{}` to let the card go."""
        record = request.record()
        try:
            if not id_:
                self._check_pairing(request, record)
                return json_answer({"relay": self._relays.begin()}, 201, headers)
            if "send" not in record:
                self._relays.end(id_)
                return json_answer({}, headers=headers)
            step, wire = _number(record.get("step")), _hexadecimal(record["send"])
            return json_answer({"step": step, "answer": self._relays.pass_on(id_, step, wire)}, headers=headers)
        except CardError as fault:
            return json_answer({"error": {"code": code_of(fault)}}, 409, headers)
        except BadRequest as refusal:  # with the headers that let the page read it
            return _refused(refusal, "relay-refused", headers)

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

    def _ask(self, request: Request, key: Key) -> dict[str, str]:
        record = request.record()
        self._check_pairing(request, record)
        ask = Ask(
            id=secrets.token_urlsafe(24),
            origin=request.origin or "this machine",
            challenge=_bytes(record.get(key.field), key.sizes, key.field),
            key=key,
            ends=self._clock() + WAITING_SECONDS,
        )
        if len(self._asks_alive()) >= OPEN_LIMIT:
            raise BadRequest(429, "too many open requests")
        with self._lock:
            self._asks[ask.id] = ask
        log.info("bridge.asked")
        return {"request": ask.id, "prompt": f"http://{request.headers['host']}/prompt/{ask.id}"}

    def _ask_new_pin(self, request: Request) -> dict[str, str]:
        record = request.record()
        self._check_pairing(request, record)
        return self._new_pins.ask(record, request.origin or "this machine", request.headers["host"])

    def _check_pairing(self, request: Request, record: dict[str, Any]) -> None:
        shown = str(record.get("pairing", ""))
        check_pairing(self._pairing, shown, self._wall_clock(), request.origin, self._still_signed_in)

    def _asks_alive(self) -> dict[str, Ask]:
        """Forget results nobody fetched, end requests nobody answered, return the rest."""
        now = self._clock()
        with self._lock:
            for ask in list(self._asks.values()):
                if now < ask.ends:
                    continue
                if not self._end(ask, "failed", {"code": "expired"}):
                    del self._asks[ask.id]
            return dict(self._asks)

    def _find(self, id_: str) -> Ask:
        ask = self._asks_alive().get(id_)
        if ask is None:
            raise BadRequest(404, "this request is over")
        return ask

    def _end(
        self, ask: Ask, state: str, error: dict[str, Any] | None = None, proof: tuple[bytes, bytes] = (b"", b"")
    ) -> bool:
        """The first end counts: False, and *proof* (certificate, signature) is dropped, when the ask was over already."""
        with self._lock:
            if ask.state != "waiting":
                return False
            ask.state, ask.error, ask.challenge = state, error, b""
            ask.certificate, ask.signature = proof
            ask.ends = self._clock() + KEEPING_SECONDS
        log.info("bridge.ended", extra={"state": state})
        self.events.answered()
        return True

    # What only the bridge's own page may use

    def _show_prompt(self, request: Request, ask: Ask) -> Answer:
        language = bridge_prompt.language(request.query, request.headers)
        if ask.state == "waiting":
            try:
                with self._alone():
                    if ask.state == "waiting":  # nor answered while this page waited for the card
                        return self._asked(request, ask, language)
            except CardError as error:
                return page(bridge_prompt.problem(language, type(error).__name__))
        return page(bridge_prompt.farewell(language, ask.state))

    def _asked(self, request: Request, ask: Ask, language: str) -> Answer:
        with self._open_card() as connection:
            left = ask.key.tries_left(JpkiSession(connection))
            # A reader with keys takes the PIN itself, unless the holder would rather have the screen.
            on_reader = ask.key is AUTH and "on" not in request.query and pinpad_of(connection) is not None
        if not left:
            return self._blocked(ask, language)
        return page(self._form(ask, language, left, on_reader=on_reader))

    def _take_pin(self, request: Request, ask: Ask) -> Answer:
        if request.origin != f"http://{request.headers['host']}":
            raise BadRequest(403, "a PIN is only taken from the bridge's own page")
        language = bridge_prompt.language(request.query, request.headers)
        fields = request.form()
        if fields.get("act") == "cancel":
            self._end(ask, "cancelled", {"code": "cancelled"})
        if ask.state != "waiting":
            return page(bridge_prompt.farewell(language, ask.state))
        pin = bytearray(fields.get("pin", "").upper().encode())  # the card knows capitals only
        on_reader = fields.get("where") == "reader"
        if not on_reader and not ask.key.pin_shape.fullmatch(pin):
            return page(bridge_prompt.problem(language, ask.key.misshapen), 422)
        if not self._claim(ask, request):  # a button pressed twice: what came of the first
            return see_other(f"{request.path}?lang={language}")
        try:
            self._sign(ask, None if on_reader else pin, last_try_agreed=fields.get("last") == "yes")
        except PinBlocked:
            return self._blocked(ask, language)
        except PinWrong as error:
            ask.tried += 1
            return page(self._form(ask, language, error.tries_left, on_reader=on_reader), 422)
        except CardError as error:
            return page(bridge_prompt.problem(language, type(error).__name__), 409)
        finally:
            ask.at_card = False
            wipe(pin)
        return page(bridge_prompt.farewell(language, ask.state))

    @staticmethod
    def _form(ask: Ask, language: str, left: int, *, on_reader: bool) -> str:
        return bridge_prompt.form(language, ask.origin, left, tried=ask.tried, code=ask.check_code, on_reader=on_reader)

    def _claim(self, ask: Ask, request: Request) -> bool:
        """Whether this PIN may go to the card: none of the ask is there now, and its page knew of all tries before."""
        with self._lock:
            tried = str(ask.tried)
            if ask.at_card or request.query.get("tried", [tried]) != [tried]:
                return False
            ask.at_card = True
            return True

    def _sign(self, ask: Ask, pin: bytearray | None, *, last_try_agreed: bool) -> None:
        """One visit to the card: PIN (None: typed on the reader), certificate (read once for each card of the day),
        signature."""
        if len(self._known) >= KNOWN_LIMIT:
            self._known.clear()
        with self._alone(), self._open_card() as connection:
            document = ask.challenge
            if ask.state != "waiting":  # cancelled or over while others used the card
                return
            jpki = JpkiSession(connection)
            if ask.key.tries_left(jpki) == 1 and not last_try_agreed:
                raise LastTry("one try is left and the holder did not agree to use it")
            secret: Secret | None = pinpad_of(connection) if pin is None else pin
            if secret is None:
                raise PinpadMissing("the reader has no keys")
            proof = ask.key.sign(jpki, secret, document, self._known)
        self._end(ask, "done", proof=proof)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """The card for one page at a time; CardBusy when another one does not let it go in time."""
        if not self._card_lock.acquire(timeout=PATIENCE_SECONDS):
            raise CardBusy("another page uses the card")
        try:
            yield
        finally:
            self._card_lock.release()

    def _blocked(self, ask: Ask, language: str) -> Answer:
        self._end(ask, "failed", {"code": "pin-blocked", "tries_left": 0})
        return page(bridge_prompt.problem(language, "PinBlocked"), 409)


def _refused(refusal: BadRequest, code: str, headers: dict[str, str]) -> Answer:
    """With the headers that let the page read it; what a person can mend has a code of its own."""
    known = {NotPaired: "not-paired", PortalSilent: "portal-silent"}
    return json_answer(
        {"error": {"code": known.get(type(refusal), code), "message": str(refusal)}}, refusal.status, headers
    )


class LastTry(CardError):
    """Only one PIN try is left; the holder has to agree before it is risked."""


def _bytes(text: object, sizes: range, name: str) -> bytes:
    try:
        found = base64.urlsafe_b64decode(f"{text}{'=' * (-len(str(text)) % 4)}")
    except (ValueError, binascii.Error):
        found = b""
    if len(found) not in sizes:
        raise BadRequest(422, f"the {name} is {sizes[0]} to {sizes[-1]} bytes in base64url")
    return found


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise BadRequest(422, "the step is a number")
    return value


def _hexadecimal(text: object) -> bytes:
    try:
        return bytes.fromhex(str(text))
    except ValueError:
        raise BadRequest(422, "a command is written in hexadecimal") from None


def check_origin(origin: str) -> str:
    """Return an origin as browsers write it, or raise ValueError: no path, no wildcard."""
    parts = urlsplit(origin)
    if parts.scheme not in {"http", "https"} or f"{parts.scheme}://{parts.netloc}" != origin or "*" in origin:
        raise ValueError(f"{origin!r} is not an origin like https://portal.example")
    return origin


def reader_report(monitor: CardMonitor, wanted: str) -> dict[str, Any]:
    """Return what a page may know: service up, reader there, card in it; nothing of what the card holds."""
    states = monitor.states()
    try:
        reader = find_reader(wanted, list(states))
    except ReaderGone:
        return {"service": monitor.service_up, "reader": None, "card": False}
    return {"service": monitor.service_up, "reader": reader, "card": states[reader] is not None}
