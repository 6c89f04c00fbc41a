"""Who may have a certificate, what it costs, which choices exist."""

from datetime import date

import pytest

from portal.certificates import rules
from portal.certificates.contents import issuer
from portal.certificates.rules import Applicant, Barrier, Channel, Kind
from portal.core.addresses import WARDS
from portal.core.errors import Refusal

TODAY = date(2026, 11, 23)


def applicant(**facts: object) -> Applicant:
    return Applicant(**({"born_on": date(1992, 3, 4), "left_on": None, "barriers": frozenset()} | facts))


def test_an_adult_at_home_may_have_a_copy():
    rules.check_may_have(applicant(), TODAY)


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"born_on": date(2011, 11, 24)}, rules.TooYoung),
        ({"left_on": date(2026, 11, 23)}, rules.MovedOut),
        ({"barriers": frozenset({Barrier.PROTECTED})}, rules.OnlyAtWindow),
        ({"barriers": frozenset({Barrier.HELD})}, rules.OnlyAtWindow),
    ],
)
def test_whoever_may_not_is_told_what_to_do(facts: dict[str, object], refusal: type[Refusal]):
    with pytest.raises(refusal):
        rules.check_may_have(applicant(**facts), TODAY)


def test_fifteenth_birthday_opens_the_machine():
    rules.check_may_have(applicant(born_on=date(2011, 11, 23)), TODAY)


def test_protection_is_not_given_away_by_the_words():
    """The same words as any hold: whoever reads the screen may be the one they are protected from."""
    for words in (rules.OnlyAtWindow.message, rules.OnlyAtWindow.next_step):
        assert "protect" not in words.lower()


@pytest.mark.parametrize(
    ("kind", "options", "copies", "refusal"),
    [
        ("passport", {"scope": "self", "relation": "no", "domicile": "no"}, 1, rules.OptionsWrong),
        ("resident-record", {"scope": "self", "relation": "no"}, 1, rules.OptionsWrong),
        ("resident-record", {"scope": "street", "relation": "no", "domicile": "no"}, 1, rules.OptionsWrong),
        (
            "resident-record",
            {"scope": "self", "relation": "no", "domicile": "no", "my-number": "yes"},
            1,
            rules.OptionsWrong,
        ),
        ("resident-record", {"scope": "self", "relation": "no", "domicile": "no"}, 0, rules.CopiesWrong),
        ("resident-record", {"scope": "self", "relation": "no", "domicile": "no"}, 6, rules.CopiesWrong),
    ],
)
def test_wishes_outside_the_catalogue_are_refused(
    kind: str, options: dict[str, str], copies: int, refusal: type[Refusal]
):
    with pytest.raises(refusal):
        rules.check_wish(kind, options, copies)


def test_the_machine_is_cheaper_than_the_window():
    assert rules.fee(Kind.RESIDENT_RECORD, Channel.KIOSK) == 200
    assert rules.fee(Kind.RESIDENT_RECORD, Channel.WINDOW, "緑区役所") == 300


@pytest.mark.parametrize("ward", WARDS)
def test_every_ward_has_a_seal_of_nine_signs(ward: str):
    assert len(issuer(ward).seal) == 9
    assert issuer(ward).seal.startswith(f"千葉市{ward}長")
