"""The demo's gBizID: an OpenID provider for the companies of the cast, on this machine only.

`python -m portal.demo.gbizid --port 8130`. Who signs in is chosen from a list; there are no passwords. It speaks the
authorization code flow with PKCE (RFC 7636, S256 only) and forgets everything when it ends. As the real one does, the ID
token names nobody: claims come from the UserInfo endpoint. Who has a delegation chooses whether to sign in as a delegate.
"""

import argparse
import base64
import hashlib
import json
import secrets
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from portal.demo.business_people import PEOPLE, BusinessPerson

LARGEST = 10_000  # bytes
CODE_SECONDS = 60
REDIRECT_PATH = "/business/sign-in/back"
DELEGATE = "delegate"
ACCOUNT_TYPES = {"gbiz-entry": 1, "gbiz-prime": 2, "gbiz-member": 3}
SOLE_NUMBER = "3000000000003"  # gBizID's own number of a sole proprietor, which is no 法人番号
FACES = {"Content-Security-Policy": "default-src 'none'; style-src 'self'", "Cache-Control": "no-store"}
STYLE = (
    "body{font:16px/1.7 sans-serif;max-width:36rem;margin:2rem auto;padding:0 1rem}"
    "button{font:inherit;display:block;width:100%;text-align:left;padding:.75rem 1rem;margin:.75rem 0;border:1px solid"
    " #888;border-radius:.5rem;background:#fff}small{color:#555}"
)


@dataclass
class Codes:
    """Codes that were given out, each good once."""

    given: dict[str, dict[str, Any]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def give(self, facts: dict[str, Any]) -> str:
        code = secrets.token_urlsafe(24)
        with self.lock:
            self.given[code] = {**facts, "until": time.time() + CODE_SECONDS}
        return code

    def use(self, code: str) -> dict[str, Any] | None:
        with self.lock:
            facts = self.given.pop(code, None)
        return facts if facts and facts["until"] > time.time() else None


class Web(BaseHTTPRequestHandler):
    """The pages and endpoints; `server` holds the issuer, its key, codes and the one client it knows."""

    server: "Provider"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = dict(parse_qsl(parts.query))
        match parts.path:
            case "/.well-known/openid-configuration":
                self._json(200, self.server.about())
            case "/jwks":
                self._json(200, dict(KeySet([self.server.key]).as_dict(private=False)))
            case "/authorize":
                self._choose(asked)
            case "/userinfo":
                self._user_info()
            case "/style.css":
                self._answer(200, STYLE, "text/css")
            case "/":
                self._answer(200, _page("<p>Companies come here from the portal.</p>"), "text/html; charset=utf-8")
            case _:
                self._answer(404, "", "text/plain")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        body = self.rfile.read(int(length)) if length.isdigit() and int(length) <= LARGEST else b""
        form = dict(parse_qsl(body.decode("utf-8", "replace")))
        if self.path == "/authorize":
            self._sign_in(form)
        elif self.path == "/token":
            self._token(form)
        else:
            self._answer(404, "", "text/plain")

    def _choose(self, asked: dict[str, str]) -> None:
        if not self._is_sound(asked):
            self._answer(400, "The request is not one of the portal's.", "text/plain")
            return
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(asked.get(name, ""))}">'
            for name in ("redirect_uri", "state", "nonce", "code_challenge")
        )
        people = "".join(
            f'<button name="subject" value="{chosen}">{escape(person.name)}<br><small>{person.account_type} · '
            f"{escape(does)}</small></button>"
            for person in PEOPLE
            for chosen, does in _choices(person)
        )
        page = _page(f'<form method="post" action="/authorize">{hidden}{people}</form>')
        self._answer(200, page, "text/html; charset=utf-8")

    def _is_sound(self, asked: dict[str, str]) -> bool:
        """The one client, a page of ours on this machine, and PKCE with S256."""
        back = urlsplit(asked.get("redirect_uri", ""))
        return (
            asked.get("client_id") == self.server.client_id
            and asked.get("response_type") == "code"
            and asked.get("code_challenge_method") == "S256"
            and len(asked.get("code_challenge", "")) == 43
            and back.hostname in ("127.0.0.1", "localhost")
            and back.path == REDIRECT_PATH
        )

    def _sign_in(self, form: dict[str, str]) -> None:
        back = urlsplit(form.get("redirect_uri", ""))
        if back.hostname not in ("127.0.0.1", "localhost") or back.path != REDIRECT_PATH:
            self._answer(400, "", "text/plain")
            return
        code = self.server.codes.give(form)
        query = urlencode({"code": code, "state": form.get("state", "")})
        self.send_response(303)
        self.send_header("Location", back._replace(query=query).geturl())
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _token(self, form: dict[str, str]) -> None:
        given = f"{self.server.client_id}:{self.server.client_secret}".encode()
        if self.headers.get("Authorization") != f"Basic {base64.b64encode(given).decode()}":
            self._json(401, {"error": "invalid_client"})
            return
        facts = self.server.codes.use(form.get("code", ""))
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        subject, _, chosen = (facts or {}).get("subject", "").partition(":")
        person = next((one for one in PEOPLE if one.subject == subject), None)
        if (
            facts is None
            or person is None
            or facts["code_challenge"] != challenge
            or facts["redirect_uri"] != form.get("redirect_uri")
        ):
            self._json(400, {"error": "invalid_grant"})
            return
        now = int(time.time())
        claims = {
            "iss": self.server.issuer, "aud": self.server.client_id, "sub": person.subject, "iat": now,
            "exp": now + 300, "nonce": facts.get("nonce", ""),
        }  # fmt: skip
        token = jwt.encode({"alg": "ES256", "kid": self.server.key.kid}, claims, self.server.key)
        access = self.server.codes.give({"claims": claims_of(person, delegated=chosen == DELEGATE)})
        self._json(200, {"access_token": access, "token_type": "Bearer", "expires_in": CODE_SECONDS, "id_token": token})

    def _user_info(self) -> None:
        facts = self.server.codes.use(self.headers.get("Authorization", "").removeprefix("Bearer "))
        self._json(200, facts["claims"]) if facts and "claims" in facts else self._json(401, {"error": "invalid_token"})

    def _json(self, status: int, body: dict[str, Any]) -> None:
        self._answer(status, json.dumps(body), "application/json")

    def _answer(self, status: int, text: str, kind: str) -> None:
        content = text.encode()
        self.send_response(status)
        for header, value in {**FACES, "Content-Type": kind, "Content-Length": str(len(content))}.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words: Any) -> None:
        """Nothing: who signed in is nobody's log."""


