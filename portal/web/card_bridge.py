"""The card on the staff reader, as pages and forms speak of it (components/card_bridge.html)."""

import base64
import binascii
import hmac
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from flask import g, request

from portal.config import Settings
from portal.core import clock
from portal.core.identity import CardNotRead
from portal.web.hall import hall

PAIRED_FOR = timedelta(hours=10)
"""A working day; the bridge takes no code for longer than twelve hours."""


NAMED = 16
"""Signs of a session's hash by which bridge and portal speak of it; its code ends with it."""
NOBODY = "0" * NAMED
"""In the code of a page on which nobody is signed in; only the demo, whose reader is the city's, makes such."""


def pairing() -> str:
    """What this page shows the bridge: a code for who is signed in now, made of the secret that no page holds
    (card_reader/README.md, "Bridge"). "" where no bridge was paired."""
    secret = hall().settings.bridge_pairing
    if not secret:
        return ""
    until = int((clock.machine_now() + PAIRED_FOR).timestamp())
    session = (g.session_hash or "")[:NAMED] or NOBODY
    mac = hmac.new(secret.encode(), f"bridge-pairing.{until}.{session}".encode(), "sha256").hexdigest()
    return f"{until}.{session}.{mac}"


def on_reader(challenge: UUID, text: bytes) -> dict[str, str]:
    """What a page needs so that the reader's program asks a card to sign *text*."""
    settings = hall().settings
    return {
        "challenge_id": str(challenge),
        "challenge": base64.urlsafe_b64encode(text).decode().rstrip("="),
        "bridge": settings.bridge_url,
        "pairing": pairing(),
    }


def challenge_id() -> UUID:
    """Which challenge the form answers; CardNotRead if none."""
    try:
        return UUID(request.form.get("challenge_id", ""))
    except ValueError:
        raise CardNotRead from None


def asking(ask: Callable[[str, Settings], None]) -> Callable[[], None]:
    """What a form with a card's signature does before its transaction begins: *ask* about the certificate in it, since
    whoever issued it may answer slowly."""

    def before() -> None:
        ask(request.form.get("certificate", ""), hall().settings)

    return before


def proof() -> tuple[bytes, bytes]:
    """(certificate, signature) as the card bridge put them into the form; CardNotRead if it did not."""
    try:
        certificate, signature = (
            base64.b64decode(request.form.get(name, ""), validate=True) for name in ("certificate", "signature")
        )
    except (binascii.Error, ValueError):
        raise CardNotRead from None
    return certificate, signature
