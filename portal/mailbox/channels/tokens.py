"""What follows from a key of ours and so needs no table: codes for addresses, links that stop mail."""

import base64
import binascii
from datetime import datetime
from uuid import UUID

from portal.core.crypto import b64url, mac

CODE_DIGITS = 6
STOP_MAC = 16  # bytes


def code(key: bytes, resident_id: UUID, address: str, asked_at: datetime) -> str:
    """The six digits sent to *address*: another person, address or moment has another code."""
    digest = mac(key, b"mail-code", resident_id.bytes, address.encode(), asked_at.isoformat().encode())
    return f"{int.from_bytes(digest, 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def name_of(key: bytes, resident_id: UUID, address: str, asked_at: datetime) -> UUID:
    """What this code's message is called, the same each time it is sent, so that a repeat can be dropped."""
    return UUID(bytes=mac(key, b"code-name", resident_id.bytes, address.encode(), asked_at.isoformat().encode())[:16])


def stop_token(key: bytes, resident_id: UUID, address: str) -> str:
    """What a mail to *address* may be stopped with; of no use any more once the person has another address."""
    return b64url(resident_id.bytes + _stop_mac(key, resident_id, address))


def whose_token(token: str) -> UUID | None:
    """Whom a token claims to be for; `is_for` says whether that is so."""
    try:
        found = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return UUID(bytes=found[:16]) if len(found) == 16 + STOP_MAC else None


def _stop_mac(key: bytes, resident_id: UUID, address: str) -> bytes:
    return mac(key, b"mail-stop", resident_id.bytes, address.encode())[:STOP_MAC]
