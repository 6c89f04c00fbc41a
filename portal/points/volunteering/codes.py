"""What the QR code at an activity says: made anew all the time, so that a picture of it is soon worth nothing.

<seconds since 1970 until which it holds>.<HMAC over activity and seconds, base64url>

Who scans it without being signed in gets a pass for the time the sign-in takes: it says when the scan was, for the browser
that made it and no other (decisions/0098). It is written only while the code itself holds.

p<seconds since 1970 of the scan>.<HMAC over activity, seconds and the browser's mark, base64url>
"""

import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

from portal.core.crypto import b64url, mac
from portal.points.volunteering.rules import CodeOld

PURPOSE = "volunteer-attendance"
HOLDS = timedelta(minutes=2)
PASS_HOLDS = timedelta(minutes=10)
"""So long somebody has for signing in after the scan."""
PASS = "p"
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


def write_pass(key: bytes, activity: UUID, browser: str, now: datetime) -> str:
    """That *browser* scanned a sound code *now*."""
    at = str(int(now.timestamp()))
    return f"{PASS}{at}.{_seal(key, activity, at, browser)}"


def scanned_at(key: bytes, activity: UUID, typed: str, browser: str, now: datetime) -> datetime:
    """When a sound code was scanned: now, or, by its pass, before *browser*'s person signed in. Raises CodeOld."""
    if not typed.startswith(PASS):
        check(key, activity, typed, now)
        return now
    at, _, seal = typed.removeprefix(PASS).partition(".")
    sound = browser and hmac.compare_digest(seal.encode(), _seal(key, activity, at, browser).encode())
    if not sound or not (now - PASS_HOLDS).timestamp() <= int(at) <= now.timestamp():
        raise CodeOld
    return datetime.fromtimestamp(int(at), UTC)


def device_mark(key: bytes, activity: UUID, cookie: str) -> str:
    """Tells two phones apart at one activity, and says nothing anywhere else; "" for a phone without a cookie."""
    return mac(key, b"device", activity.bytes, cookie.encode())[:DEVICE_BYTES].hex() if cookie else ""


def _seal(key: bytes, activity: UUID, at: str, browser: str = "") -> str:
    kind = (b"pass", browser.encode()) if browser else (b"code",)
    return b64url(mac(key, *kind, activity.bytes, at.encode("utf-8", "replace"))[:DEVICE_BYTES])
