"""How a record of the audit chain is told to the person it is about."""

from portal.core.words import N_

# The relations of most households in words; the register combines them freely, so all others stay as written there.
RELATION_WORDS: dict[str, str] = {
    "世帯主": N_("Head of the household"),
    "妻": N_("Wife"),
    "夫": N_("Husband"),
    "子": N_("Child"),
    "父": N_("Father"),
    "母": N_("Mother"),
    "子の子": N_("Grandchild"),
}

# Longest prefix wins; a kind without words of its own is told as "Other data" rather than kept silent.
KIND_WORDS: dict[str, str] = {
    "residents": N_("Basic data in the resident register"),
    "residents.household": N_("Your household"),
    "accounts": N_("Sign-in"),
    "accounts.card": N_("Identity check with your card"),
    "card": N_("Your card's registration"),
    "passkeys": N_("Sign-in"),
    "applications": N_("Your application"),
    "application": N_("Your application"),
    "reservations": N_("Your reservation"),
    "bookings": N_("Your reservation"),
    "window": N_("Your visit"),
    "visits": N_("Your visit"),
    "tickets": N_("Your visit"),
    "certificates": N_("Your certificate"),
    "certificate": N_("Your certificate"),
    "certificates.resident-record": N_("Your resident record, for a certificate"),
    "points": N_("Your points"),
    "point": N_("Your points"),
    "mailbox": N_("A notice to you"),
    "mailbox.selection": N_("Your register data, to choose whom a notice concerns"),
    "deliveries": N_("A notice to you"),
    "notice": N_("A notice to you"),
    "kiosks": N_("Your use of a kiosk"),
    "kiosk": N_("Your use of a kiosk"),
}
OTHER = N_("Other data")


def kind_words(what: str) -> str:
    """The msgid for a record's `what`, e.g. `residents(address)` → basic data."""
    name = what.partition("(")[0].strip()
    fitting = [prefix for prefix in KIND_WORDS if name.startswith(prefix)]
    return KIND_WORDS[max(fitting, key=len)] if fitting else OTHER
