"""The press: turns a sheet into a PDF with one kept typst compiler.

One compiler a process, behind a lock: a new one each time costs 6 × (the certificate font has 61,179 glyphs).
The same sheet gives the same bytes: the only date in the file is the one the sheet carries.
"""

import io
import json
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final, Literal, cast

from portal.certificates.glyphs import coverage
from portal.certificates.sheets import Marks, Receipt, ResidentRecord

LAYOUTS = Path(__file__).parent / "layouts"
NAME_FONT = "IPAmjMincho"
GOTHIC = "BIZ UDPGothic"
NEEDED_FONTS = (NAME_FONT, GOTHIC)
FACES = {"zh": ["Noto Sans CJK SC"], "ko": ["Noto Sans CJK KR"]}
"""Chinese and Korean signs come from their own face: shared code points look Japanese in a Japanese font."""
STANDARD: Final[Literal["a-2u"]] = "a-2u"
"""Long-term archive format with a readable text layer (ISO 19005-2, level U)."""


class FontMissing(RuntimeError):
    """A font this room cannot do without is not installed: the machine is set up wrongly."""


class NameNotDrawable(ValueError):
    """The certificate font has no glyph for a registered sign: the copy must be made at the window.

    `signs` holds the offending signs with their selectors; the message never does (it may reach a log).
    """

    def __init__(self, signs: list[str]) -> None:
        super().__init__(f"{len(signs)} signs without a glyph in {NAME_FONT}")
        self.signs = signs


class Press:
    """A kept compiler for the layouts of this room; safe to share between threads."""

    def __init__(self) -> None:
        import typst  # here: whoever only knows this room's rules, the worker above all, need not carry it

        fonts = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False)
        missing = sorted(set(NEEDED_FONTS) - set(fonts.families()))
        if missing:
            raise FontMissing(", ".join(missing))
        name_file = next(font.path for font in fonts.fonts() if font.family == NAME_FONT and font.path)
        self.name_coverage = coverage(Path(name_file))
        self._compiler = typst.Compiler(root=LAYOUTS, font_paths=fonts)
        self._turn = threading.Lock()

    def undrawable(self, texts: Iterable[str]) -> list[str]:
        """Signs (with selectors) the certificate font has no glyph for."""
        return [sign for text in texts for sign in self.name_coverage.undrawable(text)]

    def resident_record(self, record: ResidentRecord, marks: Marks) -> bytes:
        """PDF (A4) of a 住民票の写し. Raises NameNotDrawable rather than print a wrong sign."""
        if unknown := self.undrawable(record.names()):
            raise NameNotDrawable(unknown)
        sheet = record.facts() | marks.facts()
        sheet |= {"title": record.title(), "author": record.issuer.title, "qr": qr_svg(marks.verification_url)}
        return self._print("resident_record", sheet, marks.issued_at, tags=False)

    def receipt(self, receipt: Receipt) -> bytes:
        """PDF (A5 across) of a receipt for a fee."""
        sheet = receipt.facts() | {
            "title": f"{receipt.words['heading'][0]} {receipt.number}",
            "author": receipt.issuer.title,
            "keywords": list(receipt.keywords),
            "lang": receipt.language,
            "face": face(receipt.language),
        }
        return self._print("receipt", sheet, receipt.printed_at)

    def _print(self, layout: str, sheet: dict[str, object], at: datetime, *, tags: bool = True) -> bytes:
        """Compile one sheet. Tags double a ruled table's size: what only goes to a printer has none."""
        at = at.astimezone(UTC).replace(microsecond=0)
        sheet["created"] = [at.year, at.month, at.day, at.hour, at.minute, at.second]
        inputs = {"sheet": json.dumps(sheet, ensure_ascii=False, sort_keys=True)}
        with self._turn:
            pdf = self._compiler.compile(
                input=LAYOUTS / f"{layout}.typ",
                format="pdf",
                sys_inputs=inputs,
                timestamp=at,
                pdf_standards=STANDARD,
                pdf_tags=tags,
            )
        return cast(bytes, pdf)


@cache
def _press() -> Press:
    return Press()


_first = threading.Lock()


def press() -> Press:
    """The press of this process. Raises FontMissing if the machine lacks a font."""
    with _first:
        return _press()


def face(language: str) -> list[str]:
    """Fonts for a slip in one language, first choice first."""
    return [*FACES.get(language, []), GOTHIC]


def qr_svg(text: str) -> str:
    """2D code as SVG text, error correction M: a fold or a coffee stain may cost 15 % of it.

    The mask is fixed: trying all eight (ISO/IEC 18004, 7.8) costs as much as the whole page, and any reads.
    """
    out = io.BytesIO()
    import segno  # here, like typst

    segno.make(text, error="m", mask=3, micro=False).save(out, kind="svg", border=2, xmldecl=False, svgclass=None)
    return out.getvalue().decode()
