"""The simulated card as a host sees it, without a reader."""

from __future__ import annotations

import copy
import random
from contextlib import suppress
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from card_reader.apdu import Command
from card_reader.connection import Connection, exchange, select_application
from card_reader.errors import ApplicationMissing, CardRemoved, PinBlocked, PinWrong, StatusError, Sw
from card_reader.sessions import jpki as jpki_names
from card_reader.sessions.jpki import JpkiSession
from card_reader.sessions.text import TextSession
from card_reader.sessions.visual import VisualSession
from card_reader.simulator.authority import Authority
from card_reader.simulator.card import DirectConnection, SimulatedCard
from card_reader.simulator.memory import VolatileStore
from tests.card_reader.conftest import HANAKO


def status(connection: Connection, wire: str) -> int:
    return connection.transmit(bytes.fromhex(wire))[1]


class Counting:
    """A connection that counts the commands that pass."""

    def __init__(self, inner: Connection) -> None:
        self.inner = inner
        self.count = 0

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        self.count += 1
        return self.inner.transmit(wire)


def test_the_card_proves_its_holder(connection: DirectConnection, authority: Authority) -> None:
    jpki = JpkiSession(connection)
    certificate = x509.load_der_x509_certificate(jpki.auth_certificate())
    certificate.verify_directly_issued_by(authority.certificate)
    jpki.verify_auth_pin(bytearray(b"1234"))
    signature = jpki.sign_with_auth_key(b"challenge")
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(signature, b"challenge", PKCS1v15(), SHA256())


def test_the_auth_certificate_holds_no_name(connection: DirectConnection) -> None:
    der = JpkiSession(connection).auth_certificate()
    assert HANAKO.name.encode() not in der
    assert "TEST" in x509.load_der_x509_certificate(der).subject.rfc4514_string()


