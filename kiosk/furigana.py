"""Furigana above the words of the machine's own sentences, from a list people have read (`readings.txt`).

Readings are never guessed at run time: a wrong one in front of a child is worse than none, so a word that is not in
the list stays bare, and a test holds that every sentence of the machine is covered. Names of people get none.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_TOKEN = re.compile(r"<[^>]*>|[^<]+")
_BARE = re.compile(r"<(title|script|svg|style)\b|<(\w+)[^>]*\slang=")
_TAG = re.compile(r"</?(\w+)")


def with_furigana(page: str) -> str:
    """The page with <ruby> around known words; head, drawings, and what is in another language stay as they are."""
    out, bare = [], ""
    for token in _TOKEN.findall(page):
        if not token.startswith("<"):
            out.append(token if bare else annotated(token))
            continue
        out.append(token)
        opened = _BARE.match(token)
        if not bare and opened:
            bare = opened.group(1) or opened.group(2)
            bare = "" if bare == "html" else bare
        elif bare and token.startswith("</") and _TAG.match(token).group(1) == bare:  # type: ignore[union-attr]
            bare = ""
    return "".join(out)


def annotated(text: str) -> str:
    """One run of text; the longest known word wins."""
    pattern, words = readings()
    return pattern.sub(lambda found: words[found.group()], text)


@cache
def readings() -> tuple[re.Pattern[str], dict[str, str]]:
    """Lines like 証明書[しょうめいしょ] or 入[い]れる: the words, and each with its ruby."""
    lines = Path(__file__).with_name("readings.txt").read_text("utf-8").split()
    mark = re.compile(r"([一-鿿々]+)\[([ぁ-んー]+)\]")
    words = {mark.sub(r"\1", line): mark.sub(r"<ruby>\1<rt>\2</rt></ruby>", line) for line in lines}
    return re.compile("|".join(sorted(map(re.escape, words), key=len, reverse=True))), words
