"""Codes of officers, the lock of a tender, and filing: everything until the deadline."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.service import PowerOf
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.envelope import KeyRing, SealBroken, Wrapped
from portal.core.ids import new_id
from portal.core.permissions import Permission
from portal.core.words import N_
from portal.procurement import matching, telling, tenders
from portal.procurement.models import Agency, AgencySection, Tender
from portal.procurement.rules import State
from portal.procurement.sealed import rules, seal
from portal.procurement.sealed.models import LockShare, OpeningKey, Quotation, QuotationLock
from portal.procurement.sealed.seal import Said
from portal.procurement.tender_days import DeadlineOver
from portal.staff import service as staff

FILE_AGAIN = (
    N_("Please file your quotation again: %(title)s"),
    N_(
        "What is bought has changed: the quotation you filed before does not count. A new one is taken until %(closes)s."
    ),
)
# What notices said before; those that were sent go on saying it.
SAID_BEFORE = N_(
    "What is bought has changed: the quotation you filed before does not count. A new one is taken until %(until)s."
)


def make_code(session: Session, actor: Actor) -> str:
    """A new opening code for this officer, told once; the one before still opens what was locked with it. Raises
    CodeMadeTwice for the second of two presses."""
    code, now = seal.new_code(), clock.now()
    session.execute(
        update(OpeningKey).where(OpeningKey.member_id == actor.id, OpeningKey.ended_at.is_(None)).values(ended_at=now)
    )
    row = {
        "id": new_id(), "member_id": actor.id, "made_at": now, "ended_at": None,
        "public_key": seal.public_bytes(seal.officer_key(code, id_of(actor))),
    }  # fmt: skip
    if not insert_once(session, OpeningKey.__table__, row):  # type: ignore[arg-type]
        raise rules.CodeMadeTwice
    did(session, Action.CREATE, whose=None, what="opening_keys", case_ref=str(row["id"]))
    return code


def id_of(actor: Actor) -> UUID:
    """Who it is; pages let nobody unknown come here."""
    assert actor.id is not None
    return actor.id


def own_key(session: Session, actor: Actor) -> OpeningKey | None:
    """The key this officer would lock with now."""
    return session.scalar(select(OpeningKey).where(OpeningKey.member_id == actor.id, OpeningKey.ended_at.is_(None)))


def officers(session: Session, agency: Agency) -> Sequence[OpeningKey]:
    """Keys of those who buy for this body today, one each, the newest first: left or moved members open nothing new."""
    sections = set(session.scalars(select(AgencySection.section_id).where(AgencySection.agency_code == agency.code)))
    keys = session.scalars(
        select(OpeningKey).where(OpeningKey.ended_at.is_(None)).order_by(OpeningKey.made_at.desc(), OpeningKey.id)
    )
    found: dict[UUID, OpeningKey] = {}
    for key in keys:
        who = staff.actor_of(session, key.member_id)
        if who and who[0].section in sections and who[0].may(Permission.TENDER_WRITE):
            found.setdefault(key.member_id, key)
    return list(found.values())[: rules.MOST_OFFICERS]


def publish(session: Session, ring: KeyRing, actor: Actor, tender_id: UUID, version: int) -> int:
    """Publish a tender; one that takes sealed quotations is locked first, once nothing else speaks against it. How many
    companies were told."""
    tender, agency = tenders.own(session, actor, tender_id)
    session.refresh(tender, with_for_update=True)  # of two who publish at once the second sees that it is done
    if tender.sealed:
        rules.check_small_value(method=tender.method, category=tender.category, estimate=tender.estimate)
        tenders.check_publish(session, tender, version)
        _lock(session, ring, tender, agency)
    return tenders.publish(session, actor, tender_id, version)


def change(
    session: Session, ring: KeyRing, actor: Actor, tender_id: UUID, version: int, facts: Mapping[str, Any], why: str
) -> None:
    """Change a tender. The lock of a sealed one moves with its opening time; where something else is bought from now on,
    quotations filed before do not count, and their companies are told to file again. Raises what `tenders.change` does."""
    tender, agency = tenders.own(session, actor, tender_id)
    if facts["sealed"]:
        rules.check_small_value(method=facts["method"], category=facts["category"], estimate=facts["estimate"])
    if session.get(QuotationLock, tender.id) is None:
        tenders.change(session, actor, tender_id, version, facts, why)
        return
    if not hold(session, tender):
        raise DeadlineOver
    tenders.check_change(tender)
    lock, share = locked(session, ring, tender)
    if tenders.change(session, actor, tender_id, version, facts, why):
        lock.terms += 1
        telling.tell_to_file_again(session, tender, agency, lock.terms, FILE_AGAIN)
    wrapped = ring.wrap(share, _bound(lock, tender))
    lock.key_id, lock.portal_share = wrapped.key_id, wrapped.sealed
    session.flush()


def hold(session: Session, tender: Tender) -> bool:
    """Keep the lock's row until the transaction ends: filing, amendment and opening come one after another, and each judges
    what the one before left. False once it is opened. Raises NotSealed."""
    mine = QuotationLock.tender_id == tender.id, QuotationLock.opened_at.is_(None)
    held = session.execute(
        update(QuotationLock).where(*mine).values(terms=QuotationLock.terms),
        execution_options={"synchronize_session": False},
    ).rowcount  # type: ignore[attr-defined]
    if session.get(QuotationLock, tender.id, populate_existing=True) is None:
        raise rules.NotSealed
    session.refresh(tender)
    return bool(held)


def _lock(session: Session, ring: KeyRing, tender: Tender, agency: Agency) -> None:
    keys = officers(session, agency)
    if len(keys) < rules.LEAST_OFFICERS:
        raise rules.OfficersMissing
    public, share, pairs = seal.new_lock(tender.id, {key.id: key.public_key for key in keys})
    lock = QuotationLock(
        tender_id=tender.id, public_key=public, terms=1, first_by=None, first_at=None, first_key_id="",
        first_shares=None, second_by=None, opened_at=None,
    )  # fmt: skip
    wrapped = ring.wrap(share, _bound(lock, tender))
    lock.key_id, lock.portal_share = wrapped.key_id, wrapped.sealed
    session.add(lock)
    session.flush()
    session.add_all(
        LockShare(
            tender_id=tender.id, first_key=pair.first, second_key=pair.second, for_first=pair.for_first,
            for_second=pair.for_second,
        )
        for pair in pairs
    )  # fmt: skip
    did(session, Action.CREATE, whose=None, what="quotation_locks", case_ref=tender.number)


def _bound(lock: QuotationLock, tender: Tender) -> bytes:
    assert tender.estimate is not None  # `check_small_value`
    return seal.bound_share(tender.id, tender.submissions_until, lock.public_key, tender.estimate, lock.terms)


def _portal_share(ring: KeyRing, lock: QuotationLock, tender: Tender) -> bytes:
    """The portal's share; LockBroken if time, public key, estimate or terms are not those it was locked with."""
    if tender.estimate is None:
        raise rules.LockBroken
    bounds = [_bound(lock, tender)]
    if lock.terms == 1:
        bounds.append(seal.bound_share_before(tender.id, tender.submissions_until, lock.public_key))
    for bound in bounds:
        with suppress(SealBroken):
            return ring.unwrap(Wrapped(lock.key_id, lock.portal_share), bound)
    raise rules.LockBroken


