"""The way of a tender: written, planned or published, amended, answered, decided or cancelled. Each public step is one
release, and none is ever rewritten."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.service import PowerOf
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.permissions import Permission
from portal.core.reference import new_reference
from portal.core.words import N_
from portal.procurement import body_news, matching, ocds, rules, telling, tender_days
from portal.procurement.agencies import agency_of
from portal.procurement.history import recording
from portal.procurement.models import Agency, Tender, TenderBid, TenderInterest, TenderQuestion, TenderRelease
from portal.procurement.papers import shelf
from portal.procurement.results.models import ResultWithdrawal
from portal.procurement.rules import BidLine, Method, State
from portal.procurement.sealed.models import QuotationLock
from portal.web.access import NotFound

CHANGED = (N_("Tender changed: %(title)s"), N_("What changed: %(why)s"))
CANCELLED = (N_("Tender cancelled: %(title)s"), N_("Reason: %(why)s"))
ANSWERED = (N_("A question was answered: %(title)s"), N_("The answer stands on the page of the tender, for everybody."))
DECIDED = (N_("Result: %(title)s"), N_("The result with all bids stands on the page of the tender."))
Facts = Mapping[str, Any]
FACTS = (
    "title", "description", "category", "method", "region", "grades", "site_visit", "documents", "questions_until",
    "submissions_until", "sealed", "item", "quantity", "unit", "estimate",
)  # fmt: skip


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


PAGE = 100


def of_section(session: Session, actor: Actor, *, page: int = 1) -> tuple[Sequence[Tender], int]:
    """(a page of what this body's people see on their desk, the newest first; how many pages)."""
    agency = agency_of(session, actor)
    query = select(Tender).where(Tender.agency_code == agency.code)
    order = query.order_by(Tender.submissions_until.desc(), Tender.id)
    return session.scalars(order.limit(PAGE).offset((page - 1) * PAGE)).all(), _pages(session, query)


def _pages(session: Session, query: Any) -> int:
    count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return -(-count // PAGE)


def own(session: Session, actor: Actor, tender_id: UUID) -> tuple[Tender, Agency]:
    """A tender of one's own body. Raises NotFound for any other: nobody is told that there is one."""
    agency, tender = agency_of(session, actor), session.get(Tender, tender_id)
    if tender is None or tender.agency_code != agency.code:
        raise NotFound
    return tender, agency


def plan(session: Session, actor: Actor, tender_id: UUID, version: int) -> None:
    """Say in public what will be bought; nobody is told one by one yet."""
    tender, agency = own(session, actor, tender_id)
    shelf.check_waiting(session, tender.id)
    step(session, tender, version, State.PLANNED)
    shelf.publish(session, tender.id)
    publish_release(session, tender, agency, tag="tender")


def check_publish(session: Session, tender: Tender, version: int) -> None:
    """May it be published as it is? Raises TenderMoved, PaperNotChecked and what `tender_days.check_new` does; nothing is
    written yet."""
    if tender.version != version or State.ACTIVE not in rules.WAYS.get(State(tender.state), frozenset()):
        raise rules.TenderMoved
    if State(tender.state) not in (State.DRAFT, State.PLANNED):
        raise rules.TenderMoved
    tender_days.check_new(facts_of(tender), published=clock.today())
    shelf.check_waiting(session, tender.id)


def publish(session: Session, actor: Actor, tender_id: UUID, version: int) -> int:
    """Open it, and tell all companies it fits; how many. Raises what `check_publish` does."""
    tender, agency = own(session, actor, tender_id)
    check_publish(session, tender, version)
    if tender.sealed and session.get(QuotationLock, tender.id) is None:
        raise rules.TenderMoved
    planned = tender.state == State.PLANNED
    step(session, tender, version, State.ACTIVE, published_at=clock.now())
    shelf.publish(session, tender.id)
    publish_release(session, tender, agency, tag="tenderUpdate" if planned else "tender")
    return matching.push(session, tender, sender=agency.name)


def facts_of(tender: Tender) -> Facts:
    """A tender as `write` and `change` take it."""
    return {name: getattr(tender, name) for name in FACTS}


def check_change(tender: Tender) -> None:
    """May anything of it change now? Raises TenderMoved, or DeadlineOver for an open one after its deadline."""
    if tender.state not in rules.CHANGEABLE:
        raise rules.TenderMoved
    if tender.state == State.ACTIVE and tender.submissions_until <= clock.now():
        raise tender_days.DeadlineOver


def change(session: Session, actor: Actor, tender_id: UUID, version: int, facts: Facts, why: str) -> bool:
    """Change a draft silently; what is public is amended with a reason, in a release, and those whom it concerns hear of
    it; whoever fits only now is told as of a new tender. Documents that wait become public with it. True if an open one buys
    something else from now on. Raises what `tender_days.check_amendment` does, PaperNotChecked."""
    tender, agency = own(session, actor, tender_id)
    check_change(tender)
    was_open = tender.state == State.ACTIVE
    if tender.state != State.DRAFT:
        shelf.check_waiting(session, tender.id)
    replaced = shelf.is_replaced(session, tender.id)
    other = was_open and tender_days.check_amendment(facts_of(tender), facts, now=clock.now(), replaced=replaced)
    step(session, tender, version, None, **facts)
    if tender.state == State.DRAFT:
        return False
    shelf.publish(session, tender.id)
    number = publish_release(session, tender, agency, tag="tenderAmendment", why=why)
    if was_open:
        telling.tell_again(session, tender, agency, f"amended:{number}", CHANGED, why=why)
        telling.push_let_in(session, tender, agency, number)
    return other


def cancel(session: Session, actor: Actor, tender_id: UUID, version: int, why: str) -> None:
    """Stop it, with a reason everybody reads."""
    tender, agency = own(session, actor, tender_id)
    was_open = tender.state == State.ACTIVE
    step(session, tender, version, State.CANCELLED, reason=why, decided_at=clock.now())
    publish_release(session, tender, agency, tag="tenderCancellation", why=why)
    if was_open:
        telling.tell_again(session, tender, agency, "cancelled", CANCELLED, why=why)


def decide(
    session: Session,
    actor: Actor,
    tender_id: UUID,
    version: int,
    bids: Sequence[BidLine],
    *,
    winner: str,
    despite: str = "",
) -> None:
    """Enter all bids and who won; without a winner it ended without result. *despite* says for everybody why a winner or a
    price that stands out is right. Raises NotYetClosed, WinnerMissing, WinnerDoubtful."""
    tender, agency = own(session, actor, tender_id)
    if tender.sealed:
        raise rules.TenderMoved  # its result follows from what two officers opened
    if tender.state == State.ACTIVE and tender.submissions_until > clock.now():
        raise rules.NotYetClosed
    if winner and winner not in {bid.number for bid in bids}:
        raise rules.WinnerMissing
    reason = ""
    if winner:
        best = next(bid for bid in bids if bid.number == winner)
        reason = check_winner(session, tender, best, despite, beside=bids)
    won = State.AWARDED if winner else State.UNSUCCESSFUL
    step(session, tender, version, won, decided_at=clock.now(), reason=reason)
    _enter(session, tender, bids, winner)
    conclude(session, tender, agency)


def _enter(session: Session, tender: Tender, bids: Sequence[BidLine], winner: str) -> None:
    """Bids of a result that was taken back make room for the right ones."""
    names = {bid.number: _name_of(session, bid.number) for bid in bids}
    session.execute(delete(TenderBid).where(TenderBid.tender_id == tender.id))
    session.add_all(
        TenderBid(
            tender_id=tender.id, number=bid.number, name=names[bid.number], amount=bid.amount,
            won=bid.number == winner,
        )
        for bid in rules.sort_bids(bids)
    )  # fmt: skip
    session.flush()


def check_winner(
    session: Session, tender: Tender, best: BidLine, despite: str, *, beside: Sequence[BidLine] = ()
) -> str:
    """The reason that has to be told with the award: *despite* where something stands out, else "". The lowest of all bids
    wins a competition (地方自治法第234条第3項); what is negotiated has no such rule. Raises WinnerDoubtful without one."""
    found = matching.doubts(session, tender, best.number, best.amount)
    if tender.method != Method.DIRECT and any(bid.amount < best.amount for bid in beside):
        found = [*found, rules.Doubt.LOWER]
    if found and not despite:
        raise rules.WinnerDoubtful(details={"doubts": [str(doubt) for doubt in found]})
    return despite if found else ""


def conclude(session: Session, tender: Tender, agency: Agency) -> None:
    """What follows once a tender is decided: its release, its place in statistics, and a word to all whom it concerns."""
    won = tender.state == State.AWARDED
    number = publish_release(session, tender, agency, tag="award" if won else "tenderUpdate")
    if won:
        recording.record(session, tender, bids_of(session, tender.id))
    telling.tell_again(session, tender, agency, f"decided:{number}", DECIDED)


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
    papers = shelf.documents(shelf.public(shelf.all_of(session, tender.id)))
    body = ocds.release(
        tender, agency, bids_of(session, tender.id), number=number, at=at, tag=tag, why=why,
        withdrawn=withdrawn_awards(session, tender.id), papers=papers,
    )  # fmt: skip
    if before := session.get(TenderRelease, (tender.id, number - 1)):
        ocds.taken_back(before.body, body)
    session.add(TenderRelease(tender_id=tender.id, number=number, at=at, body=body))
    session.flush()
    return number


def withdrawn_awards(session: Session, tender_id: UUID) -> Sequence[Mapping[str, Any]]:
    """Awards that were taken back, as open data goes on naming them, the oldest first."""
    mine = ResultWithdrawal.tender_id == tender_id, ResultWithdrawal.approved_at.is_not(None)
    found = session.scalars(select(ResultWithdrawal.award).where(*mine).order_by(ResultWithdrawal.approved_at)).all()
    return [award for award in found if award]


# --- what companies see and do --------------------------------------------------------------------------------------


def public(session: Session, number: str) -> tuple[Tender, Agency] | None:
    """A tender everybody may see."""
    query = select(Tender, Agency).join(Agency, Agency.code == Tender.agency_code)
    row = session.execute(query.where(Tender.number == number, Tender.state.in_(rules.PUBLIC))).first()
    return (row[0], row[1]) if row else None


def listed(
    session: Session, *, category: str = "", over: bool = False, words: str = "", page: int = 1
) -> tuple[Sequence[Any], int]:
    """(a page of (tender, body): what is open or planned with the nearest deadline first, or what is over, the newest
    first; how many pages)."""
    now = clock.now()
    running = Tender.state.in_((State.PLANNED, State.ACTIVE)) & (Tender.submissions_until > now)
    query = select(Tender, Agency.name).join(Agency, Agency.code == Tender.agency_code)
    query = query.where(Tender.state.in_(rules.PUBLIC), ~running if over else running)
    if category:
        query = query.where(Tender.category == category)
    for word in words.split():
        both = {word, unicodedata.normalize("NFKC", word)}  # as typed, and in the widths titles are kept in
        query = query.where(or_(*(Tender.title.icontains(one, autoescape=True) for one in sorted(both))))
    order = query.order_by(Tender.submissions_until.desc() if over else Tender.submissions_until, Tender.id)
    found = session.execute(order.limit(PAGE).offset((page - 1) * PAGE)).all()
    return found, _pages(session, query.with_only_columns(Tender.id))


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
    """Ask about an open tender; whoever may answer hears that there is a question. Raises QuestionsOver after the last day,
    TooManyQuestions."""
    standing = companies.standing(session, actor, PowerOf.TENDERS)
    session.refresh(tender, with_for_update=True)  # of two questions at once each counts the other
    if tender.state != State.ACTIVE or clock.today() > tender.questions_until:
        raise rules.QuestionsOver
    _check_pace(session, tender, standing.company_id)
    question = TenderQuestion(
        id=new_id(), tender_id=tender.id, company_id=standing.company_id, text=words, asked_at=clock.now(),
        answer="", answered_at=None,
    )  # fmt: skip
    session.add(question)
    session.flush()
    did(session, Action.CREATE, whose=standing.company_id, what="tender_questions", case_ref=tender.number)
    body_news.post(
        session, tender.agency_code, body_news.QUESTION, to=Permission.TENDER_WRITE,
        link=f"/staff/tenders/{tender.id}", key=f"question:{question.id}",
    )  # fmt: skip


def _check_pace(session: Session, tender: Tender, company_id: UUID) -> None:
    mine = TenderQuestion.tender_id == tender.id, TenderQuestion.company_id == company_id
    counted = select(func.count(), func.count(TenderQuestion.answered_at)).where(*mine)
    asked, answered = session.execute(counted).one()
    if asked - answered >= rules.MOST_WAITING or asked >= rules.MOST_ASKED:
        raise rules.TooManyQuestions(waiting=rules.MOST_WAITING, most=rules.MOST_ASKED)


def answer(session: Session, actor: Actor, tender_id: UUID, question_id: UUID, words: str) -> None:
    """Answer for everybody, once; who asked, means to take part or filed is told. Raises TenderMoved."""
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
    telling.tell_who_takes_part(session, tender, agency, f"answer:{question_id}", ANSWERED)


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
