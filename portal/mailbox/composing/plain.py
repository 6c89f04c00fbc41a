"""Advice on plain language. It never stops anybody: a clerk who knows better sends what they wrote. Pure.

Measures: 文化庁「公用文作成の考え方」(2022) asks for sentences of 50 to 60 characters; readable Japanese
has 20 to 35 percent kanji. For やさしい日本語 the 2020 guideline of 出入国在留管理庁 asks for short sentences,
about half as long.
A notification on a locked telephone shows some 40 characters of a title.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from portal.core.words import N_

LONGEST_SENTENCE = 60
LONGEST_EASY_SENTENCE = 35
MOST_KANJI = 0.40
LONGEST_SEEN_TITLE = 40
LONG_TEXT = 1_200
EASY = "easy"

_SENTENCES = re.compile(r"[^。！？\n]+[。！？]?")
_KANJI = re.compile(r"[\u3400-\u9fff\uf900-\ufaff々〆]")
_LETTERS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff々〆]")
_PLACES = re.compile(r"\(\([^()\n]*\)\)")
_MARKS = re.compile(r"^\s*(?:[・*\-0-9０-９]+[.)．）]?\s*)?(?:https?://\S+|[0-9-]+)?\s*$")


@dataclass(frozen=True, slots=True)
class Hint:
    """One piece of advice: a sentence (msgid) with its facts, and the words it is about."""

    code: str
    words: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    about: str = ""


@cache
def better_words() -> dict[str, str]:
    """役所言葉 and what to say instead, the longest first."""
    found = json.loads((Path(__file__).parent / "plain_words.json").read_text("utf-8"))["words"]
    return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))


def sentences(text: str) -> list[str]:
    """The sentences of *text*; lines that are only a mark, a number or an address are none."""
    return [one.strip() for one in _SENTENCES.findall(text) if not _MARKS.match(one)]


def kanji_share(text: str) -> float:
    """漢字率: kanji among all Japanese letters, 0 to 1; places that are filled for each reader count for nothing."""
    text = _PLACES.sub("", text)
    letters = len(_LETTERS.findall(text))
    return len(_KANJI.findall(text)) / letters if letters else 0.0


def hints(texts: Mapping[str, Mapping[str, str]]) -> list[Hint]:
    """What could be said more plainly in *texts* ({language: {title, body}}), the most useful first."""
    japanese, easy = texts.get("ja", {}), texts.get(EASY, {})
    title, body = japanese.get("title", ""), japanese.get("body", "")
    return [
        *_without_easy(body, easy),
        *_long_title(title),
        *_office_words(f"{title}\n{body}"),
        *_long_sentences(body, LONGEST_SENTENCE),
        *_long_sentences(easy.get("body", ""), LONGEST_EASY_SENTENCE),
        *_much_kanji(body),
        *_long_text(body),
    ]


def _without_easy(body: str, easy: Mapping[str, str]) -> list[Hint]:
    if not body or easy.get("body"):
        return []
    return [Hint("easy", N_("There is no text in easy Japanese yet. Many who read no Japanese well read that."))]


def _long_title(title: str) -> list[Hint]:
    if len(title) <= LONGEST_SEEN_TITLE:
        return []
    words = N_("The title has %(length)s characters; a list on a phone shows about %(most)s.")
    return [Hint("title", words, {"length": len(title), "most": LONGEST_SEEN_TITLE})]


def _office_words(text: str) -> list[Hint]:
    """Each word once; what stands inside a longer one that was found is not told again."""
    found, rest = [], text
    for word, better in better_words().items():
        if word in rest:
            found.append(Hint("word", N_("“%(word)s” could be “%(better)s”."), {"word": word, "better": better}, word))
            rest = rest.replace(word, "\n")
    return found


def _long_sentences(text: str, most: int) -> list[Hint]:
    words = N_("A sentence has %(length)s characters; up to %(most)s are easy to read.")
    long = [one for one in sentences(text) if len(one) > most]
    return [Hint("sentence", words, {"length": len(one), "most": most}, f"{one[:24]}…") for one in long[:5]]


def _much_kanji(body: str) -> list[Hint]:
    share = kanji_share(body)
    if share <= MOST_KANJI:
        return []
    words = N_("%(share)s percent of the letters are kanji; 20 to 35 percent are easy to read.")
    return [Hint("kanji", words, {"share": round(share * 100)})]


def _long_text(body: str) -> list[Hint]:
    if len(body) <= LONG_TEXT:
        return []
    words = N_("The text has %(length)s characters. Say first what to do, and lead to a page for the rest.")
    return [Hint("length", words, {"length": len(body)})]
