"""Styles: a rule that was not closed swallows all that follow it, and no browser says so."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[2]
FILES = [*(HERE / "portal/web/static/css").glob("*.css"), *(HERE / "kiosk").rglob("*.css")]


def nested(text: str) -> list[str]:
    """Rules that stand within another rule; nothing but @layer, @media and their like holds rules here."""
    found, around = [], [""]
    for before, sign in re.findall(r"([^{}]*)([{}])", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)):
        if sign == "}":
            around.pop()
            continue
        opened = before.rpartition(";")[2].strip()
        if around[-1] and not around[-1].startswith("@"):
            found.append(opened)
        around.append(opened)
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_rule_stands_within_another(file: Path) -> None:
    assert nested(file.read_text("utf-8")) == []
