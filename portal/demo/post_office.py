"""The demo's post office: mail server, push service, text messages and LINE that keep what they get, and a page that
shows it.

`python -m portal.demo.post_office --port 8120`: page and push service on that port, mail (SMTP) on the next one, both on
this machine only. It speaks just enough SMTP (RFC 5321) for one sender, delivers nowhere and forgets everything when
it ends. With `--bounces DIR` mail to nobody comes back there (portal.demo.returns); text messages and LINE are
portal.demo.messengers, and a form on the page writes to the city's LINE account (`--portal URL`). The page reads push
messages as the phone would: whose keys those are, the demo city knows (`phone`).
"""

import argparse
import json
import signal
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, cast
from urllib.parse import parse_qs

import httpx
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.core.clock import JST
from portal.core.crypto import b64url, derive_key
from portal.demo.messengers import LINE_NAME, Messengers, written
from portal.demo.returns import come_back
from portal.mailbox.channels.webpush import CURVE, point, portal_key

KEPT = 200
LARGEST = 1_000_000  # bytes
LONGEST_LINE = 2_000
FACES = {"Content-Security-Policy": "default-src 'none'; style-src 'self'", "Cache-Control": "no-store"}
STYLE = (
    "body{font:16px/1.7 sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}"
    "article{border-top:1px solid #bbb;padding:1rem 0}pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit}"
)


LINE_FORM = (
    '<form method="post" action="/line/say"><label>LINE → '
    f'{LINE_NAME} <input name="text" maxlength="40" required></label> <button>送信 Send</button></form>'
)
LINE_USER = "U" + "4" * 32


