"""A visitor without a browser: follows links and redirects, fills in forms, and checks every page it is shown.

    page = visitor.get("/account")
    page = visitor.submit(page, "/account/language", language="en")   # the form with that action
    assert "English" in page.text

Each page must be sound HTML with one h1 that begins the title, labels for its controls, a language and no id twice.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from tests import markup

LANGUAGES = {"ja", "en", "zh", "ko", "es", "pt"}
UNLABELLED = {"hidden", "submit", "button", "image", "reset"}


@dataclass(frozen=True, slots=True)
class Page:
    """What the visitor sees."""

    status: int
    path: str
    body: bytes
    headers: Any
    tree: ET.Element | None

    @property
    def text(self) -> str:
        """All words on the page with single spaces."""
        return " ".join("".join(self.tree.itertext()).split()) if self.tree is not None else self.body.decode()

    @property
    def heading(self) -> str:
        return words_of(next(self.find("h1")))

    def find(self, tag: str, **attributes: str) -> Iterator[ET.Element]:
        """Elements of *tag* whose attributes are as given (`class_` holds one of the classes)."""
        wanted_class = attributes.pop("class_", None)
        for element in self.tree.iter(tag) if self.tree is not None else ():
            classes = (element.get("class") or "").split()
            if (wanted_class is None or wanted_class in classes) and all(
                element.get(name.replace("_", "-")) == value for name, value in attributes.items()
            ):
                yield element

    def links(self) -> list[str]:
        return [link.get("href") or "" for link in self.find("a")]

    def form(self, action: str) -> ET.Element:
        """The form that posts to *action* (a form without one posts to its own page)."""
        found = [form for form in self.find("form") if (form.get("action") or self.path) == action]
        if not found:
            raise AssertionError(f"{self.path} has no form for {action}")
        return found[0]

    @property
    def csrf_token(self) -> str:
        return next(field.get("value") or "" for field in self.find("input", name="csrf_token"))


class Visitor:
    """Somebody at a browser of their own."""

    def __init__(self, app: Flask, *, language: str = "ja", address: str = "127.0.0.1") -> None:
        self.client = app.test_client()
        self.headers = {"Accept-Language": language, "Accept": "text/html"}
        self.address = address

    def get(self, path: str, **options: Any) -> Page:
        """Open *path* and wherever it leads."""
        return self._open("GET", path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, *, page: Page | None = None, **options: Any) -> Page:
        """Send *data* to *path* with the CSRF token of *page* (the last page's form, or *path* itself when opened)."""
        token = (page or self.get(path)).csrf_token
        return self._open("POST", path, data={"csrf_token": token, **(data or {})}, **options)

    def submit(self, page: Page, action: str, **fields: Any) -> Page:
        """Fill in the form for *action* on *page* and send it; what is not named stays as the page had it."""
        form = page.form(action)
        return self._open((form.get("method") or "get").upper(), action, data={**filled_in(form), **fields})

    def _open(self, method: str, path: str, **options: Any) -> Page:
        for _ in range(8):
            answer = self.client.open(
                path,
                method=method,
                headers={**self.headers, **options.pop("headers", {})},
                environ_base={"REMOTE_ADDR": self.address},
                **options,
            )
            if answer.status_code not in (301, 302, 303, 307, 308):
                return self._look(answer, path)
            if answer.status_code not in (307, 308):
                method, options = "GET", {}
            path = answer.headers["Location"]
            assert not urlsplit(path).netloc, f"{path} leads away"
        raise AssertionError(f"{path} goes round in circles")

    def _look(self, answer: TestResponse, path: str) -> Page:
        body = answer.get_data()
        tree = check_html(body.decode()) if body and answer.mimetype == "text/html" else None
        policy = answer.headers.get("Content-Security-Policy", "")
        assert policy.startswith("default-src 'none'"), f"{path} came without its policy"
        assert "unsafe" not in policy, policy
        return Page(answer.status_code, path.partition("?")[0], body, answer.headers, tree)


def words_of(element: ET.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def filled_in(form: ET.Element) -> dict[str, Any]:
    """What the browser would send if nothing were touched."""
    fields: dict[str, Any] = {}
    shut = {control for box in form.iter("fieldset") if box.get("disabled") is not None for control in box.iter()}
    for control in form.iter():
        if control in shut:
            continue
        name, kind = control.get("name"), (control.get("type") or "text").lower()
        if not name or control.tag not in ("input", "textarea", "select") or kind in ("submit", "button", "file"):
            continue
        if control.tag == "select":
            options = list(control.iter("option"))
            chosen = [option for option in options if option.get("selected") is not None] or options[:1]
            fields[name] = [option.get("value", words_of(option)) for option in chosen]
        elif kind in ("checkbox", "radio"):
            if control.get("checked") is not None:
                fields.setdefault(name, []).append(control.get("value", "on"))
        else:
            fields[name] = control.text or "" if control.tag == "textarea" else control.get("value", "")
    return fields


def check_html(source: str) -> ET.Element:
    """The page as a tree, or an AssertionError that says what is wrong with it."""
    tree, faults = markup.read(source)
    assert not faults, f"broken HTML: {faults[:5]}"
    assert tree.get("lang") in LANGUAGES, "the page does not say its language"
    _check_heading(tree)
    ids = [element.get("id") for element in tree.iter() if element.get("id") is not None]
    assert len(ids) == len(set(ids)), f"ids twice: {sorted({one for one in ids if ids.count(one) > 1}, key=str)}"
    _check_references(tree, set(ids))
    _check_controls(tree)
    assert not re.search(r"<(?:script|style)(?![^>]*\bsrc=)[^>]*>\s*\S", source), "a script or style within the page"
    assert not [element.tag for element in tree.iter() if element.get("style") is not None], "a style attribute"
    handlers = {name for element in tree.iter() for name in element.attrib if name.startswith("on")}
    assert not handlers, f"scripts within tags: {handlers}"
    return tree


def _check_heading(tree: ET.Element) -> None:
    headings = list(tree.iter("h1"))
    assert len(headings) == 1, f"{len(headings)} first headings"
    title, heading = words_of(next(tree.iter("title"))), words_of(headings[0])
    assert heading, "an empty heading"
    start = title.split(": ", 1)[-1] if not title.startswith(heading) else title
    assert start.startswith(heading), f"the title {title!r} does not begin with the heading {heading!r}"


def _check_references(tree: ET.Element, ids: set[Any]) -> None:
    for element in tree.iter():
        for name in ("for", "aria-labelledby", "aria-describedby", "aria-controls", "popovertarget"):
            for wanted in (element.get(name) or "").split():
                assert wanted in ids, f"{element.tag} {name} points to {wanted}, which is not there"
        href = element.get("href") or ""
        if element.tag == "a" and href.startswith("#") and len(href) > 1:
            assert href[1:] in ids, f"a link to {href}, which is not there"


def _check_controls(tree: ET.Element) -> None:
    labels = {label.get("for") for label in tree.iter("label")}
    wrapped = {control for label in tree.iter("label") for control in label.iter()}
    for control in tree.iter():
        if control.tag in ("input", "select", "textarea") and control.get("type") not in UNLABELLED:
            named = control.get("aria-label") or control.get("aria-labelledby")
            assert named or control.get("id") in labels or control in wrapped, f"no label: {control.get('name')}"
        elif control.tag in ("button", "a") and control.get("href", "x"):
            spoken = words_of(control) or control.get("aria-label") or control.get("title")
            assert spoken or any(image.get("alt") for image in control.iter("img")), f"a {control.tag} without words"
    for image in tree.iter("img"):
        assert image.get("alt") is not None, "a picture without alt"
