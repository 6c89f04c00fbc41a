"""Text messages and LINE: a number confirmed by a code sent to it, an account proved by a code written from it."""

import hmac
import secrets
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.core import clock, outbox
from portal.core.audit import Action, did
from portal.core.crypto import mac
from portal.core.db import insert_once
from portal.core.outbox import Errand
from portal.mailbox.channels import choices, rules, tokens, wording
from portal.mailbox.channels.models import Contact
from portal.mailbox.channels.parcels import Outcome
from portal.mailbox.channels.rules import Channel, Paused
from portal.mailbox.channels.ways import Ways

SEND_CODE = "mailbox.channels.send-text-code"
NO_SYNC = {"synchronize_session": False}
# Written by hand into LINE: 40 bits, without signs that look alike.
SIGNS, LINE_CODE = "23456789ABCDEFGHJKMNPQRSTUVWXYZ", 8
LINE_ID = 33  # "U" and 32 digits


def of(session: Session, resident_id: UUID, channel: Channel) -> Contact | None:
    """What is kept, if anything."""
    return session.get(Contact, (resident_id, str(channel)), populate_existing=True)


def _begin(session: Session, resident_id: UUID, channel: Channel, wanted: str) -> None:
    row = {"resident_id": resident_id, "channel": str(channel), "address": "", "wanted": "", "tries": 0}
    insert_once(session, Contact.__table__, row)  # type: ignore[arg-type]
    kept = session.get_one(Contact, (resident_id, str(channel)), populate_existing=True, with_for_update=True)
    kept.wanted, kept.asked_at, kept.tries = wanted, clock.now(), 0


def want_number(session: Session, resident_id: UUID, number: str) -> None:
    """Send a code to *number*; until it is typed, the number of before counts."""
    _begin(session, resident_id, Channel.SMS, number)
    outbox.post(session, SEND_CODE, {"resident_id": str(resident_id)}, lane=outbox.Lane.URGENT)


def confirm_number(session: Session, ways: Ways, resident_id: UUID, typed: str) -> bool:
    """The code arrived: from now on this is the number. False for a wrong one, which is counted before it is looked at."""
    kept, now = of(session, resident_id, Channel.SMS), clock.now()
    if kept is None or not kept.wanted or kept.asked_at is None or now > kept.asked_at + rules.CODE_LIFE:
        return False
    wanted, asked_at = kept.wanted, kept.asked_at
    this_one = (Contact.resident_id == resident_id, Contact.channel == str(Channel.SMS), Contact.asked_at == asked_at)
    counted = session.execute(
        update(Contact).where(*this_one, Contact.tries < rules.MOST_WRONG_CODES).values(tries=Contact.tries + 1),
        execution_options=NO_SYNC,
    )
    if not counted.rowcount:  # type: ignore[attr-defined]
        return False
    if not hmac.compare_digest(tokens.code(ways.key, resident_id, wanted, asked_at), typed):
        return False
    _confirmed(session, resident_id, Channel.SMS, wanted)
    return True


def _confirmed(session: Session, resident_id: UUID, channel: Channel, address: str) -> None:
    values = {"address": address, "confirmed_at": clock.now(), "wanted": "", "asked_at": None, "tries": 0}
    which = (Contact.resident_id == resident_id, Contact.channel == str(channel))
    session.execute(update(Contact).where(*which).values(**values), execution_options=NO_SYNC)
    did(session, Action.CHANGE, whose=resident_id, what="contacts(address)")
    choices.turn_on(session, resident_id, channel)


def remove(session: Session, resident_id: UUID, channel: Channel) -> None:
    """Nothing goes there any more; where it went is forgotten."""
    which = (Contact.resident_id == resident_id, Contact.channel == str(channel))
    gone = session.execute(delete(Contact).where(*which), execution_options=NO_SYNC)
    choices.turn_off(session, resident_id, channel)
    if gone.rowcount:  # type: ignore[attr-defined]
        did(session, Action.DELETE, whose=resident_id, what="contacts")


