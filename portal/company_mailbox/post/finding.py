"""The notices of one company or of all somebody acts for, newest first, without looking through all of them at once.

Steps of days: the newest two first, then eight times as many, until the page is full. Each company's share of a step is
one range of the index, so it does not matter how much lies behind; a search in words stops after LOOKED_THROUGH.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from portal.companies.service import AnyDelivery as BusinessDelivery
from portal.companies.service import AnyNotice as BusinessNotice
from portal.companies.service import PowerOf as Power
from portal.companies.service import StandingOf as Standing
from portal.company_mailbox.post import reading, rules
from portal.company_mailbox.post.reading import Letter
from portal.company_mailbox.post.rules import Place, Show, Tidying
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.mailbox import service as mailbox

AT = BusinessDelivery.sent_at


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for; `sender` is a part of the sender's name."""

    terms: tuple[str, ...] = ()
    sender: str = ""
    show: Show = Show.ALL


@dataclass(frozen=True, slots=True)
class Found:
    """One page; `before` leads further back, `is_cut` says that this page looked no further though more may lie there."""

    letters: list[Letter]
    before: str
    is_cut: bool = False


def find(session: Session, standings: Sequence[Standing], asked: Asked, *, before: Place | None = None) -> Found:
    """What fits in the mailboxes of *standings*; confidential notices only where they may be read."""
    if not standings:
        return Found([], "")
    wanted = and_(_may_see(standings), *_filters(asked))
    letters: list[Letter] = []
    looked, place = 0, before
    for since, until in _steps(session, standings, before, by_words=bool(asked.terms or asked.sender)):
        if asked.terms or asked.sender:
            inside = _count(session, standings, since, until)
            if looked and looked + inside > rules.LOOKED_THROUGH:
                return Found(letters, str(_edge(until)), is_cut=True)
            looked += inside
        letters += _between(session, wanted, since, until, place, rules.PAGE_SIZE + 1 - len(letters))
        if len(letters) > rules.PAGE_SIZE:
            last = letters[rules.PAGE_SIZE - 1]
            return Found(letters[: rules.PAGE_SIZE], str(Place(last.sent_at, last.id, last.company_id)))
    return Found(letters, "")


def _edge(until: datetime | None) -> Place:
    """Before everything of that moment: no id is as high."""
    return Place(until or clock.now(), UUID(int=2**128 - 1), UUID(int=2**128 - 1))


def _steps(
    session: Session, standings: Sequence[Standing], before: Place | None, *, by_words: bool
) -> Iterator[tuple[datetime | None, datetime | None]]:
    """(from, to) of each step, back in time; the last has no beginning. For words a first step that holds too much is
    made narrower."""
    start = before.sent_at if before else clock.now()
    until: datetime | None = before.sent_at if before else None
    days = list(rules.STEPS)
    while by_words and days[0] > rules.NARROWEST:
        if _count(session, standings, start - days[0], until) <= rules.LOOKED_THROUGH:
            break
        days.insert(0, days[0] / 8)
    for step in days:
        yield start - step, until
        until = start - step
    yield None, until


def _ids(standings: Sequence[Standing]) -> list[UUID]:
    return [one.company_id for one in standings]


def _range(since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    return [*([since < AT] if since is not None else []), *([until >= AT] if until is not None else [])]


def _count(session: Session, standings: Sequence[Standing], since: datetime | None, until: datetime | None) -> int:
    """How many lie in a step, up to one more than a page may look through."""
    inside = select(AT).where(BusinessDelivery.company_id.in_(_ids(standings)), *_range(since, until))
    counted = inside.limit(rules.LOOKED_THROUGH + 1).subquery()
    return session.scalar(select(func.count()).select_from(counted)) or 0


def _may_see(standings: Sequence[Standing]) -> Any:
    mine: Any = BusinessDelivery.company_id.in_(_ids(standings))
    trusted = [one.company_id for one in standings if Power.CONFIDENTIAL in one.powers]
    if len(trusted) == len(standings):
        return mine
    return and_(mine, or_(BusinessNotice.confidential.is_(False), BusinessDelivery.company_id.in_(trusted)))


def _filters(asked: Asked) -> list[Any]:
    away = BusinessDelivery.archived_at
    found: list[Any] = [away.is_not(None) if asked.show is Show.ARCHIVED else away.is_(None)]
    if asked.show is Show.UNREAD:
        found.append(BusinessDelivery.read_at.is_(None))
    elif asked.show in (Show.TODO, Show.OVERDUE):
        found += [BusinessDelivery.waits, BusinessNotice.withdrawn_at.is_(None)]
    if asked.show is Show.OVERDUE:
        found.append(BusinessNotice.due_on < clock.today())
    if asked.sender:
        found.append(BusinessNotice.sender.contains(asked.sender, autoescape=True))
    open_text = BusinessNotice.withdrawn_at.is_(None)
    found += [and_(open_text, BusinessNotice.words.contains(term, autoescape=True)) for term in asked.terms]
    return found


def _between(
    session: Session, wanted: ColumnElement[bool], since: datetime | None, until: datetime | None,
    before: Place | None, most: int,
) -> list[Letter]:  # fmt: skip
    query = reading.joined().where(wanted, *_range(since, until))
    at: Any = BusinessDelivery.sent_at
    notice: Any = BusinessDelivery.notice_id
    company: Any = BusinessDelivery.company_id
    if before is not None:
        same = and_(notice == before.notice_id, company < before.company_id)
        query = query.where(or_(at < before.sent_at, and_(at == before.sent_at, or_(notice < before.notice_id, same))))
    rows = session.execute(query.order_by(at.desc(), notice.desc(), company.desc()).limit(most)).all()
    return [reading.letter_of(row.BusinessNotice, row.BusinessDelivery) for row in rows]


def asked_of(typed: str, sender: str, show: str) -> Asked:
    """What an address asks for; what it does not know is left out."""
    return Asked(
        tuple(mailbox.keep_rules.terms(typed)), sender.replace("\x00", "").strip()[:60],
        Show(show) if show in set(Show) else Show.ALL,
    )  # fmt: skip


def tidy(
    session: Session, standings: Sequence[Standing], actor: Actor, chosen: Sequence[tuple[UUID, UUID]], act: Tidying
) -> int:
    """Mark as read, put away or put back what was chosen, (company, notice); how many it was done with. Whose mailbox is
    not theirs stays as it is."""
    by_company = {one.company_id: one for one in standings}
    done = 0
    for company_id in sorted({company for company, _notice in chosen} & set(by_company)):
        standing = by_company[company_id]
        wanted = sorted(notice for company, notice in chosen if company == company_id)
        query = select(BusinessDelivery.notice_id, BusinessDelivery.read_at).join(
            BusinessNotice, BusinessNotice.id == BusinessDelivery.notice_id
        )
        there = session.execute(query.where(reading.visible(standing), BusinessDelivery.notice_id.in_(wanted))).all()
        if act is Tidying.READ:
            ids = [row.notice_id for row in there if row.read_at is None]
            reading.mark_read(session, standing, actor, ids)
        else:
            ids = [row.notice_id for row in there]
            _put(session, company_id, ids, away=act is Tidying.ARCHIVE)
        done += len(ids)
    return done


def _put(session: Session, company_id: UUID, ids: Sequence[UUID], *, away: bool) -> None:
    mine = (BusinessDelivery.company_id == company_id, BusinessDelivery.notice_id.in_(ids))
    session.execute(update(BusinessDelivery).where(*mine).values(archived_at=clock.now() if away else None))
    if ids:
        did(session, Action.CHANGE, whose=company_id, what="business_deliveries(archived_at)")
