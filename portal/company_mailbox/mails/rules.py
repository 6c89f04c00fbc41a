"""What is decided about mail to companies, without a database. Quiet hours and codes are residents'."""

from portal.core.errors import Refusal
from portal.core.words import N_

MOST_ADDRESSES = 5


class AddressesFull(Refusal):
    code = "company-mail-addresses-full"
    status = 409
    message = N_("A company can be told at %(most)s addresses.")
    next_step = N_("Remove one before you add another.")


class AddressGone(Refusal):
    code = "company-mail-address-gone"
    status = 404
    message = N_("This address is not kept here any more.")
    next_step = N_("Go back to the list of addresses.")
