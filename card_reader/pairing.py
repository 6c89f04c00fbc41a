"""Who may ask a bridge for a card: a page that knows its secret, or shows a code that the portal made of it.

The secret lies in a file of the bridge's machine and of the portal's, and in no page. A page of the portal carries a code
for one signed-in session, good until a time that stands in it: UNTIL.SESSION.MAC, the MAC is HMAC-SHA256 by the secret over
"bridge-pairing.UNTIL.SESSION". At home, where the portal does not know the bridge, the holder types the secret itself.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

CODE = re.compile(r"([0-9]{1,12})\.([0-9a-f]{16})\.([0-9a-f]{64})")
LONGEST_SECONDS = 12 * 3600
"""No code is good for longer, whatever it says of itself."""


def code_for(secret: str, session: str, until: int) -> str:
    """The code of a session (16 hexadecimal digits), good until a second since 1970."""
    mac = hmac.new(secret.encode(), f"bridge-pairing.{until}.{session}".encode(), "sha256").hexdigest()
    return f"{until}.{session}.{mac}"


def is_paired(secret: str, shown: str, now: float) -> bool:
    """Whether what a page shows is the secret, or a code made of it that still counts at *now* (seconds since 1970)."""
    if hmac.compare_digest(shown.encode(errors="replace"), secret.encode()):
        return True
    found = CODE.fullmatch(shown)
    if found is None:
        return False
    until, session = int(found[1]), found[2]
    genuine = hmac.compare_digest(shown, code_for(secret, session, until))
    return genuine and now <= until <= now + LONGEST_SECONDS


def pairing_token(path: Path) -> str:
    """Return the token in the file; a missing file is made, whole at once and readable by its owner only."""
    if not path.exists():
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(32) + "\n", "ascii")
        with suppress(FileExistsError):  # somebody else made it in this moment: theirs counts
            path.hardlink_to(fresh)
        fresh.unlink()
    token = path.read_text("ascii").strip()
    if len(token) < 32:
        raise ValueError(f"the pairing token in {path.name} is shorter than 32 characters")
    return token
