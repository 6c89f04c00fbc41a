"""`portal procedures check`: every file read as the portal reads it, and every fault told with what to do about it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from portal.applications.procedures import catalogue, facts
from portal.applications.procedures.parts import PartMissing, Parts, resolved
from portal.applications.procedures.reach import unreachable
from portal.applications.procedures.schema import Procedure

MSGID_KEYS = frozenset(
    {"title", "summary", "who", "law", "lead", "label", "hint", "text", "after", "why", "body", "cost"}
)
Knows = Callable[[str], bool]
WORDS: Mapping[str, str] = {
    "missing": 'this is missing: write "{key}"',
    "extra_forbidden": '"{key}" is not known here: correct its spelling, or take it out',
    "string_too_short": "this is empty: write the words",
    "string_pattern_mismatch": 'names have small letters, digits and joints, and begin with a letter: not "{given}"',
    "enum": '"{given}" is not possible: use one of {expected}',
    "too_short": "this is empty: write at least one",
    "literal_error": '"{given}" is not possible: use {expected}',
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: the file, the place in it (sections[2].fields[0].label), and what to do."""

    file: str
    place: str
    words: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place + ': ' if self.place else ''}{self.words}"


def problems(directory: Path, languages: Mapping[str, Knows]) -> list[Problem]:
    """What is wrong in *directory*. `languages` says for each language which sentences it has words for."""
    try:
        parts = catalogue.parts_in(directory)
    except json.JSONDecodeError as fault:
        return [not_json(catalogue.PARTS, fault)]
    common, found = read_facts(directory)
    versions: dict[tuple[str, int], str] = {}
    files = catalogue.files_in(directory)
    for file in files:
        procedure, faults = _read(file, parts)
        found += faults
        if procedure is None:
            continue
        first = versions.setdefault((procedure.name, procedure.version), file.name)
        if first != file.name:
            words = f'version {procedure.version} of "{procedure.name}" is in {first} too: raise "version" here'
            found.append(Problem(file.name, "version", words))
        found += [Problem(file.name, place, words) for place, words in unreachable(procedure)]
        found += [Problem(file.name, place, words) for place, words in facts.faults(procedure, common)]
        found += untranslated(file.name, procedure, languages)
    return found or ([] if files else [Problem(str(directory), "", "there is no procedure in this directory")])


def _read(file: Path, parts: Parts) -> tuple[Procedure | None, list[Problem]]:
    try:
        return Procedure.model_validate(resolved(json.loads(file.read_text(encoding="utf-8")), parts)), []
    except json.JSONDecodeError as fault:
        return None, [not_json(file.name, fault)]
    except RecursionError:
        return None, [Problem(file.name, "", "this is nested too deeply: make the conditions simpler")]
    except UnicodeDecodeError:
        return None, [Problem(file.name, "", "this is not UTF-8: save the file as UTF-8")]
    except PartMissing as fault:
        return None, [Problem(file.name, "", str(fault))]
    except ValidationError as fault:
        return None, [in_words(file.name, error) for error in fault.errors(include_url=False)]


def read_facts(directory: Path) -> tuple[facts.Facts, list[Problem]]:
    """The facts of *directory*, and what is wrong with their file."""
    try:
        return facts.read(directory), []
    except json.JSONDecodeError as fault:
        return facts.Facts(), [not_json(catalogue.FACTS, fault)]
    except ValidationError as fault:
        return facts.Facts(), [in_words(catalogue.FACTS, error) for error in fault.errors(include_url=False)]


def not_json(file: str, fault: json.JSONDecodeError) -> Problem:
    """A file that cannot be read at all."""
    words = f"this is not JSON ({fault.msg}): look for a comma or a quotation mark just before it"
    return Problem(file, f"line {fault.lineno}, sign {fault.colno}", words)


def in_words(file: str, error: Any) -> Problem:
    """What pydantic found, in words for people who write files."""
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error["loc"]).lstrip(".")
    facts = {
        "key": error["loc"][-1] if error["loc"] else "",
        "given": error.get("input"),
        "expected": error.get("ctx", {}).get("expected", ""),
    }
    words = WORDS.get(error["type"], "").format(**facts) or error["msg"].removeprefix("Value error, ")
    return Problem(file, place, words)


def sentences(procedure: BaseModel) -> Iterator[str]:
    """Every sentence of a procedure (or of an event of life) that people read."""
    yield from _sentences(procedure.model_dump(mode="json"))


def _sentences(node: Any, key: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _sentences(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from _sentences(value, key)
    elif isinstance(node, str) and key in MSGID_KEYS and node:
        yield node


def untranslated(file: str, procedure: BaseModel, languages: Mapping[str, Knows]) -> list[Problem]:
    """Sentences that some language has no words for."""
    found = []
    for sentence in dict.fromkeys(sentences(procedure)):
        missing = [code for code, knows in languages.items() if not knows(sentence)]
        if missing:
            words = f'no words in {" ".join(missing)} for "{sentence}": add them to translations/…/messages.po'
            found.append(Problem(file, "", words))
    return found
