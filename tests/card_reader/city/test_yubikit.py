"""Yubico's host at the real chain (pcscd, virtual reader): every command that card_reader/README.md fixes for all hosts.

yubikit brings its own SCP03, padding, chaining and pyscard connection; of this project it gets the README's numbers only.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from yubikit.core.smartcard import ApduError, ApduFormat, SmartCardConnection, SmartCardProtocol
from yubikit.core.smartcard.scp import KeyRef, Scp03KeyParams, StaticKeys

from card_reader.__main__ import main
from card_reader.simulator.card import SimulatedCard
from card_reader.simulator.memory import VolatileStore
from tests.card_reader.conftest import HANAKO
from tests.card_reader.readers import Readers, card_arrives

pytestmark = pytest.mark.pcsc

AID = bytes.fromhex("F01210024F4D41544F4D4501")
OWN = {0x11: 0xFF61, 0x12: 0xFF62, 0x13: 0xFF63, 0x14: 0xFF64, 0x15: 0xFF65, 0x16: 0xFF66, 0x17: 0xFF67}
WRITER, ISSUER = 0x21, 0x10
FORBIDDEN = 0x6982
# What a message may meet on its way: the bytes that go on.
Fate = Callable[[bytes], bytes]


def cmac(key: bytes, message: bytes) -> bytes:
    state = CMAC(algorithms.AES(key))
    state.update(message)
    return state.finalize()


def static_keys(master: bytes, kvn: int, card_id: bytes) -> StaticKeys:
    """README, "Roles and keys"."""
    return StaticKeys(*(cmac(master, b"\x01" + card_id + AID + bytes((kvn, use))) for use in (1, 2, 3)))


@dataclass
class Host:
    """A program with yubikit and the masters it was given."""

    connection: SmartCardConnection
    masters: dict[int, bytes]
    sent: list[bytes] = field(default_factory=list)
    fate: Fate = lambda wire: wire

    def __post_init__(self) -> None:
        plain = self.connection.send_and_receive

        def send(apdu: bytes) -> tuple[bytes, int]:
            self.sent.append(bytes(apdu))
            answer: tuple[bytes, int] = plain(self.fate(bytes(apdu)))
            return answer

        self.connection.send_and_receive = send
        self.protocol = SmartCardProtocol(self.connection)
        self.protocol.select(AID)

    def open(self, kvn: int, master: bytes | None = None) -> None:
        self.protocol.select(AID)  # yubikit would protect the greeting, too, with the channel before
        greeting = self.protocol.send_apdu(0x80, 0x50, kvn, 0, bytes(8))
        keys = static_keys(master or self.masters[kvn], kvn, greeting[:10])
        self.protocol.init_scp(Scp03KeyParams(KeyRef(0x01, kvn), keys))

    def word(self, cla: int, ins: int, p1: int, p2: int, data: bytes = b"") -> int:
        """The status word; whatever the answer holds is left alone."""
        try:
            self.protocol.send_apdu(cla, ins, p1, p2, data)
        except ApduError as refused:
            return int(refused.sw)
        return 0x9000

    def get(self, tag: int) -> bytes:
        return bytes(self.protocol.send_apdu(0x80, 0xCB, 0x3F, 0xFF, b"\x5c\x02" + tag.to_bytes(2, "big")))

    def get_word(self, tag: int, cla: int = 0x80) -> int:
        return self.word(cla, 0xCB, 0x3F, 0xFF, b"\x5c\x02" + tag.to_bytes(2, "big"))

    def select_file(self, file_id: int) -> None:
        self.protocol.send_apdu(0x00, 0xA4, 0x02, 0x0C, file_id.to_bytes(2, "big"))


@pytest.fixture(scope="module")
def places(readers: Readers, card_templates: dict[str, dict[str, Any]]) -> Iterator[list[str]]:
    """Readers with a card of hanako's each; only the first card is never written to. None has a sports entry."""
    memory = copy.deepcopy(card_templates["hanako"])
    del memory["applications"]["city"]["objects"]["FF62"]
    for slot in readers.slots[:4]:
        assert slot.insert(SimulatedCard(VolatileStore(memory)), 5.0)
    for name in readers.names[:4]:
        card_arrives(name)
    yield [*readers.names[:4]]
    for slot in readers.slots[:4]:
        slot.remove()


Meet = Callable[[int], Host]


@pytest.fixture
def meet(places: list[str]) -> Iterator[Meet]:
    """Power the card at a place anew."""
    from smartcard.System import readers as all_readers
    from ykman.pcsc import ScardSmartCardConnection

    printed = CliRunner().invoke(main, ["keys", "--demo", "--json"])
    masters = {int(kvn, 16): bytes.fromhex(master) for kvn, master in json.loads(printed.stdout).items()}
    hosts: list[Host] = []

    def connect(place: int) -> Host:
        (reader,) = [one for one in all_readers() if str(one) == places[place]]
        hosts.append(Host(ScardSmartCardConnection(reader.createConnection()), masters))
        return hosts[-1]

    yield connect
    for host in hosts:
        host.connection.close()


