"""Conditions of forms: JsonLogic (jsonlogic.com), checked when the file is read. json_logic.py says what each rule gives.

    {"==": [{"var": "reason"}, "birth"]}     {"and": [A, B]}     {"or": [A, B]}     {"!": A}     {"!!": {"var": "movers.3"}}
    {"in": [{"var": "reason"}, ["birth", "moved"]]}     {"<=": [1, {"var": "weeks", …}, 12]}     {"if": [A, x, B, y, z]}
    {"some": [{"var": "children"}, {"<": [{"age": {"var": "birth_date"}}, 3]}]}     also all none filter map reduce
    {"missing": ["phone", "email"]}     {"missing_some": [1, ["phone", "email"]]}     + - * / % min max cat substr merge

`var` names one answer, or with dots a place in it: "movers.3" is the fourth person chosen, "address.town" the town;
{"var": ["weeks", 0]} says what counts while nobody answered. Inside some, all, none, filter and map a name is a column of
the row. As in JsonLogic an answer nobody gave is null, and null is smaller than 1: ask `!!` first where that matters.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from portal.applications.procedures.coercion import truthy
from portal.applications.procedures.json_logic import apply

Rule = Any
Answers = Mapping[str, Any]

PAIRS = ("==", "!=", "===", "!==", "<", "<=", ">", ">=", "in")
SCOPED = frozenset({"some", "all", "none", "filter", "map", "reduce"})
MANY = 1000
DEEPEST = 60
# operator → how few and how many values it takes
COUNTS: Mapping[str, tuple[int, int]] = {
    "var": (1, 2),
    **dict.fromkeys(("and", "or"), (1, MANY)),
    **dict.fromkeys(PAIRS, (2, 2)),
    **dict.fromkeys(("<", "<="), (2, 3)),
    **dict.fromkeys(("if", "?:", "cat", "min", "max", "merge", "missing", "+", "*"), (1, MANY)),
    **dict.fromkeys(("!", "!!", "fiscal_year"), (1, 1)),
    **dict.fromkeys(("/", "%", "missing_some", "days_between", "add_days"), (2, 2)),
    **dict.fromkeys(SCOPED - {"reduce"}, (2, 2)),
    "-": (1, 2),
    "substr": (2, 3),
    "reduce": (3, 3),
    "age": (1, 2),
    "today": (0, 0),
}


class RuleBroken(ValueError):
    """A rule in a procedure's file is not written in the language above."""


def holds(rule: Rule, answers: Answers) -> bool:
    """Whether *rule* is true of *answers*; no rule (None) always is."""
    return rule is None or truthy(apply(rule, answers))


def check(rule: Rule, *, within: int = 0) -> None:
    """Raise RuleBroken, with what to write instead, unless *rule* can be evaluated for any answers. *within* so many
    others it stands: what is too deep for this check would be too deep for every page that asks it."""
    if within > DEEPEST:
        raise RuleBroken(f"a rule stands within {DEEPEST} others at most: make it simpler")
    if isinstance(rule, list):
        for part in rule:
            check(part, within=within + 1)
    if not isinstance(rule, dict):
        return
    if len(rule) != 1:
        raise RuleBroken(f'a rule has one sign, not {sorted(rule)}: join two rules with {{"and": [one, other]}}')
    ((operator, given),) = rule.items()
    if operator not in COUNTS:
        raise RuleBroken(f'"{operator}" is not known here: use one of {" ".join(COUNTS)}')
    if fault := _wrongly_used(operator, given):
        raise RuleBroken(fault)
    check(given, within=within + 1)


def _wrongly_used(operator: str, given: Any) -> str:
    """What an operator takes instead of *given*; "" if it is right."""
    values = given if isinstance(given, list) else [given]
    if operator == "var":
        sound = 1 <= len(values) <= 2 and isinstance(values[0], str)
        return "" if sound else '"var" takes the name of one field: {"var": "reason"} or {"var": ["reason", "other"]}'
    if operator in ("and", "or"):
        sound = isinstance(given, list) and bool(given)
        return "" if sound else f'"{operator}" takes a list of rules: {{"{operator}": [one, other]}}'
    if operator == "missing" and not all(isinstance(one, str) for one in values):
        return '"missing" takes names of fields: {"missing": ["phone", "email"]}'
    if operator == "missing_some" and not (len(values) == 2 and _is_names(values[1]) and isinstance(values[0], int)):
        return '"missing_some" takes how many are needed, and names: {"missing_some": [1, ["phone", "email"]]}'
    fewest, most = COUNTS[operator]
    if not fewest <= len(values) <= most:
        wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
        return f'"{operator}" takes {wanted} value(s), not {len(values)}'
    return ""


def _is_names(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(one, str) for one in given)


def names_in(rule: Rule) -> Iterator[str]:
    """The fields a rule asks about; columns of rows are not among them (see columns_in)."""
    if isinstance(rule, list):
        for part in rule:
            yield from names_in(part)
    if not isinstance(rule, dict) or len(rule) != 1:
        return
    ((operator, given),) = rule.items()
    values = given if isinstance(given, list) else [given]
    if operator == "var":
        yield values[0].split(".")[0]
        yield from names_in(values[1:])
    elif operator in ("missing", "missing_some"):
        names = values if operator == "missing" else values[1]
        yield from (name.split(".")[0] for name in names)
    elif operator in SCOPED:
        yield from names_in([values[0], *values[2:]])
    else:
        yield from names_in(values)


def columns_in(rule: Rule) -> Iterator[tuple[str, str]]:
    """(field with rows, name used inside) of every some, all, none, filter and map over one field's rows."""
    if isinstance(rule, list):
        for part in rule:
            yield from columns_in(part)
    if not isinstance(rule, dict) or len(rule) != 1:
        return
    ((operator, given),) = rule.items()
    values = given if isinstance(given, list) else [given]
    source = values[0] if values else None
    if operator in SCOPED - {"reduce"} and isinstance(source, dict) and isinstance(source.get("var"), str):
        yield from ((source["var"], name) for name in names_in(values[1]))
    elif operator not in ("var", "missing", "missing_some"):
        yield from columns_in(values)


def values_compared(rule: Rule) -> Iterator[tuple[str, str]]:
    """(field, text it is compared with) of every `==`, `!=` and `in`: a choice has only its own values."""
    if isinstance(rule, list):
        for part in rule:
            yield from values_compared(part)
    elif isinstance(rule, dict) and len(rule) == 1:
        ((operator, given),) = rule.items()
        if operator in ("==", "!=", "===", "!==", "in") and isinstance(given, list):
            names = [part["var"] for part in given if isinstance(part, dict) and isinstance(part.get("var"), str)]
            texts = [text for part in given for text in (part if isinstance(part, list) else [part])]
            yield from ((name, text) for name in names for text in texts if isinstance(text, str))
        elif operator in SCOPED:
            yield from values_compared(given[0])
        elif operator != "var":
            yield from values_compared(given)
