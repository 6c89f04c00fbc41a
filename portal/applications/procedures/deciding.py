"""Which questions decide something: at nine o'clock hundreds ask how long their visit takes, and of a form's forty
questions two or three have a say in it."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from portal.applications.procedures import rules


class Question(Protocol):
    """A field of a form."""

    @property
    def name(self) -> str: ...
    @property
    def when(self) -> rules.Rule: ...


class Page(Protocol):
    """A page of a form."""

    @property
    def when(self) -> rules.Rule: ...
    @property
    def fields(self) -> Sequence[Question]: ...


Deciding = tuple[tuple[rules.Rule, tuple[tuple[str, rules.Rule], ...]], ...]
"""Pages in order, each as (when it is asked, its questions as (name, when it is asked))."""


def of(pages: Sequence[Page], about: Iterable[rules.Rule]) -> Deciding:
    """The questions that the rules *about* something name, and those that decide whether they are asked.

    Conditions look back, to what was asked earlier (checked when the file is read): one walk from the end finds all.
    """
    named = set(rules.names_in(list(about)))
    found = []
    for page in reversed(pages):
        questions = []
        for question in reversed(page.fields):
            if question.name in named:
                named.update(rules.names_in(question.when))
                questions.append((question.name, question.when))
        if questions:
            named.update(rules.names_in(page.when))
            found.append((page.when, tuple(reversed(questions))))
    return tuple(reversed(found))


def told(deciding: Deciding, answers: rules.Answers) -> dict[str, Any]:
    """The answers to these questions, without those this person is not asked."""
    known: dict[str, Any] = {}
    for asked, questions in deciding:
        if rules.holds(asked, known):
            for name, when in questions:
                if name in answers and rules.holds(when, known):
                    known[name] = answers[name]
    return known
