"""What the city wants done with a city card, as one order: look at it, write entries, suspend, resume or end it, exchange
keys, set a new PIN, read its log.

Carried out by the keys of writer and issuer, which the city's server holds and no terminal. The same order runs over a
reader of this machine (`card-reader personalise`) and over a line to a reader elsewhere (`writer`).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import partial
from typing import Any

from card_reader.connection import Connection
from card_reader.errors import ApplicationMissing, CardError, StatusError, Sw
from card_reader.key_store import KeyStore
from card_reader.orders_issuer import read_versions, rekey, shown_record
from card_reader.sessions.city import CityChannel, CitySession
from card_reader.sessions.city_entry import Entry, Status, Visit
from card_reader.sessions.city_names import CARD_ID_LENGTH, Role, Service
from card_reader.sessions.jpki import JpkiSession

ENTRIES = len(Service)
TRANSACTION_LENGTH = 8
ID_LENGTH = 16
PAYLOAD_LIMIT = 2048
VERSIONS = range(1, 0x10000)
OpenPin = Callable[[str, str], bytearray]


class Do(StrEnum):
    """What an order asks for."""

    READ = "read"
    WRITE = "write"
    SUSPEND = "suspend"
    RESUME = "resume"
    TERMINATE = "terminate"
    REKEY = "rekey"
    SET_PIN = "set-pin"
    LOG = "log"


KEYS = {Do.READ: Role.WRITER, Do.WRITE: Role.WRITER, Do.LOG: Role.PORTAL}
"""Whose key carries an order out; that of all others is the issuer's."""


class BadOrder(ValueError):
    """An order that cannot be understood; says which part, never what was in it."""


class OtherCard(CardError):
    """Another card than the one the order is for."""


@dataclass(frozen=True, slots=True)
class Order:
    """`card` is the id of the card it is for (10 bytes; None: whichever it is); `visit` goes into the card's log;
    `whose`: to look also at the free certificate of the national card on the same chip."""

    do: Do
    card: bytes | None = field(default=None, repr=False)
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    visit: Visit | None = None
    keys: Mapping[Role, list[int]] = field(default_factory=dict)
    pin: bytearray = field(default_factory=bytearray, repr=False)
    whose: bool = False


def no_pin(_sealed: str, _name: str) -> bytearray:
    """Where nobody can open a sealed PIN."""
    raise ValueError("no key for sealed PINs here")


def read_order(record: Mapping[str, Any], open_pin: OpenPin = no_pin) -> Order:
    """The order in a JSON object (card_reader/README.md, "Orders"); BadOrder names the part that is wrong.

    *open_pin* gives the new PIN that the bridge sealed for the order of that name.
    """
    do = _part("do", lambda: Do(record["do"]))
    card = _part("card", lambda: _bytes(record["card"], CARD_ID_LENGTH)) if record.get("card") else None
    given = _part("entries", lambda: _list(record.get("entries", [])))
    entries = tuple(_part(f"entries.{place}", partial(_entry, one)) for place, one in enumerate(given))
    if bool(entries) != (do is Do.WRITE) or len({entry.service for entry in entries}) < len(entries):
        raise BadOrder("entries")
    if do is not Do.READ and card is None:
        raise BadOrder("card")
    terminal = str(record.get("terminal", ""))
    visit = _part("terminal", lambda: Visit(terminal, datetime.now(UTC))) if terminal else None
    _part("terminal", lambda: bytes(visit) if visit else b"")
    keys = _part("keys", lambda: read_versions(record["keys"])) if do is Do.REKEY else {}
    pin = _part("pin", lambda: open_pin(record["pin"], record["name"])) if do is Do.SET_PIN else bytearray()
    whose = _part("whose", lambda: _only_to_look(record.get("whose", False), do))
    return Order(do, card, entries, visit, keys, pin, whose)


