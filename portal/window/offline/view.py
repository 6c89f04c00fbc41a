"""What a desk's browser is sent, and what is told to staff after a merge."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from portal.core import clock
from portal.core.actor import Actor
from portal.core.errors import Refusal
from portal.core.identity import DocumentMissing
from portal.core.words import N_
from portal.web import csrf
from portal.web.hall import hall
from portal.web.i18n import gettext
from portal.window import rules as window_rules
from portal.window.offline import rules
from portal.window.offline.models import MergedStep
from portal.window.offline.service import Known, Today, Visit


def key() -> bytes:
    """The city's secret that references are hashed with for desks."""
    return hall().key("offline")


def salt(office: str) -> bytes:
    return rules.salt(key(), office, clock.today())


def state(today: Today, actor: Actor) -> dict[str, Any]:
    """What js/offline/keep.js stores: no name, no reference, nothing of a person."""
    return {
        "now": _time(clock.now()),
        "day": clock.today().isoformat(),
        "who": str(actor.id),
        "csrf": csrf.csrf_token(),
        "window": today.window,
        "served": list(today.served),
        "giving": [
            {
                "kind": one.kind,
                "letter": one.letter,
                "words": gettext(one.words),
                "opens": f"{one.opens:%H:%M}",
                "until": f"{one.until:%H:%M}",
            }
            for one in today.giving
        ],
        "numbers": [_number(one) for one in today.numbers],
        "visits": [_visit(one) for one in today.visits],
        "salt": salt(actor.office).hex(),
        "rounds": rules.ROUNDS,
    }


def _number(one: Known) -> dict[str, Any]:
    row = one.row
    return {
        "label": row.label,
        "number": one.number,
        "kind": row.kind,
        "lane": str(row.lane),
        "state": str(row.state),
        "needs": row.needs,
        "starts_at": _time(row.starts_at),
        "drawn_at": _time(row.drawn_at),
        "called_at": _time(row.called_at),
        "passed_over": row.passed_over,
        "recalled": row.recalled,
        "window": row.window,
        "share": one.share,
        "mine": one.mine,
        "reserved": one.reserved,
    }


def _visit(one: Visit) -> dict[str, Any]:
    return {"hash": one.hash, "starts_at": _time(one.starts_at), "kind": one.kind, "express": one.express}


def _time(at: datetime | None) -> str | None:
    """To the millisecond, as a browser keeps it."""
    return at.isoformat(timespec="milliseconds") if at else None


def merged(steps: Sequence[MergedStep]) -> dict[str, Any]:
    """What became of each step; the browser forgets these."""
    return {"steps": [{"id": str(one.id), "outcome": one.outcome, "code": one.code} for one in steps]}


def conflict(code: str, facts: dict[str, Any]) -> Refusal:
    """The refusal that tells of a step, filled with its numbers."""
    return rules.CONFLICTS[code](**facts)


REFUSALS: tuple[type[Refusal], ...] = (
    window_rules.NumbersNotYet,
    window_rules.NumbersClosed,
    window_rules.NumbersGone,
    window_rules.OfficeClosed,
    window_rules.NotToday,
    window_rules.TooEarly,
    window_rules.TooLate,
    window_rules.WindowNotChosen,
    window_rules.DeskBusy,
    window_rules.NobodyWaiting,
    window_rules.RecallFirst,
    window_rules.TicketElsewhere,
    window_rules.TicketNotFound,
    DocumentMissing,
)
OWN = {
    "reference-mistyped": N_("This is no reference number. Compare it with the slip."),
    "visit-not-listed": N_(
        "This reservation is not on today's list of this office, or was checked in already. Give a number instead."
    ),
    "not-ready": N_("This device is not ready to work without network today."),
}


def words() -> dict[str, str]:
    """What js/offline/desk.js says, in the reader's language."""
    return {one.code: gettext(one.message) for one in REFUSALS} | {code: gettext(text) for code, text in OWN.items()}
