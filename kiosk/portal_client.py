"""The kiosk's side of the contract: signed in by private_key_jwt (RFC 7523), one key for each effect.

A POST that met a broken line is sent again with the same Idempotency-Key until its deadline, so it happens
once. Answers of the portal are never logged; they hold what belongs to one person.
"""

from __future__ import annotations

import base64
import json
import re
import threading
import time
import uuid
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import ValidationError

from kiosk import messages as m
from kiosk import steps

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_BUSY = frozenset({502, 503, 504})
_ORDER_KEYWORD = re.compile(rb"order:([0-9a-fA-F-]{36})")
MAX_PDF_BYTES = 20_000_000
Answer = TypeVar("Answer", bound=m.Message)


class PortalRefused(Exception):
    """The portal said no, in words for the person."""

    def __init__(self, problem: m.Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class PortalUnreachable(Exception):
    """No answer by the deadline, or none that can be understood."""


class WrongDocument(Exception):
    """The document is damaged or belongs to another order. It must not be printed."""


@dataclass(frozen=True)
class Deadlines:
    """Seconds an action may take over all tries, and one try."""

    action: float = 15.0
    one_try: float = 6.0
    pause: float = 0.3


class PortalClient:
    """Thread-safe. One instance for one kiosk."""

    def __init__(self, url: str, client_id: str, key: ECKey, deadlines: Deadlines | None = None) -> None:
        self._url = url.rstrip("/")
        self._client_id = client_id
        self._key = key
        self._deadlines = deadlines or Deadlines()
        self._http = httpx.Client(base_url=self._url, timeout=self._deadlines.one_try, trust_env=False)
        self._lock = threading.Lock()
        self._token = ""
        self._token_ends = 0.0

    # The person's session.

    def open_session(self, language: str) -> m.OpenedSession:
        body = m.OpenSession(language=language)
        return self._post("/kiosk/v1/sessions", body, m.OpenedSession, language=language)

    def present_card(self, session: str, *, certificate: bytes, signature: bytes, language: str) -> steps.Person:
        body = m.PresentCard(
            certificate=base64.b64encode(certificate).decode(), signature=base64.b64encode(signature).decode()
        )
        path = f"/kiosk/v1/sessions/{session}/card"
        return self._post(path, body, m.CardAccepted, language=language).person(session)

    def check_in(self, session: str, reference: str, language: str) -> steps.Ticket:
        path = f"/kiosk/v1/sessions/{session}/check-in"
        return self._post(path, m.CheckIn(reference=reference), m.CheckedIn, language=language).as_ticket()

    def certificates(self, session: str, language: str) -> tuple[steps.Kind, ...]:
        answer = self._send("GET", f"/kiosk/v1/sessions/{session}/certificates", language=language)
        return _read(answer, m.Certificates).as_kinds()

    def place_order(self, session: str, order: m.PlaceOrder, language: str) -> steps.Order:
        path = f"/kiosk/v1/sessions/{session}/orders"
        return self._post(path, order, m.PlacedOrder, language=language).as_order()

    def end_session(self, session: str) -> None:
        self._send("POST", f"/kiosk/v1/sessions/{session}/end", body={}, key=str(uuid.uuid4()))

    # A paid order. The keys follow from the order, so that a restarted kiosk repeats instead of doubling.

    def order_paid(self, order: str, body: m.OrderPaid) -> None:
        self._post(f"/kiosk/v1/orders/{order}/paid", body, m.OrderState, key=_key(order, "paid"))

    def document(self, order: str, owner: str) -> bytes:
        """The PDF of a paid order. Raises WrongDocument unless it names this order and no other."""
        answer = self._send("GET", f"/kiosk/v1/orders/{order}/document", headers={"X-Order-Owner": owner})
        check_document(answer.content, order, answer.headers.get("X-Document-Sha256", ""))
        return answer.content

    def order_printed(self, order: str, body: m.OrderPrinted) -> None:
        self._post(f"/kiosk/v1/orders/{order}/printed", body, m.OrderState, key=_key(order, "printed"))

    def order_failed(self, order: str, body: m.OrderFailed) -> None:
        """The same order may fail twice: its money kept first, and back later. Those are two effects."""
        key = _key(order, "failed" if body.refunded else "owed")
        self._post(f"/kiosk/v1/orders/{order}/failed", body, m.OrderState, key=key)

    def heartbeat(self, body: m.Heartbeat) -> m.HeartbeatAnswer:
        """One try: the next beat comes soon anyway."""
        key = str(uuid.uuid4())
        sent = self._send("POST", "/kiosk/v1/heartbeat", body=body.model_dump(), key=key, seconds=0)
        return _read(sent, m.HeartbeatAnswer)

    # Underneath.

    def _post(self, path: str, body: m.Message, answer: type[Answer], *, language: str = "ja", key: str = "") -> Answer:
        key = key or str(uuid.uuid4())
        sent = self._send("POST", path, body=body.model_dump(mode="json"), key=key, language=language)
        return _read(sent, answer)

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        key: str = "",
        language: str = "ja",
        headers: dict[str, str] | None = None,
        seconds: float | None = None,
    ) -> httpx.Response:
        """One call, repeated over broken lines until the deadline."""
        headers = {"Accept-Language": language, **(headers or {})}
        if key:
            headers["Idempotency-Key"] = key
        ends = time.monotonic() + (self._deadlines.action if seconds is None else seconds)
        renewed = False
        while True:
            answer = self._try(method, path, body, headers)
            if answer is not None and answer.status_code == 401 and not renewed:
                renewed = True
                self._forget_token()
            elif answer is not None and answer.status_code not in _BUSY:
                return _settled(answer)
            elif time.monotonic() + self._deadlines.pause >= ends:
                raise PortalUnreachable(path.rsplit("/", 1)[-1])
            else:
                time.sleep(self._deadlines.pause)

    def _try(self, method: str, path: str, body: Any, headers: dict[str, str]) -> httpx.Response | None:
        try:
            bearer = {"Authorization": f"Bearer {self._bearer()}"}
            return self._http.request(method, path, json=body, headers=headers | bearer)
        except httpx.TransportError:
            return None

    def _bearer(self) -> str:
        with self._lock:
            if time.monotonic() >= self._token_ends:
                token = self._fetch_token()
                self._token = token.access_token
                self._token_ends = time.monotonic() + max(token.expires_in - 60, 1)
            return self._token

    def _forget_token(self) -> None:
        with self._lock:
            self._token_ends = 0.0

    def _fetch_token(self) -> m.Token:
        form = {
            "grant_type": "client_credentials",
            "scope": "kiosk",
            "client_assertion_type": _ASSERTION,
            "client_assertion": self._assertion(),
        }
        answer = self._http.post("/oauth/token", data=form)
        if answer.status_code in _BUSY:
            raise httpx.ConnectError("token endpoint busy")
        return _read(_settled(answer), m.Token)

    def _assertion(self) -> str:
        now = int(time.time())
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
    """The device's private key from a JWK file. Raises ValueError without saying what the file holds."""
    try:
        key = ECKey.import_key(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, JoseError) as fault:
        raise ValueError(f"no usable key in {path.name}: {type(fault).__name__}") from None
    if key.curve_name != "P-256" or not key.is_private:
        raise ValueError(f"the key in {path.name} is not a private P-256 key")
    return key


def check_document(pdf: bytes, order: str, digest: str) -> None:
    """The wrong-person check before paper: whole, a PDF, and naming this order and no other (keywords)."""
    if not pdf.startswith(b"%PDF-") or len(pdf) > MAX_PDF_BYTES:
        raise WrongDocument("not-a-document")
    if sha256(pdf).hexdigest() != digest.lower():
        raise WrongDocument("damaged")
    named = {found.decode().lower() for found in _ORDER_KEYWORD.findall(pdf)}
    if named != {order.lower()}:
        raise WrongDocument("other-order")


def _key(order: str, action: str) -> str:
    return str(uuid.uuid5(uuid.UUID(order), action))


def _settled(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        problem = m.Problem.model_validate_json(answer.content)
    except ValidationError:
        problem = m.Problem(status=answer.status_code, code="unknown")
    if answer.status_code >= 500:
        raise PortalUnreachable(problem.code)
    raise PortalRefused(problem)


def _read(answer: httpx.Response, kind: type[Answer]) -> Answer:
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError as fault:
        raise PortalUnreachable(f"answer not understood: {kind.__name__}") from fault
