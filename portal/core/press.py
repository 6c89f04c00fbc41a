"""The press: turns a sheet (plain facts) and a layout into a PDF with one kept typst compiler for every room.

One compiler a process, behind a lock: a new one each time costs 6 × (the certificate font has 61,179 glyphs).
The same sheet gives the same bytes: the only date in the file is the one the sheet carries. Layouts import what all
papers share from `/core/layouts/common.typ`; their root is this package.
"""

import json
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, cast

from portal.core.glyphs import coverage

ROOT = Path(__file__).parents[1]
NAME_FONT = "IPAmjMincho"
GOTHIC = "BIZ UDPGothic"
NEEDED_FONTS = (NAME_FONT, GOTHIC)
Standard = Literal["a-2u", "a-3u"]
STANDARD: Final[Standard] = "a-2u"
"""Long-term archive format with a readable text layer (ISO 19005-2, level U)."""

BLANKS: Final = 3
"""Blank pages set after each paper. Typst keeps what it set until ten other documents were set, some 3 MiB a household
that never comes again; so it forgets after three, for 2 ms. What all papers share is used by each and stays."""


class FontMissing(RuntimeError):
    """A font no paper can do without is not installed: the machine is set up wrongly."""


class NameNotDrawable(ValueError):
    """The certificate font has no glyph for a registered sign: the paper must be made at the window.

    `signs` holds the offending signs with their selectors; the message never does (it may reach a log).
    """

    def __init__(self, signs: list[str]) -> None:
        super().__init__(f"{len(signs)} signs without a glyph in {NAME_FONT}")
        self.signs = signs


class Press:
    """A kept compiler; safe to share between threads."""

    def __init__(self) -> None:
        import typst  # here: whoever only knows a room's rules, the worker above all, need not carry it

        fonts = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False)
        missing = sorted(set(NEEDED_FONTS) - set(fonts.families()))
        if missing:
            raise FontMissing(", ".join(missing))
        name_file = next(font.path for font in fonts.fonts() if font.family == NAME_FONT and font.path)
        self.name_coverage = coverage(Path(name_file))
        self._compiler = typst.Compiler(root=ROOT, font_paths=fonts)
        self._turn = threading.Lock()

    def undrawable(self, texts: Iterable[str]) -> list[str]:
        """Signs (with selectors) the certificate font has no glyph for."""
        return [sign for text in texts for sign in self.name_coverage.undrawable(text)]

    def draw(
        self,
        layout: Path,
        sheet: dict[str, Any],
        at: datetime,
        *,
        tags: bool = True,
        standard: Standard | None = STANDARD,
    ) -> bytes:
        """Compile one sheet. Tags double a ruled table's size: what only goes to a printer has none."""
        at = at.astimezone(UTC).replace(microsecond=0)
        created = [at.year, at.month, at.day, at.hour, at.minute, at.second]
        inputs = {"sheet": json.dumps(sheet | {"created": created}, ensure_ascii=False, sort_keys=True)}
        with self._turn:
            pdf = self._compiler.compile(
                input=layout,
                format="pdf",
                sys_inputs=inputs,
                timestamp=at,
                pdf_standards=standard,
                pdf_tags=tags,
            )
            for _ in range(BLANKS):
                self._compiler.compile(input=b"", format="svg")
        return cast(bytes, pdf)


@cache
def _press() -> Press:
    return Press()


_first = threading.Lock()


def press() -> Press:
    """The press of this process. Raises FontMissing if the machine lacks a font."""
    with _first:
        return _press()
