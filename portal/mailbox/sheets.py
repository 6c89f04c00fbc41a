"""Words on paper: faces by language, and what stands for a sign that no font of the city can draw."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from portal.core.press import GOTHIC, NAME_FONT

PAPER = Path(__file__).parent / "layouts" / "notice.typ"
FACES = {"zh": ["Noto Sans CJK SC"], "ko": ["Noto Sans CJK KR"]}
"""Chinese and Korean signs come from their own face: shared code points look Japanese in a Japanese font."""
NO_GLYPH = "〓"
# What the faces of other languages draw beside the certificate font: Latin with its accents, Hangul, Han.
_LETTERS = ((0x20, 0x17F), (0x3000, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3))


@dataclass(frozen=True, slots=True)
class Sheet:
    """One notice with its course, in the words of its reader: `lang` is the reader's language, `code` that of the text."""

    title: str
    author: str
    lang: str
    code: str
    kind: str
    section: str
    facts: Sequence[tuple[str, str]]
    body: Sequence[str]
    course_title: str
    steps: Sequence[Mapping[str, str]]
    saved: str


def draw(sheet: Sheet, at: datetime) -> bytes:
    """As a PDF for a printer or a counter."""
    from portal.core.press import press  # here: what only shows pages need not carry the press

    machine = press()
    told = {
        "title": drawable(machine, sheet.title),
        "author": sheet.author,
        "keywords": [],
        "lang": sheet.lang,
        "face": faces(sheet.code if sheet.code in FACES else sheet.lang),
        "kind": sheet.kind,
        "section": sheet.section,
        "facts": [(name, drawable(machine, said)) for name, said in sheet.facts if said],
        "body": [drawable(machine, part) for part in sheet.body],
        "course_title": sheet.course_title,
        "steps": [[drawable(machine, step[part]) for part in ("title", "when", "note")] for step in sheet.steps],
        "saved": sheet.saved,
    }
    return machine.draw(PAPER, told, at)


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
