"""The door of this part: what the worker does here, and what becomes of old notifications."""

from datetime import timedelta
from functools import partial

from portal.mailbox.notify import calls, papers, sending

errands = sending.errands
check_waiting = papers.check_waiting
CHECK_AGAIN = papers.CHECK_AGAIN
LOOKS = tuple(calls.SEND.values())
"""Kinds of promises that look for what is due."""
KEPT = timedelta(days=7)
"""As long as Notify keeps them; what lies in a mailbox stays there."""
forget_old = partial(sending.forget_old, kept=KEPT)