def carry_out(connection: Connection, keys: KeyStore, order: Order) -> dict[str, Any]:
    """Do it with the card on *connection*; what the city keeps of it.

    Raises OtherCard before anything is changed, LostUpdate, KeyMissing, CardNotGenuine and what a card may raise.
    A WRITE that was cut off is sent again as it was: what is on the card already stays as it is. READ says of a suspended
    card that it is one; it tells the issuer alone.
    """
    national = {"certificate": _certificate(connection)} if order.whose else {}
    channel, blocked = _open(CitySession(connection), keys, order)
    if order.card is not None and channel.card_id != order.card:
        raise OtherCard("the order is for another card")
    said: dict[str, Any] = {"card": channel.card_id.hex(), **national}
    if order.do is Do.READ:
        found = [] if blocked else channel.read_all()
        return said | {"state": "suspended" if blocked else "active", "entries": [shown(entry) for entry in found]}
    if order.do is Do.WRITE:
        for entry in order.entries:
            channel.write(entry)
        return said | {"entries": [shown(entry) for entry in order.entries]}
    return said | _as_issuer(connection, keys, channel, order)


def _certificate(connection: Connection) -> str:
    """The authentication certificate on the same chip in base64: free to read, and no name in it. "" where the card has no
    national application. It is read, not proven: it tells a card that was mistaken, not one that lies."""
    try:
        return base64.b64encode(JpkiSession(connection).auth_certificate()).decode()
    except ApplicationMissing:
        return ""


def _open(city: CitySession, keys: KeyStore, order: Order) -> tuple[CityChannel, bool]:
    """The channel of the order's role; of a suspended card that is to be looked at the issuer's, and True."""
    try:
        return city.open_role(keys, KEYS.get(order.do, Role.ISSUER), order.visit), False
    except StatusError as refused:
        if order.do is not Do.READ or refused.status != Sw.CONDITIONS_NOT_SATISFIED:
            raise
    return city.open_role(keys, Role.ISSUER, order.visit), True


def _as_issuer(connection: Connection, keys: KeyStore, channel: CityChannel, order: Order) -> dict[str, Any]:
    match order.do:
        case Do.REKEY:
            rekey(connection, keys, order.keys, channel.card_id)
        case Do.SET_PIN:
            channel.set_pin(order.pin)
        case Do.LOG:
            return {"log": [shown_record(record) for record in channel.log()]}
        case _:
            {Do.SUSPEND: channel.suspend, Do.RESUME: channel.resume, Do.TERMINATE: channel.terminate}[order.do]()
    return {}


def shown(entry: Entry) -> dict[str, Any]:
    """An entry as JSON; the same that `read_order` takes."""
    return {
        "service": entry.service.name.lower(),
        "id": entry.id,
        "status": entry.status.name.lower(),
        "version": entry.version,
        "transaction": entry.transaction.hex(),
        "issued": entry.issued.isoformat() if entry.issued else None,
        "expires": entry.expires.isoformat() if entry.expires else None,
        "issuer": entry.issuer.hex(),
        "payload": entry.payload,
    }


def _entry(record: Mapping[str, Any]) -> Entry:
    entry = Entry(
        service=Service[str(record["service"]).upper()],
        id=str(record.get("id", "")),
        status=Status[str(record.get("status", "active")).upper()],
        version=int(record["version"]),
        transaction=_bytes(record["transaction"], TRANSACTION_LENGTH),
        issued=_day(record.get("issued")),
        expires=_day(record.get("expires")),
        issuer=_bytes(record["issuer"], 3),
        payload=str(record.get("payload", "")),
    )
    if entry.version not in VERSIONS or len(entry.id) > ID_LENGTH or not entry.id.isascii():
        raise ValueError("no entry has such a version or id")
    if len(entry.payload.encode()) > PAYLOAD_LIMIT:
        raise ValueError("the payload is too long")
    return entry


def _part(name: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
        raise BadOrder(name) from None


def _only_to_look(value: Any, do: Do) -> bool:
    if not isinstance(value, bool) or (value and do is not Do.READ):
        raise ValueError("only who looks at a card asks whose it is")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > ENTRIES:
        raise ValueError("not a list of entries")
    return value


def _bytes(text: Any, length: int) -> bytes:
    found = bytes.fromhex(text)
    if len(found) != length:
        raise ValueError("wrong length")
    return found


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
