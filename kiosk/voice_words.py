"""What has to be spoken for the kiosk, as JSON for the maker of voices: `python -m kiosk.voice_words > pieces.json`.

All sentences of `speech`, the names and questions of certificates and what refuses them (the portal's words come from
the same catalogues, so a new kind is spoken once the tapes are made again), numbers, letters. Run when words change.
"""

from __future__ import annotations

import ast
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po

from kiosk.speech import SPELLED
from kiosk.words import LANGUAGE_NAMES, NOTICES

HERE = Path(__file__).resolve().parent
SPEAKING = ("speech.py", "spoken_hours.py", "keypad.py")
PORTAL = (
    "portal/certificates/rules.py",
    "portal/certificates/kinds.py",
    "portal/kiosks/rules.py",
    "portal/kiosks/views.py",
)
PARTS = {
    "portal/applications/procedures/topics.py": ("WINDOW_WORDS",),
    "portal/cards/rules.py": ("SERVICE_WORDS",),
    "portal/points/spending/rules.py": ("RewardUnknown", "RewardGone", "CouponUsed"),
    "portal/points/paper/rules.py": ("CodeUnknown", "CodeYours", "CodeOverCap"),
    "portal/reservations/rules.py": ("BookingNotFound",),
    "portal/window/rules.py": (
        *("TooEarly", "TooLate", "NotToday", "AlreadyServed", "BookingGone", "OtherOffice"),
        *("OfficeClosed", "NumbersNotYet", "NumbersClosed", "NumbersGone"),
    ),
}
"""Of a room that says much elsewhere: the tables and refusals a machine can meet."""
FILLED = {"Certificates can be ordered here by people aged %(age)s or over.": {"age": 15}}
"""Sentences with a fact in them that is always the same (portal/certificates/rules.py, MIN_AGE)."""
REWARDS = HERE.parent / "portal" / "points" / "spending" / "rewards.toml"
NUMBERS = (*range(21), *range(30, 100, 10), *range(100, 1000, 100), *range(1000, 10_000, 1000), 10_000, 20_000)
LONGEST = 200


def pieces() -> dict[str, dict[str, str]]:
    """Language → name of the piece → what the voice says."""
    own = {words for name in SPEAKING for words in _sentences(HERE / name)}
    own |= {words for file, names in PARTS.items() for words in _sentences(HERE.parent / file, names)}
    for notice in NOTICES.values():
        own |= {notice.title, notice.detail, notice.next_step}
    return {language: _in(language, own) for language in LANGUAGE_NAMES}


def _in(language: str, own: set[str]) -> dict[str, str]:
    said = {f"#{number}": str(number) for number in NUMBERS} | {
        letter: letter for letter in SPELLED if letter.isalpha()
    }
    with (HERE.parent / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    for message in catalogue:
        wanted = message.id in own or any(place in PORTAL for place, _line in message.locations)
        if not wanted or not isinstance(message.id, str) or not message.id:
            continue
        words = message.string if isinstance(message.string, str) and message.string else message.id
        words = words % FILLED[message.id] if message.id in FILLED else words
        if "%(" not in words and len(words) <= LONGEST:
            said[words] = words
    for reward in tomllib.loads(REWARDS.read_text("utf-8"))["reward"]:
        if "rank" in reward or "covers" in reward:  # not on a machine's list
            continue
        said[reward["title"][language]] = reward["title"][language]
    return said | {LANGUAGE_NAMES[language]: LANGUAGE_NAMES[language]}


def _sentences(file: Path, names: tuple[str, ...] = ()) -> Iterator[str]:
    """The arguments of gettext, N_ and _asked; of the tables and classes of these *names* only, if some are given."""
    tops = [top for top in ast.parse(file.read_text("utf-8")).body if not names or _name(top) in names]
    assert len(tops) >= len(names), f"{file.name} has no more {names}"
    for node in (node for top in tops for node in ast.walk(top)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("gettext", "N_", "_asked")
        ):
            yield from (one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str))


def _name(top: ast.stmt) -> str:
    if isinstance(top, ast.AnnAssign) and isinstance(top.target, ast.Name):
        return top.target.id
    return top.name if isinstance(top, ast.ClassDef) else ""


if __name__ == "__main__":
    print(json.dumps(pieces(), ensure_ascii=False, indent=1))
