"""Text messages by a gateway of the city's choice, over the smallest protocol a gateway can be wrapped in.

POST <sms_url> with `Authorization: Bearer <sms_token>` and JSON {"id", "to", "from", "text"}; the same id twice is sent
once. Answers: 2xx with {"status": "delivered" | "sent" | "undeliverable"}; 429 and 5xx mean "later".
"""

from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from portal.config import Settings
from portal.mailbox.channels.parcels import Outcome, Result

SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Gateway:
    url: str
    token: str = field(repr=False)
    sender: str

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        url = settings.sms_url.get_secret_value()
        return cls(url, settings.sms_token.get_secret_value(), settings.sms_from) if url else None

    def send(self, message_id: UUID, *, to: str, sender: str, text: str) -> Result:
        """SENT when the gateway took it; GONE when it knows that nobody is there."""
        import httpx  # only the worker sends, and only where there is a gateway

        told = {"id": str(message_id), "to": to, "from": sender or self.sender, "text": text}
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            with httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client:
                answer = client.post(self.url, json=told, headers=headers)
            status = answer.json().get("status") if answer.is_success else ""
        except (httpx.HTTPError, ValueError, AttributeError):
            return Result(Outcome.LATER)
        if answer.is_success:
            return Result(Outcome.GONE if status == "undeliverable" else Outcome.SENT)
        return Result(Outcome.LATER if answer.status_code == 429 or answer.status_code >= 500 else Outcome.REFUSED)
