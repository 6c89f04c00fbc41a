"""E-mail by the city's own mail server: plain text, the kind of thing and a link, a way to stop it in every one."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Self
from urllib.parse import unquote, urlsplit

from portal.core import clock
from portal.core.outbound import USUAL, Limits
from portal.mailbox.channels.parcels import Outcome, Result
from portal.mailbox.channels.talk import Patience, Talk

STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
# RFC 3463: nothing wrong with the address: box full, letter too large, refused for its content or the sender's policy.
NOT_THE_ADDRESS = ("5.2.2", "5.2.3", "5.3.", "5.4.", "5.6.", "5.7.")
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail leaves. `sender` is its From address, `name` the words before it, `bounces` where what cannot be
    delivered comes back to ("": to the sender, and nobody looks)."""

    url: str = field(repr=False)
    sender: str
    name: str
    bounces: str = ""

    def open(self, limits: Limits = USUAL) -> "Line":
        """*limits* are those of each letter, reaching the server with it."""
        return Line(self, Patience(limits))

    def returns_to(self, key: str) -> str:
        """Where the mail of this *key* comes back to (VERP): the key is in the address, which no server on the way
        leaves out."""
        if not self.bounces or not key:
            return self.sender
        local, _, domain = self.bounces.rpartition("@")
        return f"{local}+{key}@{domain}"


@dataclass(slots=True)
class Line:
    """One connection for several letters; opened with the first, opened anew when it broke."""

    server: MailServer
    patience: Patience
    _talk: Talk | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self._hang_up()

    def send(self, letter: EmailMessage, *, key: str = "") -> Result:
        """GONE: the server will never take mail for this address. REFUSED: nor this letter; LATER: not now."""
        self.patience.begin(self.patience.limits.whole)
        try:
            if self._talk is None:
                self._talk = _connect(self.server.url, self.patience)
            self._talk.send_message(letter, from_addr=self.server.returns_to(key))
        except smtplib.SMTPRecipientsRefused as refused:
            self._hang_up()
            return Result(_refused(*next(iter(refused.recipients.values()))))
        except smtplib.SMTPDataError as refused:
            self._hang_up()
            return Result(Outcome.REFUSED if 500 <= refused.smtp_code < 600 else Outcome.LATER)
        except (smtplib.SMTPException, OSError):
            self._hang_up()
            return Result(Outcome.LATER)
        return Result(Outcome.SENT)

    def _hang_up(self) -> None:
        talk, self._talk = self._talk, None
        if talk is not None:
            self.patience.begin(self.patience.limits.step)
            try:
                talk.quit()
            except (smtplib.SMTPException, OSError):
                talk.close()


def _refused(code: int, words: bytes) -> Outcome:
    """What a refusal of one recipient says: of the address, of this letter or its sender (a full box, a policy), or of
    now. A server that gives no enhanced status says 550 of the address (RFC 5321, 4.2.3)."""
    if not 500 <= code < 600:
        return Outcome.LATER
    status = STATUS.match(words.decode("ascii", "replace").strip())
    of_address = is_of_the_address(status[0]) if status else code == 550
    return Outcome.GONE if of_address else Outcome.REFUSED


def is_of_the_address(status: str) -> bool:
    """Whether an enhanced status (RFC 3463) says that nobody will ever be reached there."""
    return status.startswith("5.") and not status.startswith(NOT_THE_ADDRESS)


def _connect(url: str, patience: Patience) -> Talk:
    parts = urlsplit(url)
    trust = None if parts.scheme == "smtp" else ssl.create_default_context()
    at_once = trust if parts.scheme == "smtps" else None
    talk = Talk(parts.hostname or "", parts.port or PORTS[parts.scheme], patience, at_once)
    try:
        if trust and not at_once:
            talk.starttls(context=trust)
        if parts.username:
            talk.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        talk.close()
        raise
    return talk


def letter(
    server: MailServer,
    *,
    to: str,
    subject: str,
    text: str,
    key: str,
    language: str,
    stop: str = "",
    reply_to: str = "",
) -> EmailMessage:
    """A letter; *key* is its Message-ID's own part, the same when it is sent again, so that a repeat can be dropped.

    *stop* is the address that ends such mails at one click (RFC 8058), *reply_to* where answers go if not to the
    sender. A line end in a header is a ValueError.
    """
    made = EmailMessage(policy=SMTP)
    made["From"] = formataddr((server.name, server.sender))
    made["To"] = to
    made["Subject"] = subject
    made["Date"] = format_datetime(clock.now())
    made["Message-ID"] = f"<{key}@{server.sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made["Content-Language"] = language
    for name, value in _answers(stop, reply_to):
        made[name] = value
    made.set_content(text, cte="base64")
    return made


def _answers(stop: str, reply_to: str) -> Iterator[tuple[str, str]]:
    """Headers that say where answers go, and how to have no more."""
    if reply_to:
        yield "Reply-To", reply_to
    if stop:
        yield "List-Unsubscribe", f"<{stop}>"
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
