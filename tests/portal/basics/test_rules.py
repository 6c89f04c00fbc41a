"""What may be said of a company, in either width; and what no bank and no register has."""

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.basics import rules
from portal.basics.rules import PARTS, Kind
from portal.core.text import TextRefused
from portal.core.wording import WORDING
from portal.demo.basics import contents
from portal.demo.business_people import COMPANY
from portal.web import i18n

BANK = PARTS[Kind.BANK]


@pytest.mark.parametrize(
    ("part", "typed", "kept"),
    [
        ("bank_code", "０００１", "0001"),
        ("branch_code", "１０１", "101"),
        ("number", "１２３４５", "0012345"),
        ("number", "1234567", "1234567"),
        ("holder", "ｶ)ｶｸｳｼｮｳﾃﾝ", "カ)カクウシヨウテン"),
        ("holder", "カ）カクウショウテン", "カ)カクウシヨウテン"),
    ],
)
def test_an_account_is_read_in_either_width(part: str, typed: str, kept: str) -> None:
    assert BANK[part].reader(typed) == kept


@pytest.mark.parametrize(
    ("part", "typed", "code"),
    [
        ("bank_code", "001", "text-wrong-count"),
        ("bank_code", "0000", "bank-code-of-nobody"),
        ("branch_code", "12a", "text-not-digits"),
        ("number", "12345678", "text-too-long"),
        ("number", "0000000", "text-out-of-range"),
        ("number", "²", "text-not-digits"),
        ("holder", "株式会社架空", "text-not-of-banks"),
    ],
)
def test_what_no_bank_has_is_refused_with_words(part: str, typed: str, code: str) -> None:
    with pytest.raises(TextRefused) as refused:
        BANK[part].reader(typed)
    assert refused.value.code == code
    assert code in WORDING


@pytest.mark.parametrize(
    ("branch", "kind", "sound"),
    [("018", "ordinary", True), ("018", "savings", True), ("019", "current", True), ("019", "ordinary", False),
     ("018", "current", False), ("101", "ordinary", False)],
)  # fmt: skip
def test_branches_of_the_post_bank_end_as_its_accounts_ask(branch: str, kind: str, sound: bool) -> None:
    assert rules.check_post_bank("9900", branch, kind) is sound
    assert rules.check_post_bank("0001", branch, kind)


def test_an_invoice_number_is_t_and_thirteen_digits_of_which_the_first_checks_the_others() -> None:
    number = COMPANY.corporate_number
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in f"T{number}")
    for typed in (f"T{number}", f"t{number}", wide, f"T{number[0]}-{number[1:5]}-{number[5:9]}-{number[9:]}"):
        assert rules.read_invoice(typed) == f"T{number}"
    for digit in "123456789":
        if digit != number[0]:
            with pytest.raises(TextRefused):
                rules.read_invoice(f"T{digit}{number[1:]}")
    with pytest.raises(TextRefused) as refused:
        rules.read_invoice(number)
    assert refused.value.code == "invoice-number-without-t"


def test_capital_is_whole_yen_with_commas_or_without() -> None:
    assert rules.read_yen("１０，０００，０００円") == rules.read_yen("10000000") == "10000000"


def test_a_fact_holds_between_its_days() -> None:
    day = date(2026, 4, 1)
    assert rules.holds(day, None, None, day)
    assert not rules.holds(day, None, None, day - timedelta(days=1))
    assert rules.holds(day, day, None, day)
    assert not rules.holds(day, day, None, day + timedelta(days=1))
    assert not rules.holds(day, None, day, day), "the first day without it"


def test_a_word_is_good_for_a_year() -> None:
    told = datetime(2026, 4, 1, tzinfo=UTC)
    assert rules.is_fresh(told, told + timedelta(days=364, hours=23))
    assert not rules.is_fresh(told, told + timedelta(days=365))


def shown(kind: Kind, content: dict[str, str], *, whole: bool) -> str:
    title, lines = rules.words_of(kind, content, lambda words, **facts: i18n.say("ja", words, facts), whole=whole)
    return " ".join([title, *lines])


def test_without_the_whole_an_account_shows_its_last_digits_only() -> None:
    for kind, content in contents("架空 商子", 1, COMPANY.corporate_number):
        part, whole = (shown(kind, content, whole=one) for one in (False, True))
        assert part
        if kind is Kind.BANK:
            assert content["number"] in whole
            assert content["number"] not in part
            assert "****001" in part
        else:
            assert part == whole
