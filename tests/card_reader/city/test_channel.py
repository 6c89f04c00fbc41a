"""SCP03 at both ends against published messages: neither end can be wrong in a way that suits the other.

The messages are those of osmocom pySim, tests/unittests/test_globalplatform.py (SCP03_Test_AES128_33, recorded
from an eUICC); the key derivation's is table 2 of NXP's AN10922.
"""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from card_reader import apdu
from card_reader.apdu import Command
from card_reader.key_store import diversify
from card_reader.scp03 import CardKeys, ChannelBroken, SecureConnection, key_check_value
from card_reader.simulator.city_channel import Broken, Handshake, KeySet, check_value

ENC, MAC, DEK = bytes(range(0x10)), bytes(range(0x10, 0x20)), bytes(range(0x20, 0x30))
HOST_CHALLENGE = bytes.fromhex("fdf38259a1e0de44")
CARD_CHALLENGE = bytes.fromhex("3b1aca81e821f219")
CARD_CRYPTOGRAM = bytes.fromhex("081cdc01c26b372d")
EXTERNAL_AUTHENTICATE = "84823300108c36f96bcc00724a4e13ad591d7da3f0"
# Plain command, protected command, protected answer (where it was published) and plain answer.
GET_EID = (
    "80E2910006BF3E035C015A00",
    "84e2910018267a85dfe4a98fca6fb0527e0dfecce4914e40401433c87f00",
    "f3ba2b1013aa6224f5e1c138d71805c569e5439b47576260b75fc021b25097cb2e68f8a0144975b9",
    "bf3e125a1089882119900000000000000000000005",
)
LATER = (
    ("80F22002", "84f2200208ac6a59024bed84cc"),
    ("80ca006600", "84ca006608409912ad8fb7aed000"),
    ("80F220020a4f0212345c054f9f70c5", "84f22002185f3dafc3ac14c381536a488bf44e06d056df9d74dbd21e5a"),
    ("80f28002024f0000", "84f280021865165105be3373347d0424d4400af2ac393f569ec779389e00"),
)


class Recorded:
    """A card that answers from a list and keeps what it was sent."""

    def __init__(self, *answers: str) -> None:
        self.answers = [bytes.fromhex(answer) for answer in answers]
        self.sent: list[bytes] = []

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        self.sent.append(bytes(wire))
        return self.answers.pop(0), 0x9000


def host(inner: Recorded) -> SecureConnection:
    return SecureConnection(inner, CardKeys(ENC, MAC, DEK), HOST_CHALLENGE + CARD_CHALLENGE, bytes(10))


def handshake() -> Handshake:
    return Handshake(KeySet(ENC, MAC, DEK), 0x30, HOST_CHALLENGE, CARD_CHALLENGE)


def test_the_host_sends_and_reads_what_was_published() -> None:
    inner = Recorded("", GET_EID[2])
    channel = host(inner)
    assert channel.cryptogram(0x00) == CARD_CRYPTOGRAM
    assert channel.authenticate() == 0x9000
    assert channel.transmit(bytes.fromhex(GET_EID[0])) == (bytes.fromhex(GET_EID[3]), 0x9000)
    assert [wire.hex() for wire in inner.sent] == [EXTERNAL_AUTHENTICATE, GET_EID[1]]


def test_the_hosts_later_messages_are_chained_and_counted_as_published() -> None:
    inner = Recorded("", GET_EID[2], *[""] * 4)
    channel = host(inner)
    channel.authenticate()
    channel.transmit(bytes.fromhex(GET_EID[0]))
    for plain, protected in LATER:
        with pytest.raises(ChannelBroken):  # their answers were not published, so there is none to accept
            channel.transmit(bytes.fromhex(plain))
        channel._alive = True
        assert inner.sent[-1].hex().startswith(protected.removesuffix("00"))


def test_the_card_accepts_and_answers_what_was_published() -> None:
    begun = handshake()
    assert begun.card_cryptogram == CARD_CRYPTOGRAM
    channel = begun.finish(apdu.parse(bytes.fromhex(EXTERNAL_AUTHENTICATE)))
    for plain, protected in (GET_EID[:2], *LATER):
        opened = channel.open(apdu.parse(bytes.fromhex(protected)))
        assert (opened.cla, opened.data) == (0x80, apdu.parse(bytes.fromhex(plain)).data)
        if protected == GET_EID[1]:
            assert channel.protect(bytes.fromhex(GET_EID[3]), 0x9000).hex() == GET_EID[2]


def test_the_card_refuses_another_host() -> None:
    wire = bytearray.fromhex(EXTERNAL_AUTHENTICATE)
    for position in range(5, len(wire)):
        wire[position] ^= 1
        with pytest.raises(Broken):
            handshake().finish(apdu.parse(bytes(wire)))
        wire[position] ^= 1


def test_a_right_mac_over_a_wrong_cryptogram_opens_nothing() -> None:
    card = handshake()
    forged = host(Recorded(""))._with_mac(Command(0x84, 0x82, 0x33, 0x00, bytes(8)))
    with pytest.raises(Broken):
        card.finish(forged)


@pytest.mark.parametrize("padding", ["00" * 16, "81" + "00" * 15, "80" + "00" * 31, "00" * 15 + "01"])
def test_data_without_proper_padding_break_both_ends(padding: str) -> None:
    class Raw(SecureConnection):
        def _encrypt(self, data: bytes) -> bytes:
            encryptor = Cipher(AES(self._enc), CBC(self._initial(0))).encryptor()
            return encryptor.update(data)

    inner = Recorded("", "")
    sender = Raw(inner, CardKeys(ENC, MAC, DEK), HOST_CHALLENGE + CARD_CHALLENGE, bytes(10))
    sender.authenticate()
    card = handshake().finish(apdu.parse(inner.sent[0]))
    with pytest.raises(ChannelBroken):
        sender.transmit(bytes(Command(0x80, 0xCB, 0x3F, 0xFF, bytes.fromhex(padding))))
    with pytest.raises(Broken):
        card.open(apdu.parse(inner.sent[1]))
    answered = Cipher(AES(sender._enc), CBC(sender._initial(1 << 127))).encryptor().update(bytes.fromhex(padding))
    with pytest.raises(ChannelBroken):
        sender._decrypt(answered)


def test_key_check_values_are_the_published_ones() -> None:
    for key, value in ((ENC, "C35280"), (MAC, "013808"), (DEK, "840DE5")):
        assert check_value(key).hex().upper() == key_check_value(key).hex().upper() == value


def test_derivation_is_that_of_an10922() -> None:
    master = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
    message = bytes.fromhex("0104782E21801D803042F54E585020416275")
    assert diversify(master, message).hex().upper() == "A8DD63A3B89D54B37CA802473FDA9175"