@pytest.fixture
def host(meet: Meet) -> Host:
    return meet(0)


def test_each_role_reads_its_own_object_and_no_other(host: Host) -> None:
    for kvn, own in OWN.items():
        host.open(kvn)
        words = {tag: host.get_word(tag) for tag in range(0xFF61, 0xFF68)}
        assert words.pop(own) == (0x6A88 if own == 0xFF62 else 0x9000)
        assert set(words.values()) == {FORBIDDEN}
        if own == 0xFF61:
            assert HANAKO.services["library"]["id"].encode() in host.get(own)


@pytest.mark.parametrize("cla", [0x00, 0x80, 0x84, 0x04])
def test_without_a_channel_every_object_is_forbidden_whether_it_is_there_or_not(host: Host, cla: int) -> None:
    assert {host.get_word(tag, cla) for tag in range(0xFF61, 0xFF69)} == {FORBIDDEN}
    assert host.word(cla, 0xDB, 0x3F, 0xFF, bytes.fromhex("FF6103DF0201")) == FORBIDDEN
    assert host.word(cla, 0xDE, 0x00, 0x00, bytes.fromhex("5C02FF61")) == FORBIDDEN


def test_pin_log_and_free_file(host: Host) -> None:
    host.open(0x14)
    host.get(0xFF64)
    host.open(0x11)
    host.get(0xFF61)
    host.protocol.select(AID)
    host.select_file(0x0001)
    assert host.protocol.send_apdu(0x00, 0xB0, 0, 0).hex() == "ff600fdf110101df12020100df1303121002"
    host.select_file(0x00F1)
    assert host.word(0x00, 0xB2, 1, 0x04) == FORBIDDEN
    host.select_file(0x0011)
    assert [host.word(0x00, 0x20, 0, 0x80) for _ in range(5)] == [0x63C3] * 5
    assert host.word(0x00, 0x20, 0, 0x80, b"0000") == 0x63C2
    assert host.word(0x00, 0x20, 0, 0x80) == 0x63C2
    assert host.word(0x00, 0x20, 0, 0x80, HANAKO.city_pin.encode()) == 0x9000
    assert host.word(0x00, 0x20, 0, 0x80) == 0x63C3
    host.select_file(0x00F1)
    records = [host.protocol.send_apdu(0x00, 0xB2, number, 0x04) for number in (1, 2)]
    assert [(record[0], record[2:4].hex(), len(record)) for record in records] == [
        (0x11, "ff61", 20),
        (0x14, "ff64", 20),
    ]


@pytest.mark.parametrize("level", [0x00, 0x01, 0x03, 0x13, 0x32, 0xB3])
def test_less_than_full_protection_opens_nothing(host: Host, level: int) -> None:
    host.fate = lambda wire: wire[:2] + bytes((level,)) + wire[3:] if wire[1] == 0x82 else wire
    host.open(0x11)  # yubikit does not look at the answer
    host.fate = lambda wire: wire
    assert host.get_word(0xFF61) == FORBIDDEN


def test_a_wrong_master_is_found_out_and_locks_nothing(host: Host) -> None:
    for _ in range(6):
        with pytest.raises(ValueError, match="Incorrect SCP parameters"):
            host.open(0x11, host.masters[0x12])
    host.fate = lambda wire: wire[:-1] + bytes((wire[-1] ^ 1,)) if wire[1] == 0x82 else wire
    for _ in range(6):
        host.open(0x11)
        assert host.get_word(0xFF61) == FORBIDDEN
    host.fate = lambda wire: wire
    with pytest.raises(ApduError) as unknown:
        host.open(0x31, host.masters[0x11])
    assert unknown.value.sw == 0x6A88, "no keys of that generation"
    host.open(0x11)
    assert host.get_word(0xFF61) == 0x9000


def test_altered_replayed_and_reordered_messages_kill_the_channel(host: Host) -> None:
    host.open(0x11)
    host.get(0xFF61)
    length = len(host.sent[-1])
    for byte in range(length):
        host.open(0x11)
        host.fate = lambda wire, byte=byte: wire[:byte] + bytes((wire[byte] ^ 0x10,)) + wire[byte + 1 :]  # type: ignore[misc]
        assert host.get_word(0xFF61) >= 0x6700, f"byte {byte}"
        host.fate = lambda wire: wire
        assert host.connection.send_and_receive(host.sent[-1])[1] in (FORBIDDEN, 0x6988), f"byte {byte}"
        assert host.get_word(0xFF61) == FORBIDDEN, f"byte {byte}"
    host.open(0x11)
    host.get(0xFF61)
    first = host.sent[-1]
    assert host.connection.send_and_receive(first) == (b"", 0x6988)
    assert host.get_word(0xFF61) == FORBIDDEN


