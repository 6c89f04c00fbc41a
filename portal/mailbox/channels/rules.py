"""What the city decides about telling people outside the mailbox, without a database."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from portal.core.clock import JST
from portal.core.errors import Refusal
from portal.core.words import N_

# Nobody is woken by a letter of the city.
QUIET_FROM, QUIET_UNTIL = 21, 8
MOST_DEVICES = 5
LONGEST_ENDPOINT = 1000
UNICAST = ipaddress.IPv6Network("2000::/3")  # all of the Internet that was given out (IANA)
CODE_LIFE = timedelta(minutes=30)
MOST_WRONG_CODES = 5
MOST_ATTEMPTS = 12
LONGEST_PAUSE = timedelta(hours=1)
KEPT = timedelta(days=90)
# As long as somebody may still be on the way back to the hall.
NEAR_FOR = timedelta(minutes=15)
LETTER_FOR = timedelta(days=3)

# Where browsers' makers take push messages. A city adds others by PORTAL_PUSH_HOSTS.
PUSH_SERVICES = (
    "fcm.googleapis.com",
    "jmt17.google.com",
    "updates.push.services.mozilla.com",
    "web.push.apple.com",
    ".push.apple.com",
    ".notify.windows.com",
)


class Channel(StrEnum):
    """Ways outside the mailbox. Paper is nobody's choice: the section's, or a law's."""

    MAIL = "mail"
    PUSH = "push"
    SMS = "sms"
    LINE = "line"
    PAPER = "paper"


CHOSEN = (Channel.MAIL, Channel.PUSH, Channel.SMS, Channel.LINE)
PAPER_LANE = 20
"""No lane of the worker that sends messages (`core.outbox.Lane`): letters wait for somebody who prints them."""


class Topic(StrEnum):
    """What one can choose about; each is a column of `Choice`."""

    VISITS = "visits"
    APPLICATIONS = "applications"
    LETTERS = "letters"
    SECURITY = "security"


class Says(StrEnum):
    """What a message outside tells: the kind of thing, never what it says."""

    NEAR = "near"
    TODAY = "visit-today"
    TOMORROW = "visit-tomorrow"
    VISIT = "visit"
    OFFER = "offer"
    APPLICATION = "application"
    LETTER = "letter"
    REMINDER = "reminder"
    SECURITY = "security"
    EMERGENCY = "emergency"


# Told to whoever has a channel, whatever they chose to be told of: an emergency is no topic.
TOPIC_OF = {
    Says.NEAR: Topic.VISITS,
    Says.TODAY: Topic.VISITS,
    Says.TOMORROW: Topic.VISITS,
    Says.VISIT: Topic.VISITS,
    Says.OFFER: Topic.VISITS,
    Says.APPLICATION: Topic.APPLICATIONS,
    Says.LETTER: Topic.LETTERS,
    Says.REMINDER: Topic.LETTERS,
    Says.SECURITY: Topic.SECURITY,
}
# Sent at once, also at night: a minute later it is of no use, or somebody is at the account right now.
PRESSING = frozenset({Says.NEAR, Says.SECURITY, Says.EMERGENCY})

CHANNEL_WORDS: dict[Channel, str] = {
    Channel.MAIL: N_("E-mail"),
    Channel.PUSH: N_("Notification on a device"),
    Channel.SMS: N_("Text message"),
    Channel.LINE: N_("LINE"),
    Channel.PAPER: N_("Letter on paper"),
}
TOPIC_WORDS: dict[Topic, str] = {
    Topic.VISITS: N_("Visits and my number"),
    Topic.APPLICATIONS: N_("My applications"),
    Topic.LETTERS: N_("Letters of the city"),
    Topic.SECURITY: N_("Security of my account"),
}
SAYS_WORDS: dict[Says, str] = {
    Says.NEAR: N_("Your number is called soon: %(number)s"),
    Says.TODAY: N_("Your visit is today"),
    Says.TOMORROW: N_("Your visit is tomorrow"),
    Says.VISIT: N_("News about your visit"),
    Says.OFFER: N_("A place is free: please answer soon"),
    Says.APPLICATION: N_("News about your application"),
    Says.LETTER: N_("A letter of the city"),
    Says.REMINDER: N_("Reminder: a notice of the city waits for you"),
    Says.SECURITY: N_("Something happened in your account"),
    Says.EMERGENCY: N_("Emergency information of the city"),
}


