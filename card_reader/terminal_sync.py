"""What a terminal tells the city, and what it is told: cards that were read, and the stop list. Works on without a network.

Readings wait in a file of the terminal and are sent together, each once: the file that is being sent keeps its name and its
Idempotency-Key until the city has it. The stop list is put where the terminal looks (`terminal_watch.NewestList`), and so
are the keys of its role (`terminal_keys.DeliveredKeys`), which are fetched anew when half of their time is over.
"""

from __future__ import annotations

import json
import logging
import os
from hashlib import sha256
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx

from card_reader.errors import outline
from card_reader.machine_sign_in import MachineSignIn, SignInRefused
from card_reader.stop_list import BadStopList, StopList, read_revoked
from card_reader.terminal import Reading
from card_reader.terminal_keys import BadDelivery, DeliveredKeys
from card_reader.terminal_watch import keep_newest, seen_before
from card_reader.writer_keys import write_secret

log = logging.getLogger(__name__)

EVERY = 600.0
"""Seconds between two visits to the portal; a stop by phone reaches the terminal by then."""
PAY_TRIES = 3
AT_ONCE = 1000
"""Readings of one message."""
JWK_PARTS = ("kty", "crv", "x", "y")
LIST, KEY, WAITING, SENDING = "stop-list.jws", "city.key", "visits.jsonl", "visits.sending"


