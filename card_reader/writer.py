"""The writer: the program beside the portal that holds the keys of writer and issuer and writes city cards from afar.

The portal hands in an order (`orders`), gets the first command for the card, and brings the answers of a reader at some
window, command by command, until the order is done. Whoever carries the messages, browser, bridge, portal, sees protected
APDUs only: they can be lost, not read and not changed. Loopback, and only for whoever has the token.

It also gives terminals their role's keys, wrapped for each (`writer_keys`), and opens new PINs that a bridge sealed for it
(`writer_pin`).
"""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any

from card_reader.connection import Connection
from card_reader.errors import CardError, CardRemoved, CardSilent, StatusError, code_of, outline
from card_reader.key_store import BadKeyStore, KeyMissing, KeyStore
from card_reader.loopback import Answer, BadRequest, Request, json_answer
from card_reader.orders import BadOrder, Do, OpenPin, Order, carry_out, no_pin, read_order
from card_reader.payment_proof import BadProof, is_genuine
from card_reader.writer_keys import Delivery, NotDeliverable, Vault

log = logging.getLogger(__name__)

ANSWER_SECONDS = 30.0
"""To bring the card's answer to one command; then the order is given up."""
KEEPING_SECONDS = 120.0
"""How long the outcome can be asked for again: the answer to the last command may have been lost."""
OPEN_LIMIT = 64
LOG_LIMIT = 32
"""Of these, at most so many that read a log, as holders do at home: they never take the last place from a window."""
KEPT_LIMIT = 2000
ANSWER_BYTES = range(2, 65_539)

Carry = Callable[[Connection, KeyStore, Order], dict[str, Any]]


class FarConnection:
    """A card at the other end of a line: a command goes into `commands`, its answer is waited for."""

    def __init__(self, deadline: float = ANSWER_SECONDS) -> None:
        self._deadline = deadline
        self.commands: SimpleQueue[bytes | None] = SimpleQueue()
        self.answers: SimpleQueue[bytes | None] = SimpleQueue()

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        """Hand the command on; CardSilent when nobody brings an answer, CardRemoved when they say it is gone."""
        self.commands.put(bytes(wire))
        try:
            answer = self.answers.get(timeout=self._deadline)
        except Empty:
            raise CardSilent("nobody brought the card's answer") from None
        if answer is None:
            raise CardRemoved("the other end gave up")
        return answer[:-2], int.from_bytes(answer[-2:], "big")


@dataclass
class Job:
    """An order on its way. `step` counts the commands; the same step may be asked for again, an answer counts once."""

    id: str
    do: Do
    line: FarConnection = field(default_factory=FarConnection)
    step: int = 0
    shown: dict[str, Any] = field(default_factory=dict, repr=False)
    outcome: dict[str, Any] = field(default_factory=dict, repr=False)
    ends: float = 0.0
    lock: Lock = field(default_factory=Lock)

    def next(self) -> dict[str, Any]:
        """Wait for the next command, or the outcome."""
        command = self.line.commands.get()
        self.step += 1
        said = {"send": command.hex()} if command is not None else self.outcome
        self.shown = {"job": self.id, "step": self.step, **said}
        return self.shown


