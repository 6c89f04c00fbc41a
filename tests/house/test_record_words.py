"""Whatever can be put on record can be read by the person it is about: every `what` has words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import portal.app
from portal.core.audit import Action
from portal.core.db import Base
from portal.mydata.rules import OTHER, WHAT_WORDS, what_words

ROOT = Path(portal.app.__file__).parent


def test_every_table_about_a_resident_has_words() -> None:
    tables = [kind.class_.__tablename__ for kind in Base.registry.mappers if kind.class_.__subject__]
    assert len(tables) > 5
    assert [table for table in tables if what_words(table, Action.CHANGE) == OTHER] == []


def test_every_what_the_code_records_has_words() -> None:
    named = dict(_named())
    assert len(named) > 15
    wordless = [what for what in named if not what.endswith(".") and what_words(what, Action.LOOK) == OTHER]
    wordless += [what for what in named if what.endswith(".") and not _some_word_begins(what)]
    assert [f"{what} in {named[what]}" for what in wordless] == []


def _some_word_begins(stem: str) -> bool:
    """`residents.` stands for several."""
    return any(what.startswith(stem) for what in WHAT_WORDS)


def test_no_words_are_left_for_what_nothing_records() -> None:
    tables = {kind.class_.__tablename__ for kind in Base.registry.mappers}
    named = {what.partition("(")[0].partition(" ")[0] for what, _where in _named()}
    stems = {what.partition(".")[0] + "." for what in named if what.endswith(".")}
    unknown = [what for what in WHAT_WORDS if what not in tables | named and f"{what.partition('.')[0]}." not in stems]
    assert unknown == []


def _named() -> Iterator[tuple[str, str]]:
    """(what, file) of every text given as `what`, f-strings up to their first place, and of names that end up there."""
    tables = {kind.class_.__tablename__ for kind in Base.registry.mappers}
    for file in sorted(ROOT.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        values = [
            word.value
            for call in ast.walk(tree)
            if isinstance(call, ast.Call)
            for word in call.keywords
            if word.arg == "what"
        ]
        values += [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            and any(isinstance(to, ast.Name) and to.id in ("what", "PERSON") for to in node.targets)
        ]
        values += [
            call.func.value.args[0]
            for call in ast.walk(tree)
            if isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and isinstance(call.func.value, ast.Call)
            and call.func.attr == "label"
            and [getattr(word, "value", None) for word in call.args] == ["what"]
        ]
        for value in values:
            text = _text(value)
            if "." in text or re.split(r"[( ]", text)[0] in tables:
                yield text, str(file.relative_to(ROOT))


def _text(value: ast.expr) -> str:
    """A literal, or what an f-string begins with."""
    if isinstance(value, ast.JoinedStr) and value.values:
        value = value.values[0]
    return str(value.value) if isinstance(value, ast.Constant) else ""
