"""How a machine shows the portal who it is: OAuth 2.0 client credentials with private_key_jwt (RFC 6749, 7521, 7523)."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
BUSY = frozenset({502, 503, 504})
EARLY = 60
"""Seconds before its end a token is not used any more."""


class SignInRefused(Exception):
    """The portal gave no token; *answer* is what it said."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(f"the portal answered {answer.status_code}")
        self.answer = answer


class MachineSignIn:
    """A token for *scope*, kept until shortly before it ends. Thread-safe; one instance for one machine. `wall`: seconds
    since 1970, for a machine that knows the time better than its own clock."""

    def __init__(
        self,
        http: httpx.Client,
        url: str,
        client_id: str,
        key: ECKey,
        scope: str,
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._wall = wall
        self._http, self._url, self._client_id, self._key, self._scope = http, url, client_id, key, scope
        self._lock = threading.Lock()
        self._token, self._ends = "", 0.0

    def headers(self) -> dict[str, str]:
        """The header every call carries. Raises SignInRefused, or httpx.TransportError while the portal is busy."""
        with self._lock:
            if time.monotonic() >= self._ends:
                self._fetch()
            return {"Authorization": f"Bearer {self._token}"}

    def forget(self) -> None:
        """The portal does not know the token any more: ask for a new one next time."""
        with self._lock:
            self._ends = 0.0

    def _fetch(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "scope": self._scope,
            "client_assertion_type": ASSERTION,
            "client_assertion": self._assertion(),
        }
        answer = self._http.post("/oauth/token", data=form)
        if answer.status_code in BUSY:
            raise httpx.ConnectError("token endpoint busy")
        try:
            token = answer.json()
            self._token, lives = str(token["access_token"]), float(token["expires_in"])
        except (ValueError, KeyError, TypeError):
            raise SignInRefused(answer) from None
        self._ends = time.monotonic() + max(lives - EARLY, 1)

    def _assertion(self) -> str:
        now = int(self._wall())
        claims = {
            "iss": self._client_id,
            "sub": self._client_id,
            "aud": f"{self._url}/oauth/token",
            "iat": now,
            "exp": now + 120,
            "jti": str(uuid.uuid4()),
        }
        kid = self._key.kid or self._key.thumbprint()
        return jwt.encode({"alg": "ES256", "kid": kid}, claims, self._key, algorithms=["ES256"])


def read_key(path: Path) -> ECKey:
    """The machine's private key from a JWK file. Raises ValueError without saying what the file holds."""
    try:
        key = ECKey.import_key(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, JoseError) as fault:
        raise ValueError(f"no usable key in {path.name}: {type(fault).__name__}") from None
    if key.curve_name != "P-256" or not key.is_private:
        raise ValueError(f"the key in {path.name} is not a private P-256 key")
    return key
