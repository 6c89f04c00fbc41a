"""What a card remembers: power cuts, killed processes, full disks, and how cards are made."""

from __future__ import annotations

import base64
import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from card_reader.errors import CardRemoved, PinWrong, StatusError, Sw
from card_reader.sessions.jpki import JpkiSession
from card_reader.simulator.authority import open_authority
from card_reader.simulator.card import DirectConnection, SimulatedCard
from card_reader.simulator.memory import FileStore, Tear, VolatileStore
from card_reader.simulator.people import BadPersona, is_number, read_persona
from card_reader.simulator.prepare import card_folder, prepare, renew
from tests.card_reader.conftest import HANAKO, TARO


class PowerCut(BaseException):
    """The card loses power: nothing after this line happens."""


class CutStore(VolatileStore):
    """Loses power at the n-th write: after it, or before it."""

    def __init__(self, content: dict[str, Any], at: int, *, written: bool) -> None:
        super().__init__(content)
        self.at, self.written, self.writes = at, written, 0

    def save(self, content: dict[str, Any]) -> None:
        self.writes += 1
        if self.writes == self.at and not self.written:
            raise PowerCut
        super().save(content)
        if self.writes == self.at:
            raise PowerCut


@pytest.mark.parametrize("written", [True, False])
def test_a_power_cut_never_wins_a_free_guess(card_templates: dict[str, Any], written: bool) -> None:
    store = CutStore(card_templates["hanako"], at=1, written=written)
    jpki = JpkiSession(DirectConnection(SimulatedCard(store)))
    with pytest.raises(PowerCut):
        jpki.verify_auth_pin(bytearray(b"9999"))
    # Cut after the write: a try is spent. Cut before it: the comparison never happened, nothing was learnt.
    again = JpkiSession(DirectConnection(SimulatedCard(store)))
    assert again.auth_tries_left() == (2 if written else 3)


def test_a_power_cut_after_a_right_pin_costs_a_try_at_most(card_templates: dict[str, Any]) -> None:
    store = CutStore(card_templates["hanako"], at=2, written=False)
    with pytest.raises(PowerCut):
        JpkiSession(DirectConnection(SimulatedCard(store))).verify_auth_pin(bytearray(b"1234"))
    jpki = JpkiSession(DirectConnection(SimulatedCard(store)))
    assert jpki.auth_tries_left() == 2
    jpki.verify_auth_pin(bytearray(b"1234"))
    assert jpki.auth_tries_left() == 3


KILLED = """
import os, sys
from pathlib import Path
from card_reader.sessions.jpki import JpkiSession
from card_reader.simulator.card import DirectConnection, SimulatedCard
from card_reader.simulator.memory import FileStore
class Killed(FileStore):
    def save(self, content):
        super().save(content)
        os.kill(os.getpid(), 9)
JpkiSession(DirectConnection(SimulatedCard(Killed(Path(sys.argv[1]))))).verify_auth_pin(bytearray(b"9999"))
"""


def test_killing_the_simulator_between_decrement_and_comparison(tmp_path: Path) -> None:
    prepare(tmp_path, [HANAKO])
    path = card_folder(tmp_path, "hanako") / "card.json"
    for left in (2, 1, 0):
        killed = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
        assert killed.returncode == -9
        assert JpkiSession(DirectConnection(SimulatedCard(FileStore(path)))).auth_tries_left() == left


def test_a_full_disk_is_a_memory_failure_and_no_guess(card_templates: dict[str, Any]) -> None:
    class Full(VolatileStore):
        def save(self, content: dict[str, Any]) -> None:
            raise OSError(28, "No space left on device")

    connection = DirectConnection(SimulatedCard(Full(card_templates["hanako"])))
    jpki = JpkiSession(connection)
    with pytest.raises(StatusError) as refused:
        jpki.verify_auth_pin(bytearray(b"1234"))
    assert refused.value.status == Sw.MEMORY_FAILURE
    assert jpki.auth_tries_left() == 3


def test_a_fault_is_logged_by_kind_and_place_and_not_by_what_it_says(
    card_templates: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    class Talkative(VolatileStore):
        def save(self, content: dict[str, Any]) -> None:
            raise OSError(28, f"no room for {content}")

    with pytest.raises(StatusError):
        JpkiSession(DirectConnection(SimulatedCard(Talkative(card_templates["hanako"])))).verify_auth_pin(
            bytearray(b"1234")
        )
    assert "card.memory-failure: OSError in save:" in caplog.text
    assert "no room" not in caplog.text
    assert all(record.exc_info is None for record in caplog.records)


def test_prepared_cards_lie_where_others_look_for_them(tmp_path: Path) -> None:
    assert prepare(tmp_path, [HANAKO, TARO]) == ["hanako", "taro"]
    cards = tmp_path / "cards"
    issuer = x509.load_pem_x509_certificate((cards / "ca.pem").read_bytes())
    for name in ("auth", "sign"):
        certificate = x509.load_pem_x509_certificate((cards / "hanako" / f"{name}.pem").read_bytes())
        certificate.verify_directly_issued_by(issuer)
    assert x509.load_pem_x509_crl((cards / "crl.pem").read_bytes()).is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    for private in (cards / "hanako" / "card.json", cards / "authority.json"):
        assert stat.S_IMODE(private.stat().st_mode) == 0o600


def test_preparing_twice_keeps_cards_and_counters(tmp_path: Path) -> None:
    prepare(tmp_path, [HANAKO])
    path = card_folder(tmp_path, "hanako") / "card.json"
    with pytest.raises(PinWrong):
        JpkiSession(DirectConnection(SimulatedCard(FileStore(path)))).verify_auth_pin(bytearray(b"9999"))
    before = path.read_bytes()
    assert prepare(tmp_path, [HANAKO, TARO]) == ["taro"]
    assert path.read_bytes() == before


def test_new_data_make_a_new_card_and_revoke_the_old_one(tmp_path: Path) -> None:
    prepare(tmp_path, [HANAKO])
    old = x509.load_pem_x509_certificate((card_folder(tmp_path, "hanako") / "auth.pem").read_bytes())
    moved = read_persona(HANAKO.record() | {"address": "千葉県千葉市緑区架空町9番地"})
    assert prepare(tmp_path, [moved]) == ["hanako"]
    crl = open_authority(tmp_path / "cards").crl()
    assert crl.get_revoked_certificate_by_serial_number(old.serial_number) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"number": "000000000018"},
        {"auth_pin": "12345"},
        {"sign_pin": "abc123"},
        {"sex": "3"},
        {"persona": "../x"},
    ],
)
def test_impossible_personas_are_refused_without_telling_their_data(change: dict[str, str]) -> None:
    with pytest.raises(BadPersona) as refused:
        read_persona(HANAKO.record() | change)
    assert HANAKO.name not in str(refused.value)
    assert HANAKO.number not in str(refused.value)


