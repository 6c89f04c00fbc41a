"""How a record of the audit chain is told to the person it is about."""

import re

from portal.core.audit import Action
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

# What is on record, by the name the rooms record it under: a table, or room and kind of look. tests/house holds that
# every name has words; one that still has none is told as "Other data" rather than kept silent.
WHAT_WORDS: dict[str, str] = {
    "residents": N_("Basic data in the resident register"),
    "residents.person": N_("Basic data in the resident register"),
    "residents.preview": N_("A register file compared with the resident register"),
    "residents.import": N_("A register file taken into the resident register"),
    "accounts": N_("Settings of the portal account"),
    "passkeys": N_("Passkey of the portal account"),
    "one_time_codes": N_("Code for a new password"),
    "identity_checks": N_("Identity check at the window"),
    "card_enrolments": N_("Registration of the My Number Card"),
    "applications": N_("Pre-application"),
    "applications.answers": N_("Answers in the pre-application"),
    "applications.timeline": N_("Course of the pre-application"),
    "bookings": N_("Reservation of a visit"),
    "reservations.visit": N_("Time and place of a visit"),
    "tickets": N_("Number at the window"),
    "window.identity": N_("Identity check at the window"),
    "certificate_orders": N_("Order of a certificate"),
    "certificates.check": N_("Checking whether a certificate is genuine"),
    "certificates.resident-record": N_("Resident record, for a certificate"),
    "point_accounts": N_("Citizen points"),
    "points.balance": N_("Citizen points"),
    "mailbox.notice": N_("Notice to the mailbox"),
    "mailbox.selection": N_("Selection as recipient of a notice"),
    "mailbox.read": N_("Notice that was opened"),
    "mailbox.reach": N_("Number of people a notice would reach"),
    "kiosks.session": N_("Use of a kiosk with the card"),
    "kiosk_sessions": N_("Use of a kiosk with the card"),
    "oversight.records": N_("Records of data use"),
    "staff_members": N_("Staff account"),
    "web_sessions": N_("Sessions of a staff account"),
    "database.restored": N_("A backup taken back into the database"),
    "clients": N_("Registration of a machine"),
}
CLOSED_PAGE = N_("A page that is not open to them")
OTHER = N_("Other data")


def what_words(what: str, action: str) -> str:
    """The msgid for a record's `what`, e.g. `residents(address)` → basic data. A page's name with a refusal's code
    (`members not-found`) is a door somebody was stopped at."""
    name = re.split(r"[( ]", what, maxsplit=1)[0]
    return WHAT_WORDS.get(name) or (CLOSED_PAGE if action == Action.REFUSED else OTHER)
