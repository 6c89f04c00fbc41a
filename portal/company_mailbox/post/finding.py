"""The notices of one company or of all somebody acts for, newest first, without looking through all of them at once.

Steps of days: the newest two first, then eight times as many, until the page is full. Each company's share of a step is
one range of the index, so it does not matter how much lies behind; a search in words stops after LOOKED_THROUGH.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.service import AnyDelivery as BusinessDelivery
from portal.companies.service import AnyNotice as BusinessNotice
from portal.companies.service import StandingOf as Standing
from portal.company_mailbox.post import reading, rules
from portal.company_mailbox.post.models import BusinessLabelled
from portal.company_mailbox.post.reading import Letter
from portal.company_mailbox.post.rules import Place, Show
from portal.core import clock
from portal.mailbox import service as mailbox


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for; `sender` is a part of the sender's name, `label` a number of the firm's, 0 for any."""

    terms: tuple[str, ...] = ()
    sender: str = ""
    show: Show = Show.ALL
    label: int = 0
    firm: UUID | None = None

    @property
    def by_words(self) -> bool:
        """Whether notices have to be looked into."""
        return bool(self.terms or self.sender)

    @property
    def part(self) -> Any:
        """The part of mailboxes it is about; each has its own index. What was withdrawn waits for nobody."""
        shares = {Show.ARCHIVED: companies.AWAY, Show.UNREAD: companies.UNREAD}
        waits = self.show in (Show.TODO, Show.OVERDUE)
        return companies.WAITS if waits else shares.get(self.show, companies.IN_MAILBOX)


@dataclass(frozen=True, slots=True)
class Found:
    """One page; `before` leads further back, `is_cut` says that this page looked no further though more may lie there."""

    letters: list[Letter]
    before: str
    is_cut: bool = False


def find(
    session: Session, standings: Sequence[Standing], asked: Asked, *, before: Place | None = None,
    most: int = rules.PAGE_SIZE,
) -> Found:  # fmt: skip
    """What fits in the mailboxes of *standings*; confidential notices only where they may be read."""
    if not standings:
        return Found([], "")
    wanted = and_(companies.may_see(standings), *_filters(asked))
    letters: list[Letter] = []
    looked, place = 0, before
    for since, until in _steps(session, standings, asked, before):
        if asked.by_words:
            inside = _count(session, standings, asked, since, until)
            if looked and looked + inside > rules.LOOKED_THROUGH:
                return Found(letters, str(_edge(until)), is_cut=True)
            looked += inside
        letters += _between(session, asked, wanted, since, until, place, most + 1 - len(letters))
        if len(letters) > most:
            last = letters[most - 1]
            return Found(letters[:most], str(Place(last.sent_at, last.id, last.company_id)))
    return Found(letters, "")


def _edge(until: datetime | None) -> Place:
    """Before everything of that moment: no id is as high."""
    return Place(until or clock.now(), UUID(int=2**128 - 1), UUID(int=2**128 - 1))


def _steps(
    session: Session, standings: Sequence[Standing], asked: Asked, before: Place | None
) -> Iterator[tuple[datetime | None, datetime | None]]:
    """(from, to) of each step, back in time; the last has no beginning. For words a first step that holds too much is
    made narrower. What has a label lies in one index in order, for all companies: that needs no steps."""
    start = before.sent_at if before else clock.now()
    until: datetime | None = before.sent_at if before else None
    days = [] if asked.label and not asked.by_words else list(rules.STEPS)
    while asked.by_words and days[0] > rules.NARROWEST:
        if _count(session, standings, asked, start - days[0], until) <= rules.LOOKED_THROUGH:
            break
        days.insert(0, days[0] / 8)
    for step in days:
        yield start - step, until
        until = start - step
    yield None, until


def _ids(standings: Sequence[Standing]) -> list[UUID]:
    return [one.company_id for one in standings]


def _range(at: Any, since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    return [*([since < at] if since is not None else []), *([until >= at] if until is not None else [])]


def _count(
    session: Session, standings: Sequence[Standing], asked: Asked, since: datetime | None, until: datetime | None
) -> int:
    """How many lie in a step, up to one more than a page may look through."""
    one = BusinessLabelled if asked.label else BusinessDelivery
    mine = _labelled(asked) if asked.label else [BusinessDelivery.company_id.in_(_ids(standings)), asked.part]
    inside = select(one.sent_at).where(*mine, *_range(one.sent_at, since, until)).limit(rules.LOOKED_THROUGH + 1)
    return session.scalar(select(func.count()).select_from(inside.subquery())) or 0


def _labelled(asked: Asked) -> list[ColumnElement[bool]]:
    return [BusinessLabelled.firm_id == asked.firm, BusinessLabelled.number == asked.label]


def _filters(asked: Asked) -> list[Any]:
    found: list[Any] = [asked.part]
    if asked.show is Show.OVERDUE:
        found.append(BusinessNotice.due_on < clock.today())
    if asked.sender:
        found.append(BusinessNotice.sender.contains(asked.sender, autoescape=True))
    open_text = BusinessNotice.withdrawn_at.is_(None)
    found += [and_(open_text, BusinessNotice.words.contains(term, autoescape=True)) for term in asked.terms]
    return found


def _lines(query: Select[Any], asked: Asked) -> Select[Any]:
    """With the notices, where these are looked into."""
    looks = asked.by_words or asked.show is Show.OVERDUE
    return query.join(BusinessNotice, BusinessNotice.id == BusinessDelivery.notice_id) if looks else query


def _fits(asked: Asked, wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    """Of something labelled, asked one by one in their order: a join would be planned as if most fitted nowhere, and read
    everything."""
    one = BusinessLabelled
    same = (BusinessDelivery.company_id == one.company_id, BusinessDelivery.notice_id == one.notice_id)
    found = _lines(select(BusinessDelivery.sent_at).where(*same, wanted), asked)
    return found.correlate(one).scalar_subquery().is_not(None)


def _between(
    session: Session, asked: Asked, wanted: ColumnElement[bool], since: datetime | None, until: datetime | None,
    before: Place | None, most: int,
) -> list[Letter]:  # fmt: skip
    one: Any = BusinessLabelled if asked.label else BusinessDelivery
    at, notice, company = one.sent_at, one.notice_id, one.company_id
    # Which lines a page has is told by an index alone; only these are fetched.
    query = select(notice, company).where(*_range(at, since, until))
    query = query.where(*_labelled(asked), _fits(asked, wanted)) if asked.label else _lines(query.where(wanted), asked)
    if before is not None:
        same = and_(notice == before.notice_id, company < before.company_id)
        query = query.where(or_(at < before.sent_at, and_(at == before.sent_at, or_(notice < before.notice_id, same))))
    order = (at.desc(), notice.desc(), company.desc())
    keys = query.order_by(*order).limit(most).subquery()
    at, notice, company = BusinessDelivery.sent_at, BusinessDelivery.notice_id, BusinessDelivery.company_id
    page = reading.joined().join(keys, and_(keys.c.notice_id == notice, keys.c.company_id == company))
    rows = session.execute(page.order_by(at.desc(), notice.desc(), company.desc())).all()
    return [reading.letter_of(row.BusinessNotice, row.BusinessDelivery) for row in rows]


def asked_of(typed: str, sender: str, show: str, label: str = "", *, firm: UUID | None = None) -> Asked:
    """What an address asks for; what it does not know is left out."""
    return Asked(
        tuple(mailbox.keep_rules.terms(typed)), sender.replace("\x00", "").strip()[:60],
        Show(show) if show in set(Show) else Show.ALL, mailbox.keep_rules.label_number(label), firm,
    )  # fmt: skip
