"""The door of this part: addresses of companies, and the mail that leaves."""

from portal.company_mailbox.mails import addresses, queueing, sending
from portal.config import Settings
from portal.core.outbox import Errand
from portal.mailbox import service as mailbox

SEND = queueing.SEND
on_companies_told = queueing.on_companies_told
addresses_of = addresses.of_company
add_address = addresses.add
confirm_address = addresses.confirm
remove_address = addresses.remove
resume = addresses.resume
stop = addresses.stop
whose_stop_link = addresses.whose_link
came_back = sending.came_back
forget_old = sending.forget_old


def errands(settings: Settings) -> dict[str, Errand]:
    """What the worker carries out of the house, by kind of promise."""
    ways = mailbox.WaysOf.of(settings)
    return {SEND: sending.errand(ways), addresses.SEND_CODE: addresses.code_errand(ways)}
