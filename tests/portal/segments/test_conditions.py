"""What SQL chooses is what a plain reading of the same condition chooses, person by person, on both databases."""

from collections import defaultdict
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from portal.core import clock
from portal.core.addresses import WARDS
from portal.core.uow import Database
from portal.demo import facts as demo_facts
from portal.demo import load
from portal.facts import service as facts
from portal.facts.models import Consent, Fact
from portal.residents import service as residents
from portal.residents.models import Resident
from portal.segments import conditions, one_person, sql, words
from portal.segments import service as segments
from portal.segments.attributes import ATTRIBUTES, LANGUAGES, Someone, town_names
from portal.segments.models import ListMember, RecipientList
from portal.segments.rules import ConditionWrong
from tests.beginnings import furnishing

ONE_LIST = UUID("11111111-1111-4111-8111-111111111111")
A_LIST = str(ONE_LIST)
PEOPLE = 120
ANYBODY = segments.Asking(None, "")


@furnishing
def people_with_facts(session: Any) -> None:
    """A hundred people, what sections know of them, some of them on a list, protected, moved or dead."""
    load.load_city(session, residents=PEOPLE)
    demo_facts.load(session)
    session.flush()
    everybody = list(session.scalars(select(Resident).order_by(Resident.addressee_number)))
    for number, person in enumerate(everybody):
        person.protected = number % 17 == 3
        if number % 19 == 5:
            person.moved_out, person.left_because = clock.today(), "died" if number % 2 else "moved"
    session.add(RecipientList(id=ONE_LIST, section_id=ONE_LIST, name="x", people=0, made_at=clock.now()))
    session.flush()
    session.add_all(ListMember(list_id=ONE_LIST, resident_id=person.id) for person in everybody[::5])


def bounds(least: int, most: int) -> st.SearchStrategy[dict[str, int]]:
    number = st.integers(least, most)
    both = st.tuples(number, number).map(lambda two: {"from": min(two), "to": max(two)})
    return st.one_of(both, st.builds(lambda one: {"from": one}, number), st.builds(lambda one: {"to": one}, number))


def days() -> st.SearchStrategy[dict[str, str]]:
    day = st.dates(date(1980, 1, 1), date(2027, 12, 31)).map(date.isoformat)
    return st.one_of(
        st.tuples(day, day).map(lambda two: {"from": min(two), "to": max(two)}), st.builds(lambda one: {"to": one}, day)
    )


def some(choices: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(list(choices)), min_size=1, max_size=4)


def fact() -> st.SearchStrategy[dict[str, Any]]:
    def of(kind: facts.FactType) -> st.SearchStrategy[dict[str, Any]]:
        ways: list[st.SearchStrategy[dict[str, Any]]] = [st.just({})]
        if kind.values:
            ways.append(some(kind.values).map(lambda values: {"values": values}))
        if kind.kind is facts.FactKind.NUMBER:
            ways.append(bounds(0, 30_000))
        if kind.kind is facts.FactKind.DATE:
            ways.append(days())
        return st.one_of(ways).map(lambda rest: {"name": kind.name, **rest})

    return st.sampled_from(list(facts.types().values())).flatmap(of)


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "age": bounds(0, 100),
    "birth_month": some(range(1, 13)),
    "ward": some(WARDS),
    "town": some(town_names()),
    "relation": some(residents.RELATIONS),
    "child": bounds(0, 17),
    "household_size": bounds(1, 6),
    "language": some(LANGUAGES),
    "moved_in": days(),
    "moved_in_within": st.integers(1, 3_650),
    "fact": fact(),
    "consent": some(facts.topics()),
    "list": st.just(A_LIST),
}
LEAF = st.one_of(*(value.map(lambda said, name=name: {name: said}) for name, value in VALUES.items()))
CONDITION = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda one: {"not": one}),
    ),
    max_leaves=5,
)


def plainly(session: Any, day: date) -> dict[Any, Someone]:
    """Everybody as the conditions see them, read row by row without any of the room's queries."""
    rows = list(session.scalars(select(Resident)))
    homes, known, agreed, lists = (defaultdict(list) for _ in range(4))
    for person in rows:
        if person.moved_out is None:
            homes[person.household_number].append((person.relation, person.birth_date))
    for consent in session.scalars(select(Consent)):
        if consent.withdrawn_at is None:
            agreed[consent.resident_id].append(consent.topic)
    for row in session.scalars(select(Fact)):
        needed = facts.types()[row.name].consent
        if row.since <= day <= (row.until or day) and (not needed or needed in agreed[row.resident_id]):
            known[row.resident_id].append((row.name, row.value))
    for member in session.scalars(select(ListMember)):
        lists[member.resident_id].append(str(member.list_id))
    return {
        person.id: Someone(
            person.birth_date, person.ward, person.town, person.relation, tuple(homes[person.household_number]),
            person.language, person.moved_in, tuple(known[person.id]), frozenset(agreed[person.id]),
            frozenset(lists[person.id]), person.protected or person.moved_out is not None,
        )
        for person in rows
    }  # fmt: skip


def test_the_database_chooses_whom_a_plain_reading_chooses(database: Database, people_with_facts: None) -> None:
    with database.command("test") as session:
        day = clock.today()
        everybody = plainly(session, day)

        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
        @given(CONDITION)
        def the_same(said: Any) -> None:
            try:
                condition = segments.check(said)
            except ConditionWrong:
                return
            by_hand = {
                one for one, who in everybody.items() if not who.left_out and conditions.holds(condition, who, day)
            }
            assert set(session.scalars(segments.ids(condition))) == by_hand
            assert words.lines(condition, lambda message, **facts: message % facts if facts else message, str)

        the_same()


