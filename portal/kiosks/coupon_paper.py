"""A coupon on paper: one strip of an 80 mm thermal roll, for whoever has no phone to show it on."""

from datetime import UTC, datetime, time
from pathlib import Path

from sqlalchemy.orm import Session

from portal.core import qr
from portal.core.press import press
from portal.core.words import N_
from portal.points import service as points
from portal.web.i18n import say, show_date

LAYOUT = Path(__file__).parent / "layouts" / "coupon.typ"
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
        "qr": qr.on_paper(coupon.reference, border=1),
        "hand_over": both(HAND_OVER),
        "lost": both(LOST),
        "sample": True,
    }
    last_day = datetime.combine(coupon.last_day, time.min, UTC)
    return press().draw(LAYOUT, sheet, last_day, tags=False, standard=None)


def _pair(own: str, japanese: str) -> tuple[str, str]:
    return own, "" if own == japanese else japanese
