"""Processes forked from this one, which has everything loaded: a life that may be killed costs some hundredths of a second.

    pid, channel = forked(database, work)      # the new process runs work(its end of the channel), and ends with it
    channel.say(("anything", 7))
    channel.hear()
    end(pid)

No process may fork while SQLite has a file open: the child would believe that it holds its parent's locks. So *database* is
closed for the moment. Messages are pickles with their length before them.
"""

import gc
import os
import pickle
import signal
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from portal.core.uow import Database


class Channel:
    """One end of a pair of sockets."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def say(self, message: object) -> None:
        data = pickle.dumps(message)
        self._end.sendall(struct.pack(">I", len(data)) + data)

    def hear(self) -> Any:
        """The next message; EOFError when nobody is there any more."""
        return pickle.loads(self._exactly(*struct.unpack(">I", self._exactly(4))))

    def _exactly(self, size: int) -> bytes:
        """Not a byte more: the next message may be for another life."""
        data = b""
        while len(data) < size:
            part = self._end.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def close(self) -> None:
        self._end.close()


def forked(database: Database, work: Callable[[Channel], None]) -> tuple[int, Channel]:
    """A process that runs *work*, and this side's end of the channel to it."""
    database.close()
    ours, theirs = socket.socketpair()
    if pid := os.fork():
        theirs.close()
        database.keep_open()
        return pid, Channel(ours)
    ours.close()
    gc.freeze()
    live(lambda: work(Channel(theirs)))
    raise AssertionError("the end of a process")


def live(work: Callable[[], object]) -> None:
    """Run *work* and end this process with it, without anything of what its parent had begun; a closed channel is an end."""
    try:
        with suppress(EOFError, ConnectionError):
            work()
    finally:
        os._exit(0)


def end(pid: int) -> None:
    """Kill a child, whatever it is doing; returns when it is gone."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
