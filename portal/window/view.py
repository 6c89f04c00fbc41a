"""The board and the desk in words: labels in two languages, numbers, what the register says."""

from typing import Any
from uuid import UUID

from portal.core import clock, identity
from portal.web.i18n import catalogue, gettext, language, show_time
from portal.window import rules
from portal.window.queue import NUMBERS_SHOWN, Board


def board_state(board: Board) -> dict[str, Any]:
    """What js/board.js reads every second; it holds numbers and windows, nobody's data."""
    return {
        "now": show_time(clock.now()),
        "message": None,
        "calls": [{"id": call.id, "ticket": call.ticket, "window": call.window} for call in board.calls],
        "waiting": [
            {
                "label": in_two_languages(rules.LANE_WORDS[lane]),
                "count": len(numbers),
                "numbers": list(numbers[:NUMBERS_SHOWN]),
            }
            for lane, numbers in board.waiting
        ],
    }


def in_two_languages(message: str) -> str:
    """For signs that everybody reads: the reader's language and English (Japanese beside English)."""
    return f"{gettext(message)} {other_language(message)}"


def other_language(message: str) -> str:
    """English, or Japanese beside English."""
    return catalogue("ja" if language() == "en" else "en").gettext(message)


def how_verified(how: str) -> str:
    """How the identity was checked, in words."""
    return gettext(identity.how_words(how))


def read_id(text: str) -> UUID | None:
    """An id from a form, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None
