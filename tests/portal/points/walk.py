"""The books beside a naive model: whatever is done in whatever order, both say the same.

One walk is one hypothesis example. The model is three people with heaps of points, as somebody with pencil and paper
would keep them; it knows nothing of lots, keys and transfers.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from portal.core import clock
from portal.core.uow import Database
from portal.points.ledger import rules, service, sweeping
from portal.points.ledger.entering import Entry
from portal.points.ledger.rules import Kind, Reason
from tests.portal.points.books import grant, payment, wrong

WHO = st.integers(0, 2)
AMOUNT = st.integers(1, 60)
PICK = st.integers(0, 10**6)
DAYS = st.one_of(st.integers(1, 300), st.integers(-3, 0), st.sampled_from([-400, 3_650]))


@dataclass
class Heap:
    """Points that came together and run out together: `size` at first, `amount` now."""

    size: int
    expires: date
    amount: int = -1

    def __post_init__(self) -> None:
        self.amount = self.size


@dataclass
class Deed:
    """Something that may be undone: what was taken from which heaps, and the heap it made elsewhere."""

    number: int
    taken: list[tuple[Heap, int]] = field(default_factory=list)
    made: Heap | None = None
    until: datetime | None = None


def take(heaps: list[Heap], amount: int, today: date) -> list[tuple[Heap, int]] | None:
    """From the heaps that run out first; None when there is not enough."""
    usable = sorted((heap for heap in heaps if heap.amount and heap.expires >= today), key=lambda heap: heap.expires)
    if sum(heap.amount for heap in usable) < amount:
        return None
    taken = []
    for heap in usable:
        if part := min(heap.amount, amount):
            heap.amount -= part
            amount -= part
            taken.append((heap, part))
    return taken


class Walk(RuleBasedStateMachine):
    """Every rule does the same to the books and to the model. `database` and `steps` are set by who walks."""

    database: Database
    steps: list[int]

    @initialize()
    def begin(self) -> None:
        self.now = datetime(2026, 4, 1, 3, tzinfo=UTC)
        self.heaps: list[list[Heap]] = [[], [], []]
        self.deeds: list[Deed] = []
        self.holds: list[Deed] = []
        self.doing = clock.freeze(self.now)
        self.doing.__enter__()
        with self.database.command("walk") as session:
            self.accounts: list[UUID] = [service.named(session, f"walk {uuid4()}", Kind.RESIDENT) for _ in range(3)]

    def teardown(self) -> None:
        if hasattr(self, "doing"):
            self.doing.__exit__(None, None, None)
            assert wrong(self.database) == []

    @property
    def today(self) -> date:
        return clock.today()

    def keep(self, **facts: Any) -> None:
        self.deeds.append(Deed(**facts))

    @rule(who=WHO, amount=AMOUNT, ago=st.integers(0, 500))
    def earn(self, who: int, amount: int, ago: int) -> None:
        at = clock.now() - timedelta(days=ago)
        with self.database.command("walk") as session:
            number = grant(session, self.accounts[who], amount, at=at)
        heap = Heap(amount, rules.last_day(at.astimezone(clock.JST).date()))
        self.heaps[who].append(heap)
        self.keep(number=number, made=heap)

    @rule(who=WHO, amount=AMOUNT)
    def spend(self, who: int, amount: int) -> None:
        taken = take(self.heaps[who], amount, self.today)
        with self.database.command("walk") as session:
            found = service.spend_all(session, [payment(session, self.accounts[who], amount)])[0]
        if taken is None:
            assert isinstance(found, rules.NotEnoughPoints)
        else:
            assert isinstance(found, int)
            self.keep(number=found, taken=taken)

    @rule(who=WHO, other=WHO, amount=AMOUNT)
    def pass_on(self, who: int, other: int, amount: int) -> None:
        if who == other:
            return
        taken = take(self.heaps[who], amount, self.today)
        wish = Entry(str(uuid4()), self.accounts[who], self.accounts[other], amount, Reason.FAMILY)
        with self.database.command("walk") as session:
            if taken is None:
                try:
                    service.pass_on(session, wish)
                except rules.NotEnoughPoints:
                    return
                raise AssertionError("passed on what is not there")
            numbers = service.pass_on(session, wish)
        for number, (heap, part) in zip(numbers, taken, strict=True):
            made = Heap(part, heap.expires)
            self.heaps[other].append(made)
            self.keep(number=number, taken=[(heap, part)], made=made)

    @rule(who=WHO, amount=AMOUNT, hours=st.integers(1, 900))
    def set_aside(self, who: int, amount: int, hours: int) -> None:
        taken = take(self.heaps[who], amount, self.today)
        until = clock.now() + timedelta(hours=hours)
        with self.database.command("walk") as session:
            try:
                number = service.hold(session, payment(session, self.accounts[who], amount), until=until)
            except rules.NotEnoughPoints:
                assert taken is None
                return
        assert taken is not None
        self.holds.append(Deed(number, taken, until=until))

    @rule(pick=PICK, captured=st.booleans())
    def end_a_hold(self, pick: int, captured: bool) -> None:
        if not self.holds:
            return
        deed = self.holds.pop(pick % len(self.holds))
        assert deed.until
        with self.database.command("walk") as session:
            if captured and deed.until > clock.now():
                service.capture(session, deed.number)
            else:
                service.release(session, deed.number)
                give_back(deed)

    @rule(pick=PICK)
    def undo(self, pick: int) -> None:
        if not self.deeds:
            return
        deed = self.deeds.pop(pick % len(self.deeds))
        whole = deed.made is None or deed.made.amount == deed.made.size
        with self.database.command("walk") as session:
            try:
                service.reverse(session, deed.number, key=f"undo {deed.number}")
            except rules.PointsSpentAlready:
                assert not whole
                self.deeds.append(deed)
                return
        assert whole
        if deed.made:
            deed.made.amount = 0
        give_back(deed)

    @rule(days=DAYS, sweep=st.booleans())
    def time_goes_by(self, days: int, sweep: bool) -> None:
        """Also far ahead at once, or back: clocks go wrong; the night's work may come late."""
        self.doing.__exit__(None, None, None)
        self.now += timedelta(days=days)
        self.doing = clock.freeze(self.now)
        self.doing.__enter__()
        if sweep:
            self.night()

    @rule()
    def night(self) -> None:
        with self.database.job("night") as session:
            sweeping.release_lapsed(session, {})
        for deed in [deed for deed in self.holds if deed.until and deed.until <= clock.now()]:
            self.holds.remove(deed)
            give_back(deed)
        while True:
            with self.database.job("night") as session:
                if not sweeping.expire_some(session, self.today, batch=3):
                    break
        for heap in (heap for heaps in self.heaps for heap in heaps if heap.expires < self.today):
            heap.amount = 0

    @rule(who=WHO, other=WHO)
    def prove_to_be_one(self, who: int, other: int) -> None:
        """Two records of the register turn out to be one person: all points go to one account."""
        if who == other:
            return
        amount = sum(heap.amount for heap in self.heaps[who] if heap.expires >= self.today)
        if amount:
            self.pass_on(who, other, amount)

    @invariant()
    def both_say_the_same(self) -> None:
        if not hasattr(self, "accounts"):
            return
        self.steps[0] += 1
        with self.database.command("look") as session:
            said = [service.balance(session, one, self.today) for one in self.accounts]
        assert said == [sum(h.amount for h in heaps if h.expires >= self.today) for heaps in self.heaps]


def give_back(deed: Deed) -> None:
    for heap, part in deed.taken:
        heap.amount += part
