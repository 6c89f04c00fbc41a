"""Every rule tells whom its own cases say, and nobody else, on both databases; days and due dates by hand."""

from datetime import date

import pytest

from portal.core import clock
from portal.core.uow import Database
from portal.facts import service as facts
from portal.guidance import catalogue, matching, rules
from portal.guidance.schema import Due
from portal.guidance.vaccination import planning
from portal.guidance.vaccination.schedule import vaccines
from tests.portal.guidance.people import TODAY, noon, settle


def test_each_rule_asks_only_for_facts_its_section_may_use() -> None:
    wrong = []
    for rule in catalogue.rules().values():
        named = {one.fact.name for one in rule.conditions() if one.fact} | {rule.when.fact_since, rule.when.fact_day}
        wrong += [(rule.name, name) for name in named if name and not facts.may_use(name, rule.owner)]
    assert wrong == []


def test_each_rule_tells_who_is_just_inside_and_not_who_is_just_outside(database: Database) -> None:
    with clock.freeze(noon(TODAY)), database.command("settle") as session:
        asked = settle(session, list(catalogue.rules().values()))
    wrong = []
    for day in sorted({one.case.on or TODAY for one in asked}):
        with clock.freeze(noon(day)), database.command("look") as session:
            for rule in catalogue.rules().values():
                of_day = [one for one in asked if one.rule is rule and (one.case.on or TODAY) == day]
                found = {row.subject_id for row in session.execute(matching.matches(rule))} if of_day else set()
                wrong += [f"{one} on {day}" for one in of_day if (one.subject in found) is not one.case.told]
    assert wrong == []


@pytest.mark.parametrize(
    ("born", "months", "day"),
    [
        (date(2004, 2, 29), 12 * 5, date(2009, 3, 1)),
        (date(2004, 2, 29), 12 * 4, date(2008, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 3, 1)),
        (date(2026, 12, 15), 2, date(2027, 2, 15)),
        (date(2026, 10, 31), 1, date(2026, 12, 1)),
    ],
)
def test_an_anniversary_and_its_way_back(born: date, months: int, day: date) -> None:
    assert rules.anniversary(born, months) == day
    assert rules.born_from(day, months) <= born <= rules.born_until(day, months)
    assert rules.anniversary(rules.born_from(day, months), months) == day


@pytest.mark.parametrize(
    ("day", "lowest", "highest", "born"),
    [
        (date(2026, 11, 22), 0, 0, (date(2020, 4, 2), date(2021, 4, 1))),
        (date(2026, 4, 1), 1, 6, (date(2014, 4, 2), date(2020, 4, 1))),
        (date(2026, 3, 31), 1, 1, (date(2018, 4, 2), date(2019, 4, 1))),
    ],
)
def test_school_years_go_from_2_april_to_1_april(day: date, lowest: int, highest: int, born: tuple[date, date]) -> None:
    assert rules.born_of_grades(lowest, highest, day) == born


def test_a_last_day_counts_in_days_months_or_to_a_day_of_the_year() -> None:
    day = date(2026, 11, 22)
    assert Due(days=14).on(day) == date(2026, 12, 6)
    assert Due(months=3).on(day) == date(2027, 2, 21)
    assert Due(next="03-15").on(day) == date(2027, 3, 15)
    assert Due(next="11-22").on(day) == day


def test_the_notice_and_the_vaccination_page_name_the_same_last_day() -> None:
    born, dose_of = date(2025, 11, 22), {"vaccine-mr-1": ("mr", 0), "vaccine-varicella": ("varicella", 0)}
    pages = {(one.vaccine.name, one.dose.number): one.last for one in planning.plan(born, "女", {}, born)}
    for name, (vaccine, index) in dose_of.items():
        doses = vaccines()[vaccine].doses
        last = catalogue.find(name).due_on(born.isoformat(), born)
        assert last == pages[vaccine, doses[index].number], name
