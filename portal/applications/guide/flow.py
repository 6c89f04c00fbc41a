"""The question flow: which question is next, what the register answered, what was just answered. No database.

The answers travel in the page as a code, so that it works without JavaScript, without cookies and without being kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.applications.guide import code
from portal.applications.guide.rules import CodeMistyped, CodeOutdated
from portal.applications.guide.schema import Event, Question
from portal.applications.procedures import answers as reading
from portal.applications.procedures.answers import Typed
from portal.applications.procedures.words import Fault

# Names of inputs beside those of questions, which begin with a letter.
TOLD, KNOWN, QUESTION, CHANGE = "_told", "_known", "_question", "_change"


@dataclass(slots=True)
class Flow:
    """Where somebody is: `told` by them, `known` from the register, by question; `faults` of what was just typed."""

    event: Event
    told: dict[str, Any] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    typed: Typed = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    changing: str = ""

    @property
    def answers(self) -> dict[str, Any]:
        """What people say goes before what the register says."""
        return self.known | self.told

    def question(self) -> Question | None:
        """The question to ask now; None when all are answered."""
        asked = self.event.asked(self.answers)
        changing = next((one for one in asked if one.name == self.changing), None)
        return changing or next((one for one in asked if one.name not in self.answers), None)

    def place(self) -> tuple[int, int]:
        """(which question this is, how many there are), without those the register answered."""
        own = [
            one.name for one in self.event.asked(self.answers) if one.name not in self.known or one.name in self.told
        ]
        now = self.question()
        if now is None or now.name not in own:
            return 1, 1
        return own.index(now.name) + 1, len(own)

    def before(self) -> Question | None:
        """The question the person answered last before this one."""
        now = self.question()
        names = [one.name for one in self.event.asked(self.answers)]
        last = names.index(now.name) if now else len(names)
        earlier = [name for name in names[:last] if name in self.told]
        return self.event.question(earlier[-1]) if earlier else None


def begin(event: Event, register: Mapping[str, str]) -> Flow:
    """The flow of somebody of whom the register says *register* (by Known); a stranger's is empty."""
    known = {one.name: register[one.known] for one in event.questions if one.known and one.known in register}
    return Flow(event, known=known)


def go_on(event: Event, typed: Typed) -> Flow:
    """The flow after one more answer, or on the way back to a question."""
    flow = _as_it_stood(event, typed)
    flow.changing = _first(typed, CHANGE)
    question = event.question(_first(typed, QUESTION))
    if question is None or flow.changing:
        return flow
    read = reading.read_fields([question.field], typed, {})
    if read.faults:
        flow.typed, flow.faults, flow.changing = typed, read.faults, question.name
    else:
        flow.told[question.name] = read.answers[question.name]
    return flow


def say_again(event: Event, typed: Typed) -> Flow:
    """The flow as it stood on the page, for the same page in another language: nothing is taken as answered."""
    flow = _as_it_stood(event, typed)
    flow.typed, flow.changing = typed, _first(typed, QUESTION)
    return flow


def _as_it_stood(event: Event, typed: Typed) -> Flow:
    return Flow(event, told=_carried(event, typed, TOLD), known=_carried(event, typed, KNOWN))


def _carried(event: Event, typed: Typed, name: str) -> dict[str, Any]:
    """Answers a page carried along; what is no code of this event is nothing."""
    try:
        found, answers = code.read(_first(typed, name))
    except (CodeMistyped, CodeOutdated):
        return {}
    return answers if found.name == event.name else {}


def _first(typed: Typed, name: str) -> str:
    return (typed.get(name) or ("",))[0]
