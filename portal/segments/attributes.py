"""What may be asked about a resident: each attribute, how its value is written, and whether it holds of somebody.

Pure: `sql.py` says the same to a database, `words.py` to a reader; tests hold the three together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from portal.core.addresses import WARDS, towns
from portal.core.words import N_
from portal.facts import service as facts
from portal.facts.service import FactKind
from portal.residents import service as residents

LANGUAGES = ("ja", "en", "zh", "ko", "es", "pt")
MOST_CHOICES = 50
OLDEST, LARGEST, LONGEST_WITHIN = 130, 30, 3_650


class Fault(NamedTuple):
    """What is wrong at one `place` of a condition (`all.0.age`): a msgid and what fills it."""

    place: str
    message: str
    facts: Mapping[str, Any] = {}


class Wrong(ValueError):
    """One value that cannot be taken; becomes a Fault with its place."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.message, self.facts = message, facts


@dataclass(frozen=True, slots=True)
class Someone:
    """What conditions ask of one resident. `household` is (relation, birth date) of everybody who lives there, the
    person included; `facts` are (name, value) of those that hold and may be read (consents!)."""

    birth_date: date
    ward: str
    town: str
    relation: str
    household: tuple[tuple[str, date], ...]
    language: str
    moved_in: date
    facts: tuple[tuple[str, str], ...] = ()
    consents: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    left_out: bool = False


@dataclass(frozen=True, slots=True)
class Attribute:
    """`title` is a msgid; `read` gives a value in its one written form or raises Wrong; `holds` decides."""

    title: str
    read: Callable[[Any], Any]
    holds: Callable[[Someone, Any, date], bool]


def whole_range(least: int, most: int) -> Callable[[Any], dict[str, int]]:
    """Reads {"from": n, "to": n}, both included, one of them enough."""

    def read(said: Any) -> dict[str, int]:
        if not isinstance(said, dict) or not said or set(said) - {"from", "to"}:
            raise Wrong(N_("Give at least one of the two numbers."))
        for number in said.values():
            if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
                raise Wrong(N_("This must be a whole number from %(least)s to %(most)s."), least=least, most=most)
        if said.get("from", least) > said.get("to", most):
            raise Wrong(N_("The first number is greater than the second."))
        return {end: said[end] for end in ("from", "to") if end in said}

    return read


def days(said: Any) -> dict[str, str]:
    """Reads {"from": ISO day, "to": ISO day}, both included, one of them enough."""
    if not isinstance(said, dict) or not said or set(said) - {"from", "to"}:
        raise Wrong(N_("Give at least one of the two days."))
    try:
        found = {end: date.fromisoformat(said[end]).isoformat() for end in ("from", "to") if end in said}
    except (TypeError, ValueError):
        raise Wrong(N_("This is not a date.")) from None
    if found.get("from", "") > found.get("to", "9999-12-31"):
        raise Wrong(N_("The first day is after the second."))
    return found


def some_of(allowed: Callable[[], Any]) -> Callable[[Any], list[Any]]:
    """Reads a list of what is allowed, without repeats, in the order of what is allowed."""

    def read(said: Any) -> list[Any]:
        if not isinstance(said, list) or not said:
            raise Wrong(N_("Choose at least one."))
        if len(said) > MOST_CHOICES:
            raise Wrong(N_("Choose at most %(most)s."), most=MOST_CHOICES)
        known = allowed()
        if any(isinstance(one, bool) or not isinstance(one, str | int) or one not in known for one in said):
            raise Wrong(N_("This is not among the choices."))
        return [one for one in known if one in said]

    return read


def _within(said: Any) -> int:
    if isinstance(said, bool) or not isinstance(said, int) or not 1 <= said <= LONGEST_WITHIN:
        raise Wrong(N_("This must be a whole number from %(least)s to %(most)s."), least=1, most=LONGEST_WITHIN)
    return said


def _list(said: Any) -> str:
    try:
        return str(UUID(said))
    except (TypeError, ValueError, AttributeError):
        raise Wrong(N_("There is no such list.")) from None


