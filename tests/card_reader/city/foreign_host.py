"""Another team's terminal: written from card_reader/README.md, with pyscard and cryptography and nothing of ours."""

from __future__ import annotations

import os
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

AID = bytes.fromhex("F01210024F4D41544F4D4501")
Transmit = Callable[[list[int]], tuple[list[int], int, int]]


def cmac(key: bytes, message: bytes) -> bytes:
    state = CMAC(algorithms.AES(key))
    state.update(message)
    return state.finalize()


def aes(key: bytes, data: bytes, iv: bytes = bytes(16), *, back: bool = False) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.CBC(iv))
    worker = cipher.decryptor() if back else cipher.encryptor()
    return worker.update(data) + worker.finalize()


class Terminal:
    """One application of one card, as the README tells it."""

    def __init__(self, transmit: Transmit) -> None:
        self._transmit = transmit
        self.commands = 0
        self.apdu(bytes((0x00, 0xA4, 0x04, 0x0C, len(AID))) + AID)

    def apdu(self, wire: bytes) -> tuple[bytes, int]:
        """Send bytes; collect 61xx."""
        self.commands += 1
        data, sw1, sw2 = self._transmit(list(wire))
        answer = bytes(data)
        while sw1 == 0x61:
            data, sw1, sw2 = self._transmit([0x00, 0xC0, 0x00, 0x00, sw2])
            answer += bytes(data)
        return answer, sw1 << 8 | sw2

    def open(self, kvn: int, master: bytes) -> int:
        """Both handshake commands; the status word of the second, or of the first when that failed."""
        mine = os.urandom(8)
        greeting, word = self.apdu(bytes((0x80, 0x50, kvn, 0x00, 8)) + mine + b"\x00")
        if word != 0x9000:
            return word
        assert greeting[10:13] == bytes((kvn, 0x03, 0x60))
        assert len(greeting) == 29
        enc, mac = (cmac(master, b"\x01" + greeting[:10] + AID + bytes((kvn, use))) for use in (1, 2))
        context = mine + greeting[13:21]

        def derived(key: bytes, constant: int, size: int) -> bytes:
            return cmac(key, bytes(11) + bytes((constant, 0, 0, size, 1)) + context)[: size // 8]

        self.enc, self.mac, self.rmac = derived(enc, 4, 128), derived(mac, 6, 128), derived(mac, 7, 128)
        assert derived(self.mac, 0, 64) == greeting[21:], "not the card's cryptogram"
        self.chain, self.counter = bytes(16), 0
        return self.apdu(self._macked(0x84, 0x82, 0x33, 0x00, derived(self.mac, 1, 64)))[1]

    def send(self, ins: int, p1: int, p2: int, data: bytes) -> tuple[bytes, int]:
        """One protected command."""
        self.counter += 1
        number = self.counter.to_bytes(16, "big")
        padded = data + b"\x80" + bytes(-(len(data) + 1) % 16)
        body = aes(self.enc, padded, aes(self.enc, number)) if data else b""
        answer, word = self.apdu(self._macked(0x84, ins, p1, p2, body) + b"\x00")
        if word != 0x9000 and word >> 8 not in (0x62, 0x63):
            assert answer == b""
            return b"", word
        body, proof = answer[:-8], answer[-8:]
        assert proof == cmac(self.rmac, self.chain + body + word.to_bytes(2, "big"))[:8]
        plain = aes(self.enc, body, aes(self.enc, b"\x80" + number[1:]), back=True) if body else b""
        return plain.rstrip(b"\x00")[:-1], word

    def _macked(self, cla: int, ins: int, p1: int, p2: int, data: bytes) -> bytes:
        head = bytes((cla, ins, p1, p2, len(data) + 8)) + data
        self.chain = cmac(self.mac, self.chain + head)
        return head + self.chain[:8]