@dataclass(frozen=True, slots=True)
class Phone:
    """A demo person's phone: the keys its browser would have made."""

    name: str

    @property
    def key(self) -> ec.EllipticCurvePrivateKey:
        return portal_key(f"demo phone {self.name}".encode())

    @property
    def auth(self) -> bytes:
        return derive_key(self.name.encode(), "demo phone")[:16]

    def subscription(self, post_office: str) -> dict[str, Any]:
        """What its browser would tell the portal; *post_office* is "host:port"."""
        keys = {"p256dh": b64url(point(self.key)), "auth": b64url(self.auth)}
        return {"endpoint": f"http://{post_office}/push/{self.name}", "keys": keys}

    def open(self, body: bytes) -> dict[str, Any]:
        """A message as this phone reads it (RFC 8291); InvalidTag or ValueError if it is not for this phone."""
        salt, sender = body[:16], body[21:86]
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender))
        info = b"WebPush: info\0" + point(self.key) + sender
        secret = HKDF(SHA256(), 32, salt=self.auth, info=info).derive(shared)
        key = HKDF(SHA256(), 16, salt=salt, info=b"Content-Encoding: aes128gcm\0").derive(secret)
        nonce = HKDF(SHA256(), 12, salt=salt, info=b"Content-Encoding: nonce\0").derive(secret)
        plain = AESGCM(key).decrypt(nonce, body[86:], None).rstrip(b"\0")[:-1]
        return cast(dict[str, Any], json.loads(plain))


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that came."""

    at: datetime
    way: str
    to: str
    title: str
    text: str


@dataclass
class Shelf:
    """What came, the newest first. The same letter again (its Message-ID) is dropped, as mail programs do."""

    items: deque[Item] = field(default_factory=lambda: deque(maxlen=KEPT))
    names: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))
    bounces: Path | None = None
    portal: str = ""

    def put(self, name: str, way: str, to: str, title: str, text: str) -> None:
        if name not in self.names:
            self.names.append(name)
            self.items.appendleft(Item(datetime.now(JST), way, to, title, text))

    def page(self) -> str:
        """Everything as HTML."""
        shown = "".join(
            f"<article><h2>{escape(item.title)}</h2><p>{item.way} → {escape(item.to)} · "
            f"{item.at:%Y-%m-%d %H:%M:%S}</p><pre>{escape(item.text)}</pre></article>"
            for item in self.items
        )
        return (
            '<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>Demo post office</title>'
            '<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">'
            '<link rel="stylesheet" href="/style.css"></head><body><h1>デモ郵便局 Demo post office</h1>'
            f"<p>Mail, notifications, text messages and LINE of the demo city. Nothing leaves this machine.</p>{LINE_FORM}"
            f"{shown or '<p>–</p>'}"
            "</body></html>"
        )


class Mail(StreamRequestHandler):
    """One conversation in SMTP."""

    timeout = 30

    def handle(self) -> None:
        shelf: Shelf = self.server.shelf  # type: ignore[attr-defined]
        recipients: list[str] = []
        sender = ""
        self._say("220 demo post office")
        while line := self.rfile.readline(LONGEST_LINE):
            verb, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            match verb.upper():
                case "RCPT":
                    recipients.append(rest.partition(":")[2].strip(" <>"))
                    self._say("250 OK")
                case "MAIL":
                    sender = rest.partition(":")[2].partition(" ")[0].strip("<>")
                    self._say("250 OK")
                case "DATA":
                    self._say("354 go on")
                    _shelve(shelf, self._letter(), sender, recipients)
                    recipients = []
                    self._say("250 OK")
                case "QUIT":
                    self._say("221 bye")
                    return
                case "EHLO" | "HELO" | "RSET" | "NOOP":
                    self._say("250 OK")
                case _:
                    self._say("502 not here")

    def _letter(self) -> bytes:
        lines: list[bytes] = []
        while (line := self.rfile.readline(LARGEST)) not in (b".\r\n", b"") and sum(map(len, lines)) < LARGEST:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


def _shelve(shelf: Shelf, content: bytes, sender: str, recipients: list[str]) -> None:
    letter = message_from_bytes(content, policy=default)
    folder = shelf.bounces
    if folder and any(come_back(folder, letter, sender=sender, to=to) for to in recipients):
        return
    body = letter.get_body(("plain",))
    text = body.get_content() if body else ""
    shelf.put(str(letter["Message-ID"]), "メール Mail", ", ".join(recipients), str(letter["Subject"]), text)


class Web(BaseHTTPRequestHandler):
    """The page, and the push service."""

    def do_GET(self) -> None:
        shelf: Shelf = self.server.shelf  # type: ignore[attr-defined]
        if self.path == "/style.css":
            self._answer(200, STYLE, "text/css")
        elif self.path == "/":
            self._answer(200, shelf.page(), "text/html; charset=utf-8")
        else:
            self._answer(404, "", "text/plain")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        body = self.rfile.read(int(length)) if length.isdigit() and int(length) <= 4_096 else b""
        shelf: Shelf = self.server.shelf  # type: ignore[attr-defined]
        if self.path == "/line/say":
            self._say_in_line(shelf, body)
            return
        if answer := Messengers(shelf.put, shelf.names).take(self.path, dict(self.headers), body):
            self._answer(answer[0], json.dumps(answer[1]), "application/json")
            return
        name = self.path.removeprefix("/push/")
        try:
            told = Phone(name).open(body)
        except (InvalidTag, ValueError):
            self._answer(400, "", "text/plain")
            return
        text = f"{told['body']}\n{told['url']}"
        shelf.put(self.headers.get("Topic", ""), "通知 Push", name, told["title"], text)
        self._answer(201, "", "text/plain")

    def _say_in_line(self, shelf: Shelf, form: bytes) -> None:
        """What the form of the page says is written to the city's account, as LINE would tell the portal."""
        text = parse_qs(form.decode("utf-8", "replace")).get("text", [""])[0]
        body, headers = written(LINE_USER, text)
        if shelf.portal:
            httpx.post(f"{shelf.portal}/line/webhook", content=body, headers=headers, timeout=10)
        self.send_response(303)
        self.send_header("Location", "/")
        self.end_headers()

    def _answer(self, status: int, text: str, kind: str) -> None:
        content = text.encode()
        self.send_response(status)
        for header, value in {**FACES, "Content-Type": kind, "Content-Length": str(len(content))}.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words: Any) -> None:
        """Nothing: who got what is nobody's log."""


class PostOffice:
    """Both servers over one shelf."""

    def __init__(self, port: int, mail_port: int, *, bounces: Path | None = None, portal: str = "") -> None:
        self.shelf = Shelf(bounces=bounces, portal=portal)
        ThreadingTCPServer.allow_reuse_address = ThreadingTCPServer.daemon_threads = True
        self.web = ThreadingHTTPServer(("127.0.0.1", port), Web)
        self.mail = ThreadingTCPServer(("127.0.0.1", mail_port), Mail)
        for server in (self.web, self.mail):
            server.shelf = self.shelf  # type: ignore[union-attr]

    def run(self) -> None:
        """Serve until the process is told to end."""
        threading.Thread(target=self.mail.serve_forever, daemon=True).start()
        self.web.serve_forever()


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m portal.demo.post_office", description=__doc__)
    parser.add_argument("--port", type=int, default=8120)
    parser.add_argument("--bounces", type=Path, help="a Maildir")
    parser.add_argument("--portal", default="", help="its address, for what is written in LINE")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    PostOffice(asked.port, asked.port + 1, bounces=asked.bounces, portal=asked.portal).run()


if __name__ == "__main__":
    main()
