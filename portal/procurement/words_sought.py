"""What the national site's search takes as `Query` (https://kkj.go.jp/s/?help=1): words, "phrases", AND (may be left out),
OR, ANDNOT of one rank from left to right, NOT before them, brackets. Operators are half-width capitals."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_

# A bracket, a phrase in quotation marks, or a run of other signs; ideographic blanks part words too.
_TOKENS = re.compile(r"""[()]|"[^"]*"|'[^']*'|[^\s()]+""")
MOST_TOKENS = 40
Condition = ColumnElement[bool]


class Unreadable(ValueError):
    """An operator without its word, a bracket without its other, or more words than anybody types."""


def widths(word: str) -> list[str]:
    """A word as it was typed, and in the widths texts are kept in: half-width kana, full-width letters."""
    return sorted({word, unicodedata.normalize("NFKC", word)})


def condition(typed: str, holds: Callable[[str], Condition]) -> Condition:
    """*typed* as a condition; *holds* says of one word or phrase that it is there. Raises Unreadable."""
    tokens = _TOKENS.findall(typed)
    if not tokens or len(tokens) > MOST_TOKENS:
        raise Unreadable
    rest = list(reversed(tokens))
    found = _either(rest, holds)
    if rest:
        raise Unreadable
    return found


def _either(rest: list[str], holds: Callable[[str], Condition]) -> Condition:
    found = _one(rest, holds)
    while rest and rest[-1] != ")":
        operator = rest.pop() if rest[-1] in ("AND", "OR", "ANDNOT") else "AND"
        other = _one(rest, holds)
        found = or_(found, other) if operator == "OR" else and_(found, not_(other) if operator == "ANDNOT" else other)
    return found


def _one(rest: list[str], holds: Callable[[str], Condition]) -> Condition:
    token: Any = rest.pop() if rest else ")"
    if token == "NOT":
        return not_(_one(rest, holds))
    if token == "(":
        found = _either(rest, holds)
        if not rest or rest.pop() != ")":
            raise Unreadable
        return found
    if token in (")", "AND", "OR", "ANDNOT"):
        raise Unreadable
    word = token[1:-1] if len(token) > 1 and token[0] in "\"'" and token[-1] == token[0] else token
    if not word.strip():
        raise Unreadable
    return holds(word)
