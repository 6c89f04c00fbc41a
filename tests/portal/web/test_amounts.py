"""Amounts in messages, wherever they come from, are written as the reader's language writes them; other figures are not."""

import re

import pytest

from portal import app
from portal.core.errors import all_refusals
from portal.web import i18n

# Facts of refusals that are no amounts: days, names, numbers of things.
WORDS = frozenset(
    {
        "columns", "day", "fields", "first", "last", "licence", "name", "number", "office", "open", "other", "section",
        "since", "stays", "time", "title", "who", "window",
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("language", "words"), [("ja", "30,500"), ("en", "30,500"), ("es", "30.500"), ("pt", "30.500"), ("ko", "30,500")]
)
def test_every_refusal_writes_its_amounts_in_the_readers_way(language: str, words: str) -> None:
    assert app.ROOMS
    seen = 0
    for kind in all_refusals():
        for message in (kind.message, kind.next_step):
            names = re.findall(r"%\((\w+)\)s", message)
            said = i18n.say(language, message, dict.fromkeys(names, 30_500)) if names else ""
            for name in names:
                assert (name in i18n.AMOUNTS) != (name in WORDS), (kind.code, name)
            wanted = sum(name in i18n.AMOUNTS for name in names)
            assert said.count(words) == wanted, (kind.code, said)
            seen += wanted
    assert seen > 20


def test_other_figures_stay_as_they_are() -> None:
    said = i18n.say("en", "Fiscal year %(year)s (%(era)s)", {"year": 2026, "era": "R8"})
    assert "2026" in said
    assert i18n.say("en", "Window %(number)s", {"number": 1234}) == "Window 1234"
