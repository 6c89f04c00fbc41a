"""The way of a tender: written, planned or published, amended, answered, decided or cancelled. Each public step is one
release, and none is ever rewritten."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, or_, select, update
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.service import PowerOf
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.reference import new_reference
from portal.core.words import N_
from portal.procurement import matching, ocds, rules
from portal.procurement.agencies import agency_of
from portal.procurement.history import recording
from portal.procurement.models import Agency, Tender, TenderBid, TenderInterest, TenderQuestion, TenderRelease
from portal.procurement.rules import BidLine, State
from portal.procurement.sealed.models import QuotationLock

CHANGED = (N_("Tender changed: %(title)s"), N_("What changed: %(why)s"))
CANCELLED = (N_("Tender cancelled: %(title)s"), N_("Reason: %(why)s"))
ANSWERED = (N_("A question was answered: %(title)s"), N_("The answer stands on the page of the tender, for everybody."))
DECIDED = (N_("Result: %(title)s"), N_("The result with all bids stands on the page of the tender."))
Facts = Mapping[str, Any]


def write(session: Session, actor: Actor, facts: Facts, *, ocid_prefix: str) -> Tender:
    """A draft nobody but the section sees; *facts* are columns of Tender."""
    agency, number = agency_of(session, actor), new_reference()
    tender = Tender(
        id=new_id(), number=number, ocid=f"{ocid_prefix}-{number}", agency_code=agency.code, section_id=actor.section,
        state=State.DRAFT, version=1, reason="", published_at=None, decided_at=None, **facts,
    )  # fmt: skip
    session.add(tender)
    session.flush()
    did(session, Action.CREATE, whose=None, what="tenders", case_ref=number)
    return tender


def of_section(session: Session, actor: Actor) -> Sequence[Tender]:
    """What this body's people see on their desk, the newest first."""
    agency = agency_of(session, actor)
    query = select(Tender).where(Tender.agency_code == agency.code).order_by(Tender.submissions_until.desc(), Tender.id)
    return session.scalars(query.limit(200)).all()


def own(session: Session, actor: Actor, tender_id: UUID) -> tuple[Tender, Agency]:
    """A tender of one's own body, or TenderMoved."""
    agency, tender = agency_of(session, actor), session.get(Tender, tender_id)
    if tender is None or tender.agency_code != agency.code:
        raise rules.TenderMoved
    return tender, agency


def plan(session: Session, actor: Actor, tender_id: UUID, version: int) -> None:
    """Say in public what will be bought; nobody is told one by one yet."""
    tender, agency = own(session, actor, tender_id)
    step(session, tender, version, State.PLANNED)
    publish_release(session, tender, agency, tag="tender")


def publish(session: Session, actor: Actor, tender_id: UUID, version: int) -> int:
    """Open it, and tell all companies it fits; how many. Raises TooShort, QuestionsTooLate, TenderMoved."""
    tender, agency = own(session, actor, tender_id)
    rules.check_periods(
        published=clock.today(), questions_until=tender.questions_until, submissions_until=tender.submissions_until
    )
    if tender.sealed and session.get(QuotationLock, tender.id) is None:
        raise rules.TenderMoved
    planned = tender.state == State.PLANNED
    step(session, tender, version, State.ACTIVE, published_at=clock.now())
    publish_release(session, tender, agency, tag="tenderUpdate" if planned else "tender")
    return matching.push(session, tender, sender=agency.name)


def change(session: Session, actor: Actor, tender_id: UUID, version: int, facts: Facts, why: str) -> None:
    """Change a draft silently; what is public is amended with a reason, in a release, and those told of it hear of it."""
    tender, agency = own(session, actor, tender_id)
    if tender.state not in rules.CHANGEABLE:
        raise rules.TenderMoved
    if tender.state == State.ACTIVE:
        rules.check_periods(
            published=clock.today(),
            questions_until=facts["questions_until"],
            submissions_until=facts["submissions_until"],
        )
    step(session, tender, version, None, **facts)
    if tender.state == State.DRAFT:
        return
    number = publish_release(session, tender, agency, tag="tenderAmendment", why=why)
    if tender.state == State.ACTIVE:
        tell_again(session, tender, agency, f"amended:{number}", CHANGED, why=why)


