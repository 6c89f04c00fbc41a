"""Find, filter and sort in one mailbox, without looking through all of it at once (see `listing.WINDOW`)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.text import comparable
from portal.mailbox import listing
from portal.mailbox.keeping import rules
from portal.mailbox.keeping.models import Findable
from portal.mailbox.keeping.rules import Order, Show
from portal.mailbox.listing import BEFORE, NEWEST, OWNER, PAGE_SIZE, Item
from portal.mailbox.models import Dealing, Delivery, Notice
from portal.mailbox.rules import WITHDRAWN, Kind, Strength
from portal.web import i18n


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for; `label` is a number of theirs, 0 for any."""

    terms: tuple[str, ...] = ()
    show: Show = Show.ALL
    label: int = 0
    order: Order = Order.NEWEST


@dataclass(frozen=True, slots=True)
class Found:
    """One page; `before` leads further back, `is_cut` says that this page looked no further though more may lie there."""

    items: list[Item]
    before: int | None
    is_cut: bool


def find(
    session: Session, owner: UUID, asked: Asked, *, language: str, assurance: int, before: int | None = None
) -> Found:
    """The notices of one mailbox that fit; the texts of those that need a stronger sign-in are not looked into."""
    start = before or NEWEST
    query = listing.page_of(listing.title_in(language)).where(*_filters(asked))
    if asked.terms:
        own = _of_system(session, owner, asked.terms, language=language, before=start)
        query = query.outerjoin(Findable, Findable.notice_number == Notice.number)
        query = query.where(or_(_says(asked.terms, assurance), Delivery.notice_number.in_(own)))
    if asked.order is Order.DUE:
        query = query.where(Notice.due_on.is_not(None)).order_by(None)
        query = query.order_by(Notice.due_on, Delivery.notice_number.desc()).limit(rules.SORTED)
    values = {"resident": owner, "before": start, "today": clock.today()}
    rows: list[Any] = list(session.execute(query, values))
    if asked.order is Order.DUE:
        return Found([_item(row) for row in rows], None, False)
    if len(rows) > PAGE_SIZE:
        return Found([_item(row) for row in rows[:PAGE_SIZE]], rows[PAGE_SIZE - 1][1], False)
    lowest = session.scalar(select(listing.floor()), values) or None
    return Found([_item(row) for row in rows], lowest, lowest is not None)


def _item(row: Any) -> Item:
    return listing.item(tuple, tuple(row))


def _filters(asked: Asked) -> list[ColumnElement[bool]]:
    away = Dealing.archived_at.is_not(None) if asked.show is Show.ARCHIVED else Dealing.archived_at.is_(None)
    found: list[ColumnElement[bool]] = [away]
    if asked.show is Show.UNREAD:
        found.append(Delivery.read_at.is_(None))
    elif asked.show is Show.TODO:
        found += [Notice.kind != str(Kind.INFORMATION), Notice.state != WITHDRAWN, Dealing.settled_at.is_(None)]
    elif asked.show in set(Kind):
        found.append(Notice.kind == str(asked.show))
    if asked.label:
        found.append(Dealing.labels.contains(f",{asked.label},", autoescape=True))
    return found


def _says(terms: tuple[str, ...], assurance: int) -> ColumnElement[bool]:
    """Each term stands in the section's name, or in a text that is open to who is signed in so."""
    may_see = and_(Notice.strength <= assurance, Notice.state != WITHDRAWN)
    return and_(
        *(
            or_(
                Findable.head.contains(term, autoescape=True),
                and_(may_see, Findable.texts.contains(term, autoescape=True)),
            )
            for term in terms
        )
    )


def _of_system(session: Session, owner: UUID, terms: tuple[str, ...], *, language: str, before: int) -> list[int]:
    """Numbers of notices of the system's own that fit: sentences of the catalogues, said in the reader's language."""
    query = (
        select(
            Delivery.notice_number,
            Notice.section,
            Notice.texts[("msgid", "title")].as_string(),
            Notice.texts[("msgid", "body")].as_string(),
            Notice.facts,
        )
        .join(Notice, Notice.number == Delivery.notice_number)
        .where(Delivery.resident_id == OWNER, Delivery.notice_number < BEFORE)
        .where(Delivery.notice_number >= listing.floor(), Notice.key.is_not(None))
    )
    fitting = []
    for number, section, title, body, facts in session.execute(query, {"resident": owner, "before": before}):
        said = comparable(section + i18n.catalogue(language).gettext(title) + i18n.catalogue(language).gettext(body))
        told = comparable(" ".join(map(str, facts.values())))
        if all(term in said or term in told for term in terms):
            fitting.append(number)
    return fitting


def is_of(query: Select[Any]) -> Select[Any]:
    """Only what needs no strong sign-in: for who looks into another's mailbox."""
    return query.where(Notice.strength <= Strength.PASSWORD)