class Writer:
    """The service behind the writer's port."""

    def __init__(
        self,
        keys: Vault,
        *,
        token: str,
        clock: Callable[[], float] = monotonic,
        patience: float = ANSWER_SECONDS,
        open_pin: OpenPin = no_pin,
        admitted: Mapping[str, str] | None = None,
    ) -> None:
        self._delivery, self._open_pin = Delivery(keys, admitted), open_pin
        self._keys, self._token, self._clock, self._patience = keys, token.encode(), clock, patience
        self._jobs: dict[str, Job] = {}
        self._lock = Lock()

    def __call__(self, request: Request) -> Answer:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not hmac.compare_digest(token.encode(), self._token):
            raise BadRequest(401, "the token is missing or wrong")
        match request.method, request.path.split("/")[1:]:
            case "POST", ["v1", "jobs"]:
                return json_answer(self._begin(request), 201)
            case "POST", ["v1", "jobs", id_]:
                return json_answer(self._go_on(request, self._find(id_)))
            case "POST", ["v1", "proofs"]:
                return json_answer(self._check_proof(request))
            case "POST", ["v1", "role-keys", *more]:
                return json_answer(self._role_keys(request, "/".join(more)))
        raise BadRequest(404, "there is nothing here")

    def _begin(self, request: Request) -> dict[str, Any]:
        try:
            order = read_order(request.record(), self._open_pin)
        except BadOrder as wrong:
            raise BadRequest(422, f"this part of the order is missing or wrong: {wrong}") from None
        line = FarConnection(self._patience)
        job = Job(secrets.token_urlsafe(24), order.do, line, ends=self._clock() + KEEPING_SECONDS)
        with self._lock:
            self._forget()
            self._find_place(order.do)
            self._jobs[job.id] = job
        Thread(target=self._work, args=(job, order), name="card-order", daemon=True).start()
        with job.lock:
            return job.next()

    def _find_place(self, do: Do) -> None:
        """An order that is over takes no place, though what came of it can still be asked for; BadRequest 429."""
        under_way = [job.do for job in self._jobs.values() if not job.outcome]
        logs = under_way.count(Do.LOG) if do is Do.LOG else 0
        if len(under_way) >= OPEN_LIMIT or logs >= LOG_LIMIT or len(self._jobs) >= KEPT_LIMIT:
            raise BadRequest(429, "too many orders at once")

    def _role_keys(self, request: Request, what: str) -> dict[str, Any]:
        """Wrap keys for a terminal, or make and end a version; `{"error"}` says what stands in the way."""
        said = request.record()
        deeds = {"make": self._delivery.make, "drop": self._delivery.drop}
        try:
            if what in deeds:
                done = deeds[what](said)
                log.info("writer.role-keys", extra={"do": what, "version": str(said["version"])[:2]})
                return done
            if what:
                raise BadRequest(404, "there is nothing here")
            wrapped = self._delivery.wrap(said)
        except NotDeliverable as refusal:
            raise BadRequest(422, str(refusal)) from None
        except (KeyMissing, BadKeyStore) as fault:
            log.error("writer.keys: %s", type(fault).__name__)
            return {"error": "key-missing"}
        log.info(
            "writer.role-keys", extra={"do": "deliver", "role": said["role"], "terminal": str(said["terminal"])[:60]}
        )
        return {"keys": wrapped}

    def _check_proof(self, request: Request) -> dict[str, Any]:
        """Whether a card answered the challenge of a payment; the key stays here, and so does what it would have said."""
        try:
            return {"genuine": is_genuine(self._keys, request.record())}
        except BadProof as wrong:
            raise BadRequest(422, str(wrong)) from None
        except (KeyMissing, BadKeyStore) as fault:
            log.error("writer.keys: %s", type(fault).__name__)
            return {"error": "key-missing"}

    def _find(self, id_: str) -> Job:
        with self._lock:
            self._forget()
            if id_ not in self._jobs:
                raise BadRequest(404, "this order is over")
            return self._jobs[id_]

    def _go_on(self, request: Request, job: Job) -> dict[str, Any]:
        record = request.record()
        answer = _answer(record.get("answer"))
        with job.lock:
            if record.get("step") != job.step or "send" not in job.shown:
                return job.shown  # a repeat: the last message was lost on its way back
            if job.outcome:
                return job.next()  # too late: the order was given up meanwhile
            job.ends = self._clock() + KEEPING_SECONDS
            job.line.answers.put(answer)
            return job.next()

    def _forget(self) -> None:
        now = self._clock()
        self._jobs = {id_: job for id_, job in self._jobs.items() if now < job.ends}

    def _work(self, job: Job, order: Order, carry: Carry = carry_out) -> None:
        try:
            job.outcome = {"done": carry(job.line, self._keys, order)}
        except StatusError as refused:
            job.outcome = {"error": "card-refused", "status": f"{refused.status:04X}"}
        except CardError as fault:
            job.outcome = {"error": code_of(fault)}
        except (KeyMissing, BadKeyStore) as fault:
            log.error("writer.keys: %s", type(fault).__name__)
            job.outcome = {"error": "key-missing"}
        except Exception as fault:
            log.error("writer.fault: %s", outline(fault))
            job.outcome = {"error": "writer-fault"}
        log.info("writer.ended", extra={"do": order.do, "outcome": job.outcome.get("error", "done")})
        job.line.commands.put(None)


def _answer(text: Any) -> bytes | None:
    """The card's answer, data and status word; None when the far end says that there will be none."""
    if text is None:
        return None
    try:
        found = bytes.fromhex(text)
    except (ValueError, TypeError):
        found = b""
    if len(found) not in ANSWER_BYTES:
        raise BadRequest(422, "an answer is data and status word in hexadecimal")
    return found
