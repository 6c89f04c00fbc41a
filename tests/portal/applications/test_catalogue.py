"""Every procedure the city ships: reachable, complete, found, previewed, and carried from draft to end."""

import json
import re
import time
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from click.testing import CliRunner

from portal import cli
from portal.applications import service, view
from portal.applications.guide import catalogue as guide
from portal.applications.procedures import catalogue, check, rules
from portal.applications.procedures.parts import PartMissing, resolved
from portal.applications.procedures.reach import unreachable
from portal.applications.procedures.schema import Kind, Procedure
from portal.applications.procedures.topics import Topic
from portal.core.actor import Actor
from portal.core.permissions import Role
from portal.core.uow import Database
from tests.benchmarks import form_rules
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.portal.applications.filled import typed_page
from tests.portal.applications.people import CLERK, COLLEAGUE, WINDOW, as_

SHIPPED = catalogue.for_residents()
EVERY = catalogue.newest()
SAMPLE = ("birth", "bulky-waste", "dog-registration", "moving-in", "nursery")
ASKED_FOR = {
    "moving-in",
    "moving-within-city",
    "moving-out",
    "household-change",
    "seal-registration",
    "health-insurance-join",
    "health-insurance-leave",
    "national-pension",
    "child-allowance",
    "child-allowance-status",
    "child-rearing-allowance",
    "nursery",
    "pregnancy",
    "birth",
    "vaccination",
    "care-certification",
    "care-cost-limit",
    "disability-handbook",
    "medical-support",
    "tax-return",
    "tax-consultation",
    "disaster-certificate",
    "scholarship-reduction",
    "unemployment-support",
    "card-pickup",
    "card-renewal",
    "school-transfer",
    "dog-registration",
    "bulky-waste",
    "facility-registration",
}


def test_the_procedures_of_a_ward_office_are_there_by_topic() -> None:
    assert {procedure.name for procedure in SHIPPED} >= ASKED_FOR
    assert {procedure.topic for procedure in EVERY} == set(Topic)


@pytest.mark.parametrize("procedure", EVERY, ids=lambda procedure: str(procedure.name))
def test_each_says_what_a_resident_must_know(procedure: Procedure) -> None:
    assert procedure.bring or procedure.for_companies
    assert re.search(r"\d|ordinance|law", procedure.legal.law)
    assert procedure.retention_days >= 365
    assert re.fullmatch(r"043-000-\d{4}", procedure.contact)
    assert len(procedure.search) >= 6
    assert unreachable(procedure) == []
    assert "My Number" not in " ".join(field.label for field in procedure.fields() if field.type is Kind.TEXT)


def carry(database: Database, actor: Actor, name: str) -> service.ApplicationSummary:
    """From the first page to the end: typed, sent, checked by the centre, finished at the window."""
    assert actor.id is not None
    with as_(database, actor) as session:
        draft = service.start_draft(session, actor.id, name)
        procedure = catalogue.version(name, draft.version)
        for page in [one.name for one in procedure.sections]:
            section = next((one for one in procedure.asked(draft.answers) if one.name == page), None)
            if section is None:
                continue
            typed = typed_page(procedure, section, procedure.told(draft.answers), draft.known)
            assert service.save_page(session, actor, draft.id, page, typed).faults == {}, (name, page)
        sent = service.submit(session, actor, draft.id)
    with as_(database, CLERK) as session:
        service.claim(session, sent.id, CLERK)
        rows = service.open_sheet(session, sent.id)
        assert {row.field.name for row in rows} >= set(procedure.told(sent.answers)), name
        service.mark_ready(session, sent.id, CLERK)
    if procedure.four_eyes:
        with as_(database, COLLEAGUE) as session:
            service.claim(session, sent.id, COLLEAGUE)
            service.confirm(session, sent.id, COLLEAGUE)
    with as_(database, WINDOW) as session:
        if procedure.visit:
            assert service.summary(session, sent.id).is_ready
            service.complete(session, sent.id, WINDOW)
        return service.summary(session, sent.id)


def test_every_procedure_goes_from_the_first_page_to_its_end(city: Database, hanako: Actor) -> None:
    names = [procedure.name for procedure in SHIPPED] if city.engine.dialect.name == "sqlite" else SAMPLE
    for name in names:
        about = carry(city, hanako, name)
        assert about.state == "completed", name
        assert about.bring, name
        assert about.minutes > 0 or not about.visit, name


