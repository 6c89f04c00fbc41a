"""The keys of a terminal's role as the city delivered them: wrapped for this terminal alone, signed, good for some days.

What lies on the disk stays wrapped (a JWE for the terminal's own key, inside a JWS of the city); the masters are in memory
only. A terminal whose keys are too old, or were taken back, reads no card. card_reader/README.md, "Keys of terminals".
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from card_reader.key_store import MASTER_LENGTH, KeyMissing, MasterKeys
from card_reader.scp03 import CardKeys
from card_reader.sessions.city_names import KVNS, Role
from card_reader.stop_list import CLOCK_SLACK, opened
from card_reader.writer_keys import ALGORITHMS, write_secret

log = logging.getLogger(__name__)

TYPE = "omatome-role-keys+jws"
WRAPPING, KEYS = "wrapping.jwk", "role-keys.jws"


class BadDelivery(Exception):
    """No keys of this city for this terminal: not signed by it, for another terminal or role, or damaged."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery; times are seconds since 1970, `versions` the KVNs in hexadecimal, the newest first."""

    versions: tuple[str, ...]
    issued_at: float
    valid_until: float
    masters: MasterKeys = field(repr=False)

    def is_good(self, now: float) -> bool:
        return self.issued_at - CLOCK_SLACK <= now <= self.valid_until

    def is_half_over(self, now: float) -> bool:
        """Whether it is time to fetch them again."""
        return now > (self.issued_at + self.valid_until) / 2


def wrapping_key(folder: Path) -> ECKey:
    """The terminal's own key for what it is sent; made once, never leaves the folder."""
    file = folder / WRAPPING
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_secret(file, json.dumps(ECKey.generate_key("P-256", private=True).as_dict(private=True)))
    return ECKey.import_key(json.loads(file.read_text("utf-8")))


def open_delivery(text: str, city_key: bytes, wrapping: ECKey, terminal: str, role: Role) -> Delivered:
    """The keys in a delivery; BadDelivery."""
    try:
        said = opened(text, city_key, TYPE)
        if (said["terminal"], said["role"]) != (terminal, role.name.lower()):
            raise BadDelivery("these keys are for another terminal or role")
        inner: dict[str, Any] = json.loads(
            jwe.decrypt_compact(said["keys"], wrapping, algorithms=ALGORITHMS).plaintext or b""
        )
        if (inner["terminal"], inner["role"]) != (terminal, role.name.lower()):
            raise BadDelivery("these keys are for another terminal or role")
        masters = {int(version, 16): bytes.fromhex(master) for version, master in inner["masters"].items()}
        versions = tuple(said["versions"])
        times = float(said["issued_at"]), float(said["valid_until"])
    except InvalidSignature:
        raise BadDelivery("the keys are not signed by the city") from None
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        raise BadDelivery("this is no delivery of keys") from None
    if any(KVNS.get(kvn) is not role or len(master) != MASTER_LENGTH for kvn, master in masters.items()):
        raise BadDelivery("keys of another role")
    return Delivered(versions, *times, MasterKeys(masters))


class DeliveredKeys:
    """The key store of an enrolled terminal: what lies in its folder now. `now` is its clock."""

    def __init__(
        self, folder: Path, terminal: str, role: Role, city_key: Callable[[], bytes], now: Callable[[], datetime]
    ) -> None:
        self._folder, self.terminal, self.role = folder, terminal, role
        self._city_key, self._now = city_key, now
        self._stamp: tuple[int, int] | None = None
        self._held: Delivered | None = None

    @property
    def wrapping(self) -> ECKey:
        return wrapping_key(self._folder)

    def held(self) -> Delivered | None:
        """The delivery at hand, also one that is too old; None where there is none that can be opened."""
        file = self._folder / KEYS
        try:
            stat = file.stat()
            if stat.st_mode & 0o077:
                raise BadDelivery("others can read the keys (chmod 600)")
            if (stamp := (stat.st_mtime_ns, stat.st_size)) != self._stamp:
                self._held, self._stamp = self.opened(file.read_text("ascii")), stamp
        except FileNotFoundError:
            self._held = self._stamp = None
        except (OSError, ValueError, BadDelivery) as fault:
            log.warning("terminal.role-keys: %s", type(fault).__name__)
            self._held = self._stamp = None
        return self._held

    def opened(self, text: str) -> Delivered:
        """What a delivery holds; BadDelivery."""
        return open_delivery(text, self._city_key(), self.wrapping, self.terminal, self.role)

    def keep(self, text: str) -> None:
        """Put a delivery in the place of the one before, if it is one; BadDelivery."""
        self.opened(text)
        write_secret(self._folder / KEYS, text)

    def needs(self, versions: list[str]) -> bool:
        """Whether the city has other versions than these, or they are half as old as they may be."""
        held = self.held()
        return held is None or list(held.versions) != versions or held.is_half_over(self._now().timestamp())

    def erase(self) -> None:
        """The city took the keys back: nothing of them stays, and a new enrolment begins with a new key."""
        for name in (KEYS, WRAPPING):
            with suppress(FileNotFoundError):
                (self._folder / name).unlink()
        self._held = self._stamp = None
        log.warning("terminal.keys-erased")

    def kvns(self) -> list[int]:
        held = self._good()
        return held.masters.kvns() if held else []

    def card_keys(self, kvn: int, card_id: bytes) -> CardKeys:
        held = self._good()
        if held is None:
            raise KeyMissing(kvn)
        return held.masters.card_keys(kvn, card_id)

    def _good(self) -> Delivered | None:
        held = self.held()
        return held if held and held.is_good(self._now().timestamp()) else None
