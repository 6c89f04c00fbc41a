"""総合振込: the file with which a bank is told to pay many at once, in the form the banks of Japan agreed on (全銀協).

Records of 120 signs of JIS X 0201, each ended by CR LF: one header, one line for each payment, one trailer, one end. Kana
are half-width, without small ones; a voiced sign stands behind its kana. Fields of digits (N) stand right, filled with 0;
fields of signs (C) stand left, filled with spaces.

Source: 全国銀行協会「適用業務およびレコード・フォーマット」総合振込, as banks print it for their customers.
群馬銀行「全銀協制定ファイルフォーマット【総合振込】」: 手形交換所番号 N(4), 未使用 (0とする); 顧客コード1 and 2, N(10) each,
or, with 識別表示 "Y", EDI情報 C(20) in their place.
三井住友銀行「ファイルレイアウト 総合振込（全銀形式）」: with the mark the two are C.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.points.partners.bank import BankAccount

LENGTH = 120
GENERAL = "21"
NO_CLEARING_HOUSE = "0000"
"""手形交換所番号: of no use since there is one for the whole country, and digits all the same."""
OTHER = "0"
"""新規コード: neither the first payment to this account nor a changed one."""
BY_WIRE = "7"
"""振込指定区分: 電信扱."""
EDI = "Y"
"""識別表示: the twenty signs of the customer codes are EDI information, C(20)."""
ENCODING = "shift_jis"
"""Of which only the single bytes of JIS X 0201 are used."""
SMALL = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")
ALLOWED = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ ()-./,\\｢｣" + "".join(map(chr, range(0xFF66, 0xFFA0)))) - set(
    "ｧｨｩｪｫｬｭｮｯｰ"
)
HALF = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF61, 0xFFA0)}
"""Full-width kana, and the marks of voiced ones, by their half-width signs."""


class NotInTheFile(ValueError):
    """A sign the banks' files do not know."""


@dataclass(frozen=True, slots=True)
class Payer:
    """The city's own account, and the number by which its bank knows it."""

    code: str
    name: str
    account: BankAccount


@dataclass(frozen=True, slots=True)
class Payment:
    """Money for one receiver; `reference` goes with it to the receiver."""

    to: BankAccount
    yen: int
    reference: str


def half_width(text: str) -> str:
    """ "カ）ミドリ　ベーカリー" → "ｶ)ﾐﾄﾞﾘ ﾍﾞ-ｶﾘ-". Raises NotInTheFile."""
    plain = unicodedata.normalize("NFKC", text).upper().translate(SMALL)
    signs = "".join(HALF.get(sign, sign) for sign in unicodedata.normalize("NFD", plain))
    signs = signs.replace("ｰ", "-").replace("･", ".")
    if strange := [sign for sign in signs if sign not in ALLOWED]:
        raise NotInTheFile(f"U+{ord(strange[0]):04X}")
    return signs


def write(payer: Payer, payments: Sequence[Payment], day: date) -> bytes:
    """The file for payments on *day*. Raises NotInTheFile, ValueError where a number has too many digits."""
    total = sum(payment.yen for payment in payments)
    records = [
        _header(payer, day),
        *map(_data, payments),
        "8" + _digits(len(payments), 6) + _digits(total, 12) + " " * 101,
        "9" + " " * 119,
    ]
    if any(len(record) != LENGTH for record in records):
        raise ValueError("a record is not 120 signs long")
    return "".join(f"{record}\r\n" for record in records).encode(ENCODING)


def _header(payer: Payer, day: date) -> str:
    own = payer.account
    return (
        "1" + GENERAL + "0" + _number(payer.code, 10) + _words(payer.name, 40) + f"{day:%m%d}"
        + _number(own.bank, 4) + " " * 15 + _number(own.branch, 3) + " " * 15 + _number(own.deposit, 1)
        + _number(own.number, 7) + " " * 17
    )  # fmt: skip


def _data(payment: Payment) -> str:
    """The reference has letters, so it is EDI information: the receiver reads it with the money."""
    to = payment.to
    return (
        "2" + _number(to.bank, 4) + " " * 15 + _number(to.branch, 3) + " " * 15 + NO_CLEARING_HOUSE
        + _number(to.deposit, 1) + _number(to.number, 7) + _words(to.holder, 30) + _digits(payment.yen, 10) + OTHER
        + _words(payment.reference, 20) + BY_WIRE + EDI + " " * 7
    )  # fmt: skip


def _digits(value: int, places: int) -> str:
    return _number(str(value), places)


def _number(text: str, places: int) -> str:
    if not (text.isascii() and text.isdigit()) or len(text) > places:
        raise ValueError(f"not a number of up to {places} digits")
    return text.zfill(places)


def _words(text: str, places: int) -> str:
    """Cut where the field ends: banks compare what fits."""
    return half_width(text)[:places].ljust(places)
