"""The mail address somebody wants to be told at: typed, confirmed by a code, changed, stopped, removed."""

import hmac
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.core import clock, outbox
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.outbox import Errand
from portal.mailbox.channels import choices, mail, rules, tokens, wording
from portal.mailbox.channels.models import MailAddress
from portal.mailbox.channels.parcels import Outcome
from portal.mailbox.channels.rules import Channel, Paused
from portal.mailbox.channels.ways import Ways

SEND_CODE = "mailbox.channels.send-code"
NO_SYNC = {"synchronize_session": False}


def of(session: Session, resident_id: UUID) -> MailAddress | None:
    """What is kept of the person's address, if anything."""
    return session.get(MailAddress, resident_id, populate_existing=True)


def whose(session: Session, address: str) -> list[UUID]:
    """Up to two people who confirmed exactly this address: with the second it is nobody's alone."""
    query = select(MailAddress.resident_id).where(MailAddress.address == address, MailAddress.confirmed_at.is_not(None))
    return list(session.scalars(query.order_by(MailAddress.resident_id).limit(2)))


def want(session: Session, resident_id: UUID, address: str) -> None:
    """Send a code to *address*; until it is typed, the address of before counts."""
    row = {"resident_id": resident_id, "address": "", "wanted": "", "tries": 0}
    insert_once(session, MailAddress.__table__, row)  # type: ignore[arg-type]
    kept = session.get_one(MailAddress, resident_id, populate_existing=True, with_for_update=True)
    kept.wanted, kept.asked_at, kept.tries = address, clock.now(), 0
    outbox.post(session, SEND_CODE, {"resident_id": str(resident_id)}, lane=outbox.Lane.URGENT)


def confirm(session: Session, ways: Ways, resident_id: UUID, typed: str) -> bool:
    """The code arrived: from now on this is the address. False for a wrong one, which is counted."""
    kept = of(session, resident_id)
    now = clock.now()
    if kept is None or not kept.wanted or kept.asked_at is None or now > kept.asked_at + rules.CODE_LIFE:
        return False
    wanted, asked_at = kept.wanted, kept.asked_at
    this_one = (MailAddress.resident_id == resident_id, MailAddress.asked_at == asked_at)
    # Counted before it is looked at: of many tries at the same instant no more than these few are.
    counted = session.execute(
        update(MailAddress)
        .where(*this_one, MailAddress.tries < rules.MOST_WRONG_CODES)
        .values(tries=MailAddress.tries + 1),
        execution_options=NO_SYNC,
    )
    if not counted.rowcount:  # type: ignore[attr-defined]
        return False
    if not hmac.compare_digest(tokens.code(ways.key, resident_id, wanted, asked_at), typed):
        return False
    session.execute(
        update(MailAddress).where(*this_one).values(address=wanted, confirmed_at=now, wanted="", asked_at=None),
        execution_options=NO_SYNC,
    )
    did(session, Action.CHANGE, whose=resident_id, what="mail_addresses(address)")
    choices.turn_on(session, resident_id, Channel.MAIL)
    return True


def remove(session: Session, resident_id: UUID) -> None:
    """No address, no mail."""
    gone = session.execute(delete(MailAddress).where(MailAddress.resident_id == resident_id), execution_options=NO_SYNC)
    choices.turn_off(session, resident_id, Channel.MAIL)
    if gone.rowcount:  # type: ignore[attr-defined]
        did(session, Action.DELETE, whose=resident_id, what="mail_addresses")


def whose_link(session: Session, ways: Ways, token: str) -> UUID:
    """Who is written to with this stop link; StopLinkInvalid if nobody is any more."""
    resident_id = tokens.whose_token(token)
    kept = of(session, resident_id) if resident_id else None
    if resident_id is None or kept is None or not kept.address:
        raise rules.StopLinkInvalid
    if not hmac.compare_digest(tokens.stop_token(ways.key, resident_id, kept.address), token):
        raise rules.StopLinkInvalid
    return resident_id


def stop(session: Session, ways: Ways, token: str) -> None:
    """One click in a mail: no more of them, until the person says otherwise. Clicked twice, it is stopped."""
    choices.pause(session, whose_link(session, ways, token), Channel.MAIL, Paused.STOPPED)


def code_errand(ways: Ways) -> Errand:
    """How a code reaches its address. It is made when it is sent, so that it lies in no table."""

    def take(session: Session, payload: dict[str, Any]) -> Any:
        resident_id = UUID(payload["resident_id"])
        kept = of(session, resident_id)
        if ways.mail is None or kept is None or not kept.wanted or kept.asked_at is None:
            return None
        if clock.now() > kept.asked_at + rules.CODE_LIFE:
            return None
        code = tokens.code(ways.key, resident_id, kept.wanted, kept.asked_at)
        language = accounts.language_of(session, resident_id)
        subject, text = wording.code_mail(language, code)
        key = f"{resident_id.hex}.{int(kept.asked_at.timestamp() * 1_000_000):x}"
        return mail.letter(ways.mail, to=kept.wanted, subject=subject, text=text, key=key, language=language)

    def carry(taken: Any) -> Any:
        if taken is None or ways.mail is None:
            return None
        with ways.mail.open() as line:
            result = line.send(taken)
        if result.outcome is Outcome.LATER:
            raise ConnectionError("the mail server does not take it now")  # the outbox tries again
        return result

    return Errand(take, carry, lambda session, brought: None)
