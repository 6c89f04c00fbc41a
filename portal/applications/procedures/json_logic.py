"""JsonLogic (jsonlogic.com) as json-logic-js 2.0 evaluates it, and five rules about days of our own.

`static/js/jsonlogic.js` is the same in the browser; tests/contract/json_logic/cases.json holds both to one table of cases.
Of our own, for days as texts ("2026-11-22"); what is no day gives null:

    {"today": []}                             the day in Japan
    {"days_between": [from, to]}              whole days, negative if *to* is earlier
    {"add_days": [day, count]}                a day
    {"age": [born, on]}                       full years on a day; without "on" today
    {"fiscal_year": day}                      the year whose April it follows (年度)

Left out: "log" (rules have no side) and "method". A name in a rule never reaches beyond the data.
"""

import math
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import reduce
from typing import Any

from portal.applications.procedures.coercion import (
    UNDEFINED,
    as_number,
    as_text,
    compared,
    joined,
    loosely_equal,
    parsed_number,
    part_of,
    strictly_equal,
    tidy,
    truthy,
    units,
)
from portal.core import clock

Rule = Any
Step = Callable[[list[Any], Any], Any]


def apply(rule: Rule, data: Any) -> Any:
    """The value of *rule* for *data*; KeyError for an operator nobody knows (rules.check finds those before)."""
    if isinstance(rule, list):
        return [apply(part, data) for part in rule]
    if not isinstance(rule, dict) or len(rule) != 1:
        return rule
    ((operator, given),) = rule.items()
    if operator == "var" and type(data) is dict and isinstance(given, str) and given and "." not in given:
        return data.get(given)  # most of what rules ask: an answer by its name
    parts = given if isinstance(given, list) else [given]
    if operator in LAZY:
        return LAZY[operator](parts, data)
    values = [apply(part, data) for part in parts]
    if operator in ABOUT_DATA:
        return ABOUT_DATA[operator](values, data)
    return OPERATIONS[operator](*values)


def _if(parts: list[Any], data: Any) -> Any:
    for at in range(0, len(parts) - 1, 2):
        if truthy(apply(parts[at], data)):
            return apply(parts[at + 1], data)
    return apply(parts[-1], data) if len(parts) % 2 else None


def _and(parts: list[Any], data: Any) -> Any:
    found = None
    for part in parts:
        found = apply(part, data)
        if not truthy(found):
            break
    return found


def _or(parts: list[Any], data: Any) -> Any:
    found = None
    for part in parts:
        found = apply(part, data)
        if truthy(found):
            break
    return found


def _rows(parts: list[Any], data: Any) -> list[Any]:
    found = apply(parts[0], data)
    return found if isinstance(found, list) else []


def _filter(parts: list[Any], data: Any) -> Any:
    return [one for one in _rows(parts, data) if truthy(apply(parts[1], one))]


def _map(parts: list[Any], data: Any) -> Any:
    return [apply(parts[1], one) for one in _rows(parts, data)]


def _reduce(parts: list[Any], data: Any) -> Any:
    first = apply(parts[2], data) if len(parts) > 2 else None
    step = parts[1]
    return reduce(lambda so_far, one: apply(step, {"current": one, "accumulator": so_far}), _rows(parts, data), first)


def _some(parts: list[Any], data: Any) -> bool:
    return any(truthy(apply(parts[1], one)) for one in _rows(parts, data))


def _all(parts: list[Any], data: Any) -> bool:
    """All of none is false, as in the reference."""
    rows = _rows(parts, data)
    return bool(rows) and all(truthy(apply(parts[1], one)) for one in rows)


def _none(parts: list[Any], data: Any) -> bool:
    return not _some(parts, data)


def _var(values: list[Any], data: Any) -> Any:
    name = values[0] if values else None
    otherwise = values[1] if len(values) > 1 else None
    if name is None or name == "":
        return data
    found = data
    for step in as_text(name).split("."):
        found = _place(found, step)
        if found is UNDEFINED:
            return otherwise
    return found


def _place(data: Any, step: str) -> Any:
    if isinstance(data, Mapping):
        return data.get(step, UNDEFINED)
    if not isinstance(data, list | str):
        return UNDEFINED
    size = len(data) if isinstance(data, list) else len(units(data)) // 2
    if step == "length":
        return size
    if not (step.isascii() and step.isdigit()) or step != str(int(step[:9])) or int(step) >= size:
        return UNDEFINED
    return data[int(step)] if isinstance(data, list) else part_of(data, int(step), 1)


def _missing(values: list[Any], data: Any) -> list[Any]:
    names = values[0] if values and isinstance(values[0], list) else values
    return [name for name in names if _var([name], data) in (None, "")]


