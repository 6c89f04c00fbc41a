"""The generated city: the same for the same seed, exact in number, consistent in every household."""

from collections import Counter
from datetime import date, timedelta
from itertools import groupby, islice

import pytest

from portal.core import addresses, text
from portal.demo import names, people

TODAY = date(2026, 11, 22)
CITY = list(people.people(3_000, seed=7, today=TODAY))


def households():
    for _, members in groupby(CITY, key=lambda person: person.household_number):
        yield list(members)


def test_the_same_seed_makes_the_same_city():
    assert list(people.people(500, seed=7, today=TODAY)) == list(people.people(500, seed=7, today=TODAY))
    assert list(people.people(500, seed=8, today=TODAY)) != list(people.people(500, seed=7, today=TODAY))


@pytest.mark.parametrize("count", [0, 1, 2, 999, 1000])
def test_exactly_as_many_as_asked_for(count):
    assert len(list(people.people(count, seed=3, today=TODAY))) == count


def test_the_first_thousand_of_a_million_come_at_once():
    first = list(islice(people.people(1_000_000, seed=7, today=TODAY), 1000))
    assert first == CITY[:1000]


def test_each_household_has_one_head_who_comes_first():
    for members in households():
        assert [member.relation for member in members].count("世帯主") == 1
        assert members[0].relation == "世帯主"
        assert members[0].household_number == members[0].addressee_number
        assert len({(m.postal_code, m.town, m.block, m.building, m.name.split()[0]) for m in members}) == 1


def test_children_are_younger_than_their_parents():
    for members in households():
        born = {member.relation: member.birth_date for member in members if member.relation != "子"}
        for child in (member for member in members if member.relation == "子"):
            assert (child.birth_date - members[0].birth_date).days > 19 * 365
            for parent in ("妻", "夫"):
                if parent in born:
                    assert child.birth_date > born[parent] + timedelta(days=18 * 365)


def test_ages_and_moves_make_sense():
    for person in CITY:
        assert TODAY - timedelta(days=103 * 366) < person.birth_date <= TODAY
        assert person.birth_date <= person.moved_in <= TODAY


def test_everybody_is_fictitious_and_says_so():
    allowed = {family for family, _ in names.FAMILY} | {name for nation in names.FOREIGN for name, _ in nation[2]}
    assert {person.name.split()[0] for person in CITY} <= allowed
    assert all(person.fictitious for person in CITY)


def test_kanji_and_kana_belong_together():
    kana_of = dict(names.FAMILY) | {name: kana for nation in names.FOREIGN for name, kana in nation[2]}
    for person in CITY:
        assert person.kana.split()[0] == kana_of[person.name.split()[0]]
        assert text.kana_name(person.kana) == person.kana
        assert text.kanji_name(person.name) == person.name


def test_addresses_are_real_rows_and_blocks_that_do_not_exist():
    for person in CITY:
        rows = addresses.find_towns(person.postal_code)
        assert (person.ward, person.town) in [(row.ward, row.town) for row in rows]
        assert text.address_line(person.block) == person.block


def test_nobody_can_be_reached_by_accident():
    for person in CITY:
        assert person.phone.startswith("0800") or not person.phone
        assert person.email.endswith("@example.jp") or not person.email


def test_the_city_is_mixed():
    assert set(Counter(person.ward for person in CITY)) == set(addresses.WARDS)
    assert min(Counter(person.ward for person in CITY).values()) > 200
    assert {person.language for person in CITY} == {"ja", "en", "zh", "ko", "es", "pt"}
    assert any(person.alias for person in CITY)
    assert any("\U000e0100" in person.name for person in CITY)
    small = [p for p in CITY[:1000] if p.ward == "中央区" and p.relation == "子" and p.birth_date > date(2023, 11, 22)]
    assert small, "the demo's notice needs guardians of children under 3"