def test_where_nobody_need_come_the_centre_ends_it_and_no_visit_is_booked(city: Database, hanako: Actor) -> None:
    about = carry(city, hanako, "bulky-waste")
    assert not about.may_be_booked
    with as_(city, CLERK) as session:
        assert [line.kind for line in service.timeline(session, about.id)] == ["submitted", "done-without-visit"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("ﾃﾝｷｮ", "moving-within-city"),
        ("ひっこし", "moving-within-city"),
        ("犬", "dog-registration"),
        ("ＤＯＧ registration", "dog-registration"),
        ("搬家", "moving-within-city"),
        ("大型垃圾", "bulky-waste"),
        ("전입신고", "moving-in"),
        ("여권 어린이집", None),
        ("guarderia", "nursery"),
        ("MUDANCA", "moving-within-city"),
        ("罹災", "disaster-certificate"),
        ("こくほ やめる", "health-insurance-leave"),
        ("ｲﾝｶﾝ ﾄｳﾛｸ", "seal-registration"),
        ("zzzz", None),
    ],
)
def test_a_procedure_is_found_in_six_languages_and_any_width(typed: str, first: str | None) -> None:
    found = [procedure.name for procedure in view.found_by(typed, SHIPPED)]
    assert (first in found) if first else found == []


def test_what_is_named_so_comes_first() -> None:
    assert view.found_by("マイナンバーカード", SHIPPED)[0].topic is Topic.CARD
    assert view.found_by(" ", SHIPPED) == SHIPPED


def test_the_catalogue_page_finds_and_says_when_there_is_nothing(resident_client: ResidentClient) -> None:
    visitor = resident_client("hanako")
    assert "/procedures/dog-registration" in visitor.get("/procedures?q=ｲﾇ").links()
    nothing = visitor.get("/procedures?q=zzzz")
    assert not [link for link in nothing.links() if link.startswith("/procedures/")]
    assert nothing.status == 200


def walk_preview(visitor: Visitor, procedure: Procedure) -> Page:
    """Walk a form as staff; nothing is kept between its pages but what the pages carry."""
    page = visitor.get(f"/staff/procedures/{procedure.name}/{procedure.version}/form")
    told: dict[str, Any] = {}
    for _ in procedure.sections:
        if not (current := list(page.find("input", name="_page"))):
            break
        section = next(one for one in procedure.sections if one.name == current[0].get("value"))
        boxes = [{"id": box.get("value")} for box in page.find("input", type="checkbox")]
        typed = typed_page(procedure, section, told, {"household.members": boxes, "household.children": boxes})
        told |= {name: texts[0] for name, texts in typed.items()}
        page = visitor.submit(page, page.path, **typed)
        assert page.status == 200, page.text
    return page


@pytest.mark.parametrize("name", ["dog-registration", "care-cost-limit"])
def test_staff_walk_through_a_form_and_nothing_is_kept(staff_client: StaffClient, name: str) -> None:
    visitor = staff_client(Role.PROCESSOR)
    procedure = catalogue.find(name)
    assert procedure is not None
    start = f"/staff/procedures/{name}/{procedure.version}"
    assert start in visitor.get("/staff/procedures").links()
    assert f"{start}/form" in visitor.get(start).links()
    refused = visitor.submit(visitor.get(f"{start}/form"), f"{start}/form")
    assert refused.status in (200, 422)
    assert procedure.contact in visitor.get(start).text, "the preview says what residents read before they begin"
    end = walk_preview(visitor, procedure)
    assert not list(end.find("form", action=f"{start}/form"))
    assert list(visitor.get("/staff/applications").find("td")) == []
    assert visitor.get(f"/staff/procedures/{name}/99").status == 404


def test_only_the_processing_centre_previews(staff_client: StaffClient) -> None:
    assert staff_client(Role.SENDER).get("/staff/procedures").status == 404


def folder(tmp_path: Path, change: Any = None, *, text: str = "") -> Path:
    """A directory with the shared parts and one procedure, changed by *change* or replaced by *text*."""
    (tmp_path / "parts.json").write_text((catalogue.DIRECTORY / "parts.json").read_text("utf-8"), "utf-8")
    file = json.loads((catalogue.DIRECTORY / "dog-registration.json").read_text("utf-8"))
    if change:
        change(file)
    (tmp_path / "dog.json").write_text(text or json.dumps(file), encoding="utf-8")
    return tmp_path


def _set(*path: Any, value: Any) -> Any:
    def change(file: Any) -> None:
        for step in path[:-1]:
            file = file[step]
        file[path[-1]] = value

    return change


