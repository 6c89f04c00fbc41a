"""A shop's way to the points: applied for, checked, approved by a second person, suspended; its people."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did, looked
from portal.core.envelope import KeyRing, Wrapped
from portal.core.events import emit
from portal.core.ids import new_id
from portal.points import keepers as points_keepers
from portal.points.events import PartnerNews
from portal.points.ledger import service as ledger
from portal.points.ledger.rules import Kind
from portal.points.partners import bank, rules
from portal.points.partners.bank import BankAccount, Sealed
from portal.points.partners.models import PartnerBank, PartnerKeeper, PointPartner
from portal.points.partners.rules import State

REWRAP_BATCH = 500
SHOWN = 200


def apply(
    session: Session, ring: KeyRing, resident_id: UUID, facts: dict[str, Any], account: BankAccount
) -> PointPartner:
    """A resident applies for their shop, and acts for it from then on."""
    made = new_id()
    books = ledger.named(session, f"partner {made}", Kind.PARTNER)
    one = PointPartner(
        id=made, state=State.APPLIED, account_id=books, applied_at=clock.now(), **facts,
    )  # fmt: skip
    session.add(one)
    session.flush()
    keep_bank(session, ring, made, account, clock.today())
    session.add(PartnerKeeper(partner_id=made, resident_id=resident_id, since=clock.now()))
    session.flush()
    did(session, Action.CREATE, whose=resident_id, what="point_partners", case_ref=str(made)[:8])
    return one


def partner(session: Session, partner_id: UUID) -> PointPartner:
    """One of them. Raises PartnerUnknown."""
    found = session.get(PointPartner, partner_id)
    if found is None:
        raise rules.PartnerUnknown
    return found


def partners_of(session: Session, ids: Collection[UUID]) -> Sequence[PointPartner]:
    """Those of *ids*."""
    return session.scalars(select(PointPartner).where(PointPartner.id.in_(ids))).all() if ids else []


def partners(session: Session, name: str, waiting: Collection[UUID]) -> Sequence[PointPartner]:
    """Shops with *name* in theirs, SHOWN at most and one more if there are more: those *waiting*, then by state and name."""
    order = case({str(state): place for place, state in enumerate(State)}, value=PointPartner.state)
    query = select(PointPartner).order_by(
        PointPartner.id.in_(waiting).desc(), order, PointPartner.name, PointPartner.id
    )
    if name:
        query = query.where(PointPartner.name.contains(name, autoescape=True))
    return session.scalars(query.limit(SHOWN + 1)).all()


def keep_bank(session: Session, ring: KeyRing, partner_id: UUID, account: BankAccount, day: date | None) -> PartnerBank:
    """An account of the shop, sealed; in force from *day*, or not yet."""
    kept = bank.seal(ring, partner_id, account)
    made = PartnerBank(
        partner_id=partner_id, key_id=kept.key_id, wrapped_key=kept.wrapped_key, sealed=kept.sealed, in_force_on=day
    )
    session.add(made)
    session.flush()
    return made


def bank_of(session: Session, ring: KeyRing, one: PointPartner, *, day: date | None = None) -> BankAccount:
    """The account that is in force today, or was on *day*, opened and on record."""
    query = select(PartnerBank).where(
        PartnerBank.partner_id == one.id, PartnerBank.in_force_on <= (day or clock.today())
    )
    return open_bank(session, ring, session.scalars(query.order_by(PartnerBank.in_force_on.desc()).limit(1)).one())


def open_bank(session: Session, ring: KeyRing, row: PartnerBank) -> BankAccount:
    """One account, in force or not, opened and on record."""
    looked(session, whose=None, what="point_partners.bank", case_ref=str(row.partner_id)[:8])
    return bank.opened(ring, row.partner_id, Sealed(row.key_id, row.wrapped_key, row.sealed))


def check(session: Session, actor: Actor, partner_id: UUID, *, first: date, last: date, group: str = "") -> None:
    """The first person saw papers and account, and enters the contract and whose coupons it takes. Raises PartnerDecided,
    ContractUnclear."""
    if first > last or last < clock.today():
        raise rules.ContractUnclear
    values = {
        "checked_by": actor.id,
        "checked_label": actor.label,
        "checked_at": clock.now(),
        "contract_from": first,
        "contract_until": last,
        "group": group,
    }
    _move(session, partner_id, (State.APPLIED,), State.CHECKED, **values)


def decide(session: Session, actor: Actor, partner_id: UUID, *, yes: bool, note: str = "") -> None:
    """The second person. Raises SecondPersonNeeded, PartnerDecided."""
    if partner(session, partner_id).checked_by == actor.id:
        raise rules.SecondPersonNeeded
    to = State.ACTIVE if yes else State.REFUSED
    values = {"decided_by": actor.id, "decided_label": actor.label, "decided_at": clock.now(), "note": note}
    _move(session, partner_id, (State.CHECKED,), to, **values)
    what, day = ("accepted", partner(session, partner_id).contract_from) if yes else ("refused", None)
    for who in keepers(session, partner_id):
        key = f"{what}:{partner_id}:{who}"
        emit(session, PartnerNews(resident_id=who, partner_id=partner_id, what=what, day=day, key=key))


def suspend(session: Session, partner_id: UUID, note: str) -> None:
    """It takes no points until further notice; what it took is paid."""
    _move(session, partner_id, (State.ACTIVE,), State.SUSPENDED, note=note)


def resume(session: Session, partner_id: UUID) -> None:
    """It takes points again."""
    _move(session, partner_id, (State.SUSPENDED,), State.ACTIVE, note="")


def take_coupons_of(session: Session, partner_id: UUID, group: str) -> None:
    """The shop takes the coupons of another group of partners from now on ("": of none)."""
    one = partner(session, partner_id)
    one.group = group
    session.flush()
    did(session, Action.CHANGE, whose=None, what="point_partners", case_ref=str(partner_id)[:8])


def _move(session: Session, partner_id: UUID, since: tuple[State, ...], to: State, **values: Any) -> None:
    partner(session, partner_id)
    moved = update(PointPartner).where(PointPartner.id == partner_id, PointPartner.state.in_(since))
    if session.execute(moved.values(state=str(to), **values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.PartnerDecided
    session.expire_all()
    did(session, Action.CHANGE, whose=None, what="point_partners", case_ref=str(partner_id)[:8])


# ---- people ---------------------------------------------------------------------------------


def agreed() -> ColumnElement[bool]:
    """Who applied for the shop acts for it; whom one member of staff named, once a second one agreed."""
    return points_keepers.agreed(PartnerKeeper)


def keepers(session: Session, partner_id: UUID) -> Sequence[UUID]:
    """Who acts for the shop."""
    query = select(PartnerKeeper.resident_id).where(PartnerKeeper.partner_id == partner_id, agreed())
    return session.scalars(query.order_by(PartnerKeeper.since)).all()


def kept_by(session: Session, resident_id: UUID) -> Sequence[PointPartner]:
    """The shops for which the resident acts."""
    query = select(PointPartner).join(PartnerKeeper, PartnerKeeper.partner_id == PointPartner.id)
    return session.scalars(
        query.where(PartnerKeeper.resident_id == resident_id, agreed()).order_by(PointPartner.name)
    ).all()


def own(session: Session, resident_id: UUID, partner_id: UUID) -> PointPartner:
    """A shop for which the resident acts. Raises PartnerUnknown, also when they do not."""
    found = partner(session, partner_id)
    if resident_id not in keepers(session, partner_id):
        raise rules.PartnerUnknown
    return found


def rewrap(session: Session, ring: KeyRing) -> int:
    """Keys of some bank accounts, wrapped anew by the ring's current key; how many."""
    old = select(PartnerBank).where(PartnerBank.key_id != ring.current).limit(REWRAP_BATCH)
    found = session.scalars(old).all()
    for one in found:
        key = ring.unwrap(Wrapped(one.key_id, one.wrapped_key), bank.bound(one.partner_id))
        again = ring.wrap(key, bank.bound(one.partner_id))
        one.key_id, one.wrapped_key = again.key_id, again.sealed
    session.flush()
    return len(found)
