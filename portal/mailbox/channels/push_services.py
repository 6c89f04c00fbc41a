"""Handing a sealed message to a push service. Its address came from a browser: it is trusted no further than a look."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec

from portal.core import clock, lookups, outbound
from portal.core.crypto import b64url
from portal.core.outbound import Call
from portal.mailbox.channels import rules, webpush
from portal.mailbox.channels.parcels import Outcome, Result


@dataclass(frozen=True, slots=True)
class Target:
    """One browser."""

    device_id: UUID
    endpoint: str = field(repr=False)
    p256dh: bytes = field(repr=False)
    auth: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PushServices:
    """How this portal speaks to push services."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    contact: str
    more_hosts: frozenset[str]

    @property
    def public_key(self) -> str:
        """What a browser needs to subscribe (applicationServerKey)."""
        return b64url(webpush.point(self.key))

    def send(self, target: Target, told: dict[str, str], *, parcel: UUID, urgent: bool, until: datetime) -> Result:
        """One message to one browser; *parcel* lets the service drop a repeat that still waits there."""
        try:
            host, port, near = rules.check_endpoint(target.endpoint, self.more_hosts)
            address = _address(host, port, may_be_near=near)
            body = webpush.seal(json.dumps(told).encode(), p256dh=target.p256dh, auth=target.auth)
        except (rules.DeviceRefused, ValueError):
            return Result(Outcome.GONE)
        except OSError:
            return Result(Outcome.LATER)
        headers = self._headers(target.endpoint, until) | {
            "Urgency": "high" if urgent else "normal",
            "Topic": b64url(parcel.bytes),
        }
        try:
            heard = outbound.knock(Call("POST", target.endpoint, headers, content=body, at=address))
        except OSError:
            return Result(Outcome.LATER)
        return _result(heard.status, heard.headers.get("retry-after", ""))

    def _headers(self, endpoint: str, until: datetime) -> dict[str, str]:
        parts = urlsplit(endpoint)
        origin = f"{parts.scheme}://{parts.netloc}"
        return {
            "Host": parts.netloc,
            "Authorization": webpush.authorization(self.key, origin=origin, contact=self.contact),
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(max(0, int((until - clock.now()).total_seconds()))),
        }


def _address(host: str, port: int, *, may_be_near: bool) -> str:
    """The address to connect to; ValueError if any of the host's is in this house."""
    found = lookups.addresses(host, port, outbound.STEP)
    if not may_be_near and not all(map(rules.is_public, found)):
        raise ValueError("an address inside")
    return sorted(found, key=lambda address: (":" in address, address))[0]


def _result(status: int, retry_after: str) -> Result:
    if 200 <= status < 300:
        return Result(Outcome.SENT)
    if status in (404, 410):
        return Result(Outcome.GONE)
    if status == 429 or status >= 500:
        return Result(Outcome.LATER, after=_asked(retry_after))
    return Result(Outcome.REFUSED)


def _asked(retry_after: str) -> timedelta | None:
    """Retry-After in seconds or as a date (RFC 9110 section 10.2.3); what cannot be read asks for nothing."""
    if retry_after.isascii() and retry_after.isdigit():
        return timedelta(seconds=min(int(retry_after[:9]), 86_400))
    try:
        when = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):  # a year of twenty digits
        return None
    return when.replace(tzinfo=when.tzinfo or UTC) - clock.machine_now()
