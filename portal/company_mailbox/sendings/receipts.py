"""What became of a sending: noted where it happens, put in order by the worker, asked for or told by webhook."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from portal.companies.service import AnyDelivery as BusinessDelivery
from portal.company_mailbox.sendings.models import (
    UNTOLD,
    CompanyReceipt,
    CompanyReceiptTurn,
    CompanyRecipient,
    CompanySending,
    CompanyWebhook,
)
from portal.config import Settings
from portal.core import clock, outbox
from portal.core.outbox import Errand
from portal.mailbox import service as mailbox

COLLECT = "companies.sendings.collect"
TELL = "companies.sendings.tell"
AT_ONCE = 5_000
NO_SYNC = {"synchronize_session": False}
rules = mailbox.batch_rules
What = rules.What
TOLD = rules.TOLD


def note(session: Session, notice_id: UUID, company_id: UUID, *, again: bool = False) -> None:
    """Something happened to a notice: if a system sent it, it will be told; *again* also what it was told before of the
    answer."""
    of_it = (CompanyRecipient.sending_id == notice_id, CompanyRecipient.company_id == company_id)
    values: dict[str, Any] = {"untold": True}
    if again:
        values["told"] = CompanyRecipient.told.op("&")(~TOLD[What.ANSWERED] & 0xFF)
    by_system = select(CompanySending.id).where(CompanySending.client_id.is_not(None))
    mine = update(CompanyRecipient).where(*of_it, CompanyRecipient.sending_id.in_(by_system))
    session.execute(mine.values(**values), execution_options=NO_SYNC)


def collect(session: Session, _payload: dict[str, Any]) -> None:
    """Write down in order what systems were not told yet (worker, every ten seconds). Only here do numbers come to be,
    one worker at a time until its commit: whoever asks for what came after a number misses nothing."""
    turn = CompanyReceiptTurn
    session.execute(update(turn).values(taken=turn.taken + 1), execution_options=NO_SYNC)
    query = (
        select(CompanyRecipient, CompanySending.client_id)
        .join(CompanySending, CompanySending.id == CompanyRecipient.sending_id)
        .where(CompanyRecipient.untold, UNTOLD)
        .limit(AT_ONCE)
    )
    found = session.execute(query.with_for_update(of=CompanyRecipient, skip_locked=True)).all()
    deliveries = _deliveries(session, [row.CompanyRecipient for row in found])
    rows = [row for one, client_id in found for row in _news(one, client_id, deliveries)]
    session.flush()
    if not rows:
        return
    session.execute(insert(CompanyReceipt.__table__), rows)  # type: ignore[arg-type]
    newest = session.scalar(select(func.max(CompanyReceipt.number)))
    for client_id in {row["client_id"] for row in rows}:
        BOOK.promise_telling(session, client_id, f"up to {newest}")
    if len(found) == AT_ONCE:
        outbox.post(session, COLLECT, {}, lane=outbox.Lane.BULK)


def _deliveries(session: Session, found: list[CompanyRecipient]) -> dict[tuple[UUID, UUID], BusinessDelivery]:
    wanted = {one.sending_id for one in found}
    companies = {one.company_id for one in found}
    query = select(BusinessDelivery).where(
        BusinessDelivery.notice_id.in_(wanted), BusinessDelivery.company_id.in_(companies)
    )
    return {(one.notice_id, one.company_id): one for one in session.scalars(query)}


def _news(
    one: CompanyRecipient, client_id: UUID | None, deliveries: dict[tuple[UUID, UUID], BusinessDelivery]
) -> list[dict[str, Any]]:
    """What was not told of one company, in the order in which it can have happened."""
    one.untold = False
    there = deliveries.get((one.sending_id, one.company_id))
    if client_id is None or there is None:
        return []
    happened = {What.DELIVERED: one.delivered_at, What.READ: there.read_at, What.ANSWERED: there.settled_at}
    news = [(what, at) for what, at in happened.items() if at is not None and not one.told & TOLD[what]]
    one.told |= sum(TOLD[what] for what, _at in news)
    of_it = {"client_id": client_id, "sending_id": one.sending_id, "company_id": one.company_id}
    return [
        {**of_it, "what": str(what), "at": at, "choice": there.choice if what is What.ANSWERED else None}
        for what, at in news
    ]


def after(
    session: Session, client_id: UUID, number: int, *, most: int = rules.RECEIPTS_PAGE
) -> list[mailbox.ReceiptTold]:
    """What happened after receipt *number*, in its order."""
    same = (CompanyRecipient.sending_id == CompanyReceipt.sending_id) & (
        CompanyRecipient.company_id == CompanyReceipt.company_id
    )
    query = (
        select(
            CompanyReceipt.number, CompanyReceipt.sending_id, CompanyRecipient.told_as, CompanyReceipt.what,
            CompanyReceipt.choice, CompanyReceipt.at,
        )
        .join(CompanyRecipient, same)
        .where(CompanyReceipt.client_id == client_id, CompanyReceipt.number > number)
        .order_by(CompanyReceipt.number)
        .limit(most)
    )  # fmt: skip
    return [mailbox.ReceiptTold(*row) for row in session.execute(query)]


BOOK = mailbox.webhooks.Book(
    hooks=CompanyWebhook, receipts=CompanyReceipt, after=after, tell=TELL, says="company-notice.receipts",
    what="company_webhooks", label="company-webhooks",
)  # fmt: skip


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Remove what systems were told after 90 days (worker, daily): the notices stay in the mailboxes."""
    before: datetime = clock.now() - rules.KEPT
    session.execute(delete(CompanyReceipt).where(CompanyReceipt.at < before), execution_options=NO_SYNC)


def errands(settings: Settings) -> dict[str, Errand]:
    """What the worker carries out of the house, by kind of promise."""
    return {TELL: mailbox.webhooks.errand(settings, BOOK)}
