"""The kiosk's own classes for the messages of the contract, version 1. Examples: tests/contract/*.json.

Unknown fields in answers are ignored, so the portal may add some; missing ones are an error.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kiosk import steps


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
            )
            for kind in self.kinds
        )


class PlaceOrder(Message):
    kind: str
    options: dict[str, str]
    copies: int


class PlacedOrder(Message):
    order: UUID
    reference: str
    owner: str = Field(repr=False)
    fee: int = Field(ge=0)
    lines: list[str]

    def as_order(self) -> steps.Order:
        return steps.Order(str(self.order), self.owner, self.fee, tuple(self.lines), self.reference)


class OrderPaid(Message):
    amount: int
    method: Literal["cash"] = "cash"
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
    version: str
    state: str
    reader: str
    printer: str
    coin_box: str


class HeartbeatAnswer(Message):
    command: str | None = None
    opens_at: datetime | None = None


class Token(Message):
    access_token: str = Field(repr=False)
    token_type: str
    expires_in: int
    scope: str = ""


class Problem(Message):
    """RFC 9457, with the code of the refusal and what to do next."""

    status: int = 0
    code: str = "unknown"
    title: str = ""
    detail: str | None = ""
    next_step: str | None = ""