def cancel(session: Session, actor: Actor, tender_id: UUID, version: int, why: str) -> None:
    """Stop it, with a reason everybody reads."""
    tender, agency = own(session, actor, tender_id)
    was_open = tender.state == State.ACTIVE
    step(session, tender, version, State.CANCELLED, reason=why, decided_at=clock.now())
    publish_release(session, tender, agency, tag="tenderCancellation", why=why)
    if was_open:
        tell_again(session, tender, agency, "cancelled", CANCELLED, why=why)


def decide(
    session: Session, actor: Actor, tender_id: UUID, version: int, bids: Sequence[BidLine], *, winner: str
) -> None:
    """Enter all bids and who won; without a winner it ended without result. Raises NotYetClosed, WinnerMissing."""
    tender, agency = own(session, actor, tender_id)
    if tender.sealed:
        raise rules.TenderMoved  # its result follows from what two officers opened
    if tender.state == State.ACTIVE and tender.submissions_until > clock.now():
        raise rules.NotYetClosed
    if winner and winner not in {bid.number for bid in bids}:
        raise rules.WinnerMissing
    names = {bid.number: _name_of(session, bid.number) for bid in bids}
    step(session, tender, version, State.AWARDED if winner else State.UNSUCCESSFUL, decided_at=clock.now())
    session.add_all(
        TenderBid(
            tender_id=tender.id, number=bid.number, name=names[bid.number], amount=bid.amount,
            won=bid.number == winner,
        )
        for bid in rules.sort_bids(bids)
    )  # fmt: skip
    session.flush()
    conclude(session, tender, agency)


def conclude(session: Session, tender: Tender, agency: Agency) -> None:
    """What follows once a tender is decided: its release, its place in statistics, and a word to all who were told."""
    won = tender.state == State.AWARDED
    publish_release(session, tender, agency, tag="award" if won else "tenderUpdate")
    if won:
        recording.record(session, tender, bids_of(session, tender.id))
    tell_again(session, tender, agency, "decided", DECIDED)


def _name_of(session: Session, number: str) -> str:
    account = companies.bidder_of(session, number)
    found = account or companies.corporation(session, number)
    if found is None:
        raise rules.CompanyUnknown
    return found.name


def step(session: Session, tender: Tender, version: int, to: State | None, **values: Any) -> None:
    """One conditional UPDATE: of two people who press at the same moment one goes on, the other is told. None: the state
    stays as it is."""
    old = State(tender.state)
    if to is not None and to not in rules.WAYS.get(old, frozenset()):
        raise rules.TenderMoved
    moved = session.execute(
        update(Tender)
        .where(Tender.id == tender.id, Tender.state == old, Tender.version == version)
        .values(state=to or old, version=version + 1, **values)
    ).rowcount  # type: ignore[attr-defined]
    if not moved:
        raise rules.TenderMoved
    session.refresh(tender)
    did(session, Action.CHANGE, whose=None, what="tenders", case_ref=tender.number)


def publish_release(session: Session, tender: Tender, agency: Agency, *, tag: str, why: str = "") -> int:
    """Add the next release; its number. The tender's row was changed in this transaction, so nobody else numbers now."""
    newest = select(func.coalesce(func.max(TenderRelease.number), 0)).where(TenderRelease.tender_id == tender.id)
    number, at = (session.scalar(newest) or 0) + 1, clock.now()
    body = ocds.release(tender, agency, bids_of(session, tender.id), number=number, at=at, tag=tag, why=why)
    if before := session.get(TenderRelease, (tender.id, number - 1)):
        ocds.taken_back(before.body, body)
    session.add(TenderRelease(tender_id=tender.id, number=number, at=at, body=body))
    session.flush()
    return number


def tell_again(
    session: Session, tender: Tender, agency: Agency, step: str, text: tuple[str, str], why: str = ""
) -> None:
    """All who were told of the tender hear of what became of it."""
    companies.tell_selected(
        session,
        companies.told(f"tender:{tender.id}"),
        key=f"tender:{tender.id}:{step}",
        text=text,
        facts={"title": tender.title, "why": why},
        link=f"/business/tenders/{tender.number}",
        sender=agency.name,
    )


# --- what companies see and do --------------------------------------------------------------------------------------


def public(session: Session, number: str) -> tuple[Tender, Agency] | None:
    """A tender everybody may see."""
    query = select(Tender, Agency).join(Agency, Agency.code == Tender.agency_code)
    row = session.execute(query.where(Tender.number == number, Tender.state.in_(rules.PUBLIC))).first()
    return (row[0], row[1]) if row else None


