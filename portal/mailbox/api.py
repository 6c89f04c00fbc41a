"""The calls of sections' own systems: notices to people they name, what became of them, and where to be told."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from portal.cards.service import Service
from portal.core import text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Scope
from portal.core.text import TextRefused
from portal.mailbox.batches import service as batches
from portal.mailbox.batches.models import Batch
from portal.mailbox.batches.rules import LANES, LONGEST_VALUE, MOST_RECIPIENTS, RECEIPTS_PAGE
from portal.mailbox.following.rules import LONGEST_LAW, Step, terms
from portal.mailbox.rules import (
    LONGEST_BODY,
    LONGEST_CHOICE,
    LONGEST_TITLE,
    MOST_CHOICES,
    Kind,
    Strength,
    answer_terms,
)
from portal.web import pace
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.receipts import Done, Receipts, SetWebhook, WebhookSecret
from portal.web.receipts import page as receipts_page
from portal.web.room import Room
from portal.web.withdrawal import Withdrawal

room = Room("mailbox_api", __name__, "/api/v1")
SENDER = Access.client(Scope.NOTICES)

Language = Literal["ja", "easy", "en", "zh", "ko", "es", "pt"]
# What a clerk could not type, a system cannot send: control signs, line ends in a title, signs that turn the direction.
Line = Annotated[str, AfterValidator(text.check_signs)]
Lines = Annotated[str, AfterValidator(lambda typed: text.check_signs(typed, lines=True))]


# At least one sign that can be seen; the pattern is what a schema can say of that.
SAID = r"\S"
Said = AfterValidator(text.check_said)


class Text(BaseModel):
    """A title and a text. Both may have places, ((name)), filled from the values of each recipient."""

    model_config = ConfigDict(extra="forbid")
    title: Annotated[Line, Said] = Field(pattern=SAID, max_length=LONGEST_TITLE)
    body: Annotated[Lines, Said] = Field(pattern=SAID, max_length=LONGEST_BODY)


class CardId(BaseModel):
    """A person by the number a service knows them by (on the city card)."""

    model_config = ConfigDict(extra="forbid")
    service: Service
    number: Line = Field(min_length=1, max_length=16)


class Recipient(BaseModel):
    """One person, named in exactly one way. `reference` is what receipts call them; otherwise they are called as here.
    An e-mail address or a telephone number (090…, +81 90…, either width) names the one person who proved it for notices, and
    nobody if several did."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    number: Line = Field(default="", max_length=15)
    card: CardId | None = None
    email: str = Field(default="", max_length=254)
    phone: str = Field(default="", max_length=40)
    reference: Line = Field(default="", max_length=100)
    values: dict[Annotated[Line, Field(max_length=100)], Annotated[Lines, Field(max_length=LONGEST_VALUE)]] = Field(
        default_factory=dict, max_length=100
    )

    @model_validator(mode="after")
    def _named_once(self) -> "Recipient":
        if sum(map(bool, (self.number, self.card, self.email, self.phone))) != 1:
            raise ValueError("name the person in exactly one way")
        return self

    def named(self) -> batches.Named:
        if self.card:
            return batches.Named(self.card.service, self.card.number, self.reference, self.values)
        if self.number:
            return batches.Named("number", text.fold_width(self.number).strip(), self.reference, self.values)
        by, typed, read = ("email", self.email, text.email) if self.email else ("phone", self.phone, text.phone)
        try:
            return batches.Named(by, read(typed), self.reference, self.values)
        except TextRefused as refused:
            return batches.Named(by, "", self.reference or f"{by}:", self.values, fault=refused.code)


class Choices(BaseModel):
    """How a notice of kind `reply` may be answered: `options` to choose from, each {language: words}; until the due date
    the answer may be changed (`changeable`), and words of one's own may be added (`text`)."""

    model_config = ConfigDict(extra="forbid")
    options: list[dict[Language, Annotated[Line, Field(max_length=LONGEST_CHOICE)]]] = Field(max_length=MOST_CHOICES)
    changeable: bool = True
    text: bool = False

    def terms(self) -> dict[str, Any]:
        return answer_terms(self.options, changeable=self.changeable, text=self.text)  # type: ignore[arg-type]


class Follow(BaseModel):
    """What is done later, in days: a reminder `before` and `after` the due date to who has not done it, one to who has not
    opened it (`unread`, counted from the sending), and a letter on `paper` to who has not read it by then. `paper` 0 is
    a letter to everybody at once, because the `law` it names asks for paper. Letters are printed and posted by the
    `section` named, one of the system's own office; their text has no places. Reminders leave on the ways each reader
    chose: e-mail, push, text message, LINE."""

    model_config = ConfigDict(extra="forbid")
    before: Literal[1, 3, 7, 14] | None = None
    after: Literal[1, 3, 7, 14] | None = None
    unread: Literal[3, 7, 14] | None = None
    paper: Literal[0, 3, 7, 14, 30] | None = None
    law: Line = Field(default="", max_length=LONGEST_LAW)
    section: Line = Field(default="", max_length=80)

    def wanted(self) -> batches.FollowUps:
        days = {step: getattr(self, step) for step in Step}
        return batches.FollowUps(terms(days, law=self.law), section=self.section)


