"""What can be said about a card: free of charge what it is and holds, to its holder what is written on it.

The latter are given as (JSON, text for a person) for the command line, where the holder asked for them.
"""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from card_reader.connection import Connection
from card_reader.errors import ApplicationMissing, CardError, PinBlocked, Sw
from card_reader.sessions import text, visual
from card_reader.sessions.city import CitySession
from card_reader.sessions.city_names import KVNS, SEVERAL, Service
from card_reader.sessions.jpki import AUTH_PIN_SHAPE, SIGN_PIN_SHAPE, JpkiSession
from card_reader.sessions.text import TextSession
from card_reader.sessions.visual import VisualSession


class PinMisshapen(CardError):
    """What was typed cannot be this PIN; the card was not asked."""


class PinMissing(CardError):
    """Nobody typed one, and none came on standard input; the card was not asked."""


@dataclass(frozen=True, slots=True)
class AskedPin:
    """Which PIN opens what is to be read: its name for the holder, its form, and how many tries it has (free to ask)."""

    name: str
    shape: re.Pattern[bytes]
    tries_left: Callable[[Connection], int]

    def check(self, connection: Connection) -> int:
        """How many tries are left; PinBlocked when there are none."""
        left = self.tries_left(connection)
        if not left:
            raise PinBlocked(Sw.AUTHENTICATION_METHOD_BLOCKED)
        return left

    def read(self, typed: str) -> bytearray:
        """The bytes for the card, which knows capitals only; PinMissing, PinMisshapen."""
        if not typed:
            raise PinMissing
        pin = bytearray(typed.upper().encode())
        if not self.shape.fullmatch(pin):
            raise PinMisshapen(f"This is no {self.name}.")
        return pin


PINS = {
    "sign": AskedPin(
        "signature PIN (6 to 16 letters and digits)",
        SIGN_PIN_SHAPE,
        lambda connection: JpkiSession(connection).sign_tries_left(),
    ),
    "attributes": AskedPin(
        "PIN of the national card for name and address (4 digits)",
        AUTH_PIN_SHAPE,
        lambda connection: TextSession(connection).tries_left(),
    ),
    "log": AskedPin(
        "PIN of the city card (4 digits)", AUTH_PIN_SHAPE, lambda connection: CitySession(connection).tries_left()
    ),
}
"""What needs a PIN to be read."""


SEXES = {"1": "male", "2": "female"}
"""ISO/IEC 5218."""
SERVICES = {int(service): service for service in Service}
CITY_ROLES = {"writer": "the city (writing at a window)", "issuer": "the city (card office)"}
"""Who used a card, where the role's name says it to nobody."""


def card_report(connection: Connection) -> dict[str, Any]:
    """Return the applications that are on this card, each with what everybody may know; costs no PIN try."""
    applications: dict[str, Any] = {}
    for name, look in (("jpki", _jpki), ("text", _text), ("visual", _visual), ("city", _city)):
        try:
            applications[name] = look(connection)
        except ApplicationMissing:
            continue
    return applications


def certificate(connection: Connection, name: str, pin: bytearray) -> tuple[dict[str, Any], str]:
    """One of auth, auth-ca, sign (after its PIN, which is wiped) and sign-ca: DER in base64, and PEM."""
    session = JpkiSession(connection)
    if name == "sign":
        session.verify_sign_pin(pin)
    readers = {
        "auth": session.auth_certificate,
        "auth-ca": session.auth_ca_certificate,
        "sign": session.sign_certificate,
        "sign-ca": session.sign_ca_certificate,
    }
    der = readers[name]()
    record = {f"{name.replace('-', '_')}_certificate": base64.b64encode(der).decode()}
    return record, ssl.DER_cert_to_PEM_cert(der).strip()


def attributes(connection: Connection, pin: bytearray) -> tuple[dict[str, Any], str]:
    """Name, address, birth date and sex after the 4-digit PIN, which is wiped. The number is not shown anywhere."""
    session = TextSession(connection)
    session.verify_pin(pin)
    record = asdict(session.attributes())
    born = record["birth_date"]
    shown = record | {"birth_date": f"{born[:4]}-{born[4:6]}-{born[6:]}", "sex": SEXES.get(record["sex"], "not stated")}
    return record, "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in shown.items())


def log(connection: Connection, pin: bytearray) -> tuple[dict[str, Any], str]:
    """Who read or changed the city card, newest first, after its PIN, which is wiped."""
    session = CitySession(connection)
    session.verify_pin(pin)
    records = [
        {
            "number": one.number,
            "at": one.at.isoformat() if one.at else None,
            "terminal": one.terminal,
            "role": KVNS[one.kvn].name.lower() if one.kvn in KVNS else "unknown",
            "did": one.op.name.lower(),
            "object": "several" if one.tag == SEVERAL else f"{one.tag:04X}" if one.tag else None,
            "service": SERVICES[one.tag].name.lower() if one.tag in SERVICES else None,
        }
        for one in session.log()
    ]
    lines = [_line(record) for record in records]
    return {"log": records}, "\n".join(lines) or "nobody has used this card yet"


def _line(record: dict[str, Any]) -> str:
    """When, where, who, what; the running number last."""
    about = record["service"] or record["object"] or ""
    who = CITY_ROLES.get(record["role"], record["role"])
    place = record["terminal"] or "?"
    return f"{record['at'] or 'at an unknown time'} {place}: {who} {record['did'].replace('_', ' ')} {about}".rstrip()


def _jpki(connection: Connection) -> dict[str, Any]:
    session = JpkiSession(connection)
    return {
        "kind": session.kind(),
        "certificates": [held.name for held in session.certificates()],
        "auth_tries_left": session.auth_tries_left(),
        "sign_tries_left": session.sign_tries_left(),
    }


def _text(connection: Connection) -> dict[str, Any]:
    session = TextSession(connection)
    return {
        "pin_tries_left": session.tries_left(),
        "number_code_tries_left": session.tries_left(text.NUMBER_CODE),
        "face_code_tries_left": session.tries_left(text.FACE_CODE),
    }


def _visual(connection: Connection) -> dict[str, Any]:
    session = VisualSession(connection)
    return {
        "number_code_tries_left": session.tries_left(visual.NUMBER_CODE),
        "face_code_tries_left": session.tries_left(visual.FACE_CODE),
    }


def _city(connection: Connection) -> dict[str, Any]:
    session = CitySession(connection)
    return {**asdict(session.basics()), "pin_tries_left": session.tries_left()}
