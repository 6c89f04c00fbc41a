"""Passwords are kept as Argon2id with 19 MiB, two passes, one lane (OWASP password storage, 2025).

At most two are computed at once in a process: a rush of sign-ins then takes memory and processors in
turn instead of all at once. A name nobody has costs the same as a wrong password.
"""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2
LONGEST = 128

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
