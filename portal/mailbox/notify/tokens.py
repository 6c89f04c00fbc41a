"""Who calls: Notify's JSON Web Token (HS256 by the key's secret, `iss` the service, `iat` within 30 seconds)."""

import json
from typing import Any
from uuid import UUID

from joserfc import jws
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import OctKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.crypto import mac
from portal.core.permissions import Scope
from portal.mailbox.notify import protocol
from portal.mailbox.notify.models import Key
from portal.staff import service as staff

ALGORITHM = "HS256"
LEEWAY = 30  # seconds
LONGEST = 4_000
SCHEME = "Bearer "


def secret_of(master: bytes, key_id: UUID) -> str:
    """The secret of a key, in the form of a UUID as clients cut it from their key; *master* is the purpose's own."""
    return str(UUID(bytes=mac(master, b"notify-key", key_id.bytes)[:16], version=4))


def written(name: str, section_id: UUID, secret: str) -> str:
    """The key as its owner pastes it into a client: name-service-secret."""
    return f"{name}-{section_id}-{secret}"


def recognise(session: Session, header: str, master: bytes) -> tuple[Key, Actor]:
    """The key behind an Authorization header and who acts with it; Refused in Notify's words otherwise."""
    if not header:
        raise protocol.no_entry("Unauthorized: authentication token must be provided", status=401)
    if header[: len(SCHEME)].title() != SCHEME:
        raise protocol.no_entry("Unauthorized: authentication bearer scheme must be used", status=401)
    token = header[len(SCHEME) :]
    algorithm, claims = _unproved(token)
    section_id = _service(claims)
    keys = session.scalars(select(Key).where(Key.section_id == section_id)).all()
    if not keys:
        known = staff.section_name(session, section_id)
        raise protocol.no_entry(f"Invalid token: service {'has no API keys' if known else 'not found'}")
    if algorithm != ALGORITHM:
        raise protocol.no_entry("Invalid token: algorithm used is not HS256")
    key = next((key for key in keys if _signed_by(token, secret_of(master, key.id))), None)
    if key is None:
        raise protocol.no_entry("Invalid token: API key not found")
    _check_time(claims)
    if key.revoked_at is not None:
        raise protocol.no_entry("Invalid token: API key revoked")
    return key, _actor(session, key)


def _unproved(token: str) -> tuple[Any, dict[str, Any]]:
    """(algorithm, claims) as the token says, before anything is believed."""
    if len(token) > LONGEST or not token.isascii():
        raise protocol.no_entry(protocol.MALFORMED)
    try:
        parts = jws.extract_compact(token.encode())
        claims = json.loads(parts.payload)
    except (JoseError, ValueError, RecursionError):
        raise protocol.no_entry(protocol.MALFORMED) from None
    if not isinstance(claims, dict):
        raise protocol.no_entry(protocol.MALFORMED)
    return parts.headers().get("alg"), claims


def _service(claims: dict[str, Any]) -> UUID:
    if "iss" not in claims:
        raise protocol.no_entry("Invalid token: iss field not provided")
    try:
        return UUID(claims["iss"])
    except (ValueError, AttributeError, TypeError):
        raise protocol.no_entry("Invalid token: service id is not the right data type") from None


def _signed_by(token: str, secret: str) -> bool:
    try:
        jws.deserialize_compact(token, OctKey.import_key(secret), algorithms=[ALGORITHM])
    except BadSignatureError:
        return False
    except (JoseError, ValueError):  # a header that asks for extensions, say
        raise protocol.no_entry(protocol.MALFORMED) from None
    return True


def _check_time(claims: dict[str, Any]) -> None:
    """By the machine's clock: programs do not follow the demo's calendar."""
    issued = claims.get("iat")
    if issued is None:
        raise protocol.no_entry("Invalid token: iat field not provided")
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        raise protocol.no_entry(protocol.CLOCK_WRONG)
    now = clock.machine_now().timestamp()
    if not now - LEEWAY <= issued <= now + LEEWAY:  # compared, not subtracted: a number may have a thousand digits
        raise protocol.no_entry(protocol.CLOCK_WRONG)


def _actor(session: Session, key: Key) -> Actor:
    """Records and readers are told the section: a key is no more than one of its pens."""
    label = staff.section_label(session, key.section_id)
    return Actor(ActorKind.CLIENT, key.id, label, section=key.section_id, scopes=frozenset({Scope.NOTICES}))
