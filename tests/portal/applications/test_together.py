"""Several procedures filled in together: each fact once, all sent or none, each with its own number."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.applications.guide import catalogue, service, together
from portal.applications.guide.models import LifeApplication, LifeList
from portal.applications.guide.rules import NotAllComplete
from portal.applications.models import Application
from portal.applications.procedures import answers as reading
from portal.applications.procedures import catalogue as procedures
from portal.applications.procedures import check, facts
from portal.core import clock
from portal.core.actor import Actor
from portal.core.uow import Database
from portal.demo import cast
from tests.conftest import ResidentClient
from tests.portal.applications import people
from tests.portal.applications.people import as_, day_typed, one

ALL = ("moving", "school", "allowance", "medical-aid")
Typed = dict[str, list[str]]
NEW = {"postal": "2600026", "town": "千葉県千葉市中央区千葉港", "street": "99番1号", "building": "架空荘101"}


@pytest.fixture
def aoi(city: Database) -> Actor:
    return people.person(city, cast.AOI)


def kept_list(city: Database, aoi: Actor, steps: tuple[str, ...] = ALL, **changes: str) -> UUID:
    event = catalogue.find("moving-within")
    assert event
    answers = dict.fromkeys(("several", "children", "school", "allowance", "insurance"), "yes")
    answers |= dict.fromkeys(("care", "handbook", "dog", "car"), "no") | {
        "who": "all",
        "day": clock.today().isoformat(),
    }
    with as_(city, aoi) as session:
        kept = together.keep_list(session, aoi, event, answers | changes)
        together.prepare(session, aoi, kept.id, steps)
        return kept.id


def address(name: str = "new_address", **other: str) -> dict[str, list[str]]:
    return {f"{name}-{part}": one(text) for part, text in (NEW | other).items()}


FACTS: dict[str, Typed] = {
    "move": address(),
    "insurance": {"health_insurance": one("national")},
    "visit": {"who_comes": one("self")},
}
# What only one procedure asks, by procedure and page.
OWN: dict[tuple[str, str], Typed] = {
    ("moving-within-city", "household"): {"old_head": one("架空 海斗"), "joins": one("no")},
    ("school-transfer", "reason"): {"reason": one("within")} | day_typed("from_on", clock.today()),
    ("school-transfer", "schools"): {"old_school": one("架空小学校"), "grade": one("2"), "other_school": one("no")},
    ("child-medical-aid", "children"): {"insurance": one("national"), "insurer": one("架空健康保険")},
}


def shown(session: Session, aoi: Actor, list_id: UUID, group: str, changes: Typed) -> Typed:
    """What a browser sends: all inputs of the page as they stand, but for *changes*."""
    kept = service.open_list(session, aoi, list_id)
    found = together.parts(session, kept)
    now = together.facts_now(kept, found)
    typed: Typed = {}
    for field in together.fields_of(found, group):
        typed |= reading.typed_again(field, now.get(field.name), {})
    return typed | changes


def fill_in(city: Database, aoi: Actor, list_id: UUID) -> int:
    """Answer what is still asked, page by page; how many pages these were."""
    for count in range(30):
        with as_(city, aoi) as session:
            kept = service.open_list(session, aoi, list_id)
            rest = together.open_pages(kept, together.parts(session, kept))
            if not rest:
                return count
            page = rest[0]
            if page.group:
                typed = shown(session, aoi, list_id, page.group.name, FACTS[page.group.name])
                assert together.save_facts(session, aoi, list_id, page.group.name, typed).faults == {}
            else:
                assert page.case is not None
                assert page.section is not None
                typed = OWN[page.case.procedure, page.section.name]
                typed |= {"children": page.case.answers.get("children", [])}
                assert applications.save_page(session, aoi, page.case.id, page.section.name, typed).faults == {}
    raise AssertionError("the pages never end")


def cases_of(city: Database, aoi: Actor, list_id: UUID) -> dict[str, Application]:
    with as_(city, aoi) as session:
        return {case.procedure: case for case in service.linked(session, service.open_list(session, aoi, list_id))}


def test_a_fact_is_typed_once_and_stands_in_every_application(city: Database, aoi: Actor) -> None:
    list_id = kept_list(city, aoi)
    assert fill_in(city, aoi, list_id) <= 7
    with as_(city, aoi) as session:
        sent = together.send(session, aoi, list_id)
        references = {case.reference for case in sent}
    assert len(references) == len(ALL)
    found = cases_of(city, aoi, list_id)
    assert {case.state for case in found.values()} == {"submitted"}
    assert found["moving-within-city"].answers["new_address"] == NEW
    assert found["school-transfer"].answers["new_address"] == NEW
    assert found["child-allowance-change"].answers["new_address"] == NEW
    assert found["child-medical-aid"].answers["address"] == NEW
    assert found["child-allowance-change"].answers["since"] == clock.today().isoformat()
    with as_(city, aoi) as session:
        assert together.send(session, aoi, list_id) == []


def test_documents_lead_back_to_the_list(city: Database, aoi: Actor, resident_client: ResidentClient) -> None:
    list_id = kept_list(city, aoi)
    case = cases_of(city, aoi, list_id)["child-medical-aid"]
    visitor = resident_client("aoi")
    page = visitor.get(f"/guide/lists/{list_id}/forms/{case.id}/documents")
    path = f"/applications/{case.id}/documents/documents?list={list_id}"
    assert page.path.partition("?")[0] == path.partition("?")[0]
    assert visitor.submit(page, path, act="on").path == f"/guide/lists/{list_id}/check"


def test_all_are_sent_or_none(city: Database, aoi: Actor) -> None:
    list_id = kept_list(city, aoi)
    with as_(city, aoi) as session, pytest.raises(NotAllComplete):
        together.send(session, aoi, list_id)
    assert {case.state for case in cases_of(city, aoi, list_id).values()} == {"draft"}


def test_what_somebody_changed_in_one_application_stays_and_what_was_sent_never_changes(
    city: Database, aoi: Actor
) -> None:
    list_id = kept_list(city, aoi)
    fill_in(city, aoi, list_id)
    school = cases_of(city, aoi, list_id)["school-transfer"]
    with as_(city, aoi) as session:
        own = address(street="1番1号")
        assert applications.save_page(session, aoi, school.id, "home", own).faults == {}
        session.flush()
        moved = shown(session, aoi, list_id, "move", address(building=""))
        assert together.save_facts(session, aoi, list_id, "move", moved).faults == {}
    found = cases_of(city, aoi, list_id)
    assert found["school-transfer"].answers["new_address"]["street"] == "1番1号"
    assert found["moving-within-city"].answers["new_address"]["building"] == ""
    assert found["child-medical-aid"].answers["address"]["building"] == ""
    with as_(city, aoi) as session:
        together.send(session, aoi, list_id)
        together.save_facts(session, aoi, list_id, "move", address())
    assert cases_of(city, aoi, list_id)["moving-within-city"].answers["new_address"]["building"] == ""


def test_sent_twice_at_the_same_instant_is_sent_once(city: Database, aoi: Actor) -> None:
    list_id = kept_list(city, aoi)
    fill_in(city, aoi, list_id)

    def send(_number: int) -> int:
        with as_(city, aoi) as session:
            return len(together.send(session, aoi, list_id))

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(send, range(4))) == [0, 0, 0, len(ALL)]


def test_prepared_twice_is_one_draft_each_and_the_list_is_one(city: Database, aoi: Actor) -> None:
    assert kept_list(city, aoi) == kept_list(city, aoi)
    with city.command("look") as session:
        assert session.query(LifeList).count() == 1
        assert session.query(LifeApplication).count() == len(ALL)


def test_what_is_not_chosen_any_more_stays_a_draft_on_its_own(city: Database, aoi: Actor) -> None:
    list_id = kept_list(city, aoi)
    kept_list(city, aoi, ("moving", "school"))
    assert set(cases_of(city, aoi, list_id)) == {"moving-within-city", "school-transfer"}
    with city.command("look") as session:
        assert session.query(Application).count() == len(ALL)


def test_another_answer_to_the_guide_goes_into_the_drafts(city: Database, aoi: Actor) -> None:
    list_id = kept_list(city, aoi)
    earlier = (clock.today() - timedelta(days=3)).isoformat()
    kept_list(city, aoi, day=earlier)
    found = cases_of(city, aoi, list_id)
    assert found["moving-within-city"].answers["moved_on"] == earlier
    assert found["child-allowance-change"].answers["since"] == earlier


def test_a_fault_in_a_fact_keeps_what_was_typed(city: Database, aoi: Actor) -> None:
    list_id = kept_list(city, aoi)
    with as_(city, aoi) as session:
        typed = shown(session, aoi, list_id, "move", address() | {"new_address-postal": one("26")})
        read = together.save_facts(session, aoi, list_id, "move", typed)
        assert set(read.faults) == {"new_address-postal"}
    with as_(city, aoi) as session:
        kept = service.open_list(session, aoi, list_id)
        assert kept.typed["new_address-postal"] == ["26"]
        assert kept.facts["moved_on"] == clock.today().isoformat()


def test_a_list_nobody_touches_is_forgotten(city: Database, aoi: Actor) -> None:
    kept_list(city, aoi)
    with clock.freeze(clock.now() + timedelta(days=366)), city.job("forget") as session:
        service.forget_expired(session, {})
    with city.command("look") as session:
        assert session.query(LifeList).count() == 0
        assert session.query(Application).count() == len(ALL)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fact": "no_such_fact"}, "there is no fact"),
        ({"fact": "moved_on"}, "would mean two things"),
        ({"fact": "who_comes"}, "offer these"),
        ({"fact": "school_children"}, "already"),
    ],
)
def test_a_fact_with_two_meanings_is_told(change: dict[str, Any], words: str) -> None:
    procedure = procedures.find("moving-within-city")
    assert procedure
    names = {"moved_on": "new_head", "who_comes": "relation", "school_children": "has_child_allowance"}
    wrong = names.get(change["fact"], "moved_on")
    sections = tuple(
        page.model_copy(
            update={"fields": tuple(one.model_copy(update=change) if one.name == wrong else one for one in page.fields)}
        )
        for page in procedure.sections
    )
    found = list(facts.faults(procedure.model_copy(update={"sections": sections}), facts.shipped()))
    assert any(words in told for _place, told in found), found


def test_the_check_of_files_judges_events_too(tmp_path: Path) -> None:
    from portal.applications.guide import check as guide_check

    (tmp_path / "wrong.json").write_text(
        '{"name": "wrong", "number": 1, "version": 1, "order": 1, "title": "T", "summary": "S", "questions": ['
        '{"name": "a", "type": "yes-no", "label": "A", "fact": "moved_on"}], "steps": ['
        '{"name": "one", "procedure": "nothing"},'
        '{"name": "two", "procedure": "moving-in", "answers": {"from_where": "moon"}},'
        '{"name": "three", "title": "T", "text": "T", "body": "B", "when": {"or": [{"var": "a"}, {"!": {"var": "a"}}]}}]}'
    )
    offered = {one.name: one for one in procedures.newest()}
    found = [str(fault) for fault in guide_check.problems(tmp_path, offered, facts.shipped(), {})]
    assert len(found) == 4, found
    assert check.problems(procedures.DIRECTORY, {}) == []
