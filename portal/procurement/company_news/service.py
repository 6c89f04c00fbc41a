"""Bodies hear what the national register changed of companies they graded, licensed, suspended or read.

A merger moves suspensions at once (`heirs`); what else follows from it the body decides at its `desk`.
"""

from uuid import UUID

from sqlalchemy import Select, select, union, update
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.events import CorporationEnded, CorporationMoved, MailboxTakenOver, MergerUndone
from portal.core import clock
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.events import in_the_same_commit
from portal.core.ids import new_id
from portal.core.permissions import Permission
from portal.procurement import body_news, heirs
from portal.procurement.company_news import rules
from portal.procurement.company_news.models import CompanyNews
from portal.procurement.company_news.rules import Kind, Outcome
from portal.procurement.models import Qualification, Suspension, Tender, TenderInterest
from portal.procurement.once.models import FactRead
from portal.procurement.registers.models import Registration
from portal.procurement.rules import State, SuspensionState
from portal.procurement.searches import service as searches

LINK = "/staff/companies/news"
Company = companies.AnyCompany


@in_the_same_commit
def on_corporation_ended(session: Session, event: CorporationEnded) -> None:
    """A company ended or was merged: no moment is left in which its heir would be free of its suspensions."""
    heirs.pass_on(session, event.company_id)
    heirs.tell_of_quotations(session, event.company_id)
    merged = companies.successors(session, [event.company_id]).get(event.company_id)
    kind, heir = (Kind.MERGED, merged[0]) if merged else (Kind.CLOSED, "")
    for body in _say(session, event, kind, heir):
        _mail(session, body, body_news.ENDED, f"ended:{event.company_id}:{body}:{clock.today()}")


@in_the_same_commit
def on_merger_undone(session: Session, event: MergerUndone) -> None:
    """Nothing that followed from its merger does any more; it goes on, or was closed without a successor."""
    heirs.pass_on(session, event.company_id)
    closed = session.get_one(Company, event.company_id).closed_on is not None
    _say(session, event, Kind.CLOSED if closed else Kind.UNDONE)


@in_the_same_commit
def on_corporation_moved(session: Session, event: CorporationMoved) -> None:
    """Another name or address: whoever used the old one hears of it, by mail once a day for all companies together."""
    for body in sorted(session.scalars(_bodies(event.company_id))):
        key = f"{Kind.MOVED}:{event.change_id.hex}"
        if _keep(session, body, event.company_id, Kind.MOVED, key, change_id=event.change_id):
            _mail(session, body, body_news.MOVED, f"moved:{body}:{clock.today()}")


@in_the_same_commit
def on_mailbox_taken_over(session: Session, event: MailboxTakenOver) -> None:
    """With the mailbox go saved searches, and interest told in tenders that are still open."""
    searches.take_over(session, event.company_id, event.by_company)
    still = Tender.state == State.ACTIVE, Tender.submissions_until > clock.now()
    told = select(TenderInterest.tender_id).join(Tender, Tender.id == TenderInterest.tender_id)
    for tender in session.scalars(told.where(TenderInterest.company_id == event.company_id, *still)).all():
        row = {"tender_id": tender, "company_id": event.by_company, "person_id": event.by_person, "at": clock.now()}
        if insert_once(session, TenderInterest.__table__, row):  # type: ignore[arg-type]
            did(session, Action.CREATE, whose=event.by_company, what="tender_interests", case_ref=str(tender))


def _bodies(company_id: UUID) -> Select[str]:
    """Bodies with a grade, a licence or a suspension of it that still counts, or that read its basics not long ago."""
    today, since = clock.today(), clock.now() - rules.USED_FOR
    said = union(
        select(Qualification.agency_code).where(
            Qualification.company_id == company_id, Qualification.valid_until >= today
        ),
        select(Registration.agency_code).where(
            Registration.company_id == company_id, Registration.withdrawn_at.is_(None)
        ),
        select(Suspension.agency_code).where(
            Suspension.company_id == company_id, Suspension.state != SuspensionState.LIFTED, Suspension.ends_on >= today
        ),
        select(FactRead.agency_code).where(
            FactRead.company_id.in_(companies.ids_with(company_id)), FactRead.at >= since
        ),
    ).subquery()
    return select(said.c[0])


def _keep(
    session: Session, body: str, company_id: UUID, kind: Kind, key: str, *, change_id: UUID | None = None
) -> bool:
    row = {
        "id": new_id(), "agency_code": body, "company_id": company_id, "kind": str(kind), "key": key,
        "change_id": change_id, "told_at": clock.now(), "settled_at": None, "settled_by": None, "outcome": "",
    }  # fmt: skip
    return bool(insert_once(session, CompanyNews.__table__, row))  # type: ignore[arg-type]


def _mail(session: Session, body: str, matter: str, key: str) -> None:
    body_news.post(session, body, matter, to=Permission.COMPANY_READ, link=LINK, key=key)


def _say(session: Session, event: CorporationEnded | MergerUndone, kind: Kind, heir: str = "") -> list[str]:
    """Tell each body it concerns the newest word on how a company stands; who had not heard it. What waited of an older
    word is overtaken; a merger that is told again, of the same heir, goes on waiting, or stays settled."""
    word = f"{kind}:{heir}:" if heir else f"{kind}:{event.event_id.hex}"
    key = f"{word}{event.event_id.hex}" if heir else word
    mine = CompanyNews.company_id == event.company_id, CompanyNews.kind != Kind.MOVED
    order = CompanyNews.told_at, CompanyNews.settled_at.is_(None)
    said = session.execute(select(CompanyNews.agency_code, CompanyNews.key).where(*mine).order_by(*order))
    heard = {row.agency_code: row.key for row in said}
    older = *mine, CompanyNews.settled_at.is_(None), ~CompanyNews.key.startswith(word)
    concerned = {*session.scalars(_bodies(event.company_id))}
    concerned |= {*session.scalars(select(CompanyNews.agency_code).where(*older))}
    newer = {"settled_at": clock.now(), "outcome": Outcome.OVERTAKEN}
    session.execute(update(CompanyNews).where(*older).values(**newer))
    new = sorted(body for body in concerned if not heard.get(body, "").startswith(word))
    return [body for body in new if _keep(session, body, event.company_id, kind, key)]
