"""LINE by the city's official account: the Messaging API of LINE, and what it tells us by its webhook.

Push: POST <line_url>/v2/bot/message/push with `Authorization: Bearer <line_token>`, `X-Line-Retry-Key: <uuid>` and JSON
{"to", "messages": [{"type": "text", "text"}]}. 200: taken; 409: taken before under this key; 429 and 5xx: later.
Webhook: POST /line/webhook, signed by `X-Line-Signature`, the base64 of HMAC-SHA256 over the body with <line_secret>.
Events used: message (a code typed to the account links it), unfollow (the account was blocked).
"""

import base64
import hmac
import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Self
from uuid import UUID

from portal.config import Settings
from portal.core import outbound
from portal.core.outbound import Call
from portal.mailbox.channels import rules
from portal.mailbox.channels.parcels import Outcome, Result

MOST_EVENTS = 100


@dataclass(frozen=True, slots=True)
class LineAccount:
    """The city's account. `name` is what people look for (@city)."""

    url: str
    token: str = field(repr=False)
    secret: bytes = field(repr=False)
    name: str

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        if not settings.line_url:
            return None
        secret = settings.line_secret.get_secret_value().encode()
        return cls(settings.line_url.rstrip("/"), settings.line_token.get_secret_value(), secret, settings.line_name)

    def send(self, parcel: UUID, *, to: str, text: str) -> Result:
        """One message. Sent again with the same *parcel*, LINE drops it."""
        told = {"to": to, "messages": [{"type": "text", "text": text}]}
        headers = {"Authorization": f"Bearer {self.token}", "X-Line-Retry-Key": str(parcel)}
        try:
            status = outbound.knock(Call("POST", f"{self.url}/v2/bot/message/push", headers, json=told)).status
        except OSError:
            return Result(Outcome.LATER)
        if 200 <= status < 300 or status == 409:
            return Result(Outcome.SENT)
        if status == 404:
            return Result(Outcome.GONE)
        return Result(Outcome.LATER if status == 429 or status >= 500 else Outcome.REFUSED)

    def events(self, body: bytes, signature: str) -> list[dict[str, Any]]:
        """What a call of the webhook tells; NotFromLine unless LINE signed it."""
        right = base64.b64encode(hmac.digest(self.secret, body, sha256)).decode()
        if not hmac.compare_digest(right, signature if signature.isascii() else ""):
            raise rules.NotFromLine
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            return []
        events = told.get("events") if isinstance(told, dict) else None
        return [one for one in events if isinstance(one, dict)][:MOST_EVENTS] if isinstance(events, list) else []
