"""The cast: everybody is marked 架空 and every number is sound and belongs to nobody."""

import ast
import sys
from datetime import date
from pathlib import Path

from stdnum.jp import cn, in_

from card_reader.simulator.people import read_persona
from portal.core import addresses, permissions, text
from portal.demo import cast
from portal.demo.business_people import COMPANY

TODAY = date(2026, 11, 22)


def test_the_cast_stands_alone():
    tree = ast.parse(Path(cast.__file__).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert {module.split(".")[0] for module in imported if module} <= set(sys.stdlib_module_names)


def test_numbers_are_sound_and_distinct():
    numbers = [resident.number for resident in cast.RESIDENTS]
    assert len(set(numbers)) == len(numbers)
    assert all(in_.is_valid(number) and number.startswith("9000000") for number in numbers)
    assert in_.is_valid(cast.individual_number(9999))
    assert cn.is_valid(COMPANY.corporate_number)


def test_everybody_is_marked_fictitious():
    for someone in (*cast.RESIDENTS, *cast.STAFF):
        assert "架空" in someone.name or "架空" in someone.alias
    assert all(resident.fictitious for resident in cast.RESIDENTS)


def test_passwords_are_long_and_say_demo():
    accounts = [a for a in (*cast.RESIDENTS, *cast.STAFF, COMPANY) if a.login_id]
    assert all(len(account.password) >= 15 and "-demo-" in account.password for account in accounts)
    assert len({account.login_id for account in accounts}) == len(accounts)


def test_staff_hold_roles_that_exist():
    assert {role for member in cast.STAFF for role in member.roles} == {str(role) for role in permissions.Role}


def test_addresses_and_names_are_in_written_form():
    for resident in cast.RESIDENTS:
        found = [(town.ward, town.town) for town in addresses.find_towns(resident.postal_code)]
        assert (resident.ward, resident.town) in found
        assert text.kana_name(resident.kana) == resident.kana
        assert text.kanji_name(resident.name) == resident.name
        assert text.address_line(resident.block) == resident.block
        if resident.phone:
            assert text.phone(resident.phone) == resident.phone
            assert resident.phone.startswith(("0900", "0430"))
            assert text.email(resident.email) == resident.email


def test_sakura_stays_under_three():
    for year in (2026, 2031):
        (sakura,) = [r for r in cast.residents(date(year, 1, 1)) if r.persona == "sakura"]
        assert 0 <= (date(year, 1, 1) - sakura.birth_date).days < 3 * 365


def test_personas_for_the_card_simulator():
    cards = {card["persona"]: card for card in cast.personas()}
    assert set(cards) == {"hanako", "taro", "ichiro", "maria", "kaito", "aoi", "blank"}
    bare = {name for name, card in cards.items() if not read_persona(card).services}
    assert bare == {"kaito", "aoi", "blank"}, "first issue and replacement can be tried"
    assert cards["hanako"]["address"] == "千葉県千葉市中央区中央3丁目99番1号 架空マンション101"
    for card in cards.values():
        assert len(card["auth_pin"]) == 4
        assert card["auth_pin"].isascii()
        assert 6 <= len(card["sign_pin"]) <= 16
        assert len(card["number"]) == 12
