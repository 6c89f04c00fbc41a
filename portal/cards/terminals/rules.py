"""Roles, their key versions, how long a delivery is good, and the refusals. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from portal.cards.rules import Service
from portal.core.errors import Refusal
from portal.core.words import N_


class Role(StrEnum):
    """What a terminal is for; each reads the entry of its own service (card_reader/README.md, "Roles and keys")."""

    LIBRARY = "library"
    SPORTS = "sports"
    FACILITY = "facility"
    POINTS = "points"
    AMBULANCE = "ambulance"
    SHELTER = "shelter"
    PORTAL = "portal"


class Keeper(StrEnum):
    """The roles of the city's own server: no terminal ever gets their keys."""

    WRITER = "writer"
    ISSUER = "issuer"


KeyRole = Role | Keeper
ROLE_WORDS: Mapping[KeyRole, str] = {
    Role.LIBRARY: N_("Library"),
    Role.SPORTS: N_("Sports halls"),
    Role.FACILITY: N_("Booking of facilities"),
    Role.POINTS: N_("Citizen points"),
    Role.AMBULANCE: N_("Ambulance"),
    Role.SHELTER: N_("Shelters"),
    Role.PORTAL: N_("Citizen portal"),
}

OWN_SERVICE: Mapping[Role, Service] = {
    Role.LIBRARY: Service.LIBRARY,
    Role.SPORTS: Service.SPORTS,
    Role.FACILITY: Service.FACILITY,
    Role.POINTS: Service.POINTS,
    Role.AMBULANCE: Service.EMERGENCY,
    Role.SHELTER: Service.SHELTER,
    Role.PORTAL: Service.PORTAL,
}
"""What each role reads: a terminal that tells of another service is mistaken, or lies to the holder's list."""

KEY_ROLES: tuple[KeyRole, ...] = (*Role, *Keeper)
KEY_ROLE_WORDS: Mapping[KeyRole, str] = {
    **ROLE_WORDS,
    Keeper.WRITER: N_("The city: writing on cards"),
    Keeper.ISSUER: N_("The city: issuing and blocking cards"),
}
FIRST: Mapping[KeyRole, int] = {
    **{role: 0x11 + place for place, role in enumerate(Role)},
    Keeper.WRITER: 0x21,
    Keeper.ISSUER: 0x10,
}
"""The key version number of each role's first generation; the next has 20 more (hexadecimal), the third 40."""
STEP, GENERATIONS = 0x20, 3

LONGEST_PLACE = 80
GOOD_FOR = timedelta(days=7)
"""A delivery's life: after it a terminal that never came back reads no card, if its program is the city's."""
HELP_GOOD_FOR = timedelta(days=30)
"""The same for help, which does not wait for a network."""
HELPERS = frozenset({Role.AMBULANCE, Role.SHELTER})


def first_version(role: KeyRole) -> str:
    return f"{FIRST[role]:02X}"


def next_version(role: KeyRole, current: str) -> str:
    """The generation after *current*; after the third the first number again (GlobalPlatform's end at 7F), for new keys:
    see `is_used_again`."""
    generation = ((int(current, 16) - FIRST[role]) // STEP + 1) % GENERATIONS
    return f"{FIRST[role] + generation * STEP:02X}"


def is_used_again(renewals: int) -> bool:
    """Whether the number of the renewal after so many had other keys before. The writer must have none of that number
    any more: or the old ones would come back under it."""
    return renewals + 1 >= GENERATIONS


def role_in(text: str) -> KeyRole:
    """The role of that name; RoleUnknown."""
    found = next((role for role in KEY_ROLES if role == text), None)
    if found is None:
        raise RoleUnknown
    return found


def is_version(role: KeyRole, text: str) -> bool:
    return text in {f"{FIRST[role] + generation * STEP:02X}" for generation in range(GENERATIONS)}


def life_of(role: Role) -> timedelta:
    return HELP_GOOD_FOR if role in HELPERS else GOOD_FOR


def role_of(kvn: str) -> KeyRole | None:
    """Whose key a card's log names: two hexadecimal digits; None for strangers."""
    return next((role for role in KEY_ROLES if is_version(role, kvn.upper())), None)


READER_WORDS: Mapping[KeyRole, str] = {
    **ROLE_WORDS,
    Keeper.WRITER: N_("The city, at a window"),
    Keeper.ISSUER: N_("The city's card office"),
}
"""Who used a card, as its holder reads it."""
STRANGER_WORDS = N_("Somebody unknown")


class TerminalUnknown(Refusal):
    code = "card-terminal-unknown"
    status = 404
    message = N_("This machine is no terminal for city cards.")
    next_step = N_("Give it a role on the page of terminals first.")


class TerminalRevoked(Refusal):
    code = "card-terminal-revoked"
    status = 403
    message = N_("The keys of this terminal were taken back.")
    next_step = N_("To let it in again, give it a role on the page of terminals.")


class TerminalKeyChanged(Refusal):
    code = "card-terminal-key-changed"
    status = 409
    message = N_("This terminal was enrolled with another key.")
    next_step = N_("If it was set up anew, give it its role once more on the page of terminals.")


class KeyOrderOver(Refusal):
    code = "role-key-order-over"
    status = 409
    message = N_("This order of keys is too old, or for another terminal.")
    next_step = N_("Ask for the terminal's role and versions again.")


class RotationMoved(Refusal):
    code = "role-keys-changed-meanwhile"
    status = 409
    message = N_("The keys of this role were changed meanwhile.")
    next_step = N_("Load the page again and look at the versions.")


class RoleUnknown(Refusal):
    code = "card-role-unknown"
    status = 404
    message = N_("There is no such role.")
    next_step = N_("Choose a role in the list of terminals.")


class KeysNotMade(Refusal):
    code = "role-keys-not-made"
    status = 503
    message = N_("The writer of city cards has no such keys, or cannot give them out.")
    next_step = N_("Tell the operators of the card writer.")


class OldKeysLeft(Refusal):
    code = "old-role-keys-left"
    status = 409
    message = N_("The writer still holds the keys that had this version years ago.")
    next_step = N_("Destroy them at the writer first (card-reader keys --destroy), then renew.")


class CardsWithoutNewKeys(Refusal):
    code = "cards-without-new-keys"
    status = 409
    message = N_("Cards in use without the new keys: %(count)s. Nobody could write or end them any more.")
    next_step = N_("They get the keys at a window. Cards that never come leave the count on their last day.")
