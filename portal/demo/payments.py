"""The demo's payment service: no money moves. `python -m portal.demo.payments --port 8140`.

It speaks what portal/certificates/online/README.md asks for, shows a page of its own on which one pays or does not, and
forgets everything when it ends.
"""

import argparse
import hmac
import json
import secrets
import signal
import sys
import threading
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "demo-token-of-the-payment-service"
LARGEST = 10_000  # bytes
FACES = {"Content-Security-Policy": "default-src 'none'; style-src 'self'", "Cache-Control": "no-store"}
STYLE = (
    "body{font:16px/1.7 sans-serif;max-width:30rem;margin:2rem auto;padding:0 1rem}.sum{font-size:2rem}"
    "button,a{font:inherit;display:block;width:100%;box-sizing:border-box;text-align:center;padding:.75rem 1rem;"
    "margin:.75rem 0;border:1px solid #00613f;border-radius:.5rem;background:#fff;color:#00613f;text-decoration:none}"
    "button.pay{background:#00613f;color:#fff}"
)


@dataclass
class Payment:
    """One payment; `state` is open, paid, refunded or ended."""

    id: str
    reference: str
    amount: int
    return_url: str
    state: str = "open"


@dataclass
class Book:
    """All payments, by number and by the portal's key."""

    payments: dict[str, Payment] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, asked: dict[str, Any]) -> Payment | None:
        """None for what is no wish of the portal's."""
        key, amount, back = str(asked.get("key", "")), asked.get("amount"), str(asked.get("return_url", ""))
        if not key or not isinstance(amount, int) or amount <= 0 or urlsplit(back).scheme not in ("http", "https"):
            return None
        with self.lock:
            if key not in self.keys:
                made = Payment(secrets.token_urlsafe(12), str(asked.get("reference", ""))[:40], amount, back)
                self.payments[made.id], self.keys[key] = made, made.id
            return self.payments[self.keys[key]]

    def move(self, number: str, since: tuple[str, ...], to: str) -> Payment | None:
        with self.lock:
            found = self.payments.get(number)
            if found and found.state in since:
                found.state = to
            return found


class Web(BaseHTTPRequestHandler):
    """The calls of the portal and the page of whoever pays."""

    server: "Service"

    def do_GET(self) -> None:
        match urlsplit(self.path).path.strip("/").split("/"):
            case ["v1", "payments", number] if self._is_portal():
                self._tell(self.server.book.payments.get(number))
            case ["pay", number] if number in self.server.book.payments:
                self._answer(200, _page(self.server.book.payments[number]), "text/html; charset=utf-8")
            case ["style.css"]:
                self._answer(200, STYLE, "text/css")
            case _:
                self._answer(404, "", "text/plain")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        body = self.rfile.read(int(length)) if length.isdigit() and int(length) <= LARGEST else b""
        match urlsplit(self.path).path.strip("/").split("/"):
            case ["v1", "payments"] if self._is_portal():
                try:
                    self._tell(self.server.book.begin(json.loads(body)))
                except (ValueError, AttributeError):
                    self._answer(400, "", "text/plain")
            case ["v1", "payments", number, "refund"] if self._is_portal():
                self._tell(self.server.book.move(number, ("paid",), "refunded"))
            case ["pay", number]:
                paid = dict(parse_qsl(body.decode("utf-8", "replace"))).get("do") == "pay"
                self._back(self.server.book.move(number, ("open",), "paid") if paid else None, number)
            case _:
                self._answer(404, "", "text/plain")

    def _is_portal(self) -> bool:
        given = self.headers.get("Authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {self.server.token}".encode())

    def _tell(self, found: Payment | None) -> None:
        if found is None:
            self._answer(404, "", "text/plain")
            return
        told = {"id": found.id, "state": found.state, "amount": found.amount, "page": self.server.page_of(found)}
        self._answer(200, json.dumps(told), "application/json")

    def _back(self, found: Payment | None, number: str) -> None:
        found = found or self.server.book.payments.get(number)
        if found is None:
            self._answer(404, "", "text/plain")
            return
        self.send_response(303)
        self.send_header("Location", found.return_url)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, status: int, text: str, kind: str) -> None:
        content = text.encode()
        self.send_response(status)
        for header, value in {**FACES, "Content-Type": kind, "Content-Length": str(len(content))}.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words: Any) -> None:
        """Nothing: who pays is nobody's log."""


def _page(payment: Payment) -> str:
    pay = (
        '<form method="post"><button class="pay" name="do" value="pay">支払う Pay</button>'
        '<button name="do" value="no">支払わずに戻る Back without paying</button></form>'
        if payment.state == "open"
        else f'<p>お支払い済み、または終了しています。Paid or over.</p><a href="{escape(payment.return_url)}">戻る Back</a>'
    )
    return (
        '<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>デモ決済 Demo payment</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/style.css"></head><body>'
        "<main><h1>デモ決済 Demo payment</h1><p>架空の決済サービスです。お金は動きません。No money moves.</p>"
        f'<p>{escape(payment.reference)}</p><p class="sum">{payment.amount:,}円</p>{pay}</main></body></html>'
    )


class Service(ThreadingHTTPServer):
    """The service on this machine. Port 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, token: str = TOKEN) -> None:
        super().__init__(("127.0.0.1", port), Web)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.token = token
        self.book = Book()

    def page_of(self, payment: Payment) -> str:
        return f"{self.url}/pay/{payment.id}"


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m portal.demo.payments", description=__doc__)
    parser.add_argument("--port", type=int, default=8140)
    port = parser.parse_args().port
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Service(port).serve_forever()


if __name__ == "__main__":
    main()
