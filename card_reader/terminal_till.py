"""A shop's terminal takes points: the portal's challenge for this sum, the card's answer to it, and the payment."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import sleep
from typing import Any

import httpx

from card_reader.connection import Connection
from card_reader.errors import CardError, code_of
from card_reader.machine_sign_in import SignInRefused
from card_reader.payment_proof import BadProof, prove, read_challenge
from card_reader.terminal import Reading
from card_reader.terminal_sync import CityLine

log = logging.getLogger(__name__)
REFUSED = ("refused", "words", "next_step")
"""What the portal says when it refuses."""
SHOWN = ("reference", "points", *REFUSED)
WAITING, PAID = "waiting", "paid"
EVERY, MOST = 3.0, 110
"""Seconds between two questions how a payment stands that its holder has to agree to, and how many of them: a little longer
than the portal waits for the holder."""


def take(
    line: CityLine, connection: Connection, reading: Reading, points: int, *, pause: Callable[[float], object] = sleep
) -> dict[str, Any]:
    """What came of it: the payment's `reference`, why it was `refused`, or `unknown`: the portal may have booked it.

    Nothing is booked before the card has answered: one that is pulled too early pays nothing. A large sum waits until the
    holder agrees on their phone; the card may leave the reader meanwhile."""
    try:
        asked = line.ask_to_pay(reading, points)
        proof = None if "refused" in asked else prove(connection, read_challenge(asked), reading.card)
    except CardError as fault:
        log.warning("terminal.not-proved: %s", code_of(fault))
        return {"refused": code_of(fault)}
    except (httpx.HTTPError, SignInRefused, BadProof) as fault:
        log.warning("terminal.no-challenge: %s", type(fault).__name__)
        return {"refused": "portal-unreached"}
    if proof is None:
        return _shown(asked)
    try:
        said = line.pay(reading, points, proof.shown())
    except (httpx.HTTPError, SignInRefused) as fault:
        return {"unknown": type(fault).__name__}
    if said.get("state") == WAITING:
        return wait(line, said, pause)
    return _shown(said)


def _shown(said: dict[str, Any]) -> dict[str, Any]:
    return {name: said[name] for name in SHOWN if name in said}


def wait(line: CityLine, said: dict[str, Any], pause: Callable[[float], object]) -> dict[str, Any]:
    """Until the holder agreed or refused, or it is too late for both."""
    for _ in range(MOST):
        pause(EVERY)
        try:
            now = line.payment(str(said["reference"]))
        except (httpx.HTTPError, SignInRefused) as fault:
            log.warning("terminal.not-known: %s", type(fault).__name__)
            continue
        if now.get("state") == PAID:
            return _shown(now)
        if now.get("state") != WAITING:
            return {"refused": "points-not-agreed"}
    return {"unknown": "not-agreed-in-time"}
