"""Where the master keys of the city card live, and how a card's own keys come from them.

Masters are never in code and, outside the demo, never in this program: they stay in a token (PKCS#11) that
derives. A terminal's store holds the master of its own role only.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

from card_reader.scp03 import CardKeys
from card_reader.sessions.city_names import AID, CARD_ID_LENGTH, KVNS, OWN_SERVICE, Role

DIVERSIFY_AES_128 = 0x01  # AN10922, section 2.2
USES = {"enc": 0x01, "mac": 0x02, "dek": 0x03}
MASTER_LENGTH = 16
FORMAT = 1
# Public, like everything of the demo: whoever reads this can open demo cards, and only those.
DEMO_PHRASE = b"omatome demo: every card under these keys is a toy"
PIN_VARIABLE = "CARD_READER_TOKEN_PIN"


class KeyMissing(Exception):
    """The store has no master for this KVN: this terminal was not given that role, or it was taken away."""

    def __init__(self, kvn: int) -> None:
        super().__init__(f"no master key for KVN {kvn:02X}")
        self.kvn = kvn


class BadKeyStore(Exception):
    """The store cannot be used: not there, readable by others, wrong format, token or PIN."""


class KeyStore(Protocol):
    """Derives the keys of single cards; gives no master away."""

    def kvns(self) -> list[int]:
        """The KVNs there are masters for, in order."""
        ...

    def card_keys(self, kvn: int, card_id: bytes) -> CardKeys:
        """The three static keys of one card under one KVN; raises KeyMissing, BadKeyStore."""
        ...


def diversification_input(card_id: bytes, kvn: int, use: int) -> bytes:
    """01 ‖ card id (10) ‖ AID (12) ‖ KVN ‖ use: 25 bytes.

    AN10922 pads its input to 32 bytes where CMAC pads to whole blocks of 16: between 17 and 32 bytes both are
    the same, so plain CMAC is right here and any HSM can do it.
    """
    if len(card_id) != CARD_ID_LENGTH:
        raise ValueError(f"a card id has {CARD_ID_LENGTH} bytes, not {len(card_id)}")
    return bytes((DIVERSIFY_AES_128,)) + card_id + AID + bytes((kvn, use))


class MasterKeys:
    """Masters in memory: of the demo, or of a file."""

    def __init__(self, masters: Mapping[int, bytes], *, demo: bool = False) -> None:
        self._masters = dict(masters)
        self.demo = demo

    def kvns(self) -> list[int]:
        return sorted(self._masters)

    def card_keys(self, kvn: int, card_id: bytes) -> CardKeys:
        if kvn not in self._masters:
            raise KeyMissing(kvn)
        master = self._masters[kvn]
        return CardKeys(
            **{name: diversify(master, diversification_input(card_id, kvn, use)) for name, use in USES.items()}
        )

    def master(self, kvn: int) -> bytes:
        """One master, for the terminal of its role; KeyMissing."""
        if kvn not in self._masters:
            raise KeyMissing(kvn)
        return self._masters[kvn]

    def shown(self) -> dict[str, str]:
        """The masters themselves by KVN, both in hex; only of the demo, whose keys are public anyway."""
        if not self.demo:
            raise BadKeyStore("real master keys are not shown")
        return {f"{kvn:02X}": self._masters[kvn].hex().upper() for kvn in self.kvns()}


def demo_masters() -> MasterKeys:
    """The masters of every demo card: the same on each machine, so that anybody's terminal can try them."""
    phrase = diversify(bytes(16), DEMO_PHRASE)
    return MasterKeys({kvn: diversify(phrase, bytes((kvn,))) for kvn in sorted(Role)}, demo=True)


def demo_store(state: Path) -> MasterKeys:
    """The masters of the cards in a state folder, or those that its cards will get."""
    path = key_file(state)
    return read_file(path) if path.exists() else demo_masters()


def key_file(state: Path) -> Path:
    return state / "cards" / "keys.json"


