"""The books beside a naive model (heaps.py): whatever is done in whatever order, both say the same.

One walk is one hypothesis example: three people at a time. When two of them turn out to be one, what they did before can
still be undone, somebody may still come with the old number, and a newcomer takes the free chair.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.uow import Database
from portal.points.ledger import joining, rules, service, sweeping
from portal.points.ledger.accounts import NOW
from portal.points.ledger.entering import Entry
from portal.points.ledger.models import PointAccount
from portal.points.ledger.rules import Kind, Reason
from tests.portal.points.books import grant, payment, wrong
from tests.portal.points.heaps import Deed, Person

WHO = st.integers(0, 2)
AMOUNT = st.integers(1, 60)
PICK = st.integers(0, 10**6)
ALL_WALKS = 20_000
"""Holds one night ends here: what the walks before left open lapses as well, and comes first."""
DAYS = st.one_of(st.integers(1, 300), st.integers(-3, 0), st.sampled_from([-400, 3_650]))


class Walk(RuleBasedStateMachine):
    """Every rule does the same to the books and to the model. `database` and `steps` are set by who walks."""

    database: Database
    steps: list[int]

    @initialize()
    def begin(self) -> None:
        self.now = datetime(2026, 4, 1, 3, tzinfo=UTC)
        self.people = [Person(), Person(), Person()]
        self.deeds: list[Deed] = []
        self.holds: list[Deed] = []
        self.old_numbers: list[tuple[UUID, Person]] = []
        self.doing = clock.freeze(self.now)
        self.doing.__enter__()
        self.accounts = [self.newcomer() for _ in range(3)]

    def newcomer(self) -> UUID:
        with self.database.command("walk") as session:
            return service.named(session, f"walk {uuid4()}", Kind.RESIDENT)

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
        self.earns(self.people[who], self.accounts[who], amount, ago)

    def earns(self, person: Person, account: UUID, amount: int, ago: int) -> None:
        at = clock.now() - timedelta(days=ago)
        with self.database.command("walk") as session:
            number = grant(session, now(session, account), amount, at=at)
        made = person.gets(amount, rules.last_day(at.astimezone(clock.JST).date()))
        self.keep(number=number, owner=person, made=made)

    @rule(pick=PICK, amount=AMOUNT)
    def earn_by_an_old_number(self, pick: int, amount: int) -> None:
        if self.old_numbers:
            account, person = self.old_numbers[pick % len(self.old_numbers)]
            self.earns(person, account, amount, 0)

    @rule(who=WHO, amount=AMOUNT)
    def spend(self, who: int, amount: int) -> None:
        taken = self.people[who].takes(amount, self.today)
        with self.database.command("walk") as session:
            found = service.spend_all(session, [payment(session, self.accounts[who], amount)])[0]
        if taken is None:
            assert isinstance(found, rules.NotEnoughPoints)
        else:
            assert isinstance(found, int)
            self.keep(number=found, owner=self.people[who], taken=taken)

    @rule(who=WHO, other=WHO, amount=AMOUNT)
    def pass_on(self, who: int, other: int, amount: int) -> None:
        if who == other:
            return
        taken = self.people[who].takes(amount, self.today)
        wish = Entry(str(uuid4()), self.accounts[who], self.accounts[other], amount, Reason.FAMILY)
        with self.database.command("walk") as session:
            if taken is None:
                try:
                    service.pass_on(session, wish)
                except rules.NotEnoughPoints:
                    return
                raise AssertionError("passed on what is not there")
            numbers = service.pass_on(session, wish)
        for number, (place, part) in zip(numbers, taken, strict=True):
            made = self.people[other].gets(part, place.heap.expires)
            self.keep(number=number, owner=self.people[who], taken=[(place, part)], made=made)

    @rule(who=WHO, amount=AMOUNT, hours=st.integers(1, 900))
    def set_aside(self, who: int, amount: int, hours: int) -> None:
        taken = self.people[who].takes(amount, self.today)
        until = clock.now() + timedelta(hours=hours)
        with self.database.command("walk") as session:
            try:
                number = service.hold(session, payment(session, self.accounts[who], amount), until=until)
            except rules.NotEnoughPoints:
                assert taken is None
                return
        assert taken is not None
        self.holds.append(Deed(number, self.people[who], taken, until=until))

    @rule(pick=PICK, captured=st.booleans())
    def end_a_hold(self, pick: int, captured: bool) -> None:
        if self.holds:
            self.ends(self.holds[pick % len(self.holds)], captured)

    @rule(pick=PICK)
    def release_what_an_old_number_set_aside(self, pick: int) -> None:
        if held := [deed for deed in self.holds if deed.is_older]:
            self.ends(held[pick % len(held)], captured=False)

    def ends(self, deed: Deed, captured: bool) -> None:
        self.holds.remove(deed)
        assert deed.until
        with self.database.command("walk") as session:
            if captured and deed.until > clock.now():
                service.capture(session, deed.number)
            else:
                service.release(session, deed.number)
                deed.is_released(self.today)

    @rule(pick=PICK)
    def undo(self, pick: int) -> None:
        if self.deeds:
            self.undoes(self.deeds[pick % len(self.deeds)])

    @rule(pick=PICK)
    def undo_what_was_done_by_an_old_number(self, pick: int) -> None:
        if done := [deed for deed in self.deeds if deed.is_older]:
            self.undoes(done[pick % len(done)])

    def undoes(self, deed: Deed) -> None:
        self.deeds.remove(deed)
        whole = deed.made is None or deed.made.is_whole
        with self.database.command("walk") as session:
            try:
                service.reverse(session, deed.number, key=f"undo {deed.number}")
            except rules.PointsSpentAlready:
                assert not whole
                self.deeds.append(deed)
                return
        assert whole
        if deed.made:
            deed.made.clear()
        deed.is_undone()

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
            sweeping.release_lapsed(session, {}, batch=ALL_WALKS)
        for deed in [deed for deed in self.holds if deed.until and deed.until <= clock.now()]:
            self.holds.remove(deed)
            deed.is_released(self.today)
        while True:
            with self.database.job("night") as session:
                if not sweeping.expire_some(session, self.today, batch=3):
                    break
        for person in self.people:
            person.runs_out(self.today)

    @rule(who=WHO, other=WHO)
    def prove_to_be_one(self, who: int, other: int) -> None:
        """Two records of the register turn out to be one person: all points go to one account, for good."""
        if who == other:
            return
        gone, kept = self.people[who], self.people[other]
        with self.database.command("walk") as session:
            joining.join(session, self.accounts[who], self.accounts[other], by=uuid4())
        gone.becomes(kept)
        for deed in [*self.deeds, *self.holds]:
            deed.owner = kept if deed.owner is gone else deed.owner
        self.old_numbers = [(one, kept if owner is gone else owner) for one, owner in self.old_numbers]
        self.old_numbers.append((self.accounts[who], kept))
        self.people[who], self.accounts[who] = Person(), self.newcomer()

    @rule(who=WHO, other=WHO, amount=AMOUNT, pick=PICK)
    def prove_to_be_one_with_something_open(self, who: int, other: int, amount: int, pick: int) -> None:
        """What was spent and set aside just before comes back to whom the points are now."""
        if who == other:
            return
        self.earn(who, 2 * amount, 0)
        self.spend(who, amount)
        self.set_aside(who, amount, 900)
        self.prove_to_be_one(who, other)
        self.undo_what_was_done_by_an_old_number(pick)

    @rule(who=WHO, other=WHO)
    def seem_to_be_one(self, who: int, other: int) -> None:
        """It was wrong, and is taken apart before anything moved: as if it had not been."""
        third = any(owner is self.people[who] for _account, owner in self.old_numbers)
        if who == other or third:
            return
        gone, kept = self.accounts[who], self.accounts[other]
        with self.database.command("walk") as session:
            last = joining.join(session, gone, kept, by=uuid4()).last
        with self.database.command("walk") as session:
            joining.take_apart(session, gone, kept, since=last)

    @invariant()
    def both_say_the_same(self) -> None:
        if not hasattr(self, "accounts"):
            return
        self.steps[0] += 1
        with self.database.command("look") as session:
            said = [service.balance(session, one, self.today) for one in self.accounts]
        assert said == [person.has(self.today) for person in self.people]


def now(session: Session, account: UUID) -> UUID:
    """Where the points of an account are now, as `account_of` finds it for a resident."""
    return session.scalars(select(NOW).where(PointAccount.id == account)).one()
