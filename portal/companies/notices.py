"""The mailbox of companies: one text for many, a line for each company with the reason why it came."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.orm import Session

from portal.companies.models import BusinessDelivery, BusinessNotice, Company
from portal.companies.rules import Power, Standing
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, afterwards, did
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.words import N_

Text = tuple[str, str]
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
DELEGATED: Text = (
    N_("%(company)s lets you act for it"),
    N_("You can now choose %(company)s as the company you act for. This ends on %(until)s, or when they take it back."),
)

REASONS = {
    "grade": N_("You hold grade %(value)s in this category."),
    "region": N_("Your address is in %(value)s."),
    "won": N_("You won tenders of this category before (%(value)s)."),
    "anywhere": N_("Companies from everywhere may take part."),
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One notice as a company reads it; title and body are msgids."""

    id: UUID
    title: str
    body: str
    facts: Mapping[str, Any]
    link: str
    sender: str
    confidential: bool
    sent_at: datetime
    reason: str
    read_at: datetime | None


def tell(
    session: Session,
    companies: Sequence[tuple[UUID, str]],
    *,
    key: str,
    text: Text,
    facts: Mapping[str, Any],
    link: str = "",
    sender: str = "",
    confidential: bool = False,
) -> bool:
    """Tell some companies, each with its reason; the same *key* is told once. False if it was told before."""
    notice = _write(session, key, text, facts, link, sender, confidential)
    if notice is None:
        return False
    rows = [{"notice_id": notice, "company_id": company, "reason": reason} for company, reason in companies]
    session.execute(insert(BusinessDelivery), rows)
    return True


def tell_selected(
    session: Session,
    chosen: Select[UUID, str],
    *,
    key: str,
    text: Text,
    facts: Mapping[str, Any],
    link: str,
    sender: str,
) -> int:
    """Tell all companies that *chosen* (company, reason) gives, by one statement; how many were told."""
    notice = _write(session, key, text, facts, link, sender, False)
    if notice is None:
        return 0
    columns = [BusinessDelivery.notice_id, BusinessDelivery.company_id, BusinessDelivery.reason]
    picked = chosen.subquery()
    company, reason = picked.c
    rows = select(select(BusinessNotice.id).where(BusinessNotice.id == notice).scalar_subquery(), company, reason)
    session.execute(insert(BusinessDelivery).from_select(columns, rows))
    counted = select(func.count()).where(BusinessDelivery.notice_id == notice)
    return session.scalar(counted) or 0


def _write(
    session: Session,
    key: str,
    text: Text,
    facts: Mapping[str, Any],
    link: str,
    sender: str,
    confidential: bool,
) -> UUID | None:
    row = {
        "id": new_id(), "key": key, "title": text[0], "body": text[1], "facts": dict(facts), "link": link,
        "sender": sender, "confidential": confidential, "sent_at": clock.now(),
    }  # fmt: skip
    new = insert_once(session, BusinessNotice.__table__, row)  # type: ignore[arg-type]
    return row["id"] if new else None  # type: ignore[return-value]


def letters(session: Session, standing: Standing, *, page: int = 1, size: int = 20) -> tuple[list[Letter], bool]:
    """A page of a company's mailbox, the newest first, and whether there are more. Confidential ones only for whom the
    company lets read them."""
    rows = session.execute(
        _letters(standing)
        .order_by(BusinessNotice.sent_at.desc(), BusinessNotice.id)
        .offset((page - 1) * size)
        .limit(size + 1)
    ).all()
    return [_letter(row) for row in rows[:size]], len(rows) > size


def unread(session: Session, standing: Standing) -> int:
    """How many nobody has opened."""
    shown = _letters(standing).where(BusinessDelivery.read_at.is_(None)).subquery()
    return session.scalar(select(func.count()).select_from(shown)) or 0


def letter(session: Session, standing: Standing, actor: Actor, notice_id: UUID) -> Letter | None:
    """Open one; who opens it first is kept, and the sender can count it."""
    row = session.execute(_letters(standing).where(BusinessNotice.id == notice_id)).first()
    if row is None:
        return None
    if row.BusinessDelivery.read_at is None:
        afterwards(session, lambda later: _mark_read(later, standing.company_id, notice_id, actor.id))
    return _letter(row)


def _letters(standing: Standing) -> Any:
    query: Any = (
        select(BusinessNotice, BusinessDelivery)
        .join(BusinessDelivery, BusinessDelivery.notice_id == BusinessNotice.id)
        .where(BusinessDelivery.company_id == standing.company_id)
    )
    return query if Power.CONFIDENTIAL in standing.powers else query.where(BusinessNotice.confidential.is_(False))


def _letter(row: Any) -> Letter:
    notice, delivery = row.BusinessNotice, row.BusinessDelivery
    return Letter(
        notice.id, notice.title, notice.body, _with_days(notice.facts), notice.link, notice.sender, notice.confidential,
        notice.sent_at, delivery.reason, delivery.read_at,
    )  # fmt: skip


def _with_days(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Days lie as text in JSON; each reader gets them in the way of their language."""
    return {name: date.fromisoformat(fact) if DAY.fullmatch(str(fact)) else fact for name, fact in facts.items()}


def _mark_read(session: Session, company_id: UUID, notice_id: UUID, person_id: UUID | None) -> None:
    marked = session.execute(
        update(BusinessDelivery)
        .where(
            BusinessDelivery.notice_id == notice_id,
            BusinessDelivery.company_id == company_id,
            BusinessDelivery.read_at.is_(None),
        )
        .values(read_at=clock.now(), read_by=person_id)
    ).rowcount  # type: ignore[attr-defined]
    if marked:
        did(session, Action.CHANGE, whose=company_id, what="business_deliveries", case_ref=str(notice_id))


def reason_words(reason: str, say: Callable[..., str]) -> list[str]:
    """Why a notice came, in words; *reason* is "name=value;name=value" as the sender wrote it."""
    parts = [part.partition("=") for part in reason.split(";") if part]
    return [say(REASONS[name], value=value) for name, _, value in parts if name in REASONS]


def told(key: str) -> Select[UUID, str]:
    """(company, reason) of all who were told the notice called *key*: to tell them what became of it."""
    notice = select(BusinessNotice.id).where(BusinessNotice.key == key).scalar_subquery()
    return select(BusinessDelivery.company_id, BusinessDelivery.reason).where(BusinessDelivery.notice_id == notice)


def receipts(session: Session, key: str) -> tuple[dict[str, int], Sequence[Any]]:
    """How many were told and have opened the notice called *key*, and (company, number, reason, opened at) of the first
    hundred, who opened it first."""
    notice = select(BusinessNotice.id).where(BusinessNotice.key == key).scalar_subquery()
    counts = session.execute(
        select(func.count(), func.count(BusinessDelivery.read_at)).where(BusinessDelivery.notice_id == notice)
    ).one()
    lines = session.execute(
        select(Company.name, Company.key, BusinessDelivery.reason, BusinessDelivery.read_at)
        .join(Company, Company.id == BusinessDelivery.company_id)
        .where(BusinessDelivery.notice_id == notice)
        .order_by(BusinessDelivery.read_at.is_(None), BusinessDelivery.read_at, Company.key)
        .limit(100)
    ).all()
    return {"told": counts[0], "read": counts[1]}, lines
