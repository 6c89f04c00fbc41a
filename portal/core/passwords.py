"""Passwords are kept as Argon2id with 19 MiB, two passes, one lane (OWASP password storage, 2025).

At most two are computed at once in a process: a rush of sign-ins then takes memory and processors in
turn instead of all at once. A name nobody has costs the same as a wrong password.
"""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.core.words import N_

AT_ONCE = 2
# NIST SP 800-63B-4 section 3.1.1.2: at least 15 characters where the password is the only factor; no rules on which.
LEAST = 15
LONGEST = 128
FEWEST_DIFFERENT = 5

TOO_SHORT = N_("Please use %(least)s characters or more.")
TOO_LONG = N_("Please use %(most)s characters or fewer.")
TOO_EASY = N_("This password is easy to guess. Please use other words, not your login ID, and no simple row of signs.")
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "01234567890")

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_turns = threading.BoundedSemaphore(AT_ONCE)
# The hash of a password nobody knows: compared with when there is no account, so that time tells nothing.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$Qro+zFcrWzIkNIBVEQPDAg$C4Cxr2zCqS11BUnJ4uE8bW4WBgR3nPpcRHWD6KI63RY"


def hash_password(password: str) -> str:
    """What the database keeps of *password*."""
    with _turns:
        return _hasher.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Whether *password* is the one of *kept*; `None` (no such account) takes as long and is never right."""
    with _turns:
        try:
            right = _hasher.verify(kept or _NOBODY, password[:LONGEST])
            return right and kept is not None and len(password) <= LONGEST
        except (VerificationError, InvalidHashError):
            return False


def weakness(password: str, login_id: str) -> str | None:
    """The msgid of what keeps *password* from being taken (places `least`, `most`), or None.

    Few different signs, the login ID with little around it, and rows of the alphabet or the keyboard are what
    guessing begins with (ASVS 5.0 6.2.4); with 15 signs the lists of common passwords hold hardly anything else.
    """
    if len(password) < LEAST:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    plain = password.casefold()
    rest = plain.replace(login_id.casefold(), "") if len(login_id) > 2 else plain
    for row in _ROWS:
        for part in (row, row[::-1]):
            rest = _without_row(rest, part)
    return TOO_EASY if len(set(rest)) < FEWEST_DIFFERENT else None


def _without_row(text: str, row: str) -> str:
    """*text* without its pieces of five or more signs that stand in a row."""
    for size in range(len(row), 4, -1):
        for start in range(len(row) - size + 1):
            text = text.replace(row[start : start + size], "")
    return text
