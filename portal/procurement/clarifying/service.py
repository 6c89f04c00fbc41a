"""Writing, reading and listing; what may be said when is in `rules`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.service import PowerOf
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, afterwards, did, looked
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.permissions import Permission
from portal.core.words import N_
from portal.procurement import body_news, tenders
from portal.procurement.clarifying import rules
from portal.procurement.clarifying.models import Clarification, ClarificationMessage
from portal.procurement.clarifying.rules import Phase, Waits
from portal.procurement.models import Agency, Tender, TenderInterest
from portal.procurement.sealed.models import Quotation, QuotationLock

WHAT = "clarifications"
WRITTEN = (
    N_("%(agency)s has written to you about a tender: %(title)s"),
    N_("Read it with the button below, and answer there. No other bidder sees it."),
)
Company = companies.AnyCompany
Person = companies.AnyPerson


@dataclass(frozen=True, slots=True)
class Talk:
    """One thread as both sides see it; `thread` is None before the first message. `messages` are (message, name of the
    company's person or "")."""

    phase: Phase
    free: bool
    thread: Clarification | None
    messages: Sequence[Any]

    @property
    def waits(self) -> Waits | None:
        return Waits(self.thread.waits) if self.thread else None

    @property
    def needs_ground(self) -> bool:
        return rules.needs_ground(self.phase, free=self.free)


def phase_of(session: Session, tender: Tender) -> Phase:
    lock = session.get(QuotationLock, tender.id)
    opened = lock is not None and lock.opened_at is not None
    return rules.phase(tender.state, tender.submissions_until, clock.now(), sealed=tender.sealed, opened=opened)


def is_bidder(session: Session, tender: Tender, company_id: UUID) -> bool:
    """Who said they mean to take part, or filed a quotation."""
    key = (tender.id, company_id)
    return session.get(TenderInterest, key) is not None or session.get(Quotation, key) is not None


def _talk(session: Session, tender: Tender, company_id: UUID) -> Talk:
    mine = ClarificationMessage.tender_id == tender.id, ClarificationMessage.company_id == company_id
    messages = session.execute(
        select(ClarificationMessage, func.coalesce(Person.name, ""))
        .outerjoin(Person, Person.id == ClarificationMessage.person_id)
        .where(*mine)
        .order_by(ClarificationMessage.place)
    ).all()
    free = rules.is_free(tender.method, sealed=tender.sealed)
    return Talk(phase_of(session, tender), free, session.get(Clarification, (tender.id, company_id)), messages)


# --- the bidder ---------------------------------------------------------------------------------------------------


def of_company(session: Session, actor: Actor, tender: Tender) -> Talk:
    """What this company and the body wrote; what the body wrote counts as read. Raises NotABidder."""
    mine = _bidder(session, actor, tender)
    _note_reading(session, tender, mine, ClarificationMessage.member_id.is_not(None))
    return _talk(session, tender, mine)


def _bidder(session: Session, actor: Actor, tender: Tender) -> UUID:
    standing = companies.standing(session, actor, PowerOf.TENDERS)
    if not is_bidder(session, tender, standing.company_id):
        raise rules.NotABidder
    return standing.company_id


def write(session: Session, actor: Actor, tender: Tender, body: str) -> None:
    """The bidder writes; those who may answer hear that something is there. Raises what `rules.check_company` does, and
    NotABidder, ThreadFull."""
    company = _bidder(session, actor, tender)
    _check_write(session, tender, company)  # what is refused leaves no thread behind
    thread = _begin(session, tender, company)
    now = _check_write(session, tender, company)
    thread.waiting += 1
    thread.waits = Waits.BODY
    message = _add(session, thread, now, body, person_id=actor.id)
    body_news.post(
        session, tender.agency_code, body_news.CLARIFICATION, to=Permission.TENDER_WRITE,
        link=f"/staff/tenders/{tender.id}/clarifications", key=f"clarification:{message}",
    )  # fmt: skip


def _check_write(session: Session, tender: Tender, company_id: UUID) -> Talk:
    now = _talk(session, tender, company_id)
    waits, waiting = (now.waits, now.thread.waiting) if now.thread and now.messages else (None, 0)
    rules.check_company(now.phase, free=now.free, waits=waits, waiting=waiting)
    return now


# --- the body -----------------------------------------------------------------------------------------------------


def bidders(session: Session, actor: Actor, tender_id: UUID) -> tuple[Tender, Agency, Phase, Sequence[Any]]:
    """(tender, body, phase, (company, name, number, thread or None)). Before the deadline, and before sealed quotations are
    opened, those alone who have written: who bids is nobody's business then."""
    tender, agency = tenders.own(session, actor, tender_id)
    stand = phase_of(session, tender)
    turn = case((Clarification.waits == Waits.BODY, 0), (Clarification.waits == Waits.COMPANY, 1), else_=2)
    query = (
        select(Company.id, Company.name, Company.key, Clarification)
        .outerjoin(
            Clarification, (Clarification.company_id == Company.id) & (Clarification.tender_id == tender.id)
        )
        .order_by(turn, Clarification.last_at, Company.key)
    )  # fmt: skip
    known: Any = Clarification.tender_id.is_not(None)
    if stand is Phase.EXAMINING:
        interested = select(TenderInterest.company_id).where(TenderInterest.tender_id == tender.id)
        filed = select(Quotation.company_id).where(Quotation.tender_id == tender.id)
        known = known | Company.id.in_(interested) | Company.id.in_(filed)
    return tender, agency, stand, session.execute(query.where(known)).all()


def of_body(session: Session, actor: Actor, tender_id: UUID, company_id: UUID) -> tuple[Tender, Talk]:
    """One thread; that it was opened is on record for the company, and what the bidder wrote counts as read. Raises
    ThreadUnknown."""
    tender, _agency = tenders.own(session, actor, tender_id)
    now = _talk(session, tender, company_id)
    _check_known(session, tender, company_id, now)
    looked(session, whose=company_id, what=WHAT, case_ref=tender.number)
    _note_reading(session, tender, company_id, ClarificationMessage.person_id.is_not(None))
    return tender, now


def _check_known(session: Session, tender: Tender, company_id: UUID, now: Talk) -> None:
    """Before the deadline the answer is the same for a bidder who has not written and for a stranger."""
    if not now.messages and not (now.phase is Phase.EXAMINING and is_bidder(session, tender, company_id)):
        raise rules.ThreadUnknown


def ask(session: Session, actor: Actor, tender_id: UUID, company_id: UUID, body: str, ground: str = "") -> None:
    """The body writes to one bidder, who is told. Raises what `rules.check_body` does, and ThreadUnknown, ThreadFull."""
    tender, agency = tenders.own(session, actor, tender_id)
    _check_ask(session, tender, company_id, ground)  # what is refused leaves no thread behind
    thread = _begin(session, tender, company_id)
    now = _check_ask(session, tender, company_id, ground)
    thread.waiting, thread.waits = 0, Waits.COMPANY
    said = ground if now.needs_ground else ""
    message = _add(session, thread, now, body, member_id=actor.id, label=actor.label, ground=said)
    companies.tell(
        session, [(company_id, "")], key=f"clarification:{message}", text=WRITTEN, sender=agency.name,
        facts={"agency": agency.name, "title": tender.title}, link=f"/business/tenders/{tender.number}/clarification",
    )  # fmt: skip


def _check_ask(session: Session, tender: Tender, company_id: UUID, ground: str) -> Talk:
    now = _talk(session, tender, company_id)
    _check_known(session, tender, company_id, now)
    rules.check_body(now.phase, free=now.free, begun=bool(now.messages), ground=ground)
    return now


def waiting(session: Session, tender_id: UUID) -> int:
    """How many threads of a tender wait for the body."""
    mine = Clarification.tender_id == tender_id, Clarification.waits == Waits.BODY
    return session.scalar(select(func.count()).select_from(Clarification).where(*mine)) or 0


# --- both ---------------------------------------------------------------------------------------------------------


def _begin(session: Session, tender: Tender, company_id: UUID) -> Clarification:
    """The thread, locked: of two who write at once one is first. The tender too, so that nobody decides meanwhile."""
    session.refresh(tender, with_for_update=True)
    row = {
        "tender_id": tender.id, "company_id": company_id, "waits": Waits.BODY, "waiting": 0, "last_at": clock.now(),
    }  # fmt: skip
    insert_once(session, Clarification.__table__, row)  # type: ignore[arg-type]
    return session.get_one(Clarification, (tender.id, company_id), populate_existing=True, with_for_update=True)


def _add(session: Session, thread: Clarification, now: Talk, body: str, **who: Any) -> UUID:
    if len(now.messages) >= rules.MOST_MESSAGES:
        raise rules.ThreadFull(most=rules.MOST_MESSAGES)
    row = {"person_id": None, "member_id": None, "label": "", "ground": ""} | who
    message = ClarificationMessage(
        id=new_id(), tender_id=thread.tender_id, company_id=thread.company_id, place=len(now.messages) + 1,
        at=clock.now(), body=body, read_at=None, **row,
    )  # fmt: skip
    session.add(message)
    thread.last_at = message.at
    session.flush()
    did(session, Action.CREATE, whose=thread.company_id, what=WHAT, case_ref=str(thread.tender_id)[:8])
    return message.id


def _note_reading(session: Session, tender: Tender, company_id: UUID, theirs: Any) -> None:
    """What the other side wrote was shown now; the first time is kept."""
    unread = (
        ClarificationMessage.tender_id == tender.id,
        ClarificationMessage.company_id == company_id,
        ClarificationMessage.read_at.is_(None),
        theirs,
    )
    if session.scalar(select(ClarificationMessage.id).where(*unread).limit(1)) is not None:
        at = clock.now()
        afterwards(session, lambda later: _read(later, unread, at, company_id, tender.number))


def _read(session: Session, unread: Any, at: Any, company_id: UUID, number: str) -> None:
    session.execute(
        update(ClarificationMessage).where(*unread, ClarificationMessage.at <= at).values(read_at=at),
        execution_options={"synchronize_session": False},
    )
    did(session, Action.CHANGE, whose=company_id, what=WHAT, case_ref=number)
