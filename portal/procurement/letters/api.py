"""The calls of a body's own system: notices to companies by their 法人番号, what became of them, and where to be told."""

import base64
import hashlib
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PrivateAttr
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.service import TopicOf as Topic
from portal.company_mailbox import service as company_mailbox
from portal.core import text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Scope
from portal.core.text import TextRefused
from portal.core.words import N_
from portal.files.service import Prepared, prepare, scanner
from portal.mailbox import service as mailbox
from portal.procurement.registers.service import body_of
from portal.web import pace
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.receipts import Done, Receipts, SetWebhook, WebhookSecret
from portal.web.receipts import page as receipts_page
from portal.web.room import Room
from portal.web.withdrawal import Withdrawal

room = Room("company_notices_api", __name__, "/api/v1")
BODY = Access.client(Scope.COMPANIES)
sending, webhooks = company_mailbox.sending, mailbox.webhooks
post, papers = company_mailbox.letters, mailbox.file_rules
limits, notices = sending.decisions, mailbox.notice_rules
Kind = notices.Kind
RECEIPTS_PAGE = mailbox.batch_rules.RECEIPTS_PAGE
LONGEST_NAME = 100


class NoticeTextWrong(Refusal):
    code = "company-notice-text-wrong"
    status = 422
    message = N_("The title or the text has a character that cannot be shown.")
    next_step = N_("Delete it and send the notice again.")


class FileNotBase64(Refusal):
    code = "company-notice-file-not-base64"
    status = 422
    message = N_("A file of the notice is not written in base64.")
    next_step = N_("Write its content in base64 (RFC 4648) and send the notice again.")


class Named(BaseModel):
    """One company by its 法人番号 or a number of ours; receipts call it by `reference`, or as it is named here."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    number: str = Field(min_length=1, max_length=40)
    reference: str = Field(default="", max_length=LONGEST_NAME)


class Choices(BaseModel):
    """How a notice of kind `reply` may be answered: `options` in Japanese; until the due date the answer may be changed
    (`changeable`), and words of one's own may be added (`text`)."""

    model_config = ConfigDict(extra="forbid")
    options: list[Annotated[str, Field(min_length=1, max_length=notices.LONGEST_CHOICE)]] = Field(
        default_factory=list, max_length=notices.MOST_CHOICES
    )
    changeable: bool = True
    text: bool = False


