"""What may be written on a city card, when a card is good, and the refusals. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from portal.core.errors import Refusal
from portal.core.words import N_

YEARS = 5
NUMBER_DIGITS = 10
"""Of an id the portal gives; services that have one already keep theirs, up to 16 signs."""
LONGEST_ID = 16


CLOCK_AHEAD = timedelta(minutes=5)
"""A terminal's clock may be ahead by this much; what it says beyond is taken as that."""
OLDEST = datetime(2020, 1, 1, tzinfo=UTC)
"""Before any city card: a clock that began anew says so. Refused, it would hold up all a terminal has to tell."""


class Service(StrEnum):
    """The services that may be on a card; each reads its own entry and no other (card_reader/README.md, roles)."""

    LIBRARY = "library"
    SPORTS = "sports"
    FACILITY = "facility"
    POINTS = "points"
    EMERGENCY = "emergency"
    SHELTER = "shelter"
    PORTAL = "portal"


SERVICE_WORDS: Mapping[Service, str] = {
    Service.LIBRARY: N_("Library"),
    Service.SPORTS: N_("Sports halls"),
    Service.FACILITY: N_("Booking of facilities"),
    Service.POINTS: N_("Citizen points"),
    Service.EMERGENCY: N_("Help in an emergency"),
    Service.SHELTER: N_("Shelters"),
    Service.PORTAL: N_("Citizen portal"),
}


class Why(StrEnum):
    """Why a card was stopped, or ended for good."""

    LOST = "lost"
    BY_HOLDER = "by-holder"
    DAMAGED = "damaged"
    REPLACED = "replaced"
    MOVED = "moved"
    DIED = "died"
    RETURNED = "returned"


STOP_WORDS: Mapping[Why, str] = {
    Why.LOST: N_("Lost or stolen"),
    Why.BY_HOLDER: N_("Stopped by the holder"),
    Why.DAMAGED: N_("Damaged"),
    Why.REPLACED: N_("Replaced by another card"),
    Why.MOVED: N_("Moved away"),
    Why.DIED: N_("Died"),
    Why.RETURNED: N_("Given back"),
}
STOPS = (Why.LOST, Why.DAMAGED)
"""What staff may choose when somebody calls."""


LOG_WORDS: Mapping[str, str] = {
    "read": N_("Read from the card"),
    "written": N_("Written on the card"),
    "suspended": N_("Suspended"),
    "resumed": N_("Opened again"),
    "keys-put": N_("Keys renewed"),
    "keys-deleted": N_("Old keys removed"),
    "pin-set": N_("New PIN set"),
}
"""What a card's own log says was done (card_reader/README.md, "Files, PIN and log")."""
LOG_OTHER = N_("Something else")


DONE: Mapping[str, str] = {
    "services": N_("The services are saved."),
    "stopped": N_("The card is stopped."),
    "opened": N_("The card is open again."),
    "ended": N_("The card has ended."),
    "write": N_("The card is written."),
    "rekey": N_("The card is written."),
    "read": N_("The card was read; there was nothing to write."),
    "suspend": N_("The card itself is blocked."),
    "terminate": N_("The card is erased."),
    "set-pin": N_("The new PIN is set."),
    "log": N_("The card's log was read. The person sees it on their own page."),
}
"""What staff just did, by the last order of the card or the button."""


class Status(StrEnum):
    """Of an entry on a card."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an entry should say; `content` is the mark of what stands beside the id (contents.mark)."""

    service: Service
    number: str
    status: Status
    content: str = ""


def wanted(
    ids: Mapping[str, tuple[str, bool]], on_card: Iterable[str], marks: Mapping[str, str] | None = None
) -> list[Wanted]:
    """What a card should say, from the person's ids (service -> (number, is active)), the services that are on it, and
    the *marks* of what stands beside the ids.

    A service that ended keeps an entry without an id, so that an old write never comes back.
    """
    found = []
    for service in Service:
        number, active = ids.get(service, ("", False))
        if active:
            found.append(Wanted(service, number, Status.ACTIVE, (marks or {}).get(service, "")))
        elif service in on_card:
            found.append(Wanted(service, "", Status.ENDED))
    return found


def is_number(text: str) -> bool:
    """An id a service gave: 1 to 16 letters, digits and hyphens."""
    return 0 < len(text) <= LONGEST_ID and text.isascii() and text.replace("-", "").isalnum()


def last_day(issued: date) -> date:
    """A card is good until 31 March of the fifth year after that of its issue."""
    return date(issued.year + YEARS, 3, 31)


def read_at(told: datetime, now: datetime) -> datetime:
    """When a card was read, as a terminal's clock tells it: neither in the future nor before there were cards."""
    return max(OLDEST, min(told, now + CLOCK_AHEAD))


