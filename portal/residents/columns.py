"""The columns of a register file: their headings, which are needed, and how each is read.

README.md in this room is the table for people; tests hold the two together.
"""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, TextIO

from portal.core import text, wareki
from portal.core.addresses import WARDS
from portal.core.csv_file import CellRefused
from portal.core.text import TextRefused
from portal.residents import rules
from portal.residents.register import RegisterRow
from portal.residents.rules import Left, Sex

_SEXES = {"男": Sex.MALE, "女": Sex.FEMALE, "male": Sex.MALE, "female": Sex.FEMALE, "1": Sex.MALE, "2": Sex.FEMALE}
_YES = {"1": True, "有": True, "はい": True, "true": True, "0": False, "無": False, "いいえ": False, "false": False}
_LEFT = {"転出": Left.MOVED, "死亡": Left.DIED, "moved": Left.MOVED, "died": Left.DIED}
_LANGUAGES = ("ja", "en", "zh", "ko", "es", "pt")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its field, the heading 住民記録 systems use, whether it must be there, how a cell is read."""

    field: str
    heading: str
    needed: bool
    read: Callable[[str], Any]


def _ward(cell: str) -> str:
    ward = text.single_line(cell, longest=30).removeprefix("千葉県").removeprefix("千葉市")
    if ward not in WARDS:
        raise TextRefused("ward-unknown")
    return ward


def _one_of(choices: Mapping[str, Any], code: str) -> Callable[[str], Any]:
    def read(cell: str) -> Any:
        found = choices.get(text.fold_width(cell).strip().lower())
        if found is None:
            raise TextRefused(code)
        return found

    return read


def _line(longest: int) -> Callable[[str], str]:
    return lambda cell: text.single_line(cell, longest=longest)


def _day(cell: str) -> date:
    return wareki.parse(cell)


def _address(longest: int) -> Callable[[str], str]:
    return lambda cell: text.address_line(cell, longest=longest)


def _category(cell: str) -> str:
    category = text.single_line(cell, longest=20)
    if category not in rules.RESIDENCE_CATEGORIES:
        raise TextRefused("residence-category-unknown")
    return category


def _card(cell: str) -> str:
    number = text.fold_width(cell).strip().upper()
    if not rules.RESIDENCE_CARD.fullmatch(number):
        raise TextRefused("residence-card-unreadable")
    return number


def _often(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """For cells that repeat (towns, wards, dates of one household): read once, remember a few thousand."""
    return lru_cache(maxsize=4_096)(read)


COLUMNS = (
    Column("addressee_number", "宛名番号", True, rules.read_number),
    Column("household_number", "世帯番号", True, _often(rules.read_number)),
    Column("relation", "続柄", True, _often(_line(20))),
    Column("name", "氏名", True, text.kanji_name),
    Column("kana", "氏名カナ", True, text.kana_name),
    Column("birth_date", "生年月日", True, _often(_day)),
    Column("sex", "性別", True, _often(_one_of(_SEXES, "sex-unknown"))),
    Column("postal_code", "郵便番号", True, _often(text.postal_code)),
    Column("ward", "区", True, _often(_ward)),
    Column("town", "町名", True, _often(_line(60))),
    Column("block", "番地", True, _often(_address(100))),
    Column("moved_in", "住民となった日", True, _often(_day)),
    Column("building", "方書", False, _often(_address(100))),
    Column("alias", "通称", False, text.kanji_name),
    Column("alias_kana", "通称カナ", False, text.kana_name),
    Column("nationality", "国籍", False, _often(_line(40))),
    Column("domicile", "本籍", False, _often(_address(200))),
    Column("domicile_head", "筆頭者", False, _often(text.kanji_name)),
    Column("moved_out", "転出日", False, _often(_day)),
    Column("left_because", "消除事由", False, _often(_one_of(_LEFT, "left-because-unknown"))),
    Column("previous_address", "前住所", False, _often(_address(200))),
    Column("former_name", "旧氏", False, text.kanji_name),
    Column("address_since", "住所を定めた日", False, _often(_day)),
    Column("notified_on", "届出日", False, _often(_day)),
    Column("residence_category", "在留区分", False, _often(_category)),
    Column("residence_status", "在留資格", False, _often(_line(40))),
    Column("residence_period", "在留期間", False, _often(_line(20))),
    Column("residence_until", "在留期間の満了日", False, _often(_day)),
    Column("residence_card", "在留カード等番号", False, _card),
    Column("protected", "支援措置", False, _often(_one_of(_YES, "yes-or-no"))),
    Column("fictitious", "架空", False, _often(_one_of(_YES, "yes-or-no"))),
    Column("language", "言語", False, _often(_one_of({code: code for code in _LANGUAGES}, "language-unknown"))),
    Column("phone", "電話番号", False, text.phone),
    Column("email", "メールアドレス", False, text.email),
)
HEADINGS = tuple(column.heading for column in COLUMNS)


class RowReader:
    """Reads rows of one file, whose heading line says which columns come in which order."""

    def __init__(self, headings: Sequence[str]) -> None:
        known = {name: column for column in COLUMNS for name in (column.heading, column.field)}
        cleaned = [text.fold_width(heading).strip() for heading in headings]
        self.places = [(place, known[heading]) for place, heading in enumerate(cleaned) if heading in known]
        self.ignored = tuple(heading for heading in cleaned if heading not in known)
        found = {column.field for _, column in self.places}
        self.missing = tuple(column.heading for column in COLUMNS if column.needed and column.field not in found)
        self.repeated = len(found) < len(self.places)
        self.width = len(cleaned)

    def read(self, cells: Sequence[str], line: int) -> RegisterRow | list[CellRefused]:
        """The row in written form, or everything that is wrong with it."""
        if len(cells) != self.width:
            facts = {"count": self.width, "length": len(cells)}
            return [CellRefused(line, "", "row-wrong-width", facts)]
        values: dict[str, Any] = {}
        refused: list[CellRefused] = []
        for place, column in self.places:
            cell = cells[place]
            if not cell and not column.needed:
                continue
            try:
                values[column.field] = column.read(cell)
            except TextRefused as reason:
                refused.append(CellRefused(line, column.heading, reason.code, reason.facts))
        if refused:
            return refused
        row = RegisterRow(**values)
        return _contradictions(row, line) or row


def write_register(file: TextIO, rows: Iterable[RegisterRow]) -> int:
    """A file that can be imported again; returns the rows. Open it with newline="" and encoding="utf-8-sig"."""
    writer = csv.writer(file)
    writer.writerow(HEADINGS)
    count = 0
    for row in rows:
        writer.writerow([_cell(getattr(row, column.field)) for column in COLUMNS])
        count += 1
    return count


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return value.isoformat() if isinstance(value, date) else str(value)


def _contradictions(row: RegisterRow, line: int) -> list[CellRefused]:
    """What two cells of one row cannot both say."""
    found = []
    if row.moved_in < row.birth_date:
        found.append(CellRefused(line, "住民となった日", "moved-in-before-birth", {}))
    if row.moved_out and row.moved_out < row.moved_in:
        found.append(CellRefused(line, "転出日", "moved-out-before-moved-in", {}))
    if row.address_since and row.address_since < row.moved_in:
        found.append(CellRefused(line, "住所を定めた日", "address-before-moved-in", {}))
    return found
