"""The words of the house: `python -m tests.house.catalogues update` collects them, `compile` makes them loadable.

Every sentence stands in the code in English; six catalogues under translations/ hold it in ja en zh ko es pt.
`update` keeps what is translated, adds what is new (empty) and drops what is gone; tests/house/test_words.py
fails while anything is empty.
"""

import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
DIRECTORY = ROOT / "translations"
LOCALES = ("ja", "en", "zh", "ko", "es", "pt")
PACKAGES = ("portal", "kiosk", "card_reader")
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
METHODS = [
    ("**/static/vendor/**", "ignore"),
    ("**.py", "python"),
    ("**/templates/**.html", "jinja2.ext:babel_extract"),
    ("applications/procedures/**.json", "tests.house.catalogues:extract_json"),
    ("guidance/**.json", "tests.house.catalogues:extract_json"),
    ("facts/catalogue.json", "tests.house.catalogues:extract_json"),
]
WORDED = "title label hint text why summary note section message who law lead after body cost how"
JSON_KEYS = frozenset(WORDED.split())
PLACE = re.compile(r"%\((\w+)\)[sd]")
STILL = datetime(2026, 1, 1, tzinfo=UTC)  # the same words give the same file


def extract_json(file: BinaryIO, _keywords: Any, _tags: Any, options: Any) -> Iterator[tuple[int, str, str, list[str]]]:
    """The sentences of a procedure's data file: every text under one of JSON_KEYS."""
    for text in _texts(json.loads(file.read())):
        yield 1, "gettext", text, []


def _texts(node: Any, key: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _texts(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value, key)
    elif isinstance(node, str) and key in JSON_KEYS and node:
        yield node


def template() -> Catalog:
    """Every sentence the code, the templates and the data files speak."""
    catalog = Catalog(project="omatome", creation_date=STILL, revision_date=STILL, charset="utf-8")
    for package in PACKAGES:
        found = extract_from_dir(str(ROOT / package), METHODS, {"**.html": {"silent": "false"}}, KEYWORDS)
        for path, _line, message, _comments, context in found:
            catalog.add(message, locations=[(f"{package}/{path}", 0)], context=context)
    return catalog


def load(locale: str) -> Catalog:
    path = DIRECTORY / locale / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return Catalog(locale=locale, project="omatome", creation_date=STILL, revision_date=STILL)
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def update() -> None:
    """Bring all catalogues in line with the code; English speaks for itself."""
    wanted = template()
    _write(wanted, DIRECTORY / "messages.pot")
    for locale in LOCALES:
        old, new = load(locale), _empty(locale)
        for message in wanted:
            if not message.id:
                continue
            known = old.get(message.id)
            string = known.string if known else ""
            if locale == "en":
                string = message.id
            new.add(message.id, string, locations=message.locations)
        _write(new, DIRECTORY / locale / "LC_MESSAGES" / "messages.po")


def _empty(locale: str) -> Catalog:
    return Catalog(locale=locale, project="omatome", creation_date=STILL, revision_date=STILL, fuzzy=False)


def _write(catalog: Catalog, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=110, sort_output=True, include_lineno=False, ignore_obsolete=True)


def compile_all() -> None:
    """Write each messages.mo whose messages.po is newer."""
    for locale in LOCALES:
        source = DIRECTORY / locale / "LC_MESSAGES" / "messages.po"
        target = source.with_suffix(".mo")
        if source.exists() and not (target.exists() and target.stat().st_mtime >= source.stat().st_mtime):
            memory = BytesIO()
            write_mo(memory, load(locale))
            scratch = target.with_suffix(".new")
            scratch.write_bytes(memory.getvalue())
            scratch.replace(target)


def faults(locale: str, wanted: Catalog) -> list[str]:
    """What is missing, left over, or fills other places than its original."""
    catalog, found = load(locale), []
    known = {message.id for message in catalog if message.id}
    for message in wanted:
        if not message.id:
            continue
        if message.id not in known:
            found.append(f"{locale}: missing {message.id!r}")
            continue
        strings = catalog.get(message.id).string
        strings = strings if isinstance(strings, tuple | list) else (strings,)
        originals = message.id if isinstance(message.id, tuple | list) else (message.id,)
        places = {place for original in originals for place in PLACE.findall(original)}
        for string in strings:
            if not string or string != string.strip():
                found.append(f"{locale}: empty or padded {message.id!r}")
            elif not set(PLACE.findall(string)) <= places | {"num"} or (
                len(strings) == 1 and set(PLACE.findall(string)) != places
            ):
                found.append(f"{locale}: other places in {message.id!r}")
    found += [f"{locale}: left over {gone!r}" for gone in known - {message.id for message in wanted if message.id}]
    return found


if __name__ == "__main__":
    {"update": update, "compile": compile_all}[sys.argv[1]]()
