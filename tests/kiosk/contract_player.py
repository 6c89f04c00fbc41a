"""A portal that knows nothing but the contract's examples: it answers with them and checks what it is sent.

One request is right when it has the method, path, headers and body fields of its example. Orders get fresh
numbers, so that several can be told apart. `lose_next_answer` breaks the line after an effect has happened.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, request
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.serving import make_server

from tests import serving

CLOCKS_DIFFER = 30
CONTRACT = Path(__file__).parents[1] / "contract"


def example(name: str) -> dict[str, Any]:
    return json.loads((CONTRACT / f"{name}.json").read_text("utf-8"))


def pdf_of(order: str, owner: str = "") -> bytes:
    """The smallest thing that passes for a document of one order (and of one owner)."""
    words = f"order:{order}" + (f", owner:{owner}" if owner else "")
    return b"%PDF-1.7\n1 0 obj<</Keywords(" + words.encode() + b")>>endobj\n%%EOF\n"


class ContractPlayer:
    """Serve with `start()`; `seen` counts effects, `orders` says how each ended."""

    def __init__(self, key: ECKey, client_id: str = "kiosk-chuo-1") -> None:
        self.key = key
        self.client_id = client_id
        self.seen: Counter[str] = Counter()
        self.orders: dict[str, str] = {}
        self.bodies: dict[str, list[dict[str, Any]]] = {}
        self.languages: list[str] = []
        self.answers: dict[str, dict[str, Any]] = {}
        self.documents: dict[str, bytes] = {}
        self._cards: dict[str, str] = {}
        self._lose: set[str] = set()
        self._kept: dict[str, tuple[bytes, Response]] = {}
        self._tokens: set[str] = set()
        self._jti: set[str] = set()
        self._lock = threading.Lock()
        self.down = False
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        serving.begin(self._server)

    def stop(self) -> None:
        serving.end(self._server)

    def answer_with(self, message: str, name: str) -> None:
        """From now on answer `message` with the example file `name`."""
        self.answers[message] = example(name)

    def lose_next_answer(self, message: str) -> None:
        self._lose.add(message)

    def forget_past(self) -> None:
        """What was asked and answered so far, for runs in which only the kiosk's own memory counts."""
        for kept in (self._kept, self.bodies, self.orders, self.languages, self._cards):
            kept.clear()  # type: ignore[attr-defined]

    def forget_tokens(self) -> None:
        self._tokens.clear()

    def _app(self) -> Flask:
        app = Flask("contract_player")
        app.add_url_rule("/oauth/token", view_func=self._token, methods=["POST"])
        session, order = "/kiosk/v1/sessions", "/kiosk/v1/orders/<order>"
        routes = {
            "open-session": ("POST", session),
            "present-card": ("POST", f"{session}/<session>/card"),
            "check-in": ("POST", f"{session}/<session>/check-in"),
            "certificates": ("GET", f"{session}/<session>/certificates"),
            "tasks": ("GET", f"{session}/<session>/tasks"),
            "card-services": ("GET", f"{session}/<session>/services"),
            "points": ("GET", f"{session}/<session>/points"),
            "redeem": ("POST", f"{session}/<session>/coupons"),
            "enter-code": ("POST", f"{session}/<session>/codes"),
            "coupon-slip": ("GET", f"{session}/<session>/coupons/<coupon>/slip"),
            "check-in-by-code": ("POST", "/kiosk/v1/check-ins"),
            "close-day": ("POST", "/kiosk/v1/closings"),
            "place-order": ("POST", f"{session}/<session>/orders"),
            "end-session": ("POST", f"{session}/<session>/end"),
            "order-paid": ("POST", f"{order}/paid"),
            "order-document": ("GET", f"{order}/document"),
            "order-printed": ("POST", f"{order}/printed"),
            "order-failed": ("POST", f"{order}/failed"),
            "heartbeat": ("POST", "/kiosk/v1/heartbeat"),
            "emergency-now": ("GET", "/emergency/now"),
            "number-offers": ("GET", "/kiosk/v1/numbers"),
            "draw-number": ("POST", "/kiosk/v1/numbers"),
            "number-slip": ("GET", "/kiosk/v1/numbers/<token>/slip"),
        }
        for message, (method, path) in routes.items():
            app.add_url_rule(path, message, self._view(message), methods=[method])
        return app

    def _token(self) -> dict[str, Any]:
        if self.down:
            abort(503)
        asked = example("token.request")["form"]
        assert set(request.form) == set(asked)
        assert request.form["client_assertion_type"] == asked["client_assertion_type"]
        token = jwt.decode(request.form["client_assertion"], self.key, algorithms=["ES256"])
        claims = token.claims
        assert claims["iss"] == claims["sub"] == self.client_id
        assert claims["aud"] == f"{self.url}/oauth/token"
        assert 0 < claims["exp"] - claims["iat"] <= 300
        if not -CLOCKS_DIFFER < claims["exp"] - time.time() < claims["exp"] - claims["iat"] + CLOCKS_DIFFER:
            abort(401)
        assert token.header["kid"]
        assert claims["jti"] not in self._jti
        self._jti.add(claims["jti"])
        access = uuid.uuid4().hex
        self._tokens.add(access)
        self.seen["token"] += 1
        return {**example("token.response")["body"], "access_token": access}

    def _view(self, message: str) -> Any:
        def view(**place: str) -> Response:
            if self.down:
                abort(503)
            if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self._tokens:
                abort(401)
            with self._lock:
                answer = self._once(message, place)
            if message in self._lose:
                self._lose.discard(message)
                abort(502)
            return answer

        return view

    def _once(self, message: str, place: dict[str, str]) -> Response:
        """The idempotent half: the same key and body get the same answer, another body is refused."""
        self._check(message)
        if request.method == "GET":
            return self._effect(message, place)
        key = request.headers["Idempotency-Key"]
        if key in self._kept:
            body, answer = self._kept[key]
            return answer if body == request.get_data() else _answer(example("problem-idempotency-key-reused.response"))
        answer = self._effect(message, place)
        self._kept[key] = (request.get_data(), answer)
        return answer

    def _check(self, message: str) -> None:
        asked = example(f"{message}.request")
        assert request.method == asked["method"]
        assert set(asked["headers"]) <= set(request.headers.keys()), message
        pattern = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "[0-9a-f-]{36}", asked["path"])
        pattern = re.sub(r"\w{43}", "[A-Za-z0-9_-]{43}", pattern)
        assert re.fullmatch(pattern, request.path), message
        if "body" in asked:
            body = request.get_json()
            assert set(body) == set(asked["body"]), message
            for name, value in asked["body"].items():
                assert type(body[name]) is type(value), (message, name)

    def _effect(self, message: str, place: dict[str, str]) -> Response:
        self.seen[message] += 1
        self.bodies.setdefault(message, []).append(request.get_json(silent=True) or {})
        self.languages.append(request.headers.get("Accept-Language", ""))
        answer = self.answers.get(message) or example(f"{message}.response")
        if answer["status"] >= 400:
            return _answer(answer)
        order = place.get("order", "")
        if message == "present-card":
            card = base64.b64decode(request.get_json()["certificate"])
            self._cards[place["session"]] = hashlib.sha256(card).hexdigest()
        if message == "place-order":
            order = str(uuid.uuid4())
            self._cards[order] = self._cards.get(place["session"], "")
            self.orders[order] = "ordered"
            copies = request.get_json()["copies"]
            body = {**answer["body"], "order": order, "owner": f"owner-of-{order}", "fee": 200 * copies}
            return _answer({**answer, "body": body})
        if order:
            owner = request.headers.get("X-Order-Owner") or request.get_json()["owner"]
            assert owner == f"owner-of-{order}", "an order is only for its owner"
        if message == "order-document":
            owner = hashlib.sha256(f"{self._cards.get(order, '')}:{order}".encode()).hexdigest()
            pdf = self.documents.get(order, pdf_of(order, owner))
            digest = hashlib.sha256(pdf).hexdigest()
            return Response(pdf, mimetype="application/pdf", headers={"X-Document-Sha256": digest})
        if message in ("number-slip", "coupon-slip"):
            return Response(pdf_of("number"), mimetype="application/pdf")
        ends = {"order-paid": "paid", "order-printed": "printed", "order-failed": "refunded"}
        if message == "order-failed" and not request.get_json()["refunded"]:
            ends["order-failed"] = "owed"
            answer = example("order-failed-owed.response")
        if message in ends:
            assert self.orders.get(order) not in ("printed", "refunded"), "an order ends once"
            self.orders[order] = ends[message]
        return _answer(answer)


def _answer(message: dict[str, Any]) -> Response:
    kind = message["headers"]["Content-Type"]
    return Response(json.dumps(message.get("body", {})), message["status"], mimetype=kind)
