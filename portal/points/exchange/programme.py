"""The private programme, as the portal speaks to it (README.md)."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

from portal.config import Settings

SECONDS, WHOLE = 5.0, 30.0
"""For each step of a call, and for all of it: one that answers a byte at a time would hold the worker for ever."""
LONGEST_ANSWER, LONGEST_LIST = 64_000, 16_000_000
"""Bytes that are read of an answer, and of the list of some days; what is longer is none."""
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
        self, method: str, path: str, body: dict[str, Any] | None = None, *, longest: int = LONGEST_ANSWER
    ) -> dict[str, Any]:
        try:
            status, content = asyncio.run(self._call(method, path, body, longest))
            told = json.loads(content)
        except (OSError, ValueError, RecursionError):
            raise ProgrammeSilent from None
        if not isinstance(told, dict):
            raise ProgrammeSilent
        code = told.get("code")
        if status in (404, 409, 422) and isinstance(code, str) and CODE.fullmatch(code):
            raise ProgrammeRefuses(code)
        if not 200 <= status < 300:
            raise ProgrammeSilent
        return told

    async def _call(self, method: str, path: str, body: dict[str, Any] | None, longest: int) -> tuple[int, bytes]:
        """Status and content, as they come: nothing is unpacked. Raises OSError (TimeoutError among them), ValueError."""
        import httpx  # only who exchanges needs it

        headers, content = {"Authorization": f"Bearer {self.token}", "Accept-Encoding": "identity"}, bytearray()
        try:
            async with asyncio.timeout(WHOLE), httpx.AsyncClient(
                timeout=SECONDS, follow_redirects=False, trust_env=False
            ) as client, client.stream(method, self.url + path, json=body, headers=headers) as answer:  # fmt: skip
                async for part in answer.aiter_raw():
                    content += part
                    if len(content) > longest:
                        raise ValueError("too long an answer")
        except httpx.HTTPError as fault:
            raise ConnectionError(type(fault).__name__) from None
        return answer.status_code, bytes(content)


def _kept(key: object) -> str:
    """A key as it is told, without signs that no database holds (NUL, half of a pair)."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in str(key)[:LONGEST_KEY])
