"""How a lower room tells a higher one: it emits what happened; wiring.py says who listens.

Each listener gets its own outbox row in the emitter's transaction, so what happened and that it will
be heard are one commit, and one deaf listener does not hold up another. Events of a crowd are one row, which the
worker makes these of: who waits at nine o'clock need not wait for that. The few that must not come a moment later
act in that transaction themselves.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from portal.core import outbox


class Event(BaseModel):
    """A fact in the past tense. Carries ids, never names or contents."""

    model_config = ConfigDict(frozen=True)
    event_id: UUID = Field(default_factory=uuid4)

    @property
    def is_told(self) -> bool:
        """Whether there is anybody to tell of: a kind of event may say no."""
        return True


Listener = Callable[[Session, Any], None]
Listeners = Mapping[type[Event], Sequence[Listener]]
Told = tuple[list[str], dict[str, Any]]
"""Who hears of an event, and its facts."""
SPREAD = "events.spread"


def listener_name(listener: Listener) -> str:
    """The stable name under which a listener's work waits in the outbox, e.g. `points.events.on_completed`."""
    return f"{listener.__module__.removeprefix('portal.')}.{listener.__name__}"


def in_the_same_commit(listener: Listener) -> Listener:
    """Mark a listener that acts in the emitter's transaction: what it does and what happened are one commit, without
    a moment between. It must not refuse: that would undo what it was told of."""
    listener.in_the_same_commit = True  # type: ignore[attr-defined]
    return listener


def emit(session: Session, *events: Event) -> None:
    """Tell every listener of each of *events*, once each: those `in_the_same_commit` now, others after it."""
    listeners: Listeners = session.info["listeners"]
    told: list[Told] = []
    for event in events:
        if not event.is_told:
            continue
        names = []
        for listener in listeners.get(type(event), ()):
            if hasattr(listener, "in_the_same_commit"):
                listener(session, event)
            else:
                names.append(listener_name(listener))
        if names:
            told.append((names, event.model_dump(mode="json")))
    if len(told) > 1:
        outbox.post_all(session, [(SPREAD, {"told": told}, None)])
    else:
        outbox.post_all(session, _promises(told))


def _promises(told: Iterable[Told]) -> list[outbox.Promised]:
    return [(f"event:{name}", payload, f"{payload['event_id']}:{name}") for names, payload in told for name in names]


def spread(session: Session, payload: dict[str, Any]) -> None:
    """Make of a crowd's events a piece of work for each listener of each (worker)."""
    outbox.post_all(session, _promises(payload["told"]))


def handlers(listeners: Listeners) -> dict[str, outbox.Handler]:
    """The outbox handlers that bring waiting events to their listeners."""
    found: dict[str, outbox.Handler] = {SPREAD: spread}
    for kind, heard_by in listeners.items():
        for listener in heard_by:
            found[f"event:{listener_name(listener)}"] = _deliver(kind, listener)
    return found


def _deliver(kind: type[Event], listener: Listener) -> outbox.Handler:
    def handler(session: Session, payload: dict[str, Any]) -> None:
        listener(session, kind.model_validate(payload))

    return handler