def _missing_some(values: list[Any], data: Any) -> list[Any]:
    wanted, names = values
    absent = _missing(names, data)
    return [] if compared(len(names) - len(absent), wanted) in (0, 1) else absent


LAZY: Mapping[str, Step] = {
    "if": _if,
    "?:": _if,
    "and": _and,
    "or": _or,
    "filter": _filter,
    "map": _map,
    "reduce": _reduce,
    "some": _some,
    "all": _all,
    "none": _none,
}
ABOUT_DATA: Mapping[str, Step] = {"var": _var, "missing": _missing, "missing_some": _missing_some}


def _less(one: Any, two: Any, three: Any = UNDEFINED) -> bool:
    return compared(one, two) == -1 and (three is UNDEFINED or compared(two, three) == -1)


def _at_most(one: Any, two: Any, three: Any = UNDEFINED) -> bool:
    return compared(one, two) in (-1, 0) and (three is UNDEFINED or compared(two, three) in (-1, 0))


def _is_in(one: Any, many: Any) -> bool:
    if isinstance(many, str):
        return many != "" and as_text(one) in many
    return isinstance(many, list) and any(strictly_equal(one, other) for other in many)


def _substr(text: Any, start: Any, end: Any = UNDEFINED) -> str:
    if compared(end, 0) == -1:
        kept = part_of(as_text(text), start)
        return part_of(kept, 0, len(units(kept)) // 2 + as_number(end))
    return part_of(as_text(text), start, end)


def _sum(*values: Any) -> float | int:
    return tidy(sum((parsed_number(one) for one in values), 0.0))


def _product(*values: Any) -> Any:
    return reduce(lambda one, other: tidy(parsed_number(one) * parsed_number(other)), values)


def _minus(one: Any, other: Any = UNDEFINED) -> float | int:
    return tidy(-as_number(one) if other is UNDEFINED else as_number(one) - as_number(other))


def _divided(one: Any, other: Any) -> float | int:
    a, b = as_number(one), as_number(other)
    if b != 0:
        return tidy(a / b)
    return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)


def _rest(one: Any, other: Any) -> float | int:
    a, b = as_number(one), as_number(other)
    return math.nan if b == 0 or math.isinf(a) else tidy(math.fmod(a, b))


def _extreme(choose: Callable[[list[float]], float], nothing: float) -> Callable[..., float | int]:
    def found(*values: Any) -> float | int:
        numbers = [as_number(one) for one in values]
        return math.nan if any(math.isnan(one) for one in numbers) else tidy(choose([*numbers, nothing]))

    return found


def _merge(*values: Any) -> list[Any]:
    return [one for value in values for one in (value if isinstance(value, list) else [value])]


def _day(value: Any) -> date | None:
    if not isinstance(value, str) or len(value) != 10:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _days_between(one: Any, other: Any) -> int | None:
    first, last = _day(one), _day(other)
    return (last - first).days if first and last else None


def _add_days(value: Any, count: Any) -> str | None:
    day, number = _day(value), as_number(count)
    if day is None or not number.is_integer() or abs(number) > 100_000:
        return None
    try:
        return (day + timedelta(days=int(number))).isoformat()
    except OverflowError:
        return None


def _age(born: Any, on: Any = UNDEFINED) -> int | None:
    first, last = _day(born), clock.today() if on is UNDEFINED else _day(on)
    if first is None or last is None:
        return None
    return last.year - first.year - ((last.month, last.day) < (first.month, first.day))


def _fiscal_year(value: Any) -> int | None:
    day = _day(value)
    return day.year - (day.month < 4) if day else None


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "==": loosely_equal,
    "===": strictly_equal,
    "!=": lambda one, other: not loosely_equal(one, other),
    "!==": lambda one, other: not strictly_equal(one, other),
    "<": _less,
    "<=": _at_most,
    ">": lambda one, other: compared(one, other) == 1,
    ">=": lambda one, other: compared(one, other) in (0, 1),
    "!": lambda one: not truthy(one),
    "!!": truthy,
    "in": _is_in,
    "cat": lambda *values: joined(list(values), ""),
    "substr": _substr,
    "+": _sum,
    "*": _product,
    "-": _minus,
    "/": _divided,
    "%": _rest,
    "min": _extreme(min, math.inf),
    "max": _extreme(max, -math.inf),
    "merge": _merge,
    "today": lambda: clock.today().isoformat(),
    "days_between": _days_between,
    "add_days": _add_days,
    "age": _age,
    "fiscal_year": _fiscal_year,
}
