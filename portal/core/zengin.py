"""Account holders as banks write them to each other (全銀協規定フォーマット): half-width signs, at most 30 of them.

Taken: capitals A to Z, digits, katakana without small ones, the voicing marks, space and ( ) - . / , 「 」 ¥. What people
type is turned into that: small kana become large (シャ → シヤ), the long mark a hyphen, hiragana katakana, letters capitals.
Kept full-width, because people read it; `half_width` gives the sender of a transfer its file's form.
"""

import re
import unicodedata

import jaconv

from portal.core.text import ANY_DASH, TextRefused, fold_width, single_line

LONGEST = 30  # half-width signs; a voicing mark is a sign of its own
_LARGE = str.maketrans("ァィゥェォッャュョヮヵヶ・．，", "アイウエオツヤユヨワカケ..,")
_TAKEN = re.compile(r"[A-Z0-9アイウエオカ-ヂツ-モヤユヨラ-ロワヲンヴ ()./,「」¥-]+")


def holder(text: str) -> str:
    """The written form of an account holder; TextRefused says which sign banks do not have, or that it is too long."""
    line = jaconv.h2z(single_line(text, longest=120), kana=True, ascii=False, digit=False)
    line = jaconv.hira2kata(unicodedata.normalize("NFC", fold_width(line))).upper().translate(_LARGE)
    line = re.sub(f"[{ANY_DASH}]", "-", line).replace("\\", "¥").replace("（", "(").replace("）", ")")
    if strange := next((sign for sign in line if not _TAKEN.fullmatch(sign)), ""):
        raise TextRefused("text-not-of-banks", {"sign": f"U+{ord(strange):04X}"})
    if (length := len(half_width(line))) > LONGEST:
        raise TextRefused("text-too-long", {"longest": LONGEST, "length": length})
    return line


def half_width(written: str) -> str:
    """What a transfer file holds: "カクウ ダイゴ" → "ｶｸｳ ﾀﾞｲｺﾞ"."""
    return str(jaconv.z2h(written, kana=True, ascii=False, digit=False))
