"""What points are given for, in words."""

from enum import StrEnum

from portal.core.words import N_


class Reason(StrEnum):
    """Why points moved; told to the resident in these words."""

    E_SERVICE = "e-service"
    WELCOME = "welcome"


REASON_WORDS: dict[Reason, str] = {
    Reason.E_SERVICE: N_("You used an online service"),
    Reason.WELCOME: N_("Welcome to citizen points"),
}
