"""The payment service, as the portal speaks to it (README.md). It takes the money on its own page: no card number ever
comes near the portal. The demo's is portal.demo.payments."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

from portal.certificates.online.rules import PaymentServiceSilent
from portal.config import Settings
from portal.core import outbound
from portal.core.money import Yen
from portal.core.outbound import Call


class PaymentState(StrEnum):
    OPEN = "open"
    PAID = "paid"
    REFUNDED = "refunded"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Begun:
    """A payment at the service: its number there, and the page on which the person pays."""

    payment: str
    page: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the service says of a payment. Only what it says itself counts, never what comes back with a browser."""

    state: PaymentState
    amount: Yen


@dataclass(frozen=True, slots=True)
class PaymentService:
    url: str
    token: str = field(repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        return cls(settings.payment_url, settings.payment_token.get_secret_value()) if settings.payment_url else None

    def begin(self, order_id: UUID, *, reference: str, amount: int, back: str) -> Begun:
        """Open a payment; the same order twice gets the same one."""
        asked = {"key": str(order_id), "reference": reference, "amount": amount, "currency": "JPY", "return_url": back}
        answer = self._ask("POST", "/v1/payments", asked)
        payment, page = str(answer.get("id", "")), str(answer.get("page", ""))
        if not payment or len(payment) > 80 or len(page) > 400 or _origin(page) != _origin(self.url):
            raise PaymentServiceSilent
        return Begun(payment, page)

    def look(self, payment: str) -> Told:
        answer = self._ask("GET", f"/v1/payments/{payment}")
        try:
            return Told(PaymentState(answer["state"]), Yen(int(answer["amount"])))
        except (KeyError, TypeError, ValueError):
            raise PaymentServiceSilent from None

    def give_back(self, payment: str) -> None:
        """All of it; asked twice, it is given back once."""
        self._ask("POST", f"/v1/payments/{payment}/refund", {})

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            heard = outbound.ask(Call(method, self.url + path, headers, json=body))
            told = heard.told() if heard.is_good else None
        except (OSError, ValueError):
            told = None
        if not isinstance(told, dict):
            raise PaymentServiceSilent
        return told


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
