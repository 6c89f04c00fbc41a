"""The coin box's service for the kiosk (JSON) and its front, a page where coins go in. Loopback only."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from flask import Flask, Response, abort, jsonify, redirect, render_template, request

from kiosk.coin_box.box import COINS, Box, CoinRefused
from kiosk.devices.protocols import CoinBoxFault
from kiosk.guard import guard_loopback, harden

Answer = Response | tuple[Response, int]


def create_coin_box(box: Box) -> Flask:
    """The service around one box."""
    app = Flask(__name__)
    app.before_request(guard_loopback)
    app.after_request(harden)
    app.register_error_handler(CoinBoxFault, _fault)
    _declare_service(app, box)
    _declare_front(app, box)
    return app


def _declare_service(app: Flask, box: Box) -> None:
    @app.get("/state")
    def state() -> Response:
        return jsonify(state=box.state())

    @app.post("/payments")
    def ask() -> Answer:
        body: Any = request.get_json(silent=True)
        if not isinstance(body, dict):
            abort(400)
        reference, amount = body.get("reference"), body.get("amount")
        if not isinstance(reference, str) or type(amount) is not int or not 0 <= amount <= 100_000:
            abort(400)
        return jsonify(asdict(box.ask(reference, amount))), 201

    @app.get("/payments/<reference>")
    def look(reference: str) -> Response:
        payment = box.look(reference)
        return jsonify(asdict(payment)) if payment else abort(404)

    @app.get("/days/<day>")
    def counted(day: str) -> Response:
        try:
            return jsonify(asdict(box.counted(date.fromisoformat(day).isoformat())))
        except ValueError:
            abort(404)

    @app.post("/payments/<reference>/cancel")
    def cancel(reference: str) -> Response:
        return jsonify(asdict(box.cancel(reference)))

    @app.post("/payments/<reference>/refund")
    def refund(reference: str) -> Response:
        return jsonify(asdict(box.refund(reference)))

    @app.post("/payments/<reference>/keep")
    def keep(reference: str) -> Response:
        return jsonify(asdict(box.keep(reference)))


def _declare_front(app: Flask, box: Box) -> None:
    @app.get("/")
    def front() -> str:
        refused = request.args.get("refused", "")
        return render_template(
            "coin-box.html", box=box, payment=box.current(), coins=COINS, refused=refused, state=box.state()
        )

    @app.post("/coins")
    def insert() -> Any:
        try:
            box.insert(int(request.form.get("coin", "0")))
        except (CoinRefused, ValueError) as refused:
            return redirect(f"/?refused={getattr(refused, 'reason', 'unknown-coin')}", 303)
        return redirect("/", 303)

    @app.post("/lever/<name>")
    def lever(name: str) -> Any:
        levers = {
            "return": box.press_return,
            "tray": box.take_from_tray,
            "jam": box.jam,
            "repair": box.repair,
        }
        if name not in levers:
            abort(404)
        levers[name]()
        return redirect("/", 303)


def _fault(fault: CoinBoxFault) -> Answer:
    return jsonify(fault=str(fault)), 409
