"""PINs with a counter of tries that no power cut can trick."""

from __future__ import annotations

import hmac
from typing import Any

from card_reader.errors import Sw
from card_reader.simulator.memory import Memory


class Refused(Exception):
    """The card answers this status word instead of 9000, with or without data before it."""

    def __init__(self, status: int, data: bytes = b"") -> None:
        super().__init__(f"{status:04X}")
        self.status = status
        self.data = data


class Pin:
    """One PIN file of one application: `value`, `left` and `limit` live in the card's memory."""

    def __init__(self, memory: Memory, application: str, file_id: int) -> None:
        self._memory = memory
        self._application = application
        self._key = f"{file_id:04X}"

    def _entry(self) -> dict[str, Any]:
        entry: dict[str, Any] = self._memory.application(self._application)["pins"][self._key]
        return entry

    @property
    def left(self) -> int:
        return int(self._entry()["left"])

    def verify(self, secret: bytes) -> None:
        """Accept the secret or raise Refused: 63 Cx with the tries left, and the card's word for "blocked" after.

        jpki/myna reads 6984 as "blocked", ISO/IEC 7816-4 has 6983: the entry says which (6984 unless it does).
        """
        if self.left == 0:
            raise Refused(int(self._entry().get("blocked", Sw.REFERENCE_DATA_NOT_USABLE)))
        # The try is spent before the comparison: pulling the card in between must not win a free guess.
        self._keep(left=self.left - 1)
        if not hmac.compare_digest(secret, str(self._entry()["value"]).encode()):
            raise Refused(0x63C0 | self.left)
        self._keep(left=int(self._entry()["limit"]))

    def change(self, secret: bytes) -> None:
        """Take another secret; it was proven before who asks for that."""
        self._entry()["value"] = secret.decode("ascii")
        self._keep(left=int(self._entry()["limit"]))

    def _keep(self, *, left: int) -> None:
        self._entry()["left"] = left
        self._memory.commit()
