"""Twins of a text message gateway and of LINE: they speak the same HTTP as the real ones, and keep what they get.

They are part of the demo's post office and of the tests: a portal is switched from the twin to the real thing by
settings alone (PORTAL_SMS_URL, PORTAL_LINE_URL and their secrets). Numbers that begin with 060000 and LINE users that
end in 0 are nobody's.
"""

import base64
import hmac
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

SMS_TOKEN, LINE_TOKEN, LINE_SECRET, LINE_NAME = "demo-sms", "demo-line", "demo-line-secret", "@demo-city"
NOBODY = "060000"
# What Japanese carriers take: 70 signs in one message, up to 670 in parts of 67.
ONE, PART, LONGEST = 70, 67, 670
KEPT = 1_000
Put = Callable[[str, str, str, str, str], None]
Answer = tuple[int, dict[str, Any]]


@dataclass
class Messengers:
    """Both services. `put` takes (name, way, to, title, text) of what came."""

    put: Put
    seen: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
        """The answer to a POST; None where *path* is not theirs."""
        if path == "/sms":
            return self._sms(headers, body)
        if path == "/v2/bot/message/push":
            return self._line(headers, body)
        return None

    def _sms(self, headers: Mapping[str, str], body: bytes) -> Answer:
        told = _read(body, ("id", "to", "from", "text"))
        if headers.get("Authorization") != f"Bearer {SMS_TOKEN}":
            return 401, {"error": "token"}
        if told is None or not told["to"].isdecimal():
            return 400, {"error": "body"}
        long = len(told["text"].encode("utf-16-le", "surrogatepass")) // 2
        if long > LONGEST:
            return 400, {"error": "text", "longest": LONGEST}
        parts = 1 if long <= ONE else -(-long // PART)
        if told["to"].startswith(NOBODY):
            return 200, {"status": "undeliverable"}
        if told["id"] not in self.seen:
            self.seen.append(told["id"])
            self.put(told["id"], "SMS", told["to"], told["from"], told["text"])
        return 200, {"status": "delivered", "parts": parts}

    def _line(self, headers: Mapping[str, str], body: bytes) -> Answer:
        if headers.get("Authorization") != f"Bearer {LINE_TOKEN}":
            return 401, {"message": "Authentication failed."}
        try:
            told, key = json.loads(body), str(UUID(headers.get("X-Line-Retry-Key", "")))
            to, text = told["to"], told["messages"][0]["text"]
        except (ValueError, KeyError, IndexError, TypeError):
            return 400, {"message": "The request body has errors."}
        if key in self.seen:
            return 409, {"message": "The retry key is already accepted."}
        if to.endswith("0"):
            return 404, {"message": "Not found."}
        self.seen.append(key)
        self.put(key, "LINE", to, "", text)
        return 200, {"sentMessages": [{"id": key}]}


def _read(body: bytes, names: tuple[str, ...]) -> dict[str, str] | None:
    try:
        told = json.loads(body)
    except ValueError:
        return None
    return told if isinstance(told, dict) and all(isinstance(told.get(name), str) for name in names) else None


def written(user: str, text: str) -> tuple[bytes, dict[str, str]]:
    """(body, headers) of LINE's call when *user* writes *text* to the city's account."""
    return _call(
        {"type": "message", "source": {"type": "user", "userId": user}, "message": {"type": "text", "text": text}}
    )


def blocked(user: str) -> tuple[bytes, dict[str, str]]:
    """The same when *user* blocks the account."""
    return _call({"type": "unfollow", "source": {"type": "user", "userId": user}})


def _call(event: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    body = json.dumps({"destination": LINE_NAME, "events": [event]}).encode()
    signature = base64.b64encode(hmac.digest(LINE_SECRET.encode(), body, sha256)).decode()
    return body, {"Content-Type": "application/json", "X-Line-Signature": signature}
