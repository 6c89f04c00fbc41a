"""The kiosk's own classes for the messages of the contract, version 1. Examples: tests/contract/*.json.

Unknown fields in answers are ignored, so the portal may add some; missing ones are an error.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kiosk import point_facts, steps
from kiosk.emergency import Emergency, EmergencyWords
from kiosk.window_days import WindowDay

_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class Message(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class OpenSession(Message):
    language: str


class OpenedSession(Message):
    session: UUID
    challenge: str = Field(repr=False)
    expires_at: datetime


class PresentCard(Message):
    certificate: str = Field(repr=False)
    signature: str = Field(repr=False)


class ReservationMessage(Message):
    reference: str
    starts_at: datetime
    office: str
    procedures: list[str]
    can_check_in: bool
    why_not: str | None = None
    ticket: str | None = None

    def as_step(self) -> steps.Reservation:
        return steps.Reservation(
            reference=self.reference,
            starts_at=self.starts_at.isoformat(),
            office=self.office,
            procedures=tuple(self.procedures),
            can_check_in=self.can_check_in,
            why_not=self.why_not,
            ticket=self.ticket,
        )


class CardAccepted(Message):
    greeting: str = Field(repr=False)
    unread_tasks: int
    reservation: ReservationMessage | None
    points: int

    def person(self, session: str) -> steps.Person:
        booked = self.reservation.as_step() if self.reservation else None
        return steps.Person(
            session=session,
            greeting=self.greeting,
            unread_tasks=self.unread_tasks,
            points=self.points,
            reservation=booked,
        )


class CheckIn(Message):
    reference: str


class CheckedIn(Message):
    ticket: str
    window_kind: str
    waiting: int
    message: str

    def as_ticket(self) -> steps.Ticket:
        return steps.Ticket(self.ticket, self.window_kind, self.waiting, self.message)


class CheckInByCode(Message):
    code: str = Field(repr=False)


class OfferMessage(Message):
    kind: str
    label: str
    waiting: int = Field(ge=0)
    least_minutes: int = Field(ge=0)
    most_minutes: int = Field(ge=0)
    why_not: str | None = None
    next_step: str | None = None


class NumberOffers(Message):
    offers: list[OfferMessage]

    def as_offers(self) -> tuple[steps.NumberOffer, ...]:
        return tuple(steps.NumberOffer(**offer.model_dump()) for offer in self.offers)


class DrawNumber(Message):
    kind: str


class DrawnNumber(Message):
    ticket: str
    token: str = Field(repr=False, pattern=r"^[A-Za-z0-9_-]{20,64}$")
    kind: str
    waiting: int = Field(ge=0)
    least_minutes: int = Field(ge=0)
    most_minutes: int = Field(ge=0)
    address: str = Field(repr=False)

    def as_drawn(self) -> steps.Drawn:
        return steps.Drawn(number=self.ticket, **self.model_dump(exclude={"ticket"}))


class ChoiceMessage(Message):
    value: str
    label: str


class OptionMessage(Message):
    name: str
    label: str
    choices: list[ChoiceMessage] = Field(min_length=1)


class KindMessage(Message):
    kind: str
    name: str
    fee: int = Field(ge=0)
    options: list[OptionMessage]
    max_copies: int = Field(ge=1)
    available: bool
    why_not: str | None = None
    next_step: str | None = None


class Certificates(Message):
    kinds: list[KindMessage]

    def as_kinds(self) -> tuple[steps.Kind, ...]:
        return tuple(
            steps.Kind(
                kind=kind.kind,
                name=kind.name,
                fee=kind.fee,
                options=tuple(
                    steps.Option(
                        option.name,
                        option.label,
                        tuple(steps.Choice(choice.value, choice.label) for choice in option.choices),
                    )
                    for option in kind.options
                ),
                max_copies=kind.max_copies,
                available=kind.available,
                why_not=kind.why_not,
                next_step=kind.next_step,
            )
            for kind in self.kinds
        )


class PlaceOrder(Message):
    kind: str
    options: dict[str, str]
    copies: int


class FeeByPointsMessage(Message):
    coupon: date | None
    points: int = Field(ge=0)
    balance: int
    why_not: str | None = None

    def as_fact(self) -> point_facts.FeeByPoints:
        last_day = self.coupon.isoformat() if self.coupon else ""
        return point_facts.FeeByPoints(last_day, self.points, self.balance, self.why_not)


class PlacedOrder(Message):
    order: UUID
    reference: str
    owner: str = Field(repr=False)
    fee: int = Field(ge=0)
    lines: list[str]
    by_points: FeeByPointsMessage | None = None

    def as_order(self) -> steps.Order:
        by_points = self.by_points.as_fact() if self.by_points else None
        lines = tuple(self.lines)
        return steps.Order(str(self.order), self.owner, self.fee, lines, self.reference, by_points=by_points)


class OrderPaid(Message):
    amount: int
    method: str = "cash"
    receipt: str
    owner: str = Field(repr=False)


class OrderPrinted(Message):
    job: str
    owner: str = Field(repr=False)


class OrderFailed(Message):
    """`kept`: yen that stay in the machine although no paper came out; 0 when the money went back."""

    reason: str
    refunded: bool
    kept: int
    owner: str = Field(repr=False)


class OrderState(Message):
    state: str


class Heartbeat(Message):
    """`run`: one start of the program; two machines under one identity tell two."""

    version: str
    run: str
    state: str
    reader: str
    printer: str
    slip_printer: str
    scanner: str
    coin_box: str
    power: str
    clock: str
    alarms: list[str]


class WindowDayMessage(Message):
    """One day of the office's windows (HH:MM); both are none on a day they are closed."""

    day: date
    opens: str | None = Field(default=None, pattern=_CLOCK)
    closes: str | None = Field(default=None, pattern=_CLOCK)

    def as_day(self) -> WindowDay:
        return WindowDay(self.day.isoformat(), self.opens or "", self.closes or "")


