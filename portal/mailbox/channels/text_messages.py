"""Text messages by a gateway of the city's choice, over the smallest protocol a gateway can be wrapped in.

POST <sms_url> with `Authorization: Bearer <sms_token>` and JSON {"id", "to", "from", "text"}; the same id twice is sent
once. Answers: 2xx with {"status": "delivered" | "sent" | "undeliverable"}, where "sent" says that nobody knows yet whether
it arrived; 429 and 5xx mean "later". Japanese carriers take 70 signs as one message, and up to 670 as one that arrives
in one piece and costs by the part of 67; longer ones they take not at all.
"""

from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from portal.config import Settings
from portal.core import outbound
from portal.core.outbound import Call
from portal.mailbox.channels.parcels import Outcome, Result

ONE, PART, LONGEST = 70, 67, 670


def signs(text: str) -> int:
    """How long carriers count a text: by units of UTF-16, in which most emoji are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parts(text: str) -> int:
    """How many messages it costs."""
    return 1 if signs(text) <= ONE else -(-signs(text) // PART)


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
        """SENT when the gateway took it (`arrived` when it says so); GONE when it knows that nobody is there."""
        if signs(text) > LONGEST:
            return Result(Outcome.REFUSED)
        told = {"id": str(message_id), "to": to, "from": sender or self.sender, "text": text}
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            answer = outbound.ask(Call("POST", self.url, headers, json=told))
            status = answer.told().get("status") if answer.is_good else ""
        except (OSError, ValueError, AttributeError):
            return Result(Outcome.LATER)
        if answer.is_good:
            return Result(Outcome.GONE if status == "undeliverable" else Outcome.SENT, arrived=status != "sent")
        return Result(Outcome.LATER if answer.status == 429 or answer.status >= 500 else Outcome.REFUSED)
