"""The line from the portal to the writer: orders go out sealed to the page of the member of staff, and come back with the
card's answers. The portal keeps nothing between two messages; what came of an order is read from the writer's own answer.

An order may hold what an ambulance is to read: the page carries it and cannot open it.
"""

import hmac
import json
import logging
import re
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.cards import rules
from portal.core import clock, outbound
from portal.core.outbound import Call, Limits

log = logging.getLogger(__name__)

LIFE = timedelta(minutes=10)
NONCE, BOUND = 12, b"card-order-v2"
JOB = re.compile("[A-Za-z0-9_-]{1,64}")
ANSWER = re.compile("[0-9A-Fa-f]{0,131076}")  # 65,536 bytes and a status word
PIN = re.compile("[A-Za-z0-9_.-]{1,2000}")  # a JWE, compact
LIMITS = Limits(step=40.0, whole=45.0, longest=1_000_000, reach=5.0)
"""The writer waits 30 seconds for the card's answer before it gives up."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An order with whom it is about and who may have it carried out."""

    order: dict[str, Any] = field(repr=False)
    resident_id: UUID
    member_id: UUID


@dataclass(frozen=True, slots=True)
class Said:
    """What the writer said: the next command (`send`) for the card, or what was `done`."""

    job: str
    step: int
    send: str = field(default="", repr=False)
    done: dict[str, Any] | None = field(default=None, repr=False)


def seal(key: bytes, order: Sealed) -> str:
    """A text only this portal can have made and can open, good for LIFE; *key* has 32 bytes and seals nothing else."""
    until = int((clock.now() + LIFE).timestamp())
    content = {"order": order.order, "resident": str(order.resident_id), "member": str(order.member_id), "until": until}
    return seal_text(key, json.dumps(content))


def unseal(key: bytes, text: str) -> Sealed:
    """What was sealed; OrderOver if it is not ours or too old."""
    said = json.loads(open_text(key, text))
    if said["until"] < clock.now().timestamp():
        raise rules.OrderOver
    return Sealed(said["order"], UUID(said["resident"]), UUID(said["member"]))


def seal_text(key: bytes, text: str) -> str:
    """AES-256-GCM under a nonce of its own, in hexadecimal."""
    nonce = secrets.token_bytes(NONCE)
    return (nonce + AESGCM(key).encrypt(nonce, text.encode(), BOUND)).hex()


def open_text(key: bytes, text: str) -> bytes:
    """What was sealed; OrderOver if it is not ours."""
    try:
        sealed = bytes.fromhex(text)
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], BOUND)
    except (ValueError, InvalidTag):
        raise rules.OrderOver from None


def bound(key: bytes, job: str, order: str) -> str:
    """The writer's job as the page carries it: with what binds it to the sealed *order* it was begun with. What a job did
    is booked as what its order says."""
    return f"{job}.{hmac.new(key, f'{job}.{order}'.encode(), 'sha256').hexdigest()}"


def job_of(key: bytes, text: str, order: str) -> str:
    """The job in what the page carried; OrderOver where it was begun with another order."""
    job = text.rpartition(".")[0]
    if not text.isascii() or not order.isascii() or not hmac.compare_digest(text, bound(key, job, order)):
        raise rules.OrderOver
    return job


def begin(url: str, token: str, order: Sealed, more: dict[str, str]) -> Said:
    """Hand the order to the writer, with what the page adds to it. Raises WriterAbsent, and what `FAULTS` say."""
    return _ask(url, token, "/v1/jobs", order.order | more)


def go_on(url: str, token: str, job: str, step: int, answer: str | None) -> Said:
    """Bring the card's answer (hex; None: the card is gone) to the writer."""
    if not JOB.fullmatch(job) or not ANSWER.fullmatch(answer or ""):
        raise rules.OrderOver
    return _ask(url, token, f"/v1/jobs/{job}", {"step": step, "answer": answer})


def _ask(url: str, token: str, path: str, body: dict[str, Any]) -> Said:
    said = ask(url, token, path, body)
    if error := said.get("error"):
        status = str(said.get("status", ""))[:4]
        log.info("cards.fault", extra={"why": error, "status": status})
        raise rules.fault_of(error, status)
    return Said(said["job"], said["step"], said.get("send", ""), said.get("done"))


def ask(url: str, token: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The writer's answer to one request; WriterAbsent, OrderOver (it knows no such order, or not such a one)."""
    if not url:
        raise rules.WriterAbsent
    try:
        answer = outbound.ask(Call("POST", url + path, {"Authorization": f"Bearer {token}"}, json=body), LIMITS)
        said = answer.told()
    except (OSError, ValueError):
        log.warning("cards.writer-absent")
        raise rules.WriterAbsent from None
    if answer.status in (404, 422):
        raise rules.OrderOver
    if answer.status >= 400 or not isinstance(said, dict):
        log.error("cards.writer-refused", extra={"status": answer.status})
        raise rules.WriterAbsent
    return said
