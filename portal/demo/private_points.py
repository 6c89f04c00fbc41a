"""The demo's private point programme. `python -m portal.demo.private_points --port 8150 --book FILE`.

It speaks what portal/points/exchange/README.md asks for and keeps its books in FILE (SQLite), so that it may end at any
moment. Members are numbers of ten digits that begin with 9.
"""

import argparse
import hmac
import json
import re
import signal
import sqlite3
import sys
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "demo-token-of-the-private-programme"
NAME = "デモポイント（架空）"
LARGEST = 10_000  # bytes
MEMBER = re.compile(r"9[0-9]{9}")
KEY = re.compile(r"[0-9A-Z-]{1,40}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
JST = timezone(timedelta(hours=9))
CONTRACT = Path(__file__).parents[1] / "points" / "exchange" / "openapi.json"
Told = tuple[int, dict[str, Any]]
FRONT = f"""<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{NAME}</title></head><body><main>
<h1>{NAME}</h1>
<p>市民ポイントの交換先の見本です。9で始まる10桁の数字は、どれも会員番号として使えます（例：9000000001）。</p>
<p lang="en">A sample of what citizen points are exchanged for. Every number of ten digits that begins with 9 is a member,
for example 9000000001. The calls it takes: <a href="/openapi.json">openapi.json</a>.</p>
</main></body></html>
"""
"""What a visitor reads."""


class Book:
    """All exchanges by the portal's key; written before anybody is told."""

    def __init__(self, file: str) -> None:
        self._lock = threading.Lock()
        self._rows = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._rows.execute("PRAGMA synchronous = FULL")
        self._rows.execute(
            "CREATE TABLE IF NOT EXISTS exchanges (key TEXT PRIMARY KEY, member TEXT, units INTEGER, state TEXT, day TEXT)"
        )

    def close(self) -> None:
        self._rows.close()

    def reserve(self, asked: Any) -> Told:
        if not isinstance(asked, dict):
            return 422, {"code": "unclear"}
        key, member, units = asked.get("key"), asked.get("member"), asked.get("units")
        if not (isinstance(key, str) and KEY.fullmatch(key) and isinstance(member, str)):
            return 422, {"code": "unclear"}
        if type(units) is not int or not 0 < units <= 100_000:
            return 422, {"code": "unclear"}
        if not MEMBER.fullmatch(member):
            return 404, {"code": "member-unknown"}
        with self._lock:
            self._rows.execute(
                "INSERT INTO exchanges VALUES (?, ?, ?, 'reserved', NULL) ON CONFLICT DO NOTHING", (key, member, units)
            )
            known = self._rows.execute("SELECT member, units, state FROM exchanges WHERE key = ?", (key,)).fetchone()
        if known[2] == "released":
            return 409, {"code": "released"}
        if known[:2] != (member, units):
            return 409, {"code": "another-exchange"}
        return 201, {"key": key, "state": known[2], "units": units}

    def capture(self, key: str) -> Told:
        today = datetime.now(JST).date().isoformat()
        with self._lock:
            self._rows.execute(
                "UPDATE exchanges SET state = 'captured', day = ? WHERE key = ? AND state = 'reserved'", (today, key)
            )
            known = self._rows.execute("SELECT state FROM exchanges WHERE key = ?", (key,)).fetchone()
        if known is None:
            return 404, {"code": "unknown"}
        return (200, {"key": key, "state": "captured"}) if known[0] == "captured" else (409, {"code": known[0]})

    def release(self, key: str) -> Told:
        with self._lock:
            self._rows.execute(
                "INSERT INTO exchanges VALUES (?, '', 0, 'released', NULL) ON CONFLICT (key) DO UPDATE "
                "SET state = 'released' WHERE state = 'reserved'",
                (key,),
            )
            known = self._rows.execute("SELECT state FROM exchanges WHERE key = ?", (key,)).fetchone()
        return (200, {"key": key, "state": "released"}) if known[0] == "released" else (409, {"code": known[0]})

    def captured(self, since: str, until: str) -> Told:
        query = "SELECT key, units, day FROM exchanges WHERE state = 'captured' AND day BETWEEN ? AND ? ORDER BY key"
        with self._lock:
            rows = self._rows.execute(query, (since, until)).fetchall()
        return 200, {"exchanges": [{"key": key, "units": units, "captured_on": day} for key, units, day in rows]}


class Web(BaseHTTPRequestHandler):
    """The calls of the portal."""

    server: "Service"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = parse_qs(parts.query)
        days = [asked.get(name, [""])[0] for name in ("since", "until")]
        if parts.path == "/":
            self._send(200, "text/html; charset=utf-8", FRONT.encode())
        elif parts.path == "/openapi.json":
            self._answer((200, json.loads(CONTRACT.read_text("utf-8"))))
        elif parts.path != "/v1/exchanges":
            self._answer((404, {"code": "unknown"}))
        elif not self._is_portal():
            self._answer((401, {"code": "who-are-you"}))
        elif not all(DAY.fullmatch(day) for day in days):
            self._answer((422, {"code": "unclear"}))
        else:
            self._answer(self.server.book.captured(*days))

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        body = self.rfile.read(int(length)) if length.isdigit() and int(length) <= LARGEST else b""
        if not self._is_portal():
            self._answer((401, {"code": "who-are-you"}))
            return
        match urlsplit(self.path).path.strip("/").split("/"):
            case ["v1", "exchanges"]:
                try:
                    self._answer(self.server.book.reserve(json.loads(body)))
                except ValueError:
                    self._answer((422, {"code": "unclear"}))
            case ["v1", "exchanges", key, "capture"] if KEY.fullmatch(key):
                self._answer(self.server.book.capture(key))
            case ["v1", "exchanges", key, "release"] if KEY.fullmatch(key):
                self._answer(self.server.book.release(key))
            case _:
                self._answer((404, {"code": "unknown"}))

    def _is_portal(self) -> bool:
        given = self.headers.get("Authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {self.server.token}".encode())

    def _answer(self, told: Told) -> None:
        status, said = told
        self._send(status, "application/json", json.dumps(said, ensure_ascii=False).encode())

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words: Any) -> None:
        """Nothing: who exchanges is nobody's log."""


class Service(ThreadingHTTPServer):
    """The programme on this machine. Port 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, book: str, token: str = TOKEN) -> None:
        super().__init__(("127.0.0.1", port), Web)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.token = token
        self.book = Book(book)


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m portal.demo.private_points", description=__doc__)
    parser.add_argument("--port", type=int, default=8150)
    parser.add_argument("--book", default=":memory:")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Service(options.port, options.book).serve_forever()


if __name__ == "__main__":
    main()
