"""`portal procedures check | preview`: what a city needs while it edits the files of its procedures."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console
from rich.tree import Tree

from portal.applications.guide import catalogue as guide
from portal.applications.guide import check as guide_check
from portal.applications.procedures import catalogue, check, facts
from portal.applications.procedures.parts import PartMissing
from portal.applications.procedures.schema import Procedure
from portal.applications.procedures.topics import TOPIC_WORDS, WINDOW_WORDS
from portal.web import i18n


def check_files(directory: Path | None, console: Console) -> int:
    """Tell every fault of the files in *directory* (the shipped ones); the exit status is 1 if there is one."""
    where = directory or catalogue.DIRECTORY
    languages = {code: _knows(code) for code in i18n.LANGUAGES}
    found = check.problems(where, languages)
    if not found:  # events lead to procedures: these must be in order first
        found = _events(where, languages)
    for problem in found:
        console.print(str(problem), markup=False, highlight=False, soft_wrap=True)
    if not found:
        count = len(catalogue.files_in(where)) + len(guide.files_in(where / guide.FOLDER))
        console.print(f"{count} files are in order.", highlight=False)
    return 1 if found else 0


def _events(where: Path, languages: Mapping[str, check.Knows]) -> list[check.Problem]:
    """Faults of the events of life that lead to the procedures in *where*."""
    offered: dict[str, Procedure] = {}
    for (name, version), procedure in catalogue.load(where).items():
        if name not in offered or offered[name].version < version:
            offered[name] = procedure
    return guide_check.problems(where / guide.FOLDER, offered, facts.read(where), languages)


def _knows(code: str) -> Callable[[str], bool]:
    """Whether a language has words for a sentence."""
    words = getattr(i18n.catalogue(code), "_catalog", {})
    return lambda sentence: bool(words.get(sentence))


def preview(file: Path, language: str, console: Console) -> int:
    """Print a procedure as an outline: pages, questions, conditions, what to bring. 1 if it cannot be read."""
    try:
        procedure = catalogue.read(file, catalogue.parts_in(file.parent))
    except (ValidationError, PartMissing, json.JSONDecodeError):
        console.print(f"{file.name} has faults: see `portal procedures check {file.parent}`.", markup=False)
        return 1
    console.print(_outline(procedure, i18n.catalogue(language).gettext))
    return 0


def _outline(procedure: Procedure, say: Callable[[str], str]) -> Tree:
    tree = Tree(f"{say(procedure.title)} ({procedure.name}, {procedure.version})")
    topic, window = TOPIC_WORDS[procedure.topic], WINDOW_WORDS[procedure.window]
    for line in (say(procedure.summary), say(procedure.who), say(procedure.legal.law), f"{say(topic)} · {say(window)}"):
        tree.add(line)
    if procedure.deadline:
        tree.add(say(procedure.deadline.text))
    for section in procedure.sections:
        page = tree.add(f"[bold]{say(section.title)}[/bold]{_when(section.when)}")
        for field in section.fields:
            choices = " / ".join(say(option.label) for option in field.options)
            kind = choices or str(field.type)
            page.add(f"{say(field.label)}{'' if field.required else ' ?'} [dim]{kind}[/dim]{_when(field.when)}")
    papers = tree.add("[bold]bring[/bold]")
    for part in procedure.bring:
        papers.add(f"{say(part.text)}{_when(part.when)}")
    return tree


def _when(rule: object) -> str:
    written = json.dumps(rule, ensure_ascii=False).replace("[", r"\[")
    return f" [cyan]when {written}[/cyan]" if rule else ""
