"""QR codes (ISO/IEC 18004) as pictures, for papers and for pages.

Error correction M unless a room says otherwise: paper is folded into a pocket, a phone has scratches. Never Micro QR, which
few phones read.
"""

import io

from markupsafe import Markup


def on_paper(text: str, *, border: int = 2) -> str:
    """An SVG file for a typst layout; `border` in modules."""
    out = io.BytesIO()
    _code(text).save(out, kind="svg", border=border, xmldecl=False, svgclass=None)
    return out.getvalue().decode()


def on_page(text: str) -> Markup:
    """An inline SVG as large as its place."""
    return Markup(_code(text).svg_inline(border=2, omitsize=True))  # noqa: S704 - segno's own


def _code(text: str):  # type: ignore[no-untyped-def]
    import segno  # here, like typst: the worker need not carry it

    return segno.make(text, error="m", micro=False)
