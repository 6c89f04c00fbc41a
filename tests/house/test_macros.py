"""What a macro says is worked out once for all readers (portal/web/templating.py): it must not look at one of them."""

from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, meta, nodes

from portal.web import i18n

ROOT = Path(__file__).resolve().parents[2] / "portal"
SETTLED = {"_", "ngettext", "kept", "city_name", "demo", "locale", "range", "dict", "namespace"}
LANGUAGE = Environment(extensions=["jinja2.ext.i18n"])
LANGUAGE.filters.update(i18n.FILTERS | i18n.formats())


def parsed(path: Path) -> nodes.Template:
    return LANGUAGE.parse(path.read_text())


def imported() -> set[str]:
    """The templates whose macros are imported without context, as `bound` for good."""
    trees = [parsed(path) for path in ROOT.rglob("templates/**/*.html")]
    found: list[Any] = [
        one for tree in trees for kind in (nodes.FromImport, nodes.Import) for one in tree.find_all(kind)
    ]
    assert not [one for one in found if one.with_context], "a macro with context is made anew for every page"
    return {one.template.value for one in found if isinstance(one.template, nodes.Const)}


def file_of(name: str) -> Path:
    return next(path for path in ROOT.rglob(f"templates/{name}"))


def foreign(source: nodes.Template) -> set[str]:
    """The names a template takes from neither arguments, its own macros nor what is alike for all."""
    calls = [call for call in source.find_all(nodes.Call) if isinstance(call.node, nodes.Name)]
    addresses = [call for call in calls if call.node.name == "url_for"]  # type: ignore[attr-defined]
    settled = SETTLED | {"url_for"} if all(map(is_the_same_everywhere, addresses)) else SETTLED
    return meta.find_undeclared_variables(source) - settled


def is_the_same_everywhere(address: nodes.Call) -> bool:
    """A door named in full: ".door" is one of the page's own room, and "_external" asks for the host."""
    door = address.args[0] if address.args else None
    is_full = isinstance(door, nodes.Const) and not door.value.startswith(".")
    return is_full and not address.dyn_kwargs and "_external" not in {one.key for one in address.kwargs}


@pytest.mark.parametrize("name", sorted(imported()))
def test_a_macro_knows_its_arguments_alone(name: str) -> None:
    assert foreign(parsed(file_of(name))) == set()


def test_a_macro_that_looks_at_its_reader_is_found() -> None:
    macro = "{% macro m(a) %}{{ a }}{{ _('x') }}{{ %s }}{% endmacro %}"
    for name in ("request.path", "g.actor", "session.id", "csrf_token()", "actor.kind", "url_for('.x')", "nav"):
        assert foreign(LANGUAGE.parse(macro.replace("%s", name))) == {name.split(".")[0].split("(")[0]}
