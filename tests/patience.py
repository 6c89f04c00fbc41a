"""How long tests wait: for a fact, never for a time. A wait costs nothing where the fact comes, so it may be long enough
for a machine that is four times slower than ours and has other things to do."""

import time
from collections.abc import Callable
from threading import Event

PATIENCE = 60.0  # seconds
LOOK_AGAIN = 0.02


def until(fact: Callable[[], object], what: str, seconds: float = PATIENCE, *, look_again: float = LOOK_AGAIN) -> None:
    """Wait for a fact; AssertionError naming it when it does not come in time."""
    ends, pause = time.monotonic() + seconds, Event()
    while not fact():
        assert time.monotonic() < ends, f"waited {seconds:g} s in vain for: {what}"
        pause.wait(look_again)
