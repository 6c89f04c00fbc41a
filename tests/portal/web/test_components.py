"""Every component is valid HTML, says what it is, and keeps its promises to screen readers."""

import re
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from wtforms import (
    BooleanField,
    DateField,
    FileField,
    Form,
    FormField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from tests.portal.web import showcase

PAGES = showcase.all_pages()
REFERENCES = ("aria-labelledby", "aria-describedby", "for", "popovertarget")
NAMED_BY_LABEL = {"input", "select", "textarea", "progress"}


def parse(page: str) -> Element:
    """Parsed strictly: html5lib raises on the first thing that is not valid."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)


def ids_of(tree: Element) -> list[str]:
    return [node.attrib["id"] for node in tree.iter() if "id" in node.attrib]


def text_of(node: Element) -> str:
    return " ".join("".join(node.itertext()).split())


@pytest.fixture(params=sorted(PAGES))
def tree(request: pytest.FixtureRequest) -> Element:
    return parse(PAGES[request.param])


def test_no_id_stands_twice(tree: Element) -> None:
    ids = ids_of(tree)
    assert sorted(ids) == sorted(set(ids))


def test_references_lead_somewhere(tree: Element) -> None:
    ids = set(ids_of(tree))
    wanted = {word for node in tree.iter() for name in REFERENCES for word in node.attrib.get(name, "").split()}
    assert wanted <= ids
    jumps = {node.attrib["href"][1:] for node in tree.iter("a") if node.attrib["href"].startswith("#")}
    assert {jump for jump in jumps if jump and not jump.startswith("page-")} <= ids


def test_every_control_has_a_label(tree: Element) -> None:
    labels = {node.attrib["for"] for node in tree.iter("label")}
    controls = [n for n in tree.iter() if n.tag in NAMED_BY_LABEL and n.attrib.get("type") != "hidden"]
    assert [node.attrib for node in controls if node.attrib.get("id") not in labels] == []


def test_every_press_has_words(tree: Element) -> None:
    presses = [node for tag in ("a", "button", "summary") for node in tree.iter(tag)]
    assert [node.attrib for node in presses if not text_of(node)] == []


def test_one_heading_begins_the_title(tree: Element) -> None:
    (heading,) = tree.iter("h1")
    (title,) = tree.iter("title")
    assert text_of(title).startswith(f"{text_of(heading)} | ")


def test_nothing_is_inline(tree: Element) -> None:
    assert [node.tag for node in tree.iter() if "style" in node.attrib or node.tag == "style"] == []
    assert [node.attrib for node in tree.iter("script") if "src" not in node.attrib] == []
    assert not [name for node in tree.iter() for name in node.attrib if name.startswith("on")]


def test_no_field_hides_behind_a_placeholder_or_is_disabled(tree: Element) -> None:
    assert [node.attrib for node in tree.iter() if {"placeholder", "disabled"} & set(node.attrib)] == []


def test_icons_are_those_of_the_vendored_files() -> None:
    shapes = showcase.environment({}).get_template("components/icon.html").module.shapes  # type: ignore[attr-defined]
    files = {path.stem: path.read_text() for path in (showcase.WEB / "static" / "icons").glob("*.svg")}
    assert sorted(shapes) == sorted(files)
    for name, shape in shapes.items():
        assert re.sub(r"[\s/]", "", shape) in re.sub(r"[\s/]", "", files[name]), name


def test_every_component_is_on_show() -> None:
    shown = "".join(
        path.read_text()
        for path in (showcase.WEB / "templates").rglob("*.html")
        if path.name in {"components.html", "base.html", "staff_base.html"}
    )
    aside = {
        "control",
        "form_field",
        "card_bridge",
        "csv_import",
        "identity",
        "person_search",
        "reader_words",
    }  # frames of others, and forms for staff
    for path in (showcase.WEB / "templates" / "components").glob("*.html"):
        assert path.stem in aside or f'"components/{path.name}"' in shown, path.name


class Home(Form):
    town = StringField("Town", [InputRequired("Enter the town.")])


class Day(DateField):
    parts: dict[str, Any] = {"era": "reiwa", "year": "8", "month": "11", "day": "31"}  # noqa: RUF012


class Everything(Form):
    name = StringField("Name <b>", [InputRequired("Enter your name.")], description="As on your card.")
    pin = PasswordField("Password", render_kw={"autocomplete": "current-password"})
    phone = StringField("Phone", render_kw={"component": "phone"})
    age = IntegerField("Age")
    note = TextAreaField("Note", render_kw={"data-note": "1"})
    ward = SelectField("Ward", choices=[SelectChoice("chuo", "中央区"), SelectChoice("inage", "稲毛区")])
    who = RadioField(
        "Who", choices=[SelectChoice("all", "All"), SelectChoice("some", "Some", {"hint": "Choose next."})]
    )
    topics = SelectMultipleField("Topics", choices=[SelectChoice("a", "A"), SelectChoice("b", "B")])
    agree = BooleanField("Agreed", [InputRequired("Tick the box.")])
    paper = FileField("Paper")
    moved = Day("Moved", render_kw={"component": "date"})
    home = FormField(Home)


def form_page(form: Form) -> Element:
    return parse(
        showcase.render_text(
            """{% extends "base.html" %}{% from "components/form_field.html" import form_fields %}
            {% from "components/error_summary.html" import form_errors %}{% set errors = form.errors %}
            {% block title %}Form{% endblock %}
            {% block main %}{{ form_errors(form) }}<form method="post">{{ form_fields(form) }}</form>{% endblock %}""",
            form=form,
        )
    )


def test_any_wtforms_field_becomes_a_labelled_component() -> None:
    tree = form_page(Everything(data={"who": "some", "topics": ["b"], "name": "<架空>"}))
    controls = {node.attrib["name"]: node for node in tree.iter() if node.tag in {"input", "select", "textarea"}}
    assert {*Everything()._fields} - {"home", "moved"} <= set(controls)
    assert {"home-town", "moved-era", "moved-year", "moved-month", "moved-day"} <= set(controls)
    assert controls["name"].attrib["value"] == "<架空>"
    assert controls["name"].attrib["aria-describedby"] == "name-hint"
    assert controls["pin"].attrib["autocomplete"] == "current-password"
    assert controls["note"].attrib["data-note"] == "1"
    assert "Choose next." in text_of(tree)
    checked = {node.attrib["value"] for node in tree.iter("input") if "checked" in node.attrib}
    assert checked == {"some", "b"}


def test_a_refused_form_says_so_in_the_title_the_summary_and_at_the_field() -> None:
    form = Everything()
    assert not form.validate()
    tree = form_page(form)
    (title,) = tree.iter("title")
    assert text_of(title).startswith("Error: Form | ")
    by_id = {node.attrib["id"]: node for node in tree.iter() if "id" in node.attrib}
    jumps = {node.attrib["href"] for node in by_id["error-summary"].iter("a")}
    assert {"#name", "#agree", "#home-town"} <= jumps
    assert by_id["name"].attrib["aria-invalid"] == "true"
    assert by_id["name"].attrib["aria-describedby"] == "name-hint name-error"
    assert text_of(by_id["name-error"]) == "Enter your name."
    assert text_of(by_id["home-town-error"]) == "Enter the town."
