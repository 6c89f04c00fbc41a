"""The door of this part."""

from portal.config import Settings
from portal.core.outbox import Errand
from portal.mailbox.batches import receipts, rules, sending, webhooks

Said = sending.Said
FollowUps = sending.FollowUps
NOTHING_FOLLOWS = sending.NOTHING_FOLLOWS
Named = rules.Named
Taken = sending.Taken
send = sending.send
cancel = sending.cancel
withdraw = sending.withdraw
find = sending.find
numbers = sending.numbers
deliver = sending.deliver
DELIVER = sending.DELIVER
collect = receipts.collect
COLLECT = receipts.COLLECT
receipts_after = receipts.after
note_read = receipts.note_read
forget_old = receipts.forget_old
set_webhook = webhooks.set_url
rotate_secret = webhooks.rotate
remove_webhook = webhooks.remove


def errands(settings: Settings) -> dict[str, Errand]:
    """What the worker carries out of the house, by kind of promise."""
    return {receipts.TELL: webhooks.errand(settings)}
