"""The rank of points on a city card, written anew where the card is touched: at a terminal that reads points.

The terminal has keys that read and none that write. It carries the writer's messages to the card, as a page at a window
does; what they may change there is this one word, of the card it has just read.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.cards import blocking, rules, service, writing
from portal.cards.contents import Seals
from portal.cards.models import CityCard, ServiceId
from portal.cards.rules import Service, Status, Wanted
from portal.core import audit
from portal.core.actor import Actor

THEN = "rank"


@dataclass(frozen=True, slots=True)
class Touch:
    """A card that was read with the keys of the role points: its id, and what stands in the entry of points."""

    card: str
    number: str
    says: str


def rank_for(session: Session, touch: Touch) -> tuple[str, UUID]:
    """The rank this card should say, and whose card it is. Raises CardUnknown where it is not their card of today."""
    who = service.ids_of_service_numbers(session, Service.POINTS, [touch.number]).get(touch.number)
    if who is None:
        raise rules.CardUnknown
    _in_use(session, who, touch.card)
    return session.get_one(ServiceId, (who, str(Service.POINTS))).note, who


def look_order(session: Session, actor: Actor, resident_id: UUID, touch: Touch) -> dict[str, Any]:
    """The order that asks the card itself first: what the city remembers of it may be older."""
    audit.looked(session, whose=resident_id, what="cards.services")
    return writing.look_order(actor, then=THEN) | {"card": touch.card}


def check(session: Session, resident_id: UUID, order: dict[str, Any]) -> None:
    """Whether the order may begin now, and not only when it was made. Raises CardUnknown."""
    _in_use(session, resident_id, str(order["card"]))


def meet(
    session: Session, actor: Actor, resident_id: UUID, done: dict[str, Any], seals: Seals
) -> dict[str, Any] | None:
    """The card was looked at: the order that writes the rank, None where it says it already or is blocked."""
    card = _in_use(session, resident_id, str(done["card"]))
    if blocking.state_of(done) != blocking.ACTIVE:
        return None
    writing.compare(session, card, done["entries"], seals)
    return writing.write_order(session, card, actor, seals, _ranks(session, card))


def _in_use(session: Session, resident_id: UUID, number: str) -> CityCard:
    card = service.card_of(session, resident_id)
    if card is None or card.number != number or card.stopped_at is not None or card.suspended_at is not None:
        raise rules.CardUnknown
    return card


def _ranks(session: Session, card: CityCard) -> list[Wanted]:
    """Of what waits for the card the rank alone: an id that is new or ends is for a window."""
    said = service.entries_of(session, card).get(Service.POINTS)
    if said is None or not said.version or said.status != Status.ACTIVE:
        return []
    waiting = service.waiting(session, card)
    return [
        one for one in waiting if (one.service, one.status, one.number) == (Service.POINTS, Status.ACTIVE, said.number)
    ]
