"""Inheritance worked out when a template is compiled: a page becomes one function that writes its parts in order.

Followed at run time, `extends` costs a search for each template of the line, and hands every piece of text up through
a generator for each of them. Nearly all pages say by a constant whom they extend, so the answer is the same for
every reader. What differs from Jinja is refused when the template is compiled, never shown wrongly.
"""

from collections.abc import Callable, Iterator
from typing import Any

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

Tree = nodes.Template
PREPARING = (nodes.Assign, nodes.AssignBlock, nodes.FromImport, nodes.Import, nodes.Macro)


def merge(parsed: Tree, layout: Callable[[str], Tree]) -> Tree:
    """*parsed* with the layout it extends around it (`layout(name)` gives a fresh tree); blocks stay blocks.

    Whose layout is only known when the page is asked for keeps looking for it then, among the open layouts.
    """
    extends = list(parsed.find_all(nodes.Extends))
    if not extends:
        return parsed
    if len(extends) > 1 or extends[0] not in parsed.body:
        raise TypeError("a template says once, and at its top, whom it extends")
    if not isinstance(extends[0].template, nodes.Const):
        found = nodes.Name("open_layout", "load", lineno=extends[0].lineno)
        extends[0].template = nodes.Call(found, [extends[0].template], [], None, None, lineno=found.lineno)
        return parsed
    for node in parsed.body:
        if not (isinstance(node, (nodes.Extends, nodes.Block, nodes.Output)) or _prepares(node)):
            raise TypeError(f"line {node.lineno}: beside its blocks a page may only set and import")
    around = layout(extends[0].template.value)
    places = {block.name for block in around.find_all(nodes.Block)}
    _Override({block.name: block for block in parsed.find_all(nodes.Block)}).visit(around)
    # The layout has no place for these; `self.block()` asks for them.
    asked_for: list[nodes.Node] = [
        node for node in parsed.body if isinstance(node, nodes.Block) and node.name not in places
    ]
    unseen: list[nodes.Node] = [_never(asked_for)] if asked_for else []
    around.body = [node for node in parsed.body if _prepares(node)] + around.body + unseen
    return around


def flatten(parsed: Tree) -> Tree:
    """*parsed* with its blocks written out where they stand, unless its layout is still to be found."""
    if parsed.find(nodes.Extends):
        return parsed
    blocks = {block.name: block for block in parsed.find_all(nodes.Block)}
    flat: Tree = _WriteOut(blocks).visit(parsed)
    if any(_called(call) in {*blocks, "super"} for call in flat.find_all(nodes.Call)):
        raise TypeError("`self.block()` and `super()` stand alone in {{ }} or {% if %}")
    return _join(flat)


def _never(body: list[nodes.Node]) -> nodes.If:
    lineno = body[0].lineno
    return nodes.If(nodes.Const(False, lineno=lineno), body, [], [], lineno=lineno)


def _is_never(test: nodes.Node) -> bool:
    return isinstance(test, nodes.Const) and test.value is False


def _prepares(node: nodes.Node) -> bool:
    """Does it set or import something, without saying anything?"""
    return isinstance(node, PREPARING) or (isinstance(node, nodes.If) and not list(node.find_all(nodes.Output)))


class _Override(NodeTransformer):
    """Puts a page's blocks in the places of its layout's."""

    def __init__(self, own: dict[str, nodes.Block]) -> None:
        self._own = own

    def visit_Block(self, node: nodes.Block) -> nodes.Node:  # noqa: N802 - Jinja's names
        if node.name not in self._own:
            return self.generic_visit(node)
        return _Above(node).visit(self._own[node.name])


class _Above(NodeTransformer):
    """Writes `{{ super() }}` out: what the layout's own block says."""

    def __init__(self, above: nodes.Block) -> None:
        self._above = above

    def visit_Output(self, node: nodes.Output) -> list[nodes.Node]:  # noqa: N802
        return _split(node, lambda part: self._above.body if _called(part) == "super" else None)


