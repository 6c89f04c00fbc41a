"""The same done with several notices (read, put away, put back, labelled): those chosen, or all that fit a search."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.companies.service import AnyDelivery as BusinessDelivery
from portal.companies.service import AnyNotice as BusinessNotice
from portal.companies.service import StandingOf as Standing
from portal.company_mailbox.post import finding, labels, reading, rules
from portal.company_mailbox.post.labels import Pick
from portal.company_mailbox.post.reading import Letter
from portal.company_mailbox.post.rules import Place, Tidying
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did


@dataclass(frozen=True, slots=True)
class Act:
    """What is done; `label` is a number of the firm's."""

    what: Tidying
    firm: UUID
    label: int = 0


def tidy(session: Session, standings: Sequence[Standing], actor: Actor, chosen: Sequence[Pick], act: Act) -> int:
    """Do it with what was chosen; how many it was done with. Whose mailbox is not theirs stays as it is. Raises
    label-unknown."""
    by_company = {one.company_id: one for one in standings}
    done, there = 0, list[Pick]()
    for company_id in sorted({company for company, _notice in chosen} & set(by_company)):
        standing = by_company[company_id]
        wanted = sorted(notice for company, notice in chosen if company == company_id)
        rows = _theirs(session, standing, wanted)
        there += [(company_id, notice) for notice in rows]
        if act.what is Tidying.READ:
            unread = [notice for notice, is_read in rows.items() if not is_read]
            reading.mark_read(session, standing, actor, unread)
            done += len(unread)
        elif act.what in (Tidying.ARCHIVE, Tidying.RESTORE):
            _put(session, company_id, list(rows), away=act.what is Tidying.ARCHIVE)
            done += len(rows)
    if act.what is Tidying.LABEL:
        return labels.put(session, act.firm, act.label, there)
    return labels.take_off(session, act.firm, act.label, there) if act.what is Tidying.UNLABEL else done


def _theirs(session: Session, standing: Standing, wanted: Sequence[UUID]) -> dict[UUID, bool]:
    """Whether each is read, of those that are there and may be seen."""
    query = select(BusinessDelivery.notice_id, BusinessDelivery.read_at.is_not(None)).join(
        BusinessNotice, BusinessNotice.id == BusinessDelivery.notice_id
    )
    rows = session.execute(query.where(reading.visible(standing), BusinessDelivery.notice_id.in_(wanted)))
    return {notice: bool(is_read) for notice, is_read in rows}


def _put(session: Session, company_id: UUID, ids: Sequence[UUID], *, away: bool) -> None:
    mine = (BusinessDelivery.company_id == company_id, BusinessDelivery.notice_id.in_(ids))
    session.execute(update(BusinessDelivery).where(*mine).values(archived_at=clock.now() if away else None))
    if ids:
        did(session, Action.CHANGE, whose=company_id, what="business_deliveries(archived_at)")


def all_found(
    session: Session, standings: Sequence[Standing], asked: finding.Asked, *, before: Place | None = None
) -> tuple[list[Letter], bool]:
    """All that fit, from that place back in time, and whether more may fit: one press does some hundreds."""
    letters: list[Letter] = []
    for _page in range(rules.MOST_PAGES):
        found = finding.find(session, standings, asked, before=before, most=rules.MOST_MATCHING - len(letters))
        letters += found.letters
        before = rules.read_place(found.before, clock.JST)
        if before is None or len(letters) >= rules.MOST_MATCHING:
            break
    return letters, before is not None


def tidy_all(
    session: Session, standings: Sequence[Standing], actor: Actor, asked: finding.Asked, act: Act, *,
    before: Place | None = None,
) -> tuple[int, bool]:  # fmt: skip
    """Do it with all that fit; how many it was done with, and whether more may fit."""
    letters, more = all_found(session, standings, asked, before=before)
    return tidy(session, standings, actor, [(one.company_id, one.id) for one in letters], act), more