def _fact(said: Any) -> dict[str, Any]:
    """{"name": …} with "values" (choices), "from"/"to" (numbers, days), or nothing more (it holds at all)."""
    if not isinstance(said, dict) or said.get("name") not in facts.types():
        raise Wrong(N_("This is not among the choices."))
    kind = facts.types()[said["name"]]
    rest = {name: value for name, value in said.items() if name != "name"}
    if not rest:
        return {"name": kind.name}
    if kind.kind is FactKind.CHOICE and set(rest) == {"values"}:
        return {"name": kind.name, "values": some_of(lambda: tuple(kind.values))(rest["values"])}
    if kind.kind is FactKind.NUMBER:
        return {"name": kind.name, **whole_range(0, 999_999_999)(rest)}
    if kind.kind is FactKind.DATE:
        return {"name": kind.name, **days(rest)}
    raise Wrong(N_("This is not among the choices."))


@cache
def town_names() -> tuple[str, ...]:
    """Every town of the city after its ward, as conditions name it: 中央区中央."""
    return tuple(dict.fromkeys(f"{one.ward}{one.town}" for one in towns() if one.town))


def between(number: int, bounds: Mapping[str, int]) -> bool:
    return bounds.get("from", number) <= number <= bounds.get("to", number)


def age_on(day: date, born: date) -> int:
    """Full years; whoever is born on 29 February is a year older on 1 March of other years."""
    years = day.year - born.year
    return years if born <= residents.years_before(day, years) else years - 1


def _guards(someone: Someone, bounds: Mapping[str, int], day: date) -> bool:
    if age_on(day, someone.birth_date) < residents.ADULT:
        return False
    return any(
        someone.relation in residents.guardian_relations(relation) and between(age_on(day, born), bounds)
        for relation, born in someone.household
        if age_on(day, born) < residents.ADULT
    )


def _has_fact(someone: Someone, said: Mapping[str, Any], _day: date) -> bool:
    return any(_fits(value, said) for name, value in someone.facts if name == said["name"])


def _fits(value: str, said: Mapping[str, Any]) -> bool:
    if "values" in said:
        return value in said["values"]
    if facts.types()[said["name"]].kind is FactKind.NUMBER:
        return between(int(value), said)
    return bool(said.get("from", value) <= value <= said.get("to", value))


def _moved_in(someone: Someone, said: Mapping[str, str], _day: date) -> bool:
    moved = someone.moved_in.isoformat()
    return said.get("from", moved) <= moved <= said.get("to", moved)


ATTRIBUTES: dict[str, Attribute] = {
    "age": Attribute(
        N_("Age"), whole_range(0, OLDEST), lambda one, said, day: between(age_on(day, one.birth_date), said)
    ),
    "birth_month": Attribute(
        N_("Month of birth"), some_of(lambda: tuple(range(1, 13))), lambda one, said, _: one.birth_date.month in said
    ),
    "ward": Attribute(N_("Ward"), some_of(lambda: WARDS), lambda one, said, _: one.ward in said),
    "town": Attribute(N_("Town"), some_of(town_names), lambda one, said, _: f"{one.ward}{one.town}" in said),
    "relation": Attribute(
        N_("Relation to the head of the household"),
        some_of(lambda: residents.RELATIONS),
        lambda one, said, _: one.relation in said,
    ),
    "child": Attribute(N_("Guardian of a child of this age"), whole_range(0, residents.ADULT - 1), _guards),
    "household_size": Attribute(
        N_("People in the household"), whole_range(1, LARGEST), lambda one, said, _: between(len(one.household), said)
    ),
    "language": Attribute(N_("Language"), some_of(lambda: LANGUAGES), lambda one, said, _: one.language in said),
    "moved_in": Attribute(N_("Lives here since"), days, _moved_in),
    "moved_in_within": Attribute(
        N_("Moved in within so many days"),
        _within,
        lambda one, said, day: day - timedelta(days=said) <= one.moved_in <= day,
    ),
    "fact": Attribute(N_("What sections know"), _fact, _has_fact),
    "consent": Attribute(
        N_("Consent"),
        some_of(lambda: tuple(facts.topics())),
        lambda one, said, _: bool(one.consents.intersection(said)),
    ),
    "list": Attribute(N_("On a list of addressee numbers"), _list, lambda one, said, _: said in one.lists),
}
