"""Finding a procedure by any word for it: kanji, kana of either width, Latin letters with or without accents."""

import unicodedata
from collections.abc import Iterable

import jaconv

# Long vowels and middle dots are left out by one person and typed by another.
_DROPPED = dict.fromkeys(map(ord, "ー-‐−・·、。（）()"))
LONGEST_QUERY = 100


def fold(text: str) -> str:
    """What is compared: "ﾃﾝｷｮ", "テンキョ" and "てんきょ" are one, so are "mudança" and "MUDANCA"."""
    wide = jaconv.kata2hira(unicodedata.normalize("NFKC", text).casefold())
    return "".join(_bare(sign) for sign in wide).translate(_DROPPED)


def _bare(sign: str) -> str:
    """A Latin letter without its accent; every other sign as it is (が is not か, 각 is one syllable)."""
    parts = unicodedata.normalize("NFD", sign)
    return parts[0] if parts[0].isascii() else sign


def matches(query: str, haystack: Iterable[str]) -> bool:
    """Whether every word of *query* is in one of the (folded) texts; a query without words matches everything."""
    texts = tuple(haystack)
    return all(any(word in text for text in texts) for word in words_of(query))


def words_of(query: str) -> list[str]:
    """The folded words of a query, without those that consist of dropped signs."""
    return [word for part in query[:LONGEST_QUERY].split() if (word := fold(part))]
