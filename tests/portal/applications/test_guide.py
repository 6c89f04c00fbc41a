"""The guide for events of life: questions, lists, and several procedures filled in together."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from portal.applications.guide import catalogue, code
from portal.applications.guide.rules import CodeMistyped, CodeOutdated
from portal.core import clock
from portal.core.permissions import Role
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.portal.applications.people import day_typed, one

MOVED = {"several": "yes", "who": "all", "children": "yes", "school": "yes", "allowance": "yes"}
MOVED |= {"insurance": "yes", "care": "no", "handbook": "no", "dog": "no", "car": "no"}


def answered(visitor: Visitor, event: str, answers: dict[str, Any]) -> Page:
    """Answer the questions that are asked, whichever these are, until there are none left."""
    page = visitor.get(f"/guide/{event}")
    for _ in range(20):
        asked = [str(box.get("value")) for box in page.find("input", name="_question")]
        if not asked:
            return page
        given = answers[asked[0]]
        page = visitor.submit(page, f"/guide/{event}", **(given if isinstance(given, dict) else {asked[0]: one(given)}))
        assert page.status == 200, page.text
    raise AssertionError("the questions never end")


def moving_day() -> dict[str, list[str]]:
    return day_typed("day", clock.today() + timedelta(days=3))


def test_a_stranger_gets_a_list_and_its_code_makes_the_same_on_another_device(app: Flask) -> None:
    page = answered(Visitor(app), "moving-within", MOVED | {"day": moving_day()})
    own = [str(line.get("id")) for line in page.find("li", class_="guide-line")]
    assert own == [
        "bulky-waste",
        "utilities",
        "post",
        "moving",
        "card-name",
        "insurance",
        "school",
        "allowance",
        "medical-aid",
        "driving-licence",
        "banks",
    ]
    signs = "-".join("".join(span.itertext()) for span in next(page.find("p", class_="receipt__number")))
    other = Visitor(app)
    again = other.submit(other.get("/guide"), "/guide/code", code=signs.lower())
    assert [str(line.get("id")) for line in again.find("li", class_="guide-line")] == own
    wrong = other.submit(other.get("/guide"), "/guide/code", code=signs[:-1] + ("2" if signs[-1] != "2" else "3"))
    assert wrong.status == 422


def test_what_the_register_knows_is_not_asked_but_can_be_changed(resident_client: ResidentClient) -> None:
    visitor = resident_client("aoi")
    page = visitor.get("/guide/moving-within")
    assert "household.several" not in page.text
    names = [str(button.get("value")) for button in page.find("button", name="_change")]
    assert names == ["several", "children", "school"]
    told = visitor.submit(page, "/guide/moving-within", _change="school")
    assert [box.get("value") for box in told.find("input", name="_question")] == ["school"]


def test_a_kept_list_follows_ticks_and_applications(resident_client: ResidentClient) -> None:
    visitor = resident_client("aoi")
    page = answered(visitor, "moving-within", MOVED | {"day": moving_day()})
    assert page.path.startswith("/guide/lists/")
    ticked = visitor.client.post(f"{page.path}/ticks", data={"csrf_token": token(page), "step": "post", "done": "yes"})
    assert ticked.status_code == 303
    page = visitor.get(page.path)
    assert [str(line.get("id")) for line in page.find("li", class_="guide-line--done")] == ["post"]
    assert page.path in visitor.get("/guide").links()
    assert resident_client("hanako").get(page.path).status == 404


def token(page: Page) -> str:
    return str(next(page.find("input", name="csrf_token")).get("value"))


@pytest.mark.parametrize("event", [event.name for event in catalogue.events()])
def test_every_event_leads_to_a_list(event: str) -> None:
    found = catalogue.find(event)
    assert found
    day = clock.today().isoformat()
    for pick in (0, -1):
        answers = {one.name: one.field.values[pick] if one.field.values else day for one in found.questions}
        told = found.told(answers)
        assert found.steps_for(told)
        assert code.read(code.write(found, told)) == (found, told)


def test_a_code_with_one_wrong_sign_or_of_other_questions_is_refused() -> None:
    event = catalogue.find("birth")
    assert event
    signs = code.write(event, {"insurance": "national"})
    for at, sign in enumerate(signs):
        if sign != "-":
            with pytest.raises((CodeMistyped, CodeOutdated)):
                code.read(signs[:at] + ("7" if sign != "7" else "9") + signs[at + 1 :])
    with pytest.raises(CodeOutdated):
        code.read(code.write(event.model_copy(update={"version": 2}), {}))


def test_words_of_daily_life_lead_to_the_event(app: Flask) -> None:
    visitor = Visitor(app)
    wanted = {
        "引っ越し": "moving-within",
        "子どもが生まれた": "birth",
        "おくやみ": "death",
        "仕事を辞めた": "unemployment",
        "mudança": "moving-within",
    }
    for words, event in wanted.items():
        assert f"/guide/{event}" in visitor.get(f"/guide?q={words}").links(), words
        assert f"/guide/{event}" in visitor.get(f"/procedures?q={words}").links(), words


def test_staff_walk_through_an_event_and_nothing_is_kept(staff_client: StaffClient) -> None:
    clerk = staff_client(Role.PROCESSOR)
    assert clerk.get("/staff/guide/birth").status == 200
    page = clerk.get("/staff/guide/birth/walk")
    page = clerk.submit(page, "/staff/guide/birth/walk", **day_typed("day", clock.today()))
    assert page.status == 200
