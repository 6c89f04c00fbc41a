"""What happens to city cards, for rooms above: the holder is told of it."""

from datetime import datetime
from uuid import UUID

from portal.cards.rules import Service
from portal.core.events import Event


class CityCardFact(Event):
    """What every event of this room tells; `office` is the code of the office that did it, "" for the person."""

    resident_id: UUID
    office: str = ""


class CityCardIssued(CityCardFact):
    """A card was issued for the person; one they had before has ended."""


class CityCardStopped(CityCardFact):
    """The card opens nothing any more, for the time being or for good."""


class CityCardResumed(CityCardFact):
    """A stopped card was found again and opens its services."""


class CityCardPinSet(CityCardFact):
    """The card has a new holder PIN, typed by its holder at a window."""


class ServiceChosen(Event):
    """The person uses a service with their card from now on: rooms above may have a word to write beside its id."""

    resident_id: UUID
    service: str


class CardRead(Event):
    """A terminal (`client`) read the person's entry of points at the moment `at`, by its clock; told perhaps hours later,
    perhaps twice. Of other services nobody is told: only the holder sees where they were used."""

    resident_id: UUID
    client: UUID
    service: str
    at: datetime

    @property
    def is_told(self) -> bool:
        return self.service == Service.POINTS