def listed(session: Session, *, category: str = "", over: bool = False, words: str = "") -> Sequence[Any]:
    """(tender, body): what is open or planned with the nearest deadline first, or what is over, the newest first."""
    now = clock.now()
    running = Tender.state.in_((State.PLANNED, State.ACTIVE)) & (Tender.submissions_until > now)
    query = select(Tender, Agency.name).join(Agency, Agency.code == Tender.agency_code)
    query = query.where(Tender.state.in_(rules.PUBLIC), ~running if over else running)
    if category:
        query = query.where(Tender.category == category)
    for word in words.split():
        both = {word, unicodedata.normalize("NFKC", word)}  # as typed, and in the widths titles are kept in
        query = query.where(or_(*(Tender.title.icontains(one, autoescape=True) for one in sorted(both))))
    order = Tender.submissions_until.desc() if over else Tender.submissions_until
    return session.execute(query.order_by(order, Tender.id).limit(100)).all()


def bids_of(session: Session, tender_id: UUID) -> Sequence[TenderBid]:
    """All bids, the lowest first."""
    query = select(TenderBid).where(TenderBid.tender_id == tender_id)
    return session.scalars(query.order_by(TenderBid.amount, TenderBid.number)).all()


def questions_of(session: Session, tender_id: UUID, *, answered: bool) -> Sequence[TenderQuestion]:
    """Questions with their answers, or those that wait."""
    is_answered = TenderQuestion.answered_at.is_not(None)
    query = select(TenderQuestion).where(
        TenderQuestion.tender_id == tender_id, is_answered if answered else ~is_answered
    )
    return session.scalars(query.order_by(TenderQuestion.asked_at, TenderQuestion.id)).all()


def ask(session: Session, actor: Actor, tender: Tender, words: str) -> None:
    """Ask about an open tender; raises QuestionsOver after the last day."""
    standing = companies.standing(session, actor, PowerOf.TENDERS)
    if tender.state != State.ACTIVE or clock.today() > tender.questions_until:
        raise rules.QuestionsOver
    session.add(
        TenderQuestion(
            id=new_id(), tender_id=tender.id, company_id=standing.company_id, text=words, asked_at=clock.now(),
            answer="", answered_at=None,
        )
    )  # fmt: skip
    did(session, Action.CREATE, whose=standing.company_id, what="tender_questions", case_ref=tender.number)


def answer(session: Session, actor: Actor, tender_id: UUID, question_id: UUID, words: str) -> None:
    """Answer for everybody, once; who means to take part is told. Raises TenderMoved."""
    tender, agency = own(session, actor, tender_id)
    answered = session.execute(
        update(TenderQuestion)
        .where(
            TenderQuestion.id == question_id,
            TenderQuestion.tender_id == tender.id,
            TenderQuestion.answered_at.is_(None),
        )
        .values(answer=words, answered_at=clock.now())
    ).rowcount  # type: ignore[attr-defined]
    if not answered:
        raise rules.TenderMoved
    did(session, Action.CHANGE, whose=None, what="tender_questions", case_ref=tender.number)
    companies.tell_selected(
        session,
        select(TenderInterest.company_id, literal("")).where(TenderInterest.tender_id == tender.id),
        key=f"answer:{question_id}",
        text=ANSWERED,
        facts={"title": tender.title},
        link=f"/business/tenders/{tender.number}",
        sender=agency.name,
    )


def show_interest(session: Session, actor: Actor, tender: Tender) -> None:
    """The company means to take part; saying so twice is once."""
    standing = companies.standing(session, actor, PowerOf.TENDERS)
    if tender.state != State.ACTIVE or tender.submissions_until <= clock.now():
        raise rules.QuestionsOver
    row = {"tender_id": tender.id, "company_id": standing.company_id, "person_id": actor.id, "at": clock.now()}
    if insert_once(session, TenderInterest.__table__, row):  # type: ignore[arg-type]
        did(session, Action.CREATE, whose=standing.company_id, what="tender_interests", case_ref=tender.number)


def is_interested(session: Session, tender_id: UUID, company_id: UUID) -> bool:
    return session.get(TenderInterest, (tender_id, company_id)) is not None


def told_of(session: Session, tender_id: UUID) -> tuple[dict[str, int], Sequence[Any]]:
    """How many were told, have opened it and mean to take part, and the first hundred of them with the reason."""
    counts, lines = companies.receipts(session, f"tender:{tender_id}")
    interested = select(func.count()).where(TenderInterest.tender_id == tender_id)
    return {**counts, "interested": session.scalar(interested) or 0}, lines
