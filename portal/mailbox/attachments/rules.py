"""What may come with a notice, without a database."""

from portal.core.errors import Refusal
from portal.core.words import N_

MOST = 10
LONGEST_ALT = 200
# Of one file, and of all that come with one notice: people open them on telephones. Megabytes (1,000,000 bytes).
MEGABYTES = 10
MEGABYTES_TOGETHER = 20


class AttachmentsFull(Refusal):
    code = "attachments-full"
    status = 422
    message = N_("All files of one notice together may have %(megabytes)s MB.")
    next_step = N_("Remove a file, or make this one smaller.")


class NoticeOnItsWay(Refusal):
    code = "attachments-notice-sent"
    message = N_("The notice was sent already: its files cannot be changed any more.")
    next_step = N_("Write a new notice with the right files.")