def _page(body: str) -> str:
    return (
        '<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>デモ GビズID Demo gBizID</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/style.css"></head><body>'
        f"<h1>デモ GビズID Demo gBizID</h1><p>架空のアカウントを選んでください。Choose a fictitious account.</p>{body}"
        "</body></html>"
    )


def _choices(person: BusinessPerson) -> list[tuple[str, str]]:
    """(what the button sends, what it says): with a delegation, as a delegate too (代理人ログイン)."""
    alone = [(person.subject, person.does)]
    return [*alone, (f"{person.subject}:{DELEGATE}", f"as a delegate: {person.does}")] if person.delegator else alone


def claims_of(person: BusinessPerson, *, delegated: bool) -> dict[str, Any]:
    """What UserInfo says, by the names of the guide for connecting systems (portal/companies/gbizid_claims.py)."""
    last, _, first = person.name.partition(" ")
    sole = not person.corporate_number
    prefecture, city, street = person.address
    return {
        "sub": person.subject, "account_type": ACCOUNT_TYPES[person.account_type], "corp_type": 2 if sole else 1,
        "corporate_number": person.corporate_number or SOLE_NUMBER, "name": person.trade_name or person.name,
        "prefecture_name": prefecture, "address1": city, "address2": street, "user_last_nm": last, "user_first_nm": first,
        "delegation_info": delegation_of(person) if delegated else {},
    }  # fmt: skip


def delegation_of(person: BusinessPerson) -> dict[str, Any]:
    """One delegation, from last year until the end of next year."""
    year = time.gmtime().tm_year
    return {
        "delegation_no": f"99{person.delegator[-8:]}", "delegation_start": f"{year - 1}0401",
        "delegation_end": f"{year + 1}1231", "business_type": "法人", "corp_no": person.delegator,
        "category_info": [{"category_cd": code, "category_nm": code, "active_flg": True} for code in person.categories],
    }  # fmt: skip


class Provider(ThreadingHTTPServer):
    """The provider with a key of its own, fresh at each start. Port 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, client_id: str = "omatome", client_secret: str = "demo-secret-of-the-portal") -> None:
        super().__init__(("127.0.0.1", port), Web)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.client_id, self.client_secret = client_id, client_secret
        self.key = ECKey.generate_key("P-256", {"kid": secrets.token_hex(4), "use": "sig", "alg": "ES256"})
        self.codes = Codes()

    def about(self) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0, section 3."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m portal.demo.gbizid", description=__doc__)
    parser.add_argument("--port", type=int, default=8130)
    port = parser.parse_args().port
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Provider(port).serve_forever()


if __name__ == "__main__":
    main()
