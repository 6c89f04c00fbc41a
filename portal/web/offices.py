"""Names of offices, sections and machines for readers of other languages, as the city wrote them (offices.json).

Records, labels and notices keep the Japanese name, which is what stands on the door; it is put into the reader's
language when a page shows it. What the file does not know stays Japanese, and says so to screen readers.
"""

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from markupsafe import Markup, escape

FILE = Path(__file__).parent / "offices.json"
_PART = re.compile(r"(.*?)([0-9]*)")


@cache
def names() -> Mapping[str, Mapping[str, str]]:
    """Japanese name → language → name there."""
    found: Mapping[str, Mapping[str, str]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


@lru_cache(maxsize=4096)
def in_words(label: str, language: str) -> str:
    """*label* (`中央区役所 市民総合窓口課 000005`) in *language*; names that the file does not know stay as they are."""
    if language == "ja":
        return label
    parts = [_part(part, language) for part in label.split(" ")]
    named = [part for part in parts if not part.isdigit()]
    return " ".join([", ".join(named), *(part for part in parts if part.isdigit())])


def _part(part: str, language: str) -> str:
    whole = _PART.fullmatch(part)
    name, number = whole.groups() if whole else (part, "")
    known = names().get(name, {}).get(language)
    return part if known is None else f"{known} {number}".strip()


def in_japanese(typed: str, language: str) -> str:
    """What records call an office that somebody names in *language*; anything else as it was typed."""
    wanted = typed.casefold()
    return next((name for name, known in names().items() if known.get(language, name).casefold() == wanted), typed)


def show(label: str, language: str) -> Markup:
    """The name in the reader's language; marked as Japanese where it stays so."""
    words = in_words(label, language)
    return _japanese(words) if language != "ja" and words == label else escape(words)


def show_to_find(label: str, language: str) -> Markup:
    """The same with the Japanese name beside it, for whoever has to find the building."""
    words = show(label, language)
    return words if language == "ja" or in_words(label, language) == label else words + " " + _japanese(label)


def _japanese(words: str) -> Markup:
    return Markup('<span lang="ja">{}</span>').format(words)
