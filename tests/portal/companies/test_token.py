"""What gBizID answers is believed only where it is for us, of this sign-in, signed by it, and can be kept."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey
from pydantic import SecretStr

from portal.companies import gbizid, gbizid_claims
from portal.companies.gbizid_claims import ClaimsUnsound
from portal.config import Settings
from portal.core.crypto import b64url
from portal.demo.business_people import DELEGATED
from portal.demo.gbizid import claims_of

ISSUER, CLIENT, NONCE = "https://gbizid.example", "portal", "of this sign-in"
KEY, STRANGERS = (ECKey.generate_key("P-256", {"kid": "1"}) for _ in range(2))
PUBLIC = KeySet([KEY]).as_dict(private=False)
HOUR = 3_600


def claims(**others: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"iss": ISSUER, "aud": CLIENT, "sub": "7", "iat": now, "exp": now + HOUR, "nonce": NONCE} | others


def token(said: dict[str, Any], key: Any = KEY, algorithm: str = "ES256") -> str:
    return jwt.encode({"alg": algorithm, "kid": "1"}, said, key, algorithms=["ES256", "HS256"])


def read(written: str) -> dict[str, Any]:
    provider = {"issuer": ISSUER, "keys": KeySet.import_key_set(PUBLIC)}
    return gbizid.read_token(Settings(gbizid_client_id=CLIENT), provider, written, NONCE)


@pytest.mark.parametrize("said", [{}, {"aud": [CLIENT]}, {"azp": CLIENT}])
def test_a_token_for_us_is_read(said: dict[str, Any]) -> None:
    assert read(token(claims(**said)))["sub"] == "7"


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://other.example"}, {"aud": "other"}, {"aud": []}, {"nonce": "of another"}, {"nonce": None},
        {"aud": [CLIENT, "other"]}, {"aud": [CLIENT, "other"], "azp": CLIENT}, {"azp": "other"}, {"azp": [CLIENT]},
        {"exp": 1}, {"exp": "soon"}, {"exp": True}, {"nbf": 10**10}, {"iat": 10**10}, {"sub": ""}, {"sub": ["7"]},
    ],
)  # fmt: skip
def test_a_token_for_others_or_of_another_time_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(gbizid.SignInBroken):
        read(token(claims(**wrong)))


def test_a_token_nobody_of_gbizid_signed_is_refused() -> None:
    said = b64url(json.dumps(claims()).encode())
    public = OctKey.import_key(json.dumps(PUBLIC["keys"][0]).encode())
    forged = [
        token(claims(), STRANGERS), token(claims(), public, "HS256"), f"{b64url(b'{}')}.{said}.",
        f"{b64url(json.dumps({'alg': 'none'}).encode())}.{said}.", "", "..", "a.b.c", "\0", "ä.ö.ü", "a" * 100_000,
    ]  # fmt: skip
    for one in forged:
        with pytest.raises(gbizid.SignInBroken):
            read(one)


@pytest.mark.parametrize("sign", ["\0", "\x1b", "\u202e", "\ud800"])
@pytest.mark.parametrize("place", ["user_last_nm", "name", "address1"])
def test_a_name_no_table_holds_or_that_deceives_is_refused(place: str, sign: str) -> None:
    with pytest.raises(ClaimsUnsound):
        gbizid_claims.read({**claims_of(DELEGATED, delegated=False), place: f"架空{sign}"})


def test_a_broken_delegation_harms_no_sign_in() -> None:
    said = claims_of(DELEGATED, delegated=True)
    broken = {**said, "delegation_info": {**said["delegation_info"], "delegation_no": "1\0"}}
    assert gbizid_claims.read(broken)["delegations"] == []


class Saying(BaseHTTPRequestHandler):
    """Answers each path with what `server.said` has for it."""

    def do_GET(self) -> None:
        body = json.dumps(self.server.said.get(self.path)).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_said: Any) -> None:
        """Nothing."""


@pytest.fixture
def saying() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Saying)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def ours(issuer: str) -> Settings:
    return Settings(gbizid_issuer=issuer, gbizid_client_id=CLIENT, gbizid_client_secret=SecretStr("架空"))


def about(issuer: str) -> dict[str, Any]:
    named = {f"{name}_endpoint": f"{issuer}/{name}" for name in ("authorization", "token", "userinfo")}
    return {"issuer": issuer, "jwks_uri": f"{issuer}/jwks", **named}


@pytest.mark.parametrize(
    "wrong",
    [[], 7, None, {}, {"issuer": 7}, {"issuer": "https://other.example"}, {"token_endpoint": None}, {"jwks": []}],
)
def test_a_provider_that_says_nonsense_of_itself_does_not_answer(saying: ThreadingHTTPServer, wrong: Any) -> None:
    issuer = f"http://127.0.0.1:{saying.server_port}"
    said: Any = about(issuer) | wrong if isinstance(wrong, dict) and wrong else wrong
    if isinstance(said, dict):
        said = {name: value for name, value in said.items() if value is not None}
    keys = wrong["jwks"] if isinstance(wrong, dict) and "jwks" in wrong else PUBLIC
    saying.said = {"/.well-known/openid-configuration": said, "/jwks": keys}  # type: ignore[attr-defined]
    with pytest.raises(gbizid.ProviderSilent):
        gbizid.begin(ours(issuer), "https://city.example/back", "/business")


@pytest.mark.parametrize("answer", [[], 7, None, "x", {}, {"id_token": []}])
def test_a_token_endpoint_that_says_nonsense_signs_nobody_in(saying: ThreadingHTTPServer, answer: Any) -> None:
    issuer = f"http://127.0.0.1:{saying.server_port}"
    saying.said = {  # type: ignore[attr-defined]
        "/.well-known/openid-configuration": about(issuer), "/jwks": PUBLIC, "/token": answer,
    }  # fmt: skip
    begun = gbizid.begin(ours(issuer), "https://city.example/back", "/business")
    state = begun.address.partition("state=")[2].partition("&")[0]
    with pytest.raises(gbizid.SignInBroken):
        gbizid.finish(ours(issuer), "https://city.example/back", cookie=begun.cookie, state=state, code="1")
