"""What the QR code at an activity says: made anew all the time, so that a picture of it is soon worth nothing.

<seconds since 1970 until which it holds>.<HMAC over activity and seconds, base64url>
"""

import hmac
from datetime import datetime, timedelta
from uuid import UUID

from portal.core.crypto import b64url, mac
from portal.points.volunteering.rules import CodeOld

PURPOSE = "volunteer-attendance"
HOLDS = timedelta(minutes=2)
DEVICE_BYTES = 16


def write(key: bytes, activity: UUID, now: datetime) -> str:
    """The code that holds for two minutes from *now*."""
    until = str(int((now + HOLDS).timestamp()))
    return f"{until}.{_seal(key, activity, until)}"


def check(key: bytes, activity: UUID, typed: str, now: datetime) -> None:
    """Raises CodeOld unless the city wrote *typed* for this activity within the last two minutes."""
    until, _, seal = typed.partition(".")
    sound = hmac.compare_digest(seal.encode(), _seal(key, activity, until).encode())
    if not sound or not now.timestamp() <= int(until) <= (now + HOLDS).timestamp():
        raise CodeOld


def device_mark(key: bytes, activity: UUID, cookie: str) -> str:
    """Tells two phones apart at one activity, and says nothing anywhere else; "" for a phone without a cookie."""
    return mac(key, b"device", activity.bytes, cookie.encode())[:DEVICE_BYTES].hex() if cookie else ""


def _seal(key: bytes, activity: UUID, until: str) -> str:
    return b64url(mac(key, b"code", activity.bytes, until.encode("utf-8", "replace"))[:DEVICE_BYTES])
