"""The code of a list: event, version and answers in a few signs people can read aloud. No name is in it, and nothing
of it is kept: another device makes the same list of it.

Mixed radix: a choice has one place more than options, a day counts from 2000 (0 not asked, 1 left open). The signs are
those of reference numbers, the last one checks the others: one wrong sign or two swapped ones are noticed.
"""

from datetime import date, timedelta
from typing import Any

from portal.applications.guide import catalogue
from portal.applications.guide.rules import CodeMistyped, CodeOutdated
from portal.applications.guide.schema import Event, Question
from portal.applications.procedures.schema import Kind
from portal.core.reference import ALPHABET
from portal.core.text import DASHES, TextRefused, fold_width, single_line

BASE, LONGEST = len(ALPHABET), 30
EVENTS = VERSIONS = 100
FIRST_DAY, DAYS = date(2000, 1, 1), 60_000
_LOOK_ALIKE = str.maketrans("OILSB", "01158")

Answers = dict[str, Any]


def write(event: Event, answers: Answers) -> str:
    """The code, in groups of four."""
    number = 0
    for question in reversed(event.questions):
        number = number * _places(question) + _digit(question, answers)
    number = (number * VERSIONS + event.version) * EVENTS + event.number
    signs = ""
    while number:
        number, rest = divmod(number, BASE)
        signs += ALPHABET[rest]
    signs += _check_sign(signs)
    return "-".join(signs[start : start + 4] for start in range(0, len(signs), 4))


def read(typed: str) -> tuple[Event, Answers]:
    """What a code says. CodeMistyped, or CodeOutdated where the questions are others now."""
    try:
        folded = fold_width(single_line(typed, longest=60)).upper()
    except TextRefused:
        raise CodeMistyped from None
    signs = "".join(sign for sign in folded if sign not in DASHES and sign != " ").translate(_LOOK_ALIKE)
    if not 3 <= len(signs) <= LONGEST:
        raise CodeMistyped
    if any(sign not in ALPHABET for sign in signs) or _check_sign(signs[:-1]) != signs[-1]:
        raise CodeMistyped
    number = 0
    for sign in reversed(signs[:-1]):
        number = number * BASE + ALPHABET.index(sign)
    number, at = divmod(number, EVENTS)
    number, version = divmod(number, VERSIONS)
    event = catalogue.by_number(at)
    if event is None or event.version != version:
        raise CodeOutdated
    return event, _answers(event, number)


def _answers(event: Event, number: int) -> Answers:
    found: Answers = {}
    for question in event.questions:
        number, digit = divmod(number, _places(question))
        if digit:
            found[question.name] = _answer(question, digit)
    return found


def _places(question: Question) -> int:
    return DAYS if question.type is Kind.DATE else len(question.field.values) + 1


def _digit(question: Question, answers: Answers) -> int:
    if question.name not in answers:
        return 0
    answer = answers[question.name]
    if question.type is not Kind.DATE:
        return question.field.values.index(answer) + 1
    return (date.fromisoformat(answer) - FIRST_DAY).days + 2 if answer else 1


def _answer(question: Question, digit: int) -> str | None:
    if question.type is not Kind.DATE:
        return question.field.values[digit - 1]
    return (FIRST_DAY + timedelta(days=digit - 2)).isoformat() if digit > 1 else None


def _check_sign(signs: str) -> str:
    return ALPHABET[(7 + sum(weight * ALPHABET.index(sign) for weight, sign in enumerate(signs, start=2))) % BASE]
