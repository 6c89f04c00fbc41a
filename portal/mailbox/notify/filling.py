"""Placeholders as Notify writes them: ((name)), and ((name??words)) for words that stand only when name is yes.

Names are compared without regard to capitals, spaces, hyphens and underscores; a list becomes lines with bullets.
"""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

PLACE = re.compile(r"\(\(([^()?]{1,200}?)(?:\?\?([^()]*?))?\)\)")
_NO_MATTER = re.compile(r"[\s_-]+")
YES = frozenset({"yes", "y", "true", "t", "1", "include", "show", "はい"})


def folded(name: str) -> str:
    return _NO_MATTER.sub("", name).lower()


def places(*texts: str) -> list[str]:
    """The names in *texts*, in their order, each once."""
    found: dict[str, str] = {}
    for text in texts:
        for match in PLACE.finditer(text):
            found.setdefault(folded(match[1]), match[1].strip())
    return list(found.values())


def missing(values: Mapping[str, Any], *texts: str) -> list[str]:
    """Places nothing was given for; null is nothing."""
    given = {folded(name) for name, value in values.items() if value is not None}
    return [name for name in places(*texts) if folded(name) not in given]


def filled(text: str, values: Mapping[str, Any], *, one_line: bool = False) -> str:
    """*text* with its places filled. In a subject (*one_line*) what is given cannot begin a new line."""
    given = {folded(name): value for name, value in values.items()}

    def fill(match: re.Match[str]) -> str:
        value = given.get(folded(match[1]))
        if match[2] is not None:
            return match[2] if _said(value).strip().lower() in YES else ""
        said = _said(value, lines=not one_line)
        return " ".join(said.split()) if one_line else said

    return PLACE.sub(fill, text)


def _said(value: Any, *, lines: bool = True) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        items = [_said(one, lines=False) for one in value]
        return "".join(f"\n* {item}" for item in items) if lines else ", ".join(items)
    # Control signs end up in no letter: a mail server, a printer, a page all read them differently.
    return "".join(sign for sign in str(value) if sign.isprintable() or sign == "\n")


def as_html(body: str) -> str:
    """The paragraphs of an e-mail, for programs that show a preview."""
    parts = [escape(part).replace("\n", "<br>") for part in body.split("\n\n") if part.strip()]
    return "".join(f"<p>{part}</p>" for part in parts)