class _WriteOut(NodeTransformer):
    """Replaces each block by its body, and `self.block()` by what that block says."""

    def __init__(self, blocks: dict[str, nodes.Block]) -> None:
        self._blocks = blocks
        self._set_around: set[str] = set()

    def visit_Block(self, node: nodes.Block) -> list[nodes.Node]:  # noqa: N802
        names = list(node.find_all(nodes.Name))
        free = {name.name for name in names if name.ctx == "load"} - {name.name for name in names if name.ctx != "load"}
        unseen = free & self._set_around
        if unseen:
            raise TypeError(f"block {node.name} uses {sorted(unseen)}, which only the block around it sets")
        around, self._set_around = self._set_around, self._set_around | set(_set_in(node))
        body = self._bodies(node.body)
        self._set_around = around
        return _scoped(body)

    def visit_Output(self, node: nodes.Output) -> list[nodes.Node]:  # noqa: N802
        return _split(node, self._said)

    def visit_If(self, node: nodes.If) -> nodes.Node | list[nodes.Node]:  # noqa: N802
        """`{% if self.lead() %}<p>{% block lead %}…`: the block is worked out once."""
        if _is_never(node.test):
            return []
        body = self._said(node.test)
        if body is None or node.elif_:
            return self.generic_visit(node)
        name, lineno = f"said_{_called(node.test)}", node.lineno
        only = nodes.Output([nodes.Name(name, "load", lineno=lineno)], lineno=lineno)
        inside = [
            only if isinstance(part, nodes.Block) and part.name == _called(node.test) else part for part in node.body
        ]
        if all(isinstance(part, nodes.Output) and all(map(_is_text, part.nodes)) for part in body):
            said = "".join(data.data for part in body for data in part.find_all(nodes.TemplateData))
            return self._bodies(node.body if said else node.else_)
        kept = nodes.AssignBlock(nodes.Name(name, "store", lineno=lineno), None, body, lineno=lineno)
        test = nodes.Name(name, "load", lineno=lineno)
        asked = nodes.If(test, self._bodies(inside), [], self._bodies(node.else_), lineno=lineno)
        return [nodes.Scope([kept, asked], lineno=lineno)]

    def _said(self, part: nodes.Node) -> list[nodes.Node] | None:
        block = self._blocks.get(_called(part) or "")
        return self._bodies(_copy(block.body)) if block else None

    def _bodies(self, body: list[nodes.Node]) -> list[nodes.Node]:
        """Each node of *body* visited; one may become several or none."""
        found: list[nodes.Node] = []
        for node in body:
            new = self.visit(node)
            found += new if isinstance(new, list) else [new] if new is not None else []
        return found


def _called(part: nodes.Node) -> str | None:
    """The block called by `self.block()`, or "super" for `super()`."""
    if not isinstance(part, nodes.Call) or part.args or part.kwargs:
        return None
    if isinstance(part.node, nodes.Name):
        return "super" if part.node.name == "super" else None
    is_self = (
        isinstance(part.node, nodes.Getattr)
        and isinstance(part.node.node, nodes.Name)
        and part.node.node.name == "self"
    )
    return part.node.attr if is_self else None  # type: ignore[attr-defined]


def _split(node: nodes.Output, replaced: Callable[[nodes.Node], list[nodes.Node] | None]) -> list[nodes.Node]:
    """An output with some of its parts replaced by whole statements."""
    found: list[nodes.Node] = []
    for part in node.nodes:
        body = replaced(part)
        found += [nodes.Output([part], lineno=node.lineno)] if body is None else _scoped(_copy(body))
    return found


def _scoped(body: list[nodes.Node]) -> list[nodes.Node]:
    """What is set inside stays inside; where nothing can be set there is no need for a wall."""
    walls = any(not isinstance(node, (nodes.Output, nodes.Scope)) for node in body)
    return [nodes.Scope(body, lineno=body[0].lineno)] if walls else body


def _set_in(block: nodes.Block) -> Iterator[str]:
    """Names set in *block* itself, not in blocks within it."""
    waiting: list[nodes.Node] = list(block.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, nodes.Block):
            continue
        if isinstance(node, nodes.Name) and node.ctx != "load":
            yield node.name
        waiting += node.iter_child_nodes()


def _is_text(node: nodes.Node) -> bool:
    return isinstance(node, nodes.TemplateData)


def _copy(what: Any) -> Any:
    """A tree of its own (the nodes' environment is shared, which `deepcopy` would copy too)."""
    if isinstance(what, list):
        return [_copy(part) for part in what]
    if not isinstance(what, nodes.Node):
        return what
    new = object.__new__(type(what))
    new.__dict__.update({name: _copy(part) if name != "environment" else part for name, part in vars(what).items()})
    return new


def _join(parsed: Tree) -> Tree:
    """Neighbouring outputs made one, so that their texts become one text."""
    for node in [parsed, *parsed.find_all(nodes.Node)]:
        for field in ("body", "else_"):
            body = getattr(node, field, None)
            if isinstance(body, list):
                setattr(node, field, _joined(body))
    return parsed


def _joined(body: list[nodes.Node]) -> list[nodes.Node]:
    found: list[nodes.Node] = []
    for node in body:
        if isinstance(node, nodes.Output) and found and isinstance(found[-1], nodes.Output):
            found[-1].nodes += node.nodes
        else:
            found.append(node)
    return found
