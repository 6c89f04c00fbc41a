"""The public page of the books: what an outsider holds against them later."""

from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Response, json, render_template
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.clock import JST
from portal.core.crypto import signing_key
from portal.points.ledger import published
from portal.points.ledger.sealing import SIGNING
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

room = Room("point_books", __name__, "/points")


@room.page("/books", access=Access.PUBLIC)
def show(session: Session, actor: Actor) -> str:
    """Where the books ended in each month."""
    return render_template("ledger/books.html", rows=published.heads(session))


@room.page("/books.json", access=Access.PUBLIC)
def data(session: Session, actor: Actor) -> Response:
    """The same for programs, with signatures and the key that made them."""
    public = signing_key(hall().settings.master, SIGNING).public_key()
    key = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    said = {"key": key, "heads": [_head(one) for one in published.heads(session)]}
    return Response(json.dumps(said), mimetype="application/json")


def _head(one: published.Published) -> dict[str, Any]:
    seal = one.seal
    return {
        "month": f"{one.month:%Y-%m}",
        "number": seal.number,
        "last": seal.last,
        "digest": seal.digest.hex(),
        "signature": seal.signature.hex(),
        "at": seal.at.astimezone(JST).isoformat(),
    }
