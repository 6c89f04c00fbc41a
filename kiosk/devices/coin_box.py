"""The coin box as the kiosk sees it, over its loopback service. Its twin is `kiosk.coin_box.box.Box`."""

from __future__ import annotations

from typing import Any

import httpx

from kiosk.devices.protocols import CoinBoxFault, Count, Payment


class HttpCoinBox:
    """Client of the coin box's service. Every call may be repeated with the same reference."""

    def __init__(self, url: str, *, seconds: float = 5.0) -> None:
        self._http = httpx.Client(base_url=url, timeout=seconds, trust_env=False)

    def state(self) -> str:
        try:
            return str(self._call("GET", "/state").get("state", "missing"))
        except CoinBoxFault:
            return "missing"

    def ask(self, reference: str, amount: int) -> Payment:
        return Payment(**self._call("POST", "/payments", {"reference": reference, "amount": amount}))

    def look(self, reference: str) -> Payment | None:
        answer = self._call("GET", f"/payments/{reference}", missing_ok=True)
        return Payment(**answer) if answer else None

    def cancel(self, reference: str) -> Payment:
        return Payment(**self._call("POST", f"/payments/{reference}/cancel", {}))

    def refund(self, reference: str) -> Payment:
        return Payment(**self._call("POST", f"/payments/{reference}/refund", {}))

    def keep(self, reference: str) -> Payment:
        return Payment(**self._call("POST", f"/payments/{reference}/keep", {}))

    def counted(self, day: str) -> Count:
        return Count(**self._call("GET", f"/days/{day}"))

    def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, missing_ok: bool = False
    ) -> dict[str, Any]:
        try:
            answer = self._http.request(method, path, json=body)
            if missing_ok and answer.status_code == 404:
                return {}
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as fault:
            raise CoinBoxFault(type(fault).__name__) from fault
        return found