class HeartbeatAnswer(Message):
    """`staff` says how far a call for staff came: "", `called` or `coming`; `windows` are the days from today on."""

    command: str | None = None
    opens_at: datetime | None = None
    hours: str = ""
    staff: str = ""
    windows: list[WindowDayMessage] = Field(default_factory=list, max_length=60)


class EmergencyText(Message):
    title: str
    body: str
    lang: str


class EmergencyMessage(Message):
    """A disaster's banner in all languages; it is up for so many `seconds` unless the portal says otherwise before."""

    area: str
    seconds: int = Field(ge=0)
    words: dict[str, EmergencyText] = Field(min_length=1)

    def heard(self, now: float) -> Emergency:
        words = {code: EmergencyWords(one.title, one.body, one.lang) for code, one in self.words.items()}
        return Emergency(words, self.area, now + self.seconds)


class Emergencies(Message):
    alarms: list[EmergencyMessage]


class DayCounted(Message):
    """Yen of one day by the coin box itself; `content` is what lies in it now."""

    day: date
    taken: int
    returned: int
    payments: int
    content: int


class Done(Message):
    pass


class TaskMessage(Message):
    title: str = Field(repr=False)
    due: date | None = None


class Tasks(Message):
    tasks: list[TaskMessage]
    more: int = Field(ge=0)
    address: str

    def as_waiting(self) -> steps.Waiting:
        tasks = tuple(steps.Task(one.title, one.due.isoformat() if one.due else "") for one in self.tasks)
        return steps.Waiting(tasks, self.more, self.address)


class CardServiceMessage(Message):
    name: str
    state: str


class CardServices(Message):
    card: str
    services: list[CardServiceMessage]

    def as_services(self) -> steps.CardServices:
        return steps.CardServices(self.card, tuple((one.name, one.state) for one in self.services))


class RewardMessage(Message):
    reward: str
    title: str
    about: str
    points: int = Field(ge=0)
    why_not: str | None = None


class ExpiringMessage(Message):
    day: date
    points: int


class PointsAccount(Message):
    balance: int
    rank: str
    expiring: ExpiringMessage | None
    rewards: list[RewardMessage]

    def as_account(self) -> point_facts.PointAccount:
        soon = self.expiring
        return point_facts.PointAccount(
            balance=self.balance,
            rank=self.rank,
            expires=soon.day.isoformat() if soon else "",
            expiring=soon.points if soon else 0,
            rewards=tuple(point_facts.Reward(**one.model_dump()) for one in self.rewards),
        )


class Redeem(Message):
    reward: str


class Coupon(Message):
    coupon: str = Field(repr=False, pattern=r"^[0-9A-Z-]{6,20}$")
    title: str
    last_day: date
    balance: int

    def as_coupon(self) -> point_facts.Coupon:
        return point_facts.Coupon(self.coupon, self.title, self.last_day.isoformat(), self.balance)


class EnterCode(Message):
    code: str = Field(repr=False)


class CodeEntered(Message):
    points: int = Field(ge=0)
    balance: int = Field(ge=0)


class Problem(Message):
    """RFC 9457, with the code of the refusal and what to do next."""

    status: int = 0
    code: str = "unknown"
    title: str = ""
    detail: str | None = ""
    next_step: str | None = ""
