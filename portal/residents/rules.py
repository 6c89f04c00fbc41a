"""What the city decides about residents, without a database: ages, who guards whom, what may be shown."""

import re
from datetime import date
from enum import StrEnum

from portal.core import text

HEAD = "世帯主"
# 住民基本台帳事務処理要領 第2-1-(2)-エ: 続柄 are words, combined freely (夫の母, 子の子); no closed set.
PARTNERS = ("妻", "夫", "妻（未届）", "夫（未届）")
CHILDREN = ("子", "妻の子", "夫の子")
GRANDCHILDREN = ("子の子",)
GUARDED = (*CHILDREN, *GRANDCHILDREN)
PARENTS_OF_GRANDCHILDREN = ("子", "子の妻", "子の夫")
# What conditions about 続柄 offer; the register's other combinations are reached by what else they have in common.
RELATIONS = (HEAD, *PARTNERS, *CHILDREN, *GRANDCHILDREN, "父", "母")
ADULT = 18  # 民法第4条


RESIDENCE_CATEGORIES = (
    *("中長期在留者", "特別永住者", "一時庇護許可者", "仮滞在許可者"),
    *("出生による経過滞在者", "国籍喪失による経過滞在者"),
)
"""住民基本台帳法 30条の45: whoever of another nationality is on the register is one of these."""
RESIDENCE_CARD = re.compile(r"[A-Z]{2}[0-9]{8}[A-Z]{2}|第?[0-9]{1,15}号?")
"""The number of a residence card or of the certificate of a special permanent resident; permits count otherwise."""


class Left(StrEnum):
    """Why somebody is on the register no more (住民基本台帳法施行令 第8条・第12条); `moved_out` is the day."""

    MOVED = "moved"
    DIED = "died"


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"


def read_number(typed: str) -> str:
    """A 統合宛名番号 or 世帯番号 as typed, filled with zeros to its 15 digits (標準仕様書 データ要件)."""
    return text.digits(typed, longest=15).zfill(15)


def years_before(day: date, years: int) -> date:
    """The last birth date of those who are that many years old on *day*: the same day `years` earlier; 29 February
    becomes the 28th, so whoever was born on 1 March does not age a day early."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)


def is_adult(birth_date: date, day: date) -> bool:
    return birth_date <= years_before(day, ADULT)


def guardian_relations(child_relation: str) -> tuple[str, ...]:
    """Relations that guard a child of this relation within one household; empty where the register cannot tell."""
    if child_relation in CHILDREN:
        return (HEAD, *PARTNERS)
    if child_relation in GRANDCHILDREN:
        return PARENTS_OF_GRANDCHILDREN
    return ()


def kana_key(kana: str) -> str:
    """What a kana search compares: no spaces, no middle dots, so かくうはなこ finds カクウ ハナコ."""
    return kana.replace(" ", "").replace("・", "")


def full_address(*, ward: str, town: str, block: str, building: str) -> str:
    """One line as on papers: 千葉県千葉市中央区中央3丁目99番1号 架空マンション101."""
    line = f"千葉県千葉市{ward}{town}{block}"
    return f"{line} {building}" if building else line
