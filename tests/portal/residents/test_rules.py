"""Ages and guardians."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from portal.residents import rules

DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1))


def test_somebody_is_adult_from_the_eighteenth_birthday():
    assert not rules.is_adult(date(2008, 4, 12), date(2026, 4, 11))
    assert rules.is_adult(date(2008, 4, 12), date(2026, 4, 12))


def test_a_leap_day_child():
    assert not rules.is_adult(date(2008, 2, 29), date(2026, 2, 28))
    assert rules.is_adult(date(2008, 2, 29), date(2026, 3, 1))
    assert rules.is_adult(date(2006, 2, 28), date(2024, 2, 29))
    assert not rules.is_adult(date(2006, 3, 1), date(2024, 2, 29))


@given(DAYS, DAYS)
def test_adults_are_eighteen(born, day):
    if born <= day:
        birthdays = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        assert rules.is_adult(born, day) == (birthdays >= 18)


def test_who_guards_whom():
    assert "妻" in rules.guardian_relations("子")
    assert "世帯主" not in rules.guardian_relations("子の子")
    assert rules.guardian_relations("同居人") == ()
