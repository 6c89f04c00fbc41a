"""Rows of the resident register on their way into the table: in batches, set-based, without touching equal rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any, NamedTuple, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from portal.core import audit, clock
from portal.core.audit import Action
from portal.core.ids import new_id
from portal.residents import rules
from portal.residents.models import Resident

BATCH = 2_000
# SQLite takes 32,766 values in a statement, PostgreSQL 65,535.
_LOOK_UP_AT_ONCE = 2_000


class RegisterRow(NamedTuple):
    """One resident as the register knows them, every text in written form."""

    addressee_number: str
    household_number: str
    relation: str
    name: str
    kana: str
    birth_date: date
    sex: str
    postal_code: str
    ward: str
    town: str
    block: str
    moved_in: date
    building: str = ""
    alias: str = ""
    alias_kana: str = ""
    nationality: str = "日本"
    domicile: str = ""
    domicile_head: str = ""
    moved_out: date | None = None
    previous_address: str = ""
    protected: bool = False
    fictitious: bool = False
    left_because: str = ""
    former_name: str = ""
    address_since: date | None = None
    notified_on: date | None = None
    residence_category: str = ""
    residence_status: str = ""
    residence_period: str = ""
    residence_until: date | None = None
    residence_card: str = ""
    language: str = "ja"
    phone: str = ""
    email: str = ""


# The last fields of a row, taken only when a resident is first seen: from then on their own word counts.
CONTACT = ("language", "phone", "email")
_FROM_REGISTER = RegisterRow._fields[: -len(CONTACT)]
# What the register told from the first day on; what came later counts only as far as there is some.
_ALWAYS = RegisterRow._fields.index("left_because")
_TABLE = cast(Table, Resident.__table__)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many rows were new, changed, or equal to what was there."""

    new: int = 0
    changed: int = 0
    same: int = 0

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(self.new + other.new, self.changed + other.changed, self.same + other.same)

    @property
    def rows(self) -> int:
        return self.new + self.changed + self.same


def take(session: Session, rows: Iterable[RegisterRow]) -> Taken:
    """Bring the register's rows in; the same rows again change nothing. At most BATCH rows, distinct numbers.

    New residents are one record of the audit (nobody can have looked at them yet), changed ones a record each.
    """
    batch = {row.addressee_number: (row, digest(row)) for row in rows}
    known = _known(session, list(batch))
    new = [_values(row, seal) | _first_seen(row) for number, (row, seal) in batch.items() if number not in known]
    changed = [
        _values(row, seal) | {"row_id": known[number][0]}
        for number, (row, seal) in batch.items()
        if number in known and known[number][1] != seal
    ]
    if new:
        session.execute(insert(_TABLE), new)
        audit.did(session, Action.CREATE, whose=None, what="residents")
    if changed:
        names = [name for name in changed[0] if name != "row_id"]
        statement = update(_TABLE).where(_TABLE.c.id == bindparam("row_id"))
        session.connection().execute(statement.values({name: bindparam(name) for name in names}), changed)
    for values in changed:
        audit.did(session, Action.CHANGE, whose=values["row_id"], what="residents")
    return Taken(new=len(new), changed=len(changed), same=len(batch) - len(new) - len(changed))


def compare(session: Session, rows: Iterable[RegisterRow]) -> Taken:
    """What `take` would do, without doing it."""
    seals = {row.addressee_number: digest(row) for row in rows}
    known = _known(session, list(seals))
    changed = sum(1 for number, seal in seals.items() if number in known and known[number][1] != seal)
    return Taken(new=len(seals) - len(known), changed=changed, same=len(known) - changed)


def digest(row: RegisterRow) -> bytes:
    """16 bytes that change with anything the register says (contact excluded). Somebody of whom the register says
    nothing in a later field is told as before there was that field: whom nothing changed for is not written again."""
    told = len(_FROM_REGISTER)
    while told > _ALWAYS and not row[told - 1]:
        told -= 1
    said = "\x1f".join(map(str, row[:told]))
    return blake2b(said.encode(), digest_size=16).digest()


def _known(session: Session, numbers: list[str]) -> Mapping[str, tuple[Any, bytes]]:
    found: dict[str, tuple[Any, bytes]] = {}
    columns = (_TABLE.c.addressee_number, _TABLE.c.id, _TABLE.c.digest)
    for start in range(0, len(numbers), _LOOK_UP_AT_ONCE):
        some = numbers[start : start + _LOOK_UP_AT_ONCE]
        for number, row_id, seal in session.execute(select(*columns).where(_TABLE.c.addressee_number.in_(some))):
            found[number] = (row_id, bytes(seal))
    return found


def _values(row: RegisterRow, seal: bytes) -> dict[str, Any]:
    values: dict[str, Any] = dict(zip(_FROM_REGISTER, row, strict=False))
    values["kana_key"] = rules.kana_key(row.kana)
    values["digest"] = seal
    values["taken_at"] = clock.now()
    return values


def _first_seen(row: RegisterRow) -> dict[str, Any]:
    return {"id": new_id(), **dict(zip(CONTACT, row[-len(CONTACT) :], strict=True))}