class AttachedFile(BaseModel):
    """A PDF or photo (JPEG, PNG, WebP) that comes with the notice; `content` in base64. What it is, is seen by its
    content."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    name: str = Field(min_length=1, max_length=200)
    content: str = Field(min_length=1, max_length=papers.MEGABYTES * 1_400_000, repr=False)

    def read(self) -> bytes:
        """Raises FileNotBase64."""
        try:
            return base64.b64decode(self.content, validate=True)
        except ValueError:
            raise FileNotBase64 from None


class CompanyNotice(BaseModel):
    """One text for up to ten thousand companies, each by its 法人番号 or a number of ours. A `confidential` one is read by
    the representative, and by whom the company lets read such, all or those of that `topic`. `thread`: companies may write
    back, to the desk of the body. With a `batch` (a name of the sender's own) the same call, or one with more companies,
    reaches each once, whatever its Idempotency-Key. `remind_days` before `due_on` who has not done it is reminded. `send_at`
    lies within a year. Up to ten `files`, 20 MB together, come with it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    companies: list[Annotated[str, Field(min_length=1, max_length=40)] | Named] = Field(
        min_length=1, max_length=limits.MOST_RECIPIENTS
    )
    title: str = Field(min_length=1, max_length=limits.LONGEST_TITLE)
    body: str = Field(min_length=1, max_length=limits.LONGEST_BODY)
    confidential: bool = False
    topic: Topic = Topic.OTHER
    kind: Kind = Kind.INFORMATION
    due_on: date | None = None
    remind_days: int = Field(default=0, ge=0, le=30)
    choices: Choices | None = None
    thread: bool = False
    batch: str = Field(default="", max_length=LONGEST_NAME)
    send_at: AwareDatetime | None = None
    files: list[AttachedFile] = Field(default_factory=list, max_length=papers.MOST)
    _prepared: list[Prepared] = PrivateAttr(default_factory=list)

    def look_through(self) -> None:
        """Its files made fit to be kept, before the transaction begins. Raises FileNotBase64 and what files refuse."""
        scan = scanner(hall().settings.clamd)
        self._prepared = [prepare(one.name, one.read(), megabytes=papers.MEGABYTES, scan=scan) for one in self.files]

    def attached(self) -> post.Sent:
        return post.Sent(self._prepared, hall().settings.file_ring)

    def said(self) -> sending.Said:
        """Raises NoticeTextWrong."""
        asked = self.choices or Choices()
        try:
            return sending.Said(
                title=text.single_line(self.title, longest=limits.LONGEST_TITLE),
                body=text.free_text(self.body, longest=limits.LONGEST_BODY),
                kind=self.kind,
                due_on=self.due_on,
                remind_days=self.remind_days,
                choices=notices.answer_terms(
                    [{"ja": text.single_line(one, longest=notices.LONGEST_CHOICE)} for one in asked.options],
                    changeable=asked.changeable,
                    text=asked.text,
                    thread=self.thread,
                ),
                confidential=self.confidential,
                topic=self.topic,
                send_at=self.send_at,
                files=tuple(hashlib.sha256(f"{one.name}\n{one.content}".encode()).hexdigest() for one in self.files),
            )
        except TextRefused:
            raise NoticeTextWrong from None

    def rows(self) -> list[sending.Row]:
        found = [one if isinstance(one, Named) else Named(number=one) for one in self.companies]
        return [sending.Row(companies.number_in(one.number), (one.reference or one.number)) for one in found]


class Sent(BaseModel):
    """Places in `companies` are counted from 0: `new` were added by this call, `already` were in the batch before (or named
    twice), `unknown` have no account here. `state` is waiting, sending, sent, cancelled or withdrawn; `delivered` is how
    many mailboxes have it now."""

    notice: UUID
    state: str
    delivered: int
    new: list[int]
    already: list[int]
    unknown: list[int]


class NoticeState(BaseModel):
    """How many companies it is for (`told`), have it, read it and did what is asked."""

    notice: UUID
    state: str
    told: int
    delivered: int
    read: int
    answered: int


def _state(one: sending.AnySending) -> str:
    return limits.BATCH_STATES.get(sending.State(one.state), one.state)


@room.api(
    "/company-notices",
    method="POST",
    access=BODY,
    purpose=Purpose.SENDING,
    body=CompanyNotice,
    answer=Sent,
    status=201,
    before=CompanyNotice.look_through,
    largest=4_000_000 + papers.MEGABYTES_TOGETHER * 1_400_000,
)
def send(session: Session, actor: Actor, body: CompanyNotice) -> Sent:
    """Send a notice to companies, with its files, now or later; each gets it once."""
    pace.take(session, f"company-notices:{actor.id}", limit=hall().settings.send_limit)
    agency = body_of(session, actor)
    said, rows = body.said(), body.rows()
    taken = sending.send(
        session, actor, agency.code, agency.name, said, rows, key=body.batch or None, files=body.attached()
    )
    one = taken.sending
    delivered = sending.standing(session, one.id).delivered
    return Sent(
        notice=one.id, state=_state(one), delivered=delivered, new=taken.new, already=taken.already,
        unknown=taken.unknown,
    )  # fmt: skip


@room.api("/company-notices/<uuid:notice>", access=BODY, purpose=Purpose.SENDING, answer=NoticeState)
def show(session: Session, actor: Actor, notice: UUID) -> NoticeState:
    """How many have a notice of this system, read it and answered."""
    return _shown(session, sending.find(session, actor, body_of(session, actor).code, notice))


def _shown(session: Session, one: sending.AnySending) -> NoticeState:
    now = sending.standing(session, one.id)
    return NoticeState(
        notice=one.id, state=_state(one), told=now.companies, delivered=now.delivered, read=now.read, answered=now.settled
    )  # fmt: skip


@room.api(
    "/company-notices/<uuid:notice>/cancel", method="POST", access=BODY, purpose=Purpose.SENDING, answer=NoticeState
)
def cancel(session: Session, actor: Actor, notice: UUID) -> NoticeState:
    """Stop a scheduled notice before its time."""
    return _shown(session, sending.cancel(session, actor, body_of(session, actor).code, notice))


@room.api(
    "/company-notices/<uuid:notice>/withdraw",
    method="POST",
    access=BODY,
    purpose=Purpose.SENDING,
    body=Withdrawal,
    answer=NoticeState,
)
def withdraw(session: Session, actor: Actor, notice: UUID, body: Withdrawal) -> NoticeState:
    """Take back what was sent from all mailboxes, the reason stays; nobody else gets it."""
    code = body_of(session, actor).code
    return _shown(session, sending.withdraw_by_system(session, actor, code, notice, body.reason))


@room.api("/company-receipts", access=BODY, purpose=Purpose.SENDING, answer=Receipts, query={"after": "integer"})
def receipts(session: Session, actor: Actor) -> Receipts:
    """What became of all this system's notices to companies after a receipt, in order."""
    return receipts_page(lambda after: sending.receipts_after(session, _id(actor), after), most=RECEIPTS_PAGE)


def _id(actor: Actor) -> Any:
    assert actor.id
    return actor.id


@room.api(
    "/company-webhook", method="POST", access=BODY, purpose=Purpose.SENDING, body=SetWebhook, answer=WebhookSecret
)
def set_webhook(session: Session, actor: Actor, body: SetWebhook) -> WebhookSecret:
    """Be told receipts of companies at an address, signed with the secret of the answer."""
    book = sending.BOOK
    return WebhookSecret(secret=webhooks.set_url(session, hall().settings, _id(actor), body.url, book))


@room.api("/company-webhook/secret", method="POST", access=BODY, purpose=Purpose.SENDING, answer=WebhookSecret)
def rotate_secret(session: Session, actor: Actor) -> WebhookSecret:
    """A new secret; for a day messages are signed with the old one too. Also begins anew after a long silence."""
    return WebhookSecret(secret=webhooks.rotate(session, hall().settings, _id(actor), sending.BOOK))


@room.api("/company-webhook/remove", method="POST", access=BODY, purpose=Purpose.SENDING, answer=Done)
def remove_webhook(session: Session, actor: Actor) -> Done:
    """Be told nothing of companies any more."""
    webhooks.remove(session, _id(actor), sending.BOOK)
    return Done()