class SendNotice(BaseModel):
    """`texts` needs Japanese; `recipients` are addressee numbers (統合宛名番号), or people named in another way.

    With a `batch` (a name of the sender's own) the same call, or one with more people, reaches each person once,
    whatever its Idempotency-Key. `lane` says what it overtakes. `send_at` lies within a year.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    kind: Kind = Kind.INFORMATION
    texts: dict[Language, Text]
    due_on: date | None = None
    procedure: Line = Field(default="", max_length=60)
    strength: Strength = Strength.PASSWORD
    choices: Choices | None = None
    follow: Follow | None = None
    batch: Line = Field(default="", max_length=100)
    lane: Literal["urgent", "normal", "bulk"] = "normal"
    send_at: AwareDatetime | None = None
    recipients: list[Annotated[Line, Field(max_length=15)] | Recipient] = Field(
        min_length=1, max_length=MOST_RECIPIENTS
    )

    def said(self) -> batches.Said:
        return batches.Said(
            kind=self.kind,
            texts={language: words.model_dump() for language, words in self.texts.items()},
            due_on=self.due_on,
            procedure=self.procedure,
            strength=self.strength,
            choices=self.choices.terms() if self.choices else {},
            follow=self.follow.wanted() if self.follow else batches.NOTHING_FOLLOWS,
            lane=LANES[self.lane],
            send_at=self.send_at,
            key=self.batch or None,
        )

    def rows(self) -> list[batches.Named]:
        return [batches.Named("number", one) if isinstance(one, str) else one.named() for one in self.recipients]


class Refused(BaseModel):
    """A recipient nothing went to: `code` is recipient-unknown (nobody whom a notice can reach), or says that a telephone
    number (text-not-a-phone-number) or a mail address (text-not-an-email) cannot be one."""

    place: int
    code: str


class NoticeSent(BaseModel):
    """Places in `recipients` are counted from 0: `new` were added by this call, `already` were in the batch before (or
    named twice), `unknown` are nobody a notice can reach, and `refused` says why of each. `delivered` is how many mailboxes
    have it now."""

    notice: UUID
    state: str
    delivered: int
    new: list[int]
    already: list[int]
    unknown: list[int]
    refused: list[Refused]


class NoticeState(BaseModel):
    """`state` is waiting, sending, sent, cancelled or withdrawn."""

    notice: UUID
    state: str
    recipients: int
    delivered: int
    read: int


def _stands(session: Session, batch: Batch) -> NoticeState:
    people, delivered, read = batches.numbers(session, batch)
    return NoticeState(notice=batch.id, state=batch.state, recipients=people, delivered=delivered, read=read)


def _keep_pace(session: Session, machine: Actor) -> None:
    pace.take(session, f"notices:{machine.id}", limit=hall().settings.send_limit)


@room.api(
    "/notices",
    method="POST",
    access=SENDER,
    purpose=Purpose.SENDING,
    body=SendNotice,
    answer=NoticeSent,
    status=201,
    largest=20_000_000,
)
def send_notice(session: Session, actor: Actor, body: SendNotice) -> NoticeSent:
    """Send a notice to the people named, now or later, each once."""
    _keep_pace(session, actor)
    taken = batches.send(session, actor, body.said(), body.rows())
    _people, delivered, _read = batches.numbers(session, taken.batch)
    return NoticeSent(
        notice=taken.batch.id,
        state=taken.batch.state,
        delivered=delivered,
        new=taken.new,
        already=taken.already,
        unknown=taken.unknown,
        refused=[Refused(**one) for one in taken.refused],
    )


@room.api("/notices/<uuid:notice_id>", access=SENDER, purpose=Purpose.SENDING, answer=NoticeState)
def notice_state(session: Session, actor: Actor, notice_id: UUID) -> NoticeState:
    """How many have it and how many have read it."""
    return _stands(session, batches.find(session, actor, notice_id))


@room.api(
    "/notices/<uuid:notice_id>/cancel",
    method="POST",
    access=SENDER,
    purpose=Purpose.SENDING,
    answer=NoticeState,
)
def cancel_notice(session: Session, actor: Actor, notice_id: UUID) -> NoticeState:
    """Stop a scheduled notice before its time."""
    return _stands(session, batches.cancel(session, actor, notice_id))


@room.api(
    "/notices/<uuid:notice_id>/withdraw",
    method="POST",
    access=SENDER,
    purpose=Purpose.SENDING,
    body=Withdrawal,
    answer=NoticeState,
)
def withdraw_notice(session: Session, actor: Actor, notice_id: UUID, body: Withdrawal) -> NoticeState:
    """Take back what was sent: who has it reads that and why, nobody else gets it, and what waits is not told."""
    return _stands(session, batches.withdraw(session, actor, notice_id, body.reason))


@room.api("/receipts", access=SENDER, purpose=Purpose.SENDING, answer=Receipts, query={"after": "integer"})
def receipts(session: Session, actor: Actor) -> Receipts:
    """What became of all this system's notices after a receipt, in order."""
    machine = actor.id
    assert machine
    return receipts_page(lambda after: batches.receipts_after(session, machine, after), most=RECEIPTS_PAGE)


@room.api("/webhook", method="POST", access=SENDER, purpose=Purpose.SENDING, body=SetWebhook, answer=WebhookSecret)
def set_webhook(session: Session, actor: Actor, body: SetWebhook) -> WebhookSecret:
    """Be told receipts at an address, signed with the secret of the answer."""
    assert actor.id
    return WebhookSecret(secret=batches.set_webhook(session, hall().settings, actor.id, body.url))


@room.api("/webhook/secret", method="POST", access=SENDER, purpose=Purpose.SENDING, answer=WebhookSecret)
def rotate_secret(session: Session, actor: Actor) -> WebhookSecret:
    """A new secret; for a day messages are signed with the old one too. Also begins anew after a long silence."""
    assert actor.id
    return WebhookSecret(secret=batches.rotate_secret(session, hall().settings, actor.id))


@room.api("/webhook/remove", method="POST", access=SENDER, purpose=Purpose.SENDING, answer=Done)
def remove_webhook(session: Session, actor: Actor) -> Done:
    """Be told nothing any more."""
    assert actor.id
    batches.remove_webhook(session, actor.id)
    return Done()
