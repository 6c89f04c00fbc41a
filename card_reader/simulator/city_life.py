"""What only the issuer may do to a city card: exchange keys, stop it for a time or for good, set a new PIN."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from card_reader import tlv
from card_reader.apdu import Command
from card_reader.errors import Sw
from card_reader.sessions import city_names as names
from card_reader.sessions.city_names import KVNS, Op, Role
from card_reader.simulator import city_log
from card_reader.simulator.city_channel import BLOCK, Channel, KeySet, check_value
from card_reader.simulator.pins import Refused

LIVE_GENERATIONS = 2
AES_KEY = 0x88  # key type (GlobalPlatform Card Specification v2.3, table 11-16)
THREE_KEYS = 0x81  # P2 of PUT KEY: several keys, the first being key 1
WELL_KNOWN = bytes(range(0x40, 0x50))  # the key every card maker's test cards have
APPLICATION = 0x40  # P1 of SET STATUS
KVN_OBJECT = 0xD2
STATES = {
    names.ACTIVE: ("active", Op.RESUMED),
    names.SUSPENDED: ("suspended", Op.SUSPENDED),
}


def put_keys(part: dict[str, Any], channel: Channel, command: Command) -> bytes:
    """PUT KEY: add the key set of a KVN, or replace the one of P1 by it; returns KVN and check values."""
    if command.p2 != THREE_KEYS:
        raise Refused(Sw.WRONG_P1P2)
    kvn, keys, checks = _new_keys(channel, bytes(command.data))
    live = {int(name, 16) for name in part["keys"]}
    if command.p1:
        if command.p1 not in live:
            raise Refused(Sw.REFERENCE_NOT_FOUND)
        live.discard(command.p1)
    same_role = [other for other in live if KVNS[other] is KVNS[kvn]]
    if kvn in live or (command.p1 and KVNS[command.p1] is not KVNS[kvn]):
        raise Refused(Sw.WRONG_DATA)
    if len(same_role) >= LIVE_GENERATIONS:
        raise Refused(Sw.NOT_ENOUGH_MEMORY)
    if command.p1:
        del part["keys"][f"{command.p1:02X}"]
    part["keys"][f"{kvn:02X}"] = keys.record()
    city_log.note(part, channel.kvn, Op.KEYS_PUT, kvn)
    return bytes((kvn,)) + checks


def _new_keys(channel: Channel, data: bytes) -> tuple[int, KeySet, bytes]:
    if not data or data[0] not in KVNS:
        raise Refused(Sw.WRONG_DATA)
    position, keys, checks = 1, [], b""
    for _ in range(3):
        key, check, position = _one_key(channel, data, position)
        keys.append(key)
        checks += check
    if position != len(data) or len(set(keys)) != 3 or WELL_KNOWN in keys:
        raise Refused(Sw.WRONG_DATA)
    return data[0], KeySet(*keys), checks


def _one_key(channel: Channel, data: bytes, position: int) -> tuple[bytes, bytes, int]:
    """Read `88 11 10 <16 under DEK> 03 <check value>`; hosts that leave out the inner length (`88 10`) are served."""
    kind, size = data[position : position + 1], data[position + 1 : position + 2]
    body = position + 2
    if kind != bytes((AES_KEY,)) or size not in (b"\x10", b"\x11"):
        raise Refused(Sw.WRONG_DATA)
    if size == b"\x11":
        if data[body : body + 1] != b"\x10":
            raise Refused(Sw.WRONG_DATA)
        body += 1
    wrapped, check = data[body : body + BLOCK], data[body + BLOCK : body + BLOCK + 4]
    if len(check) != 4:
        raise Refused(Sw.WRONG_DATA)
    key = channel.key_under_dek(wrapped)
    if check != b"\x03" + check_value(key):
        raise Refused(Sw.WRONG_DATA)
    return key, check[1:], body + BLOCK + 4


def delete_keys(part: dict[str, Any], channel: Channel, command: Command) -> bytes:
    """DELETE: take the key set of a KVN (`D2 01 kvn`) off the card; the issuer's last one stays."""
    if (command.p1, command.p2) != (0, 0):
        raise Refused(Sw.WRONG_P1P2)
    data = bytes(command.data)
    if len(data) != 3 or data[:2] != bytes((KVN_OBJECT, 1)):
        raise Refused(Sw.WRONG_DATA)
    kvn = data[2]
    if f"{kvn:02X}" not in part["keys"]:
        raise Refused(Sw.REFERENCE_NOT_FOUND)
    of_issuer = [name for name in part["keys"] if KVNS[int(name, 16)] is Role.ISSUER]
    if KVNS[kvn] is Role.ISSUER and len(of_issuer) == 1:
        raise Refused(Sw.CONDITIONS_NOT_SATISFIED)
    del part["keys"][f"{kvn:02X}"]
    city_log.note(part, channel.kvn, Op.KEYS_DELETED, kvn)
    return b""


def set_status(part: dict[str, Any], channel: Channel, command: Command) -> bytes:
    """SET STATUS: suspend, resume or terminate; the data name the application."""
    if command.p1 != APPLICATION or command.p2 not in {*STATES, names.TERMINATED}:
        raise Refused(Sw.WRONG_P1P2)
    if bytes(command.data) not in (b"", names.AID):
        raise Refused(Sw.REFERENCE_NOT_FOUND)
    if command.p2 == names.TERMINATED:
        part.update(state="terminated", objects={}, keys={}, log=[], pins={})
        return b""
    state, op = STATES[command.p2]
    if part["state"] != state:
        part["state"] = state
        city_log.note(part, channel.kvn, op)
    return b""


def new_pin(part: dict[str, Any], channel: Channel, command: Command) -> bytes:
    """RESET RETRY COUNTER: a new holder PIN with all its tries, for a holder who proved who they are."""
    if (command.p1, command.p2) != (0x02, 0x80):
        raise Refused(Sw.WRONG_P1P2)
    secret = checked_pin(bytes(command.data))
    part["pins"][f"{names.HOLDER_PIN:04X}"] |= {"value": secret.decode("ascii"), "left": names.PIN_TRIES}
    city_log.note(part, channel.kvn, Op.PIN_SET)
    return b""


def checked_pin(secret: bytes) -> bytes:
    if not re.fullmatch(rb"[0-9]{%d}" % names.PIN_LENGTH, secret):
        raise Refused(Sw.WRONG_DATA)
    return secret


IssuerCommand = Callable[[dict[str, Any], Channel, Command], bytes]
INSTRUCTIONS: dict[int, IssuerCommand] = {
    names.PUT_KEY: put_keys,
    names.DELETE: delete_keys,
    names.SET_STATUS: set_status,
    0x2C: new_pin,
}


def free_file() -> bytes:
    """The file everybody may read: layout, applet version and city, nothing of the holder."""
    inner = tlv.encode(names.LAYOUT, names.LAYOUT_VERSION)
    inner += tlv.encode(names.APPLET_VERSION, b"\x01\x00")
    inner += tlv.encode(names.CITY, names.CITY_CODE)
    return tlv.encode(names.BASICS_SET, inner)
