"""The vault: a number goes in from the register's file, and comes out for one certificate. The caller owns the
transaction; every opening is on record under a purpose of its own, which the person reads."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import audit, clock
from portal.core.audit import Action, Purpose
from portal.core.envelope import KeyRing, Wrapped, open_part, seal_part
from portal.number_vault import rules
from portal.number_vault.models import PersonalNumber
from portal.number_vault.rules import MyNumber

NumberNotKept = rules.NumberNotKept
read = rules.read


def keep(session: Session, ring: KeyRing, resident_id: UUID, number: MyNumber) -> None:
    """Seal a number; another one for the same person (after a leak, say) takes its place."""
    bound = _bound(resident_id)
    key, wrapped = ring.new_key(bound)
    facts = {
        "key_id": wrapped.key_id,
        "wrapped_key": wrapped.sealed,
        "sealed": seal_part(key, 0, number.digits.encode(), bound),
        "taken_at": clock.now(),
    }
    row = session.get(PersonalNumber, resident_id)
    if row is None:
        session.add(PersonalNumber(resident_id=resident_id, **facts))
    else:
        for name, value in facts.items():
            setattr(row, name, value)
    session.flush()


def kept_of(session: Session, resident_ids: list[UUID]) -> set[UUID]:
    """Of whom there is a number; opens none."""
    row = PersonalNumber
    return set(session.scalars(select(row.resident_id).where(row.resident_id.in_(resident_ids))))


def open_number(session: Session, ring: KeyRing, resident_id: UUID, *, case_ref: str) -> MyNumber:
    """One person's number, for the certificate *case_ref*. Raises NumberNotKept, SealBroken."""
    row = session.get(PersonalNumber, resident_id)
    if row is None:
        raise rules.NumberNotKept
    audit.did(
        session, Action.LOOK, whose=resident_id, what="number_vault.number", case_ref=case_ref, why=Purpose.MY_NUMBER
    )
    bound = _bound(resident_id)
    key = ring.unwrap(Wrapped(row.key_id, row.wrapped_key), bound)
    return MyNumber(open_part(key, 0, row.sealed, bound).decode())


def _bound(resident_id: UUID) -> bytes:
    """What the seal says: this person's number, and no other's row."""
    return b"personal-number-v1\0" + resident_id.bytes