def locked(session: Session, ring: KeyRing, tender: Tender) -> tuple[QuotationLock, bytes]:
    """The lock of a tender with the portal's share. Raises NotSealed, LockBroken."""
    lock = session.get(QuotationLock, tender.id)
    if not tender.sealed or lock is None:
        raise rules.NotSealed
    return lock, _portal_share(ring, lock, tender)


def may_file(session: Session, tender: Tender, company_id: UUID) -> bool:
    """Whether a company meets the conditions today; that it wants no notices of them is its own matter."""
    entitled = matching.entitled(tender, clock.today())
    return session.execute(entitled.where(companies.AnyCompany.id == company_id)).first() is not None


def check_open(tender: Tender) -> None:
    """Raise NotSealed or FilingOver; at the deadline itself nothing is taken any more."""
    if not tender.sealed:
        raise rules.NotSealed
    if tender.state != State.ACTIVE or tender.submissions_until <= clock.now():
        raise rules.FilingOver


def is_open(tender: Tender) -> bool:
    """Whether quotations are taken now."""
    try:
        check_open(tender)
    except (rules.NotSealed, rules.FilingOver):
        return False
    return True


def file(session: Session, ring: KeyRing, actor: Actor, tender: Tender, said: Said) -> Quotation:
    """Seal and keep a company's quotation, once for good. Raises FilingOver, NotEntitled, AlreadyFiled, LockBroken."""
    standing = companies.standing(session, actor, PowerOf.TENDERS)
    check_open(tender)
    if not may_file(session, tender, standing.company_id):
        raise rules.NotEntitled
    return keep(session, ring, tender, standing.company_id, id_of(actor), said)


