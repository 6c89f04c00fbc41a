"""The private programme, as the portal speaks to it (README.md)."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

from portal.config import Settings

SECONDS = 5.0
MOST = 2**31 - 1
"""More than anybody exchanges; an answer beyond it is kept as this much, and stands out in the comparison."""


class ProgrammeSilent(Exception):
    """No answer, or none that can be read: asked again later."""


class ProgrammeRefuses(Exception):
    """It says no, and why: `code`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Programme:
    url: str
    token: str = field(repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        return cls(settings.exchange_url, settings.exchange_token.get_secret_value()) if settings.exchange_url else None

    def reserve(self, key: str, *, member: str, units: int) -> None:
        """Raises ProgrammeRefuses, ProgrammeSilent."""
        told = self._ask("POST", "/v1/exchanges", {"key": key, "member": member, "units": units})
        if told.get("state") not in ("reserved", "captured") or told.get("units") != units:
            raise ProgrammeSilent

    def capture(self, key: str) -> None:
        if self._ask("POST", f"/v1/exchanges/{key}/capture", {}).get("state") != "captured":
            raise ProgrammeSilent

    def release(self, key: str) -> None:
        if self._ask("POST", f"/v1/exchanges/{key}/release", {}).get("state") != "released":
            raise ProgrammeSilent

    def captured(self, since: date, until: date) -> dict[str, int]:
        """Units by key of what it captured on these days."""
        told = self._ask("GET", f"/v1/exchanges?since={since}&until={until}")
        try:
            return {str(one["key"])[:40]: max(0, min(int(one["units"]), MOST)) for one in told["exchanges"]}
        except (KeyError, TypeError, ValueError, OverflowError):
            raise ProgrammeSilent from None

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        import httpx  # only who exchanges needs it

        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            with httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client:
                answer = client.request(method, self.url + path, json=body, headers=headers)
            told = answer.json()
        except (httpx.HTTPError, ValueError, RecursionError):
            raise ProgrammeSilent from None
        if not isinstance(told, dict):
            raise ProgrammeSilent
        if answer.status_code in (404, 409, 422) and isinstance(told.get("code"), str):
            raise ProgrammeRefuses(told["code"][:40])
        if not answer.is_success:
            raise ProgrammeSilent
        return told
