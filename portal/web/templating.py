"""Templates, compiled once a language with the words of that language in them.

A page has some forty sentences. Looked up one by one they cost more than the rest of the page; as part of the
compiled template they cost nothing, and a sentence with places keeps only the filling of its places.
"""

from typing import Any

from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.visitor import NodeTransformer


class SpokenEnvironment(Environment):
    """Hands out each template in the reader's language: one environment beneath it for every language.

    `app.jinja_environment = SpokenEnvironment`; then `listen` says how to learn the language and its words.
    """

    def listen(self, language: Any, translate: Any) -> None:
        """`language()` names the reader's language; `translate(language, message)` gives a sentence in it."""
        self._language, self._translate = language, translate
        self._spoken: dict[str, SpokenEnvironment] = {}
        self.language = ""

    def get_template(self, name: Any, parent: str | None = None, globals: Any = None) -> Template:
        """What `render_template`, `extends`, `include` and `import` ask for."""
        if self.language:
            return super().get_template(name, parent, globals)
        return self._speaking(self._language()).get_template(name, parent, globals)

    def _speaking(self, language: str) -> "SpokenEnvironment":
        if language not in self._spoken:
            spoken = self.overlay()
            spoken.language = language
            self._spoken[language] = spoken
        return self._spoken[language]

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parsed = super()._parse(source, name, filename)
        if not self.language:
            return parsed
        folded: nodes.Template = _Folder(self).visit(parsed)
        return folded

    def say(self, message: str) -> str:
        return str(self._translate(self.language, message))


class _Folder(NodeTransformer):
    """Puts the translation where `_("a sentence")` stood. Catalogues are ours: their words are safe in HTML."""

    def __init__(self, environment: SpokenEnvironment) -> None:
        self._environment = environment

    def visit_Call(self, call: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja's name
        self.generic_visit(call)
        said = call.args[0] if call.args else None
        plain = len(call.args) == 1 and call.dyn_args is None and call.dyn_kwargs is None
        if not (isinstance(call.node, nodes.Name) and call.node.name == "_" and plain):
            return call
        if not (isinstance(said, nodes.Const) and isinstance(said.value, str)):
            return call
        words = self._environment.say(said.value)
        if not call.kwargs:
            return nodes.TemplateData(words % {}, lineno=call.lineno)
        facts = nodes.Dict([nodes.Pair(nodes.Const(fact.key), fact.value) for fact in call.kwargs])
        return nodes.Mod(nodes.TemplateData(words), facts, lineno=call.lineno)