@pytest.mark.parametrize("form", [ApduFormat.SHORT, ApduFormat.EXTENDED])
def test_long_entries_short_and_extended(meet: Meet, form: ApduFormat) -> None:
    """yubikit chains what does not fit into a short command, and collects 61xx."""
    host = meet(1)
    host.protocol._max_apdu_size = 3062  # type: ignore[assignment]  # what a recent YubiKey takes
    if form is ApduFormat.EXTENDED:
        with pytest.warns(DeprecationWarning, match="apdu_format"):
            host.protocol.apdu_format = form
    host.open(WRITER)
    assert host.word(0x80, 0xDE, 0, 0, bytes.fromhex("5C02FF65")) == 0x6985, "nothing is staged"
    version = 2 if form is ApduFormat.SHORT else 3
    payload = b"\xdf\x09\x82\x08\x00" + bytes((0x30 + version,)) * 2048
    fields = bytes.fromhex(f"DF020101DF0502{version:04X}DF0603121002DF08080011223344556677") + payload
    entry = bytes.fromhex("FF6582") + len(fields).to_bytes(2, "big") + fields
    assert host.word(0x80, 0xDB, 0x3F, 0xFF, entry) == 0x9000
    assert host.get(0xFF65) != entry, "staged is not written"
    assert host.word(0x80, 0xDE, 0, 0, bytes.fromhex("5C02FF65")) == 0x9000
    assert host.word(0x80, 0xDB, 0x3F, 0xFF, entry) == 0x9000
    assert host.word(0x80, 0xDE, 0, 0, bytes.fromhex("5C02FF65")) == 0x9000, "the same again changes nothing"
    assert host.word(0x80, 0xDB, 0x3F, 0xFF, entry.replace(b"\x00\x11\x22\x33", b"\x99\x11\x22\x33")) == 0x9000
    assert host.word(0x80, 0xDE, 0, 0, bytes.fromhex("5C02FF65")) == 0x6985, "a lost update"
    host.open(0x15)
    assert host.get(0xFF65) == entry
    assert host.word(0x80, 0xDB, 0x3F, 0xFF, entry) == FORBIDDEN
    if form is ApduFormat.EXTENDED:
        whole = host.protocol.send_apdu(0x80, 0xCB, 0x3F, 0xFF, bytes.fromhex("5C02FF65"), 0xFFFF)
        assert whole == entry, "in one answer, as long as its Le"


def test_keys_are_exchanged_while_both_generations_work(meet: Meet) -> None:
    host = meet(2)
    fresh = bytes(range(16))
    host.open(ISSUER)
    card_id = bytes.fromhex(HANAKO.card_id)
    dek = static_keys(host.masters[ISSUER], ISSUER, card_id).key_dek
    assert dek
    new, message, checks = static_keys(fresh, 0x31, card_id), b"\x31", b"\x31"
    for key in new:
        assert key
        wrapped = Cipher(algorithms.AES(dek), modes.CBC(bytes(16))).encryptor().update(key)
        check = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor().update(b"\x01" * 16)[:3]
        message += b"\x88\x11\x10" + wrapped + b"\x03" + check
        checks += check
    assert host.protocol.send_apdu(0x80, 0xD8, 0x00, 0x81, message) == checks
    for kvn, master in ((0x11, host.masters[0x11]), (0x31, fresh)):
        host.open(kvn, master)
        assert HANAKO.services["library"]["id"].encode() in host.get(0xFF61)
        assert host.get_word(0xFF63) == FORBIDDEN
    host.open(ISSUER)
    assert host.word(0x80, 0xE4, 0, 0, bytes.fromhex("D20111")) == 0x9000
    with pytest.raises(ApduError) as gone:
        host.open(0x11)
    assert gone.value.sw == 0x6A88
    host.open(0x31, fresh)
    assert host.get_word(0xFF61) == 0x9000


def test_the_issuer_suspends_resumes_and_terminates(meet: Meet) -> None:
    host = meet(3)
    for state, word in ((0x87, 0x6985), (0x07, 0x9000), (0xFF, 0x6985)):
        host.open(ISSUER)
        assert host.word(0x80, 0xF0, 0x40, state, AID) == 0x9000
        host.protocol.select(AID)
        assert host.word(0x80, 0x50, 0x11, 0, bytes(8)) == word
        assert host.word(0x80, 0x50, ISSUER, 0, bytes(8)) == (0x6985 if state == 0xFF else 0x9000)
        host.protocol.select(AID)
