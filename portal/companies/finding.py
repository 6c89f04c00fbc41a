"""Finding a corporation by a part of its name or kana: whole names first, then those that begin so, then the others.

Every pair of neighbouring letters of a name is a row (`Gram`): parts of names are found by its primary key alone, on either
database. A page reads a few hundred rows; whole names are looked for before that, where one of the pairs is rare enough.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, aliased

from portal.companies import opening, rules
from portal.companies.models import Corporation, Gram
from portal.core.text import TextRefused

CANDIDATES = 200  # nobody turns more than ten pages: the word about "more" says what helps instead
SHOWN = 20
# A gram of more corporations than this is common; how much more does not matter for the order of looking.
COUNTED = 2_000


@dataclass(frozen=True, slots=True)
class Found:
    """One line of a search."""

    number: str
    name: str
    kana: str
    address: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Search:
    """One page of what was found; `more` when there are others beside all `pages`."""

    lines: tuple[Found, ...] = ()
    more: bool = False
    page: int = 1
    pages: int = 1


def search(session: Session, typed: str, *, prefecture: str = "", closed: bool = False, page: int = 1) -> Search:
    """Corporations whose name or kana has *typed* in it; a whole number finds its own. Of pages the last stays."""
    whole = _by_number(session, typed)
    if whole is not None:
        return Search((whole,))
    key = rules.query_key(typed)
    if not key:
        return Search()
    query = select(Corporation).where(Corporation.search_key.contains(key, autoescape=True))
    if prefecture:
        query = query.where(Corporation.prefecture == prefecture)
    if not closed:
        query = query.where(Corporation.closed_on.is_(None))
    found = list(islice(_in_turn(session, query, key), CANDIDATES + 1))
    more, found = len(found) > CANDIDATES, found[:CANDIDATES]
    found.sort(key=lambda row: (rules.likeness(key, row.search_key), len(row.name), row.number))
    pages = max(1, -(-len(found) // SHOWN))
    page = min(max(page, 1), pages)
    return Search(tuple(map(_line, found[(page - 1) * SHOWN : page * SHOWN])), more, page, pages)


def _by_number(session: Session, typed: str) -> Found | None:
    try:
        number = rules.read_number(typed)
    except TextRefused:
        return None
    row = opening.corporation(session, number)
    return _line(row) if row else None


def _in_turn(session: Session, query: Any, key: str) -> Iterator[Corporation]:
    """Each row once: the whole names, those that begin with the key, all that have it. Where every pair of letters is a
    common one, whole names are not looked for first: of millions of rows nobody waits for a few."""
    seen: set[int] = set()
    counted = sorted((_how_many(session, gram), gram) for gram in rules.grams(key))
    rarest, lead = counted[0]
    query = query.join(Gram, Gram.number == Corporation.number).where(Gram.gram == lead)
    if rarest < COUNTED:
        for alike in (_whole(key), _begins(key)):
            yield from _not_in(seen, session.scalars(query.where(alike).limit(CANDIDATES + 1)).all())
    for _count, gram in counted[1:]:
        beside = aliased(Gram)
        query = query.join(beside, (beside.number == Gram.number) & (beside.gram == gram))
    yield from _not_in(seen, session.scalars(query.limit(CANDIDATES + 1)).all())


def _not_in(seen: set[int], rows: Sequence[Corporation]) -> Iterator[Corporation]:
    for row in rows:
        if row.number not in seen:
            seen.add(row.number)
            yield row


def _whole(key: str) -> ColumnElement[bool]:
    names = Corporation.search_key
    return or_(names == key, names.startswith(f"{key} ", autoescape=True), names.endswith(f" {key}", autoescape=True))


def _begins(key: str) -> ColumnElement[bool]:
    names = Corporation.search_key
    return or_(names.startswith(key, autoescape=True), names.contains(f" {key}", autoescape=True))


def _how_many(session: Session, gram: str) -> int:
    return len(session.execute(select(Gram.number).where(Gram.gram == gram).limit(COUNTED)).all())


def _line(row: Corporation) -> Found:
    number = str(row.number)
    return Found(number, row.name, row.kana, row.address, row.closed_on is not None)
