"""What a body sees of its notice: how many have it, read it and answered, and who, with the person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from portal.companies.service import AnyCompany as Company
from portal.companies.service import AnyDelivery as BusinessDelivery
from portal.companies.service import AnyPerson as BusinessPerson
from portal.company_mailbox.sendings.models import CompanyRecipient

PAGE = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts only."""

    companies: int
    delivered: int
    read: int
    settled: int
    by_choice: dict[int, int]


def standing(session: Session, sending_id: UUID) -> Standing:
    """How far it has come."""
    query = select(func.count(), func.count(CompanyRecipient.delivered_at))
    companies, delivered = session.execute(query.where(CompanyRecipient.sending_id == sending_id)).one()
    counts = select(func.count(BusinessDelivery.read_at), func.count(BusinessDelivery.settled_at))
    read, settled = session.execute(counts.where(BusinessDelivery.notice_id == sending_id)).one()
    chosen = (
        select(BusinessDelivery.choice, func.count())
        .where(BusinessDelivery.notice_id == sending_id, BusinessDelivery.choice.is_not(None))
        .group_by(BusinessDelivery.choice)
    )
    by_choice = {int(choice or 0): count for choice, count in session.execute(chosen)}
    return Standing(companies, delivered, read, settled, by_choice)


def _lines(sending_id: UUID) -> Any:
    reader, settler = aliased(BusinessPerson), aliased(BusinessPerson)
    return (
        select(
            Company.key, Company.name, CompanyRecipient.delivered_at, BusinessDelivery.read_at,
            reader.name.label("reader"), BusinessDelivery.settled_at, settler.name.label("settler"),
            BusinessDelivery.choice, BusinessDelivery.said,
        )
        .join(Company, Company.id == CompanyRecipient.company_id)
        .outerjoin(
            BusinessDelivery,
            (BusinessDelivery.notice_id == CompanyRecipient.sending_id)
            & (BusinessDelivery.company_id == CompanyRecipient.company_id),
        )
        .outerjoin(reader, reader.id == BusinessDelivery.read_by)
        .outerjoin(settler, settler.id == BusinessDelivery.settled_by)
        .where(CompanyRecipient.sending_id == sending_id)
        .order_by(Company.key)
    )  # fmt: skip


def lines(session: Session, sending_id: UUID, *, still_open: bool, after: str = "") -> tuple[Sequence[Any], str]:
    """A page of companies by their number, all or those that have not done what is asked (or not read it, where nothing
    is); and after which number the next page begins."""
    query = _lines(sending_id)
    if still_open:
        query = query.where(BusinessDelivery.waits | BusinessDelivery.read_at.is_(None))
    if after:
        query = query.where(Company.key > after)
    rows = session.execute(query.limit(PAGE + 1)).all()
    return rows[:PAGE], rows[PAGE - 1].key if len(rows) > PAGE else ""


def everybody(session: Session, sending_id: UUID) -> Iterable[Any]:
    """The same, all of them, for a table."""
    return session.execute(_lines(sending_id))
