"""Pages compiled whole say what plain Jinja would say; what could come out differently is refused when compiled."""

import pytest
from flask import Flask
from jinja2 import DictLoader, Environment

from portal.web.layouts import flatten, merge
from portal.web.templating import SpokenEnvironment
from tests.portal.web import showcase

LAYOUTS = {
    "frame": "<title>{{ self.title() }}</title>{% block head %}{% endblock %}{% block body %}{% endblock %}",
    "base": (
        '{% extends "frame" %}{% block body %}<h1>{% block title %}City{% endblock %}</h1>'
        "{% if self.lead() %}<p>{% block lead %}{% endblock %}</p>{% else %}no lead{% endif %}"
        "{% block main %}empty{% endblock %}{% endblock %}"
    ),
    "board": '{% extends "frame" %}{% block title %}Board of {{ office }}{% endblock %}'
    "{% block body %}<h1>{{ self.title() }}</h1>{% block main %}{% endblock %}{% endblock %}",
}
PAGES = {
    "a page fills its layout": (
        '{% extends "base" %}{% block title %}Notices{% endblock %}{% block main %}{{ office }}{% endblock %}'
    ),
    "a page fills nothing": '{% extends "base" %}',
    "a lead is said once and asked for": '{% extends "base" %}{% block lead %}{{ office }}{% endblock %}',
    "an empty lead is none": '{% extends "base" %}{% block lead %}{% if not office %}x{% endif %}{% endblock %}',
    "what the layout says stays": '{% extends "base" %}{% block main %}{{ super() }} and {{ super() }}{% endblock %}',
    "a name set above": '{% extends "base" %}{% set n = 2 %}{% block main %}{{ n }}{% endblock %}',
    "a name set in a block stays there": '{% extends "base" %}{% block title %}{% set n = 1 %}{{ n }}{% endblock %}'
    "{% block main %}{{ n is defined }}{% endblock %}",
    "a loop in a block": (
        '{% extends "base" %}{% block main %}{% for n in (1, 2) %}{{ loop.index }}{{ n }}{% endfor %}{% endblock %}'
    ),
    "a block its layout has no place for": '{% extends "board" %}{% block main %}{{ office }}{% endblock %}',
    "the same, said anew": '{% extends "board" %}{% block title %}Hall{% endblock %}{% block main %}x{% endblock %}',
    "no layout at all": "{% block title %}{{ office }}{% endblock %}",
}
REFUSED = {
    "beside its blocks": '{% extends "base" %}{% if office %}words{% endif %}',
    "says once": '{% extends "base" %}{% extends "board" %}',
    "stand alone": '{% extends "base" %}{% block main %}{{ self.title()|upper }}{% endblock %}',
    "only the block around it sets": (
        '{% extends "frame" %}{% block body %}{% set n = 1 %}{% block main %}{{ n }}{% endblock %}{% endblock %}'
    ),
}


class Whole(Environment):
    """Jinja with inheritance worked out at compile time, and nothing else changed."""

    def _parse(self, source: str, name: str | None, filename: str | None):  # type: ignore[no-untyped-def]
        return flatten(self.merged(source))

    def merged(self, source: str):  # type: ignore[no-untyped-def]
        return merge(super()._parse(source, None, None), lambda name: self.merged(LAYOUTS[name]))


def said(environment: Environment, page: str) -> str:
    return environment.from_string(page).render(office="<中央>")


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_compiled_whole_says_what_jinja_says(page: str) -> None:
    ours = said(Whole(loader=DictLoader(LAYOUTS), autoescape=True), page)
    assert ours == said(Environment(loader=DictLoader(LAYOUTS), autoescape=True), page)


@pytest.mark.parametrize(("reason", "page"), REFUSED.items())
def test_what_could_come_out_differently_is_refused(reason: str, page: str) -> None:
    with pytest.raises(TypeError, match=reason):
        said(Whole(loader=DictLoader(LAYOUTS)), page)


def test_the_pages_of_the_hall_come_out_as_by_jinja() -> None:
    """Plain Jinja renders them all (`showcase`); compiled whole they must not lose a word."""
    plain = showcase.environment({})

    class WholeHall(type(plain)):  # type: ignore[misc]
        def _parse(self, source, name, filename):  # type: ignore[no-untyped-def]
            return flatten(self.merged(source))

        def merged(self, source):  # type: ignore[no-untyped-def]
            return merge(
                super()._parse(source, None, None), lambda name: self.merged(self.loader.get_source(self, name)[0])
            )

    whole = plain.overlay()
    whole.__class__ = WholeHall
    for template in ("components.html", "accessibility.html"):
        facts = showcase.context()
        assert whole.get_template(template).render(facts) == plain.get_template(template).render(facts)
    facts = showcase.context(showcase.STRANGER, board=showcase.BOARD)
    assert whole.get_template("board_base.html").render(facts) == plain.get_template("board_base.html").render(facts)


def test_a_part_may_be_compiled_while_its_page_is_drawn() -> None:
    """The first reader of a process: only then is it known which part a page takes in, and what that part imports."""
    parts = {
        "page": "{% include part %}",
        "part": '{% from "macros" import mark %}{{ mark(office) }}',
        "macros": "{% macro mark(text) %}<b>{{ text }}</b>{% endmacro %}",
    }
    environment = SpokenEnvironment(Flask(__name__), loader=DictLoader(parts), autoescape=True)
    environment.listen(lambda: "en", lambda _, sentence: sentence, None, lambda _: {})
    assert environment.get_template("page").render(part="part", office="<中央>") == "<b>&lt;中央&gt;</b>"
