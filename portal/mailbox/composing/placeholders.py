"""Places in a text that are filled for each reader: ((名前)), as in GOV.UK Notify. Pure.

Only a text may have them, never a title: one title stands in a million lists, drawn once (decision 9). What may stand in
the brackets is checked: a fact of the register that a letter may use, or a column of the section's own list. A value is
put in as plain text and is not looked through again: whoever fills a place cannot open another.
"""

import re
from collections.abc import Mapping
from enum import StrEnum

from portal.core.words import N_

PLACE = re.compile(r"\(\(\s*([^()\n]{1,40}?)\s*\)\)")
WIDE = str.maketrans("（）", "()")
_WIDE_PLACE = re.compile(r"（（\s*([^()（）\n]{1,40}?)\s*））")


class Fact(StrEnum):
    """What the register knows of a reader and a letter may say to them. The values stand in the brackets."""

    NAME = "氏名"
    KANA = "フリガナ"
    WARD = "区"
    ADDRESS = "住所"
    BIRTH_DATE = "生年月日"


FACT_WORDS: dict[Fact, str] = {
    Fact.NAME: N_("Name"),
    Fact.KANA: N_("Name in kana"),
    Fact.WARD: N_("Ward"),
    Fact.ADDRESS: N_("Address"),
    Fact.BIRTH_DATE: N_("Date of birth"),
}
# Nobody's: shown where a text is looked at before there are readers.
INVENTED: dict[str, str] = {
    Fact.NAME: "見本 花子",
    Fact.KANA: "ミホン ハナコ",
    Fact.WARD: "中央区",
    Fact.ADDRESS: "千葉県千葉市中央区見本町1番1号",
    Fact.BIRTH_DATE: "平成2年4月1日（1990年）",
}


def normal(text: str) -> str:
    """Places typed with wide brackets become the usual ones."""
    return _WIDE_PLACE.sub(lambda found: f"(({found[1]}))", text)


def names(text: str) -> list[str]:
    """The places of *text*, each once, in their order."""
    return list(dict.fromkeys(PLACE.findall(text)))


def of_texts(texts: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The places of the texts in all languages."""
    return list(dict.fromkeys(name for said in texts.values() for name in names(said.get("body", ""))))


def fill(text: str, values: Mapping[str, str]) -> str:
    """*text* with its places filled; a place nobody filled stays as it is."""
    return PLACE.sub(lambda found: values.get(found[1], found[0]), text)


def parts(text: str) -> list[tuple[str, bool]]:
    """(words, whether they are a place): for a page that marks places."""
    found, at = [], 0
    for place in PLACE.finditer(text):
        found += [(text[at : place.start()], False), (place[1], True)]
        at = place.end()
    return [part for part in [*found, (text[at:], False)] if part[0]]
