"""A shop's terminal takes a coupon by a touch: which ones the card's holder has that are good here, and the use of one.

Both times the card answers a challenge of the portal, as for a payment: what is not there shows nothing and uses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import sleep
from typing import Any

import httpx

from card_reader.connection import Connection
from card_reader.errors import CardError, code_of
from card_reader.machine_sign_in import SignInRefused
from card_reader.payment_proof import BadProof, Proof, prove, read_challenge
from card_reader.terminal import Reading
from card_reader.terminal_sync import CityLine
from card_reader.terminal_till import REFUSED, WAITING, wait

log = logging.getLogger(__name__)
NOTHING = {"refused": "no-coupon-here"}
NOT_WANTED = {"refused": "none-chosen"}
SHOWN = ("reference", "title", "points", *REFUSED)


@dataclass(frozen=True, slots=True)
class Choice:
    """Coupons for one reward, as the portal tells of them."""

    reward: str
    title: str
    points: int
    count: int
    last_day: str


Choose = Callable[[Sequence[Choice]], str | None]
"""Which reward the person behind the counter takes a coupon of; None for none."""


def take(
    line: CityLine,
    connection: Connection,
    reading: Reading,
    choose: Choose,
    *,
    pause: Callable[[float], object] = sleep,
) -> dict[str, Any]:
    """What came of it: the use's `reference` and `title`, why it was `refused`, or `unknown`: the portal may have used it.
    The card stays on the reader until one is chosen."""
    proof = _proof(line, connection, reading, "")
    if isinstance(proof, dict):
        return proof
    try:
        told = line.coupons(reading, proof.shown())
    except (httpx.HTTPError, SignInRefused) as fault:
        log.warning("terminal.no-coupons: %s", type(fault).__name__)
        return {"refused": "portal-unreached"}
    if "refused" in told:
        return _shown(told)
    choices = [Choice(**{name: one[name] for name in Choice.__slots__}) for one in told["coupons"]]
    if not choices:
        return NOTHING
    reward = choose(choices)
    return _use(line, connection, reading, reward, pause) if reward else NOT_WANTED


def _use(
    line: CityLine, connection: Connection, reading: Reading, reward: str, pause: Callable[[float], object]
) -> dict[str, Any]:
    proof = _proof(line, connection, reading, reward)
    if isinstance(proof, dict):
        return proof
    try:
        said = line.use_coupon(reading, reward, proof.shown())
    except (httpx.HTTPError, SignInRefused) as fault:
        return {"unknown": type(fault).__name__}
    shown = _shown(said)
    if said.get("state") != WAITING:
        return shown
    came = wait(line, said, pause)
    return shown if "reference" in came else came


def _shown(said: dict[str, Any]) -> dict[str, Any]:
    return {name: said[name] for name in SHOWN if name in said}


def _proof(line: CityLine, connection: Connection, reading: Reading, reward: str) -> Proof | dict[str, Any]:
    """The card's answer, or why there is none."""
    try:
        asked = line.ask_for_coupons(reading, reward)
        if "refused" in asked:
            return _shown(asked)
        return prove(connection, read_challenge(asked), reading.card)
    except CardError as fault:
        log.warning("terminal.not-proved: %s", code_of(fault))
        return {"refused": code_of(fault)}
    except (httpx.HTTPError, SignInRefused, BadProof) as fault:
        log.warning("terminal.no-challenge: %s", type(fault).__name__)
        return {"refused": "portal-unreached"}
