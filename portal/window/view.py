"""The board, the numbers and the desk in words: labels in two languages, minutes, what the register says."""

import secrets
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from portal.core import clock, identity
from portal.core.crypto import b64url, mac
from portal.core.words import N_
from portal.web.hall import hall
from portal.web.i18n import catalogue, gettext, language, ngettext, say, show_time
from portal.window import kinds, paper, rules
from portal.window.models import Ticket
from portal.window.numbers import Standing
from portal.window.queue import NUMBERS_SHOWN, Board
from portal.window.rules import State


def board_state(board: Board) -> dict[str, Any]:
    """What js/board.js reads twice a second; it holds numbers and windows, nobody's data."""
    letters = {str(kind): one.letter for kind, one in kinds.here(board.office).items()}
    return {
        "now": show_time(clock.now()),
        "message": None,
        "calls": [
            {"id": call.id, "ticket": call.ticket, "window": call.window, "language": call.language}
            for call in board.calls
        ],
        "waiting": [
            {
                "label": letters[kind],
                "count": len(waiting),
                "numbers": list(waiting[:NUMBERS_SHOWN]),
            }
            for kind, waiting in board.waiting
            if waiting
        ],
        "numbers": in_turn([waiting for _kind, waiting in board.waiting]),
    }


def in_turn(queues: Sequence[Sequence[str]]) -> list[str]:
    """The first number of each queue, then the second …: a full hall leaves room for the next of every kind of window."""
    turns = [number for turn in zip_longest(*queues) for number in turn if number is not None]
    return turns[:NUMBERS_SHOWN]


def number_state(ticket: Ticket, standing: Standing) -> dict[str, Any]:
    """What js/number.js reads every few seconds: texts in the reader's language, and whether the turn is near."""
    return {
        "state": ticket.state,
        "headline": _headline(ticket, standing),
        "minutes": minutes(standing) if ticket.state == State.WAITING else "",
        "calling": list(standing.calling),
        "near": ticket.state == State.WAITING and standing.before <= rules.NEAR,
        "called": ticket.state in rules.AT_WINDOW,
        "now": show_time(clock.now()),
    }


def _headline(ticket: Ticket, standing: Standing) -> str:
    if ticket.state == State.WAITING:
        if standing.before == 0:
            return gettext("You are next")
        return ngettext("%(num)s person before you", "%(num)s people before you", standing.before)
    if ticket.state in rules.AT_WINDOW:
        return gettext("Please come to window %(number)s", number=ticket.window)
    return gettext(ENDED[State(ticket.state)])


ENDED = {
    State.SERVED: N_("Everything is done. Thank you."),
    State.NO_SHOW: N_("You were called, and nobody came to the window."),
    State.PARKED: N_("Your number is set aside. You are called again without waiting anew."),
    State.LEFT: N_("You have left the queue."),
}


def minutes(standing: Standing) -> str:
    """About how long, with luck and as a rule."""
    shown = standing.estimate
    return gettext("About %(least)s to %(most)s minutes", least=shown.optimistic, most=shown.normal)


def once() -> str:
    """A secret for one form, so that pressing twice draws one number."""
    return secrets.token_urlsafe(16)


def token_of(once: str) -> str:
    """The token of the number such a form draws. Whoever drew it can guess nobody else's."""
    return b64url(mac(hall().key("numbers"), once.encode("utf-8", "replace")[:200]))


def address(endpoint: str, **places: str) -> str:
    """A whole address of this portal, as phones need it."""
    return hall().settings.base_url + url_for(endpoint, **places)  # type: ignore[arg-type]


def slip(session: Session, ticket: Ticket) -> bytes:
    """The number's strip of paper, in the language it was drawn in and in Japanese."""
    return paper.slip(session, ticket, hall().settings.base_url, lambda code, message: say(code, message, {}))


def other_language(message: str) -> str:
    """English, or Japanese beside English."""
    return catalogue("ja" if language() == "en" else "en").gettext(message)


def kind_words(office: str) -> dict[str, str]:
    """What stands above each kind of window of an office (msgids), by its code."""
    return {str(kind): one.words for kind, one in kinds.here(office).items()}


def options(words: Mapping[str, str]) -> list[tuple[str, str]]:
    """A closed list as choices of a form, in the reader's language."""
    return [(str(code), gettext(text)) for code, text in words.items()]


def how_verified(how: str) -> str:
    """How the identity was checked, in words."""
    return gettext(identity.how_words(how))


def read_id(text: str) -> UUID | None:
    """An id from a form, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None