def keep(session: Session, ring: KeyRing, tender: Tender, company_id: UUID, person_id: UUID, said: Said) -> Quotation:
    """Seal what a company says to the lock of the tender, which has to be whole; it takes the place of what it filed for
    something else before. The deadline is judged while nobody can open or amend. Raises FilingOver, AlreadyFiled,
    LockBroken."""
    if not hold(session, tender):
        raise rules.FilingOver
    check_open(tender)
    lock, _share = locked(session, ring, tender)
    new = {
        "person_id": person_id, "filed_at": clock.now(), "terms": lock.terms,
        "sealed": seal.seal(said, lock.public_key, tender.id, company_id, lock.terms),
    }  # fmt: skip
    row = {"tender_id": tender.id, "company_id": company_id, "amount": None, "draw": None, "note": "", "fault": ""}
    if insert_once(session, Quotation.__table__, row | new):  # type: ignore[arg-type]
        action = Action.CREATE
    else:
        mine = Quotation.tender_id == tender.id, Quotation.company_id == company_id, Quotation.terms < lock.terms
        if not session.execute(update(Quotation).where(*mine).values(**new)).rowcount:  # type: ignore[attr-defined]
            raise rules.AlreadyFiled
        action = Action.CHANGE
    did(session, action, whose=company_id, what="quotations", case_ref=tender.number)
    return session.get_one(Quotation, (tender.id, company_id), populate_existing=True)


def is_outdated(session: Session, tender: Tender, filed: Quotation) -> bool:
    """Whether it was filed for something else than what is bought now."""
    return filed.terms < session.get_one(QuotationLock, tender.id).terms


def own_quotation(session: Session, tender: Tender, company_id: UUID) -> Quotation | None:
    """What a company has filed."""
    return session.get(Quotation, (tender.id, company_id))


def count(session: Session, tender: Tender) -> int:
    """How many have filed; pages say so after the deadline only."""
    query = select(func.count()).select_from(Quotation).where(Quotation.tender_id == tender.id)
    return session.scalar(query) or 0


REWRAPPED_AT_ONCE = 100


def rewrap(session: Session, ring: KeyRing) -> int:
    """Wrap some shares that another key wrapped with the current one; how many (0: all are done). A lock that is opened
    needs its share no more and keeps it as it is."""
    waiting = (
        select(QuotationLock, Tender)
        .join(Tender, Tender.id == QuotationLock.tender_id)
        .where(
            QuotationLock.opened_at.is_(None),
            Tender.state == State.ACTIVE,
            (QuotationLock.key_id != ring.current) | QuotationLock.first_key_id.not_in(("", ring.current)),
        )
        .limit(REWRAPPED_AT_ONCE)
    )
    rows = session.execute(waiting.with_for_update(of=QuotationLock)).all()
    done = 0
    for lock, tender in rows:
        with suppress(rules.LockBroken):  # it opens nothing with either key: an operator's work goes on
            _rewrap(ring, lock, tender)
            done += 1
    session.flush()
    return done


def _rewrap(ring: KeyRing, lock: QuotationLock, tender: Tender) -> None:
    share = _portal_share(ring, lock, tender)
    wrapped = ring.wrap(share, _bound(lock, tender))
    lock.key_id, lock.portal_share = wrapped.key_id, wrapped.sealed
    if lock.first_by is not None and lock.first_shares is not None:
        bound = seal.bound_first(tender.id, lock.first_by)
        first = ring.wrap(ring.unwrap(Wrapped(lock.first_key_id, lock.first_shares), bound), bound)
        lock.first_key_id, lock.first_shares = first.key_id, first.sealed
