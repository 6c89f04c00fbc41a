"""Words at run time: where the catalogues are, and the sentences the kiosk says when something stops it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LANGUAGE_NAMES = {
    "ja": "日本語",
    "en": "English",
    "zh": "中文",
    "ko": "한국어",
    "es": "Español",
    "pt": "Português",
}
HTML_LANGUAGES = {"zh": "zh-Hans"}


def N_(message: str) -> str:  # noqa: N802 (the customary name, known to the extractor)
    """Mark a sentence for the catalogues; it is translated where it is shown."""
    return message


def catalogues() -> Path:
    """The folder of the catalogues: the project's, or the one installed beside the packages."""
    around = Path(__file__).resolve().parent.parent
    installed = around / "portal" / "translations"
    return installed if installed.is_dir() else around / "translations"


@dataclass(frozen=True)
class Sentences:
    """What happened, why, and what to do next."""

    title: str
    detail: str
    next_step: str
    picture: str = "help"


_STAFF = N_("Please call a member of staff.")

NOTICES = {
    "card-removed": Sentences(
        N_("The card was removed"),
        N_("Nothing was charged, and what you entered has been erased."),
        N_("To start again, put your card on the reader."),
        picture="insert",
    ),
    "card-unreadable": Sentences(
        N_("The card could not be read"),
        N_("Nothing was charged."),
        N_("Take the card off, and put it flat on the reader again."),
        picture="insert",
    ),
    "card-blocked": Sentences(
        N_("This PIN is locked"),
        N_("The PIN was wrong three times, so the card does not accept it any more."),
        N_("The window of the ward office can set a new PIN today. Please bring your card."),
    ),
    "portal-unreachable": Sentences(
        N_("The city's system does not answer"),
        N_("Nothing was charged."),
        N_("Please try again in a few minutes, or go to the window."),
        picture="closed",
    ),
    "points-unclear": Sentences(
        N_("We do not know yet whether your points were exchanged"),
        N_("The city's system did not answer in time, or the card was taken off too early."),
        N_(
            "If they were, the coupon is in your portal: on your phone, or at the window with our help. "
            "If not, your points are untouched."
        ),
    ),
    "code-unclear": Sentences(
        N_("We do not know yet whether the points of your code were added"),
        N_("The city's system did not answer in time, or the card was taken off too early."),
        N_(
            "Keep the sheet, and enter the code again later: if its points were added, the machine says so. "
            "It never counts twice."
        ),
    ),
    "fee-unclear": Sentences(
        N_("We do not know yet whether the fee was paid with your points"),
        N_("The city's system did not answer in time, or the card was taken off too early."),
        N_("No paper comes. If your points or your coupon were taken, they come back by themselves within minutes."),
    ),
    "points-returned": Sentences(
        N_("Your points or your coupon are back"),
        N_("The certificate could not be printed, so it was cancelled and the fee paid back."),
        N_("Please try again in a few minutes, or go to the window."),
    ),
    "payment-stopped": Sentences(
        N_("Your money has been returned"),
        N_("The printer or the coin box is not ready."),
        N_("Please take your coins. You can try again, or go to the window."),
        picture="coins",
    ),
    "not-charged": Sentences(
        N_("Nothing was charged"),
        N_("The machine was switched off while it waited for money."),
        N_("You can begin again, or go to the window."),
    ),
    "coin-box-failed": Sentences(
        N_("The coin box has stopped"),
        N_("Your coins have been returned. Nothing was charged."),
        N_("Please take your coins, and call a member of staff."),
        picture="coins",
    ),
    "cannot-sell": Sentences(
        N_("Certificates cannot be issued at the moment"),
        N_("The printer or the coin box is not ready."),
        N_("Please go to the window. Checking in works as usual."),
    ),
    "refunded": Sentences(
        N_("Your money has been returned"),
        N_("The certificate could not be printed, so it was cancelled and the fee paid back."),
        N_("Please take your coins. You can try again, or go to the window."),
        picture="coins",
    ),
    "needs-staff": Sentences(
        N_("Please wait here for a member of staff"),
        N_("The machine could not finish by itself."),
        _STAFF,
    ),
    "money-kept": Sentences(
        N_("We owe you your money"),
        N_(
            "The machine could neither print your certificate nor return your money. It is on record under this number."
        ),
        N_(
            "Please tell a member of staff this number. You are paid back at the window, today or another day. "
            "A notice with the number comes to your mailbox."
        ),
    ),
}


def notice_sentences(code: str) -> Sentences:
    """The kiosk's own words for a code; unknown ones get the plainest."""
    return NOTICES.get(code, Sentences(N_("This could not be done"), N_("Nothing was charged."), _STAFF))
