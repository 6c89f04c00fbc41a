"""Save a search, forget it, and tell what is new of it once a day or week."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.service import PowerOf
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.words import N_
from portal.procurement.models import Agency, Tender
from portal.procurement.rules import State
from portal.procurement.searches import rules
from portal.procurement.searches.models import TenderSearch
from portal.procurement.searches.rules import PERIODS, Rhythm

DIGEST = (
    N_("New tenders for your saved search “%(name)s”: %(count)s"),
    N_("Published since the last digest: %(titles)s"),
)
TITLES = 10


def save(session: Session, actor: Actor, said: Mapping[str, str]) -> None:
    """Keep a search (name, words, category, agency_code, rhythm). Raises TooManySearches, NameTaken."""
    standing = companies.standing(session, actor, PowerOf.TENDERS)
    kept = select(func.count()).select_from(TenderSearch).where(TenderSearch.company_id == standing.company_id)
    if (session.scalar(kept) or 0) >= rules.MOST:
        raise rules.TooManySearches(most=rules.MOST)
    row = {"id": new_id(), "company_id": standing.company_id, "told_until": clock.now(), **said}
    if not insert_once(session, TenderSearch.__table__, row):  # type: ignore[arg-type]
        raise rules.NameTaken
    did(session, Action.CREATE, whose=standing.company_id, what="tender_searches")


def of_company(session: Session, company_id: UUID) -> Sequence[TenderSearch]:
    """What a company has saved, by name."""
    query = select(TenderSearch).where(TenderSearch.company_id == company_id)
    return session.scalars(query.order_by(TenderSearch.name)).all()


def forget(session: Session, actor: Actor, search_id: UUID) -> None:
    """Remove one of one's own. Raises SearchGone."""
    standing = companies.standing(session, actor, PowerOf.TENDERS)
    mine = TenderSearch.id == search_id, TenderSearch.company_id == standing.company_id
    if not session.execute(delete(TenderSearch).where(*mine)).rowcount:  # type: ignore[attr-defined]
        raise rules.SearchGone
    did(session, Action.DELETE, whose=standing.company_id, what="tender_searches")


def take_over(session: Session, old: UUID, new: UUID) -> None:
    """The searches of a merged company become its successor's: not under a name it has, and as many as it may have."""
    kept = session.scalar(select(func.count()).select_from(TenderSearch).where(TenderSearch.company_id == new)) or 0
    for one in of_company(session, old)[: max(0, rules.MOST - kept)]:
        row = {
            "id": new_id(), "company_id": new, "name": one.name, "words": one.words, "category": one.category,
            "agency_code": one.agency_code, "rhythm": one.rhythm, "told_until": clock.now(),
        }  # fmt: skip
        if insert_once(session, TenderSearch.__table__, row):  # type: ignore[arg-type]
            did(session, Action.CREATE, whose=new, what="tender_searches")


def agencies(session: Session) -> Sequence[Any]:
    """(code, name) of all public bodies."""
    return session.execute(select(Agency.code, Agency.name).order_by(Agency.name)).all()


def digest(session: Session, _payload: dict[str, Any]) -> None:
    """Tell each company what was published for its saved searches since it was last told (worker, daily)."""
    now = clock.now()
    goes_on = companies.AnyCompany.closed_on.is_(None)
    kept = select(TenderSearch).join(companies.AnyCompany, companies.AnyCompany.id == TenderSearch.company_id)
    due = [one for one in session.scalars(kept.where(goes_on).order_by(TenderSearch.id)) if _is_due(one, now)]
    if not due:
        return
    new = session.scalars(
        select(Tender)
        .where(Tender.state == State.ACTIVE, Tender.published_at > min(one.told_until for one in due))
        .order_by(Tender.published_at, Tender.id)
    ).all()
    for one in due:
        found = [tender for tender in new if fits(one, tender)]
        moved = session.execute(
            update(TenderSearch)
            .where(TenderSearch.id == one.id, TenderSearch.told_until == one.told_until)
            .values(told_until=now),
            execution_options={"synchronize_session": False},
        ).rowcount  # type: ignore[attr-defined]
        if moved and found:
            _tell(session, one, found, now)


def _is_due(one: TenderSearch, now: datetime) -> bool:
    return one.told_until + PERIODS[Rhythm(one.rhythm)] <= now


def fits(one: TenderSearch, tender: Tender) -> bool:
    """Whether a tender is what a search looks for and new to it; every word has to be in its title or description."""
    text = f"{tender.title}\n{tender.description}".casefold()
    return (
        tender.published_at is not None
        and tender.published_at > one.told_until
        and one.category in ("", tender.category)
        and one.agency_code in ("", tender.agency_code)
        and all(word in text for word in one.words.casefold().split())
    )


def _tell(session: Session, one: TenderSearch, found: Sequence[Tender], now: datetime) -> None:
    titles = "、".join(tender.title for tender in found[:TITLES]) + ("…" if len(found) > TITLES else "")
    companies.tell(
        session,
        [(one.company_id, "")],
        key=f"search:{one.id}:{now:%Y%m%d%H}",
        text=DIGEST,
        facts={"name": one.name, "count": len(found), "titles": titles},
        link="/business/tenders?"
        + urlencode({"q": one.words.split()[0] if one.words else "", "category": one.category}),
    )
