"""A new holder PIN for a city card, typed twice in the bridge's own page and sealed for the writer.

The page that asked gets the sealed PIN and can do nothing with it but carry it: the writer's public key was put on this
machine when it was set up (`--writer-key`), and no page can name another.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from card_reader import bridge_prompt
from card_reader.easy_pins import is_easy
from card_reader.loopback import Answer, BadRequest, Request, page
from card_reader.writer_pin import seal_pin

log = logging.getLogger(__name__)

WAITING_SECONDS = 180.0
KEEPING_SECONDS = 60.0
OPEN_LIMIT = 16
NAME = re.compile("[0-9a-f]{32}")
SHAPE = re.compile(rb"[0-9]{4}")


@dataclass
class NewPin:
    """One request; `name` is the order the PIN is for. `state` is waiting, done, cancelled or failed."""

    id: str
    origin: str
    name: str
    ends: float
    state: str = "waiting"
    sealed: str = field(default="", repr=False)

    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = {"request": self.id, "state": self.state}
        return record | {"sealed": self.sealed} if self.state == "done" else record


class NewPins:
    """The open requests; *key_file* holds the writer's public key (JWK), None where no PINs are set here."""

    def __init__(self, key_file: Path | None, clock: Callable[[], float] = monotonic) -> None:
        self._key_file, self._clock = key_file, clock
        self._open: dict[str, NewPin] = {}
        self._lock = Lock()

    def ask(self, record: dict[str, Any], origin: str, host: str) -> dict[str, str]:
        """Begin; the page opens `prompt` in a window of its own."""
        self._key()
        if not NAME.fullmatch(str(record.get("name", ""))):
            raise BadRequest(422, "the order has no name")
        with self._lock:
            self._forget()
            if len(self._open) >= OPEN_LIMIT:
                raise BadRequest(429, "too many open requests")
            made = NewPin(secrets.token_urlsafe(24), origin, record["name"], self._clock() + WAITING_SECONDS)
            self._open[made.id] = made
        log.info("bridge.new-pin-asked")
        return {"request": made.id, "prompt": f"http://{host}/new-pin/{made.id}"}

    def record(self, id_: str) -> dict[str, Any] | None:
        """What became of a request; None for one that is not ours."""
        with self._lock:
            self._forget()
            found = self._open.get(id_)
            return found.record() if found else None

    def page(self, request: Request, id_: str) -> Answer:
        """The form, and what comes back from it."""
        with self._lock:
            self._forget()
            found = self._open.get(id_)
        if found is None:
            raise BadRequest(404, "this request is over")
        language = bridge_prompt.language(request.query, request.headers)
        if request.method == "POST":
            return self._take(request, found, language)
        if found.state != "waiting":
            return page(bridge_prompt.new_pin_farewell(language, found.state))
        return page(bridge_prompt.new_pin_form(language, found.origin))

    def _take(self, request: Request, asked: NewPin, language: str) -> Answer:
        if request.origin != f"http://{request.headers['host']}":
            raise BadRequest(403, "a PIN is only taken from the bridge's own page")
        fields = request.form()
        pin, again = (bytearray(fields.get(name, "").encode()) for name in ("pin", "again"))
        try:
            with self._lock:
                if asked.state == "waiting" and fields.get("act") == "cancel":
                    self._end(asked, "cancelled")
                if asked.state != "waiting":
                    return page(bridge_prompt.new_pin_farewell(language, asked.state))
                if fault := _fault(pin, again):
                    return page(bridge_prompt.new_pin_form(language, asked.origin, fault), 422)
                asked.sealed = seal_pin(self._key(), pin, asked.name)
                self._end(asked, "done")
            return page(bridge_prompt.new_pin_farewell(language, asked.state))
        finally:
            pin[:], again[:] = bytes(len(pin)), bytes(len(again))

    def _end(self, asked: NewPin, state: str) -> None:
        asked.state, asked.ends = state, self._clock() + KEEPING_SECONDS
        log.info("bridge.new-pin-ended", extra={"state": state})

    def _forget(self) -> None:
        now = self._clock()
        self._open = {id_: one for id_, one in self._open.items() if now < one.ends}

    def _key(self) -> ECKey:
        try:
            if self._key_file is not None:
                return ECKey.import_key(json.loads(self._key_file.read_text("utf-8")))
        except (OSError, ValueError, KeyError, TypeError, JoseError):
            log.error("bridge.no-writer-key")
        raise BadRequest(409, "this bridge was given no key of the writer")


def _fault(pin: bytearray, again: bytearray) -> str:
    if not SHAPE.fullmatch(pin):
        return "NewPinShape"
    if pin != again:
        return "NewPinDiffers"
    return "NewPinEasy" if is_easy(pin) else ""
