"""How a lower room tells a higher one: it emits what happened; wiring.py says who listens.

Each listener gets its own outbox row in the emitter's transaction, so what happened and that it will
be heard are one commit, and one deaf listener does not hold up another.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from portal.core import outbox


class Event(BaseModel):
    """A fact in the past tense. Carries ids, never names or contents."""

    model_config = ConfigDict(frozen=True)
    event_id: UUID = Field(default_factory=uuid4)


Listener = Callable[[Session, Any], None]
Listeners = Mapping[type[Event], Sequence[Listener]]


def listener_name(listener: Listener) -> str:
    """The stable name under which a listener's work waits in the outbox, e.g. `points.events.on_completed`."""
    return f"{listener.__module__.removeprefix('portal.')}.{listener.__name__}"


def emit(session: Session, event: Event) -> None:
    """Tell every listener of *event*, once each, after this transaction commits."""
    listeners: Listeners = session.info["listeners"]
    for listener in listeners.get(type(event), ()):
        name = listener_name(listener)
        payload = event.model_dump(mode="json")
        outbox.post(session, f"event:{name}", payload, key=f"{event.event_id}:{name}")


def handlers(listeners: Listeners) -> dict[str, outbox.Handler]:
    """The outbox handlers that bring waiting events to their listeners."""
    found: dict[str, outbox.Handler] = {}
    for kind, heard_by in listeners.items():
        for listener in heard_by:
            found[f"event:{listener_name(listener)}"] = _deliver(kind, listener)
    return found


def _deliver(kind: type[Event], listener: Listener) -> outbox.Handler:
    def handler(session: Session, payload: dict[str, Any]) -> None:
        listener(session, kind.model_validate(payload))

    return handler
