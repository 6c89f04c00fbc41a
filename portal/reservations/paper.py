"""The slip of a reservation (来庁予約票) as PDF: for whoever shows paper, or has no printer but a friend who has."""

from collections.abc import Callable, Sequence
from pathlib import Path

from portal.core import qr
from portal.core.press import GOTHIC, press
from portal.core.reference import spoken
from portal.core.words import N_
from portal.reservations.models import Booking

LAYOUT = Path(__file__).parent / "layouts" / "slip.typ"
FACES = {"zh": ["Noto Sans CJK SC"], "ko": ["Noto Sans CJK KR"]}
"""Chinese and Korean signs come from their own face: shared code points look Japanese in a Japanese font."""

Say = Callable[[str, str], str]
"""(language, msgid) → its words."""


def slip(
    booking: Booking,
    language: str,
    say: Say,
    *,
    when: tuple[str, str],
    where: tuple[str, str],
    about: Sequence[str],
    bring: Sequence[str],
) -> bytes:
    """The sheet in the reader's *language* with Japanese beside it for the window. *when* and *where* come in both;
    *about* and *bring* are msgids. Raises FontMissing where the machine lacks a font."""

    def both(message: str) -> tuple[str, str]:
        own, japanese = say(language, message), say("ja", message)
        return own, "" if own == japanese else japanese

    facts = [(both(N_("Date and time")), _once(when)), (both(N_("Place")), _once(where))]
    facts += [(both(N_("Procedure")) if place == 0 else ("", ""), both(title)) for place, title in enumerate(about)]
    sheet = {
        "title": f"{say(language, N_('Reservation slip'))} {booking.reference}",
        "author": where[1],
        "keywords": [f"booking:{booking.id}"],
        "lang": language,
        "face": [*FACES.get(language, []), GOTHIC],
        "heading": both(N_("Reservation slip")),
        "number_label": both(N_("Reference number")),
        "number": booking.reference,
        "spoken": spoken(booking.reference, language),
        "qr": qr.on_paper(booking.reference),
        "show": both(N_("Show it at the kiosk or at the window.")),
        "facts": facts,
        "bring_label": both(N_("What to bring")),
        "bring": [both(text) for text in bring],
        "change": both(N_("You can change or cancel the visit on the page of the reservation.")),
    }
    return press().draw(LAYOUT, sheet, booking.changed_at)


def _once(words: tuple[str, str]) -> tuple[str, str]:
    own, japanese = words
    return own, "" if own == japanese else japanese
