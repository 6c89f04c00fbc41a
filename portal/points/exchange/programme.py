"""The private programme, as the portal speaks to it (README.md)."""

import re
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Self

from portal.config import Settings
from portal.core import outbound
from portal.core.outbound import Call, Limits

LIMITS, LONGEST_LIST = Limits(whole=30.0), 16_000_000
"""What an answer may take, and how many bytes the list of some days may have; what is longer is none."""
MOST = 2**31 - 1
"""More than anybody exchanges; an answer beyond it is kept as this much, and stands out in the comparison."""
CODE = re.compile(r"[a-z0-9-]{1,40}")
"""A refusal is believed only in such a word: anything else may come from whoever stands in between."""
LONGEST_KEY = 40


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
        told = self._ask("GET", f"/v1/exchanges?since={since}&until={until}", longest=LONGEST_LIST)
        try:
            return {_kept(one["key"]): max(0, min(int(one["units"]), MOST)) for one in told["exchanges"]}
        except (KeyError, TypeError, ValueError, OverflowError):
            raise ProgrammeSilent from None

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, longest: int = outbound.LONGEST
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        call = Call(method, self.url + path, headers, json=body)
        try:
            heard = outbound.ask(call, replace(LIMITS, longest=longest))
            told = heard.told()
        except (OSError, ValueError):
            raise ProgrammeSilent from None
        if not isinstance(told, dict):
            raise ProgrammeSilent
        code = told.get("code")
        if heard.status in (404, 409, 422) and isinstance(code, str) and CODE.fullmatch(code):
            raise ProgrammeRefuses(code)
        if not heard.is_good:
            raise ProgrammeSilent
        return told


def _kept(key: object) -> str:
    """A key as it is told, without signs that no database holds (NUL, half of a pair)."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in str(key)[:LONGEST_KEY])
