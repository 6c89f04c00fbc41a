"""Each write of a machine happens once, however often it is sent.

The key is inserted in the transaction of the write: two equal requests at the same instant meet at
the primary key, the later one waits and gets the earlier one's answer.
"""

import hashlib
from collections.abc import Callable

from flask import Response, request
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.db import insert_once
from portal.core.errors import Refusal
from portal.core.words import N_
from portal.web.answered import LONGEST_KEY, Answered


class KeyMissing(Refusal):
    code = "idempotency-key-missing"
    status = 400
    message = N_("Every write needs a header Idempotency-Key.")
    next_step = N_("Send a fresh UUID per action, and the same one again when you repeat it.")


class KeyReused(Refusal):
    code = "idempotency-key-reused"
    status = 422
    message = N_("This Idempotency-Key was used before for another request.")
    next_step = N_("Send the request again with a fresh key.")


def once(session: Session, actor: Actor, act: Callable[[], Response]) -> Response:
    """Run *act* unless this key already has its answer."""
    key = request.headers.get("Idempotency-Key", "")
    if not key or len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise KeyMissing
    digest = hashlib.sha256(request.method.encode() + b" " + request.full_path.encode() + b"\n")
    digest.update(request.get_data())
    row = {
        "actor_id": actor.id,
        "key": key,
        "digest": digest.digest(),
        "at": clock.now(),
        "status": 0,
        "body": b"",
    }
    if insert_once(session, Answered.__table__, row) == 0:  # type: ignore[arg-type]
        return _again(session.get_one(Answered, (actor.id, key)), digest.digest())
    response = act()
    answered = session.get_one(Answered, (actor.id, key))
    answered.status, answered.body = response.status_code, response.get_data()
    return response


def _again(answered: Answered, digest: bytes) -> Response:
    if answered.digest != digest:
        raise KeyReused
    return Response(answered.body, status=answered.status, mimetype="application/json")