def read_file(path: Path) -> MasterKeys:
    """Read a store of masters in a file; refuses one that others can read."""
    try:
        if path.stat().st_mode & 0o077:
            raise BadKeyStore(f"{path.name} may be readable by its owner only (chmod 600)")
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
        masters = {int(kvn, 16): bytes.fromhex(master) for kvn, master in content["masters"].items()}
        demo = bool(content["demo"])
    except OSError as error:
        raise BadKeyStore(f"{path.name} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadKeyStore(f"{path.name} is no key store") from None
    if content.get("format") != FORMAT or any(len(master) != MASTER_LENGTH for master in masters.values()):
        raise BadKeyStore(f"{path.name} is no key store of format {FORMAT}")
    return MasterKeys(masters, demo=demo)


def to_json(store: MasterKeys) -> bytes:
    """The file form of a demo store."""
    return json.dumps({"format": FORMAT, "demo": store.demo, "masters": store.shown()}, indent=1).encode()


class TokenKeys:
    """Masters in a PKCS#11 token: they are made there, never leave it, and derive there (CKM_AES_CMAC).

    The key of a KVN has the label `omatome-kvn-XX`. Needs the package python-pkcs11 (extra `hsm`). One visit at a time:
    signed in to a token is the whole process, not a session or a thread (PKCS #11 2.40, 6.7.4).
    """

    _alone = Lock()

    def __init__(self, module: str, token: str, pin: str) -> None:
        try:
            import pkcs11
        except ImportError:
            raise BadKeyStore("python-pkcs11 is not installed (extra hsm)") from None
        self._pkcs11 = pkcs11
        self._place = (module, token)
        self._pin = pin

    def kvns(self) -> list[int]:
        wanted = {label_of(kvn): kvn for kvn in KVNS}
        with self._session() as session:
            found = session.get_objects({self._pkcs11.Attribute.CLASS: self._pkcs11.ObjectClass.SECRET_KEY})
            return sorted(wanted[key.label] for key in found if key.label in wanted)

    def card_keys(self, kvn: int, card_id: bytes) -> CardKeys:
        with self._session() as session:
            try:
                master = session.get_key(label=label_of(kvn))
            except self._pkcs11.NoSuchKey:
                raise KeyMissing(kvn) from None
            mechanism = self._pkcs11.Mechanism.AES_CMAC
            return CardKeys(
                **{
                    name: bytes(master.sign(diversification_input(card_id, kvn, use), mechanism=mechanism))
                    for name, use in USES.items()
                }
            )

    def master(self, kvn: int) -> bytes:
        """A master of a reading role, on its way to a terminal; the token lets no other out. KeyMissing, BadKeyStore."""
        attribute = self._pkcs11.Attribute
        with self._session() as session:
            try:
                master = session.get_key(label=label_of(kvn))
                outer = session.generate_key(
                    self._pkcs11.KeyType.AES, 256, capabilities=self._pkcs11.MechanismFlag.WRAP,
                    template={attribute.SENSITIVE: False, attribute.EXTRACTABLE: True},
                )  # fmt: skip
                wrapped = outer.wrap_key(master, mechanism=self._pkcs11.Mechanism.AES_KEY_WRAP)
                return aes_key_unwrap(outer[attribute.VALUE], wrapped)
            except self._pkcs11.NoSuchKey:
                raise KeyMissing(kvn) from None

    def make(self, kvn: int) -> bool:
        """A fresh master; False: there is one of this number already, which stays."""
        if kvn in self.kvns():
            return False
        self.create(kvn)
        return True

    def drop(self, kvn: int) -> None:
        """Destroy a master; one that is not there is no fault."""
        with self._session(writing=True) as session:
            try:
                session.get_key(label=label_of(kvn)).destroy()
            except self._pkcs11.NoSuchKey:
                return

    def create(self, kvn: int) -> None:
        """Make a new master inside the token. Those of writer and issuer can never leave it; those of reading roles may,
        wrapped, because terminals get them."""
        if kvn not in KVNS:
            raise BadKeyStore(f"no role has the KVN {kvn:02X}")
        if kvn in self.kvns():
            raise BadKeyStore(f"the token has a key for KVN {kvn:02X} already")
        attribute = self._pkcs11.Attribute
        with self._session(writing=True) as session:
            session.generate_key(
                self._pkcs11.KeyType.AES,
                MASTER_LENGTH * 8,
                label=label_of(kvn),
                store=True,
                capabilities=self._pkcs11.MechanismFlag.SIGN,
                template={attribute.SENSITIVE: True, attribute.EXTRACTABLE: KVNS[kvn] in OWN_SERVICE},
            )

    @contextmanager
    def _session(self, *, writing: bool = False) -> Iterator[Any]:
        module, label = self._place
        self._alone.acquire()
        try:
            token = self._pkcs11.lib(module).get_token(token_label=label)
            with token.open(user_pin=self._pin, rw=writing) as session:
                yield session
        except self._pkcs11.PKCS11Error as error:
            raise BadKeyStore(f"the token {label!r} refused: {type(error).__name__}") from None
        finally:
            self._alone.release()


def label_of(kvn: int) -> str:
    return f"omatome-kvn-{kvn:02X}"


def open_store(location: str) -> MasterKeys | TokenKeys:
    """Open `demo`, `file:PATH` or `pkcs11:MODULE?token=LABEL`; the token's PIN is in CARD_READER_TOKEN_PIN."""
    if location == "demo":
        return demo_masters()
    parts = urlsplit(location)
    if parts.scheme == "file" and parts.path:
        return read_file(Path(parts.path))
    labels = parse_qs(parts.query).get("token", [])
    if parts.scheme == "pkcs11" and parts.path and len(labels) == 1:
        return TokenKeys(parts.path, labels[0], os.environ.get(PIN_VARIABLE, ""))
    raise BadKeyStore("a key store is demo, file:PATH or pkcs11:MODULE?token=LABEL")


def named(store: MasterKeys | TokenKeys, create: Iterable[str] = ()) -> dict[str, str]:
    """Which role each KVN of a store is, after making the KVNs of `create` (hex) in a token."""
    for text in create:
        if isinstance(store, MasterKeys) or not re.fullmatch("[0-9A-Fa-f]{2}", text):
            raise BadKeyStore("--create takes a KVN of two hex digits and a token to make it in")
        store.create(int(text, 16))
    return {f"{kvn:02X}": KVNS[kvn].name.lower() if kvn in KVNS else "unknown" for kvn in store.kvns()}


def diversify(key: bytes, message: bytes) -> bytes:
    """AN10922 for AES-128 with `message` beginning with 01: CMAC under the master."""
    mac = CMAC(AES(key))
    mac.update(message)
    return mac.finalize()