# --- LINE -------------------------------------------------------------------------------------------------------


def line_code(session: Session, ways: Ways, resident_id: UUID) -> str:
    """A code to be written to the city's account; only its keyed hash is kept."""
    code = "".join(secrets.choice(SIGNS) for _ in range(LINE_CODE))
    _begin(session, resident_id, Channel.LINE, _hash(ways, code))
    return code


def _hash(ways: Ways, code: str) -> str:
    return mac(ways.key, b"line-code", code.encode()).hex()[:64]


def hear(session: Session, ways: Ways, event: Mapping[str, Any]) -> None:
    """Something happened at the city's account: a code was written there, or it was blocked. Told twice is once."""
    source = event.get("source")
    user = source.get("userId") if isinstance(source, Mapping) else None
    if not isinstance(user, str) or len(user) != LINE_ID or not user.isalnum():
        return
    if event.get("type") == "unfollow":
        for resident_id in whose(session, Channel.LINE, user):
            choices.pause(session, resident_id, Channel.LINE, Paused.STOPPED)
    message = event.get("message")
    if event.get("type") == "message" and isinstance(message, Mapping) and isinstance(message.get("text"), str):
        _link(session, ways, user, message["text"])


def whose(session: Session, channel: Channel, address: str) -> list[UUID]:
    """Whose confirmed number or account this is."""
    query = select(Contact.resident_id).where(Contact.channel == str(channel), Contact.address == address)
    return list(session.scalars(query))


def _link(session: Session, ways: Ways, user: str, text: str) -> None:
    code = "".join(text.split()).upper()[: LINE_CODE + 1]
    if len(code) != LINE_CODE or not set(code) <= set(SIGNS):
        return
    since = clock.now() - rules.CODE_LIFE
    query = select(Contact).where(Contact.channel == str(Channel.LINE), Contact.wanted == _hash(ways, code))
    kept = session.scalars(query.where(Contact.asked_at >= since).with_for_update()).first()
    if kept is not None:
        _confirmed(session, kept.resident_id, Channel.LINE, user)
        accounts.tell(session, kept.resident_id, kind="line-account", device="")


# --- codes by text message --------------------------------------------------------------------------------------


def code_errand(ways: Ways) -> Errand:
    """How a code reaches its number; it is made when it is sent, so that it lies in no table."""

    def take(session: Session, payload: dict[str, Any]) -> Any:
        resident_id = UUID(payload["resident_id"])
        kept = of(session, resident_id, Channel.SMS)
        if ways.texts is None or kept is None or not kept.wanted or kept.asked_at is None:
            return None
        if clock.now() > kept.asked_at + rules.CODE_LIFE:
            return None
        code = tokens.code(ways.key, resident_id, kept.wanted, kept.asked_at)
        name = tokens.name_of(ways.key, resident_id, kept.wanted, kept.asked_at)
        return name, kept.wanted, wording.code_text(accounts.language_of(session, resident_id), code)

    def carry(taken: Any) -> Any:
        if taken is None or ways.texts is None:
            return None
        name, number, text = taken
        if ways.texts.send(name, to=number, sender="", text=text).outcome is Outcome.LATER:
            raise ConnectionError("the gateway does not take it now")  # the outbox tries again
        return None

    return Errand(take, carry, lambda session, brought: None)


def forget_unconfirmed(session: Session, before: Any) -> None:
    """What was asked for and never confirmed."""
    stale = (Contact.asked_at < before,)
    session.execute(update(Contact).where(*stale).values(wanted="", asked_at=None, tries=0), execution_options=NO_SYNC)
    session.execute(delete(Contact).where(Contact.address == "", Contact.wanted == ""), execution_options=NO_SYNC)


def addresses_of(session: Session, resident_id: UUID) -> Iterable[Contact]:
    """All that is kept of one person's contacts."""
    return session.scalars(select(Contact).where(Contact.resident_id == resident_id))
