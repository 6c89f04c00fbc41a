"""What every kind of question can do. `typed` maps names of inputs to the texts sent for them, as in a form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.applications.procedures.schema import FormField
from portal.applications.procedures.words import Fault, fault_of
from portal.core.text import TextRefused

Typed = Mapping[str, Sequence[str]]
KnownFacts = Mapping[str, Any]
Texts = dict[str, list[str]]


class NotUnderstood(Exception):
    """One or more inputs of a field could not be taken; `faults` by input."""

    def __init__(self, faults: dict[str, Fault]) -> None:
        super().__init__()
        self.faults = faults


def first(typed: Typed, name: str) -> str:
    """The text of one input, without spaces around it."""
    texts = typed.get(name) or ("",)
    return texts[0].strip(" \u3000\r\n\t")


def _inputs(asked: FormField, parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{asked.name}-{part}" for part in parts) or (asked.name,)


def _one_text(asked: FormField, answer: Any) -> Texts:
    return {asked.name: [str(answer)]}


def each_part(asked: FormField, answer: Mapping[str, str], parts: tuple[str, ...]) -> Texts:
    """The inputs of an answer that is a mapping by part."""
    return {f"{asked.name}-{part}": [answer.get(part, "")] for part in parts}


@dataclass(frozen=True, slots=True)
class Component:
    """One kind of question.

    `parts` are the inputs it is typed into, none for one input of the field's own name; `starts_at` is the part a link to
    the question jumps to; `beside` are parts that stand at something without anybody typing (a calendar). `more_inputs`
    names inputs that depend on what was sent (rows). `always` reads also where nothing was typed: the answer then lies with
    the case (documents handed in), and `read` itself says what is missing.
    """

    read: Callable[[FormField, Typed, KnownFacts], Any]
    again: Callable[[FormField, Any], Texts] = _one_text
    parts: tuple[str, ...] = ()
    starts_at: str = ""
    beside: tuple[str, ...] = ()
    chosen: bool = False
    nothing: Any = None
    always: bool = False
    more_inputs: Callable[[FormField, Typed], tuple[str, ...]] | None = None
    is_typed: Callable[[FormField, Typed], bool] | None = None

    def inputs(self, asked: FormField, typed: Typed) -> tuple[str, ...]:
        """The names of the inputs of *asked*."""
        return self.more_inputs(asked, typed) if self.more_inputs else _inputs(asked, self.parts)

    def first_input(self, asked: FormField) -> str:
        """The id a link to the question jumps to."""
        return f"{asked.name}-{self.starts_at}" if self.starts_at else asked.name

    def has_text(self, asked: FormField, typed: Typed) -> bool:
        """Whether anything was typed or chosen."""
        if self.is_typed:
            return self.is_typed(asked, typed)
        quiet = {f"{asked.name}-{part}" for part in self.beside}
        return any(first(typed, name) for name in self.inputs(asked, typed) if name not in quiet)


def read_parts(asked: FormField, typed: Typed, readers: Mapping[str, Callable[[str], str]]) -> dict[str, str]:
    """Read all parts, so that all faults are told at once."""
    found: dict[str, str] = {}
    faults: dict[str, Fault] = {}
    for part, read in readers.items():
        name = f"{asked.name}-{part}"
        try:
            found[part] = read(first(typed, name))
        except TextRefused as refused:
            faults[name] = fault_of("missing" if refused.code == "text-empty" else refused.code, refused.facts)
    if faults:
        raise NotUnderstood(faults)
    return found
