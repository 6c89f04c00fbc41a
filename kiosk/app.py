"""The kiosk's screens: one address, one question at a time, drawn from the journey. Loopback only.

The journey is not in the address or in cookies; the screen shows what the machine is at, whoever asks.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, redirect, render_template, request
from flask_babel import Babel

from kiosk import events as ev
from kiosk import keypad
from kiosk.furigana import with_furigana
from kiosk.guard import guard_loopback, harden
from kiosk.health import beat
from kiosk.machine import Machine
from kiosk.screens import Site, declare_filters, screen
from kiosk.words import catalogues

SETTLE_SECONDS = 1.2
BEAT_SECONDS = 15.0

GESTURES: dict[str, Callable[[str], ev.Event]] = {
    "language": ev.LanguageChosen,
    "choose": ev.Chosen,
    "next": lambda value: ev.Next(),
    "back": lambda value: ev.Back(),
    "stop": lambda value: ev.Stop(),
    "more-time": lambda value: ev.Touched(),
    "comfort": ev.ComfortChosen,
    "earphone": lambda value: ev.EarphoneMoved(value == "in"),
}
ANY_TURN = frozenset({"language", "stop", "more-time", "comfort", "earphone", "staff"})


def create_app(machine: Machine, site: Site, *, translations: Path | None = None) -> Flask:
    """The screens of one machine. `translations`: folder of compiled catalogues, else the project's."""
    app = Flask(__name__)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(translations or catalogues())
    app.config["MAX_CONTENT_LENGTH"] = 4096
    Babel(app, locale_selector=lambda: machine.journey.language, default_timezone="Asia/Tokyo")
    declare_filters(app)
    token = secrets.token_urlsafe(32)
    app.before_request(guard_loopback)
    app.before_request(lambda: _guard_post(token))
    app.after_request(harden)
    _declare_screen(app, machine, site, token)
    _declare_signals(app, machine)
    return app


def _guard_post(token: str) -> None:
    """A post needs the origin of this very page and the token that only it knows."""
    if request.method != "POST":
        return
    given = request.form.get("token", "")
    if request.headers.get("Origin") is None or not hmac.compare_digest(given.encode(), token.encode()):
        abort(403)


def _declare_screen(app: Flask, machine: Machine, site: Site, token: str) -> None:
    @app.get("/")
    def show() -> str:
        view = screen(machine, site)
        page = render_template(f"{view.template}.html", **view.facts, token=token)
        journey = view.facts["journey"]
        return with_furigana(page) if journey.comfort.furigana and journey.language == "ja" else page

    @app.post("/act")
    def act() -> Any:
        _act(machine, request.form.get("do", ""), request.form.get("value", ""))
        machine.settle(SETTLE_SECONDS)
        return redirect("/", 303)


def _act(machine: Machine, gesture: str, value: str) -> None:
    """One touch. A touch on a screen that is gone already (double tap) means nothing."""
    fresh = request.form.get("turn") == str(machine.journey.turn)
    if not fresh and gesture not in ANY_TURN:
        return
    if gesture == "pin":
        _confirm_pin(machine)
    elif gesture in ("key", "erase"):
        _touch_pad(machine, gesture, value)
    elif gesture == "keypad":
        _press_key(machine, value)
    elif gesture == "staff":
        _call_staff(machine)
    elif gesture in GESTURES:
        machine.dispatch(GESTURES[gesture](value))
    else:
        abort(400)


def _touch_pad(machine: Machine, gesture: str, value: str) -> None:
    if gesture == "erase":
        machine.pad.erase()
    elif value in {str(position) for position in range(10)}:
        machine.pad.press(int(value))
    machine.dispatch(ev.Touched())
    machine.show_change()


def _press_key(machine: Machine, key: str) -> None:
    event = keypad.meaning(machine.journey, key)
    if event is not None:
        machine.dispatch(event)


def _call_staff(machine: Machine) -> None:
    """Told at once, not at the next beat; pressing again while somebody is on the way changes nothing."""
    machine.dispatch(ev.Touched())
    if not machine.journey.health.staff:
        machine.report_health(staff="called")
        machine.in_background(lambda: beat(machine))


def _confirm_pin(machine: Machine) -> None:
    if machine.pad.is_full:
        machine.dispatch(ev.PinEntered())
    else:
        machine.pad.confirmed_too_early = True
        machine.show_change()


def _declare_signals(app: Flask, machine: Machine) -> None:
    @app.get("/events")
    def events() -> Response:
        """Server-sent events: the number of the present picture and the last sound, nothing else."""
        answer = Response(_signals(machine), mimetype="text/event-stream")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @app.get("/healthz")
    def healthz() -> dict[str, Any]:
        health = machine.journey.health
        return {"in_service": health.in_service, "reader": health.reader, "portal": health.portal}


def _signals(machine: Machine) -> Iterator[str]:
    version = -1
    while not machine.is_stopping:
        version = machine.version
        ring, sound = machine.devices.bell.last()
        yield f"data: {json.dumps({'version': version, 'ring': ring, 'sound': sound})}\n\n"
        if machine.wait_for_change(version, BEAT_SECONDS) == version:
            yield ": still here\n\n"
