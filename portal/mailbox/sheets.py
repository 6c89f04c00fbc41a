"""Words on paper: faces by language, and what stands for a sign that no font of the city can draw."""

import unicodedata
from typing import Any

from portal.core.press import GOTHIC, NAME_FONT

FACES = {"zh": ["Noto Sans CJK SC"], "ko": ["Noto Sans CJK KR"]}
"""Chinese and Korean signs come from their own face: shared code points look Japanese in a Japanese font."""
NO_GLYPH = "〓"
# What the faces of other languages draw beside the certificate font: Latin with its accents, Hangul, Han.
_LETTERS = ((0x20, 0x17F), (0x3000, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3))


def faces(language: str) -> list[str]:
    return [*FACES.get(language, []), GOTHIC, NAME_FONT]


def drawable(machine: Any, text: str) -> str:
    """*text* with 〓 for what cannot be drawn: one odd sign must not hold up a page, or a thousand letters."""
    odd = {sign for sign in machine.undrawable([text]) if not _is_letter(sign)}
    for sign in odd - {"\n"}:
        text = text.replace(sign, NO_GLYPH)
    return "".join(sign for sign in text if sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cs"))


def _is_letter(sign: str) -> bool:
    return len(sign) == 1 and any(first <= ord(sign) <= last for first, last in _LETTERS)
