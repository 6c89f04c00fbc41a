"""A form step with 100 conditions: reading what was typed, deciding them, and which pages are done.

The goal is 20 ms (issue 5; another form server needs 80 to 110 ms). No database: what a step costs beside saving it.
"""

from collections.abc import Iterator
from typing import Any

from portal.applications import drafts
from portal.applications.models import Application
from portal.applications.procedures import answers, catalogue
from portal.applications.procedures.schema import Procedure
from tests.benchmarks.measure import Row, Sizes, at_most, in_turns
from tests.benchmarks.pages import asks, bare_app

RULES = 100
TO_HELLO = 20.0


def rows(sizes: Sizes) -> Iterator[Row]:
    procedure = with_rules(RULES)
    typed = typed_for(procedure)
    calls = {"step": lambda: step(procedure, typed), "hello": asks(bare_app(list), "/hello")}
    cpu = in_turns(calls, rounds=sizes.rounds, repeat=sizes.calls)
    yield at_most(
        f"form step with {RULES} rules / Flask + Jinja hello",
        ours=cpu["step"] * 1e3,
        limit=cpu["hello"] * 1e3,
        unit="ms",
        target=TO_HELLO,
        note=f"CPU ms to read {RULES} fields, decide {RULES} conditions and find the pages done; 20 ms is the goal",
    )


def with_rules(count: int) -> Procedure:
    """A procedure whose second page has *count* questions, each with a condition of three parts on the first page."""
    first = [{"name": f"a{at}", "type": "yes-no", "label": f"Question {at}"} for at in range(10)]
    second = [
        {
            "name": f"b{at}",
            "type": "text",
            "label": f"Detail {at}",
            "when": {
                "or": [
                    {"==": [{"var": f"a{at % 10}"}, "yes"]},
                    {"and": [{"in": [{"var": f"a{(at + 1) % 10}"}, ["no"]]}, {"!": {"var": f"a{(at + 2) % 10}"}}]},
                ]
            },
        }
        for at in range(count)
    ]
    shipped = catalogue.newest()[0].model_dump(mode="json")
    sections = [
        {"name": "first", "title": "First", "fields": first},
        {"name": "second", "title": "Second", "fields": second},
    ]
    made: dict[str, Any] = {"bring": [], "fees": [], "deadline": None, "minutes": {"at_home": 1, "at_window": 1}}
    return Procedure.model_validate(shipped | made | {"sections": sections})


def typed_for(procedure: Procedure) -> dict[str, list[str]]:
    """Everything answered, so that every condition holds."""
    return {field.name: ["yes" if field.values else "一行"] for field in procedure.fields()}


def step(procedure: Procedure, typed: dict[str, list[str]]) -> int:
    """Both pages typed and kept, as saving them does; the number of answers."""
    case = Application(answers={}, typed={}, known={}, seen=[])
    for name in ("first", "second"):
        section = next(one for one in procedure.asked(case.answers) if one.name == name)
        drafts.keep(case, section.fields, answers.read_fields(section.fields, typed, {}))
    return len(procedure.told(case.answers))
