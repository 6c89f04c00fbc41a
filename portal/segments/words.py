"""Conditions in words of a reader's language: to the clerk before sending, to the resident as "why did I get this"."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import reduce
from typing import Any, Protocol

from portal.core.words import N_
from portal.facts import service as facts
from portal.facts.service import FactKind
from portal.segments.conditions import EVERYBODY, Condition


class Say(Protocol):
    """The words of a msgid in a language, its places filled."""

    def __call__(self, message: str, **facts: Any) -> str: ...


AND, OR = N_("%(one)s and %(other)s"), N_("%(one)s or %(other)s")
Show = Callable[[date], str]
# Languages are called by their own names, in every language.
LANGUAGE_NAMES = {"ja": "日本語", "en": "English", "zh": "中文", "ko": "한국어", "es": "Español", "pt": "Português"}
RELATION_WORDS = {
    "世帯主": N_("Head of the household"),
    "妻": N_("Wife"),
    "夫": N_("Husband"),
    "子": N_("Child"),
    "父": N_("Father"),
    "母": N_("Mother"),
    "子の子": N_("Grandchild"),
}


def lines(condition: Condition, say: Say, show: Show) -> list[str]:
    """One line a condition; all of them apply."""
    if condition == EVERYBODY:
        return [say(N_("Everybody who lives in the city"))]
    return [of(one, say, show) for one in condition["all"]] if "all" in condition else [of(condition, say, show)]


def of(condition: Condition, say: Say, show: Show) -> str:
    """One condition in words, groups in brackets of the language's "and" and "or"."""
    ((name, value),) = condition.items()
    if name == "all":
        return _joined([of(one, say, show) for one in value], AND, say) or say(N_("Everybody who lives in the city"))
    if name == "any":
        return _joined([of(one, say, show) for one in value], OR, say)
    if name == "not":
        return say(N_("not: %(condition)s"), condition=of(value, say, show))
    return WORDS[name](value, say, show)


def _joined(parts: list[str], between: str, say: Say) -> str:
    """A group in brackets, its parts put together by a msgid with the places `one` and `other`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"({reduce(lambda one, other: say(between, one=one, other=other), parts)})"


def _or(words: Iterable[str], say: Say) -> str:
    return reduce(lambda one, other: say(OR, one=one, other=other), words)


def _range(bounds: Mapping[str, Any], say: Say) -> str:
    if "to" not in bounds:
        return say(N_("%(first)s or more"), first=bounds["from"])
    if "from" not in bounds:
        return say(N_("up to %(last)s"), last=bounds["to"])
    if bounds["from"] == bounds["to"]:
        return str(bounds["to"])
    return say(N_("%(first)s to %(last)s"), first=bounds["from"], last=bounds["to"])


def _days(bounds: Mapping[str, str], say: Say, show: Show) -> str:
    shown = {end: show(date.fromisoformat(day)) for end, day in bounds.items()}
    if "to" not in shown:
        return say(N_("from %(first)s"), first=shown["from"])
    if "from" not in shown:
        return say(N_("until %(last)s"), last=shown["to"])
    return say(N_("%(first)s to %(last)s"), first=shown["from"], last=shown["to"])


def _fact(said: Mapping[str, Any], say: Say, show: Show) -> str:
    kind = facts.types()[said["name"]]
    title = say(kind.title)
    bounds = {end: said[end] for end in ("from", "to") if end in said}
    if "values" in said:
        value = _or((say(kind.values[one]) for one in said["values"]), say)
    elif bounds:
        value = _days(bounds, say, show) if kind.kind is FactKind.DATE else _range(bounds, say)
    else:
        return title
    return _said(title, value, say)


def _said(title: str, value: str, say: Say) -> str:
    return say(N_("%(title)s: %(value)s"), title=title, value=value)


def _list_of(title: str, names: Callable[[Any, Say], str]) -> Callable[[Any, Say, Show], str]:
    return lambda values, say, show: _said(say(title), _or((names(one, say) for one in values), say), say)


def _plain(value: Any, _say: Say) -> str:
    return str(value)


WORDS: dict[str, Callable[[Any, Say, Show], str]] = {
    "age": lambda bounds, say, show: _said(say(N_("Age")), _range(bounds, say), say),
    "birth_month": _list_of(N_("Month of birth"), _plain),
    "ward": _list_of(N_("Ward"), _plain),
    "town": _list_of(N_("Town"), _plain),
    "relation": _list_of(
        N_("Relation to the head of the household"),
        lambda relation, say: say(RELATION_WORDS[relation]) if relation in RELATION_WORDS else relation,
    ),
    "child": lambda bounds, say, show: _said(say(N_("Guardian of a child of this age")), _range(bounds, say), say),
    "household_size": lambda bounds, say, show: _said(say(N_("People in the household")), _range(bounds, say), say),
    "language": _list_of(N_("Language"), lambda code, say: LANGUAGE_NAMES[code]),
    "moved_in": lambda bounds, say, show: _said(say(N_("Lives here since")), _days(bounds, say, show), say),
    "moved_in_within": lambda within, say, show: say(N_("Moved in within %(days)s days"), days=within),
    "fact": _fact,
    "consent": _list_of(N_("Consent"), lambda topic, say: say(facts.topics()[topic].title)),
    "list": lambda _list, say, show: say(N_("On a list of the section")),
}
