"""The portal's own classes for the messages of the contract; examples in tests/contract/*.json.

What a kiosk sends must be exactly of the form (`extra="forbid"`); texts come in the language it asked for.
"""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
"""What a machine calls something: no sign that a database, a log or a list would take for its own."""
Word = Annotated[str, Field(max_length=40, pattern=ONE_LINE)]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=ONE_LINE)]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class OpenSession(Request):
    language: Literal["ja", "en", "zh", "ko", "es", "pt"]


class OpenedSession(BaseModel):
    session: UUID
    challenge: str = Field(repr=False)
    expires_at: datetime


class PresentCard(Request):
    certificate: str = Field(max_length=12_000, repr=False)
    signature: str = Field(max_length=1_000, repr=False)


class ReservationView(BaseModel):
    reference: str
    starts_at: datetime
    office: str
    procedures: list[str]
    can_check_in: bool
    why_not: str | None
    ticket: str | None


class CardAccepted(BaseModel):
    greeting: str = Field(repr=False)
    unread_tasks: int
    reservation: ReservationView | None
    points: int


class CheckIn(Request):
    reference: str = Field(max_length=60)


class CheckedIn(BaseModel):
    ticket: str
    window_kind: str
    waiting: int
    message: str


class CheckInByCode(Request):
    """What the scanner read from a phone or a sheet of paper."""

    code: str = Field(max_length=200, repr=False)


class NumberOffer(BaseModel):
    kind: str
    label: str
    letter: str
    waiting: int
    least_minutes: int
    most_minutes: int
    why_not: str | None
    next_step: str | None = None


class NumberOffers(BaseModel):
    offers: list[NumberOffer]


class DrawNumber(Request):
    kind: str = Field(max_length=20)


class DrawnNumber(BaseModel):
    ticket: str
    token: str = Field(repr=False)
    kind: str
    waiting: int
    least_minutes: int
    most_minutes: int
    address: str = Field(repr=False)


class ChoiceView(BaseModel):
    value: str
    label: str


class OptionView(BaseModel):
    name: str
    label: str
    choices: list[ChoiceView]


class KindView(BaseModel):
    kind: str
    name: str
    fee: int
    options: list[OptionView]
    max_copies: int
    available: bool
    why_not: str | None
    next_step: str | None = None


class Certificates(BaseModel):
    kinds: list[KindView]


class PlaceOrder(Request):
    kind: str = Field(max_length=60)
    options: dict[str, str] = Field(max_length=10)
    copies: int = Field(ge=-(2**31), lt=2**31)


class FeeByPoints(BaseModel):
    """How the fee can be paid without money: by a `coupon` the person holds (its last day), or for so many `points` of the
    `balance`; `why_not` says why points do not do."""

    coupon: date | None
    points: int
    balance: int
    why_not: str | None


class OrderPlaced(BaseModel):
    order: UUID
    reference: str
    owner: str = Field(repr=False)
    fee: int
    lines: list[str]
    by_points: FeeByPoints | None = None


class OrderPaid(Request):
    amount: int = Field(ge=0, lt=2**31)
    method: Literal["cash", "coupon", "points"]
    receipt: Name
    owner: str = Field(max_length=200, repr=False)


class OrderPrinted(Request):
    job: Name
    owner: str = Field(max_length=200, repr=False)


class OrderFailed(Request):
    reason: Word
    refunded: bool
    kept: int = Field(ge=0, lt=2**31)
    owner: str = Field(max_length=200, repr=False)


class OrderState(BaseModel):
    state: str


class Nothing(Request):
    pass


class Done(BaseModel):
    pass


class Heartbeat(Request):
    """`run` names one start of the machine's program ("" from an older one); `clock` is wrong when it differs from ours."""

    version: Word
    run: Word = ""
    state: Word
    reader: Word
    printer: Word
    slip_printer: Word = "unknown"
    scanner: Word = "unknown"
    coin_box: Word
    power: Word = "unknown"
    clock: Word = ""
    alarms: list[Word] = Field(default_factory=list, max_length=20)


class WindowDay(BaseModel):
    """One day of the office's windows, by Japan's clock (HH:MM); both are none on a day they are closed."""

    day: date
    opens: str | None
    closes: str | None


class Commands(BaseModel):
    """`windows`: the days of the office around the machine from today on."""

    command: str | None
    opens_at: datetime | None
    hours: str
    staff: str
    windows: list[WindowDay]


class DayCounted(Request):
    """`content`: yen in the box now; the others: of that day."""

    day: date
    taken: int = Field(ge=0, lt=2**31)
    returned: int = Field(ge=0, lt=2**31)
    payments: int = Field(ge=0, lt=2**31)
    content: int = Field(ge=0, lt=2**31)


class TaskView(BaseModel):
    title: str = Field(repr=False)
    due: date | None


class Tasks(BaseModel):
    tasks: list[TaskView]
    more: int
    address: str


class CardServiceView(BaseModel):
    name: str
    state: str


class CardServices(BaseModel):
    card: str
    services: list[CardServiceView]


class RewardView(BaseModel):
    reward: str
    title: str
    about: str
    points: int
    why_not: str | None


class ExpiringView(BaseModel):
    day: date
    points: int


class PointsAccount(BaseModel):
    balance: int
    rank: str
    expiring: ExpiringView | None
    rewards: list[RewardView]


class Redeem(Request):
    reward: str = Field(max_length=30)


class Coupon(BaseModel):
    """`balance`: the points that are left."""

    coupon: str = Field(repr=False)
    title: str
    last_day: date
    balance: int


class EnterCode(Request):
    """A code from paper, as scanned or typed."""

    code: str = Field(max_length=60, repr=False)


class CodeEntered(BaseModel):
    """`points`: what the code gave; `balance`: what there is now."""

    points: int
    balance: int
