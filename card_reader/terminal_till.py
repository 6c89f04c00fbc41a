"""A shop's terminal takes points: the portal's challenge for this sum, the card's answer to it, and the payment."""

from __future__ import annotations

import logging
from typing import Any

import httpx

from card_reader.connection import Connection
from card_reader.errors import CardError, code_of
from card_reader.machine_sign_in import SignInRefused
from card_reader.payment_proof import BadProof, prove, read_challenge
from card_reader.terminal import Reading
from card_reader.terminal_sync import CityLine

log = logging.getLogger(__name__)
SHOWN = ("reference", "points", "refused")


def take(line: CityLine, connection: Connection, reading: Reading, points: int) -> dict[str, Any]:
    """What came of it: the payment's `reference`, why it was `refused`, or `unknown`: the portal may have booked it.

    Nothing is booked before the card has answered: one that is pulled too early pays nothing."""
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
        return {"refused": asked["refused"]}
    try:
        said = line.pay(reading, points, proof.shown())
    except (httpx.HTTPError, SignInRefused) as fault:
        return {"unknown": type(fault).__name__}
    return {name: said[name] for name in SHOWN if name in said}
