"""The pages on which the holder types the PIN: plain HTML, no script, in the six languages of the portal.

The words live here because the card side knows nothing of the portal's catalogues.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path

_FILE = Path(__file__).with_name("bridge_words.json")
WORDS: dict[str, dict[str, str]] = json.loads(_FILE.read_text("utf-8"))
LANGUAGES = tuple(WORDS)
ALIASES = {"ServiceDown": "ReaderGone", "PcscMissing": "ReaderGone", "CardReplaced": "CardRemoved"}


def language(query: Mapping[str, list[str]], headers: Mapping[str, str]) -> str:
    """Return the language of ?lang=, else the first of Accept-Language we have, else Japanese."""
    asked = [*query.get("lang", []), *headers.get("accept-language", "").split(",")]
    for entry in asked:
        short = entry.split(";")[0].strip().lower()[:2]
        if short in LANGUAGES:
            return short
    return "ja"


def form(lang: str, origin: str, left: int, *, wrong: bool = False) -> str:
    """The PIN form; at the last try the holder has to agree that a miss locks the card."""
    words = WORDS[lang]
    alert = f'<p class="problem" role="alert">{words["wrong"]}</p>\n' if wrong else ""
    agree = (
        '<p class="agree"><input type="checkbox" id="last" name="last" value="yes" required>'
        f' <label for="last">{words["last"]}</label></p>\n'
        if left == 1
        else ""
    )
    return _page(
        lang,
        words["title"],
        f"<p>{escape(words['asks'].format(origin=origin))}</p>\n{alert}"
        '<form method="post" autocomplete="off">\n'
        f'<label for="pin">{words["pin"]}</label>\n'
        f'<p id="left" class="hint">{words["left"].format(left=left)}</p>\n'
        '<input type="password" id="pin" name="pin" inputmode="numeric" pattern="[0-9]{4}" minlength="4"'
        f' maxlength="4" autocomplete="off" aria-describedby="left" required autofocus>\n{agree}'
        f'<p class="acts"><button type="submit" name="act" value="confirm">{words["confirm"]}</button>\n'
        f'<button type="submit" name="act" value="cancel" class="quiet" formnovalidate>{words["cancel"]}'
        "</button></p>\n</form>\n",
    )


def problem(lang: str, fact: str) -> str:
    """Why it does not work yet, and a way back to the form."""
    words = WORDS[lang]
    text = words.get(ALIASES.get(fact, fact), words["other"])
    again = "" if fact == "PinBlocked" else f'<p><a class="button" href="?lang={lang}">{words["again"]}</a></p>\n'
    return _page(lang, words["problem"], f'<p role="alert">{text}</p>\n{again}')


def farewell(lang: str, state: str) -> str:
    """The last page, after success or when the request is over."""
    words, key = WORDS[lang], "done" if state == "done" else "over"
    return _page(lang, words[key], f'<p role="status">{words[f"{key}_text"]}</p>\n')


def _page(lang: str, title: str, content: str) -> str:
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{title}</title>\n<link rel="stylesheet" href="/style.css">\n</head>\n<body>\n<main>\n'
        f"<h1>{title}</h1>\n{content}</main>\n</body>\n</html>\n"
    )
