"""Parts of pages that are kept for the next reader hold nothing of what one reader asked for."""

import pytest
from flask import Flask
from markupsafe import Markup

from portal.web.i18n import LONGEST_REPEATED
from portal.web.templating import kept, kept_around
from tests.browser import Visitor


@pytest.mark.parametrize("page", ["/accessibility", "/staff/sign-in"])
def test_queries_of_readers_are_not_kept(app: Flask, page: str) -> None:
    visitor = Visitor(app)
    visitor.get(page)
    before = kept.cache_info().currsize
    for number in range(5):
        query = f"?q=someone{number}{page.replace('/', '-')}"
        assert f"{query}&lang=ko" in visitor.get(page + query).links()
    assert kept.cache_info().currsize == before


def test_a_switch_to_another_language_repeats_no_endless_query(app: Flask) -> None:
    links = Visitor(app).get("/accessibility?q=" + "x" * LONGEST_REPEATED).links()
    assert "?lang=ko" in links
    assert max(map(len, links)) < 200


def test_the_same_sign_as_text_and_as_html_is_drawn_twice() -> None:
    def draw(part: str) -> str:
        return str(Markup("<b>%s</b>") % part)

    assert kept(draw, Markup("<i>")) == "<b><i></b>"
    assert kept(draw, "<i>") == "<b>&lt;i&gt;</b>"


def test_what_is_one_readers_stands_in_a_part_kept_for_all() -> None:
    drawn: list[str] = []

    def draw(part: str, last: str) -> Markup:
        drawn.append(part)
        return Markup("<b>%s</b><i>%s</i>") % (part, last)

    assert kept_around(draw, "all", "<one>") == "<b>all</b><i>&lt;one&gt;</i>"
    assert kept_around(draw, "all", "another") == "<b>all</b><i>another</i>"
    assert drawn == ["all"]
