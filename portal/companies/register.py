"""Rows of the national register on their way into the table, in batches, without touching equal rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any, NamedTuple, cast

from sqlalchemy import Table, bindparam, delete, insert, select, text, update
from sqlalchemy.orm import Session

from portal.companies import following, rules
from portal.companies.models import Corporation, Gram, Removal
from portal.core.among import Among
from portal.core.streaming import Stream
from portal.core.writing import Changes

BATCH = 5_000
STRUCK_OFF = "81"

_TABLE, _GRAMS = cast(Table, Corporation.__table__), cast(Table, Gram.__table__)
_COLUMNS = tuple(column.name for column in _TABLE.columns)
_NEW, _NEW_GRAMS = Stream(_TABLE), Stream(_GRAMS)
_KNOWN = Among(select(_TABLE.c.number, _TABLE.c.digest, _TABLE.c.updated_on), _TABLE.c.number)
_REMOVED = Among(select(Removal.number, Removal.updated_on), Removal.number)


class NationalRow(NamedTuple):
    """One row of the file, every text in written form."""

    number: int
    process: str
    updated_on: date
    changed_on: date
    name: str
    kana: str
    english: str
    kind: str
    prefecture: str
    city: str
    street: str
    postal_code: str
    abroad: str
    closed_on: date | None
    close_cause: str
    successor: int | None


_CHANGE = Changes(
    update(_TABLE)
    .where(_TABLE.c.number == bindparam("row_number"))
    .values({name: bindparam(name) for name in (*NationalRow._fields[1:], "digest", "search_key")})
)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many rows were new, changed, equal to what was there, or taken off the register; and how many were older than
    what is known, and so left out."""

    new: int = 0
    changed: int = 0
    same: int = 0
    removed: int = 0
    older: int = 0

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(
            self.new + other.new,
            self.changed + other.changed,
            self.same + other.same,
            self.removed + other.removed,
            self.older + other.older,
        )


def take(session: Session, rows: Iterable[NationalRow]) -> Taken:
    """Bring rows in; the same rows again change nothing, and a row that was updated before what is known of its number
    (an older file) is left out. Of several rows of a number the newest counts, of one day the last: a file of differences
    tells a corporation's changes in their order."""
    rows = list(rows)
    newest: dict[int, NationalRow] = {}
    for row in rows:
        if row.number not in newest or newest[row.number].updated_on <= row.updated_on:
            newest[row.number] = row
    known = {number: (bytes(seal), day) for number, seal, day in _KNOWN.rows(session, newest)}
    gone_before: dict[int, date] = dict(_REMOVED.rows(session, newest))
    said_on = gone_before | {number: day for number, (_seal, day) in known.items()}
    batch = {number: row for number, row in newest.items() if said_on.get(number, row.updated_on) <= row.updated_on}
    gone = [row for row in batch.values() if row.process == rules.DELETED]
    stays = {number: (row, _digest(row)) for number, row in batch.items() if row.process != rules.DELETED}
    new = [_values(row, seal) for number, (row, seal) in stays.items() if number not in known]
    changed = [
        _values(row, seal) for number, (row, seal) in stays.items() if number in known and known[number][0] != seal
    ]
    _forget_grams(session, [values["number"] for values in changed] + [row.number for row in gone])
    _NEW.many(session, [[values[name] for name in _COLUMNS] for values in new])
    _CHANGE.many(session, [values | {"row_number": values["number"]} for values in changed])
    _NEW_GRAMS.many(session, _grams_of(new + changed))
    back = [values for values in new if values["number"] in gone_before]
    _remember(session, gone, [values["number"] for values in back])
    following.follow(session, changed + back + [row._asdict() for row in gone], [values["number"] for values in new])
    removed = sum(row.number in known for row in gone)
    return Taken(len(new), len(changed), len(stays) - len(new) - len(changed), removed, len(newest) - len(batch))


def _remember(session: Session, gone: Sequence[NationalRow], back: Sequence[int]) -> None:
    """Numbers taken off the register, each with its day; those that came back are forgotten here."""
    for numbers in ([row.number for row in gone], back):
        if numbers:
            session.execute(delete(Removal).where(Removal.number.in_(numbers)))
    if gone:
        session.execute(delete(_TABLE).where(_TABLE.c.number.in_([row.number for row in gone])))
        session.execute(insert(Removal), [{"number": row.number, "updated_on": row.updated_on} for row in gone])


def _digest(row: NationalRow) -> bytes:
    return blake2b("\x1f".join(map(str, row)).encode(), digest_size=16).digest()


def _values(row: NationalRow, seal: bytes) -> dict[str, Any]:
    values = row._asdict()
    values["search_key"] = rules.search_key(row.name, row.kana)[:700]
    values["digest"] = seal
    return values


def _grams_of(rows: Sequence[dict[str, Any]]) -> list[tuple[str, int]]:
    """Sorted, so that the index is written from front to back."""
    return sorted((gram, row["number"]) for row in rows for gram in rules.grams(row["search_key"]))


def _forget_grams(session: Session, numbers: list[int]) -> None:
    """The pairs of the names these corporations had until now."""
    if not numbers:
        return
    query = select(_TABLE.c.number, _TABLE.c.search_key).where(_TABLE.c.number.in_(numbers))
    pairs = [
        {"g": gram, "n": number} for number, key in session.execute(query).all() for gram in sorted(rules.grams(key))
    ]
    if pairs:
        statement = delete(_GRAMS).where(_GRAMS.c.gram == bindparam("g"), _GRAMS.c.number == bindparam("n"))
        session.connection().execute(statement, pairs)


def count_anew(session: Session) -> None:
    """Tell the planner how many names there are now, and how common each pair: until PostgreSQL looks by itself, a search
    takes ten times as long."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"ANALYZE {_TABLE.name}, {_GRAMS.name}"))
