"""Catalogues for tests: compiled into a folder of their own from the project's, or from words/kiosk.json."""

from __future__ import annotations

import json
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
WORDS = ROOT / "words" / "kiosk.json"
LANGUAGES = ("ja", "en", "zh", "ko", "es", "pt")


def compile_catalogues(folder: Path) -> Path:
    """One messages.mo a language under `folder`."""
    for language in LANGUAGES:
        target = folder / language / "LC_MESSAGES"
        target.mkdir(parents=True)
        with (target / "messages.mo").open("wb") as file:
            write_mo(file, _catalog(language))
    return folder


def _catalog(language: str) -> Catalog:
    written = ROOT / "translations" / language / "LC_MESSAGES" / "messages.po"
    if not WORDS.exists():
        with written.open("rb") as file:
            return read_po(file, locale=language)
    catalog = Catalog(locale=language)
    for msgid, words in json.loads(WORDS.read_text("utf-8")).items():
        catalog.add(msgid, words.get(language, msgid))
    return catalog
