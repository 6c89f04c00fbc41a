"""Plays events into the pure journey, with a clock of its own."""

from __future__ import annotations

from kiosk import effects as fx
from kiosk import events as ev
from kiosk.journey import advance
from kiosk.steps import Choice, Health, Journey, Kind, Option, Order, Person, Reservation, Step, Ticket

WELL = Health(reader="ready", portal="ready", printer="ready", coin_box="ready")
VISIT = Reservation("K7QM-3XPR-T2WH", "2026-11-22T01:30:00+00:00", "中央区役所", ("転居届",), can_check_in=True)
HANAKO = Person("session-1", "架空 花子", unread_tasks=1, points=120, reservation=VISIT)
YES_NO = (Choice("no", "no"), Choice("yes", "yes"))
RECORD = Kind(
    "resident-record",
    "住民票の写し",
    fee=200,
    options=(
        Option("scope", "?", (Choice("self", "self"), Choice("household", "all"))),
        Option("domicile", "?", YES_NO),
    ),
    max_copies=5,
)
SEAL = Kind("seal", "印鑑登録証明書", fee=200, available=False)
ORDER = Order(
    "9b7d5a52-3c1e-4f60-8a2d-7e4c1b0f6d21", "owner", fee=200, lines=("住民票の写し", "1通"), reference="H4TN-9CWD-2MXY"
)


class Played:
    """One journey; `effects` collects everything it asked for."""

    def __init__(self, health: Health = WELL) -> None:
        self.now = 1000.0
        self.journey = Journey()
        self.effects: list[fx.Effect] = []
        self.play(ev.HealthChanged(health))

    @property
    def step(self) -> Step:
        return self.journey.step

    @property
    def turn(self) -> int:
        return self.journey.turn

    def play(self, *events: ev.Event) -> Played:
        for event in events:
            self.journey, effects = advance(self.journey, event, self.now)
            self.effects += effects
        return self

    def wait(self, seconds: float) -> Played:
        """Time passes in half seconds, as on the machine."""
        for _ in range(round(seconds * 2)):
            self.now += 0.5
            self.play(ev.Tick())
        return self

    def asked(self, kind: type[fx.Effect]) -> int:
        return sum(isinstance(effect, kind) for effect in self.effects)

    def to_pin(self, tries: int = 3) -> Played:
        self.play(ev.LanguageChosen("ja"), ev.Next(), ev.CardInserted())
        return self.play(ev.CardRead(self.turn, tries))

    def to_menu(self) -> Played:
        self.to_pin().play(ev.PinEntered())
        self.play(ev.PinRight(self.turn))
        return self.play(ev.SignedIn(self.turn, HANAKO))

    def to_confirm(self) -> Played:
        self.to_menu().play(ev.Chosen("certificate"))
        self.play(ev.KindsLoaded(self.turn, (RECORD, SEAL)))
        return self.play(*(ev.Chosen(answer) for answer in ("resident-record", "self", "no", "1")))

    def to_pay(self) -> Played:
        self.to_confirm().play(ev.Next())
        return self.play(ev.OrderPlaced(self.turn, ORDER))

    def to_printing(self) -> Played:
        return self.to_pay().play(ev.CoinsInserted(ORDER.order, 200), ev.PaymentDone(ORDER.order))

    def to_checked_in(self) -> Played:
        self.to_menu().play(ev.Chosen("reservation"), ev.Next())
        return self.play(ev.CheckedIn(self.turn, Ticket("E001", "express", 0, "")))
