"""The JPKI application of the simulated card: certificates, two PINs, two keys.

Emulated from OpenSC `card-jpki.c` and `pkcs15-jpki.c` and jpki/myna 0.5.1 `libmyna/api.go`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from card_reader import apdu
from card_reader.apdu import Command
from card_reader.connection import CURRENT_FILE
from card_reader.errors import Sw
from card_reader.sessions import jpki as names
from card_reader.simulator.files import FREE, FileApplication, Layout
from card_reader.simulator.memory import Memory
from card_reader.simulator.pins import Refused

NAME = "jpki"
TOKEN = b"JPKIAPICCTOKEN2".ljust(32)
SIGN_INPUT_LIMIT = 245  # bytes: an RSA-2048 block less the least padding of PKCS#1 v1.5 type 1

LAYOUT = Layout(
    name=NAME,
    aid=names.AID,
    readable={
        names.AUTH_CERTIFICATE: FREE,
        names.AUTH_CA_CERTIFICATE: FREE,
        names.SIGN_CERTIFICATE: frozenset({names.SIGN_PIN}),
        names.SIGN_CA_CERTIFICATE: FREE,
        names.TOKEN: FREE,
    },
    pins=frozenset({names.AUTH_PIN, names.SIGN_PIN}),
    keys={names.AUTH_KEY: names.AUTH_PIN, names.SIGN_KEY: names.SIGN_PIN},
    changeable={names.AUTH_PIN: names.AUTH_PIN_SHAPE, names.SIGN_PIN: names.SIGN_PIN_SHAPE},
)


class JpkiApplication(FileApplication):
    """Files and PINs, plus signing with a key and random numbers."""

    def __init__(self, memory: Memory, randomness: Callable[[int], bytes] = secrets.token_bytes) -> None:
        super().__init__(LAYOUT, memory)
        self._randomness = randomness
        self._keys: dict[int, RSAPrivateKey] = {}
        self.instructions[0x80, apdu.PERFORM_SECURITY_OPERATION] = self._sign
        self.instructions[0x00, apdu.GET_CHALLENGE] = self._challenge

    def _challenge(self, command: Command) -> bytes:
        if command.p1 or command.p2:
            raise Refused(Sw.WRONG_P1P2)
        if command.data or command.le is None or command.le > 256:
            raise Refused(Sw.WRONG_LENGTH)
        return self._randomness(command.le)

    def _sign(self, command: Command) -> bytes:
        if command.p1 or command.p2 != CURRENT_FILE:
            raise Refused(Sw.WRONG_P1P2)
        file_id = self.reference(command.p2)
        guard = self.layout.keys.get(file_id) if file_id is not None else None
        if guard is None or file_id is None:
            raise Refused(Sw.COMMAND_INCOMPATIBLE_WITH_FILE)
        if guard not in self.proven:
            raise Refused(Sw.SECURITY_STATUS_NOT_SATISFIED)
        if not 1 <= len(command.data) <= SIGN_INPUT_LIMIT:
            raise Refused(Sw.WRONG_LENGTH)
        # The card pads whatever it is given; hashing and DigestInfo are the host's work.
        return self._key(file_id).sign(bytes(command.data), PKCS1v15(), NoDigestInfo())

    def _key(self, file_id: int) -> RSAPrivateKey:
        if file_id not in self._keys:
            pem = self.memory.application(NAME)["keys"][f"{file_id:04X}"]
            # The card made this key itself; proving again that it is one takes longer than ten signatures.
            key = load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
            if not isinstance(key, RSAPrivateKey):
                raise TypeError("the card's key is not an RSA key")
            self._keys[file_id] = key
        return self._keys[file_id]