def test_the_sign_certificate_opens_with_its_own_pin_only(connection: DirectConnection) -> None:
    jpki = JpkiSession(connection)
    jpki.verify_auth_pin(bytearray(b"1234"))
    with pytest.raises(StatusError) as refused:
        jpki.sign_certificate()
    assert refused.value.status == Sw.SECURITY_STATUS_NOT_SATISFIED
    jpki.verify_sign_pin(bytearray(b"ABC123"))
    names = x509.load_der_x509_certificate(jpki.sign_certificate()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    values = {
        name.type_id.dotted_string[-1]: name.value[2:].decode()
        for name in names.value.get_values_for_type(x509.OtherName)
    }
    assert values == {"1": HANAKO.name, "3": "2", "4": "19900402", "5": HANAKO.address}


def test_three_wrong_pins_block_the_card(connection: DirectConnection) -> None:
    jpki = JpkiSession(connection)
    for left in (2, 1):
        with pytest.raises(PinWrong) as wrong:
            jpki.verify_auth_pin(bytearray(b"9999"))
        assert wrong.value.tries_left == left
        assert jpki.auth_tries_left() == left
    with pytest.raises(PinBlocked):
        jpki.verify_auth_pin(bytearray(b"9999"))
    with pytest.raises(PinBlocked) as blocked:
        jpki.verify_auth_pin(bytearray(b"1234"))
    assert blocked.value.status == Sw.REFERENCE_DATA_NOT_USABLE
    assert jpki.auth_tries_left() == 0
    assert jpki.sign_tries_left() == 5


def test_the_right_pin_gives_all_tries_back(connection: DirectConnection) -> None:
    jpki = JpkiSession(connection)
    with pytest.raises(PinWrong):
        jpki.verify_auth_pin(bytearray(b"0000"))
    jpki.verify_auth_pin(bytearray(b"1234"))
    assert jpki.auth_tries_left() == 3


def test_asking_for_the_tries_left_costs_none(connection: DirectConnection) -> None:
    jpki = JpkiSession(connection)
    assert {jpki.auth_tries_left() for _ in range(20)} == {3}


def test_the_pin_buffer_is_wiped_right_or_wrong(connection: DirectConnection) -> None:
    jpki = JpkiSession(connection)
    for pin in (bytearray(b"1234"), bytearray(b"9999")):
        with suppress(PinWrong):
            jpki.verify_auth_pin(pin)
        assert pin == bytes(4)


@pytest.mark.parametrize("after", ["select", "power"])
def test_what_was_proven_dies_with_selection_and_power(memory: VolatileStore, after: str) -> None:
    card = SimulatedCard(memory)
    connection = DirectConnection(card)
    jpki = JpkiSession(connection)
    jpki.verify_auth_pin(bytearray(b"1234"))
    if after == "power":
        card.forget()
    jpki = JpkiSession(connection)
    with pytest.raises(StatusError) as refused:
        jpki.sign_with_auth_key(b"challenge")
    assert refused.value.status == Sw.SECURITY_STATUS_NOT_SATISFIED


def test_a_wrong_pin_takes_back_what_the_right_one_proved(connection: DirectConnection) -> None:
    jpki = JpkiSession(connection)
    jpki.verify_auth_pin(bytearray(b"1234"))
    with pytest.raises(PinWrong):
        jpki.verify_auth_pin(bytearray(b"9999"))
    with pytest.raises(StatusError):
        jpki.sign_with_auth_key(b"challenge")


def test_the_text_application_opens_by_pin(connection: DirectConnection) -> None:
    text = TextSession(connection)
    with pytest.raises(StatusError):
        text.number()
    text.verify_pin(bytearray(b"1234"))
    assert text.number() == HANAKO.number
    attributes = text.attributes()
    assert (attributes.name, attributes.address) == (HANAKO.name, HANAKO.address)
    assert (attributes.birth_date, attributes.sex) == ("19900402", "2")
    assert HANAKO.name not in repr(attributes)


def test_each_printed_code_opens_its_own_part(connection: DirectConnection, card_templates: dict[str, Any]) -> None:
    text = TextSession(connection)
    text.verify_number_code(bytearray(HANAKO.number.encode()))
    assert text.number() == HANAKO.number
    with pytest.raises(StatusError):
        text.attributes()
    text = TextSession(connection)
    face_code = card_templates["hanako"]["applications"]["text"]["pins"]["0015"]["value"]
    text.verify_face_code(bytearray(face_code.encode()))
    assert text.attributes().name == HANAKO.name
    with pytest.raises(StatusError):
        text.number()


@pytest.mark.parametrize("code", ["number", "face"])
def test_the_front_opens_by_either_printed_code(
    connection: DirectConnection, card_templates: dict[str, Any], code: str
) -> None:
    visual = VisualSession(connection)
    with pytest.raises(StatusError):
        visual.front()
    pins = card_templates["hanako"]["applications"]["visual"]["pins"]
    if code == "number":
        visual.verify_number_code(bytearray(pins["0013"]["value"].encode()))
    else:
        visual.verify_face_code(bytearray(pins["0012"]["value"].encode()))
    front = visual.front()
    assert (front.birth_date, front.sex, front.expires[4:]) == ("19900402", "2", "0402")
    assert front.name_image.startswith(b"\x89PNG")
    assert "1990" not in repr(front)


def test_a_card_answers_only_for_the_applications_it_holds(card_templates: dict[str, Any]) -> None:
    old = copy.deepcopy(card_templates["hanako"])
    del old["applications"]["visual"]
    with pytest.raises(ApplicationMissing):
        VisualSession(DirectConnection(SimulatedCard(VolatileStore(old))))


def test_a_sign_in_takes_few_commands(connection: DirectConnection) -> None:
    """SELECT the application, PIN, certificate and signature; the tries left are asked before."""
    counting = Counting(connection)
    jpki = JpkiSession(counting)
    assert counting.count == 1
    jpki.verify_auth_pin(bytearray(b"1234"))
    assert counting.count == 3
    certificate = jpki.auth_certificate()
    assert counting.count == 3 + 1 + -(-len(certificate) // 256)
    jpki.sign_with_auth_key(b"challenge")
    assert counting.count == 6 + -(-len(certificate) // 256)


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ("00A4040C0AD392F000260100000002", 0x6A82),  # another application
        ("00A4040C05D392F00026", 0x6A82),  # the beginning of a name is no name
        ("00A4040C", 0x6A82),
        ("00A4020C020017", 0x6A82),  # a file before any application
        ("00CADF30", 0x6D00),  # OpenSC's drivers probe with these
        ("00CB3FFF", 0x6D00),
        ("B000000000", 0x6E00),
        ("0020", 0x6700),
    ],
)
def test_strangers_get_a_plain_refusal(connection: DirectConnection, wire: str, expected: int) -> None:
    assert status(connection, wire) == expected


@pytest.mark.parametrize(
    ("file_id", "wire", "expected"),
    [
        ("0017", "00B0000000", 0x6981),  # a key is not readable
        ("0018", "00B0000000", 0x6981),
        ("000A", "00B07FFF00", 0x6B00),
        ("000A", "00200080", 0x6981),
        ("0017", "802A00800130", 0x6982),
        ("000A", "802A00800130", 0x6981),
        ("0017", "002A00800130", 0x6E00),
        ("0018", "00200081", 0x6A86),
        ("0099", "00B0000000", 0x6986),
    ],
)
def test_each_file_takes_only_its_own_commands(
    connection: DirectConnection, file_id: str, wire: str, expected: int
) -> None:
    select_application(connection, jpki_names.AID)
    connection.transmit(bytes.fromhex(f"00A4020C02{file_id}"))
    assert status(connection, wire) == expected


def test_twenty_thousand_random_commands_get_an_answer(card_templates: dict[str, Any]) -> None:
    seed = 1202
    print(f"seed {seed}")
    for answer in _answers(card_templates, random.Random(seed), 20_000):
        assert len(answer) >= 2
        assert answer[-2] in _FIRST_STATUS_BYTES
        assert answer[-2:] != b"\x6f\x00"


_FIRST_STATUS_BYTES = frozenset((0x61, 0x62, 0x63, 0x65, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x90))


def _answers(card_templates: dict[str, Any], source: random.Random, count: int) -> list[bytes]:
    card = SimulatedCard(VolatileStore(card_templates["hanako"]), randomness=source.randbytes)
    return [card.transmit(_random_command(source)) for _ in range(count)]


def _random_command(source: random.Random) -> bytes:
    """Half noise, half commands that come close to real ones."""
    if source.random() < 0.3:
        return source.randbytes(source.randrange(0, 300))
    if source.random() < 0.2:
        aid = source.choice(("D392F000260100000001", "D3921000310001010408", "D3921000310001010402"))
        return bytes.fromhex(f"00A4040C0A{aid}")
    if source.random() < 0.4:
        file_id = source.choice((0x01, 0x02, 0x03, 0x05, 0x06, 0x0A, 0x0B, 0x11, 0x12, 0x14, 0x17, 0x18, 0x1A, 0x1B))
        return bytes((0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, file_id))
    ins = source.choice((0x20, 0x2A, 0x84, 0xA4, 0xB0, 0xC0, 0xCA))
    data = source.choice((b"", b"1234", b"ABC123", source.randbytes(source.randrange(1, 256))))
    command = Command(source.choice((0, 0x80)), ins, source.choice((0, 2, 4)), source.choice((0, 0x0C, 0x80)), data)
    return bytes(command) + source.choice((b"", b"\x00", b"\x10"))


def test_the_same_seed_gets_the_same_answers(card_templates: dict[str, Any]) -> None:
    first, second = (_answers(card_templates, random.Random(5), 2000) for _ in range(2))
    assert first == second


def test_a_pulled_card_says_so(connection: DirectConnection) -> None:
    jpki = JpkiSession(connection)
    connection.pull()
    with pytest.raises(CardRemoved):
        jpki.auth_tries_left()


def test_a_card_without_the_application_is_named(connection: DirectConnection) -> None:
    with pytest.raises(ApplicationMissing):
        select_application(connection, bytes.fromhex("F0121002"))


def test_a_lying_card_ends_the_reading() -> None:
    class Endless:
        def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
            return b"\x55" * 256, 0x6100

    class Liar:
        def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
            return (bytes.fromhex("3082FFFF") + bytes(252) if wire[1] == 0xB0 else b""), 0x9000

    from card_reader.errors import UnexpectedAnswer

    with pytest.raises(UnexpectedAnswer):
        exchange(Endless(), Command(0, 0xB0, le=256))
    with pytest.raises(UnexpectedAnswer):
        JpkiSession(Liar()).auth_certificate()
