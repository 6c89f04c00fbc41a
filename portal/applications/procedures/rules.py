"""Conditions of forms: a small, closed part of JsonLogic (jsonlogic.com), decided by the server alone.

    {"==": [{"var": "reason"}, "birth"]}     {"and": [A, B]}     {"or": [A, B]}     {"!": A}     {"!!": {"var": "movers.3"}}
    {"in": [{"var": "reason"}, ["birth", "moved"]]}     {"<": [{"var": "weeks"}, 12]}     also != <= > >=

`var` names one answer, or with dots a place in it: "movers.3" is the fourth person chosen, "address.town" the
town. For answers of one kind (texts with texts, numbers with numbers) every rule gives what json-logic-js gives.
Three things are narrower: both sides of a comparison are of one kind (nothing is turned into a number), an answer
nobody gave is equal to nothing but null and neither smaller nor larger than anything, and a rule is made of the signs
above and nothing else. No browser script evaluates them: pages ask only about earlier pages, so none is needed.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Rule = Any
Answers = Mapping[str, Any]


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Order only what has an order together; JsonLogic's own coercions surprise people who write rules."""

    def check(one: Any, other: Any) -> bool:
        alike = isinstance(one, str) and isinstance(other, str)
        numbers = isinstance(one, int | float) and isinstance(other, int | float)
        return (alike or numbers) and compare(one, other)

    return check


def _is_in(one: Any, many: Any) -> bool:
    return isinstance(many, list | str) and isinstance(one, str) and one in many


PAIRS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": lambda one, other: bool(one == other),
    "!=": lambda one, other: bool(one != other),
    "<": _compared(lambda one, other: one < other),
    "<=": _compared(lambda one, other: one <= other),
    ">": _compared(lambda one, other: one > other),
    ">=": _compared(lambda one, other: one >= other),
    "in": _is_in,
}
OPERATORS = ("var", "and", "or", "!", "!!", *PAIRS)


class RuleBroken(ValueError):
    """A rule in a procedure's file is not written in the language above."""


def holds(rule: Rule, answers: Answers) -> bool:
    """Whether *rule* is true of *answers*; no rule (None) always is."""
    return rule is None or bool(_value(rule, answers))


def _value(rule: Rule, answers: Answers) -> Any:
    if isinstance(rule, list):
        return [_value(part, answers) for part in rule]
    if not isinstance(rule, dict):
        return rule
    ((operator, given),) = rule.items()
    if operator == "var":
        return _answer(given, answers)
    if operator == "and":
        return all(holds(part, answers) for part in given)
    if operator == "or":
        return any(holds(part, answers) for part in given)
    if operator in ("!", "!!"):
        return holds(given, answers) is (operator == "!!")
    one, other = given
    return PAIRS[operator](_value(one, answers), _value(other, answers))


def _answer(name: str, answers: Answers) -> Any:
    found: Any = answers
    for step in name.split("."):
        if isinstance(found, list):
            found = found[int(step)] if step.isdecimal() and int(step) < len(found) else None
        else:
            found = found.get(step) if isinstance(found, Mapping) else None
    return found


def check(rule: Rule) -> None:
    """Raise RuleBroken, with what to write instead, unless *rule* can be evaluated for any answers."""
    if isinstance(rule, list):
        for part in rule:
            check(part)
    if not isinstance(rule, dict):
        return
    if len(rule) != 1:
        raise RuleBroken(f'a rule has one sign, not {sorted(rule)}: join two rules with {{"and": [one, other]}}')
    ((operator, given),) = rule.items()
    if operator not in OPERATORS:
        raise RuleBroken(f'"{operator}" is not known here: use one of {" ".join(OPERATORS)}')
    if fault := _wrongly_used(operator, given):
        raise RuleBroken(fault)
    if operator != "var":
        check(given)


def _wrongly_used(operator: str, given: Any) -> str:
    """What an operator takes instead of *given*; "" if it is right."""
    if operator == "var":
        sound = isinstance(given, str) and bool(given)
        return "" if sound else '"var" takes the name of one field: {"var": "reason"}'
    if operator in ("!", "!!"):
        return "" if isinstance(given, dict) else f'"{operator}" takes one rule: {{"{operator}": {{"var": "reason"}}}}'
    if operator in ("and", "or"):
        sound = isinstance(given, list) and bool(given) and all(isinstance(part, dict) for part in given)
        return "" if sound else f'"{operator}" takes a list of rules: {{"{operator}": [one, other]}}'
    sound = isinstance(given, list) and len(given) == 2
    return "" if sound else f'"{operator}" takes two values: {{"{operator}": [{{"var": "reason"}}, "birth"]}}'


def names_in(rule: Rule) -> Iterator[str]:
    """The fields a rule asks about."""
    if isinstance(rule, list):
        for part in rule:
            yield from names_in(part)
    elif isinstance(rule, dict):
        for operator, given in rule.items():
            if operator == "var":
                yield given.split(".")[0]
            else:
                yield from names_in(given)


def values_compared(rule: Rule) -> Iterator[tuple[str, str]]:
    """(field, text it is compared with) of every `==`, `!=` and `in`: a choice has only its own values."""
    if isinstance(rule, list):
        for part in rule:
            yield from values_compared(part)
    elif isinstance(rule, dict):
        ((operator, given),) = rule.items()
        if operator in ("==", "!=", "in") and isinstance(given, list):
            names = [part["var"] for part in given if isinstance(part, dict) and "var" in part]
            texts = [text for part in given for text in (part if isinstance(part, list) else [part])]
            yield from ((name, text) for name in names for text in texts if isinstance(text, str))
        elif operator != "var":
            yield from values_compared(given)
