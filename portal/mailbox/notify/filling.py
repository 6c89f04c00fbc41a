"""Placeholders as Notify writes them: ((name)), and ((name??words)) for words that stand only when name is yes.

Names are compared without regard to capitals, spaces, hyphens and underscores; a list becomes lines with bullets.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

PLACE = re.compile(r"\(\(([^()?]{1,200}?)(?:\?\?([^()]*?))?\)\)")
LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,20}://|www\.)[^\s<>]+|(?<![\w@.-])(?:[\w-]+\.)+[a-z]{2,24}(?![\w-])(?:[/:?#][^\s<>]*)?",
    re.IGNORECASE,
)
_ACCIDENT = re.compile(r"[\w.-]+")
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


@dataclass(frozen=True, slots=True)
class Measure:
    """How long texts become, without filling them: signs that stay, and how often each place is filled."""

    fixed: int
    times: Mapping[str, int]

    @staticmethod
    def of(texts: Sequence[str]) -> "Measure":
        found = [match for text in texts for match in PLACE.finditer(text)]
        fixed = sum(map(len, texts)) - sum(len(match[0]) - len(match[2] or "") for match in found)
        return Measure(fixed, Counter(folded(match[1]) for match in found if match[2] is None))

    def filled(self, values: Mapping[str, Any]) -> int:
        """At most so many signs."""
        return self.fixed + sum(len(_said(value)) * self.times.get(folded(name), 0) for name, value in values.items())


def sanitised(values: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """*values*, those named without what a mail program would turn into a link: whoever typed them may be a stranger. An
    address of words and dots alone, a slip of the pen perhaps, is broken up; any other is taken out. (These mails are plain
    text: there is no Markdown in them to be escaped.)"""
    wanted = {folded(name) for name in names if isinstance(name, str)}
    return {name: _without_links(value) if folded(name) in wanted else value for name, value in values.items()}


def _without_links(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_links(one) for one in value]
    return LINK.sub(_broken, value) if isinstance(value, str) else value


def _broken(match: re.Match[str]) -> str:
    return match[0].replace(".", ". ") if _ACCIDENT.fullmatch(match[0]) else ""


def as_html(body: str) -> str:
    """The paragraphs of an e-mail, for programs that show a preview."""
    parts = [escape(part).replace("\n", "<br>") for part in body.split("\n\n") if part.strip()]
    return "".join(f"<p>{part}</p>" for part in parts)
