"""What programs compare: the states and the errors of GOV.UK Notify's v2 API, word for word.

Source: docs.notifications.service.gov.uk/rest-api.html and the answers of alphagov/notifications-api. These are the
words of a protocol, like HTTP's: they stay English and have no translations.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

MALFORMED = (
    "Invalid token: make sure your API token matches the example at "
    "https://docs.notifications.service.gov.uk/rest-api.html#authorisation-header"
)
CLOCK_WRONG = "Error: Your system clock must be accurate to within 30 seconds"
PAGE_SIZE = 250


class Kind(StrEnum):
    """What a template and a notification are."""

    EMAIL = "email"
    SMS = "sms"
    LETTER = "letter"


class KeyKind(StrEnum):
    """Normal keys send; team keys to their guests only; test keys send nothing and answer as if they had."""

    NORMAL = "normal"
    TEAM = "team"
    TEST = "test"


class Status(StrEnum):
    CREATED = "created"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    PENDING = "pending"
    CANCELLED = "cancelled"
    FAILED = "failed"
    TEMPORARY_FAILURE = "temporary-failure"
    PERMANENT_FAILURE = "permanent-failure"
    TECHNICAL_FAILURE = "technical-failure"
    PENDING_VIRUS_CHECK = "pending-virus-check"
    VALIDATION_FAILED = "validation-failed"
    VIRUS_SCAN_FAILED = "virus-scan-failed"
    RETURNED_LETTER = "returned-letter"
    ACCEPTED = "accepted"
    RECEIVED = "received"


# A client may ask for "failed", and for letters in the words of letters.
FAILURES = (
    Status.TECHNICAL_FAILURE,
    Status.TEMPORARY_FAILURE,
    Status.PERMANENT_FAILURE,
    Status.VALIDATION_FAILED,
    Status.VIRUS_SCAN_FAILED,
    Status.RETURNED_LETTER,
)
MEANS: dict[str, tuple[Status, ...]] = {
    Status.FAILED: FAILURES,
    Status.ACCEPTED: (Status.CREATED, Status.SENDING),
    Status.RECEIVED: (Status.DELIVERED,),
}
LETTER_WORDS: dict[str, Status] = {
    Status.CREATED: Status.ACCEPTED,
    Status.SENDING: Status.ACCEPTED,
    Status.DELIVERED: Status.RECEIVED,
}


@dataclass
class Refused(Exception):
    """The protocol's no. `errors` are (class of error, message)."""

    status: int
    errors: list[tuple[str, str]]
    retry_after: int = 0

    def body(self) -> dict[str, object]:
        told = [{"error": kind, "message": message} for kind, message in self.errors]
        return {"status_code": self.status, "errors": told}


def bad_request(message: str, *, status: int = 400) -> Refused:
    return Refused(status, [("BadRequestError", message)])


def invalid(*messages: str) -> Refused:
    """What is wrong with fields; said twice, it is one thing."""
    return Refused(400, [("ValidationError", message) for message in dict.fromkeys(messages)])


def pdf_not_ready() -> Refused:
    return Refused(400, [("PDFNotReadyError", "PDF not available yet, try again later")])


def not_found() -> Refused:
    return Refused(404, [("NoResultFound", "No result found")])


def stopped(message: str) -> dict[str, str]:
    """What is said where no call was found; the calls themselves answer by `Refused`."""
    return {"result": "error", "message": message or "Not found"}


def no_entry(message: str, *, status: int = 403) -> Refused:
    return Refused(status, [("AuthError", message)])


def too_fast(kind: KeyKind, *, limit: int, seconds: int, retry_after: int) -> Refused:
    name = "LIVE" if kind is KeyKind.NORMAL else kind.upper()
    message = f"Exceeded rate limit for key type {name} of {limit} requests per {seconds} seconds"
    return Refused(429, [("RateLimitError", message)], retry_after)


def written(at: datetime | None) -> str | None:
    """An instant as Notify writes it: UTC with microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at else None


def read_instant(typed: str) -> datetime | None:
    """An ISO 8601 instant; without a zone it is UTC. None for anything else."""
    try:
        at = datetime.fromisoformat(typed)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
