"""Insert and remove cards over loopback HTTP: a small page for a mouse, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request as Call
from urllib.request import urlopen

from card_reader.loopback import (
    Answer,
    BadRequest,
    Request,
    is_own_page,
    json_answer,
    page,
    see_other,
    stylesheet,
)
from card_reader.reader_ports import BadReaders
from card_reader.simulator.memory import Tear
from card_reader.simulator.rack import CannotInsert, Rack
from card_reader.simulator.responder import Responder

PORT = 8300
CALL_SECONDS = 10.0
TITLE = "架空カードの抜き差し / Simulated cards"
HEAD = f"""<!doctype html>
<html lang="ja">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{TITLE}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
<h1>{TITLE}</h1>
<p>ここにいる人も番号も、すべて架空です。 <span lang="en">Everybody here is fictitious.</span></p>
"""
FOOT = "</main>\n</body>\n</html>\n"


class Control:
    """The service behind the control port."""

    def __init__(self, rack: Rack) -> None:
        self._rack = rack
        self._responder = Responder(rack.folder)

    def __call__(self, request: Request) -> Answer:
        match request.method, request.path:
            case "GET", "/":
                return page(self._page())
            case "GET", "/style.css":
                return stylesheet("simulator.css")
            case "GET", "/v1/state":
                return json_answer(self._state())
            case "POST", "/":
                return self._form(request)
            case "POST", "/v1/insert" | "/v1/remove" | "/v1/mute" | "/v1/tear":
                return self._command(request)
            case "POST", "/ocsp":
                return self._certificate_status(request)
            case "GET", "/crl":
                return Answer(200, self._responder.crl(), "application/pkix-crl")
        raise BadRequest(404, "there is nothing here")

    def _state(self) -> dict[str, object]:
        people = [{"persona": person.persona, "name": person.name} for person in self._rack.people.values()]
        return {"readers": self._rack.state(), "personas": people}

    def _command(self, request: Request) -> Answer:
        if not is_own_page(request):
            raise BadRequest(403, "another origin may not move cards")
        try:
            self._act(request.path.rpartition("/")[2], request.record())
        except CannotInsert as refusal:
            return json_answer({"error": {"code": refusal.code, "message": str(refusal)}}, 409)
        except BadReaders as refusal:
            return json_answer({"error": {"code": "unknown-reader", "message": str(refusal)}}, 404)
        return json_answer(self._state())

    def _form(self, request: Request) -> Answer:
        if not is_own_page(request):
            raise BadRequest(403, "another origin may not move cards")
        fields = request.form()
        try:
            self._act(fields.get("act", ""), fields)
        except (CannotInsert, BadReaders) as refusal:
            return page(self._page(str(refusal)), 409)
        return see_other("/")

    def _act(self, act: str, fields: Mapping[str, Any]) -> None:
        reader = str(fields.get("reader") or "1")
        if act == "insert":
            self._rack.insert(str(fields.get("persona") or ""), reader, contactless=bool(fields.get("contactless")))
        elif act == "remove":
            self._rack.remove(reader)
        elif act == "mute":
            self._rack.mute(reader)
        elif act == "tear":
            self._rack.tear(reader, _tear(fields))
        else:
            raise BadRequest(400, "insert, remove, mute or tear")

    def _certificate_status(self, request: Request) -> Answer:
        """Online status of a certificate (RFC 6960 appendix A): any program may ask, a browser's page may not."""
        if not is_own_page(request) or request.headers.get("content-type") != "application/ocsp-request":
            raise BadRequest(415, "send application/ocsp-request")
        return Answer(200, self._responder.answer(request.body), "application/ocsp-response")

    def _page(self, problem: str = "") -> str:
        notice = f'<p role="alert" class="problem">{escape(problem)}</p>\n' if problem else ""
        return HEAD + notice + "".join(self._reader(record) for record in self._rack.state()) + FOOT

    def _reader(self, record: dict[str, object]) -> str:
        number, name, inserted = record["reader"], escape(str(record["name"])), record["persona"]
        if inserted:
            holder = escape(self._rack.people[str(inserted)].name)
            return (
                f'<section aria-labelledby="r{number}"><h2 id="r{number}">{name}</h2>\n'
                f"<p>いま入っているカード: <strong>{holder}</strong></p>\n"
                f"{_button(number, 'remove', '', f'{holder}さんのカードを抜く', 'Remove')}</section>\n"
            )
        buttons = "".join(
            _button(number, "insert", person.persona, f"{escape(person.name)}さんのカードを入れる", "Insert")
            for person in self._rack.people.values()
        )
        return (
            f'<section aria-labelledby="r{number}"><h2 id="r{number}">{name}</h2>\n'
            f"<p>カードは入っていません。</p>\n{buttons}</section>\n"
        )


def _tear(fields: Mapping[str, Any]) -> Tear:
    write = str(fields.get("write", 1))
    if not write.isdigit() or not 1 <= int(write) <= 1000:
        raise BadRequest(422, "write is a number from 1 to 1000")
    return Tear(int(write), bool(fields.get("kept")))


def _button(reader: object, act: str, persona: str, label: str, english: str) -> str:
    return (
        '<form method="post" action="/">'
        f'<input type="hidden" name="act" value="{act}">'
        f'<input type="hidden" name="reader" value="{reader}">'
        f'<input type="hidden" name="persona" value="{escape(persona)}">'
        f'<button type="submit">{label} <span lang="en">{english}</span></button></form>\n'
    )


class ControlError(Exception):
    """The simulator refused, or does not run; the message is for the person at the terminal."""


def call(port: int, act: str, **fields: object) -> dict[str, Any]:
    """Ask a running simulator to act ("insert", "remove", "mute", "tear", "state") and return its state."""
    url = f"http://127.0.0.1:{port}/v1/{act}"
    body = None if act == "state" else json.dumps(fields).encode()
    try:
        with urlopen(Call(url, body, {"Content-Type": "application/json"}), timeout=CALL_SECONDS) as answer:
            content: dict[str, object] = json.load(answer)
            return content
    except HTTPError as refusal:
        raise ControlError(json.load(refusal)["error"]["message"]) from None
    except (URLError, OSError):
        raise ControlError(f"no simulator answers on port {port}; start `card-reader simulate`") from None
