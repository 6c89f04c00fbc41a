"""What the city publishes so that anybody can check its certificates without asking it."""

from flask import Response, jsonify
from sqlalchemy.orm import Session

from portal.certificates import service
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

room = Room("certificate_keys", __name__, "/.well-known")
KEPT = "public, max-age=3600"
"""A key stays for years; an hour is how long a withdrawn one may live on in a checker's memory."""


@room.page("/certificate-keys.json", access=Access.PUBLIC, purpose=Purpose.CHECK)
def jwks(session: Session, actor: Actor) -> Response:
    """The keys of codes and electronic certificates as JWKS (RFC 7517)."""
    return _kept(jsonify(service.keys(hall().settings).jwks()))


@room.page("/jwt-vc-issuer", access=Access.PUBLIC, purpose=Purpose.CHECK)
def issuer(session: Session, actor: Actor) -> Response:
    """Metadata of the issuer of electronic certificates (draft-ietf-oauth-sd-jwt-vc, section 4)."""
    settings = hall().settings
    return _kept(jsonify({"issuer": settings.base_url, "jwks": service.keys(settings).jwks()}))


@room.page("/certificate-keys.cbor", access=Access.PUBLIC, purpose=Purpose.CHECK)
def cose(session: Session, actor: Actor) -> Response:
    """The key of the codes as a COSE_KeySet (RFC 9052)."""
    content = service.keys(hall().settings).cose_key_set()
    return _kept(Response(content, mimetype="application/cose-key-set"))


@room.page("/certificate-seal.pem", access=Access.PUBLIC, purpose=Purpose.CHECK)
def seal(session: Session, actor: Actor) -> Response:
    """The certificates of the electronic seal of PDFs, the seal's own first."""
    return _kept(Response(service.keys(hall().settings).chain_pem(), mimetype="application/pem-certificate-chain"))


def _kept(answer: Response) -> Response:
    answer.headers["Cache-Control"] = KEPT
    return answer
