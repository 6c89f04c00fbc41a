"""The host's end of a secure channel: GlobalPlatform SCP03 with AES-128, S8, everything protected both ways.

Source: GlobalPlatform Card Specification v2.3, Amendment D v1.1.2 (GPC_SPE_014). The card's end is
`simulator.city_channel`; the two share no code, or an error in one would hide in the other.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from card_reader import apdu
from card_reader.apdu import Command
from card_reader.connection import Connection, exchange, send
from card_reader.errors import CardError, StatusError, Sw, UnexpectedAnswer

INITIALIZE_UPDATE, EXTERNAL_AUTHENTICATE = 0x50, 0x82
FULL_PROTECTION = 0x33
GREETING_LENGTH = 29  # 10 diversification data, 3 key information, 8 challenge, 8 cryptogram
SCP03_RANDOM = bytes((0x03, 0x60))  # protocol and parameter i: R-MAC, R-ENC, random challenge


class CardNotGenuine(CardError):
    """The card does not know the key it was asked for: forged, of another city, or the key is old."""


class ChannelBroken(CardError):
    """An answer was altered, or the card ended the channel; nothing it said since can be trusted."""


@dataclass(frozen=True, slots=True)
class CardKeys:
    """The static keys of one card and one KVN, 16 bytes each."""

    enc: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    dek: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Greeting:
    """The answer to INITIALIZE UPDATE."""

    card_id: bytes = field(repr=False)  # it can be used to follow a person
    kvn: int
    challenge: bytes
    cryptogram: bytes


def open_channel(
    connection: Connection,
    kvn: int,
    keys_of: Callable[[bytes], CardKeys],
    host_challenge: bytes | None = None,
) -> SecureConnection:
    """Prove card and host to each other and return the protected connection (2 APDUs).

    `keys_of` gives the static keys for the card's ten bytes of diversification data. Raises CardNotGenuine before
    anything secret was sent, StatusError when the card refuses this host.
    """
    host_challenge = host_challenge or secrets.token_bytes(8)
    greeting = greet(connection, kvn, host_challenge)
    keys = keys_of(greeting.card_id)
    channel = SecureConnection(connection, keys, host_challenge + greeting.challenge, greeting.card_id)
    if not compare_digest(channel.cryptogram(0x00), greeting.cryptogram):
        raise CardNotGenuine("the card's cryptogram is wrong")
    status = channel.authenticate()
    if status != Sw.OK:
        raise StatusError(status)
    return channel


def greet(connection: Connection, kvn: int, host_challenge: bytes) -> Greeting:
    """What the card answers to a challenge, for whoever has the key; ends a channel that is open (1 APDU).

    Raises StatusError: 6A88 no such key on the card, 6985 a suspended card.
    """
    answer = send(connection, Command(0x80, INITIALIZE_UPDATE, kvn, 0x00, host_challenge, le=256))
    return _read_greeting(answer, kvn)


def answered_by(keys: CardKeys, host_challenge: bytes, greeting: Greeting) -> bool:
    """Whether the card of these keys itself answered this challenge."""
    context = host_challenge + greeting.challenge
    expected = _kdf(_kdf(keys.mac, 0x06, 128, context), 0x00, 64, context)
    return compare_digest(expected, greeting.cryptogram)


def _read_greeting(answer: bytes, kvn: int) -> Greeting:
    if len(answer) != GREETING_LENGTH or answer[10] != kvn or answer[11:13] != SCP03_RANDOM:
        raise UnexpectedAnswer("this is no SCP03 greeting with random challenge and full protection")
    return Greeting(card_id=answer[:10], kvn=kvn, challenge=answer[13:21], cryptogram=answer[21:])


class SecureConnection:
    """A `Connection` whose commands and answers are protected; status words of errors are not (6.2.5).

    An unprotected error proves nothing: whoever sits on the wire can say "refused" in the card's name.
    """

    def __init__(self, inner: Connection, keys: CardKeys, context: bytes, card_id: bytes) -> None:
        self.card_id = card_id
        self._inner = inner
        self._context = context
        self._enc = _kdf(keys.enc, 0x04, 128, context)
        self._mac = _kdf(keys.mac, 0x06, 128, context)
        self._rmac = _kdf(keys.mac, 0x07, 128, context)
        self._dek = keys.dek
        self._last_mac = bytes(16)
        self._commands = 0
        self._alive = True

    def cryptogram(self, constant: int) -> bytes:
        """The card's (00) or the host's (01) proof of knowing the key, 8 bytes."""
        return _kdf(self._mac, constant, 64, self._context)

    def authenticate(self) -> int:
        """Send EXTERNAL AUTHENTICATE, the first message with a MAC; return the status word."""
        bare = Command(0x84, EXTERNAL_AUTHENTICATE, FULL_PROTECTION, 0x00, self.cryptogram(0x01))
        _, status = exchange(self._inner, self._with_mac(bare))
        return status

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        """Send one command under protection. Raises ChannelBroken once anything about the channel is wrong."""
        if not self._alive:
            raise ChannelBroken("the channel is closed")
        command = apdu.parse(wire)
        self._commands += 1
        data = self._encrypt(bytes(command.data)) if command.data else b""
        protected = Command(command.cla | 0x04, command.ins, command.p1, command.p2, data, le=command.le or 256)
        self._alive = False  # whatever stops us between here and the checked answer ends the channel
        answer, status = exchange(self._inner, self._with_mac(protected))
        plain = self._open(answer, status)
        self._alive = True
        return plain, status

    def wrap_key(self, key: bytes) -> bytes:
        """Encrypt a new key for PUT KEY under the static DEK."""
        return _one_block(self._dek, key)

    def _with_mac(self, command: Command) -> Command:
        size = len(command.data) + 8
        extended = size > apdu.SHORT_DATA_LIMIT or (command.le or 0) > apdu.SHORT_DATA_LIMIT + 1
        length = b"\x00" + size.to_bytes(2, "big") if extended else size.to_bytes(1, "big")
        head = bytes((command.cla, command.ins, command.p1, command.p2)) + length
        self._last_mac = _mac(self._mac, self._last_mac + head + command.data)
        data = command.data + self._last_mac[:8]
        return Command(command.cla, command.ins, command.p1, command.p2, data, command.le)

    def _open(self, answer: bytes, status: int) -> bytes:
        if status != Sw.OK and status >> 8 not in (0x62, 0x63):
            if status == Sw.SECURE_MESSAGING_INCORRECT:
                raise ChannelBroken("the card closed the channel")
            if answer:
                raise ChannelBroken("an error came with data")
            return b""
        body, proof = answer[:-8], answer[-8:]
        expected = _mac(self._rmac, self._last_mac + body + status.to_bytes(2, "big"))[:8]
        if len(proof) != 8 or len(body) % 16 or not compare_digest(expected, proof):
            raise ChannelBroken("the answer was altered on its way")
        return self._decrypt(body) if body else b""

    def _encrypt(self, data: bytes) -> bytes:
        padded = data + b"\x80"
        padded += bytes(-len(padded) % 16)
        encryptor = Cipher(algorithms.AES(self._enc), modes.CBC(self._initial(0))).encryptor()
        return encryptor.update(padded) + encryptor.finalize()

    def _decrypt(self, data: bytes) -> bytes:
        decryptor = Cipher(algorithms.AES(self._enc), modes.CBC(self._initial(1 << 127))).decryptor()
        padded = decryptor.update(data) + decryptor.finalize()
        content, mark, zeros = padded.rpartition(b"\x80")
        if not mark or len(zeros) > 15 or any(zeros):
            raise ChannelBroken("the padding of the answer is wrong")
        return content

    def _initial(self, direction: int) -> bytes:
        """The initial block: the number of the command, its top bit set for answers, encrypted (6.2.6, 6.2.7)."""
        return _one_block(self._enc, (direction | self._commands).to_bytes(16, "big"))


def key_check_value(key: bytes) -> bytes:
    """Three bytes that tell keys apart without telling the key (sixteen 01 encrypted)."""
    return _one_block(key, bytes([1]) * 16)[:3]


def _one_block(key: bytes, block: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    return encryptor.update(block) + encryptor.finalize()


def _kdf(key: bytes, constant: int, bits: int, context: bytes) -> bytes:
    """NIST SP 800-108 in counter mode with CMAC, in the order of fields of 4.1.5."""
    label = constant.to_bytes(12, "big")
    return _mac(key, label + b"\x00" + bits.to_bytes(2, "big") + b"\x01" + context)[: bits // 8]


def _mac(key: bytes, message: bytes) -> bytes:
    state = CMAC(algorithms.AES(key))
    state.update(message)
    return state.finalize()
