"""Conditions of forms: a small, closed part of JsonLogic, so that a browser can evaluate the same files.

    {"==": [{"var": "reason"}, "birth"]}     {"and": [A, B]}     {"!": A}     {"in": ["child", {"var": "who"}]}

An answer nobody gave is null: equal to nothing but null, smaller and larger than nothing.
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
        return answers.get(given)
    if operator == "and":
        return all(holds(part, answers) for part in given)
    if operator == "or":
        return any(holds(part, answers) for part in given)
    if operator == "!":
        return not holds(given, answers)
    if operator == "count":
        counted = _value(given, answers)
        return len(counted) if isinstance(counted, list) else 0
    one, other = given
    return PAIRS[operator](_value(one, answers), _value(other, answers))


def check(rule: Rule) -> None:
    """Raise RuleBroken unless *rule* can be evaluated for any answers."""
    if isinstance(rule, list):
        for part in rule:
            check(part)
    if not isinstance(rule, dict):
        return
    if len(rule) != 1:
        raise RuleBroken(f"a rule has one operator, not {sorted(rule)}")
    ((operator, given),) = rule.items()
    if operator == "var":
        if not isinstance(given, str):
            raise RuleBroken("var names one field")
    elif operator in ("and", "or"):
        if not isinstance(given, list) or not all(isinstance(part, dict) for part in given):
            raise RuleBroken(f"{operator} takes a list of rules")
        check(given)
    elif operator in ("!", "count"):
        check(given)
    elif operator in PAIRS:
        if not isinstance(given, list) or len(given) != 2:
            raise RuleBroken(f"{operator} takes two values")
        check(given)
    else:
        raise RuleBroken(f"unknown operator {operator}")


def names_in(rule: Rule) -> Iterator[str]:
    """The fields a rule asks about."""
    if isinstance(rule, list):
        for part in rule:
            yield from names_in(part)
    elif isinstance(rule, dict):
        for operator, given in rule.items():
            if operator == "var":
                yield given
            else:
                yield from names_in(given)
