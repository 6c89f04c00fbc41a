"""Rows of the national register on their way into the table, in batches, without touching equal rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any, NamedTuple, cast

from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.orm import Session

from portal.companies import rules
from portal.companies.by_post import voiding
from portal.companies.models import Company, Corporation, Gram
from portal.core.among import Among
from portal.core.streaming import Stream
from portal.core.writing import Changes

BATCH = 5_000
DELETED = "99"
STRUCK_OFF = "81"

_TABLE, _GRAMS = cast(Table, Corporation.__table__), cast(Table, Gram.__table__)
_COLUMNS = tuple(column.name for column in _TABLE.columns)
_NEW, _NEW_GRAMS = Stream(_TABLE), Stream(_GRAMS)
_KNOWN = Among(select(_TABLE.c.number, _TABLE.c.digest), _TABLE.c.number)


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
    """How many rows were new, changed, equal to what was there, or taken off the register."""

    new: int = 0
    changed: int = 0
    same: int = 0
    removed: int = 0

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(
            self.new + other.new,
            self.changed + other.changed,
            self.same + other.same,
            self.removed + other.removed,
        )


def take(session: Session, rows: Iterable[NationalRow]) -> Taken:
    """Bring rows in; the same rows again change nothing. Of several rows of a number the last one counts: a file of
    differences tells a corporation's changes in their order."""
    batch = {row.number: row for row in rows}
    known = {number: bytes(seal) for number, seal in _KNOWN.rows(session, batch)}
    gone = [number for number, row in batch.items() if row.process == DELETED]
    stays = {number: (row, _digest(row)) for number, row in batch.items() if row.process != DELETED}
    new = [_values(row, seal) for number, (row, seal) in stays.items() if number not in known]
    changed = [_values(row, seal) for number, (row, seal) in stays.items() if number in known and known[number] != seal]
    _forget_grams(session, [values["number"] for values in changed] + gone)
    _NEW.many(session, [[values[name] for name in _COLUMNS] for values in new])
    _CHANGE.many(session, [values | {"row_number": values["number"]} for values in changed])
    _NEW_GRAMS.many(session, _grams_of(new + changed))
    removed = [number for number in gone if number in known]
    for number in removed:
        session.execute(delete(_TABLE).where(_TABLE.c.number == number))
    _let_accounts_follow(session, changed)
    return Taken(len(new), len(changed), len(stays) - len(new) - len(changed), len(removed))


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


def _let_accounts_follow(session: Session, changed: list[dict[str, Any]]) -> None:
    """Name, address and end of accounts are the register's: a change there is a change here, told once."""
    rows = {str(values["number"]): values for values in changed}
    voiding.follow_register(session, {number: (_address(row), row["closed_on"]) for number, row in rows.items()})
    for company in session.scalars(select(Company).where(Company.key.in_(rows))) if rows else ():
        found = rows[company.key]
        company.name, company.closed_on = found["name"], found["closed_on"]
        company.address = _address(found)
        company.region = f"{found['prefecture']}{found['city']}"
        for branch in session.scalars(select(Company).where(Company.head_id == company.id)):
            branch.name = rules.name_of_branch(company.name, branch.office)
            branch.closed_on = branch.closed_on or company.closed_on


def _address(row: dict[str, Any]) -> str:
    return row["abroad"] or f"{row['prefecture']}{row['city']}{row['street']}"


def corporation(session: Session, number: str) -> Corporation | None:
    """The register's row of a sound number, if there is one."""
    return session.get(Corporation, int(number)) if rules.is_number(number) else None
