"""The mailbox of companies: one text for many, a line for each company with the reason why it came."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, delete, false, func, insert, literal, or_, select
from sqlalchemy.orm import Session

from portal.companies.events import CompaniesTold
from portal.companies.models import UNREAD, BusinessDelivery, BusinessNotice, Company
from portal.companies.rules import Power, Standing, Topic
from portal.core import clock
from portal.core.db import insert_once
from portal.core.events import emit
from portal.core.ids import new_id
from portal.core.text import comparable
from portal.core.words import N_

Text = tuple[str, str]
COLUMNS = ("notice_id", "company_id", "reason", "sent_at", "topic", "waits", "said")
COUNTED = 1_000
"""Unread ones are counted so far and no further."""
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
DAYS = frozenset({"until", "due", "due_on", "begins", "ends"})
"""Facts that are days. Every other is somebody's own words, whatever it looks like: a licence number may be 2024-13-45."""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d\+09:00", re.ASCII)
MOMENTS = frozenset({"closes"})
"""Facts that are moments, in Japan's time: with the day alone somebody comes in the evening."""
DELEGATED: Text = (
    N_("%(company)s lets you act for it"),
    N_("You can now choose %(company)s as the company you act for. This ends on %(until)s, or when they take it back."),
)

REASONS = {
    "grade": N_("You hold grade %(value)s in this category."),
    "region": N_("Your address is in %(value)s."),
    "won": N_("You won tenders of this category before (%(value)s)."),
    "bid": N_("You bid for tenders of this category before (%(value)s)."),
    "anywhere": N_("Companies from everywhere may take part."),
}


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
    topic: str = Topic.OTHER,
) -> bool:
    """Tell some companies, each with its reason; the same *key* is told once. False if it was told before."""
    notice = _write(session, key, text, facts, link, sender, topic if confidential else "")
    if notice is None:
        return False
    rows = [{"notice_id": notice, "company_id": company, "reason": reason} for company, reason in companies]
    at = session.scalars(select(BusinessNotice.sent_at).where(BusinessNotice.id == notice)).one()
    same = {"sent_at": at, "topic": str(topic) if confidential else ""}
    session.execute(insert(BusinessDelivery), [{**row, **same} for row in rows])
    emit(session, CompaniesTold(notice_id=notice))
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
    """Tell all companies that *chosen* (company, reason) gives, by one statement; how many were told. Where it gives none,
    no notice is kept."""
    notice = _write(session, key, text, facts, link, sender, "")
    if notice is None:
        return 0
    picked = chosen.subquery()
    company, reason = picked.c
    rows = select(BusinessNotice.id, company, reason, BusinessNotice.sent_at, literal(""), false(), literal(""))
    rows = rows.join_from(BusinessNotice, picked, BusinessNotice.id == notice)
    session.execute(insert(BusinessDelivery).from_select(COLUMNS, rows))
    told = session.scalar(select(func.count()).where(BusinessDelivery.notice_id == notice)) or 0
    if told:
        emit(session, CompaniesTold(notice_id=notice))
    else:
        session.execute(delete(BusinessNotice).where(BusinessNotice.id == notice))
    return told


def _write(
    session: Session,
    key: str,
    text: Text,
    facts: Mapping[str, Any],
    link: str,
    sender: str,
    topic: str,
) -> UUID | None:
    row = {
        "id": new_id(), "key": key, "title": text[0], "body": text[1], "facts": dict(facts), "link": link,
        "sender": sender, "confidential": bool(topic), "topic": str(topic or Topic.OTHER), "sent_at": clock.now(),
        "kind": "information", "remind_days": 0,
        "choices": {}, "owner": "", "words": findable(text, facts, sender), "withdrawn_because": "",
    }  # fmt: skip
    new = insert_once(session, BusinessNotice.__table__, row)  # type: ignore[arg-type]
    return row["id"] if new else None  # type: ignore[return-value]


def findable(text: Text, facts: Mapping[str, Any], sender: str) -> str:
    """What a search looks through: the words as a Japanese reader sees them, with who sent them."""
    from portal.web import i18n  # here, as in every service: what the worker tells needs no page

    said = [i18n.say("ja", part, facts) for part in text]
    return comparable("\n".join([*said, sender]))


def with_days(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Days and moments lie as text in JSON; each reader gets them in the way of their language."""
    return {name: _moment(name, fact) for name, fact in facts.items()}


def _moment(name: str, fact: Any) -> Any:
    if name in DAYS and DAY.fullmatch(str(fact)):
        return date.fromisoformat(fact)
    return datetime.fromisoformat(fact) if name in MOMENTS and MOMENT.fullmatch(str(fact)) else fact


def reason_words(reason: str, say: Callable[..., str]) -> list[str]:
    """Why a notice came, in words; *reason* is "name=value;name=value" as the sender wrote it."""
    parts = [part.partition("=") for part in reason.split(";") if part]
    return [say(REASONS[name], value=value) for name, _, value in parts if name in REASONS]


def may_see(standings: Sequence[Standing]) -> Any:
    """The condition of what *standings* may see in the mailboxes of their companies: confidential ones where they may read
    all of them, or those of that topic."""
    mine: Any = BusinessDelivery.company_id.in_([one.company_id for one in standings])
    by_topics: dict[frozenset[str], list[UUID]] = {}
    for one in standings:
        if Power.CONFIDENTIAL not in one.powers and one.topics:
            by_topics.setdefault(frozenset(map(str, one.topics)), []).append(one.company_id)
    trusted = [one.company_id for one in standings if Power.CONFIDENTIAL in one.powers]
    if len(trusted) == len(standings):
        return mine
    some = [
        and_(BusinessDelivery.topic.in_(sorted(topics)), BusinessDelivery.company_id.in_(ids))
        for topics, ids in by_topics.items()
    ]
    return and_(mine, or_(BusinessDelivery.topic == "", BusinessDelivery.company_id.in_(trusted), *some))


def unread(session: Session, standings: Sequence[Standing]) -> int:
    """How many nobody has opened, up to COUNTED."""
    if not standings:
        return 0
    query = select(BusinessDelivery.notice_id).where(may_see(standings), UNREAD)
    return session.scalar(select(func.count()).select_from(query.limit(COUNTED).subquery())) or 0


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
