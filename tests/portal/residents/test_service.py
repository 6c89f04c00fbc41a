"""Who the city knows, and that every look is on record."""

from datetime import date, datetime

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.audit import Purpose, Record
from portal.core.ids import new_id
from portal.demo import cast, load
from portal.residents import service
from portal.residents.models import Resident
from portal.residents.service import ResidentUnknown
from tests.portal.residents.city import CLERK, at_the_window, bring, row


@pytest.fixture(autouse=True)
def _today():
    with clock.freeze(datetime(2026, 11, 22, 3, 0, tzinfo=clock.JST)):
        yield


@pytest.fixture
def city(database):
    with database.command("demo", Purpose.REGISTER) as session:
        load.load_city(session, residents=300)
    return database


def of_cast(session, someone):
    return session.scalars(select(Resident).where(Resident.addressee_number == someone.addressee_number)).one()


def records(database):
    with database.command("test") as session:
        return session.execute(
            select(Record.action, Record.subject, Record.what, Record.why, Record.actor_id, Record.case_ref)
        ).all()


def test_a_look_is_on_record_with_purpose_and_case(city):
    with at_the_window(city) as session:
        hanako = of_cast(session, cast.HANAKO)
        found = service.look_up(session, hanako.id, case_ref="K7QM-3XPR-T2WH")
        assert (found.name, found.address) == (cast.HANAKO.name, cast.HANAKO.address)
        hanako_id = hanako.id
    looks = [record for record in records(city) if record.action == "look"]
    assert [tuple(look) for look in looks] == [
        ("look", hanako_id, "residents.person", "window", CLERK.id, "K7QM-3XPR-T2WH")
    ]


def test_nobody_is_found_under_an_unknown_id(city):
    with pytest.raises(ResidentUnknown), at_the_window(city) as session:
        service.look_up(session, new_id())


def test_a_number_is_read_in_any_width(city):
    with at_the_window(city) as session:
        assert service.find_by_number(session, "９０００００−０００００−０００１").name == "架空 花子"
        assert service.find_by_number(session, "123") is None


def test_the_household_of_the_hero(city):
    with at_the_window(city) as session:
        hanako = of_cast(session, cast.HANAKO)
        assert [person.name for person in service.household_of(session, hanako)] == [
            "架空 太郎",
            "架空 花子",
            "架空 さくら",
        ]
        assert [child.name for child in service.children_of(session, hanako)] == ["架空 さくら"]
        sakura = of_cast(session, cast.SAKURA)
        assert [person.name for person in service.guardians_of(session, sakura)] == ["架空 太郎", "架空 花子"]
        assert service.guardians_of(session, hanako) == []
        assert service.children_of(session, sakura) == []


def test_a_grandchild_is_guarded_by_the_grown_child_not_by_the_head(database):
    home = {"household_number": "000000000000010"}
    bring(
        database,
        row(10, birth_date=date(1955, 1, 1), **home),
        row(11, relation="子", birth_date=date(1990, 1, 1), kana="ミホンダ ミホ", **home),
        row(12, relation="子の子", birth_date=date(2020, 1, 1), moved_in=date(2020, 1, 1), **home),
    )
    with at_the_window(database) as session:
        child = service.find_by_number(session, "12")
        assert [person.addressee_number[-2:] for person in service.guardians_of(session, child)] == ["11"]


def test_search_by_the_beginning_of_the_kana(database):
    bring(
        database,
        row(1, kana="ミホンダ ハナコ"),
        row(2, kana="ミホンダ ハナエ", birth_date=date(2001, 2, 3)),
        row(3, kana="ミホンガワ アキ", ward="緑区"),
        row(4, kana="レイジダ アキ"),
    )
    with at_the_window(database) as session:

        def found(kana, **facts):
            return [person.kana for person in service.search(session, kana, **facts)]

        assert found("みほん") == ["ミホンガワ アキ", "ミホンダ ハナエ", "ミホンダ ハナコ"]
        assert found("ﾐﾎﾝﾀﾞﾊﾅ") == ["ミホンダ ハナエ", "ミホンダ ハナコ"]
        assert found("みほん", ward="緑区") == ["ミホンガワ アキ"]
        assert found("みほん", birth_date=date(2001, 2, 3)) == ["ミホンダ ハナエ"]
        assert found("ン") == []
    assert len([record for record in records(database) if record.action == "look"]) == 3


def test_the_same_rows_again_change_nothing(database):
    rows = [row(number) for number in range(1, 6)]
    assert (bring(database, *rows).new, bring(database, *rows).same) == (5, 5)
    moved = row(3, town="新町", postal_code="2600028")
    assert bring(database, *rows[:2], moved).changed == 1
    with at_the_window(database) as session:
        assert service.find_by_number(session, "3").town == "新町"
        assert service.compare(session, [moved, row(9)]) == service.Taken(new=1, changed=0, same=1)


def test_a_change_by_the_register_is_on_the_persons_record(database):
    bring(database, row(1))
    bring(database, row(1, building="見本ハイツ101"))
    with at_the_window(database) as session:
        person_id = service.find_by_number(session, "1").id
    changes = [record for record in records(database) if record.action == "change"]
    assert [(change.subject, change.why) for change in changes] == [(person_id, "register")]


def test_what_residents_told_us_survives_the_register(database):
    bring(database, row(1, email="old@example.jp"))
    with database.command("test") as session:
        session.scalars(select(Resident)).one().email = "new@example.jp"
    bring(database, row(1, email="old@example.jp", town="新町", postal_code="2600028"))
    with at_the_window(database) as session:
        person = service.find_by_number(session, "1")
        assert (person.email, person.town) == ("new@example.jp", "新町")


def test_a_household_without_a_head_is_noticed(database):
    bring(database, row(1), row(2, relation="子"))
    with at_the_window(database) as session:
        assert service.households_without_head(session) == 1


def test_the_demo_city_is_as_large_as_asked_for(database):
    done = []
    with database.command("demo", Purpose.REGISTER) as session:
        taken = load.load_city(session, residents=2_345, watch=done.append)
    assert taken == service.Taken(new=2_345)
    assert done[-1] == 2_345
    with at_the_window(database) as session:
        assert service.households_without_head(session) == 0
        assert session.scalars(select(Resident).where(Resident.fictitious.is_(False))).all() == []


def test_a_resident_in_a_traceback_is_only_an_id(database):
    bring(database, row(1))
    with at_the_window(database) as session:
        person = service.find_by_number(session, "1")
        shown = f"<Resident {person.id}>"
    assert repr(person) == shown
    assert repr(Resident(name="見本田 花子")) == "<Resident new>"
