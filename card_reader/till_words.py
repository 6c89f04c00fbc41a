"""What a shop's till says in the language of the person behind it: why nothing was taken, and what to do next.

The portal says why it refused in the language it is asked in; what only the till knows stands here. Lines fit the screen: a
Japanese sign is two columns wide, and no name is broken in the middle of a word where a line has room for it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import click

from card_reader.command_line import print_record

_FILE = Path(__file__).with_name("till_words.json")
WORDS: Mapping[str, Mapping[str, list[str]]] = json.loads(_FILE.read_text("utf-8"))
LANGUAGES = tuple(WORDS)
DESCRIBED = "refused", "unknown"
NARROWEST = 20
PIECE = re.compile(
    r"""(?: [\u4e00-\u9fff\u3005]+ [\u3041-\u309f]*   # a word in kanji and its ending
          | [\u30a1-\u30ff]+                         # katakana
          | [\u3041-\u309f]+                         # hiragana
          | [\uac00-\ud7a3]+                         # hangul
          | [!-~\u00c0-\u024f]+                      # Latin
          | \S )
        [、。，．！？）」』：；,.!?)]*[ ]*""",
    re.VERBOSE,
)
"""What stays on one line together; no line begins with a full stop or a closing bracket."""


def language(wished: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """The one that was *wished*, else that of the machine, else English, as all this program says."""
    found = wished or next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return found[:2].lower() if found[:2].lower() in LANGUAGES else "en"


def said(shown: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """What came of a card, with words and the next step where it was refused or is not known: the portal's own, or ours."""
    if not any(name in shown for name in DESCRIBED):
        return dict(shown)
    ours, code = WORDS[lang], "unknown" if "unknown" in shown else str(shown["refused"])
    words, step = ours.get(code) or ours["refused" if code.isdigit() else "card"]
    return {"words": words, "next_step": step} | dict(shown)


def tell(shown: Mapping[str, Any], as_json: bool, lang: str) -> bool:
    """On standard output, as JSON or in words; what is not known on standard error, so that nothing takes it for done.
    Whether it was done."""
    record = said(shown, lang)
    if "words" not in record:
        print_record(record, as_json, lambda: "\n".join(fitted(_done(record, lang))))
        return True
    code = record.get("refused") or record.get("unknown")
    lines = "\n".join(fitted(f"{record['words']} {record['next_step']} ({code})"))
    if "unknown" in record:
        click.echo(lines, err=True)
        return False
    print_record(record, as_json, lambda: lines)
    return False


def _done(record: Mapping[str, Any], lang: str) -> str:
    """What was paid, or which coupon was taken, with the number under which the portal has it."""
    words = WORDS[lang]["used" if "title" in record else "paid"][0]
    return f"{words.format_map(defaultdict(str, record))} ({record.get('reference', '')})"


def rank_words(name: str, lang: str) -> str:
    """That the card says another rank from now on."""
    ours = WORDS[lang]
    return ours["rank"][0].format(rank=ours.get(f"rank-{name}", [name])[0])


def read(shown: Mapping[str, str], trouble: str, lang: str) -> str:
    """What a card is good for at this terminal, with its number of points; or what is the matter with the terminal."""
    ours = WORDS[lang]
    words, step = ours.get(f"trouble-{trouble}") or ours[f"verdict-{shown['verdict']}"]
    number = f"({shown['id']})" if "id" in shown else ""
    return "\n".join(fitted(" ".join(filter(None, (words, step, number)))))


def wait(seconds: float, lang: str) -> None:
    """The till says why it stands still."""
    click.echo("\n".join(fitted(WORDS[lang]["waits"][0])), err=True)
    time.sleep(seconds)


def fitted(text: str, columns: int = 0) -> list[str]:
    """*text* in lines of the screen's *columns*; without a screen as it is."""
    if not columns and not sys.stdout.isatty():
        return [text]
    columns = columns or shutil.get_terminal_size().columns
    columns, lines = max(columns, NARROWEST), [""]
    for piece in _pieces(text, columns):
        if lines[-1] and width(lines[-1]) + width(piece.rstrip()) > columns:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def _pieces(text: str, columns: int) -> list[str]:
    """Words; one that is longer than a line, in single signs."""
    found = PIECE.findall(text)
    return [part for piece in found for part in ([piece] if width(piece.rstrip()) <= columns else piece)]


def width(text: str) -> int:
    """In columns of a screen."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
