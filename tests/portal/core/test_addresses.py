"""Postal codes of the six wards."""

import pytest

from portal.core import addresses
from portal.core.text import TextRefused


def test_a_postal_code_in_any_form_finds_its_town():
    for typed in ("260-0013", "２６０ー００１３", "〒2600013"):
        (town,) = addresses.find_towns(typed)
        assert (town.address, town.town_kana) == ("千葉県千葉市中央区中央", "チュウオウ")


def test_two_towns_may_share_a_code():
    assert [town.town for town in addresses.find_towns("2600822")] == ["蘇我", "蘇我町"]


def test_a_code_of_another_city_finds_nothing():
    assert addresses.find_towns("100-0001") == ()


def test_nonsense_is_refused():
    with pytest.raises(TextRefused):
        addresses.find_towns("26")


def test_all_six_wards_are_there_with_kana():
    rows = addresses.towns()
    assert {row.ward for row in rows} == set(addresses.WARDS)
    assert all(row.town_kana for row in rows if row.town)
    assert len(rows) == 275
