"""What leaves the writer: masters of reading roles, for one terminal each; and what comes in: PINs sealed for one order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from card_reader.key_store import BadKeyStore, demo_masters, to_json
from card_reader.sessions.city_names import Role
from card_reader.writer_keys import (
    ALGORITHMS,
    Delivery,
    FileVault,
    FixedVault,
    NotDeliverable,
    read_admitted,
    write_secret,
)
from card_reader.writer_pin import LIFE, open_pin, public_file, seal_pin, writer_key

TERMINAL = ECKey.generate_key("P-256")
JWK = {name: TERMINAL.as_dict(private=False)[name] for name in ("kty", "crv", "x", "y")}
ASKED: dict[str, Any] = {"terminal": "lib-1", "role": "library", "versions": ["11"], "public_key": JWK}


@pytest.fixture
def vault(tmp_path: Path) -> FileVault:
    write_secret(tmp_path / "keys.json", to_json(demo_masters()).decode())
    return FileVault(tmp_path / "keys.json")


def test_masters_of_one_role_are_wrapped_for_one_terminal(vault: FileVault) -> None:
    vault.make(0x31)
    wrapped = Delivery(vault).wrap(ASKED | {"versions": ["31", "11"]})
    said = json.loads(jwe.decrypt_compact(wrapped, TERMINAL, algorithms=ALGORITHMS).plaintext or b"")
    assert said == {
        "terminal": "lib-1",
        "role": "library",
        "masters": {"31": vault.master(0x31).hex(), "11": vault.master(0x11).hex()},
    }
    with pytest.raises((JoseError, ValueError)):
        jwe.decrypt_compact(wrapped, ECKey.generate_key("P-256"), algorithms=ALGORITHMS)


@pytest.mark.parametrize(
    "change",
    [
        {"role": "writer", "versions": ["21"]}, {"role": "issuer", "versions": ["10"]}, {"versions": ["21"]},
        {"versions": ["12"]}, {"versions": []}, {"versions": ["11", "31", "51"]}, {"versions": "11"}, {"versions": ["zz"]},
        {"role": "paint"}, {"public_key": {}}, {"public_key": JWK | {"x": "AAAA"}}, {"public_key": None},
        {"public_key": {"kty": "oct", "crv": "P-256", "x": "a", "y": "b"}},
    ],
)  # fmt: skip
def test_no_other_master_leaves_and_for_nobody_else(vault: FileVault, change: dict[str, Any]) -> None:
    with pytest.raises(NotDeliverable):
        Delivery(vault).wrap(ASKED | change)


def test_a_writer_with_a_list_of_terminals_serves_those_alone(vault: FileVault, tmp_path: Path) -> None:
    file = tmp_path / "terminals.json"
    file.write_text(json.dumps({TERMINAL.thumbprint(): "library"}))
    delivery = Delivery(vault, read_admitted(file))
    assert delivery.wrap(ASKED)
    for change in ({"role": "sports", "versions": ["12"]}, {"public_key": ECKey.generate_key("P-256").as_dict()}):
        with pytest.raises(NotDeliverable):
            delivery.wrap(ASKED | change)


def test_versions_are_made_once_and_end_for_good(vault: FileVault) -> None:
    vault.make(0x31)
    first = vault.master(0x31)
    vault.make(0x31)
    assert vault.master(0x31) == first
    vault.drop(0x31)
    vault.drop(0x31)
    assert 0x31 not in vault.kvns()
    for kvn in ("10", "21", "99", None):
        with pytest.raises(NotDeliverable):
            Delivery(vault).drop({"version": kvn})
    with pytest.raises(BadKeyStore):
        FixedVault(demo_masters()).make(0x31)
    assert Role.WRITER in vault.kvns()


def test_a_sealed_pin_opens_for_its_order_and_writer_for_ten_minutes(tmp_path: Path) -> None:
    key = writer_key(tmp_path / "writer.jwk")
    assert (tmp_path / "writer.jwk").stat().st_mode & 0o077 == 0
    public = ECKey.import_key(json.loads(public_file(tmp_path / "writer.jwk").read_text()))
    assert not public.is_private
    typed = bytearray(b"2580")
    sealed = seal_pin(public, typed, "a" * 32, lambda: 1000.0)
    assert typed == bytes(4)
    assert open_pin(key, sealed, "a" * 32, lambda: 1000 + LIFE) == b"2580"
    for name, now, other in (
        ("b" * 32, 1000.0, key), ("a" * 32, 1001 + LIFE, key), ("a" * 32, 1000.0, ECKey.generate_key("P-256")),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="no PIN"):
            open_pin(other, sealed, name, lambda now=now: now)  # type: ignore[misc]
    for broken in ("", "a.b.c.d.e", sealed[:-3] + "AAA"):
        with pytest.raises(ValueError, match="no PIN"):
            open_pin(key, broken, "a" * 32, lambda: 1000.0)
