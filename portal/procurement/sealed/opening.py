"""After the deadline: two officers give their codes, the quotations are opened together, and the result follows."""

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.envelope import KeyRing, SealBroken, Wrapped
from portal.procurement import matching, tenders
from portal.procurement.models import Tender, TenderBid
from portal.procurement.rules import BidLine, NotYetClosed, State
from portal.procurement.sealed import rules, seal, service
from portal.procurement.sealed.models import LockShare, OpeningKey, Quotation, QuotationLock
from portal.procurement.sealed.rules import Offer
from portal.procurement.sealed.seal import Pair

# Why a quotation does not count: filed for something else, its award was taken back, or the company was closed or merged
# before the deadline, among others.
UNREADABLE, SUSPENDED, OUTDATED, LEFT_OUT, ENDED = "unreadable", "suspended", "outdated", "left-out", "ended"


@dataclass(frozen=True, slots=True)
class Stand:
    """How far an opening is; counts and names only once the deadline is over."""

    is_time: bool
    count: int
    officers: Sequence[UUID]
    first_by: UUID | None
    second_by: UUID | None
    lines: Sequence[Any]
    winner: Offer | None

    @property
    def is_open(self) -> bool:
        return self.second_by is not None


def stand(session: Session, tender: Tender) -> Stand:
    """Raises NotSealed for a tender that has no lock."""
    lock = session.get(QuotationLock, tender.id)
    if lock is None:
        raise rules.NotSealed
    is_time = tender.submissions_until <= clock.now()
    named = select(OpeningKey.member_id).where(OpeningKey.id.in_(_keys_of(tender)))
    lines = _lines(session, tender) if lock.opened_at else []
    return Stand(
        is_time,
        service.count(session, tender) if is_time else 0,
        sorted(set(session.scalars(named))),
        lock.first_by,
        lock.second_by,
        lines,
        rules.winner(_offers(lines), most=tender.estimate) if lock.opened_at else None,
    )


def _keys_of(tender: Tender) -> Any:
    mine = LockShare.tender_id == tender.id
    return select(LockShare.first_key).where(mine).union(select(LockShare.second_key).where(mine))


def _lines(session: Session, tender: Tender) -> Sequence[Any]:
    """(quotation, company's name, its number), the lowest first, those that do not count last."""
    company = companies.AnyCompany
    return session.execute(
        select(Quotation, company.name, company.key)
        .join(company, company.id == Quotation.company_id)
        .where(Quotation.tender_id == tender.id)
        .order_by(Quotation.fault != "", Quotation.amount, Quotation.filed_at, company.key)
    ).all()


def _offers(lines: Sequence[Any]) -> list[Offer]:
    return [
        Offer(key, one.amount, one.draw, one.filed_at)
        for one, _name, key in lines
        if not one.fault and one.amount is not None
    ]


def give_code(session: Session, ring: KeyRing, actor: Actor, tender_id: UUID, code: str) -> bool:
    """An officer gives their code; True if that opened the quotations. Raises NotYetTime, CodeWrong, SecondOfficerNeeded,
    LockBroken, OpeningMoved."""
    tender, agency = tenders.own(session, actor, tender_id)
    held = service.hold(session, tender)
    lock, share = service.locked(session, ring, tender)
    if tender.submissions_until > clock.now():
        raise rules.NotYetTime
    if tender.state != State.ACTIVE or not held:
        raise rules.OpeningMoved
    if lock.first_by == actor.id:
        raise rules.SecondOfficerNeeded
    mine, halves = _halves(session, tender, actor, code)
    if lock.first_by is None:
        _keep_first(session, ring, tender, actor, mine, halves)
        return False
    _open_all(session, tender, lock, actor, _private_key(ring, lock, share, mine, halves))
    tenders.step(session, tender, tender.version, None)
    tenders.publish_release(session, tender, agency, tag="tenderUpdate")
    return True


def _halves(session: Session, tender: Tender, actor: Actor, code: str) -> tuple[UUID, dict[UUID, bytes]]:
    """(the officer's key id, their halves by the other officer's key); CodeWrong."""
    private = seal.officer_key(code, service.id_of(actor))
    mine = session.scalar(
        select(OpeningKey.id).where(
            OpeningKey.member_id == actor.id,
            OpeningKey.public_key == seal.public_bytes(private),
            OpeningKey.id.in_(_keys_of(tender)),
        )
    )
    if mine is None:
        raise rules.CodeWrong
    rows = session.scalars(select(LockShare).where(LockShare.tender_id == tender.id))
    pairs = [Pair(row.first_key, row.second_key, row.for_first, row.for_second) for row in rows]
    try:
        return mine, seal.halves_of(tender.id, mine, private, pairs)
    except SealBroken:
        raise rules.LockBroken from None


