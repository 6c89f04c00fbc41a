"""What a call may say: the fields of each, checked in the words programs compare."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from portal.core import clock, text
from portal.core.text import TextRefused
from portal.mailbox.notify import protocol
from portal.mailbox.notify.protocol import Kind, Status

SOONEST, LATEST = timedelta(0), timedelta(hours=24)
LONGEST_REFERENCE = 1_000
MOST_VALUES = 500
Check = Callable[[str, Any], str]
"""(name of the field, value) → what is wrong with it; "" for nothing."""


def checked(asked: Any, fields: Mapping[str, Check], needed: Sequence[str] = ()) -> dict[str, Any]:
    """*asked* itself, if it is an object of these fields; Refused with everything that is wrong otherwise."""
    if not isinstance(asked, dict):
        raise protocol.invalid(f"{_shown(asked)} is not of type object")
    wrong = [said for name, check in fields.items() if name in asked and (said := check(name, asked[name]))]
    wrong += [f"{name} is a required property" for name in needed if name not in asked]
    if strange := sorted(str(name) for name in asked if name not in fields):
        verb = "was" if len(strange) == 1 else "were"
        wrong.append(f"Additional properties are not allowed ({', '.join(strange)} {verb} unexpected)")
    if wrong:
        raise protocol.invalid(*wrong)
    return asked


def _shown(value: Any) -> str:
    return repr(value).replace("'", "")[:200]


def a_uuid(name: str, value: Any) -> str:
    try:
        UUID(value)
    except (ValueError, TypeError, AttributeError):
        return f"{name} is not a valid UUID"
    return ""


def a_text(name: str, value: Any, *, longest: int = LONGEST_REFERENCE) -> str:
    if not isinstance(value, str):
        return f"{name} {_shown(value)} is not of type string"
    if len(value) > longest:
        return f"{name} is too long"
    # No column and no page holds these.
    return "" if text.shown_again(value, longest=longest) == value else f"{name} holds signs that cannot be written"


def an_email(name: str, value: Any) -> str:
    if not isinstance(value, str):
        return f"{name} {_shown(value)} is not of type string"
    try:
        text.email(value)
    except TextRefused:
        return f"{name} Not a valid email address"
    return ""


def a_phone(name: str, value: Any) -> str:
    if not isinstance(value, str):
        return f"{name} {_shown(value)} is not of type string"
    if re.search(r"[^\d\s()+./‐-―－ー-]", value):
        return f"{name} Must not contain letters or symbols"
    try:
        text.phone(value)
    except TextRefused:
        digits = sum(sign in "0123456789" for sign in value)
        return f"{name} Not enough digits" if digits < 10 else f"{name} Too many digits"
    return ""


def an_object(name: str, value: Any) -> str:
    if not isinstance(value, dict):
        return f"{name} {_shown(value)} is not of type object"
    return "" if len(value) <= MOST_VALUES else f"{name} has too many properties"


def a_list(name: str, value: Any) -> str:
    return "" if value is None or isinstance(value, list) else f"{name} {_shown(value)} is not of type array, null"


def an_https_url(name: str, value: Any) -> str:
    fits = isinstance(value, str) and len(value) <= 500 and re.fullmatch(r"https://[!-;=?-~]+", value)
    return "" if fits else f"{name} is not a valid https url"


def a_postage(name: str, value: Any) -> str:
    fits = value in ("first", "second", "economy")
    return "" if fits else f"{name} invalid. It must be either first, second or economy."


def within_a_day(name: str, value: Any) -> str:
    if value is None:
        return ""
    at = protocol.read_instant(value) if isinstance(value, str) else None
    if at is None:
        return (
            f"{name} datetime format is invalid. It must be a valid ISO8601 date time format, "
            "https://en.wikipedia.org/wiki/ISO_8601"
        )
    now = clock.now()
    if at < now:
        return f"{name} datetime can not be in the past"
    return "" if at <= now + LATEST else f"{name} datetime can only be 24 hours in the future"


def one_of(*allowed: str) -> Check:
    def check(name: str, value: Any) -> str:
        for one in value if isinstance(value, list) else [value]:
            if one not in allowed:
                return f"{name} {_shown(one)} is not one of [{', '.join(allowed)}]"
        return ""

    return check


_SHARED: dict[str, Check] = {
    "reference": a_text,
    "template_id": a_uuid,
    "personalisation": an_object,
}
EMAIL: dict[str, Check] = {
    "email_address": an_email,
    **_SHARED,
    "scheduled_for": within_a_day,
    "email_reply_to_id": a_uuid,
    "one_click_unsubscribe_url": an_https_url,
    "sanitise_content_for": a_list,
}
SMS: dict[str, Check] = {
    "phone_number": a_phone,
    **_SHARED,
    "scheduled_for": within_a_day,
    "sms_sender_id": a_uuid,
}
LETTER: dict[str, Check] = dict(_SHARED)
# The content's length is bounded by the request's.
PRECOMPILED: dict[str, Check] = {
    "reference": a_text,
    "content": lambda name, value: "" if isinstance(value, str) else f"{name} {_shown(value)} is not of type string",
    "postage": a_postage,
}
LISTING: dict[str, Check] = {
    "reference": a_text,
    "status": one_of(*(str(status) for status in Status)),
    "template_type": one_of(Kind.SMS, Kind.EMAIL, Kind.LETTER),
    "include_jobs": one_of("true", "True"),
    "older_than": a_uuid,
}


def instant_of(asked: Mapping[str, Any]) -> datetime | None:
    """`scheduled_for`, which was checked."""
    return protocol.read_instant(asked["scheduled_for"]) if asked.get("scheduled_for") else None
