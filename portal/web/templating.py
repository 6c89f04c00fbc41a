"""Templates, compiled once a language; what no reader can change is worked out then, not for every reader.

A page has some forty sentences and as many icons, buttons and links that are always the same. Looked up one by
one they cost more than the rest of the page; as text of the compiled template they cost nothing. Folded are:
`locale`, `_("a sentence")`, with places `_("Hello %(name)s", name=…)` (the filling stays), and whatever a macro imported
without context makes of constants: such a macro is a function of its arguments alone.
"""

import re
from collections.abc import MutableMapping
from functools import lru_cache
from keyword import iskeyword
from typing import Any

from flask import current_app
from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from jinja2.utils import missing
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from portal.web.layouts import flatten, merge

BOUND = "bound_"
PLAIN = {"kept", "kept_around", "csrf_token", "ngettext"}
"""Functions of templates that ask for nothing of the page."""


class _PlainCalls(CodeGenerator):
    """Calls `PLAIN` functions and bound macros as they are: Jinja finds out at every call what else to hand over."""

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: N802
        name = node.node.name if isinstance(node.node, nodes.Name) else ""
        is_plain = name in PLAIN or name.startswith(BOUND)
        if not is_plain or forward_caller or node.dyn_args or node.dyn_kwargs or _has_keywords(node):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(")
        for given in node.args:
            self.visit(given, frame)
            self.write(", ")
        for named in node.kwargs:
            self.write(f"{named.key}=")
            self.visit(named.value, frame)
            self.write(", ")
        self.write(")")


def _has_keywords(node: nodes.Call) -> bool:
    """Named facts that Python cannot write down (`class=…`)."""
    return any(iskeyword(named.key) for named in node.kwargs)


class _Context(Context):
    """What a template knows, and every macro bound since: a part that is compiled while its page is drawn may bind more."""

    def resolve_or_missing(self, key: str) -> Any:
        if key in self.vars:
            return self.vars[key]
        if key in self.parent:
            return self.parent[key]
        return self.environment.globals.get(key, missing) if key.startswith(BOUND) else missing


class SpokenEnvironment(Environment):
    """Hands out each template in the reader's language: one environment beneath it for every language."""

    code_generator_class = _PlainCalls
    context_class = _Context

    def listen(self, language: Any, translate: Any, count: Any, formats: Any) -> None:
        """`language()` names the reader's language, `translate(language, sentence)`, `count(language, one, many, n)`
        and `formats(language)` speak it."""
        self._language, self._translate, self._count, self._formats = language, translate, count, formats
        self._spoken: dict[str, SpokenEnvironment] = {}
        self._ready: dict[tuple[str, Any], Template] = {}
        self._open: dict[str, Template] = {}
        self.language = ""
        self.settled: dict[str, Any] = {}
        self.globals.update(kept=kept, kept_around=kept_around)

    def get_template(self, name: Any, parent: str | None = None, globals: Any = None) -> Template:
        """What `render_template`, `extends`, `include` and `import` ask for."""
        if self.language:
            return super().get_template(name, parent, globals)
        asked = self._language(), name
        ready = self._ready.get(asked)
        if ready is None:
            ready = self.speaking(asked[0]).get_template(name, parent, globals)
            if not self.auto_reload and globals is None:
                self._ready[asked] = ready
        return ready

    def speaking(self, language: str) -> "SpokenEnvironment":
        if language not in self._spoken:
            spoken = self.overlay()
            spoken.language = language
            spoken.settled = {**self.settled, "locale": language}
            spoken._open = {}
            spoken.globals = {**self.globals, "open_layout": spoken.open_layout, "ngettext": spoken.count}
            spoken.filters = {**self.filters, **self._formats(language)}
            self._spoken[language] = spoken
        return self._spoken[language]

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        if not self.language:
            return super()._parse(source, name, filename)
        return flatten(self._merged(source, name, filename))

    def _merged(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        folded = _Folder(self, name, super()._parse(source, name, filename)).fold()
        return merge(folded, self._layout)

    def _layout(self, name: str) -> nodes.Template:
        assert self.loader is not None
        source, filename, _ = self.loader.get_source(self, name)
        return self._merged(source, name, filename)

    def open_layout(self, name: str) -> Template:
        """A layout with its blocks left open, for a page that is told only when it is asked for whom it extends."""
        if name not in self._open:
            code = self.compile(self._layout(name), name, name)
            self._open[name] = Template.from_code(self, code, self.make_globals(None))
        return self._open[name]

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """One mapping for all templates: Jinja's layered one is copied key by key for every page."""
        return {**self.globals, **d} if d else self.globals

    def bind(self, template: str, name: str, macro: Any) -> str:
        """Make an imported macro a global of every template; returns its name there."""
        bound = BOUND + re.sub(r"\W", "_", f"{template}__{name}")
        self.globals[bound] = macro
        return bound

    def count(self, one: str, many: str, n: int, **facts: Any) -> Markup:
        """`ngettext`: our words, with *n* and *facts* escaped."""
        if not facts:
            return _plainly_counted(self._count, self.language, one, many, n)
        return Markup(self._count(self.language, one, many, n)) % {"num": n, **facts}  # noqa: S704 - catalogues are ours

    def say(self, sentence: str) -> str:
        return str(self._translate(self.language, sentence))


def macro(template: str, name: str) -> Any:
    """A macro in the reader's language, for a view that draws many lines by it."""
    return getattr(current_app.jinja_env.get_template(template).module, name)


@lru_cache(maxsize=1024)
def _plainly_counted(count: Any, language: str, one: str, many: str, n: int) -> Markup:
    return Markup(count(language, one, many, n)) % {"num": n}  # noqa: S704 - catalogues are ours


@lru_cache(maxsize=8192, typed=True)  # a text and the same signs as HTML are not alike
def kept(draw: Any, *facts: Any) -> Any:
    """What the macro *draw* makes of *facts*, remembered: for parts of pages that are alike for many, nothing personal."""
    return draw(*facts)


def kept_around(draw: Any, *facts: Any) -> Markup:
    """The same of a macro whose last fact is one reader's alone: remembered is what stands around it."""
    before, after = _around(draw, *facts[:-1])
    return Markup(f"{before}{escape(facts[-1])}{after}")  # noqa: S704 - before and after are made by a macro


@lru_cache(maxsize=1024, typed=True)
def _around(draw: Any, *facts: Any) -> tuple[str, str]:
    before, _, after = str(draw(*facts, "\ue000")).partition("\ue000")  # a sign that no text may have
    return before, after


class _Folder(NodeTransformer):
    """Works constants out, and binds imported macros for good. Catalogues are ours: their words are safe in HTML."""

    def __init__(self, environment: SpokenEnvironment, name: str | None, parsed: nodes.Template) -> None:
        self._environment = environment
        self._parsed, self._context = parsed, nodes.EvalContext(environment, name)
        self._taken = {name.name for name in parsed.find_all(nodes.Name) if name.ctx != "load"}
        self._imported: dict[str, Any] = {}
        self._bound: dict[str, str] = {}

    def fold(self) -> nodes.Template:
        """The template with its constants worked out and without its imports."""
        folded: nodes.Template = self.visit(self._parsed)
        for name in folded.find_all(nodes.Name):
            name.name = self._bound.get(name.name, name.name)
        return folded

    def visit_FromImport(self, node: nodes.FromImport) -> nodes.Node | None:  # noqa: N802 - Jinja's names
        if not isinstance(node.template, nodes.Const) or node.with_context:
            return node
        template, stays = node.template.value, []
        module = self._environment.get_template(template).module
        for wanted in node.names:
            name, alias = wanted if isinstance(wanted, tuple) else (wanted, wanted)
            if alias in self._taken or not hasattr(module, name):
                stays.append(wanted)
                continue
            self._imported[alias] = getattr(module, name)
            self._bound[alias] = self._environment.bind(template, name, self._imported[alias])
        node.names = stays
        return node if stays else None

    def visit_Name(self, node: nodes.Name) -> nodes.Node:  # noqa: N802
        settled = self._environment.settled
        return nodes.Const(settled[node.name]) if node.name in settled and node.name not in self._taken else node

    def visit_If(self, node: nodes.If) -> nodes.Node | list[nodes.Node]:  # noqa: N802
        self.generic_visit(node)
        try:
            holds = node.test.as_const(self._context)  # type: ignore[attr-defined]
        except nodes.Impossible:
            return node
        return node if node.elif_ else node.body if holds else node.else_

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        known = self._imported.get(node.node.name) if isinstance(node.node, nodes.Name) else None
        return nodes.Const(known[node.attr]) if isinstance(known, dict) and node.attr in known else node

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        if not isinstance(node.node, nodes.Name) or node.dyn_args or node.dyn_kwargs:
            return node
        if node.node.name == "_" and len(node.args) == 1 and isinstance(node.args[0], nodes.Const):
            return self._said(node)
        macro = self._imported.get(node.node.name)
        return self._made(macro, node) if callable(macro) else node

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node:  # noqa: N802
        """The macro of a {% call %} needs its caller at run time: only its arguments are folded."""
        self.generic_visit(node.call)
        for part in node.body:
            self.visit(part)
        return node

    def _said(self, node: nodes.Call) -> nodes.Node:
        words = self._environment.say(node.args[0].value)  # type: ignore[attr-defined]
        if not node.kwargs:
            return nodes.TemplateData(words, lineno=node.lineno)
        facts = nodes.Dict([nodes.Pair(nodes.Const(fact.key), fact.value) for fact in node.kwargs])
        return nodes.Mod(nodes.TemplateData(words), facts, lineno=node.lineno)

    def _made(self, macro: Any, node: nodes.Call) -> nodes.Node:
        try:
            args = [arg.as_const(self._context) for arg in node.args]
            kwargs = dict(pair.as_const(self._context) for pair in node.kwargs)
        except nodes.Impossible:
            return node
        return nodes.TemplateData(str(macro(*args, **kwargs)), lineno=node.lineno)
