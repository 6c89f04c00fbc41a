"""Typed beside register, sign by sign: what is the same, what is only written otherwise, what differs. Pure.

Width, spaces, kana script and the notation of addresses (三丁目９番１号, 3-9-1) say the same thing. Old and new forms of a
kanji (髙 高, 﨑 崎) do not: a name is what its owner registered, so they are told, never folded away.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

import jaconv

from portal.core import text
from portal.core.words import N_

VARIANT_FORMS = (
    "高髙 崎﨑嵜 辺邊邉 斉齊斎齋 浜濱 沢澤 広廣 国國 桜櫻 真眞 竜龍 関關 島嶋嶌 富冨 恵惠 栄榮 徳德 静靜 "
    "万萬 与與 鉄鐵 塩鹽 滝瀧 児兒 寿壽 実實 条條 楽樂 気氣 学學 会會 円圓 亀龜 蔵藏 礼禮 吉𠮷 "
    "達逹 館舘 峰峯 豊豐 黒黑 清淸 青靑 緑綠 郎郞 尚尙 増增 曽曾 桑桒 柳栁 船舩 群羣 剣劍劒 巌巖 "
    "検檢 来來 "
    "都\ufa26 神\ufa19 福\ufa1b 祥\ufa1a 晴\ufa12 祐\ufa4f 隆\uf9dc 蓮\uf999"
)


def _first_forms() -> Mapping[str, str]:
    return {sign: forms[0] for forms in VARIANT_FORMS.split() for sign in forms[1:] if sign != forms[0]}


FIRST_FORM = _first_forms()
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_TOKENS = re.compile(r"[0-9]+|[A-Za-z]+|.", re.DOTALL)
_NUMBERS = str.maketrans("〇一二三四五六七八九", "0123456789")
_KANJI_COUNT = re.compile(r"[〇一二三四五六七八九十]+(?=(?:丁目|番地|番|号))")
_UNITS = re.compile(r"(?<=[0-9])(?:丁目|番地の?|番|号|の)(?=[0-9])")
_LAST_UNIT = re.compile(r"(?<=[0-9])(?:番地|番|号|丁目)(?![0-9])")


class Result(StrEnum):
    SAME = "same"
    NOTATION = "notation"
    VARIANT = "variant"
    DIFFERS = "differs"
    ADDED = "added"
    UNKNOWN = "unknown"


RESULT_WORDS: Mapping[Result, str] = {
    Result.SAME: N_("Same"),
    Result.NOTATION: N_("Same, written otherwise"),
    Result.VARIANT: N_("Old or new form of a kanji"),
    Result.DIFFERS: N_("Differs"),
    Result.ADDED: N_("Left empty"),
    Result.UNKNOWN: N_("Not in the register"),
}
RESULT_TONES: Mapping[Result, str] = {
    Result.SAME: "success",
    Result.NOTATION: "success",
    Result.VARIANT: "warning",
    Result.DIFFERS: "warning",
    Result.ADDED: "warning",
    Result.UNKNOWN: "neutral",
}
TO_LOOK_AT = frozenset({Result.VARIANT, Result.DIFFERS, Result.ADDED})

Part = tuple[str, bool]
"""(text, does it differ)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`typed` and `known` cut into parts; `signs` names forms of one kanji, e.g. ("髙", "高")."""

    result: Result
    typed: tuple[Part, ...]
    known: tuple[Part, ...]
    signs: tuple[tuple[str, str], ...] = ()

    @property
    def matters(self) -> bool:
        return self.result in TO_LOOK_AT


def compare(typed: str, known: str, *, address: bool = False) -> Comparison:
    """The two texts as people read them (view.words_of)."""
    if not known:
        return Comparison(Result.UNKNOWN, ((typed, False),), ())
    if not typed:
        return Comparison(Result.ADDED, (), ((known, False),))
    if typed == known:
        return Comparison(Result.SAME, ((typed, False),), ((known, False),))
    one, other = written(typed, address=address), written(known, address=address)
    if one == other:
        return Comparison(Result.NOTATION, ((typed, False),), ((known, False),))
    shown = _parts(typed, known)
    if _folded(one) == _folded(other):
        return Comparison(Result.VARIANT, *shown, signs=_forms(typed, known))
    return Comparison(Result.DIFFERS, *shown)


def written(words: str, *, address: bool) -> str:
    """One way of writing for what says the same."""
    line = jaconv.h2z(text.fold_width(words), kana=True, ascii=False, digit=False)
    if address:
        line = _KANJI_COUNT.sub(lambda found: _counted(found[0]), line)
        line = _LAST_UNIT.sub("", _UNITS.sub("-", line))
        line = re.sub(rf"(?<=[0-9])[{text.ANY_DASH}](?=[0-9])", "-", line)
    return str(jaconv.hira2kata(re.sub(r"\s+", "", line)))


def _counted(kanji: str) -> str:
    """十二 → 12; 一〇 → 10."""
    if "十" not in kanji:
        return kanji.translate(_NUMBERS)
    tens, _, ones = kanji.partition("十")
    return str(int(tens.translate(_NUMBERS) or 1) * 10 + int(ones.translate(_NUMBERS) or 0))


def _folded(line: str) -> str:
    return "".join(FIRST_FORM.get(sign, sign) for sign in _SELECTORS.sub("", line))


def _forms(typed: str, known: str) -> tuple[tuple[str, str], ...]:
    one, other = _SELECTORS.sub("", typed).replace("　", " "), _SELECTORS.sub("", known).replace("　", " ")
    if len(one) != len(other):
        return ()
    return tuple((a, b) for a, b in zip(one, other, strict=True) if a != b and _folded(a) == _folded(b))


def _parts(typed: str, known: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Both cut where they differ; a number or a word differs as a whole, so that it can be read and heard as one."""
    left, right = _TOKENS.findall(typed), _TOKENS.findall(known)
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    ours: list[Part] = []
    theirs: list[Part] = []
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if a2 > a1:
            ours.append(("".join(left[a1:a2]), tag != "equal"))
        if b2 > b1:
            theirs.append(("".join(right[b1:b2]), tag != "equal"))
    return tuple(ours), tuple(theirs)