def test_every_attribute_is_known_to_all_who_speak_of_it() -> None:
    assert set(ATTRIBUTES) == set(sql.SQL) == set(words.WORDS) == set(VALUES)


@pytest.mark.parametrize(
    ("said", "places"),
    [
        ([], [""]),
        ({"any": []}, ["any"]),
        ({"shoe_size": {"from": 40}}, ["shoe_size"]),
        ({"all": [{"age": {"from": 70, "to": 60}}, {"ward": ["東京都"]}]}, ["all.0.age", "all.1.ward"]),
        ({"not": {"age": {"from": True}}}, ["not.age"]),
        ({"all": [{"fact": {"name": "insurance", "from": 1}}]}, ["all.0.fact"]),
        ({"list": "../etc"}, ["list"]),
        ({"all": [{"ward": ["緑区"]}] * 41}, [""]),
        ({"not": {"not": {"not": {"not": {"not": {"ward": ["緑区"]}}}}}}, ["not.not.not.not.not.ward"]),
        ({"moved_in": {"from": "2026-02-30"}}, ["moved_in"]),
        ({"birth_month": [[]]}, ["birth_month"]),
    ],
)
def test_each_fault_of_a_condition_is_told_with_its_place(said: Any, places: list[str]) -> None:
    with pytest.raises(ConditionWrong) as refused:
        segments.check(said)
    assert [fault.place for fault in refused.value.faults] == places


def test_a_plain_form_is_said_and_read_again() -> None:
    parts = {"ward": "緑区", "child_under": 3, "age_from": 20, "language": "es"}
    assert segments.parts_of(segments.simple(**parts)) == parts
    assert segments.parts_of(segments.EVERYBODY) == {}
    assert segments.parts_of({"any": [{"ward": ["緑区"]}]}) is None
    assert segments.parts_of({"all": [{"ward": ["緑区", "中央区"]}]}) is None


def test_withdrawn_consent_ends_a_choice_at_once(database: Database, people_with_facts: None) -> None:
    owes = segments.check({"fact": {"name": "tax_exempt"}})
    with database.command("test") as session:
        chosen = list(session.scalars(segments.ids(owes)))
        assert chosen
        for one in chosen:
            facts.withdraw_consent(session, one, "tax")
        assert list(session.scalars(segments.ids(owes))) == []
        assert "tax_exempt" not in [known.name for known in facts.facts_of(session, chosen[0])]
        facts.give_consent(session, chosen[0], "tax")
        assert list(session.scalars(segments.ids(owes))) == chosen[:1]
        assert facts.give_consent(session, chosen[0], "tax") is False


def test_a_clerk_asks_of_one_person(database: Database, people_with_facts: None) -> None:
    condition = segments.check({"all": [{"age": {"from": 0}}, {"ward": ["緑区"]}]})
    with database.command("test") as session:
        someone = session.scalars(
            select(Resident).where(Resident.ward == "中央区", Resident.protected.is_(False))
        ).first()
        hidden = session.scalars(select(Resident).where(Resident.protected, Resident.moved_out.is_(None))).first()
        answer = segments.would_get(session, condition, someone.addressee_number, by=ANYBODY, case_ref="x")
        assert (answer.chosen, [holds for _, holds in answer.parts]) == (False, [True, False])
        told = segments.would_get(session, condition, hidden.addressee_number, by=ANYBODY, case_ref="x")
        assert (told.left_out, len(told.parts)) == (False, 2), "nobody finds out here that somebody is protected"
        home = segments.check({"any": [{"ward": [hidden.ward]}, {"town": [f"{hidden.ward}{hidden.town}"]}]})
        told = segments.would_get(session, home, hidden.addressee_number, by=ANYBODY, case_ref="x")
        assert (told.chosen, told.left_out) == (False, False), "nobody finds out here where they live"
        gone = session.scalars(select(Resident).where(Resident.moved_out.is_not(None))).first()
        assert segments.would_get(
            session, condition, gone.addressee_number, by=ANYBODY, case_ref="x"
        ) == one_person.Answer(chosen=False, left_out=True, parts=())
        assert segments.would_get(session, condition, "999", by=ANYBODY, case_ref="x") is None


def test_no_number_changes_with_somebody_whose_whereabouts_are_protected(
    database: Database, people_with_facts: None
) -> None:
    """Equal sets have an equal blur: one number that changed would say that somebody protected is among those added."""
    with database.command("test") as session:
        hidden = select(Resident).where(Resident.protected, Resident.moved_out.is_(None))
        one_of_them = session.scalars(hidden.order_by(Resident.addressee_number)).first()
        session.execute(delete(ListMember))
        session.add(ListMember(list_id=ONE_LIST, resident_id=one_of_them.id))
        session.flush()
        by = segments.Asking(ONE_LIST, "")
        filler = {"birth_month": [month for month in range(1, 13) if month != one_of_them.birth_date.month]}
        without = segments.breakdown(session, segments.check(filler), by=by)
        with_them = segments.breakdown(session, segments.check({"any": [filler, {"list": A_LIST}]}), by=by)
        assert with_them == without
        assert set(without.left_out) == {"moved", "died"}
