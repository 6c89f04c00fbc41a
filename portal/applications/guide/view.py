"""Lists and questions as the reader sees them: deadlines as dates, papers without doubles, what is known in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.applications import rules as application_rules
from portal.applications import shown, view, written
from portal.applications.guide import catalogue
from portal.applications.guide.flow import Flow
from portal.applications.guide.rules import KNOWN_WORDS, PHASE_WORDS
from portal.applications.guide.schema import Due, Event, Phase, Question, Step
from portal.applications.guide.service import ENDED_IN_VAIN, Line
from portal.applications.models import Application
from portal.applications.procedures import catalogue as procedures
from portal.applications.procedures import rules, search
from portal.applications.procedures.offer import Fee
from portal.applications.procedures.schema import Procedure
from portal.applications.procedures.topics import WINDOW_WORDS
from portal.applications.rules import State
from portal.core import clock
from portal.web.i18n import gettext, ngettext, show_date


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of a list ready to be drawn; `due` and `late` speak of the last day, `state` of the application."""

    step: Step
    procedure: Procedure | None
    title: str
    text: str
    due: str
    late: bool
    where: str
    law: str
    cost: str
    fees: tuple[Fee, ...]
    bring: list[str]
    minutes: int
    done: bool
    ticked: bool
    state: str
    tone: str
    case: Application | None

    @property
    def can_start(self) -> bool:
        """Nothing was sent for it yet: it can be prepared here."""
        return self.procedure is not None and not self.done


def shown_lines(lines: Sequence[Line], answers: Mapping[str, Any]) -> list[tuple[str, str, list[Shown]]]:
    """(phase, its heading, its lines), without empty phases."""
    found = [_shown(line, answers) for line in lines if not line.step.procedure or procedures.find(line.step.procedure)]
    groups = ((phase, [one for one in found if one.step.phase is phase]) for phase in Phase)
    return [(str(phase), gettext(PHASE_WORDS[phase]), own) for phase, own in groups if own]


def _shown(line: Line, answers: Mapping[str, Any]) -> Shown:
    step = line.step
    procedure = procedures.find(step.procedure) if step.procedure else None
    last = _last_day(step.due, answers)
    state = State(line.case.state) if line.case else None
    return Shown(
        step=step,
        procedure=procedure,
        title=gettext(procedure.title if procedure else step.title),
        text=gettext(step.why or (procedure.summary if procedure else step.text)),
        due=due_words(step.due, last) or (gettext(procedure.deadline.text) if procedure and procedure.deadline else ""),
        late=bool(step.due and last and last < clock.today() and not is_advice(step.due) and not line.done),
        where=_where(step, procedure),
        law=gettext(procedure.legal.law if procedure else step.law) if procedure or step.law else "",
        cost=gettext(step.cost) if step.cost else "",
        fees=procedure.fees if procedure else (),
        bring=[gettext(text) for text in papers(step, procedure, answers)],
        minutes=step.saves,
        done=line.done,
        ticked=line.ticked,
        state=gettext(application_rules.STATE_WORDS[state]) if state else "",
        tone=application_rules.STATE_TONES[state] if state else "neutral",
        case=line.case if state not in ENDED_IN_VAIN else None,
    )


def _where(step: Step, procedure: Procedure | None) -> str:
    if procedure is None:
        return gettext(step.body)
    if not procedure.visit:
        return gettext("Here, you need not come")
    window = WINDOW_WORDS[procedure.window]
    words = gettext(window)
    return gettext("Prepare it here, then %(window)s at any ward office", window=words)


def papers(step: Step, procedure: Procedure | None, answers: Mapping[str, Any]) -> list[str]:
    """Msgids of what one step needs."""
    if procedure:
        return procedure.to_bring({name: one for name, one in step.answers.items() if isinstance(one, str)})
    return [part.text for part in step.bring if rules.holds(part.when, answers)]


def all_papers(phases: Iterable[tuple[str, str, list[Shown]]]) -> list[tuple[str, list[str]]]:
    """(paper, for what): each paper once, whoever asks for it."""
    found: dict[str, list[str]] = {}
    for _phase, _heading, own in phases:
        for line in own:
            for text in () if line.done else line.bring:
                found.setdefault(text, []).append(line.title)
    return list(found.items())


def _last_day(due: Due | None, answers: Mapping[str, Any]) -> date | None:
    day = answers.get(due.counts_from) if due else None
    return due.on(date.fromisoformat(day)) if due and day else None


def is_advice(due: Due) -> bool:
    """A day before the event is advice; the law counts from the event on."""
    return due.days is not None and due.days < 0


def due_words(due: Due | None, last: date | None) -> str:
    """The last day as a date, or so long as nobody knows it, in words; advice that came too late is no deadline."""
    if due is None:
        return ""
    if last and is_advice(due) and last < clock.today():
        return gettext("As soon as you can")
    if last:
        return gettext("By %(date)s", date=show_date(last))
    if due.months:
        return ngettext("Within %(num)s month", "Within %(num)s months", due.months)
    days = due.days or 0
    if days <= 0:
        return ngettext("%(num)s day before at the latest", "%(num)s days before at the latest", -days)
    return ngettext("Within %(num)s day", "Within %(num)s days", days)


def answer_words(question: Question, answer: str | None) -> str:
    """An answer to a question of the flow."""
    return written.words_of(question.field, answer, {}) or gettext("Not known yet")


def told_rows(flow: Flow) -> list[tuple[Question, str, bool]]:
    """(question, answer in words, whether the register gave it) of everything answered so far."""
    rows = []
    for question in flow.event.asked(flow.answers):
        if question.name in flow.answers:
            ours = question.name in flow.known and question.name not in flow.told
            words = answer_words(question, flow.answers[question.name])
            rows.append((question, _known_words(question, flow.known[question.name]) if ours else words, ours))
    return rows


def _known_words(question: Question, answer: str) -> str:
    if question.known is None:
        return answer_words(question, answer)
    yes, no = KNOWN_WORDS[question.known]
    words = yes if answer == "yes" else no
    return gettext(words)


def question_shown(flow: Flow, question: Question) -> shown.Shown:
    """The question as a field; on the way back with what was answered."""
    answer = flow.told.get(question.name, flow.known.get(question.name))
    case = Application(answers={question.name: answer}, known={}, typed={})
    own = {name: list(texts) for name, texts in flow.typed.items()}
    return shown.show_fields((question.field,), case, own, flow.faults)[0]


def found_by(typed: str) -> list[Event]:
    """The events some word of which is meant, those named so first; all for a query without words."""
    found = [one for one in catalogue.events() if search.matches(typed, _words(one))]
    return sorted(found, key=lambda one: not search.matches(typed, view.spoken(one.title)))


def _words(event: Event) -> tuple[str, ...]:
    return tuple(words for text in (event.title, event.summary, *event.search) for words in view.spoken(text))
