"""What a journey at the kiosk consists of: its steps and facts. Data only; `events` and `effects` are beside it.

Instants are monotonic seconds (float), amounts whole yen, texts come from the portal already translated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from kiosk.comfort import Comfort
from kiosk.point_facts import Coupon, FeeByPoints, PaperCode, PointAccount, Reward
from kiosk.window_days import WindowDay

IDLE_SECONDS = 60.0
# Who listens to a whole screen before acting needs longer.
EAR_IDLE_SECONDS = 180.0
# A first screen nobody touches becomes the large one that is seen from across the hall.
ATTRACT_AFTER_SECONDS = 45.0
# WCAG 2.2.1 asks for at least 20 s in which one simple act extends the time.
WARNING_SECONDS = 20.0
BUSY_SECONDS = 40.0
ALARM_AFTER_SECONDS = 5.0
ALARM_EVERY_SECONDS = 3.0
THANKS_SECONDS = 6.0
PAPER_SECONDS = 20.0
NOTICE_SECONDS = 30.0
# A number to write down takes longer; it names nobody.
NUMBER_SECONDS = 180.0
PRINTING_SECONDS = 240.0
# At most six large choices a screen: five kinds of window and the way to the others; rewards stand below what there is.
OFFERS_SHOWN = 5
REWARDS_SHOWN = 3
CASH = "cash"
LANGUAGES = ("ja", "en", "zh", "ko", "es", "pt")


class Step(StrEnum):
    """One screen; the name says what the person is doing or what the machine is busy with."""

    OUT_OF_SERVICE = "out-of-service"
    ATTRACT = "attract"
    WELCOME = "welcome"
    GUIDE = "guide"
    INSERT_CARD = "insert-card"
    READING_CARD = "reading-card"
    LAST_TRY = "last-try"
    PIN = "pin"
    CHECKING_PIN = "checking-pin"
    SIGNING_IN = "signing-in"
    MENU = "menu"
    RESERVATION = "reservation"
    CHECKING_IN = "checking-in"
    CHECKED_IN = "checked-in"
    FINDING_VISIT = "finding-visit"
    LOADING_POINTS = "loading-points"
    POINTS = "points"
    REWARD = "reward"
    REDEEMING = "redeeming"
    COUPON = "coupon"
    PAPER_CODE = "paper-code"
    ENTERING_CODE = "entering-code"
    CODE_ENTERED = "code-entered"
    LOADING_TASKS = "loading-tasks"
    TASKS = "tasks"
    LOADING_SERVICES = "loading-services"
    SERVICES = "services"
    NEW_PIN = "new-pin"
    NEW_PIN_AGAIN = "new-pin-again"
    CHANGING_PIN = "changing-pin"
    PIN_CHANGED = "pin-changed"
    LOADING_OFFERS = "loading-offers"
    NUMBER_KIND = "number-kind"
    DRAWING_NUMBER = "drawing-number"
    NUMBER = "number"
    LOADING_KINDS = "loading-kinds"
    KIND = "kind"
    OPTION = "option"
    COPIES = "copies"
    CONFIRM = "confirm"
    ORDERING = "ordering"
    HOW_TO_PAY = "how-to-pay"
    SPENDING = "spending"
    PAY = "pay"
    CANCELLING = "cancelling"
    PRINTING = "printing"
    TAKE_PAPER = "take-paper"
    TAKE_CARD = "take-card"
    NOTICE = "notice"
    THANKS = "thanks"


RESTING = frozenset({Step.OUT_OF_SERVICE, Step.ATTRACT, Step.WELCOME, Step.TAKE_PAPER, Step.TAKE_CARD, Step.THANKS})
"""Steps in which nothing is under way that could be stopped."""

BUSY = frozenset(
    {
        Step.READING_CARD,
        Step.CHECKING_PIN,
        Step.SIGNING_IN,
        Step.CHECKING_IN,
        Step.FINDING_VISIT,
        Step.LOADING_POINTS,
        Step.REDEEMING,
        Step.ENTERING_CODE,
        Step.LOADING_TASKS,
        Step.LOADING_SERVICES,
        Step.CHANGING_PIN,
        Step.LOADING_OFFERS,
        Step.DRAWING_NUMBER,
        Step.LOADING_KINDS,
        Step.ORDERING,
        Step.SPENDING,
        Step.CANCELLING,
    }
)
"""Steps in which the machine, not the person, has to act next."""

CHOOSING_CERTIFICATE = frozenset({Step.KIND, Step.OPTION, Step.COPIES, Step.CONFIRM})


PRINTER_WORKS = ("ready", "low-paper")
ON_BATTERY = ("battery", "low")


@dataclass(frozen=True)
class Health:
    """What works. A person is let in only while reader and portal do, the clock is right, and the mains are there.

    `staff`: "" or `called` (somebody pressed the button) or `coming` (staff have seen it); `hours` as the portal says;
    `scanner` is "" on a machine without one; `clock` is `wrong` when the portal's time is another; `windows` are the
    days of the ward office as heard last.
    """

    reader: str = "unknown"
    portal: str = "unknown"
    printer: str = "unknown"
    coin_box: str = "unknown"
    command: str | None = None
    opens_at: str | None = None
    power: str = "mains"
    staff: str = ""
    hours: str = ""
    scanner: str = ""
    clock: str = "unknown"
    windows: tuple[WindowDay, ...] = ()

    @property
    def in_service(self) -> bool:
        works = self.reader == "ready" and self.portal == "ready" and self.clock != "wrong"
        return works and self.command is None and self.power not in ON_BATTERY

    @property
    def can_print(self) -> bool:
        return self.printer in PRINTER_WORKS and self.power not in ON_BATTERY

    @property
    def can_sell(self) -> bool:
        return self.can_print and self.coin_box == "ready"


@dataclass(frozen=True)
class Reservation:
    """A visit booked by the person (来庁予約); `starts_at` is ISO 8601 with offset."""

    reference: str
    starts_at: str
    office: str
    procedures: tuple[str, ...]
    can_check_in: bool
    why_not: str | None = None
    ticket: str | None = None


@dataclass(frozen=True)
class Person:
    """What the portal says about the owner of the card, and the session in which it said so.

    The session lives here and nowhere else, so it cannot outlive the journey or meet another person.
    """

    session: str
    greeting: str
    unread_tasks: int
    points: int
    reservation: Reservation | None = None


@dataclass(frozen=True)
class Task:
    """A notice that asks for something; `due` is an ISO date or ""."""

    title: str
    due: str = ""


@dataclass(frozen=True)
class Waiting:
    """What waits in the mailbox; `more` is how many are not shown; `address` opens it on a phone."""

    tasks: tuple[Task, ...] = ()
    more: int = 0
    address: str = ""


@dataclass(frozen=True)
class CardServices:
    """What the city card is good for: words about the card, and (service, state) in words."""

    card: str = ""
    services: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True)
class Option:
    """One question about a certificate."""

    name: str
    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Kind:
    """One kind of certificate and what may be asked about it; `fee` is yen for one copy."""

    kind: str
    name: str
    fee: int
    options: tuple[Option, ...] = ()
    max_copies: int = 1
    available: bool = True
    why_not: str | None = None
    next_step: str | None = None


@dataclass(frozen=True)
class Ticket:
    """The number under which the person will be called."""

    number: str
    window_kind: str
    waiting: int
    message: str


@dataclass(frozen=True)
class NumberOffer:
    """One kind of window as the portal describes it; `why_not` is there when no number is given now."""

    kind: str
    label: str
    waiting: int
    least_minutes: int
    most_minutes: int
    why_not: str | None = None
    next_step: str | None = None


@dataclass(frozen=True)
class Drawn:
    """A number drawn without a card. `token` opens its page at `address`; `printed`: the slip is on its way; `visit`: it
    is that of a reservation, which is checked in by it."""

    number: str
    token: str
    kind: str
    waiting: int
    least_minutes: int
    most_minutes: int
    address: str
    printed: bool = False
    visit: bool = False


@dataclass(frozen=True)
class Order:
    """An order the portal has accepted; `owner` is opaque and goes back with every call about it.

    `reference` is the number a person can read out to staff. `mark` is what the paper's metadata must name as its owner,
    made here from the card that was read. `paid_with`: "cash", or "coupon" or "points" if it can be paid `by_points`.
    """

    order: str
    owner: str
    fee: int
    lines: tuple[str, ...]
    reference: str = ""
    mark: str = ""
    by_points: FeeByPoints | None = None
    paid_with: str = CASH


@dataclass(frozen=True)
class Notice:
    """Something the person must read. `code` has its own words unless the portal sent `title`.

    `reference` is the number of the order it is about, when staff will ask for it.
    """

    code: str
    title: str = ""
    detail: str = ""
    next_step: str = ""
    then: Step = Step.TAKE_CARD
    reference: str = ""


@dataclass(frozen=True)
class Journey:
    """The whole state. A fresh one is made for every person, so nothing of the former one is left."""

    step: Step = Step.OUT_OF_SERVICE
    language: str = "ja"
    turn: int = 0
    entered_at: float = 0.0
    touched_at: float = 0.0
    card_in: bool = False
    health: Health = field(default_factory=Health)
    comfort: Comfort = field(default_factory=Comfort)
    choosing_comfort: bool = False
    tries_left: int | None = None
    last_try_agreed: bool = False
    pin_was_wrong: bool = False
    person: Person | None = None
    ticket: Ticket | None = None
    waiting: Waiting | None = None
    services: CardServices | None = None
    account: PointAccount | None = None
    rewards_from: int = 0
    reward: str | None = None
    coupon: Coupon | None = None
    paper: PaperCode = field(default_factory=PaperCode)
    wants_new_pin: bool = False
    pins_differed: bool = False
    new_pin_was_easy: bool = False
    offers: tuple[NumberOffer, ...] = ()
    offers_from: int = 0
    drawn: Drawn | None = None
    kinds: tuple[Kind, ...] = ()
    kind: str | None = None
    option_index: int = 0
    answers: tuple[tuple[str, str], ...] = ()
    copies: int = 1
    order: Order | None = None
    inserted: int = 0
    paid: bool = False
    after_cancel: Step = Step.TAKE_CARD
    progress: str = ""
    notice: Notice | None = None
    alarms: int = 0

    @property
    def chosen(self) -> Kind | None:
        return next((kind for kind in self.kinds if kind.kind == self.kind), None)

    @property
    def chosen_reward(self) -> Reward | None:
        rewards = self.account.rewards if self.account else ()
        return next((one for one in rewards if one.reward == self.reward), None)

    @property
    def total(self) -> int:
        """Yen for all copies as announced; the order itself says what is really asked."""
        return self.chosen.fee * self.copies if self.chosen else 0

    def seconds_left(self, now: float) -> float:
        """Seconds until the journey ends for want of a touch."""
        allowed = EAR_IDLE_SECONDS if self.comfort.ear else IDLE_SECONDS
        return allowed - (now - self.touched_at)

    def is_warning(self, now: float) -> bool:
        return self.step in TIMED and self.seconds_left(now) <= WARNING_SECONDS


TIMED = frozenset(Step) - RESTING - BUSY - {Step.PRINTING, Step.NOTICE}
"""Steps that end by themselves when nobody touches the screen for IDLE_SECONDS."""
