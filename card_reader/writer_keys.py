"""What the writer does with masters besides deriving: wrap one role's for one terminal, make the next, end an old one.

Only the seven roles that read their own entry leave this machine, and only as a JWE (RFC 7516, ECDH-ES+A256KW with
A256GCM) for the public key of one terminal. The masters of writer and issuer are never given out.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Container, Mapping
from pathlib import Path
from threading import Lock, get_ident
from typing import Any, Protocol
from urllib.parse import urlsplit

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from card_reader import key_store
from card_reader.key_store import FORMAT, MASTER_LENGTH, BadKeyStore, KeyStore, MasterKeys
from card_reader.sessions.city_names import KVNS, OWN_SERVICE, Role

ALGORITHMS = ["ECDH-ES+A256KW", "A256GCM"]
TYPE = "omatome-role-keys+jwe"
READERS = {role.name.lower(): role for role in OWN_SERVICE}


class NotDeliverable(Exception):
    """These keys are not for terminals, or not for this one."""


class Vault(KeyStore, Protocol):
    """A key store that also gives out, makes and ends masters of reading roles."""

    def master(self, kvn: int) -> bytes:
        """The master of a KVN; KeyMissing, BadKeyStore where it cannot leave."""
        ...

    def make(self, kvn: int) -> bool:
        """A fresh master; False: there is one of this number already, which stays."""
        ...

    def drop(self, kvn: int) -> None:
        """The master is gone for good; one that is not there is no fault."""
        ...


class FileVault:
    """Masters in a file of this machine, read anew each time: another writer beside this one may have changed it."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, Lock()
        key_store.read_file(path)

    def kvns(self) -> list[int]:
        return key_store.read_file(self._path).kvns()

    def card_keys(self, kvn: int, card_id: bytes) -> Any:
        return key_store.read_file(self._path).card_keys(kvn, card_id)

    def master(self, kvn: int) -> bytes:
        return key_store.read_file(self._path).master(kvn)

    def make(self, kvn: int) -> bool:
        fresh = secrets.token_hex(MASTER_LENGTH).upper()
        return bool(self._change(lambda masters: masters.setdefault(f"{kvn:02X}", fresh)) == fresh)

    def drop(self, kvn: int) -> None:
        self._change(lambda masters: masters.pop(f"{kvn:02X}", None))

    def _change(self, change: Any) -> Any:
        with self._lock:
            content = json.loads(self._path.read_text("utf-8"))
            found = change(content["masters"])
            write_secret(self._path, json.dumps(content | {"format": FORMAT}, indent=1))
            return found


class FixedVault:
    """The demo's masters in memory: they can be given to terminals, and never change."""

    def __init__(self, masters: MasterKeys) -> None:
        self.kvns, self.card_keys, self.master = masters.kvns, masters.card_keys, masters.master

    def make(self, kvn: int) -> bool:
        raise BadKeyStore("masters in memory cannot be added to; use file:PATH or pkcs11:…")

    def drop(self, kvn: int) -> None:
        raise BadKeyStore("masters in memory cannot be taken away; use file:PATH or pkcs11:…")


def open_vault(location: str) -> Vault:
    """The store at a location (`key_store.open_store`) as the writer needs it."""
    store = key_store.open_store(location)
    if isinstance(store, MasterKeys):
        parts = urlsplit(location)
        return FileVault(Path(parts.path)) if parts.scheme == "file" else FixedVault(store)
    return store


def version_of(text: object, roles: Container[Role | None] = OWN_SERVICE) -> int:
    """A KVN of one of *roles* (the reading ones), from two hexadecimal digits; NotDeliverable for any other."""
    try:
        kvn = int(str(text), 16)
    except ValueError:
        kvn = -1
    if KVNS.get(kvn) not in roles:
        raise NotDeliverable("none of these roles has this version")
    return kvn


def destroy(vault: Vault, text: str) -> None:
    """An operator at the writer ends a master of any role; BadKeyStore for the last one of its role, without which no
    card could be opened again."""
    try:
        kvn = version_of(text, set(Role))
    except NotDeliverable as unknown:
        raise BadKeyStore(str(unknown)) from None
    if not [other for other in vault.kvns() if other != kvn and KVNS.get(other) is KVNS[kvn]]:
        raise BadKeyStore(f"{kvn:02X} is the last master of its role")
    vault.drop(kvn)


class Delivery:
    """Wraps masters for terminals. *admitted* names the only terminals there may be, by their key's thumbprint (RFC 7638):
    {"thumbprint": "role"}; None: whoever the portal knows."""

    def __init__(self, vault: Vault, admitted: Mapping[str, str] | None = None) -> None:
        self._vault, self._admitted = vault, admitted

    def wrap(self, said: Mapping[str, Any]) -> str:
        """The masters of one role for one terminal; NotDeliverable, KeyMissing, BadKeyStore."""
        terminal, role = str(said.get("terminal", "")), str(said.get("role", ""))
        key = _public_key(said.get("public_key"))
        if self._admitted is not None and self._admitted.get(key.thumbprint()) != role:
            raise NotDeliverable("this terminal was not admitted at the writer")
        versions = said.get("versions")
        if role not in READERS or not isinstance(versions, list) or not 1 <= len(versions) <= 2:
            raise NotDeliverable("no such role, or not one or two versions")
        kvns = [version_of(version) for version in versions]
        if any(KVNS[kvn] is not READERS[role] for kvn in kvns):
            raise NotDeliverable("a version of another role")
        masters = {f"{kvn:02X}": self._vault.master(kvn).hex() for kvn in kvns}
        content = json.dumps({"terminal": terminal, "role": role, "masters": masters})
        header = {"alg": ALGORITHMS[0], "enc": ALGORITHMS[1], "typ": TYPE}
        return jwe.encrypt_compact(header, content.encode(), key, algorithms=ALGORITHMS)

    def make(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """See to it that there is a master of this version, of any role; `made` says whether it is a new one."""
        return {"made": self._vault.make(version_of(said.get("version"), set(Role)))}

    def drop(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """No card is opened with this version any more. Masters of writer and issuer are not ended over this line: whoever
        got hold of the portal could make every card useless (`destroy`)."""
        self._vault.drop(version_of(said.get("version")))
        return {}


def read_admitted(path: Path) -> dict[str, str]:
    """{"thumbprint": "role"} from a file the operators of the writer keep; ValueError."""
    content = json.loads(path.read_text("utf-8"))
    if not isinstance(content, dict) or not set(content.values()) <= set(READERS):
        raise ValueError("a list of terminals is {thumbprint: role}")
    return content


def write_secret(path: Path, text: str) -> None:
    """Whole or not at all, for its owner only."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    fresh.replace(path)


def _public_key(record: Any) -> ECKey:
    """The public P-256 key in a JWK."""
    try:
        key = ECKey.import_key({name: record[name] for name in ("kty", "crv", "x", "y")})
        if key.curve_name == "P-256":
            key.get_op_key("deriveKey")
            return key
    except (KeyError, TypeError, ValueError, AttributeError, JoseError):
        pass
    raise NotDeliverable("this is no public key of a terminal")
