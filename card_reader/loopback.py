"""Small HTTP services for this machine only: what the simulator's control and the bridge have in common.

They listen on 127.0.0.1 and still trust nobody: any web page the user has open can send requests here, so the
Host header must name this machine (DNS rebinding) and each service decides which origins may speak to it.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from card_reader.errors import PortTaken, outline

log = logging.getLogger(__name__)

BODY_LIMIT = 192 * 1024  # a document to be signed, in base64
STATIC = Path(__file__).with_name("static")
CONTENT_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": CONTENT_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with no-referrer our own forms would come with "Origin: null"
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What a service gets to see; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def origin(self) -> str | None:
        return self.headers.get("origin")

    def record(self) -> dict[str, Any]:
        """Return the JSON object in the body; BadRequest when there is none."""
        if self.headers.get("content-type", "").split(";")[0].strip() != "application/json":
            raise BadRequest(415, "send application/json")
        try:
            content = json.loads(self.body)
        except (ValueError, RecursionError):
            raise BadRequest(400, "the body is not JSON") from None
        if not isinstance(content, dict):
            raise BadRequest(400, "the body is not a JSON object")
        return content

    def form(self) -> dict[str, str]:
        """Return the fields of a submitted form, the first value of each."""
        return {name: values[0] for name, values in parse_qs(self.body.decode("utf-8", "replace")).items()}


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and headers beyond those every answer has."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer without end: its parts go out as they come, until there are none or nobody listens any more."""

    parts: Generator[bytes, None, None] = field(repr=False)
    kind: str = "text/event-stream"
    headers: Mapping[str, str] = field(default_factory=dict)


class BadRequest(Exception):
    """The request cannot be served; becomes an answer with this status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


Service = Callable[[Request], Answer | Stream]


def json_answer(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(content, ensure_ascii=False).encode(), headers=headers or {})


def page(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, text.encode(), "text/html; charset=utf-8", headers or {})


def see_other(location: str) -> Answer:
    return Answer(303, headers={"Location": location})


def stylesheet(name: str) -> Answer:
    return Answer(200, (STATIC / name).read_bytes(), "text/css; charset=utf-8")


def is_local_host(host: str) -> bool:
    """Whether a Host header names this machine; anything else is a name that was bent to point here."""
    try:
        return urlsplit(f"//{host}").hostname in {"127.0.0.1", "localhost", "::1"}
    except ValueError:
        return False


def is_own_page(request: Request) -> bool:
    """Whether a request was not sent by the page of another origin (browsers name it, programs need not)."""
    if request.origin is not None:
        return request.origin == f"http://{request.headers.get('host', '')}"
    return request.headers.get("sec-fetch-site", "none") in {"none", "same-origin"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "card-reader"
    sys_version = ""
    timeout = 30
    server: LoopbackServer

    def _serve(self) -> None:
        self.close_connection = True
        answer = self._answer()
        if isinstance(answer, Stream):
            self._send_on(answer)
        else:
            self._send(answer)

    do_GET = do_POST = do_OPTIONS = _serve  # noqa: N815 - the names http.server looks for

    def _answer(self) -> Answer | Stream:
        try:
            return self.server.service(self._request())
        except BadRequest as refusal:
            return json_answer({"error": {"message": str(refusal)}}, refusal.status)
        except Exception as fault:
            log.error("loopback.fault: %s", outline(fault))
            return json_answer({"error": {"message": "internal error"}}, 500)

    def _request(self) -> Request:
        headers = {name.lower(): value for name, value in self.headers.items()}
        if not is_local_host(headers.get("host", "")):
            raise BadRequest(421, "this service is for this machine only")
        length = headers.get("content-length", "0")
        # isdigit alone also takes "²", which int does not
        known = length.isascii() and length.isdigit() and len(length) < 10 and int(length) <= BODY_LIMIT
        if not known or "transfer-encoding" in headers:
            raise BadRequest(413, "the body is too long or of unknown length")
        target = urlsplit(self.path)
        body = self.rfile.read(int(length))
        return Request(self.command, target.path, parse_qs(target.query), headers, body)

    def _send(self, answer: Answer) -> None:
        self._send_head(answer.status, answer)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def _send_on(self, stream: Stream) -> None:
        with closing(stream.parts):
            self._send_head(200, stream)
            self.end_headers()
            try:
                for part in stream.parts:
                    self.wfile.write(part)
            except OSError:
                log.debug("loopback.listener-left")

    def _send_head(self, status: int, answer: Answer | Stream) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Connection", "close")

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server itself refuses (PUT, a broken request line) gets our headers too, and no page of its own."""
        self.close_connection = True
        self._send(json_answer({"error": {"message": "the request could not be understood"}}, code))

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: request lines hold ids that open a request."""


class LoopbackServer(ThreadingHTTPServer):
    """A server on 127.0.0.1; port 0 picks a free one, `url` says which."""

    daemon_threads = True

    def __init__(self, port: int, service: Service) -> None:
        """Begin to listen; PortTaken."""
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError as fault:
            raise PortTaken(f"port {port} of this machine cannot be used: {fault.strerror}") from None
        self.service = service

    def handle_error(self, request: object, client_address: object) -> None:
        """What no handler caught, where http.server would print a traceback with all it holds: mostly a browser that left
        before its answer, which is nobody's fault."""
        fault = sys.exception()
        if isinstance(fault, OSError):
            log.debug("loopback.caller-left")
        elif fault is not None:
            log.error("loopback.fault: %s", outline(fault))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"
