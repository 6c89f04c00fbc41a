"""The line of the waiting room: who is in, who waits, in the order of their tickets, for all processes of one host.

It lives in a file of the state directory that every process maps into its memory. Tickets are numbered in the order
of coming. Up to `CALLED` they were called in: a called ticket has a seat, or one is kept for it as long as its holder
goes on asking. Everybody after that waits. Whoever waits only reads two numbers and writes the time into their own
place of the file, without a lock; seats are given and taken back under a file lock, which the kernel gives back when
its holder dies. Once a second whoever comes first puts the books in order, so nothing a killed process
left behind lasts: its seats are free again after `LONGEST_REQUEST`.

A restart of one process goes on with the same line; when no process is left, the next one begins a new line. Times are the
host's monotonic clock. Limits: one host, and a file system of its own (flock, mmap); two hosts have two lines, each with
its own limit. The number a visitor is shown counts also those before them who left and were not reached yet.
"""

import fcntl
import mmap
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STAY = 60.0
PATIENCE = 45.0
LONGEST_REQUEST = 120.0
# Requests of one ticket at the same time: a browser sends six. A ticket many share is one place in line, not hundreds.
AT_ONCE = 8
LONGEST_LINE = 200_000
TIDY_MS = 1_000
SLOTS = 1 << 18  # > LONGEST_LINE: no two who wait share a slot

# Words of 8 bytes in the file: its head, then three a seat and the stack of free seats, then two a slot of the line.
EPOCH, NEWEST, CALLED, FIRST, RESERVED, FREE, TIDIED, PASSING = range(8)
HEAD = 8
TICKET, BUSY, UNTIL = range(3)
SEEN, SEAT = range(2)


@dataclass(frozen=True, slots=True)
class Turn:
    """What the line says to one request: `ahead` people come first; nobody (None) means: come in."""

    ticket: int
    ahead: int | None


