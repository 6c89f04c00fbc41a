"""Random walks over the journey: whatever happens in whatever order, nobody is charged twice or locked in."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from kiosk import effects as fx
from kiosk import events as ev
from kiosk.comfort import Comfort
from kiosk.journey import advance
from kiosk.point_facts import Coupon, FeeByPoints, PointAccount, Reward
from kiosk.points_steps import UNCLEAR
from kiosk.steps import (
    BUSY,
    RESTING,
    CardServices,
    Order,
    Step,
    Ticket,
    Waiting,
)
from tests.kiosk.played import HANAKO, RECORD, SEAL, Played

TOUCHES = [
    ev.Next(),
    ev.Next(),
    ev.Next(),
    ev.Back(),
    ev.Stop(),
    ev.PinEntered(),
    ev.PinEntered(),
    *(ev.Chosen(value) for value in ("certificate", "certificate", "resident-record", "self", "no", "1", "points")),
    ev.Chosen("reservation"),
    *(ev.Chosen(value) for value in ("tasks", "services", "pin", "pin")),
    ev.Chosen("pool"),
    ev.CodeScanned("K7QM-3XPR-T2WH"),
    ev.CodeScanned("something else"),
    ev.CodeScanned("https://portal.example.jp/points/codes#GENK-1000-0019"),
    ev.Chosen("paper-code"),
    *(ev.Chosen(value) for value in ("cash", "cash", "points", "coupon")),
    *(ev.Chosen(value) for value in ("sign:7", "row:1", "erase")),
    ev.ComfortChosen("large"),
    ev.ComfortChosen(""),
    ev.EarphoneMoved(True),
    ev.LanguageChosen("en"),
    ev.CardInserted(),
    ev.CardInserted(),
    ev.CardRemoved(),
]
ACCOUNT = PointAccount(120, "Silver", rewards=(Reward("pool", "Pool", "", 100),))
REPLIES = ["right", "right", "right", "right", "wrong", "refused", "silent"]
BOX = ["coin", "full", "full", "return", "fail", "silent"]
PRINTER = ["paper", "paper", "jam", "silent"]


class Walk(Played):
    """Adds an outside world that answers effects, and keeps the book about money."""

    def __init__(self) -> None:
        super().__init__()
        self.orders = 0
        self.box: dict[str, str] = {}
        self.finished: list[str] = []
        self.refunded: list[str] = []

    def play(self, *events: ev.Event) -> Walk:
        for event in events:
            self.happen(event)
        return self

    def happen(self, event: ev.Event) -> None:
        self.journey, effects = advance(self.journey, event, self.now)
        for effect in effects:
            self.book(effect)
            self.effects.append(effect)

    def book(self, effect: fx.Effect) -> None:
        if isinstance(effect, fx.StartPayment):
            assert effect.order.order not in self.box, "a payment is asked for once"
            self.box[effect.order.order] = "open"
        elif isinstance(effect, fx.SpendPoints):
            assert effect.order.order not in self.box, "coins or points, not both"
            self.box[effect.order.order] = "asked"
        elif isinstance(effect, fx.CancelPayment):
            if self.box[effect.order] == "open":
                self.box[effect.order] = "cancelling"
        elif isinstance(effect, fx.FinishPaidJob):
            assert self.box[effect.order] == "paid", "paper only for money"
            assert effect.order not in self.finished + self.refunded, "once"
            self.finished.append(effect.order)
        elif isinstance(effect, fx.RefundPaidJob):
            assert self.box[effect.order] == "paid"
            assert effect.order not in self.finished + self.refunded, "once"
            self.refunded.append(effect.order)

    def reply(self, how: str) -> None:
        turn = self.turn
        self.orders += 1
        by_points = FeeByPoints("2027-02-21", 200, 320) if self.orders % 2 else None
        order = Order(f"order-{self.orders}", "owner", 200, (), by_points=by_points)
        right: dict[Step, ev.Event] = {
            Step.READING_CARD: ev.CardRead(turn, 3),
            Step.CHECKING_PIN: ev.PinRight(turn),
            Step.SIGNING_IN: ev.SignedIn(turn, HANAKO),
            Step.CHECKING_IN: ev.CheckedIn(turn, Ticket("E001", "express", 0, "")),
            Step.CHANGING_PIN: ev.PinChanged(turn),
            Step.FINDING_VISIT: ev.Refused(turn, "booking-not-found"),
            Step.LOADING_POINTS: ev.PointsLoaded(turn, ACCOUNT),
            Step.REDEEMING: ev.Redeemed(turn, Coupon("P4TN-9CWD-2MX7", "Pool", "2027-05-21", 20)),
            Step.ENTERING_CODE: ev.CodeEntered(turn, 50, 170),
            Step.LOADING_TASKS: ev.TasksLoaded(turn, Waiting()),
            Step.LOADING_SERVICES: ev.ServicesLoaded(turn, CardServices()),
            Step.LOADING_OFFERS: ev.OffersLoaded(turn, ()),
            Step.DRAWING_NUMBER: ev.Refused(turn, "numbers-gone"),
            Step.LOADING_KINDS: ev.KindsLoaded(turn, (RECORD, SEAL)),
            Step.ORDERING: ev.OrderPlaced(turn, order),
        }
        if how == "right" and self.step in right:
            self.happen(right[self.step])
        elif how == "wrong":
            self.happen(ev.PinWrong(turn, 1))
        elif how == "refused":
            self.happen(ev.Refused(turn, "no"))

    def coins(self, how: str) -> None:
        """The coin box acts; a full one beats the order to give coins back."""
        for order, state in list(self.box.items()):
            if how == "silent" or state not in ("open", "cancelling", "asked"):
                continue
            if state == "asked":  # the portal answers, however late
                self.box[order] = "paid" if how in ("full", "coin") else "refused"
                if self.box[order] == "paid":
                    self.happen(ev.PaymentDone(order))
                elif self.step is Step.SPENDING:
                    self.happen(ev.Refused(self.turn, "coupon-used" if how == "return" else "portal-unreachable"))
                continue
            if how == "full":
                self.box[order] = "paid"
                self.happen(ev.PaymentDone(order))
            elif state == "cancelling" or how == "return":
                self.box[order] = "returned"
                self.happen(ev.PaymentCancelled(order))
            elif how == "fail":
                self.box[order] = "returned"
                self.happen(ev.PaymentFailed(order))
            else:
                self.happen(ev.CoinsInserted(order, 100))

    def paper(self, how: str) -> None:
        if self.finished and how != "silent":
            order = self.finished[-1]
            self.happen(ev.Printed(order) if how == "paper" else ev.Refunded(order, "printer-jam"))

    def person(self, reach: str) -> None:
        """A person who knows the way, if the machine is free."""
        if self.step is not Step.WELCOME:
            return
        if reach in ("to_pay", "to_printing"):
            self.to_pay()
        elif reach != "wait":
            getattr(self, reach)()
        if reach == "to_printing":
            self.coins("full")

    def silent_box(self, then: str) -> None:
        """The coin box hangs while its coins are asked back, and acts when the person has gone."""
        self.happen(ev.Stop())
        self.wait(45)
        self.coins(then)

    def lead_out(self) -> None:
        """Stop, take the card, and wait: the machine is free again, whatever it was at."""
        self.happen(ev.Stop())
        self.happen(ev.CardRemoved())
        self.coins("return")
        for _ in range(90):
            self.now += 5.0
            self.happen(ev.Tick())
        assert self.step in (Step.WELCOME, Step.ATTRACT), self.step
        assert self.journey.comfort == Comfort(), "what one person needed is not shown to the next"


STARTS = ["wait", "to_pin", "to_menu", "to_confirm", "to_pay", "to_pay", "to_printing"]
MOVES = st.one_of(
    st.sampled_from(TOUCHES),
    st.tuples(st.just("reply"), st.sampled_from(REPLIES)),
    st.tuples(st.just("reply"), st.just("right")),
    st.tuples(st.just("coins"), st.sampled_from(BOX)),
    st.tuples(st.just("coins"), st.just("full")),
    st.just(("person", "to_menu")),
    st.just(("silent_box", "full")),
    st.tuples(st.just("paper"), st.sampled_from(PRINTER)),
    st.tuples(st.just("wait"), st.sampled_from([0.5, 25.0, 45.0])),
)


@settings(max_examples=300, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(MOVES, min_size=10, max_size=60), st.sampled_from(STARTS))
def test_no_walk_charges_twice_or_locks_anybody_in(moves: list[object], start: str) -> None:
    walk = Walk()
    walk.person(start)
    for move in moves:
        note(f"{walk.step} <- {move}")
        if isinstance(move, ev.Event):
            walk.happen(move)
        elif move[0] == "wait":  # type: ignore[index]
            walk.wait(move[1])  # type: ignore[index]
        else:
            getattr(walk, move[0])(move[1])  # type: ignore[index]
        person_expected = walk.step not in RESTING
        assert walk.journey.person is None or person_expected, "a resting machine knows nobody"
        asking = "open" in walk.box.values()
        assert not asking or walk.step is Step.PAY, "coins are asked for only while somebody pays"
    walk.lead_out()
    paid = {order for order, state in walk.box.items() if state == "paid"}
    assert paid == set(walk.finished) | set(walk.refunded), "money leads to paper or back"


def test_stop_ends_every_step_or_returns_money_first() -> None:
    """No state without stop: all but resting ones leave by it, at once or after the coins are back."""
    reached = {
        "to_pin": Step.PIN,
        "to_menu": Step.MENU,
        "to_confirm": Step.CONFIRM,
        "to_pay": Step.PAY,
        "to_checked_in": Step.CHECKED_IN,
    }
    for reach, step in reached.items():
        played = getattr(Played(), reach)()
        assert played.step is step
        played.play(ev.Stop())
        assert played.step in {Step.TAKE_CARD, Step.CANCELLING}
    for step in BUSY - {Step.CANCELLING}:
        played = Played().to_menu()
        played.journey = replace(played.journey, step=step)
        # Points may have been exchanged already: that is said before the card is asked back.
        wanted = Step.NOTICE if step in UNCLEAR else Step.TAKE_CARD
        assert played.play(ev.Stop()).step is wanted
