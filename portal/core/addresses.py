"""Postal code → address, for the six wards of Chiba City.

Rows come from Japan Post's list (see the head of the data file). One code can stand for two towns (蘇我 and
蘇我町), so the answer is always a tuple; an empty tuple means "not in this city", which is no error.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from portal.core import text

PREFECTURE = "千葉県"
CITY = "千葉市"
WARDS = ("中央区", "花見川区", "稲毛区", "若葉区", "緑区", "美浜区")
_DATA = ("demo", "data", "chiba_postal.csv")


@dataclass(frozen=True, slots=True)
class Town:
    """One row of the list; `town` is empty for a ward's catch-all code, `note` is Japan Post's remark."""

    postal_code: str
    jis_code: str
    ward: str
    ward_kana: str
    town: str
    town_kana: str
    has_chome: bool
    note: str

    @property
    def address(self) -> str:
        """千葉県千葉市中央区中央."""
        return f"{PREFECTURE}{CITY}{self.ward}{self.town}"


@cache
def towns() -> tuple[Town, ...]:
    """All rows, ordered by postal code."""
    source = files("portal").joinpath(*_DATA).read_text(encoding="utf-8")
    lines = (line for line in source.splitlines() if not line.startswith("#"))
    return tuple(
        Town(
            postal_code=row["postal_code"],
            jis_code=row["jis_code"],
            ward=row["ward"],
            ward_kana=row["ward_kana"],
            town=row["town"],
            town_kana=row["town_kana"],
            has_chome=row["chome"] == "1",
            note=row["note"],
        )
        for row in csv.DictReader(lines)
    )


def find_towns(postal_code: str) -> tuple[Town, ...]:
    """Towns of a postal code as typed (any width, with or without 〒); TextRefused if it is none."""
    return _by_code().get(text.postal_code(postal_code), ())


@cache
def _by_code() -> dict[str, tuple[Town, ...]]:
    found: dict[str, tuple[Town, ...]] = {}
    for town in towns():
        found[town.postal_code] = (*found.get(town.postal_code, ()), town)
    return found
