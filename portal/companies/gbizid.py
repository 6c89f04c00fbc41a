"""Sign-in of companies by OpenID Connect: authorization code flow with PKCE (RFC 6749, RFC 7636, OpenID Connect Core 1.0).

GビズID says who somebody is and for which company; nothing of the flow is kept in the database. What must come back
(state, nonce, verifier, where to go on) lies sealed in a cookie of this browser for ten minutes.
"""

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from portal.companies import gbizid_claims
from portal.config import Settings
from portal.core import outbound
from portal.core.crypto import b64url, derive_key
from portal.core.errors import Refusal
from portal.core.outbound import Call, Limits
from portal.core.words import N_

ALGORITHMS = ["ES256", "PS256", "RS256"]
LIFE_SECONDS = 600
LEEWAY = 60
LIMITS = Limits(step=10.0, whole=20.0, longest=500_000)
LONGEST_COOKIE = 3_000
ENDPOINTS = frozenset({"authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"})


class SignInBroken(Refusal):
    code = "company-sign-in-broken"
    status = 422
    message = N_("This sign-in could not be finished.")
    next_step = N_("Start the sign-in again, in one browser and within ten minutes.")


class ProviderSilent(Refusal):
    code = "company-provider-silent"
    status = 503
    message = N_("gBizID does not answer at the moment.")
    next_step = N_("Please try again in a few minutes.")


class NotOffered(Refusal):
    code = "company-sign-in-not-offered"
    status = 404
    message = N_("Sign-in with gBizID is not set up here.")
    next_step = N_("Ask the city how companies are to reach it.")


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and what it keeps until it comes back."""

    address: str
    cookie: str


@lru_cache(maxsize=4)
def _provider(issuer: str, _hour: int) -> Mapping[str, Any]:
    """What the provider says of itself (OpenID Connect Discovery 1.0); asked again every hour."""
    try:
        said = _known(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if not isinstance(said, dict) or said["issuer"].rstrip("/") != issuer.rstrip("/") or not set(said) >= ENDPOINTS:
            raise ProviderSilent
        return {**said, "keys": KeySet.import_key_set(_known(said["jwks_uri"]))}
    except (OSError, ValueError, LookupError, AttributeError, TypeError, JoseError) as fault:
        raise ProviderSilent from fault


def _known(url: str) -> Any:
    """What the provider has published there. Raises OSError, ValueError."""
    heard = outbound.ask(Call("GET", url), LIMITS)
    if not heard.is_good:
        raise ValueError(f"status {heard.status}")
    return heard.told()


def _answer(call: Call) -> dict[str, Any]:
    """What the provider answers about one person. Raises ProviderSilent, SignInBroken."""
    try:
        heard = outbound.ask(call, LIMITS)
        if heard.status >= 500:
            raise ProviderSilent
        said = heard.told() if heard.is_good else None
    except OSError as fault:
        raise ProviderSilent from fault
    except ValueError as fault:
        raise SignInBroken from fault
    if not isinstance(said, dict):
        raise SignInBroken
    return said


def _asked(settings: Settings) -> Mapping[str, Any]:
    if not settings.gbizid_issuer:
        raise NotOffered
    return _provider(settings.gbizid_issuer, int(time.time() // 3600))


def begin(settings: Settings, redirect_uri: str, next_page: str) -> Begun:
    """The provider's address with a fresh state, nonce and challenge. Raises NotOffered, ProviderSilent."""
    provider = _asked(settings)
    kept = {
        "state": secrets.token_urlsafe(24),
        "nonce": secrets.token_urlsafe(24),
        "verifier": secrets.token_urlsafe(48),
        "next": next_page,
        "until": int(time.time()) + LIFE_SECONDS,
    }
    address = prepare_grant_uri(
        provider["authorization_endpoint"],
        settings.gbizid_client_id,
        "code",
        redirect_uri=redirect_uri,
        scope=gbizid_claims.SCOPE,
        state=kept["state"],
        nonce=kept["nonce"],
        code_challenge=create_s256_code_challenge(kept["verifier"]),
        code_challenge_method="S256",
    )
    return Begun(address, _seal(settings, kept))


def finish(settings: Settings, redirect_uri: str, *, cookie: str, state: str, code: str) -> tuple[dict[str, Any], str]:
    """(who signed in, where to go on). Raises SignInBroken for whatever does not fit, ProviderSilent."""
    kept = _open(settings, cookie)
    if (
        not code
        or len(code) > 500
        or not secrets.compare_digest(kept["state"].encode(), state.encode("utf-8", "replace"))
    ):
        raise SignInBroken
    provider = _asked(settings)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": kept["verifier"],
    }
    who = (settings.gbizid_client_id, settings.gbizid_client_secret.get_secret_value())
    token = _answer(Call("POST", provider["token_endpoint"], form=form, basic=who))
    proved = read_token(settings, provider, str(token.get("id_token", "")), kept["nonce"])
    return _told(provider, str(token.get("access_token", "")), proved), kept["next"]


def _told(provider: Mapping[str, Any], access_token: str, proved: Mapping[str, Any]) -> dict[str, Any]:
    """What the UserInfo endpoint says of exactly the person the ID token is about (Core 5.3.2)."""
    said = _answer(Call("GET", provider["userinfo_endpoint"], {"Authorization": f"Bearer {access_token}"}))
    if said.get("sub") != proved["sub"]:
        raise SignInBroken
    try:
        return {"iss": proved["iss"], "sub": proved["sub"], **gbizid_claims.read(said)}
    except (ValueError, KeyError) as fault:
        raise SignInBroken from fault


def read_token(settings: Settings, provider: Mapping[str, Any], id_token: str, nonce: str) -> dict[str, Any]:
    """The claims of a sound ID token (Core 3.1.3.7), by the machine's clock; raises SignInBroken."""
    try:
        claims = jwt.decode(id_token, provider["keys"], algorithms=ALGORITHMS).claims
        registry = jwt.JWTClaimsRegistry(
            now=int(time.time()),
            leeway=LEEWAY,
            iss={"essential": True, "value": provider["issuer"]},
            aud={"essential": True, "value": settings.gbizid_client_id},
            sub={"essential": True},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        registry.validate(claims)
        _check_client(settings, claims)
    except (JoseError, ValueError) as fault:
        raise SignInBroken from fault
    return dict(claims)


def _check_client(settings: Settings, claims: Mapping[str, Any]) -> None:
    """A token for several is ours only if it was given to us (Core 3.1.3.7, 3 to 5); whoever else it names, we know none of
    them."""
    audience, party = claims["aud"], claims.get("azp", settings.gbizid_client_id)
    if party != settings.gbizid_client_id or audience not in (party, [party]):
        raise SignInBroken


def _seal(settings: Settings, kept: Mapping[str, Any]) -> str:
    nonce = secrets.token_bytes(12)
    return b64url(nonce + AESGCM(_key(settings)).encrypt(nonce, json.dumps(kept).encode(), None))


def _open(settings: Settings, cookie: str) -> dict[str, Any]:
    try:
        sealed = base64.urlsafe_b64decode(cookie[:LONGEST_COOKIE] + "=" * (-len(cookie) % 4))
        kept: dict[str, Any] = json.loads(AESGCM(_key(settings)).decrypt(sealed[:12], sealed[12:], None))
    except (InvalidTag, ValueError) as fault:
        raise SignInBroken from fault
    if kept["until"] < time.time():
        raise SignInBroken
    return kept


def _key(settings: Settings) -> bytes:
    return derive_key(settings.master, "gbizid-sign-in")
