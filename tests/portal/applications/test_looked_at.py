"""What somebody who used every page found: languages changed in the middle, a draft that saved itself, days, lists."""

from datetime import timedelta

import pytest
from flask import Flask

from portal.applications.procedures import answers
from portal.applications.procedures.schema import FormField, Kind
from portal.core import clock
from portal.web.i18n import LANGUAGES
from tests.browser import Page, Visitor, filled_in
from tests.conftest import ResidentClient
from tests.portal.applications.test_forms import start_waste, thing
from tests.portal.applications.test_pages import begin


def in_language(visitor: Visitor, page: Page, action: str, language: str, **typed: str) -> Page:
    """What the language switch does without JavaScript: it sends the form along."""
    (button,) = (one for one in page.find("button", lang=language) if one.get("formaction"))
    address = button.get("formaction") or ""
    path = f"{action}{address}" if address.startswith("?") else address
    return visitor.post(path, {**filled_in(page.form(action)), **typed}, page=page)


@pytest.mark.parametrize("guest", [True, False])
def test_another_language_keeps_what_was_typed_and_complains_about_nothing(
    app: Flask, resident_client: ResidentClient, guest: bool
) -> None:
    if guest:
        visitor = Visitor(app)
        page = visitor.get("/procedures/bulky-waste")
        page = visitor.submit(page, "/without-account/start/bulky-waste")
    else:
        visitor = resident_client("hanako")
        page = start_waste(visitor)
    page = in_language(visitor, page, page.path, "pt", **thing(0, what="箪笥 󠄀", count="いくつか"))
    assert page.status == 200
    assert page.tree is not None
    assert page.tree.get("lang") == "pt"
    assert page.path.endswith("/steps/things")
    assert typed_in(page, "things-0-what") == "箪笥 󠄀"
    assert typed_in(page, "things-0-count") == "いくつか"
    # The page that came is an ordinary one: sent, it is taken (or refused) and not only shown again.
    assert visitor.submit(page, page.path).status == 422


def typed_in(page: Page, name: str) -> str:
    return next(box.get("value") or "" for box in page.find("input", name=name))


def test_a_strangers_guide_goes_on_in_another_language(app: Flask) -> None:
    visitor, address = Visitor(app), "/guide/school"
    page, codes, told = visitor.get(address), [], 0
    while list(page.find("input", name="_question")):
        page = in_language(visitor, page, address, "ko" if told % 2 else "zh")
        question = next(page.find("input", name="_question")).get("value") or ""
        choice = [box.get("value") or "" for box in page.find("input", name=question, type="radio")]
        page = visitor.submit(page, address, **({question: choice[0]} if choice else {}))
        told += 1
    assert told > 1
    for language in ("pt", "ja"):
        codes.append("".join("".join(part.itertext()) for part in page.find("p", class_="receipt__number")))
        page = in_language(visitor, page, address, language)
    assert codes[0]
    assert codes[0] == codes[1]


def test_what_a_page_saved_by_itself_is_not_covered_by_what_was_refused_before(
    resident_client: ResidentClient,
) -> None:
    visitor = resident_client("hanako")
    page = start_waste(visitor)
    refused = visitor.submit(page, page.path, **thing(0, what="机", count="x"), excluded="no")
    assert refused.status == 422
    data = {**filled_in(refused.form(page.path)), **thing(0, what="椅子"), "excluded": "no"}
    saved = visitor.client.post(
        page.path.split("/steps")[0] + "/autosave",
        data=data,
        headers={"Referer": f"http://localhost{page.path}", "Accept": "application/json"},
    )
    assert saved.status_code == 200
    assert typed_in(visitor.get(page.path), "things-0-what") == "椅子"


def test_the_catalogue_is_read_in_every_language(app: Flask) -> None:
    """A translation with a percent sign of its own is no place to fill."""
    for language in LANGUAGES:
        assert Visitor(app, language=language).get("/procedures").status == 200


@pytest.mark.parametrize(("days", "wrong", "allowed"), [(61, "too late", 60), (-1, "too early", 0)])
def test_a_wrong_day_is_told_the_day_it_may_be(days: int, wrong: str, allowed: int) -> None:
    asked = FormField(name="x", type=Kind.DATE, label="Day", earliest_days=0, latest_days=60)
    day = clock.today() + timedelta(days=days)
    typed = {"x-era": ["ce"], "x-year": [str(day.year)], "x-month": [str(day.month)], "x-day": [str(day.day)]}
    (fault,) = answers.read_fields([asked], typed, {}).faults.values()
    assert wrong in fault.wrong
    assert "%(day)s" in fault.remedy
    assert fault.facts == {"day": clock.today() + timedelta(days=allowed)}


def test_a_sign_is_shown_as_typed_and_not_by_its_number(resident_client: ResidentClient) -> None:
    visitor = resident_client("hanako")
    own = begin(visitor, "child-allowance").path.split("/steps")[0]
    page = visitor.get(f"{own}/steps/claimant")
    page = visitor.submit(page, page.path, kana="架空", name="架空 \N{GRINNING FACE}")
    assert page.status == 422
    assert "（架）" in page.text
    assert "氏名に使えない文字" in page.text


def test_a_refused_form_changes_its_language_on_the_page_that_sent_it(app: Flask) -> None:
    """The answer to a form may have no address of its own; nobody is led to another site by the way back."""
    visitor = Visitor(app)
    page = visitor.get("/hall/chuo")
    token = {"csrf_token": page.csrf_token, "reference": "ABCD"}
    for came_from, leads_to in (("/hall/chuo?a=1&lang=es", "/hall/chuo?a=1&lang=pt"), ("//other.example/", "?lang=pt")):
        headers = {"Referer": f"http://localhost{came_from}", "Host": "localhost"}
        refused = visitor._open("POST", "/hall/chuo/check-in", data=token, headers=headers)
        assert refused.status in (404, 422)
        assert leads_to in refused.links()
