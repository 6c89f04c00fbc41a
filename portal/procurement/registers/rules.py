"""What a body registers, who else may see it by which law, when its last day is told, and the refusals."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_
from portal.procurement.rules import REMINDERS, horizon, step_due

__all__ = ["REMINDERS", "horizon", "step_due"]

LONGEST_NAME, LONGEST_NUMBER, LONGEST_LAW, LONGEST_TERMS = 120, 60, 120, 300


class Kind(StrEnum):
    LICENCE = "licence"
    COMMENDATION = "commendation"
    CERTIFICATE = "certificate"


class Sight(StrEnum):
    """Who may see a registration beside the company and the body that made it."""

    OWN = "own"
    BODIES = "bodies"
    PUBLIC = "public"


KIND_WORDS: dict[str, str] = {
    Kind.LICENCE: N_("Licence"),
    Kind.COMMENDATION: N_("Commendation"),
    Kind.CERTIFICATE: N_("Certificate for companies"),
}
SIGHT_WORDS: dict[str, str] = {
    Sight.OWN: N_("This body and the company"),
    Sight.BODIES: N_("Other public bodies too"),
    Sight.PUBLIC: N_("Everybody"),
}
# How files say it.
KINDS_IN_FILES = {"許可": Kind.LICENCE, "表彰": Kind.COMMENDATION, "証明": Kind.CERTIFICATE}
SIGHTS_IN_FILES = {"自機関": Sight.OWN, "他機関": Sight.BODIES, "公開": Sight.PUBLIC}


@dataclass(frozen=True, slots=True)
class Row:
    """One registration as a screen, a file or a program tells it; `number` is the body's own, `company` the 法人番号."""

    company: str
    kind: str
    name: str
    number: str
    issued_on: date
    valid_until: date | None
    terms: str
    law: str
    sight: str


class LawMissing(Refusal):
    code = "registration-law-missing"
    status = 422
    message = N_("Showing it to others needs a law that allows it.")
    next_step = N_("Name the law, or show it to this body and the company only.")


class DaysWrong(Refusal):
    code = "registration-days-wrong"
    status = 422
    message = N_("The last day is before the day of issue.")
    next_step = N_("Check both days.")


class RegistrationMoved(Refusal):
    code = "registration-moved"
    status = 409
    message = N_("This registration is no longer in this state.")
    next_step = N_("Open the list again.")


class RegistrationWithdrawn(Refusal):
    code = "registration-withdrawn"
    status = 409
    message = N_("Your body has withdrawn this number.")
    next_step = N_("Register a new licence under a new number.")


class NumberOfAnother(Refusal):
    code = "registration-number-of-another"
    status = 422
    message = N_("Your body has given this number to another company.")
    next_step = N_("Check the number.")


class ClientOfNobody(Refusal):
    code = "registration-client-of-nobody"
    status = 403
    message = N_("This client acts for no public body.")
    next_step = N_("Ask the operator: `portal let-client-act CLIENT BODY`.")


def check(row: Row) -> None:
    """Raise LawMissing or DaysWrong."""
    if row.sight != Sight.OWN and not row.law:
        raise LawMissing
    if row.valid_until is not None and row.valid_until < row.issued_on:
        raise DaysWrong


def state_of(withdrawn: bool, valid_until: date | None, today: date) -> tuple[str, str]:
    """Words and tone of how a registration stands."""
    if withdrawn:
        return N_("Withdrawn by the body"), "error"
    if valid_until is not None and valid_until < today:
        return N_("Over"), "neutral"
    if valid_until is not None and step_due(valid_until, today):
        return N_("Ends soon"), "warning"
    return N_("Holds"), "success"
