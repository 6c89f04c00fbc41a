"""The kiosk's side of the contract: signed in by private_key_jwt (RFC 7523), one key for each effect.

A POST that met a broken line is sent again with the same Idempotency-Key until its deadline, so it happens
once. Answers of the portal are never logged; they hold what belongs to one person.
"""

from __future__ import annotations

import base64
import re
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, TypeVar

import httpx
from joserfc.jwk import ECKey
from pydantic import ValidationError

from card_reader.machine_sign_in import MachineSignIn, SignInRefused
from kiosk import messages as m
from kiosk import steps
from kiosk.emergency import Emergency
from kiosk.point_facts import Coupon, PointAccount
from kiosk.portal_time import PortalTime

_BUSY = frozenset({502, 503, 504})
_ORDER_KEYWORD = re.compile(rb"order:([0-9a-fA-F-]{36})")
_OWNER_KEYWORD = re.compile(rb"owner:([0-9a-f]{64})")
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

    def __init__(
        self,
        url: str,
        client_id: str,
        key: ECKey,
        deadlines: Deadlines | None = None,
        clock: PortalTime | None = None,
    ) -> None:
        self.clock = clock or PortalTime()
        self._url = url.rstrip("/")
        self._deadlines = deadlines or Deadlines()
        self._http = httpx.Client(base_url=self._url, timeout=self._deadlines.one_try, trust_env=False)
        self._http.event_hooks = {"response": [lambda answer: self.clock.hear(answer.headers.get("Date"))]}
        self._card = ("", "")
        self._sign_in = MachineSignIn(self._http, self._url, client_id, key, "kiosk", wall=self.clock.best)

    # The person's session.

    def open_session(self, language: str) -> m.OpenedSession:
        body = m.OpenSession(language=language)
        return self._post("/kiosk/v1/sessions", body, m.OpenedSession, language=language)

    def present_card(self, session: str, *, certificate: bytes, signature: bytes, language: str) -> steps.Person:
        body = m.PresentCard(
            certificate=base64.b64encode(certificate).decode(), signature=base64.b64encode(signature).decode()
        )
        path = f"/kiosk/v1/sessions/{session}/card"
        person = self._post(path, body, m.CardAccepted, language=language).person(session)
        self._card = (session, sha256(certificate).hexdigest())
        return person

    def check_in(self, session: str, reference: str, language: str) -> steps.Ticket:
        path = f"/kiosk/v1/sessions/{session}/check-in"
        return self._post(path, m.CheckIn(reference=reference), m.CheckedIn, language=language).as_ticket()

    def certificates(self, session: str, language: str) -> tuple[steps.Kind, ...]:
        answer = self._send("GET", f"/kiosk/v1/sessions/{session}/certificates", language=language)
        return _read(answer, m.Certificates).as_kinds()

    def place_order(self, session: str, order: m.PlaceOrder, language: str) -> steps.Order:
        path = f"/kiosk/v1/sessions/{session}/orders"
        placed = self._post(path, order, m.PlacedOrder, language=language).as_order()
        of, card = self._card
        return replace(placed, mark=owner_mark(card, placed.order) if of == session else "")

    def tasks(self, session: str, language: str) -> steps.Waiting:
        answer = self._send("GET", f"/kiosk/v1/sessions/{session}/tasks", language=language)
        return _read(answer, m.Tasks).as_waiting()

    def card_services(self, session: str, language: str) -> steps.CardServices:
        answer = self._send("GET", f"/kiosk/v1/sessions/{session}/services", language=language)
        return _read(answer, m.CardServices).as_services()

    def points(self, session: str, language: str) -> PointAccount:
        answer = self._send("GET", f"/kiosk/v1/sessions/{session}/points", language=language)
        return _read(answer, m.PointsAccount).as_account()

    def redeem(self, session: str, reward: str, language: str) -> Coupon:
        path = f"/kiosk/v1/sessions/{session}/coupons"
        return self._post(path, m.Redeem(reward=reward), m.Coupon, language=language).as_coupon()

    def coupon_slip(self, session: str, coupon: str, language: str) -> bytes:
        """The coupon on paper, as PDF. Raises WrongDocument when it is none."""
        return self._pdf(f"/kiosk/v1/sessions/{session}/coupons/{coupon}/slip", language)

    def enter_code(self, session: str, code: str, language: str) -> m.CodeEntered:
        """The key follows from session and code: scanned again after a lost answer, it is the same call."""
        path, key = f"/kiosk/v1/sessions/{session}/codes", str(uuid.uuid5(uuid.UUID(session), code))
        return self._post(path, m.EnterCode(code=code), m.CodeEntered, language=language, key=key)

    def end_session(self, session: str) -> None:
        self._send("POST", f"/kiosk/v1/sessions/{session}/end", body={}, key=str(uuid.uuid4()))

    # A number, without a card.

    def number_offers(self, language: str) -> tuple[steps.NumberOffer, ...]:
        return _read(self._send("GET", "/kiosk/v1/numbers", language=language), m.NumberOffers).as_offers()

    def draw_number(self, kind: str, language: str) -> steps.Drawn:
        body = m.DrawNumber(kind=kind)
        return self._post("/kiosk/v1/numbers", body, m.DrawnNumber, language=language).as_drawn()

    def number_slip(self, token: str, language: str) -> bytes:
        """The slip as PDF. Raises WrongDocument when it is none."""
        return self._pdf(f"/kiosk/v1/numbers/{token}/slip", language)

    def check_in_by_code(self, code: str, language: str) -> steps.Drawn:
        """The number of the visit whose code somebody showed."""
        drawn = self._post("/kiosk/v1/check-ins", m.CheckInByCode(code=code), m.DrawnNumber, language=language)
        return replace(drawn.as_drawn(), visit=True)

    def _pdf(self, path: str, language: str) -> bytes:
        pdf = self._send("GET", path, language=language).content
        if not pdf.startswith(b"%PDF-") or len(pdf) > MAX_PDF_BYTES:
            raise WrongDocument("not-a-document")
        return pdf

    # A paid order. The keys follow from the order, so that a restarted kiosk repeats instead of doubling.

    def order_paid(self, order: str, body: m.OrderPaid) -> None:
        self._post(f"/kiosk/v1/orders/{order}/paid", body, m.OrderState, key=_key(order, "paid"))

    def document(self, order: str, owner: str, mark: str) -> bytes:
        """The PDF of a paid order. Raises WrongDocument unless it names this order, this owner and no other."""
        answer = self._send("GET", f"/kiosk/v1/orders/{order}/document", headers={"X-Order-Owner": owner})
        check_document(answer.content, order, answer.headers.get("X-Document-Sha256", ""), mark)
        return answer.content

    def order_printed(self, order: str, body: m.OrderPrinted) -> None:
        self._post(f"/kiosk/v1/orders/{order}/printed", body, m.OrderState, key=_key(order, "printed"))

    def order_failed(self, order: str, body: m.OrderFailed) -> None:
        """The same order may fail twice: its money kept first, and back later. Those are two effects."""
        key = _key(order, "failed" if body.refunded else "owed")
        self._post(f"/kiosk/v1/orders/{order}/failed", body, m.OrderState, key=key)

    def ask_time(self) -> float | None:
        """The portal's time; where it was not heard yet, one try. None without a line."""
        if self.clock.now() is None:
            with suppress(PortalUnreachable, PortalRefused):
                self._send("GET", "/emergency/now", seconds=0)
        return self.clock.now()

    def heartbeat(self, body: m.Heartbeat) -> m.HeartbeatAnswer:
        """One try: the next beat comes soon anyway."""
        key = str(uuid.uuid4())
        sent = self._send("POST", "/kiosk/v1/heartbeat", body=body.model_dump(), key=key, seconds=0)
        return _read(sent, m.HeartbeatAnswer)

    def emergencies(self, now: float) -> tuple[Emergency, ...]:
        """What is up in the city; one try. `now` is the machine's clock."""
        told = _read(self._send("GET", "/emergency/now", seconds=0), m.Emergencies)
        return tuple(alarm.heard(now) for alarm in told.alarms)

    def close_day(self, body: m.DayCounted) -> None:
        """The key follows from the day, so that telling it again is telling it once."""
        key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"closing:{body.model_dump_json()}"))
        self._post("/kiosk/v1/closings", body, m.Done, key=key)

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
                self._sign_in.forget()
            elif answer is not None and answer.status_code not in _BUSY:
                return _settled(answer)
            elif time.monotonic() + self._deadlines.pause >= ends:
                raise PortalUnreachable(path.rsplit("/", 1)[-1])
            else:
                time.sleep(self._deadlines.pause)

    def _try(self, method: str, path: str, body: Any, headers: dict[str, str]) -> httpx.Response | None:
        try:
            return self._http.request(method, path, json=body, headers=headers | self._sign_in.headers())
        except httpx.TransportError:
            return None
        except SignInRefused as refused:
            _settled(refused.answer)
            raise PortalUnreachable("token not understood") from refused


def owner_mark(card: str, order: str) -> str:
    """What the paper of *order* names as its owner: made of the card's fingerprint, which the portal never sends here."""
    return sha256(f"{card}:{order}".encode()).hexdigest()


def check_document(pdf: bytes, order: str, digest: str, mark: str) -> None:
    """The wrong-person check before paper: whole, a PDF, naming this order and no other, and the owner of the card that was
    on this reader and no other (keywords). Where it is not known whose card that was, nothing is printed."""
    if not pdf.startswith(b"%PDF-") or len(pdf) > MAX_PDF_BYTES:
        raise WrongDocument("not-a-document")
    if sha256(pdf).hexdigest() != digest.lower():
        raise WrongDocument("damaged")
    named = {found.decode().lower() for found in _ORDER_KEYWORD.findall(pdf)}
    if named != {order.lower()}:
        raise WrongDocument("other-order")
    if not mark or {found.decode() for found in _OWNER_KEYWORD.findall(pdf)} != {mark}:
        raise WrongDocument("other-owner")


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
