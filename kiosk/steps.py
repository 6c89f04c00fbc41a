"""What a journey at the kiosk consists of: steps, facts, events and effects. Data only.

Instants are monotonic seconds (float), amounts whole yen, texts come from the portal already translated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

IDLE_SECONDS = 60.0
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
LANGUAGES = ("ja", "en", "zh", "ko", "es", "pt")


class Step(StrEnum):
    """One screen; the name says what the person is doing or what the machine is busy with."""

    OUT_OF_SERVICE = "out-of-service"
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
    POINTS = "points"
    LOADING_KINDS = "loading-kinds"
    KIND = "kind"
    OPTION = "option"
    COPIES = "copies"
    CONFIRM = "confirm"
    ORDERING = "ordering"
    PAY = "pay"
    CANCELLING = "cancelling"
    PRINTING = "printing"
    TAKE_PAPER = "take-paper"
    TAKE_CARD = "take-card"
    NOTICE = "notice"
    THANKS = "thanks"


RESTING = frozenset({Step.OUT_OF_SERVICE, Step.WELCOME, Step.TAKE_PAPER, Step.TAKE_CARD, Step.THANKS})
"""Steps in which nothing is under way that could be stopped."""

BUSY = frozenset(
    {
        Step.READING_CARD,
        Step.CHECKING_PIN,
        Step.SIGNING_IN,
        Step.CHECKING_IN,
        Step.LOADING_KINDS,
        Step.ORDERING,
        Step.CANCELLING,
    }
)
"""Steps in which the machine, not the person, has to act next."""

CHOOSING_CERTIFICATE = frozenset({Step.KIND, Step.OPTION, Step.COPIES, Step.CONFIRM})


@dataclass(frozen=True)
class Health:
    """What works. A person is let in only while reader and portal do."""

    reader: str = "unknown"
    portal: str = "unknown"
    printer: str = "unknown"
    coin_box: str = "unknown"
    command: str | None = None
    opens_at: str | None = None

    @property
    def in_service(self) -> bool:
        return self.reader == "ready" and self.portal == "ready" and self.command != "out-of-service"

    @property
    def can_sell(self) -> bool:
        return self.printer == "ready" and self.coin_box == "ready"


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


@dataclass(frozen=True)
class Ticket:
    """The number under which the person will be called."""

    number: str
    window_kind: str
    waiting: int
    message: str


@dataclass(frozen=True)
class Order:
    """An order the portal has accepted; `owner` is opaque and goes back with every call about it.

    `reference` is the number a person can read out to staff.
    """

    order: str
    owner: str
    fee: int
    lines: tuple[str, ...]
    reference: str = ""


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
    tries_left: int | None = None
    last_try_agreed: bool = False
    pin_was_wrong: bool = False
    person: Person | None = None
    ticket: Ticket | None = None
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
    def total(self) -> int:
        """Yen for all copies as announced; the order itself says what is really asked."""
        return self.chosen.fee * self.copies if self.chosen else 0

    def seconds_left(self, now: float) -> float:
        """Seconds until the journey ends for want of a touch."""
        return IDLE_SECONDS - (now - self.touched_at)

    def is_warning(self, now: float) -> bool:
        return self.step in TIMED and self.seconds_left(now) <= WARNING_SECONDS


TIMED = frozenset(Step) - RESTING - BUSY - {Step.PRINTING, Step.NOTICE}
"""Steps that end by themselves when nobody touches the screen for IDLE_SECONDS."""
