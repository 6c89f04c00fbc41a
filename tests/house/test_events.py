"""Whatever a room tells is heard: an event that nobody listens to is a promise nobody keeps."""

import portal.app  # noqa: F401 - brings in every room's events
from portal.core.events import Event
from portal.wiring import LISTENERS

# Events that are told on purpose to nobody yet, each with its reason. Empty is best.
UNHEARD: dict[str, str] = {
    "ApplicationChanged": "their own change before anybody had the case: the timeline says it to them and to the centre",
}


def _kinds() -> list[type[Event]]:
    """Events that are emitted themselves: those with events of their own beneath them only hold shared facts."""
    found, waiting = [], list(Event.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if not kind.__subclasses__() and kind.__module__.startswith("portal."):
            found.append(kind)
    return found


def test_every_event_is_heard_or_says_why_not() -> None:
    kinds = _kinds()
    assert len(kinds) >= 8
    assert [kind.__name__ for kind in kinds if not LISTENERS.get(kind) and kind.__name__ not in UNHEARD] == []


def test_no_excuse_outlives_its_event() -> None:
    unheard = {kind.__name__ for kind in _kinds() if not LISTENERS.get(kind)}
    assert set(UNHEARD) <= unheard
