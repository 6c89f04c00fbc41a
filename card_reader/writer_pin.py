"""A new holder PIN on its way from the bridge's own page to the writer: sealed for the writer, past page and portal.

A JWE (RFC 7516, ECDH-ES+A256KW with A256GCM) for the writer's P-256 key, which each bridge was given when it was set up and
takes from nobody else. It names its order, so that it opens for no other, and is too old after ten minutes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from time import time

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from card_reader.sessions.city_names import PIN_LENGTH
from card_reader.writer_keys import write_secret

ALGORITHMS = ["ECDH-ES+A256KW", "A256GCM"]
TYPE = "omatome-new-pin+jwe"
LIFE = 600.0
"""Seconds; the order it belongs to lives as long."""


def writer_key(path: Path) -> ECKey:
    """The writer's key pair in a file, made when missing; its public part lies beside it, for the bridges."""
    if not path.exists():
        key = ECKey.generate_key("P-256", private=True)
        write_secret(path, json.dumps(key.as_dict(private=True)))
    key = ECKey.import_key(json.loads(path.read_text("utf-8")))
    public_file(path).write_text(json.dumps(key.as_dict(private=False)), "utf-8")
    return key


def public_file(path: Path) -> Path:
    return path.with_suffix(".pub.jwk")


def seal_pin(key: ECKey, pin: bytearray, name: str, now: Callable[[], float] = time) -> str:
    """The PIN for the order *name*. The buffer is wiped."""
    try:
        content = json.dumps({"pin": pin.decode("ascii"), "name": name, "at": int(now())}).encode()
        header = {"alg": ALGORITHMS[0], "enc": ALGORITHMS[1], "typ": TYPE}
        return jwe.encrypt_compact(header, content, key, algorithms=ALGORITHMS)
    finally:
        pin[:] = bytes(len(pin))


def open_pin(key: ECKey, sealed: str, name: str, now: Callable[[], float] = time) -> bytearray:
    """The PIN again; ValueError when it is for another order or writer, too old, or none."""
    try:
        opened = jwe.decrypt_compact(sealed, key, algorithms=ALGORITHMS)
        said = json.loads(opened.plaintext or b"")
        pin = bytearray(said["pin"], "ascii")
        good = said["name"] == name and abs(now() - said["at"]) <= LIFE and opened.protected.get("typ") == TYPE
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        raise ValueError("this is no PIN for this order") from None
    if not good or len(pin) != PIN_LENGTH or not pin.isdigit():
        raise ValueError("this is no PIN for this order")
    return pin