class State(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class Reason(StrEnum):
    """Why a message was not sent."""

    READ = "read"
    OVER = "over"
    LATE = "late"
    OFF = "off"
    REFUSED = "refused"
    GONE = "gone"
    GAVE_UP = "gave-up"
    RETURNED = "returned"
    COMPLAINED = "complained"


STATE_WORDS: dict[State, str] = {
    State.QUEUED: N_("Waiting to be sent"),
    State.SENT: N_("Sent"),
    State.FAILED: N_("Could not be sent"),
    State.SKIPPED: N_("Not sent"),
}
REASON_WORDS: dict[Reason, str] = {
    Reason.READ: N_("You had read it already."),
    Reason.OVER: N_("It did not hold any more."),
    Reason.LATE: N_("It would have come too late."),
    Reason.OFF: N_("This way was turned off meanwhile."),
    Reason.REFUSED: N_("It was refused there."),
    Reason.GONE: N_("The device or address is not there any more."),
    Reason.GAVE_UP: N_("It was tried several times."),
    Reason.RETURNED: N_("It came back: nobody was reached there."),
    Reason.COMPLAINED: N_("An earlier one was marked as unwanted there."),
}
# The same told to the section that sends.
SENDER_REASON_WORDS: dict[Reason, str] = {
    Reason.READ: N_("They had read it already."),
    Reason.OVER: N_("It did not hold any more."),
    Reason.LATE: N_("It would have come too late."),
    Reason.OFF: N_("They had turned this way off."),
    Reason.REFUSED: N_("It was refused there."),
    Reason.GONE: N_("The device or address is not there any more."),
    Reason.GAVE_UP: N_("It was tried several times."),
    Reason.RETURNED: N_("Suspended: earlier ones came back."),
    Reason.COMPLAINED: N_("Suspended because of a complaint: an earlier one was marked as unwanted."),
}


class Paused(StrEnum):
    """Why nothing is sent to an address for now."""

    STOPPED = "stopped"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


PAUSED_WORDS: dict[Paused, str] = {
    Paused.STOPPED: N_("You stopped these mails with the link in a mail."),
    Paused.BOUNCED: N_("A mail to this address was refused, so we send no more."),
    Paused.COMPLAINED: N_("A mail to this address was marked as unwanted, so we send no more."),
}
OTHER_PAUSED_WORDS: dict[Paused, str] = {
    Paused.STOPPED: N_("You blocked us there, so we send no more."),
    Paused.BOUNCED: N_("Nobody was reached there, so we send no more."),
    Paused.COMPLAINED: N_("A message there was marked as unwanted, so we send no more."),
}
SKIPPED_BECAUSE: dict[str, Reason] = {Paused.BOUNCED: Reason.RETURNED, Paused.COMPLAINED: Reason.COMPLAINED}


class DeviceRefused(Refusal):
    code = "push-device-refused"
    status = 422
    message = N_("This device cannot be added.")
    next_step = N_("Reload the page and try again, or use another browser.")


class TooManyDevices(Refusal):
    code = "push-too-many-devices"
    message = N_("No more than %(most)s devices can be added.")
    next_step = N_("Remove a device you do not use any more.")


class CodeWrong(Refusal):
    code = "mail-code-wrong"
    status = 422
    message = N_("This code is not right, or its time is over.")
    next_step = N_("Compare it with the newest mail, or let us send another code.")


class ChannelOff(Refusal):
    code = "channel-off"
    message = N_("This portal does not tell you in this way.")
    next_step = N_("Everything is in the mailbox.")


class NotFromLine(Refusal):
    code = "line-signature-wrong"
    status = 401
    message = N_("This call is not signed by LINE.")
    next_step = N_("Sign the body with the secret of the channel.")


class MailOff(Refusal):
    code = "mail-off"
    message = N_("This portal sends no e-mail.")
    next_step = N_("Everything is in the mailbox.")


class StopLinkInvalid(Refusal):
    code = "mail-stop-link-invalid"
    status = 404
    message = N_("This link does not stop any mail.")
    next_step = N_("Sign in and choose under “How I am told” what you want.")


def is_quiet(now: datetime) -> bool:
    """Whether it is night in Japan."""
    hour = now.astimezone(JST).hour
    return hour >= QUIET_FROM or hour < QUIET_UNTIL


def waits_for_morning(says: Says, now: datetime) -> bool:
    """Whether what is due wakes somebody who could have slept."""
    return says not in PRESSING and is_quiet(now)


def due(says: Says, now: datetime, *, hourly: bool) -> datetime:
    """When a message may be sent: now, at the next full hour for who wants one an hour, not in the night."""
    if says in PRESSING:
        return now
    if hourly:
        now = now.astimezone(JST).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if not is_quiet(now):
        return now
    local = now.astimezone(JST)
    morning = local.replace(hour=QUIET_UNTIL, minute=0, second=0, microsecond=0)
    return morning if morning > local else morning + timedelta(days=1)


def pause(attempts: int, asked: timedelta | None = None) -> timedelta:
    """How long to leave a server alone after *attempts*: 1, 2, 4 … minutes, at least what it *asked* for."""
    wait = timedelta(minutes=2 ** min(max(attempts - 1, 0), 6))
    return min(max(wait, asked or wait), LONGEST_PAUSE)


def check_endpoint(endpoint: str, more_hosts: Collection[str] = ()) -> tuple[str, int, bool]:
    """(host, port, whether it may be on this machine) of a push service, or DeviceRefused.

    What a browser sends here is where this portal will send requests to: https only, the services of browsers' makers
    and those of *more_hosts* ("host" or "host:port", which may be http and on this machine), nothing that URL parsers
    read in different ways.
    """
    if len(endpoint) > LONGEST_ENDPOINT or not re.fullmatch(r"https?://[A-Za-z0-9.:-]+(/[!-~]*)?", endpoint):
        raise DeviceRefused
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise DeviceRefused from None
    if f"{host}:{port}" in more_hosts:
        return host, port, True
    known = any(host.endswith(name) if name.startswith(".") else host == name for name in PUSH_SERVICES)
    if parts.scheme != "https" or port != 443 or not (known or host in more_hosts):
        raise DeviceRefused
    return host, port, False


def box_of(address: str) -> str:
    """The mail box an address most likely leads to: many servers take no notice of capitals and of what follows a +."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def is_public(address: str) -> bool:
    """Whether *address* is somewhere on the Internet, not on this machine or in this house; no IPv6 address that leads on
    to an IPv4 one (mapped, 6to4, Teredo, NAT64) is."""
    known = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(known, ipaddress.IPv6Address) and (known not in UNICAST or known.sixtofour or known.teredo):
        return False
    return known.is_global and not known.is_multicast


def read_key(typed: object, length: int) -> bytes:
    """*length* bytes in base64url, padded or not; DeviceRefused otherwise."""
    if not isinstance(typed, str) or len(typed) > 2 * length:
        raise DeviceRefused
    try:
        key = base64.b64decode(typed.rstrip("=") + "=" * (-len(typed.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise DeviceRefused from None
    if len(key) != length:
        raise DeviceRefused
    return key