def entry_of(one: Wanted, version: int, transaction: str, *, issuer: str, days: tuple[date, date]) -> dict[str, Any]:
    """The entry as an order carries it (card_reader/README.md, "Orders"); *days* are those of issue and of expiry."""
    return {
        "service": str(one.service),
        "id": one.number,
        "status": str(one.status),
        "version": version,
        "transaction": transaction,
        "issued": days[0].isoformat(),
        "expires": days[1].isoformat(),
        "issuer": issuer,
        "payload": "",
    }


def by_service(entries: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The entries a card told of, by service; those of services unknown here are left alone."""
    return {entry["service"]: entry for entry in entries if entry["service"] in set(Service)}


class CardUnknown(Refusal):
    code = "city-card-unknown"
    status = 404
    message = N_("There is no such city card.")
    next_step = N_("Open the person again and look at their cards.")


class CardOfAnother(Refusal):
    code = "city-card-of-another"
    status = 409
    message = N_("This city card belongs to somebody else, or was ended.")
    next_step = N_("Take another card. A card that was ended is never used again.")


class CardOfAnotherPerson(Refusal):
    code = "card-registered-for-another"
    status = 409
    message = N_("The card on the reader is registered for somebody else.")
    next_step = N_("Look whose page this is, and put the card of this person on the reader.")


class CardIsNew(Refusal):
    code = "city-card-is-new"
    status = 409
    message = N_("The card on the reader is new. It is not the one that this person has.")
    next_step = N_(
        "Take it away. To change cards, load the page again and press “Give this card instead of the old one”."
    )


class CardStillUsed(Refusal):
    code = "city-card-still-used"
    status = 409
    message = N_("The card on the reader is in use, or not one of this person's ended cards.")
    next_step = N_("Only a card that was ended is erased. End it first.")


class CardNotStopped(Refusal):
    code = "city-card-not-stopped"
    status = 409
    message = N_("The card on the reader is not the stopped card of this person.")
    next_step = N_("Only a stopped card is blocked. Stop it first, or open the page of the person whose card it is.")


class CardBlocked(Refusal):
    code = "city-card-blocked"
    status = 409
    message = N_("This card is blocked: it was stopped, or ended.")
    next_step = N_("A window of the ward office opens a stopped card again. A card that was ended is never used again.")


class IdentityFirst(Refusal):
    code = "city-card-identity-first"
    status = 403
    message = N_("The identity of this person was not checked just now.")
    next_step = N_("Check it on the page of accounts and cards, then come back.")


class ServiceIdWrong(Refusal):
    code = "service-id-wrong"
    status = 422
    message = N_("This is no user number.")
    next_step = N_("Use up to 16 letters and digits, or leave it empty for a new number.")


class ServiceIdTaken(Refusal):
    code = "service-id-taken"
    status = 409
    message = N_("Somebody else has this user number.")
    next_step = N_("Compare it with the old card once more.")


class StopReasonMissing(Refusal):
    code = "stop-reason-missing"
    status = 422
    message = N_("Choose why the card is stopped.")
    next_step = N_("Choose one of the reasons in the list.")


class OrderOver(Refusal):
    code = "card-order-over"
    status = 409
    message = N_("The card was on the reader for too long.")
    next_step = N_("Load the page again and begin anew. Nothing is lost.")


class WriterAbsent(Refusal):
    code = "card-writer-absent"
    status = 503
    message = N_("City cards cannot be written at the moment.")
    next_step = N_("Try again in a few minutes. If it goes on, tell the operators.")


class CardFault(Refusal):
    """*why* is the writer's code: it goes to the operators' log, people get words."""

    code = "city-card-fault"
    status = 409
    message = N_("The city card could not be read or written.")
    next_step = N_("Leave the card on the reader and try again. What was written before stays.")


class CardTakenAway(Refusal):
    code = "city-card-removed"
    status = 409
    message = N_("The card was taken away too early.")
    next_step = N_("Put it back on the reader and press the button again. What was written before stays.")


class OtherCity(Refusal):
    code = "city-card-not-genuine"
    status = 409
    message = N_("This is no city card of this city.")
    next_step = N_("Take another card; keep this one aside and tell your security manager.")


class OtherCardOnReader(Refusal):
    code = "other-card-on-reader"
    status = 409
    message = N_("Another card lies on the reader.")
    next_step = N_("Put the card of this person on the reader.")


FAULTS: Mapping[str, type[Refusal]] = {
    "other-card": OtherCardOnReader,
    "card-not-genuine": OtherCity,
    "application-missing": OtherCity,
    "key-missing": WriterAbsent,
    "writer-fault": WriterAbsent,
    "card-silent": OrderOver,
    "card-removed": CardTakenAway,
}
"""What the writer says, as people are told it; CardFault for the rest."""
BLOCKED_STATUS = "6985"
"""Of a card that opens no channel (card_reader/README.md, "Secure channel")."""


def fault_of(error: str, status: str) -> type[Refusal]:
    """The refusal for what the writer says, with the card's status word where it refused."""
    if (error, status) == ("card-refused", BLOCKED_STATUS):
        return CardBlocked
    return FAULTS.get(error, CardFault)
