"""The card's end of a secure channel: GlobalPlatform SCP03, S8, i = 60, everything protected.

Source: GlobalPlatform Card Specification v2.3, Amendment D v1.1.2 (GPC_SPE_014); section numbers below are its.
The host's end is `card_reader.scp03`. They share no code, or an error in one would hide in the other.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.cmac import CMAC

from card_reader.apdu import Command

BLOCK = 16
MAC_BYTES = 8
SECURE_BIT = 0x04  # of the class byte
EVERYTHING = 0x33  # C-MAC, C-DECRYPTION, R-MAC, R-ENCRYPTION (table 7-6)
SCP_ID, PARAMETER = 0x03, 0x60  # R-MAC and R-ENC supported, challenge random and not pseudo-random (table 5-1)
CARD_CRYPTOGRAM, HOST_CRYPTOGRAM, S_ENC, S_MAC, S_RMAC = 0x00, 0x01, 0x04, 0x06, 0x07  # table 4-1


class Broken(Exception):
    """A message is not what the other end protected: the channel has to die."""


@dataclass(frozen=True, slots=True, repr=False)
class KeySet:
    """The three static keys of one KVN, 16 bytes each."""

    enc: bytes
    mac: bytes
    dek: bytes

    @classmethod
    def read(cls, record: Mapping[str, str]) -> KeySet:
        return cls(*(bytes.fromhex(record[use]) for use in ("enc", "mac", "dek")))

    def record(self) -> dict[str, str]:
        return {use: getattr(self, use).hex() for use in ("enc", "mac", "dek")}


class Handshake:
    """Between INITIALIZE UPDATE and EXTERNAL AUTHENTICATE: one challenge, good for one answer."""

    def __init__(self, keys: KeySet, kvn: int, host_challenge: bytes, card_challenge: bytes) -> None:
        self.kvn = kvn
        context = host_challenge + card_challenge
        self._session = {
            S_ENC: _derive(keys.enc, S_ENC, context, BLOCK),
            S_MAC: _derive(keys.mac, S_MAC, context, BLOCK),
            S_RMAC: _derive(keys.mac, S_RMAC, context, BLOCK),
        }
        self.card_cryptogram = _derive(self._session[S_MAC], CARD_CRYPTOGRAM, context, MAC_BYTES)
        self._host_cryptogram = _derive(self._session[S_MAC], HOST_CRYPTOGRAM, context, MAC_BYTES)
        self._dek = keys.dek

    def finish(self, command: Command) -> Channel:
        """Check EXTERNAL AUTHENTICATE, which is the channel's first message; raises Broken."""
        channel = Channel(self._session, self.kvn, self._dek)
        cryptogram = channel.check(command)
        if not hmac.compare_digest(cryptogram, self._host_cryptogram):
            raise Broken("the host cryptogram is wrong")
        return channel


class Channel:
    """An open channel: `open` takes a protected command, `protect` a plain answer, in turns."""

    def __init__(self, session: Mapping[int, bytes], kvn: int, dek: bytes) -> None:
        self.kvn = kvn
        self.noted = 0  # the number of the log record that tells of what this channel wrote last
        self._session = session
        self._dek = dek
        self._chain = bytes(BLOCK)
        self._counter = 0

    def open(self, command: Command) -> Command:
        """Check and decrypt one command (6.2.4, 6.2.6); raises Broken."""
        data = self.check(command)
        # The counter counts commands with and without data alike (6.2.6, since v1.1.1).
        self._counter += 1
        if data:
            if len(data) % BLOCK:
                raise Broken("the data are no whole blocks")
            data = _unpad(self._cipher(0x00).decryptor().update(data))
        return replace(command, cla=command.cla & ~SECURE_BIT, data=data)

    def check(self, command: Command) -> bytes:
        """Check the C-MAC of a command and return the data before it; raises Broken."""
        body, mac = bytes(command.data[:-MAC_BYTES]), bytes(command.data[-MAC_BYTES:])
        if len(mac) != MAC_BYTES:
            raise Broken("there is no MAC")
        header = bytes((command.cla, command.ins, command.p1, command.p2))
        # Lc is in the MAC in the form in which it was sent, one byte or three.
        length = len(command.data)
        forms = [b"\x00" + length.to_bytes(2, "big")]
        if length <= 0xFF:
            forms.insert(0, bytes((length,)))
        for form in forms:
            chain = _cmac(self._session[S_MAC], self._chain + header + form + body)
            if hmac.compare_digest(chain[:MAC_BYTES], mac):
                self._chain = chain
                return body
        raise Broken("the MAC is wrong")

    def protect(self, data: bytes, status: int) -> bytes:
        """Encrypt the answer and put the R-MAC behind it (6.2.5, 6.2.7); only for 9000, 62xx and 63xx."""
        if data:
            data = self._cipher(0x80).encryptor().update(_pad(data))
        return data + _cmac(self._session[S_RMAC], self._chain + data + status.to_bytes(2, "big"))[:MAC_BYTES]

    def key_under_dek(self, wrapped: bytes) -> bytes:
        """Decrypt a new key that was sent with PUT KEY (7.2)."""
        return Cipher(AES(self._dek), CBC(bytes(BLOCK))).decryptor().update(wrapped)

    def _cipher(self, direction: int) -> Cipher[CBC]:
        """AES-CBC whose initial block is the encrypted counter; its first byte tells commands from answers."""
        block = bytes((direction,)) + self._counter.to_bytes(BLOCK - 1, "big")
        start = _encrypt_block(self._session[S_ENC], block)
        return Cipher(AES(self._session[S_ENC]), CBC(start))


def check_value(key: bytes) -> bytes:
    """The key check value of an AES key: the first three bytes of sixteen encrypted 01 (B.6 of the card spec)."""
    return _encrypt_block(key, b"\x01" * BLOCK)[:3]


def _encrypt_block(key: bytes, block: bytes) -> bytes:
    return Cipher(AES(key), CBC(bytes(BLOCK))).encryptor().update(block)


def _derive(key: bytes, constant: int, context: bytes, size: int) -> bytes:
    """KDF in counter mode with CMAC (4.1.5): label of 12 bytes, 00, bits as two bytes, counter 1, context."""
    label = bytes(11) + bytes((constant, 0x00))
    return _cmac(key, label + (size * 8).to_bytes(2, "big") + b"\x01" + context)[:size]


def _cmac(key: bytes, message: bytes) -> bytes:
    mac = CMAC(AES(key))
    mac.update(message)
    return mac.finalize()


def _pad(data: bytes) -> bytes:
    return data + b"\x80" + bytes(-(len(data) + 1) % BLOCK)


def _unpad(data: bytes) -> bytes:
    bare = data.rstrip(b"\x00")
    if not bare.endswith(b"\x80") or len(data) - len(bare) >= BLOCK:
        raise Broken("the padding is wrong")
    return bare[:-1]
