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
AUTH_SHAPE = 'inputmode="numeric" pattern="[0-9]{4}" minlength="4" maxlength="4"'
SIGN_SHAPE = 'class="long" pattern="[A-Za-z0-9]{6,16}" minlength="6" maxlength="16" autocapitalize="characters"'
ALIASES = {"ServiceDown": "ReaderGone", "PcscMissing": "ReaderGone", "CardReplaced": "CardRemoved"}


def language(query: Mapping[str, list[str]], headers: Mapping[str, str]) -> str:
    """Return the language of ?lang=, else the first of Accept-Language we have, else Japanese."""
    asked = [*query.get("lang", []), *headers.get("accept-language", "").split(",")]
    for entry in asked:
        short = entry.split(";")[0].strip().lower()[:2]
        if short in LANGUAGES:
            return short
    return "ja"


def form(lang: str, origin: str, left: int, *, tried: int = 0, code: str = "", on_reader: bool = False) -> str:
    """The PIN form; at the last try the holder has to agree that a miss locks the card. It says how often was *tried*
    before: what is sent twice is then no second try.

    With *code*, the check code of a document, it asks for the signature PIN; *on_reader*: the PIN is typed on the keys of
    the reader, which this page only sets going.
    """
    words = WORDS[lang]
    if code:
        words = words | {name.removeprefix("sign_"): text for name, text in words.items() if name.startswith("sign_")}
    shape = SIGN_SHAPE if code else AUTH_SHAPE
    alert = f'<p class="problem" role="alert">{words["wrong"]}</p>\n' if tried else ""
    agree = (
        '<p class="agree"><input type="checkbox" id="last" name="last" value="yes" required>'
        f' <label for="last">{words["last"]}</label></p>\n'
        if left == 1
        else ""
    )
    return _page(
        lang,
        words["title"],
        f"<p>{escape(words['asks'].format(origin=origin, code=code))}</p>\n{alert}"
        f'<form method="post" action="?lang={lang}&amp;tried={tried}" autocomplete="off">\n'
        f"{_asked(words, shape, left, on_reader=on_reader)}\n{agree}"
        f'<p class="acts"><button type="submit" name="act" value="confirm">'
        f"{words['keys_confirm' if on_reader else 'confirm']}</button>\n"
        f'<button type="submit" name="act" value="cancel" class="quiet" formnovalidate>{words["cancel"]}'
        "</button></p>\n</form>\n"
        + (
            f'<p class="other"><a href="?lang={lang}&amp;on=screen">{words["keys_screen"]}</a></p>\n'
            if on_reader
            else ""
        ),
    )


def _asked(words: Mapping[str, str], shape: str, left: int, *, on_reader: bool) -> str:
    """Where the PIN is typed: here, or on the reader."""
    hint = f'<p id="left" class="hint">{words["left" if left > 1 else "left_one"].format(left=left)}</p>\n'
    if on_reader:
        return f'<input type="hidden" name="where" value="reader">\n<p>{words["keys_asks"]}</p>\n{hint}'
    return (
        f'<label for="pin">{words["pin"]}</label>\n{hint}<input type="password" id="pin" name="pin" {shape}'
        ' autocomplete="off" aria-describedby="left" required autofocus>'
    )


def new_pin_form(lang: str, origin: str, fault: str = "") -> str:
    """The form for a new holder PIN of a city card, typed twice; *fault* names what was wrong."""
    words = WORDS[lang]
    alert = f'<p class="problem" role="alert">{words[fault]}</p>\n' if fault else ""
    boxes = "".join(
        f'<label for="{name}">{words[text]}</label>\n'
        f'<input type="password" id="{name}" name="{name}" {AUTH_SHAPE} autocomplete="off" aria-describedby="rule" required'
        f"{' autofocus' if name == 'pin' else ''}>\n"
        for name, text in (("pin", "new_pin"), ("again", "new_again"))
    )
    return _page(
        lang,
        words["new_title"],
        f"<p>{escape(words['new_asks'].format(origin=origin))}</p>\n{alert}"
        f'<form method="post" autocomplete="off">\n<p id="rule" class="hint">{words["new_rule"]}</p>\n{boxes}'
        f'<p class="acts"><button type="submit" name="act" value="confirm">{words["new_confirm"]}</button>\n'
        f'<button type="submit" name="act" value="cancel" class="quiet" formnovalidate>{words["cancel"]}'
        "</button></p>\n</form>\n",
    )


def new_pin_farewell(lang: str, state: str) -> str:
    """The last page of a new PIN."""
    words, key = WORDS[lang], "new_done" if state == "done" else "over"
    return _page(lang, words[key], f'<p role="status">{words[f"{key}_text"]}</p>\n')


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
