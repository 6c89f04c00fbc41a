"""The door of the room, by its parts."""

from portal.company_mailbox.mails import service as mails
from portal.company_mailbox.post import service as post
from portal.company_mailbox.sendings import service as sendings

letters = post
sending = sendings
mail = mails
