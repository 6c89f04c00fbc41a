"""Questions answered by choosing: one of several, yes or no, people of the household, a licence of the company."""

from portal.applications.procedures.fields.component import Component, KnownFacts, Typed, first
from portal.applications.procedures.schema import FormField
from portal.core.text import TextRefused


def _choice(asked: FormField, typed: Typed, known: KnownFacts) -> str:
    chosen = first(typed, asked.name)
    if chosen not in asked.values:
        raise TextRefused("choose")
    return chosen


def _members(asked: FormField, typed: Typed, known: KnownFacts) -> list[str]:
    there = [person["id"] for person in known.get(str(asked.prefill), ())]
    chosen = set(typed.get(asked.name, ()))
    return [one for one in there if one in chosen]


def _licence(asked: FormField, typed: Typed, known: KnownFacts) -> str:
    chosen = first(typed, asked.name)
    if chosen not in {one["id"] for one in known.get(str(asked.prefill)) or ()}:
        raise TextRefused("choose")
    return chosen


MEMBERS = Component(_members, lambda asked, answer: {asked.name: list(answer)}, chosen=True, nothing=[])
CHOICE = Component(_choice, chosen=True)
LICENCE = Component(_licence, chosen=True)
