"""Who may ask a bridge for a card: a page that knows its secret, or shows a code that the portal made of it.

The secret lies in a file of the bridge's machine and of the portal's, and in no page. A page of the portal carries a code
for one signed-in session, good until a time that stands in it: UNTIL.SESSION.MAC, the MAC is HMAC-SHA256 by the secret over
"bridge-pairing.UNTIL.SESSION". At home, where the portal does not know the bridge, the holder types the secret itself.

A code ends with its session: the bridge asks the portal whose page shows it whether somebody is still signed in there.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from card_reader.loopback import BadRequest

StillSignedIn = Callable[[str | None, str], bool]
"""(origin of the page, session of its code) -> whether the session stands; PortalSilent where it cannot be asked."""

CODE = re.compile(r"([0-9]{1,12})\.([0-9a-f]{16})\.([0-9a-f]{64})")
LONGEST_SECONDS = 12 * 3600
"""No code is good for longer, whatever it says of itself."""
PORTAL_SECONDS = 5.0
"""For the portal to say whether a session stands."""


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


class NotPaired(BadRequest):
    """A page that shows no code, a wrong one, an old one, or that of a session that ended."""

    def __init__(self, message: str) -> None:
        super().__init__(403, message)


class PortalSilent(BadRequest):
    """Whether a session stands cannot be asked; without an answer nobody gets the card."""

    def __init__(self) -> None:
        super().__init__(503, "the portal does not say whether this session stands")


def check_pairing(
    secret: str, shown: str, now: float, origin: str | None, still_signed_in: StillSignedIn | None
) -> None:
    """Raises NotPaired, PortalSilent. The secret itself, typed at home, belongs to no session."""
    if not is_paired(secret, shown, now):
        raise NotPaired("not paired with this bridge")
    code = CODE.fullmatch(shown)
    if code is not None and still_signed_in is not None and not still_signed_in(origin, code[2]):
        raise NotPaired("who this code was made for has signed out")


def ask_portal(origins: tuple[str, ...]) -> StillSignedIn:
    """Ask the portal of the page's origin; a program of this machine has none, and the first of *origins* is asked."""
    import httpx

    def ask(origin: str | None, session: str) -> bool:
        try:
            answer = httpx.get(
                f"{origin or origins[0]}/api/v1/bridge/sessions/{session}", timeout=PORTAL_SECONDS, trust_env=False
            )
            return answer.raise_for_status().json()["signed_in"] is True
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            raise PortalSilent from None

    return ask


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
