"""What is decided about batches, without a database."""

import hashlib
import ipaddress
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from portal.core.errors import Refusal
from portal.core.outbox import Lane
from portal.core.words import N_
from portal.mailbox.notify import filling

MOST_RECIPIENTS = 10_000
AT_ONCE = 1_000
"""Up to so many are delivered by the call itself; more, and bulk, by the worker."""
CHUNK = 2_000
LATEST = timedelta(days=366)
LONGEST_VALUE = 1_000
LONGEST_FILLED = 40_000
"""Signs of one person's texts in all languages, their values filled in: seven languages and the longest text of each."""
RECEIPTS_PAGE = 500
KEPT = timedelta(days=90)


class State(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


TAKEN_BACK = (State.CANCELLED, State.WITHDRAWN)
"""Nobody else gets it."""


class What(StrEnum):
    """What can have happened to one recipient."""

    DELIVERED = "delivered"
    READ = "read"
    ANSWERED = "answered"
    UNDONE = "undone"


# What was told of one recipient, as bits of a number.
TOLD = {What.DELIVERED: 1, What.READ: 2, What.ANSWERED: 4}


LANES = {"urgent": Lane.URGENT, "normal": Lane.NORMAL, "bulk": Lane.BULK}


class BatchDiffers(Refusal):
    code = "batch-differs"
    message = N_("This name of a batch was used before for another text.")
    next_step = N_("Send the same text as before, or give the batch another name.")


class BatchNotWaiting(Refusal):
    code = "batch-not-waiting"
    message = N_("This batch is not waiting any more, so it cannot be cancelled.")
    next_step = N_("Ask for its state: it says whether it was sent or cancelled.")


class BatchTakenBack(Refusal):
    code = "batch-taken-back"
    message = N_("This batch was cancelled or withdrawn, so nobody can be added to it.")
    next_step = N_("Give the batch another name.")


class SendTimeWrong(Refusal):
    code = "send-time-wrong"
    status = 422
    message = N_("A batch can be scheduled for a time within the next year.")
    next_step = N_("Choose a later time, or leave it out to send at once.")


class SectionMissing(Refusal):
    code = "follow-section-missing"
    status = 422
    message = N_("Letters on paper need the section that prints and posts them.")
    next_step = N_("Name a section of the system's own office.")


class LettersOfOwnWords(Refusal):
    code = "follow-letters-of-own-words"
    status = 422
    message = N_("Letters on paper are printed of one text for all: it cannot have places for values.")
    next_step = N_("Leave the letters out, or write one text for everybody.")


class RowsRefused(Refusal):
    """`details` names each row that cannot be taken; nothing of the batch was kept."""

    code = "recipients-refused"
    status = 422
    message = N_("Some recipients cannot be taken, so nothing was sent.")
    next_step = N_("Correct the rows that are named, and send all of them again.")


class WebhookRefused(Refusal):
    code = "webhook-refused"
    status = 422
    message = N_("Notices cannot be reported to this address.")
    next_step = N_("Use an https address of a host that the operator of the portal allows.")


class WebhookMissing(Refusal):
    code = "webhook-missing"
    status = 404
    message = N_("There is no address to report to yet.")
    next_step = N_("Set one first.")


# Why nothing went to a recipient whose name is written well.
UNKNOWN = "recipient-unknown"


@dataclass(frozen=True, slots=True)
class Named:
    """One row of a call: how the person is named (`by`: number, email, phone or a service of the card), and their values.
    `fault` is what is wrong with the name as it was written ("": nothing)."""

    by: str
    name: str = field(repr=False)
    reference: str = ""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    fault: str = ""

    @property
    def told_as(self) -> str:
        return self.reference or f"{self.by}:{self.name}"


def digest(said: Mapping[str, Any]) -> str:
    """Of what a batch says; the same words in another order are the same."""
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def places(texts: Mapping[str, Mapping[str, str]]) -> list[str]:
    return filling.places(*(part for words in texts.values() for part in (words["title"], words["body"])))


def check_values(rows: Sequence[Named], texts: Mapping[str, Mapping[str, str]]) -> None:
    """Every place of the texts is filled in every row, so that each says something and none is endless, or RowsRefused
    names all rows."""
    needed = places(texts)
    if not needed:
        return
    asked, parts = [f"(({name}))" for name in needed], [words[part] for words in texts.values() for part in words]
    measure = filling.Measure.of(parts)
    bare = [part for part in parts if not filling.PLACE.sub("", part).strip()]
    wrong: list[dict[str, Any]] = []
    for place, row in enumerate(rows):
        if missing := filling.missing(row.values, *asked):
            wrong.append({"place": place, "code": "value-missing", "missing": missing})
        elif measure.filled(row.values) > LONGEST_FILLED:
            wrong.append({"place": place, "code": "text-too-long"})
        elif not all(filling.filled(part, row.values).strip() for part in bare):
            wrong.append({"place": place, "code": "text-empty"})
    if wrong:
        raise RowsRefused(details={"rows": wrong})


def filled(texts: Mapping[str, Mapping[str, str]], values: Mapping[str, str], *, longest_title: int) -> Any:
    """The texts for one reader."""
    return {
        language: {
            "title": filling.filled(words["title"], values, one_line=True)[:longest_title],
            "body": filling.filled(words["body"], values),
        }
        for language, words in texts.items()
    }


def check_time(send_at: datetime | None, now: datetime) -> None:
    if send_at is not None and not now - timedelta(minutes=5) <= send_at <= now + LATEST:
        raise SendTimeWrong


def check_webhook(url: str, allowed: Collection[str], *, demo: bool) -> tuple[str, int, bool]:
    """(host, port, whether it may be on this machine) of an address to report to, or WebhookRefused.

    Production: https and a host the operator names. The demo: programs on this machine alone. Nothing that URL parsers
    read in different ways.
    """
    if not url.isascii() or not url.isprintable() or any(sign in url for sign in " @\\#"):
        raise WebhookRefused
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise WebhookRefused from None
    if demo:
        if parts.scheme in ("http", "https") and _is_here(host):
            return host, port, True
        raise WebhookRefused
    known = f"{host}:{port}" in allowed or (host in allowed and port == 443)
    if parts.scheme != "https" or not known:
        raise WebhookRefused
    return host, port, False


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