def _keep_first(
    session: Session, ring: KeyRing, tender: Tender, actor: Actor, mine: UUID, halves: dict[UUID, bytes]
) -> None:
    """What the first officer gave waits for the second one, sealed by the portal; without a second it opens nothing."""
    said = {str(other): b64encode(half).decode() for other, half in halves.items()} | {"mine": str(mine)}
    wrapped = ring.wrap(json.dumps(said).encode(), seal.bound_first(tender.id, service.id_of(actor)))
    kept = session.execute(
        update(QuotationLock)
        .where(QuotationLock.tender_id == tender.id, QuotationLock.first_by.is_(None))
        .values(first_by=actor.id, first_at=clock.now(), first_key_id=wrapped.key_id, first_shares=wrapped.sealed)
    ).rowcount  # type: ignore[attr-defined]
    if not kept:
        raise rules.OpeningMoved
    did(session, Action.CHANGE, whose=None, what="quotation_locks", case_ref=tender.number)


def _private_key(
    ring: KeyRing, lock: QuotationLock, share: bytes, mine: UUID, halves: dict[UUID, bytes]
) -> X25519PrivateKey:
    assert lock.first_by is not None
    assert lock.first_shares is not None
    try:
        bound = seal.bound_first(lock.tender_id, lock.first_by)
        said = json.loads(ring.unwrap(Wrapped(lock.first_key_id, lock.first_shares), bound))
        first, theirs = b64decode(said[str(mine)]), halves[UUID(said["mine"])]
        return seal.tender_key(share, first, theirs, public=lock.public_key)
    except (SealBroken, KeyError):
        raise rules.LockBroken from None


def _open_all(session: Session, tender: Tender, lock: QuotationLock, actor: Actor, key: X25519PrivateKey) -> None:
    """Open every quotation in one transaction; what the first officer gave is forgotten with it. What was filed for
    something else stays sealed."""
    opened = session.execute(
        update(QuotationLock)
        .where(QuotationLock.tender_id == tender.id, QuotationLock.opened_at.is_(None))
        .values(second_by=actor.id, opened_at=clock.now(), first_shares=None)
    ).rowcount  # type: ignore[attr-defined]
    if not opened:
        raise rules.OpeningMoved
    out = set(session.scalars(matching.suspended(tender.agency_code, clock.today())))
    ended = _ended(session, tender)
    for one, name, number in _lines(session, tender):
        if one.terms != lock.terms:
            one.fault = OUTDATED
            continue
        try:
            said = seal.unseal(one.sealed, key, tender.id, one.company_id, one.terms)
        except SealBroken:
            one.fault = UNREADABLE
            continue
        one.amount, one.draw, one.note = said.amount, said.draw, said.note
        one.fault = ENDED if one.company_id in ended else SUSPENDED if one.company_id in out else ""
        if not one.fault:
            session.add(TenderBid(tender_id=tender.id, number=number, name=name, amount=said.amount, won=False))
    session.flush()
    did(session, Action.CHANGE, whose=None, what="quotations", case_ref=tender.number)


def _ended(session: Session, tender: Tender) -> set[UUID]:
    """The companies among those that filed that were no more at the deadline."""
    company, day = companies.AnyCompany, tender.submissions_until.astimezone(clock.JST).date()
    filed = select(company.id).join(Quotation, Quotation.company_id == company.id)
    return set(session.scalars(filed.where(Quotation.tender_id == tender.id, company.closed_on <= day)))


def decide(session: Session, actor: Actor, tender_id: UUID, version: int, *, despite: str = "") -> None:
    """Publish what follows from the opened quotations: the winner, or that there is none. Raises NotOpened, NotYetClosed,
    and WinnerDoubtful for a winner about whom something stands out, without the reason *despite*."""
    tender, agency = tenders.own(session, actor, tender_id)
    lock = session.get(QuotationLock, tender.id)
    if lock is None or lock.opened_at is None:
        raise rules.NotOpened
    if tender.submissions_until > clock.now():
        raise NotYetClosed
    best = rules.winner(_offers(_lines(session, tender)), most=tender.estimate)
    reason = tenders.check_winner(session, tender, BidLine(best.number, best.amount), despite) if best else ""
    won = State.AWARDED if best else State.UNSUCCESSFUL
    tenders.step(session, tender, version, won, decided_at=clock.now(), reason=reason)
    if best:
        mine = TenderBid.tender_id == tender.id, TenderBid.number == best.number
        session.execute(update(TenderBid).where(*mine).values(won=True))
    tenders.conclude(session, tender, agency)


def leave_out_winner(session: Session, tender: Tender) -> None:
    """The award was taken back: the quotation that won does not count any more, and the next lowest one wins."""
    company = companies.AnyCompany
    won = select(TenderBid.number).where(TenderBid.tender_id == tender.id, TenderBid.won.is_(True))
    mine = Quotation.company_id.in_(select(company.id).where(company.key.in_(won)))
    session.execute(
        update(Quotation).where(Quotation.tender_id == tender.id, mine).values(fault=LEFT_OUT),
        execution_options={"synchronize_session": "fetch"},
    )
    did(session, Action.CHANGE, whose=None, what="quotations", case_ref=tender.number)
