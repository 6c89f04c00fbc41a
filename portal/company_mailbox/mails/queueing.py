"""A notice is put on its way to the addresses of those it is for, in the notice's own transaction."""

from typing import Any
from uuid import UUID

from sqlalchemy import Integer, String, and_, case, cast, exists, literal, or_, select
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.events import CompaniesTold
from portal.companies.service import AnyDelegation as Delegation
from portal.companies.service import AnyDelivery as BusinessDelivery
from portal.companies.service import AnyGrant as CompanyGrant
from portal.companies.service import PowerOf as Power
from portal.company_mailbox.mails.models import CompanyMail, CompanyMailAddress
from portal.core import clock, outbox
from portal.core.db import Instant, own_insert
from portal.core.events import in_the_same_commit
from portal.mailbox import service as mailbox

SEND = "companies.mails.send"
COLUMNS = (
    "notice_id", "company_id", "address_id", "state", "reason", "queued_at", "due_at", "late_at", "attempts",
)  # fmt: skip
rules = mailbox.channel_rules


@in_the_same_commit
def on_companies_told(session: Session, event: CompaniesTold) -> None:
    """Tell the companies that have this notice at their addresses, and the agents that read it for them."""
    put(session, event.notice_id)


def put(session: Session, notice_id: UUID) -> None:
    """The same of a notice of this room's own."""
    now = clock.now()
    due = {hourly: rules.due(rules.Says.LETTER, now, hourly=hourly) for hourly in (False, True)}
    due_then = case((CompanyMailAddress.hourly, literal(due[True], Instant)), else_=literal(due[False], Instant))
    told = (
        literal(str(rules.State.QUEUED)), literal(""), literal(now, Instant), due_then,
        literal(now + rules.LETTER_FOR, Instant), literal(0, Integer),
    )  # fmt: skip
    usable = (CompanyMailAddress.confirmed_at.is_not(None), CompanyMailAddress.paused == "")
    if session.execute(select(CompanyMailAddress.id).where(*usable).limit(1)).first() is None:
        return
    for query in (_own(), _of_agents()):
        rows = query.add_columns(*told).where(BusinessDelivery.notice_id == notice_id, *usable)
        statement = own_insert(session, CompanyMail).from_select(COLUMNS, rows).on_conflict_do_nothing()
        options = {"preserve_rowcount": True}  # PostgreSQL inserts lose it otherwise
        if session.connection().execute(statement, execution_options=options).rowcount:
            # What is due by the hour is found by the worker's look each minute.
            outbox.post(session, SEND, {}, at=due[False])


def _own() -> Any:
    """(notice, company, address) at the company itself."""
    return select(BusinessDelivery.notice_id, BusinessDelivery.company_id, CompanyMailAddress.id).join(
        CompanyMailAddress, CompanyMailAddress.company_id == BusinessDelivery.company_id
    )


def _of_agents() -> Any:
    """The same at agents that read its mailbox today; a confidential notice only if the company lets them read such."""
    topics = cast(CompanyGrant.topics, String)
    granted = exists().where(
        CompanyGrant.company_id == Delegation.company_id,
        CompanyGrant.agent_id == Delegation.agent_id,
        companies.grants_that_stand(),
        or_(topics == "[]", topics.contains(literal('"') + BusinessDelivery.topic + '"')),
    )
    holds = and_(
        Delegation.company_id == BusinessDelivery.company_id,
        Delegation.revoked_at.is_(None),
        Delegation.ends_on >= clock.today(),
        _has(Power.MAILBOX),
    )
    query = select(BusinessDelivery.notice_id, BusinessDelivery.company_id, CompanyMailAddress.id).distinct()
    return (
        query.join(Delegation, holds)
        .join(CompanyMailAddress, CompanyMailAddress.company_id == Delegation.agent_id)
        .where(CompanyMailAddress.others, or_(BusinessDelivery.topic == "", _has(Power.CONFIDENTIAL), granted))
    )


def _has(power: Power) -> Any:
    """Whether a delegation names it: its scopes are a list of names in JSON."""
    return cast(Delegation.scopes, String).contains(f'"{power}"')
