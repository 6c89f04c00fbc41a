"""A push service of the tests' own: takes messages as a browser's maker does, checks who sends them (RFC 8292), and
opens them as the browser would (RFC 8291), by other code than the portal's."""

import base64
import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from tests import serving


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _hmac(key: bytes, data: bytes) -> bytes:
    digest = HMAC(key, SHA256())
    digest.update(data)
    return digest.finalize()


@dataclass
class Browser:
    """One subscription: its keys, and what it was shown."""

    service: "PushService"
    name: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = bytes(range(16))
    shown: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answer: tuple[int, dict[str, str]] = (201, {})
    tries: int = 0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.service.port}/push/{self.name}"

    @property
    def point(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def subscription(self) -> dict[str, Any]:
        """What `PushSubscription.toJSON` gives."""
        keys = {"p256dh": b64(self.point), "auth": b64(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def open(self, body: bytes) -> bytes:
        salt, length, sender = body[:16], body[20], body[21 : 21 + body[20]]
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        info = b"WebPush: info\x00" + self.point + sender + b"\x01"
        secret = _hmac(_hmac(self.auth, shared), info)
        root = _hmac(salt, secret)
        key = HKDFExpand(SHA256(), 16, b"Content-Encoding: aes128gcm\x00").derive(root)
        nonce = HKDFExpand(SHA256(), 12, b"Content-Encoding: nonce\x00").derive(root)
        plain = AESGCM(key).decrypt(nonce, body[21 + length :], None).rstrip(b"\x00")
        assert plain.endswith(b"\x02")
        return plain[:-1]


class PushService:
    """Answers on a free port of this machine."""

    def __init__(self) -> None:
        self.browsers: dict[str, Browser] = {}
        self.faults: list[str] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers = service.take(self.path, dict(self.headers), body)
                self.send_response(status)
                for name, value in {"Content-Length": "0", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_words: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]

    def __enter__(self) -> Self:
        serving.begin(self._server)
        return self

    def __exit__(self, *_fault: object) -> None:
        serving.end(self._server)

    def browser(self, name: str) -> Browser:
        self.browsers[name] = Browser(self, name)
        return self.browsers[name]

    def take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        browser = self.browsers[path.rpartition("/")[2]]
        browser.tries += 1
        try:
            self._check(headers)
            told = json.loads(browser.open(body))
        except Exception as fault:  # the test reads it: here it would only end a thread
            self.faults.append(repr(fault))
            return 400, {}
        if browser.answer[0] < 300:
            browser.shown.append(told)
            browser.headers.append(headers)
        return browser.answer

    def _check(self, headers: dict[str, str]) -> None:
        scheme, _, facts = headers["Authorization"].partition(" ")
        said = dict(part.strip().split("=", 1) for part in facts.split(","))
        point = unb64(said["k"])
        key = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])})
        claims = jwt.decode(said["t"], key, algorithms=["ES256"]).claims
        assert scheme == "vapid"
        assert claims["aud"] == f"http://127.0.0.1:{self.port}"
        assert claims["sub"].startswith("mailto:")
        jwt.JWTClaimsRegistry(exp={"essential": True}).validate(claims)
        assert headers["Content-Encoding"] == "aes128gcm"
        assert headers["Urgency"] in ("normal", "high")
        assert headers["TTL"].isdigit()
        assert len(headers["Topic"]) <= 32
