"""A terminal that reads points has a new rank written on the card that lies on it: rank, never balance.

It has no key that writes. The portal says whether the card's rank is old; then the writer's commands are carried to the card
and its answers back, protected from end to end. What could try a PIN does not pass here either (`bridge_relay.may_pass`).
A card that is pulled meanwhile says the old or the new rank, and is written at its next touch.
"""

from __future__ import annotations

import logging
from typing import Any

import httpx

from card_reader.bridge_relay import SELECTED, may_pass, selected
from card_reader.connection import Connection
from card_reader.errors import CardError, code_of
from card_reader.machine_sign_in import SignInRefused
from card_reader.terminal import Reading
from card_reader.terminal_sync import CityLine

log = logging.getLogger(__name__)

MOST_COMMANDS = 60
"""To look at a card and to write one word takes a dozen."""


class NotOurs(Exception):
    """The portal asked for something that is not for this card or not for this terminal to do."""


def renew(line: CityLine, connection: Connection, reading: Reading) -> str:
    """The rank that was written on the card, "" where it says the right one already or could not be written now."""
    if line.trouble:
        return ""  # the portal is away: the card's holder does not wait for that
    try:
        asked = line.ask_rank(reading)
        return _write(line, connection, str(asked["order"])) if asked["order"] else ""
    except CardError as fault:
        log.warning("terminal.rank: %s", code_of(fault))
    except (httpx.HTTPError, SignInRefused, NotOurs, ValueError, KeyError, TypeError) as fault:
        log.warning("terminal.rank: %s", type(fault).__name__)
    return ""


def _write(line: CityLine, connection: Connection, order: str) -> str:
    said = line.carry_rank({"order": order})
    application = b""
    for _ in range(MOST_COMMANDS):
        if "order" in said:
            order, said = str(said["order"]), line.carry_rank({"order": said["order"]})
        elif "send" in said:
            answer, application = _transmit(line, connection, order, said, application)
            said = line.carry_rank({"order": order, "job": said["job"], "step": said["step"], "answer": answer})
        else:
            return str(said["rank"])
    raise NotOurs


def _transmit(
    line: CityLine, connection: Connection, order: str, said: dict[str, Any], application: bytes
) -> tuple[str, bytes]:
    """The card's answer in hexadecimal, and the application that is open then. A card that is gone is told to the writer,
    which need not wait for it."""
    wire = bytes.fromhex(said["send"])
    if not may_pass(wire, application):
        raise NotOurs
    try:
        data, status = connection.transmit(wire)
    except CardError:
        line.carry_rank({"order": order, "job": said["job"], "step": said["step"], "answer": None})
        raise
    if aid := selected(wire):
        application = aid if status >> 8 in SELECTED else b""
    return (data + status.to_bytes(2, "big")).hex(), application
