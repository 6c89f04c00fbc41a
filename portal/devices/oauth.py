"""The token endpoint: client credentials, proved by a signed assertion (RFC 6749 section 4.4, RFC 7523 section 2.2).

Authlib runs the protocol; here is what it asks of us: clients, keys, audiences, single use, and where tokens go. One
server object serves one request, so that it can hold the request's session.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidClientError, OAuth2Request, grants
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.crypto import token_hash
from portal.core.db import insert_once
from portal.core.permissions import Scope
from portal.devices.models import AccessToken, Client, UsedAssertion

METHOD = "private_key_jwt"
ALGORITHM = "ES256"
TOKEN_SECONDS = 600
LONGEST_ASSERTION = 4_000
LONGEST_LIFE = timedelta(minutes=5)
LEEWAY = 30  # seconds by which two clocks may differ


@dataclass(frozen=True, slots=True)
class Answer:
    """What the endpoint says: HTTP status, a JSON object, headers."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]


class _Request(OAuth2Request):
    """The form of one request. Transport is checked by the front server, so Authlib's own check gets an https address."""

    def __init__(self, form: dict[str, str]) -> None:
        super().__init__("POST", "https://token")
        self.payload = BasicOAuth2Payload(form)
        self._form = form

    @property
    def form(self) -> dict[str, str]:
        return self._form


@dataclass(frozen=True, slots=True)
class _Applicant:
    """A client as Authlib wants to ask it."""

    row: Client

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == METHOD

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """All its scopes when it asks for none; nothing at all when it asks for one it does not have."""
        wanted = scope.split() if scope else self.row.scopes
        return " ".join(wanted) if set(wanted) <= set(self.row.scopes) else None


class _Assertion(JWTBearerClientAssertion):
    """The check of `client_assertion`: the client's own key, ES256, our address, short life, once."""

    CLIENT_AUTH_METHOD = METHOD

    def __init__(self, session: Session, audiences: list[str]) -> None:
        super().__init__(leeway=LEEWAY)
        self._session, self._audiences = session, audiences

    def __call__(self, query_client: Callable[[str], _Applicant | None], request: _Request) -> _Applicant:
        """One refusal for whatever is wrong: it tells a stranger neither names nor reasons."""
        try:
            if len(request.form.get("client_assertion", "")) <= LONGEST_ASSERTION:
                applicant = super().__call__(query_client, request)
                if applicant is not None:
                    return applicant
        except Exception as fault:  # the token is anybody's bytes; libraries raise more than their own errors
            raise _refused() from fault
        raise _refused()

    def resolve_client_public_key(self, client: _Applicant) -> ECKey:
        return ECKey.import_key(client.row.public_key)

    def get_audiences(self) -> list[str]:
        return self._audiences

    def process_assertion_claims(self, assertion: str, resolve_key: ECKey) -> dict[str, Any]:
        """Only ES256: an assertion never chooses its own algorithm."""
        token = jwt.decode(assertion, resolve_key, algorithms=[ALGORITHM])
        self.verify_claims(token.claims)
        self._use_up(token.claims)
        return token.claims

    def verify_claims(self, claims: dict[str, Any]) -> None:
        """RFC 7523 section 3, by the machine's clock: machines do not follow the demo's calendar."""
        now = clock.machine_now()
        registry = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": claims["sub"]},
            sub={"essential": True},
            aud={"essential": True, "values": self._audiences},
            exp={"essential": True},
            jti={"essential": True},
        )
        registry.validate(claims)
        if claims["exp"] > (now + LONGEST_LIFE).timestamp() + LEEWAY:
            raise _refused()
        if not isinstance(claims["jti"], str) or not claims["jti"]:
            raise _refused()

    def _use_up(self, claims: dict[str, Any]) -> None:
        """The primary key lets each `jti` of a client in once, also when two requests bring it at the same instant."""
        client = self._session.scalar(select(Client.id).where(Client.client_id == claims["sub"]))
        expires = datetime.fromtimestamp(claims["exp"], UTC) + timedelta(seconds=2 * LEEWAY)
        row = {"client": client, "jti_hash": token_hash(claims["jti"]), "expires_at": expires}
        if insert_once(self._session, UsedAssertion.__table__, row) == 0:  # type: ignore[arg-type]
            raise _refused()


def _refused() -> InvalidClientError:
    return InvalidClientError(status_code=401, description="The client could not be authenticated.")


class _Grant(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = [METHOD]  # noqa: RUF012 - Authlib's own convention


class _Server(AuthorizationServer):
    def __init__(self, session: Session, audiences: list[str]) -> None:
        super().__init__(scopes_supported=[str(scope) for scope in Scope])
        self._session = session
        self.register_grant(_Grant)
        self.register_client_auth_method(METHOD, _Assertion(session, audiences))
        generator = BearerTokenGenerator(lambda **_: secrets.token_urlsafe(32), expires_generator=TOKEN_SECONDS)
        self.register_token_generator("default", generator)

    def query_client(self, client_id: str) -> _Applicant | None:
        row = self._session.scalar(select(Client).where(Client.client_id == client_id, Client.active))
        return _Applicant(row) if row else None

    def save_token(self, token: dict[str, Any], request: _Request) -> None:
        client, now = request.client.row, clock.now()
        client.last_seen = now
        self._session.add(
            AccessToken(
                token_hash=token_hash(token["access_token"]),
                client=client.id,
                scopes=token["scope"].split(),
                expires_at=now + timedelta(seconds=TOKEN_SECONDS),
            )
        )

    def create_oauth2_request(self, request: _Request) -> _Request:
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Answer:
        return Answer(status, dict(body), dict(headers))

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens: what happens to a client is told by its row."""


def answer_token_request(session: Session, form: dict[str, str], audiences: list[str]) -> Answer:
    """Give a token, or one of the error answers of RFC 6749 section 5.2."""
    answer: Answer = _Server(session, audiences).create_token_response(_Request(form))
    return answer
