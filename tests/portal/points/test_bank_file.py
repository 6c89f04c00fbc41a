"""総合振込 as a bank reads it: half-width kana, fixed fields, sums."""

from datetime import date

import pytest

from portal.points.partners import zengin
from portal.points.partners.bank import BankAccount
from tests.portal.points import zengin_reader

ACCOUNT = BankAccount("0134", "001", "1", "7654321", "ﾐﾄﾞﾘﾍﾞ-ｶﾘ-")


@pytest.mark.parametrize(
    ("typed", "kana"),
    [
        ("カ）ミドリ　ベーカリー", "ｶ)ﾐﾄﾞﾘ ﾍﾞ-ｶﾘ-"),
        ("キョウト・パン", "ｷﾖｳﾄ.ﾊﾟﾝ"),
        ("ｶﾌﾞｼｷｶﾞｲｼｬ abc", "ｶﾌﾞｼｷｶﾞｲｼﾔ ABC"),
        ("ヴィッツ", "ｳﾞｲﾂﾂ"),
    ],
)
def test_kana_become_those_of_the_banks(typed: str, kana: str) -> None:
    assert zengin.half_width(typed) == kana
    payer = zengin.Payer("1", "チバシ", ACCOUNT)
    to = BankAccount("1", "2", "1", "3", typed)
    content = zengin.write(payer, [zengin.Payment(to, 1_234_567, "REF")], date(2026, 12, 1))
    found = zengin_reader.read(content)
    assert (found.lines[0].holder, found.lines[0].yen, found.day) == (kana, 1_234_567, "1201")


def test_what_no_bank_can_read_is_refused() -> None:
    for typed in ("緑パン", "パン＆ケーキ", "🍞"):
        with pytest.raises(zengin.NotInTheFile):
            zengin.half_width(typed)
    payer = zengin.Payer("1", "ｱ", ACCOUNT)
    with pytest.raises(ValueError, match="digits"):
        zengin.write(payer, [zengin.Payment(ACCOUNT, 10**10, "R")], date(2026, 12, 1))


def test_a_line_is_what_the_banks_agreed_on() -> None:
    """A9: digits where they say N, the mark where the customer codes are EDI information."""
    payer = zengin.Payer("1", "チバシ", ACCOUNT)
    line = zengin.write(payer, [zengin.Payment(ACCOUNT, 100, "ABCD1234EFGH")], date(2026, 12, 1)).split(b"\r\n")[1]
    clearing_house, codes, how, mark = line[38:42], line[91:111], line[111:112], line[112:113]
    assert (clearing_house, codes, how, mark) == (b"0000", b"ABCD1234EFGH".ljust(20), b"7", b"Y")
