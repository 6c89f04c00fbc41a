"""A company's addresses: typed, confirmed by a code sent there, changed, stopped, removed."""

import hmac
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from portal.companies.service import PowerOf as Power
from portal.companies.service import StandingOf as Standing
from portal.companies.service import check_power
from portal.company_mailbox.mails import rules, wording
from portal.company_mailbox.mails.models import CompanyMailAddress
from portal.core import clock, outbox
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.ids import new_id
from portal.core.outbox import Errand
from portal.mailbox import service as mailbox

SEND_CODE = "companies.mails.send-code"
NO_SYNC = {"synchronize_session": False}
channels, tokens = mailbox.channel_rules, mailbox.tokens


def of_company(session: Session, company_id: UUID) -> Sequence[CompanyMailAddress]:
    """All addresses, confirmed or not."""
    query = select(CompanyMailAddress).where(CompanyMailAddress.company_id == company_id)
    return session.scalars(query.order_by(CompanyMailAddress.address)).all()


def add(
    session: Session,
    standing: Standing,
    actor: Actor,
    address: str,
    *,
    hourly: bool,
    others: bool,
    language: str = "ja",
) -> UUID:
    """Send a code there; an address that waits for its code gets a new one. Raises PowerMissing, AddressesFull."""
    check_power(standing, Power.PEOPLE)
    mine = CompanyMailAddress.company_id == standing.company_id
    known = session.scalar(select(CompanyMailAddress).where(mine, CompanyMailAddress.address == address))
    if known is None:
        if (session.scalar(select(func.count()).where(mine)) or 0) >= rules.MOST_ADDRESSES:
            raise rules.AddressesFull(most=rules.MOST_ADDRESSES)
        known = CompanyMailAddress(
            id=new_id(), company_id=standing.company_id, address=address, added_by=actor.id, asked_at=clock.now(),
            tries=0, confirmed_at=None, hourly=hourly, others=others, paused="",
        )  # fmt: skip
        session.add(known)
    known.hourly, known.others, known.language = hourly, others, language
    known.asked_at, known.tries = clock.now(), 0
    session.flush()
    did(session, Action.CHANGE, whose=standing.company_id, what="company_mail_addresses")
    if known.confirmed_at is None:
        outbox.post(session, SEND_CODE, {"address": str(known.id)}, lane=outbox.Lane.URGENT)
    return known.id


def own(session: Session, standing: Standing, address_id: UUID) -> CompanyMailAddress:
    """Raises PowerMissing, AddressGone."""
    check_power(standing, Power.PEOPLE)
    found = session.get(CompanyMailAddress, address_id, populate_existing=True)
    if found is None or found.company_id != standing.company_id:
        raise rules.AddressGone
    return found


def confirm(session: Session, ways: mailbox.WaysOf, standing: Standing, address_id: UUID, typed: str) -> bool:
    """The code arrived: from now on the company is told there. False for a wrong one, which is counted."""
    kept = own(session, standing, address_id)
    if kept.confirmed_at is not None:
        return True
    if clock.now() > kept.asked_at + channels.CODE_LIFE:
        return False
    this_one = (CompanyMailAddress.id == address_id, CompanyMailAddress.asked_at == kept.asked_at)
    # Counted before it is looked at: of many tries at the same instant no more than these few are.
    counted = session.execute(
        update(CompanyMailAddress)
        .where(*this_one, CompanyMailAddress.tries < channels.MOST_WRONG_CODES)
        .values(tries=CompanyMailAddress.tries + 1),
        execution_options=NO_SYNC,
    ).rowcount  # type: ignore[attr-defined]
    if not counted or not hmac.compare_digest(tokens.code(ways.key, kept.id, kept.address, kept.asked_at), typed):
        return False
    session.execute(
        update(CompanyMailAddress).where(*this_one).values(confirmed_at=clock.now(), paused=""),
        execution_options=NO_SYNC,
    )
    did(session, Action.CHANGE, whose=standing.company_id, what="company_mail_addresses")
    return True


def remove(session: Session, standing: Standing, address_id: UUID) -> None:
    """Nothing is sent there any more, and the address is forgotten."""
    kept = own(session, standing, address_id)
    session.execute(delete(CompanyMailAddress).where(CompanyMailAddress.id == kept.id), execution_options=NO_SYNC)
    session.expunge(kept)
    did(session, Action.DELETE, whose=standing.company_id, what="company_mail_addresses")


def resume(session: Session, standing: Standing, address_id: UUID) -> None:
    """Told there again, after it was stopped or came back."""
    own(session, standing, address_id).paused = ""
    session.flush()


def pause(session: Session, address_id: UUID, why: str) -> None:
    """Nothing is sent there for now; the list of addresses says why."""
    this = (CompanyMailAddress.id == address_id, CompanyMailAddress.paused == "")
    session.execute(update(CompanyMailAddress).where(*this).values(paused=why), execution_options=NO_SYNC)


def whose_link(session: Session, ways: mailbox.WaysOf, token: str) -> CompanyMailAddress:
    """Which address this stop link ends; raises StopLinkInvalid."""
    address_id = tokens.whose_token(token)
    kept = session.get(CompanyMailAddress, address_id) if address_id else None
    if kept is None or not hmac.compare_digest(tokens.stop_token(ways.key, kept.id, kept.address), token):
        raise channels.StopLinkInvalid
    return kept


def stop(session: Session, ways: mailbox.WaysOf, token: str) -> None:
    """One click in a mail: no more of them. Clicked twice, it is stopped."""
    pause(session, whose_link(session, ways, token).id, channels.Paused.STOPPED)


def code_errand(ways: mailbox.WaysOf) -> Errand:
    """How a code reaches its address. It is made when it is sent, so that it lies in no table."""

    def take(session: Session, payload: dict[str, Any]) -> Any:
        kept = session.get(CompanyMailAddress, UUID(payload["address"]))
        if ways.mail is None or kept is None or kept.confirmed_at is not None:
            return None
        if clock.now() > kept.asked_at + channels.CODE_LIFE:
            return None
        subject, text = wording.code(kept.language, tokens.code(ways.key, kept.id, kept.address, kept.asked_at))
        key = f"{kept.id.hex}.{int(kept.asked_at.timestamp() * 1_000_000):x}"
        letter = mailbox.mail.letter
        return letter(ways.mail, to=kept.address, subject=subject, text=text, key=key, language=kept.language)

    def carry(taken: Any) -> Any:
        if taken is None or ways.mail is None:
            return None
        with ways.mail.open() as line:
            result = line.send(taken)
        if result.outcome == "later":
            raise ConnectionError("the mail server does not take it now")  # the outbox tries again
        return result

    return Errand(take, carry, lambda session, brought: None)


def forget_unconfirmed(session: Session) -> None:
    """An address nobody confirmed within a day is forgotten (worker, daily)."""
    stale = clock.now() - channels.CODE_LIFE * 48
    unconfirmed = (CompanyMailAddress.confirmed_at.is_(None), CompanyMailAddress.asked_at < stale)
    session.execute(delete(CompanyMailAddress).where(*unconfirmed), execution_options=NO_SYNC)
