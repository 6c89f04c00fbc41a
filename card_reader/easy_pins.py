"""Which new PINs are refused wherever one is chosen: the bridge's own page and the kiosk.

NIST SP 800-63B 5.1.1.2: a chosen secret is compared with the ones that are expected, "repetitive or sequential" among them;
whose it is must hear why, and choose another. A card cannot do it: what it takes is only a length.
"""

from __future__ import annotations

from card_reader.sessions.city_names import PIN_LENGTH

_EASY = frozenset(
    bytes(ord("0") + first + step * place for place in range(PIN_LENGTH))
    for first in range(10)
    for step in (-1, 0, 1)
    if 0 <= first + step * (PIN_LENGTH - 1) <= 9
)
"""0000, 1111 …, 0123, 1234 … and 9876 …: what a finder tries first."""


def is_easy(pin: bytes | bytearray) -> bool:
    """Four same digits, or a run up or down."""
    return bytes(pin) in _EASY
