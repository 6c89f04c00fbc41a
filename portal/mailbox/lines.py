"""One notice of a list, drawn: what is alike for many is drawn once."""

from datetime import date
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from flask import request
from markupsafe import escape

from portal.core import clock
from portal.core.clock import JST
from portal.mailbox import listing
from portal.mailbox.rules import HIDDEN_TITLE, OVERDUE_WORDS, SETTLED_WORDS, WITHDRAWN, Kind, Strength
from portal.mailbox.wording import WITHDRAWN_TITLE, kind_words
from portal.web.i18n import say
from portal.web.templating import kept

_INFORMATION = str(Kind.INFORMATION)
Mark = tuple[str, str, str]
"""A line's tag: its words (a msgid), its tone, its icon."""


@lru_cache(maxsize=64)
def drawer(line: Any, code: str, assurance: int, today: date) -> listing.Draw:
    """What writes the lines of a list in the language *code*: one and the same function for all readers of it who are
    signed in as strongly."""
    return partial(_draw, line, code, assurance, today)


def _draw(line: Any, code: str, assurance: int, today: date, item: listing.Item) -> str:
    """One notice of the list, as HTML. (Joined as plain text: `Markup` would look through every part once more.)"""
    _id, is_read, kind, strength, is_settled, section, due_on, delivered_at, title, spoken, facts = item
    if kind == WITHDRAWN or strength > assurance:
        title, spoken = _title(item, code, assurance)
    elif spoken is None:
        title, spoken = say(code, title, facts or {}), code
    mark = None if kind == _INFORMATION else _mark(kind, is_settled, item.is_overdue(today))
    day = delivered_at.astimezone(JST).date()
    before, between, after = kept(_draw_around, line, is_read, mark, spoken, day, section, due_on)
    return "".join((before, _id, between, escape(title), after))


def _title(item: listing.Item, code: str, assurance: int) -> tuple[str, str]:
    """(title, its language): of what is gone or needs a stronger sign-in only that it is so."""
    if item.kind == WITHDRAWN:
        return say(code, WITHDRAWN_TITLE, {}), code
    if item.strength > assurance:
        return say(code, HIDDEN_TITLE, {}), code
    return item.title if item.language else say(code, item.title, item.facts or {}), item.language or code


def _mark(kind: str, is_settled: bool, is_overdue: bool) -> Mark | None:
    if kind == _INFORMATION:
        return None
    if kind == WITHDRAWN:
        return kind_words(kind), "neutral", ""
    if is_settled:
        return SETTLED_WORDS[Kind(kind)], "success", "check"
    return (OVERDUE_WORDS, "error", "clock") if is_overdue else (kind_words(kind), "warning", "")


def _draw_around(line: Any, is_read: Any, mark: Mark | None, code: str, *facts: Any) -> tuple[str, str, str]:
    """A line without id and title, which alone are one person's: before, between and after them."""
    drawn = str(line("\ue000", is_read, mark, "\ue001", code, *facts))  # signs that no name and no text may have
    before, _, rest = drawn.partition("\ue000")
    return before, *rest.partition("\ue001")[::2]


def before_number() -> int | None:
    """The number the page before ended with, from the address; None on the first page, and for what is no number."""
    if not request.environ.get("QUERY_STRING"):  # hardly anybody asks for older ones
        return None
    typed = request.args.get("before", "")
    return min(int(typed), listing.NEWEST) if typed.isascii() and typed.isdigit() and len(typed) < 12 else None


def pick(line: Any, item: listing.Item, code: str, assurance: int) -> str:
    """A line one can choose, for the page on which several notices are taken care of."""
    title, spoken = _title(item, code, assurance)
    mark = _mark(item.kind, item.is_settled, item.is_overdue(clock.today()))
    day = item.delivered_at.astimezone(JST).date()
    return str(line(item.id, item.is_read, mark, title, spoken, day, item.section, item.due_on))


def for_another(
    line: Any, item: listing.Item, code: str, owner: UUID, today: date, assurance: int = int(Strength.PASSWORD)
) -> str:
    """A line of the mailbox of a child, or of an adult by mandate; its notice opens as read for them."""
    title, spoken = _title(item, code, assurance)
    mark = _mark(item.kind, item.is_settled, item.is_overdue(today))
    day = item.delivered_at.astimezone(JST).date()
    return str(line(f"{item.id}?for={owner}", item.is_read, mark, title, spoken, day, item.section, item.due_on))
