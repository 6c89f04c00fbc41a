"""What may be kept on a device and for how long, without a database."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from portal.core.errors import Refusal
from portal.core.text import fold_width
from portal.core.words import N_

# A letter is kept so long; then it is read in the mailbox again.
KEPT = timedelta(days=30)
# A device its owner was not signed in on for so long keeps nothing any more.
ABSENT = timedelta(days=14)
MOST_DEVICES = 10
# A device asks about no more of them at once: it keeps thirty (js/shelf/keep.js).
MOST_ASKED = 100
_TWELVE_DIGITS = re.compile(r"(?<!\d)\d{4}[\s\-‐－・]?\d{4}[\s\-‐－・]?\d{4}(?!\d)")


class NotToKeep(Refusal):
    code = "notice-not-to-keep"
    status = 403
    message = N_("This notice cannot be kept on a device, because it holds something personal.")
    next_step = N_("Read it in the mailbox, or save it as a PDF.")


class DevicesFull(Refusal):
    code = "shelves-full"
    message = N_("No more than %(most)s devices can keep notices.")
    next_step = N_("Remove what is kept on a device you do not use any more.")


class AskedUnreadable(Refusal):
    code = "shelf-unreadable"
    status = 422
    message = N_("This cannot be read.")
    next_step = N_("Reload the page and try again.")


def looks_like_number(texts: Iterable[str]) -> bool:
    """Whether twelve digits stand alone in one of *texts*, as a 個人番号 is written (番号利用法: it leaves no trace outside
    its tasks)."""
    return any(_TWELVE_DIGITS.search(fold_width(text)) for text in texts)


def stands(*, session_lives: bool, session_ends_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Whether a device may go on keeping letters. A session that is gone before its end was ended by somebody: signed out
    here, or from elsewhere. One that ran out by itself says nothing: the device may be without a line for days."""
    was_ended = not session_lives and now < session_ends_at
    return not was_ended and now - seen_at <= ABSENT
