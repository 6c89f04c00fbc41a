"""Points as somebody with pencil and paper keeps them: heaps that came together, and where each of them lies.

A heap lies in one place until its owner turns out to be somebody else: then it is carried over, and what comes back to the
old place is carried after it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count

_order = count()


@dataclass(eq=False)
class Place:
    """Some points of one heap with one owner."""

    heap: "Heap"
    amount: int
    is_left: bool = False
    order: int = field(default_factory=lambda: next(_order))


@dataclass(eq=False)
class Heap:
    """Points that came together and run out together: `size` at first; `is_again`: given once more for a week."""

    size: int
    expires: date
    is_again: bool = False
    places: list[Place] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return sum(one.amount for one in self.places) == self.size

    def clear(self) -> None:
        for one in self.places:
            one.amount = 0


@dataclass(eq=False)
class Person:
    """What somebody has."""

    places: list[Place] = field(default_factory=list)

    def gets(self, size: int, expires: date, *, is_again: bool = False) -> Heap:
        heap = Heap(size, expires, is_again)
        self.puts(heap, size)
        return heap

    def puts(self, heap: Heap, amount: int) -> None:
        place = Place(heap, amount)
        heap.places.append(place)
        self.places.append(place)

    def has(self, today: date) -> int:
        return sum(one.amount for one in self.places if one.heap.expires >= today)

    def takes(self, amount: int, today: date) -> list[tuple[Place, int]] | None:
        """From the heaps that run out first; None when there is not enough."""
        if self.has(today) < amount:
            return None
        usable = [one for one in self.places if one.amount and one.heap.expires >= today]
        taken = []
        for one in sorted(usable, key=lambda one: (one.heap.expires, one.order)):
            if part := min(one.amount, amount):
                one.amount -= part
                amount -= part
                taken.append((one, part))
        return taken

    def becomes(self, other: "Person") -> None:
        """They are one person: every heap is the other's now."""
        for one in sorted(self.places, key=lambda one: one.order):
            one.is_left = True
            if one.amount:
                other.puts(one.heap, one.amount)
                one.amount = 0
        self.places.clear()

    def runs_out(self, today: date) -> None:
        for one in self.places:
            if one.heap.expires < today:
                one.amount = 0


@dataclass(eq=False)
class Deed:
    """Something that may be undone: what was taken from which places of whom, and the heap it made elsewhere."""

    number: int
    owner: Person
    taken: list[tuple[Place, int]] = field(default_factory=list)
    made: Heap | None = None
    until: datetime | None = None

    @property
    def is_older(self) -> bool:
        """Done by somebody who turned out to be somebody else."""
        made = self.made.places if self.made else []
        return any(one.is_left for one in [*(place for place, _part in self.taken), *made])

    def is_undone(self) -> None:
        """Everything lies where it lay, or where that was carried since."""
        for place, part in sorted(self.taken, key=lambda one: one[0].order):
            if place.is_left:
                self.owner.puts(place.heap, part)
            else:
                place.amount += part

    def is_released(self, today: date) -> None:
        """The same; what ran out meanwhile is there for another week, once."""
        late = [one for one in self.taken if one[0].heap.expires < today and not one[0].heap.is_again]
        self.taken = [one for one in self.taken if one not in late]
        self.is_undone()
        if late:
            self.owner.gets(sum(part for _place, part in late), today + timedelta(days=7), is_again=True)
