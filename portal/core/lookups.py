"""Names of machines are looked up with an end.

The system's own look-up takes its own time (its patience, times its servers) and cannot be stopped: it has a thread here
that nobody waits for longer than they have time, and that ends by itself.
"""

import socket
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def begun(look: Callable[[], T]) -> "Future[T]":
    """What *look* will have found."""
    answer: Future[T] = Future()
    Thread(target=_answer, args=(answer, look), name="look-up", daemon=True).start()
    return answer


def _answer(answer: "Future[T]", look: Callable[[], T]) -> None:
    if answer.set_running_or_notify_cancel():
        try:
            answer.set_result(look())
        except Exception as fault:
            answer.set_exception(fault)


def addresses(host: str, port: int, seconds: float) -> list[str]:
    """Of a machine, in the system's order. Raises OSError (TimeoutError among them); UnicodeError for what is no name."""
    found = begun(partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)).result(seconds)
    return list(dict.fromkeys(str(info[4][0]) for info in found))