class Line:
    """One process's hands on the line in *file* with *places* seats. Safe to share between threads."""

    def __init__(
        self,
        places: int,
        file: Path,
        *,
        stay: float = STAY,
        longest: float = LONGEST_REQUEST,
        most: int = LONGEST_LINE,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._places, self._stay, self._longest, self.now = places, int(stay * 1000), int(longest * 1000), now
        self._stack, self._slots = HEAD + 3 * places, HEAD + 4 * places
        size = 8 * (self._slots + 2 * SLOTS)
        self._guard = threading.Lock()
        self._alive = os.open(file.with_suffix(".alive"), os.O_RDWR | os.O_CREAT, 0o600)
        self._file = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self._file, size)
        self._words = memoryview(mmap.mmap(self._file, size)).cast("q")
        with self._alone():
            if self._is_first():
                self._begin()

    def at_earliest(self, ahead: int) -> float:
        """Seconds until somebody with *ahead* people before them can have a seat: each seat is kept for a while."""
        return ahead * self._stay / (1000 * self._places)

    def close(self) -> None:
        """Leave the file to the others."""
        os.close(self._alive)
        os.close(self._file)

    def _is_first(self) -> bool:
        """Whether no other process has this line open; from now on this one has."""
        try:
            fcntl.flock(self._alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
            first = True
        except BlockingIOError:
            first = False
        fcntl.flock(self._alive, fcntl.LOCK_SH)
        return first or not self._words[EPOCH]

    def _begin(self) -> None:
        os.pwrite(self._file, bytes(8 * len(self._words)), 0)
        self._words[EPOCH] = secrets.randbits(62) | 1
        self._words[FIRST] = 1
        self._tidy(self._ms())

    @property
    def epoch(self) -> str:
        """Which line this is: tickets of another one are worth nothing."""
        return f"{self._words[EPOCH]:x}"

    def ask(self, ticket: int | None) -> Turn:
        """May the holder of *ticket* come in? Whoever has none, or one that lapsed, gets a new one."""
        words, now = self._words, self._ms()
        if ticket and words[CALLED] < ticket <= words[NEWEST] and 0 <= now - words[TIDIED] < TIDY_MS:
            slot = self._slot(ticket)
            if words[slot + SEEN]:
                words[slot + SEEN] = now
                return Turn(ticket, self._ahead(ticket))
        with self._alone():
            self._tidy_if_due(now)
            return (self._again(ticket, now) if ticket else None) or self._join(now)

    def ask_in_passing(self) -> Turn | None:
        """A seat for one request of a machine, if one is free right now."""
        words, now = self._words, self._ms()
        with self._alone():
            self._tidy_if_due(now)
            if words[FREE] <= words[RESERVED]:
                return None
            words[PASSING] += 1
            seat = words[self._stack + words[FREE] - 1]
            return self._sit(-(words[PASSING] * self._places + seat), now)

    def leave(self, ticket: int, *, stay: float | None = None) -> None:
        """One request of *ticket* is over; the seat is kept a while for the next."""
        words, now = self._words, self._ms()
        with self._alone():
            seat = self._seat_of(ticket)
            if seat is None:
                return  # it lasted too long, and the seat went to somebody else
            words[seat + BUSY] -= 1
            if words[seat + BUSY] > 0:
                return
            kept = self._stay if stay is None else int(stay * 1000)
            words[seat + UNTIL] = now + kept
            if not kept:
                self._stand_up(seat)
                self._call(now)

    def _ms(self) -> int:
        return int(self.now() * 1000)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._guard:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def _slot(self, ticket: int) -> int:
        return self._slots + 2 * (ticket % SLOTS)

    def _ahead(self, ticket: int) -> int:
        return ticket - self._words[CALLED] - 1 + self._words[RESERVED]

    def _seat_of(self, ticket: int) -> int | None:
        """Where the seat of *ticket* begins in the file."""
        if ticket < 0:
            seat = HEAD + 3 * (-ticket % self._places)
        else:
            number = self._words[self._slot(ticket) + SEAT]
            seat = HEAD + 3 * (number - 1)
            if not number:
                return None
        return seat if self._words[seat + TICKET] == ticket else None

    def _again(self, ticket: int, now: int) -> Turn | None:
        """The turn of somebody the line knows."""
        words = self._words
        seat = self._seat_of(ticket)
        if seat is not None:
            if words[seat + BUSY] >= AT_ONCE:
                return Turn(ticket, 0)
            words[seat + BUSY] += 1
            words[seat + UNTIL] = now + self._longest
            return Turn(ticket, None)
        slot = self._slot(ticket)
        if not words[NEWEST] - SLOTS < ticket <= words[NEWEST] or not words[slot + SEEN] or words[slot + SEAT]:
            return None
        words[slot + SEEN] = now
        if ticket > words[CALLED]:
            return Turn(ticket, self._ahead(ticket))
        return self._enter(ticket, now)

    def _join(self, now: int) -> Turn:
        words = self._words
        if words[NEWEST] - words[CALLED] >= self._most:
            return Turn(0, self._most)  # ticket 0 is nobody's: they try again
        words[NEWEST] += 1
        ticket = words[NEWEST]
        slot = self._slot(ticket)
        words[slot + SEEN], words[slot + SEAT] = now, 0
        self._call(now)
        return self._enter(ticket, now) if ticket <= words[CALLED] else Turn(ticket, self._ahead(ticket))

    def _enter(self, ticket: int, now: int) -> Turn:
        """Give a called ticket the seat kept for it."""
        words = self._words
        if not words[FREE]:
            return Turn(ticket, 0)
        words[RESERVED] = max(0, words[RESERVED] - 1)
        words[self._slot(ticket) + SEAT] = words[self._stack + words[FREE] - 1] + 1
        return self._sit(ticket, now)

    def _sit(self, ticket: int, now: int) -> Turn:
        words = self._words
        words[FREE] -= 1
        seat = HEAD + 3 * words[self._stack + words[FREE]]
        words[seat + TICKET], words[seat + BUSY], words[seat + UNTIL] = ticket, 1, now + self._longest
        return Turn(ticket, None)

    def _stand_up(self, seat: int) -> None:
        words = self._words
        ticket = words[seat + TICKET]
        if ticket > 0 and self._seat_of(ticket) == seat:
            slot = self._slot(ticket)
            words[slot + SEEN] = words[slot + SEAT] = 0
        words[seat + TICKET] = words[seat + BUSY] = 0
        words[self._stack + words[FREE]] = (seat - HEAD) // 3
        words[FREE] += 1

    def _call(self, now: int) -> None:
        """Call in the next of those who still ask, as many as there are seats nobody has."""
        words, oldest = self._words, now - int(PATIENCE * 1000)
        while words[FREE] > words[RESERVED] and words[CALLED] < words[NEWEST]:
            words[CALLED] += 1
            slot = self._slot(words[CALLED])
            if words[slot + SEEN] and words[slot + SEEN] > oldest:
                words[RESERVED] += 1
            else:
                words[slot + SEEN] = 0

    def _tidy_if_due(self, now: int) -> None:
        if not 0 <= now - self._words[TIDIED] < TIDY_MS:
            self._tidy(now)

    def _tidy(self, now: int) -> None:
        """Free the seats of those who went away, count what is free and what is kept anew, and call in the next."""
        words = self._words
        words[TIDIED], words[FREE] = now, 0
        for number in range(self._places):
            seat = HEAD + 3 * number
            if not words[seat + TICKET] or words[seat + UNTIL] <= now:
                self._stand_up(seat)
        self._count_kept(now - int(PATIENCE * 1000))
        self._call(now)

    def _count_kept(self, oldest: int) -> None:
        """Called tickets without a seat whose holders still ask have one kept for them; the others lose it."""
        words, kept, first = self._words, 0, 0
        for ticket in range(max(words[FIRST], words[NEWEST] - SLOTS + 1), words[CALLED] + 1):
            slot = self._slot(ticket)
            if not words[slot + SEEN] or words[slot + SEAT]:
                continue
            if words[slot + SEEN] > oldest:
                kept, first = kept + 1, first or ticket
            else:
                words[slot + SEEN] = 0
        words[RESERVED], words[FIRST] = kept, first or words[CALLED] + 1
