"""How a body's notice to companies is decided on, without a database: its states, who must agree, and the refusals."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from portal.companies.service import TopicOf as Topic
from portal.core.errors import Refusal
from portal.core.words import N_
from portal.mailbox import service as mailbox

notices = mailbox.notice_rules
Kind = notices.Kind
LONGEST_TITLE, LONGEST_BODY, LONGEST_REASON = notices.LONGEST_TITLE, notices.LONGEST_BODY, 500
MOST_RECIPIENTS = mailbox.batch_rules.MOST_RECIPIENTS
REMIND_DAYS = (0, 1, 3, 7, 14)
# Up to so many are delivered by the press of the button or the call itself; more by the worker.
AT_ONCE, CHUNK = 1_000, 2_000


class State(StrEnum):
    DRAFT = "draft"
    WAITING = "waiting"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


STATE_WORDS: dict[State, tuple[str, str]] = {
    State.DRAFT: (N_("Draft"), "neutral"),
    State.WAITING: (N_("Waits for approval"), "warning"),
    State.SCHEDULED: (N_("Scheduled"), "info"),
    State.SENDING: (N_("Being delivered"), "info"),
    State.SENT: (N_("Delivered"), "success"),
    State.CANCELLED: (N_("Cancelled"), "neutral"),
    State.WITHDRAWN: (N_("Withdrawn by the section"), "error"),
}
TAKEN_BACK = (State.CANCELLED, State.WITHDRAWN)
"""Nobody else gets it."""
# What systems are told of: a batch is never a draft there.
BATCH_STATES = {State.SCHEDULED: "waiting"}


class NoSuchSending(Refusal):
    code = "company-sending-unknown"
    status = 404
    message = N_("Your body has sent no such notice.")
    next_step = N_("Go back to the list and choose from there.")


class RemindWithoutDue(Refusal):
    code = "company-remind-without-due"
    status = 422
    message = N_("A reminder needs something that is asked for and a due date.")
    next_step = N_("Enter the last day, or leave the reminder out.")


@dataclass(frozen=True, slots=True)
class Said:
    """What is said, and what is asked for."""

    title: str
    body: str = field(repr=False)
    kind: Kind = Kind.INFORMATION
    due_on: date | None = None
    remind_days: int = 0
    choices: Mapping[str, Any] = field(default_factory=dict)
    confidential: bool = False
    topic: Topic = Topic.OTHER
    send_at: datetime | None = None
    files: tuple[str, ...] = ()
    """Digests of what comes along."""

    def check(self, today: date) -> None:
        """Raises DueDatePassed, ChoicesIncomplete, RemindWithoutDue."""
        notices.check_due(self.kind, self.due_on, today)
        notices.check_choices(self.kind, self.choices)
        if self.remind_days and (self.due_on is None or self.kind is Kind.INFORMATION):
            raise RemindWithoutDue

    @property
    def columns(self) -> dict[str, Any]:
        return {
            "title": self.title, "body": self.body, "kind": str(self.kind), "due_on": self.due_on,
            "remind_days": self.remind_days, "choices": dict(self.choices), "confidential": self.confidential,
            "topic": str(self.topic),
            "send_at": self.send_at,
        }  # fmt: skip

    @property
    def digest(self) -> str:
        """Of what it says; when it is sent is not part of it. Systems told of no topic before there were any: the same call
        has the same digest still."""
        told_files = {"files": self.files} if self.files else {}
        left_out = {"send_at"} | ({"topic"} if self.topic is Topic.OTHER else set())
        told = {name: value for name, value in self.columns.items() if name not in left_out} | told_files
        return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def needs_approval(*, companies: int, confidential: bool, over: int) -> bool:
    """Four eyes: for more than *over* companies, and for what is confidential."""
    return companies > over or confidential
