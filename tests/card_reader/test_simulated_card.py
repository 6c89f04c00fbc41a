"""The simulated card as a host sees it, without a reader."""

from __future__ import annotations

from contextlib import suppress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from card_reader.connection import select_application
from card_reader.errors import ApplicationMissing, CardRemoved, PinBlocked, PinWrong, StatusError, Sw
from card_reader.sessions.jpki import JpkiSession
from card_reader.simulator.authority import Authority
from card_reader.simulator.card import DirectConnection, SimulatedCard
from card_reader.simulator.memory import VolatileStore
from tests.card_reader.conftest import HANAKO


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


def test_a_pulled_card_says_so(connection: DirectConnection) -> None:
    jpki = JpkiSession(connection)
    connection.pull()
    with pytest.raises(CardRemoved):
        jpki.auth_tries_left()


def test_a_card_without_the_application_is_named(connection: DirectConnection) -> None:
    with pytest.raises(ApplicationMissing):
        select_application(connection, bytes.fromhex("F0121002"))
