"""One form is one deed: a page is drawn with a key, and the second sending of a form leads to where the first one led.

For deeds that make something. Where points move the key is the transfer's own (ledger). Kept as long as the answers to
machines are (portal.web.answered), and as keyed hashes: what was typed and the key itself are not in the database.
"""

from collections.abc import Callable
from uuid import UUID, uuid4

from flask import request
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.crypto import mac
from portal.core.db import insert_once
from portal.points.ledger.rules import SentBefore
from portal.web.answered import Answered
from portal.web.hall import hall

PURPOSE = "forms that were sent"
"""What the key of the hashes is derived for."""
NOT_TYPED = frozenset({"csrf_token", "key"})


def fresh() -> UUID:
    """The key of a page that is drawn now."""
    return uuid4()


def sent() -> UUID:
    """What the page was drawn with; a form without it is a fresh wish."""
    try:
        return UUID(request.form.get("key", ""))
    except ValueError:
        return fresh()


def once(session: Session, actor: Actor, deed: Callable[[], str], key: UUID | None = None) -> str:
    """What *deed* made, or what it made when this form was sent first; a refusal leaves the key as it was. Of two at the
    same instant the later one waits at the primary key. Raises SentBefore, and what *deed* does."""
    assert actor.id
    name = f"form:{mac(_key(), (key or sent()).bytes).hex()}"
    row = {"actor_id": actor.id, "key": name, "digest": _digest(), "at": clock.now(), "status": 0, "body": b""}
    with session.begin_nested():
        is_new = insert_once(session, Answered.__table__, row)  # type: ignore[arg-type]
        first = session.get_one(Answered, (actor.id, name), populate_existing=True)
        if is_new:
            first.body = deed().encode()
        elif first.digest != row["digest"]:
            raise SentBefore
        return first.body.decode()


def _digest() -> bytes:
    """All that was chosen, and where."""
    typed = sorted((name, value) for name, value in request.form.items(multi=True) if name not in NOT_TYPED)
    return mac(_key(), request.path.encode(), *(part.encode("utf-8", "replace") for pair in typed for part in pair))


def _key() -> bytes:
    return hall().key(PURPOSE)
