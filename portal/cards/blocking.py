"""A stopped card is blocked twice: on the stop list at once, and on the card itself when it comes to a window.

Terminals learn of the list with a day's delay at worst; a card that the issuer suspended refuses all of them by itself, the
ambulance's too. It is opened again the same way. What the card itself says counts (`note`).
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from portal.cards.models import CityCard
from portal.core import audit, clock
from portal.core.audit import Action

ACTIVE, SUSPENDED = "active", "suspended"
AFTER: Mapping[str, str] = {"suspend": SUSPENDED, "resume": ACTIVE}
"""What a card is after an order (card_reader/README.md, "Orders")."""


def state_of(done: Mapping[str, Any]) -> str:
    """What a card that was looked at said of itself."""
    return SUSPENDED if done.get("state") == SUSPENDED else ACTIVE


def note(session: Session, card: CityCard, state: str) -> None:
    """Keep what the card said of itself; told twice it is once."""
    if (state == SUSPENDED) == (card.suspended_at is not None):
        return
    card.suspended_at = clock.now() if state == SUSPENDED else None
    audit.did(session, Action.CHANGE, whose=card.resident_id, what="city_cards(block)")
    session.flush()


def wanted(card: CityCard) -> str | None:
    """The order that a card on the reader needs before anything else: "suspend", "resume" or None."""
    if (card.stopped_at is not None) == (card.suspended_at is not None):
        return None
    return "suspend" if card.stopped_at is not None else "resume"