FIELD = ("sections", 1, "fields", 0)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_set("colour", value="blue"), 'dog.json: colour: "colour" is not known here'),
        (_set("version", value=0), "dog.json: version: Input should be greater than or equal to 1"),
        (_set("topic", value="pets"), 'dog.json: topic: "pets" is not possible: use one of \'moving\''),
        (_set("title", value=""), "dog.json: title: this is empty"),
        (lambda file: file.pop("who"), 'dog.json: who: this is missing: write "who"'),
        (_set(*FIELD, "name", value="Dog name"), "sections[1].fields[0].name: names have small letters"),
        (_set(*FIELD, "type", value="choice"), "a choice, and nothing else, has options"),
        (_set(*FIELD, "label", value="My Number of the owner"), "nobody types a 個人番号 here"),
        (_set(*FIELD, value={"use": "pet"}), '"use": "pet" names no part'),
        (_set(*FIELD, "name", value="since"), '"since" is asked twice'),
        (_set("sections", 3, "when", value={"==": [{"var": "chip"}, "maybe"]}), '"chip" is never "maybe": it can be'),
        (_set("sections", 1, "when", value={"==": [{"var": "vet"}, "x"]}), "which nothing earlier asks"),
        (_set("sections", 1, "when", value={"like": [1, 2]}), '"like" is not known here: use one of var and or'),
        (_set("bring", 0, "when", value={"and": [{"==": [{"var": "chip"}, "yes"]}, {"==": [{"var": "chip"}, "no"]}]}),
         "bring[0]: this condition is never true"),
        (_set("bring", 0, "when", value={"!!": {"var": "what"}}), "bring[0]: this condition is always true"),
        (_set("deadline", "counts_from", value="born_on"), 'counts from "born_on", a day nobody is asked for'),
        (_set("summary", value="A sentence nobody translated"), "no words in ja en zh ko es pt"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_file_its_place_and_what_to_do(tmp_path: Path, change: Any, told: str) -> None:
    done = CliRunner().invoke(cli.main, ["procedures", "check", str(folder(tmp_path, change))])
    assert done.exit_code == 1
    assert told in done.output


def test_a_file_that_is_not_json_and_a_version_given_twice_are_told(tmp_path: Path) -> None:
    found = check.problems(folder(tmp_path, text='{"name": "dog",\n "version" 1}'), {})
    assert [str(one) for one in found] == [
        "dog.json: line 2, sign 12: this is not JSON (Expecting ':' delimiter): "
        "look for a comma or a quotation mark just before it"
    ]
    folder(tmp_path)
    (tmp_path / "zog.json").write_text((tmp_path / "dog.json").read_text("utf-8"), "utf-8")
    assert "is in dog.json too" in str(check.problems(tmp_path, {})[0])


def test_the_shipped_files_are_in_order_and_can_be_previewed_in_a_terminal() -> None:
    done = CliRunner().invoke(cli.main, ["procedures", "check"])
    count = len(catalogue.files_in(catalogue.DIRECTORY)) + len(guide.files_in(guide.DIRECTORY))
    assert (done.exit_code, done.output) == (0, f"{count} files are in order.\n")
    file = str(catalogue.DIRECTORY / "dog-registration.json")
    shown = CliRunner().invoke(cli.main, ["procedures", "preview", file, "--language", "ko"])
    assert shown.exit_code == 0
    assert "개의 등록" in shown.output or "개 등록" in shown.output


def test_a_shared_part_is_taken_up_under_other_names_with_other_words() -> None:
    parts = {
        "page": {"name": "page", "fields": [{"name": "day"}, {"use": "pair"}], "when": {"var": "outside.0"}},
        "pair": [{"name": "one", "when": {"!": {"var": "day"}}}, {"name": "two"}],
    }
    page = resolved({"use": "page", "prefix": "child_", "title": "Child"}, parts)
    assert [field["name"] for field in page["fields"]] == ["child_day", "child_one", "child_two"]
    assert (page["fields"][1]["when"], page["when"]) == ({"!": {"var": "child_day"}}, {"var": "outside.0"})
    with pytest.raises(PartMissing):
        resolved({"use": "pair", "label": "a list has no label"}, parts)
    with pytest.raises(PartMissing):
        resolved({"use": "ring"}, {"ring": [{"use": "ring"}]})


def test_an_answer_of_a_page_no_longer_asked_decides_nothing() -> None:
    join = catalogue.find("health-insurance-join")
    assert join is not None
    told = {"reason": "left-job", "job_end": "dismissed", "pay_by": "slip"}
    assert "job" in [section.name for section in join.asked(told)]
    changed = told | {"reason": "birth"}
    assert "job_end" not in join.told(changed)


@pytest.mark.parametrize(
    ("rule", "answers", "wanted"),
    [
        ({"!!": {"var": "movers.3"}}, {"movers": ["1", "2", "3", "4"]}, True),
        ({"!!": {"var": "movers.3"}}, {"movers": ["1", "2", "3"]}, False),
        ({"!!": {"var": "movers.3"}}, {}, False),
        ({"==": [{"var": "address.town"}, "x"]}, {"address": {"town": "x"}}, True),
        ({">=": [{"var": "weeks"}, 12]}, {"weeks": 12}, True),
        ({"<": [{"var": "weeks"}, 12]}, {}, True),
        ({"in": [{"var": "reason"}, ["birth", "moved"]]}, {"reason": "moved"}, True),
        ({"in": ["1", {"var": "movers"}]}, {"movers": ["2"]}, False),
    ],
)
def test_conditions_mean_what_jsonlogic_means(rule: Any, answers: Any, wanted: bool) -> None:
    rules.check(rule)
    assert rules.holds(rule, answers) is wanted


def test_a_form_step_with_a_hundred_rules_takes_less_than_20_ms() -> None:
    procedure = form_rules.with_rules(100)
    typed = form_rules.typed_for(procedure)
    times = []
    for _ in range(9):
        began = time.process_time()
        assert form_rules.step(procedure, typed) == 110
        times.append(time.process_time() - began)
    assert median(times) < 0.020
