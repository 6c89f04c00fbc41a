"""A coupon on paper: one strip of an 80 mm thermal roll, for whoever has no phone to show it on."""

import io
import json
import threading
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import cast

from sqlalchemy.orm import Session

from portal.core.words import N_
from portal.points import service as points
from portal.web.i18n import say, show_date

LAYOUTS = Path(__file__).parent / "layouts"
GOTHIC = "BIZ UDPGothic"
FACES = {"zh": ["Noto Sans CJK SC"], "ko": ["Noto Sans CJK KR"]}

TITLE = N_("Coupon for citizen points")
GOOD_UNTIL = N_("Good until")
HAND_OVER = N_("Hand this slip over where you use the coupon. It is good once.")
LOST = N_("Lost it? The coupon is also in your portal: on your phone, or at the window with our help.")


def slip(session: Session, coupon: points.Coupon, language: str) -> bytes:
    """The slip in the person's language and in Japanese for the desk that takes it. No name stands on it."""

    def both(message: str) -> tuple[str, str]:
        return _pair(say(language, message, {}), say("ja", message, {}))

    sheet = {
        "lang": language,
        "face": [*FACES.get(language, []), GOTHIC],
        "title": both(TITLE),
        "reward": _pair(*(points.reward_title(session, coupon, code) for code in (language, "ja"))),
        "number": coupon.reference,
        "until": (both(GOOD_UNTIL), show_date(coupon.last_day, language)),
        "qr": _qr(coupon.reference),
        "hand_over": both(HAND_OVER),
        "lost": both(LOST),
        "sample": True,
    }
    return _compile(
        json.dumps(sheet, ensure_ascii=False, sort_keys=True), datetime.combine(coupon.last_day, time.min, UTC)
    )


def _pair(own: str, japanese: str) -> tuple[str, str]:
    return own, "" if own == japanese else japanese


def _qr(text: str) -> str:
    """Error correction M: thermal paper is folded into a pocket."""
    import segno  # here, like typst: the worker need not carry it

    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=1, xmldecl=False, svgclass=None)
    return out.getvalue().decode()


_turn = threading.Lock()


def _compile(sheet: str, at: datetime) -> bytes:
    """One compiler a process, behind a lock; the same coupon gives the same bytes."""
    with _turn:
        pdf = _compiler().compile(
            input=LAYOUTS / "coupon.typ", format="pdf", sys_inputs={"sheet": sheet}, timestamp=at, pdf_tags=False
        )
    return cast(bytes, pdf)


@cache
def _compiler():  # type: ignore[no-untyped-def]
    import typst

    fonts = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False)
    return typst.Compiler(root=LAYOUTS, font_paths=fonts)