def test_the_check_digit_is_the_one_of_the_ordinance() -> None:
    assert is_number("123456789018")
    assert not is_number("123456789012")


def test_the_memory_is_json_with_files_keys_and_pins(card_templates: dict[str, Any]) -> None:
    part = json.loads(json.dumps(card_templates["hanako"]))["applications"]["jpki"]
    assert base64.b64decode(part["files"]["0006"]) == b"JPKIAPICCTOKEN2" + b" " * 17
    assert set(part["keys"]) == {"0017", "001A"}
    assert all(key.startswith("-----BEGIN PRIVATE KEY") for key in part["keys"].values())


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("write", [1, 2, 3])
def test_a_change_of_pin_torn_at_any_write_leaves_the_old_or_the_new_pin(
    memory: VolatileStore, write: int, kept: bool
) -> None:
    """Three writes: the try is spent, the old PIN was right, the new PIN takes its place."""
    card = SimulatedCard(memory)
    jpki = JpkiSession(DirectConnection(card))
    card.tear(Tear(write, kept))
    with pytest.raises(CardRemoved):
        jpki.change_auth_pin(bytearray(b"1234"), bytearray(b"8642"))
    again = JpkiSession(DirectConnection(SimulatedCard(memory)))
    spent = (write, kept) in {(1, True), (2, False)}
    assert again.auth_tries_left() == (2 if spent else 3)
    changed = (write, kept) == (3, True)
    again.verify_auth_pin(bytearray(b"8642" if changed else b"1234"))
    assert again.auth_tries_left() == 3


def test_a_power_cut_happens_once_and_at_the_write_it_was_asked_for(memory: VolatileStore) -> None:
    card = SimulatedCard(memory)
    card.tear(Tear(3, kept=False))
    connection = DirectConnection(card)
    JpkiSession(connection).verify_auth_pin(bytearray(b"1234"))
    with pytest.raises(CardRemoved):
        JpkiSession(connection).verify_auth_pin(bytearray(b"1234"))
    JpkiSession(DirectConnection(card)).verify_auth_pin(bytearray(b"1234"))


def test_a_renewed_card_keeps_its_pins_and_names_its_predecessor(tmp_path: Path) -> None:
    prepare(tmp_path, [HANAKO])
    folder = card_folder(tmp_path, "hanako")
    jpki = JpkiSession(DirectConnection(SimulatedCard(FileStore(folder / "card.json"))))
    jpki.change_auth_pin(bytearray(b"1234"), bytearray(b"8642"))
    old = x509.load_pem_x509_certificate((folder / "auth.pem").read_bytes())
    renew(tmp_path, HANAKO)
    fresh = x509.load_pem_x509_certificate((folder / "auth.pem").read_bytes())
    again = JpkiSession(DirectConnection(SimulatedCard(FileStore(folder / "card.json"))))
    assert x509.load_der_x509_certificate(again.auth_certificate()) == fresh != old
    again.verify_auth_pin(bytearray(b"8642"))
    signature = again.sign_with_auth_key(b"challenge")
    key = fresh.public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(signature, b"challenge", PKCS1v15(), SHA256())
    authority = open_authority(tmp_path / "cards")
    assert authority.renewed == {fresh.serial_number: old.serial_number}
    assert set(authority.revoked) >= {old.serial_number}
    content = (tmp_path / "cards" / "renewals.jws").read_text().split(".")[1]
    told = json.loads(base64.urlsafe_b64decode(content + "=="))
    assert told == {"renewed": {f"{fresh.serial_number:x}": f"{old.serial_number:x}"}}


def test_an_authority_from_before_there_was_a_responder_is_kept(tmp_path: Path) -> None:
    prepare(tmp_path, [HANAKO])
    file = tmp_path / "cards" / "authority.json"
    record = json.loads(file.read_text())
    old = {name: record[name] for name in ("key", "certificate", "revoked")}
    file.write_text(json.dumps(old))
    prepare(tmp_path, [HANAKO])
    renewed = json.loads(file.read_text())
    assert {name: renewed[name] for name in old} == old
    assert sorted(renewed["issued"]) == sorted(record["issued"])
    assert renewed["delegate"].startswith("-----BEGIN CERTIFICATE")
