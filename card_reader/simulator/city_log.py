"""Who read or changed the city card: the last twenty events, newest first."""

from __future__ import annotations

from typing import Any

from card_reader.errors import Sw
from card_reader.sessions.city_names import LOG_RECORDS, SEVERAL, Op
from card_reader.simulator.pins import Refused

COUNTER_LIMIT = 0xFFFFFFFF


def note(part: dict[str, Any], kvn: int, op: Op, tag: int = 0, visit: bytes = bytes(12)) -> int:
    """Add a record to the application's memory; it survives with the caller's commit.

    20 bytes: KVN, operation, tag (2), time (4, as the terminal says), terminal (8, likewise), running number (4).
    The running number, which is returned, never repeats, so a record that was pushed out is missed.
    """
    number = min(int(part["log_counter"]) + 1, COUNTER_LIMIT)
    record = bytes((kvn, op)) + tag.to_bytes(2, "big") + visit + number.to_bytes(4, "big")
    part["log_counter"] = number
    part["log"] = [record.hex(), *part["log"]][:LOG_RECORDS]
    return number


def note_more(part: dict[str, Any], number: int) -> bool:
    """Let the newest record, if it is that of *number*, tell of one more object: one visit, one record."""
    if not number or number != int(part["log_counter"]):
        return False
    record = bytes.fromhex(part["log"][0])
    part["log"] = [(record[:2] + SEVERAL.to_bytes(2, "big") + record[4:]).hex(), *part["log"][1:]]
    return True


def read_record(part: dict[str, Any], number: int) -> bytes:
    """Return record `number`, 1 being the newest; Refused 6A83 when there are fewer."""
    if not 1 <= number <= len(part["log"]):
        raise Refused(Sw.RECORD_NOT_FOUND)
    return bytes.fromhex(part["log"][number - 1])
