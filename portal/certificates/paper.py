"""The papers of this room: what goes on each sheet, drawn by the press every room shares (core/press.py)."""

import io
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final, Literal

from portal.certificates.sheets import Marks, Receipt, Sheet
from portal.core import press as shared
from portal.core.glyphs import Coverage
from portal.core.press import GOTHIC, FontMissing, NameNotDrawable

__all__ = ["FontMissing", "NameNotDrawable", "Press", "face", "press", "qr_png"]

LAYOUTS = Path(__file__).parent / "layouts"
EMBEDS: Final[shared.Standard] = "a-3u"
"""Archive format that carries a file of data inside (ISO 19005-3, level U)."""
FACES = {"zh": ["Noto Sans CJK SC"], "ko": ["Noto Sans CJK KR"]}
"""Chinese and Korean signs come from their own face: shared code points look Japanese in a Japanese font."""


class Press:
    """The papers of this room on a kept compiler; safe to share between threads."""

    def __init__(self, kept: shared.Press | None = None) -> None:
        self._kept = kept or shared.Press()

    @property
    def name_coverage(self) -> Coverage:
        return self._kept.name_coverage

    def undrawable(self, texts: Iterable[str]) -> list[str]:
        """Signs (with selectors) the certificate font has no glyph for."""
        return self._kept.undrawable(texts)

    def certificate(self, sheet: Sheet, marks: Marks, statement: str, data: str) -> bytes:
        """PDF (A4) of any certificate, not yet sealed; *statement* is the text of the large code, *data* the JSON
        embedded.

        Raises NameNotDrawable rather than print a wrong sign.
        """
        if unknown := self.undrawable(sheet.names()):
            raise NameNotDrawable(unknown)
        facts = sheet.facts() | marks.facts()
        facts |= {"title": sheet.title(), "author": sheet.issuer.title, "data": data}
        facts |= {"qr": qr_png(marks.verification_url), "statement_qr": qr_png(statement, error="l")}
        return self._print(sheet.layout, facts, marks.issued_at, tags=False, standard=EMBEDS)

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

    def _print(
        self,
        layout: str,
        sheet: dict[str, object],
        at: datetime,
        *,
        tags: bool = True,
        standard: shared.Standard = shared.STANDARD,
    ) -> bytes:
        return self._kept.draw(LAYOUTS / f"{layout}.typ", sheet, at, tags=tags, standard=standard)


@cache
def press() -> Press:
    """The papers on the press of this process. Raises FontMissing if the machine lacks a font."""
    return Press(shared.press())


def face(language: str) -> list[str]:
    """Fonts for a slip in one language, first choice first."""
    return [*FACES.get(language, []), GOTHIC]


def qr_png(text: str, *, error: Literal["l", "m"] = "m") -> list[int]:
    """2D code as the bytes of a black-and-white PNG, error correction M: a fold or a coffee stain may cost 15 % of it
    (7 % of a large one, L). As vectors the large code alone would be a third of the file.

    The mask is fixed: trying all eight (ISO/IEC 18004, 7.8) costs as much as the whole page, and any reads.
    """
    out = io.BytesIO()
    import segno  # here, like typst

    segno.make(text, error=error, mask=3, micro=False).save(out, kind="png", border=2, scale=2)
    return list(out.getvalue())
