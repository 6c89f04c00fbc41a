"""What people type, turned into one written form, by the kind of field.

Both widths are always accepted. Every function takes the raw text and returns the written form, or raises
`TextRefused(code, facts)`; facts never hold the text itself (it may be personal), only lengths and signs.

Why not NFKC for everything: it folds "²" and "①" to digits, it rewrites kanji people insist on (U+FA19
becomes U+795E), and it leaves U+2212 "−" and the long vowel "ー", which keyboards put between digits.
Even NFC rewrites such kanji, so names are composed only where a letter is followed by a combining mark.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import jaconv

ASCII_DIGITS = frozenset("0123456789")
# Everything seen in place of a hyphen: hyphens, dashes, minus signs, box drawing, both long vowel marks.
DASHES = "-‐‑‒–—―⁃−─━﹘﹣－ーｰ"
ANY_DASH = re.escape(DASHES)
_SPACES = re.compile(r"[\s\u00a0\u2000-\u200a\u202f\u3000]+")
_ZERO_WIDTH = re.compile("[\u200b\ufeff]")
_BETWEEN_DIGITS = re.compile(rf"(?<=[0-9])\s*[{ANY_DASH}一]\s*(?=[0-9])")
# A sign that can be seen: no blank, no joiner, no mark without a letter, none of the letters that are drawn as nothing.
_SEEN = re.compile(
    "[^\\s\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
_HALF_KANA = re.compile(r"[\uff61-\uff9f]+")
_COMPOSABLE = re.compile(r"[^\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff][\u0300-\u036f\u3099\u309a]+")
_FOLD_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_KANA = re.compile(r"[ァ-ヴヵヶー]+(?:[ ・][ァ-ヴヵヶー]+)*")
# The signs nearly every name is made of, so that 100,000 names are checked in a second.
_USUAL_NAME = re.compile(r"[A-Za-z ぁ-んァ-ヶー々〆・\u3400-\u4dbf\u4e00-\u9fef\U000e0100-\U000e01ef]+")
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
# Signs that turn the reading direction or vanish: harmless nowhere in a name or an address, useful for fraud.
_INVISIBLE = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\u00ad")


class TextRefused(ValueError):
    """A text that cannot be taken: `code` is the reason, `facts` fill its words (never the text itself)."""

    def __init__(self, code: str, facts: Mapping[str, str | int | date] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.facts: dict[str, str | int | date] = dict(facts or {})


def fold_width(text: str) -> str:
    """Full-width ASCII and the ideographic space to their plain forms; nothing else changes."""
    return text if text.isascii() else text.translate(_FOLD_WIDTH)


def single_line(text: str, *, longest: int) -> str:
    """One line without control signs, spaces collapsed and trimmed; empty is refused."""
    _check(text, longest=longest)
    if not says_something(text):
        raise TextRefused("text-empty")
    # str.isprintable() is false for every space but " " and for every control, surrogate and invisible sign.
    if text.isprintable() and text and text[0] != " " and text[-1] != " " and "  " not in text:
        return text
    cleaned = _SPACES.sub(" ", _ZERO_WIDTH.sub("", text)).strip()
    _refuse_signs(cleaned)
    return cleaned


def digits(text: str, *, count: int | None = None, longest: int = 20) -> str:
    """Digits only, separators dropped: "１２３ー４５" → "12345"; `count` demands an exact number of them."""
    folded = fold_width(single_line(text, longest=longest * 2 + 10))
    kept = folded
    if not (folded.isascii() and folded.isdigit()):
        kept = "".join(sign for sign in folded if sign not in DASHES and sign != " ")
    # Not str.isdigit(): it says yes to "²", and int() then fails.
    if not ASCII_DIGITS.issuperset(kept):
        strange = next(sign for sign in kept if sign not in ASCII_DIGITS)
        raise TextRefused("text-not-digits", {"sign": _named(strange)})
    if count is not None and len(kept) != count:
        raise TextRefused("text-wrong-count", {"count": count, "length": len(kept)})
    if not 1 <= len(kept) <= longest:
        raise TextRefused("text-too-long", {"longest": longest, "length": len(kept)})
    return kept


def whole_number(text: str, *, least: int, most: int) -> int:
    """A whole number within bounds; commas between thousands and a minus in any width are understood."""
    folded = fold_width(single_line(text, longest=40)).replace(" ", "")
    sign = -1 if folded[:1] in DASHES and folded[:1] else 1
    body = folded[1:] if sign < 0 else folded
    if not re.fullmatch(r"[0-9]+|[0-9]{1,3}(?:[,、][0-9]{3})+", body):
        raise TextRefused("text-not-digits", {"sign": ""})
    value = sign * int(re.sub("[,、]", "", body))
    if not least <= value <= most:
        raise TextRefused("text-out-of-range", {"least": least, "most": most})
    return value


def phone(text: str) -> str:
    """A phone number as digits: Japanese ones start with 0 (10 or 11 digits), foreign ones with "+"."""
    folded = re.sub(r"[()\[\]./ ]", "", fold_width(single_line(text, longest=40)))
    bare = "".join(sign for sign in folded if sign not in DASHES and sign != "一")
    if bare.startswith("+81"):
        bare = "0" + bare[3:].removeprefix("0")
    if not re.fullmatch(r"0[0-9]{9,10}|\+[1-9][0-9]{6,14}", bare):
        raise TextRefused("text-not-a-phone-number")
    return bare


def show_phone(number: str) -> str:
    """Written form for people: mobile 3-4-4, Chiba and two-digit areas by their plan, otherwise unchanged."""
    if len(number) == 11 and number.startswith("0"):
        return f"{number[:3]}-{number[3:7]}-{number[7:]}"
    if len(number) == 10 and number.startswith(("03", "06")):
        return f"{number[:2]}-{number[2:6]}-{number[6:]}"
    if len(number) == 10 and number.startswith("0"):
        return f"{number[:3]}-{number[3:6]}-{number[6:]}"
    return number


def postal_code(text: str) -> str:
    """Seven digits: "〒２６０−００１３" → "2600013"."""
    bare = single_line(text, longest=40).lstrip("〒 ")
    try:
        return digits(bare or "x", count=7)
    except TextRefused as refused:
        raise TextRefused("text-not-a-postal-code") from refused


def show_postal_code(code: str) -> str:
    """ "2600013" → "260-0013"."""
    return f"{code[:3]}-{code[3:]}"


def kana_name(text: str, *, longest: int = 100) -> str:
    """Full-width katakana, words separated by one space: "やまだ　ﾊﾅｺ" → "ヤマダ ハナコ"."""
    line = fold_width(_HALF_KANA.sub(_widen_kana, single_line(text, longest=longest)))
    line = jaconv.hira2kata(unicodedata.normalize("NFC", line))
    line = re.sub(rf"(?<=[ァ-ヴヵヶー])[{ANY_DASH}]", "ー", line)
    if not _KANA.fullmatch(line):
        strange = next((sign for sign in line if not re.match(r"[ァ-ヴヵヶー・ ]", sign)), line[0])
        raise TextRefused("text-not-kana", {"sign": _named(strange)})
    return line


def kanji_name(text: str, *, longest: int = 100) -> str:
    """A name as its owner writes it: 﨑, 髙 and variation selectors survive; only width and spaces change."""
    line = fold_width(_HALF_KANA.sub(_widen_kana, single_line(text, longest=longest)))
    line = _COMPOSABLE.sub(lambda found: unicodedata.normalize("NFC", found[0]), line)
    if _USUAL_NAME.fullmatch(line):
        return line
    for sign in line:
        if unicodedata.category(sign) in {"Co", "Cn"}:
            # A character of the old machine's private set (外字): nobody else can print it.
            raise TextRefused("text-private-character", {"sign": _named(sign)})
        if unicodedata.category(sign) in {"Nd", "Sc", "Sm", "So"} or sign in '<>{}@\\"':
            raise TextRefused("text-not-a-name", {"sign": _named(sign)})
    return line


def address_line(text: str, *, longest: int = 200) -> str:
    """A street or building line: widths folded, dashes between digits become "-"."""
    line = _HALF_KANA.sub(_widen_kana, fold_width(single_line(text, longest=longest)))
    return _BETWEEN_DIGITS.sub("-", line)


def email(text: str) -> str:
    """A mail address in ASCII; the domain is lower-cased, the part before @ is kept as typed."""
    folded = fold_width(single_line(text, longest=300)).replace(" ", "")
    local, _, domain = folded.rpartition("@")
    address = f"{local}@{domain.lower()}"
    sound = _EMAIL.fullmatch(address) and len(address) <= 254 and ".." not in address
    if not sound or local.startswith(".") or local.endswith("."):
        raise TextRefused("text-not-an-email")
    return address


def free_text(text: str, *, longest: int) -> str:
    """Several lines as written; line ends become "\\n", spaces at line ends go; may be empty, and is where nothing can
    be seen of it."""
    _check(text, longest=longest)
    unified = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    _refuse_signs(unified.replace("\n", ""))
    written = "\n".join(line.rstrip() for line in unified.split("\n")).strip("\n")
    return written if says_something(written) else ""


def says_something(text: str) -> bool:
    """Whether at least one sign of it can be seen."""
    return _SEEN.search(text) is not None


def check_said(text: str) -> str:
    """*text* as it is; TextRefused where nothing can be seen of it."""
    if not says_something(text):
        raise TextRefused("text-empty")
    return text


def check_signs(text: str, *, lines: bool = False) -> str:
    """*text* as it is, without control signs and signs that turn the reading direction; TextRefused otherwise."""
    bare = text.replace("\r", "").replace("\n", "").replace("\t", "") if lines else text
    _refuse_signs(bare)
    return text


def shown_again(text: str, *, longest: int, lines: bool = False) -> str:
    """What was typed and refused, as a page may hold it: without control signs (NUL, say), cut at `longest`."""
    kept = "\r\n" if lines else ""
    return "".join(sign for sign in text[:longest] if sign not in _INVISIBLE and (sign in kept or _of_a_page(sign)))


def _of_a_page(sign: str) -> bool:
    return sign.isprintable() or unicodedata.category(sign) not in {"Cc", "Cs"}


def _check(text: str, *, longest: int) -> None:
    """Length first: nothing slow or deep runs on a megabyte of input."""
    if not isinstance(text, str):
        raise TextRefused("text-not-text")
    if len(text) > longest:
        raise TextRefused("text-too-long", {"longest": longest, "length": len(text)})


def _refuse_signs(text: str) -> None:
    """NUL breaks PostgreSQL, lone surrogates break UTF-8, direction marks deceive readers."""
    if text.isprintable():
        return
    for position, sign in enumerate(text):
        if sign in _INVISIBLE or unicodedata.category(sign) in {"Cc", "Cs"}:
            raise TextRefused("text-broken-character", {"sign": _named(sign), "position": position + 1})


def _widen_kana(found: re.Match[str]) -> str:
    return str(jaconv.h2z(found[0], kana=True, ascii=False, digit=False))


def _named(sign: str) -> str:
    """U+00B2: safe to print even when the sign itself is not."""
    return f"U+{ord(sign):04X}"


FORMULA = ("=", "+", "-", "@")


def safe_cell(value: object) -> str:
    """A cell of a table that a spreadsheet opens: text it would take for a formula begins with an apostrophe, also in
    full width, which Japanese spreadsheets take too, and after blanks; a number is one, also below zero."""
    words = "" if value is None else str(value)
    begins = fold_width(words.lstrip()[:1])
    runs = begins in FORMULA or words[:1] in ("\t", "\r", "\n")
    return f"'{words}" if isinstance(value, str) and runs else words


def show_sign(named: str) -> str:
    """ "U+67B6" → "架", to show people what they typed themselves; what cannot be seen keeps its number."""
    sign = chr(int(named.removeprefix("U+"), 16))
    return sign if unicodedata.category(sign)[0] in "LNPS" else named


@lru_cache(maxsize=4096)
def comparable(text: str) -> str:
    """How texts are compared in a search: widths, capitals, kinds of kana and spaces do not count."""
    folded: str = jaconv.hira2kata(unicodedata.normalize("NFKC", text).casefold())
    return "".join(folded.split())
