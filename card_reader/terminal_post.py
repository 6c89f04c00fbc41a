"""A terminal hands what it read to the service's own program: the library's till, the gym's gate."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

import httpx

from card_reader.terminal import Reading

log = logging.getLogger(__name__)

HERE = frozenset({"127.0.0.1", "localhost", "::1"})
PATIENCE = 3.0
"""Seconds; the next card waits meanwhile."""


class BadTarget(ValueError):
    """An address that readings must not go to."""


class Target:
    """Where readings are posted, as JSON, one each: on this machine, or elsewhere by https."""

    def __init__(self, url: str, http: httpx.Client | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and (parts.scheme, parts.hostname in HERE) != ("http", True):
            raise BadTarget("readings go to https addresses, or to this machine")
        self._url, self._http = url, http or httpx.Client(timeout=PATIENCE, trust_env=False)

    def post(self, reading: Reading) -> bool:
        """Whether the other program took it. The card's holder stands there: it is not tried again later."""
        try:
            self._http.post(self._url, json=reading.shown()).raise_for_status()
        except httpx.HTTPError as fault:
            log.warning("terminal.not-posted: %s", type(fault).__name__)
            return False
        return True