class CityLine:
    """The line of one terminal to the portal; *folder* is its own. `keys` are set where the city delivers them."""

    def __init__(self, http: httpx.Client, sign_in: MachineSignIn, folder: Path) -> None:
        self._http, self._sign_in, self._folder = http, sign_in, folder
        self._lock = Lock()
        self.tried = Event()
        """Set when the first visit is over, whatever came of it: the list is then as new as it can be."""
        self.keys: DeliveredKeys | None = None
        self.trouble = ""
        """What the last visit met, one of words.TROUBLES; "" when it was well."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def stop_list(self) -> Path:
        return self._folder / LIST

    def key(self) -> bytes:
        """The key the city signs its list with: asked for once, then kept. b"" as long as the city was never reached."""
        file = self._folder / KEY
        if not file.exists():
            try:
                text = str(self._ask("GET", "/api/v1/cards/stop-list/key").json()["key"])
                if len(bytes.fromhex(text)) == 32:
                    write_secret(file, text)
            except (httpx.HTTPError, SignInRefused, ValueError, KeyError, TypeError) as fault:
                log.warning("terminal.no-key: %s", type(fault).__name__)
                return b""
        return bytes.fromhex(file.read_text("ascii"))

    def note(self, reading: Reading) -> None:
        """Keep a reading until it is sent; who was turned away is nobody's business."""
        if not reading.welcome:
            return
        line = json.dumps({"card": reading.card, "service": reading.service, "at": reading.at})
        with self._lock, os.fdopen(self._open(), "a") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())

    def ask_to_pay(self, reading: Reading, points: int) -> dict[str, Any]:
        """The challenge for one payment, for the card to answer: {"challenge": …, "versions": …}, or why not, in the
        language the line asks for: {"refused": code, "words": …, "next_step": …}. Raises httpx.HTTPError, SignInRefused
        when no answer came."""
        return self._persist("/api/v1/points/payments/challenges", _payment(reading, points))

    def pay(self, reading: Reading, points: int, proof: dict[str, str]) -> dict[str, Any]:
        """The card's holder pays with points: {"reference": …}, or {"refused": code}. Asked again under the same key where
        no answer came, so that it is paid once; raises httpx.HTTPError, SignInRefused when it never came."""
        return self._persist("/api/v1/points/payments", _payment(reading, points) | {"proof": proof})

    def ask_for_coupons(self, reading: Reading, reward: str) -> dict[str, Any]:
        """The challenge for seeing the holder's coupons (*reward* ""), or for using one; as `ask_to_pay`."""
        return self._persist("/api/v1/points/coupons/challenges", _coupon(reading, reward))

    def coupons(self, reading: Reading, proof: dict[str, str]) -> dict[str, Any]:
        """What the shop takes of the holder: {"coupons": […]}, or {"refused": code}; as `pay`."""
        return self._persist("/api/v1/points/coupons", _coupon(reading, "") | {"proof": proof})

    def use_coupon(self, reading: Reading, reward: str, proof: dict[str, str]) -> dict[str, Any]:
        """One coupon for *reward* is used: {"reference", "title", "state", …}, or {"refused": code}; as `pay`."""
        return self._persist("/api/v1/points/coupons/uses", _coupon(reading, reward) | {"proof": proof})

    def ask_rank(self, reading: Reading) -> dict[str, Any]:
        """Whether the card says an old rank: {"rank": …, "order": …}, the order "" where it does not."""
        body = {"card": reading.card, "number": reading.id, "says": reading.payload}
        return self._once("/api/v1/cards/rank", body)

    def carry_rank(self, body: dict[str, Any]) -> dict[str, Any]:
        """One message between the card and the city's writer. A lost one ends the order: the next touch begins anew."""
        return self._once("/api/v1/cards/rank/line", body)

    def _once(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return dict(self._ask("POST", path, body, {"Idempotency-Key": str(uuid4())}).json())

    def payment(self, reference: str) -> dict[str, Any]:
        """How a payment stands that its holder has to agree to. Raises httpx.HTTPError, SignInRefused."""
        return dict(self._ask("GET", f"/api/v1/points/payments/{quote(reference, safe='')}").json())

    def _persist(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        key = {"Idempotency-Key": str(uuid4())}
        for tries_left in reversed(range(PAY_TRIES)):
            try:
                return dict(self._ask("POST", path, body, key).json())
            except httpx.HTTPStatusError as answer:
                if answer.response.status_code == 401 or answer.response.is_server_error:
                    if tries_left:
                        continue
                    raise
                return _refusal(answer.response)
            except httpx.TransportError:
                if not tries_left:
                    raise
        raise AssertionError("the last try returns or raises")

    def exchange(self) -> None:
        """One visit to the portal. The list first: what is wrong with a message must not keep a lost card open.

        Raises httpx.HTTPError, SignInRefused. Where the portal does not let this terminal in at all, it may have been shut
        out as a machine, and then has no keys to keep.
        """
        try:
            self.trouble = self._exchange()
        except SignInRefused:
            self.trouble = "refused"
            self._erase_if_shut_out()
            raise
        except httpx.HTTPStatusError as refused:
            self.trouble = "refused" if refused.response.status_code < 500 else "unreached"
            if refused.response.status_code == 401:
                self._erase_if_shut_out()
            raise
        except httpx.HTTPError:
            self.trouble = "unreached"
            raise

    def _erase_if_shut_out(self) -> None:
        """The city's own word counts, not that a door is shut: clocks go wrong, and lines lead elsewhere. A word older
        than the keys at hand was taken back since."""
        held = self.keys.held() if self.keys else None
        file = self._folder / KEY
        if self.keys is None or held is None or not file.exists():
            return
        try:
            text = self._http.get("/api/v1/cards/revoked-terminals").raise_for_status().text
            signed_at, names = read_revoked(text, bytes.fromhex(file.read_text("ascii")))
        except (httpx.HTTPError, BadStopList, ValueError) as fault:
            log.warning("terminal.shut-out: %s", type(fault).__name__)
            return
        if self.keys.terminal in names and signed_at >= held.issued_at:
            self.keys.erase()

    def _exchange(self) -> str:
        stops = self._take_list()
        trouble = self._take_keys(self.keys, stops) if self.keys is not None else ""
        while self._next_batch():
            batch = self._folder / SENDING
            visits = [json.loads(line) for line in batch.read_text("ascii").splitlines()]
            key = sha256(batch.read_bytes()).hexdigest()
            self._ask("POST", "/api/v1/cards/visits", {"visits": visits}, {"Idempotency-Key": key})
            batch.unlink()
        return trouble

    def _take_list(self) -> StopList | None:
        text = self._ask("GET", "/api/v1/cards/stop-list").text
        key = self.key()
        try:
            stops = keep_newest(self.stop_list, text, key, seen_before(self.stop_list, key))
        except (BadStopList, ValueError):
            log.warning("terminal.bad-list")
            return None
        write_secret(self.stop_list, text)
        return stops

    def _take_keys(self, keys: DeliveredKeys, stops: StopList | None) -> str:
        """Fetch the role's keys where they are missing, of another version, or half over; erase them when they were
        taken back. What goes wrong here keeps nothing else from the city; returns the trouble, if any."""
        if stops is not None and keys.terminal in stops.terminals:
            keys.erase()
            return "no-role"
        try:
            offer = self._ask("GET", "/api/v1/cards/terminal").json()
            if offer["role"] != keys.role.name.lower():
                log.warning("terminal.other-role: %s", offer["role"])
                return "other-role"
            if keys.needs(offer["versions"]):
                keys.keep(self._fetch_keys(keys, offer["order"]))
        except httpx.HTTPStatusError as refused:
            code = _code_of(refused.response)
            log.warning("terminal.no-role-keys: %s", code)
            return "new-key" if code == "card-terminal-key-changed" else "no-role"
        except (BadDelivery, ValueError, KeyError, TypeError) as fault:
            log.warning("terminal.role-keys: %s", type(fault).__name__)
        return ""

    def _fetch_keys(self, keys: DeliveredKeys, order: str) -> str:
        public = {name: value for name, value in keys.wrapping.as_dict(private=False).items() if name in JWK_PARTS}
        body = {"order": order, "public_key": public}
        return self._ask("POST", "/api/v1/cards/role-keys", body, {"Idempotency-Key": str(uuid4())}).text

    def keep(self, stopped: Event, every: float = EVERY) -> None:
        """Go there again and again, in a thread of its own, until *stopped*."""
        Thread(target=self._keep, args=(stopped, every), name="terminal-line", daemon=True).start()

    def _keep(self, stopped: Event, every: float) -> None:
        while True:
            try:
                self.exchange()
            except (httpx.HTTPError, SignInRefused) as fault:
                log.warning("terminal.offline: %s", type(fault).__name__)
            except Exception as fault:  # a full disk, a file of other rights: the next visit may find it mended
                log.error("terminal.line-fault: %s", outline(fault))
            self.tried.set()
            if stopped.wait(every):
                return

    def _next_batch(self) -> bool:
        """Whether there is something to send: the batch begun before, or the first of what waits."""
        batch, waiting = self._folder / SENDING, self._folder / WAITING
        with self._lock:
            if batch.exists():
                return True
            if not waiting.exists():
                return False
            lines = waiting.read_text("ascii").splitlines(keepends=True)
            whole = [line for line in lines if _is_whole(line)]
            if whole:
                write_secret(batch, "".join(whole[:AT_ONCE]))
            if len(whole) > AT_ONCE:
                write_secret(waiting, "".join(whole[AT_ONCE:]))
            else:
                waiting.unlink()
            return bool(whole)

    def _open(self) -> int:
        return os.open(self._folder / WAITING, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def _ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> httpx.Response:
        answer = self._http.request(method, path, json=body, headers=(headers or {}) | self._sign_in.headers())
        if answer.status_code == 401:
            self._sign_in.forget()
        return answer.raise_for_status()


def _payment(reading: Reading, points: int) -> dict[str, Any]:
    return {"card": reading.card, "number": reading.id, "points": points}


def _coupon(reading: Reading, reward: str) -> dict[str, Any]:
    return {"card": reading.card, "number": reading.id, "reward": reward}


def _code_of(answer: httpx.Response) -> str:
    """The refusal's code, for the terminal's log."""
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)


def _refusal(answer: httpx.Response) -> dict[str, Any]:
    """The code, and what the portal says of it to the person behind the till."""
    try:
        told = answer.json()
        words = {"words": str(told["title"]), "next_step": str(told["next_step"])}
    except (ValueError, KeyError, TypeError):
        words = {}
    return {"refused": _code_of(answer)} | words


def _is_whole(line: str) -> bool:
    """Not cut off by a loss of power, nor the line that was written behind such a one."""
    try:
        return line.endswith("\n") and isinstance(json.loads(line), dict)
    except ValueError:
        return False
