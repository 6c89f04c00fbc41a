"""The catalogue a city edits: conditions, files, and what people type."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from portal.applications.procedures import answers, catalogue, reach, rules
from portal.applications.procedures.known import Known
from portal.applications.procedures.parts import resolved
from portal.applications.procedures.schema import FormField, Kind, Procedure
from portal.core import clock

values = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3) | st.lists(st.text(max_size=2), max_size=2)
)
names = st.sampled_from(["a", "b", "c"])
leaves = values.filter(lambda value: not isinstance(value, list)) | names.map(lambda name: {"var": name})
pairs = st.builds(lambda sign, one, two: {sign: [one, two]}, st.sampled_from(sorted(rules.PAIRS)), leaves, leaves)
conditions = st.recursive(
    pairs,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda many: {"and": many}),
        st.lists(inner, min_size=1, max_size=3).map(lambda many: {"or": many}),
        inner.map(lambda one: {"!": one}),
    ),
    max_leaves=12,
)
given_answers = st.dictionaries(names, values)


@given(conditions, given_answers)
def test_every_condition_has_an_answer_and_its_opposite_the_other(rule: Any, told: dict[str, Any]) -> None:
    rules.check(rule)
    assert rules.holds({"!": rule}, told) is not rules.holds(rule, told)


@given(st.lists(conditions, min_size=1, max_size=4), given_answers)
def test_and_and_or_mirror_each_other(parts: list[Any], told: dict[str, Any]) -> None:
    neither = rules.holds({"!": {"or": parts}}, told)
    assert neither is rules.holds({"and": [{"!": part} for part in parts]}, told)


@given(conditions, given_answers)
def test_only_the_named_answers_decide(rule: Any, told: dict[str, Any]) -> None:
    asked = set(rules.names_in(rule))
    assert rules.holds(rule, told) is rules.holds(rule, {name: told[name] for name in told if name in asked})


TOO_DEEP = json.loads('{"!":[' * 40 + "1" + "]}" * 40)


@pytest.mark.parametrize(
    "broken", [{"a": 1, "b": 2}, {"eval": "x"}, {"==": [1]}, {"var": 3}, {"and": {"var": "a"}}, TOO_DEEP]
)
def test_a_broken_condition_is_found_when_the_file_is_read(broken: Any) -> None:
    with pytest.raises(rules.RuleBroken):
        rules.check(broken)


def shipped(name: str) -> dict[str, Any]:
    text = (catalogue.DIRECTORY / f"{name}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = resolved(json.loads(text), catalogue.parts_in(catalogue.DIRECTORY))
    return found


def test_a_city_may_keep_old_versions_beside_the_new(tmp_path: Path) -> None:
    old, new = shipped("moving-within-city"), shipped("moving-within-city") | {"version": 2}
    (tmp_path / "moving-within-city.v1.json").write_text(json.dumps(old), encoding="utf-8")
    (tmp_path / "moving-within-city.json").write_text(json.dumps(new), encoding="utf-8")
    assert set(catalogue.load(tmp_path)) == {("moving-within-city", 1), ("moving-within-city", 2)}
    (tmp_path / "copy.json").write_text(json.dumps(new), encoding="utf-8")
    with pytest.raises(catalogue.CatalogueBroken):
        catalogue.load(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"sections": []},
        {"minutes": {"at_home": 1, "at_window": "soon"}},
        {"colour": "blue"},
        {"deadline": {"days": 14, "counts_from": "nobody_asked", "text": "x"}},
        {"bring": [{"text": "x", "when": {"==": [{"var": "nobody_asked"}, 1]}}]},
    ],
)
def test_a_mistake_in_a_file_is_told(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Procedure.model_validate(shipped("moving-within-city") | change)


def test_a_page_asks_only_about_earlier_pages() -> None:
    file = shipped("child-allowance")
    file["sections"] = [file["sections"][-1], *file["sections"][:-1]]
    with pytest.raises(ValidationError):
        Procedure.model_validate(file)


def test_the_visit_is_longer_where_more_is_to_be_done() -> None:
    moving = catalogue.find("moving-within-city")
    assert moving is not None
    assert moving.minutes_needed({}) == 10
    assert moving.minutes_needed({"has_health_insurance": "yes", "movers": ["1", "2", "3", "4"]}) == 20


def test_a_single_parent_is_not_asked_about_a_spouse() -> None:
    claim = catalogue.find("child-allowance")
    assert claim is not None
    assert "spouse_details" not in [section.name for section in claim.asked({"has_spouse": "no"})]
    assert "spouse_details" in [section.name for section in claim.asked({"has_spouse": "yes"})]


def read(asked: FormField, **typed: str) -> Any:
    return answers.read_field(asked, {name.replace("__", "-"): [text] for name, text in typed.items()}, {})


def field(kind: Kind, **more: Any) -> FormField:
    return FormField(name="x", type=kind, label="X", **more)


@pytest.mark.parametrize(
    ("kind", "typed", "written"),
    [
        (Kind.KANA, "ｶｸｳ ﾊﾅｺ", "カクウ ハナコ"),
        (Kind.NAME, "架空　花子", "架空 花子"),
        (Kind.PHONE, "０４３（０００）０００１", "0430000001"),
        (Kind.EMAIL, "Ｈanako＠Example.jp", "Hanako@example.jp"),
    ],
)
def test_both_widths_are_taken_and_converted(kind: Kind, typed: str, written: str) -> None:
    assert read(field(kind), x=typed) == written


def test_an_account_number_has_seven_digits_in_any_width() -> None:
    told = {
        "x__bank": "架空銀行",
        "x__bank_code": "９９９９",
        "x__branch": "千葉支店",
        "x__branch_code": "001",
        "x__kind": "ordinary",
        "x__holder": "かくう はなこ",
    }
    assert read(field(Kind.BANK), x__number="１２３４５６７", **told)["number"] == "1234567"
    with pytest.raises(answers.NotUnderstood) as refused:
        read(field(Kind.BANK), x__number="123", **(told | {"x__kind": "piggy"}))
    assert set(refused.value.faults) == {"x-number", "x-kind"}


def test_an_address_outside_the_city_is_another_procedure() -> None:
    told = {"x__postal": "2760000", "x__town": "千葉県架空市架空町", "x__street": "1-1", "x__building": ""}
    with pytest.raises(answers.NotUnderstood) as refused:
        read(field(Kind.ADDRESS, within_city=True), **told)
    assert set(refused.value.faults) == {"x-town"}


def test_a_day_too_far_ahead_is_refused() -> None:
    day = clock.today() + timedelta(days=31)
    typed = {"x__era": "ce", "x__year": str(day.year), "x__month": str(day.month), "x__day": str(day.day)}
    with pytest.raises(answers.NotUnderstood):
        read(field(Kind.DATE, latest_days=30), **typed)


def test_only_people_of_the_household_can_be_chosen() -> None:
    asked = field(Kind.MEMBERS, prefill=Known.MEMBERS)
    known = {"household.members": [{"id": "1"}, {"id": "2"}]}
    assert answers.read_field(asked, {"x": ["2", "stranger"]}, known) == ["2"]


@given(st.text(max_size=40))
def test_whatever_is_typed_comes_back_as_typed_but_for_control_signs(text: str) -> None:
    for kind in (Kind.TEXT, Kind.KANA, Kind.PHONE, Kind.DATE, Kind.ADDRESS, Kind.BANK, Kind.AMOUNT):
        asked = field(kind)
        typed = {name: [text] for name in answers.inputs_of(asked)}
        got = answers.read_fields([asked], typed, {})
        assert got.answers or got.typed == {name: answers.cleaned(texts) for name, texts in typed.items()}


def test_the_statutory_period_does_not_count_its_first_day() -> None:
    moving = catalogue.find("moving-within-city")
    assert moving is not None
    assert str(moving.due_on({"moved_on": "2026-11-19"})) == "2026-12-03"
    assert moving.due_on({}) is None


def test_minutes_follow_from_the_questions_that_decide_them_alone() -> None:
    for procedure in catalogue.every_version():
        for part in procedure.minutes.more:
            for tried in reach.tries(procedure, part.when):
                told = procedure.told(tried)
                more = sum(one.minutes for one in procedure.minutes.more if rules.holds(one.when, told))
                assert procedure.minutes_needed(tried) == procedure.minutes.at_window + more, procedure.name
