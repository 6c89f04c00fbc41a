"""Registered seals and municipal tax: taken in from their systems, read for certificates. The caller owns the
transaction."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.certificates.ledgers.models import SealRegistration, TaxAccount, TaxAssessment
from portal.certificates.tax_sheets import ACCOUNTS, DEDUCTIONS, INCOMES, LEVIES, Account, Assessment
from portal.core import audit, clock
from portal.core.audit import Action

AMOUNTS = frozenset({*INCOMES, *DEDUCTIONS, *LEVIES})
PNG = b"\x89PNG\r\n\x1a\n"
LARGEST = 60_000
"""Bytes of an impression: 25 mm at 24 dots a millimetre, black and white, has a tenth of that."""


class Impression(NamedTuple):
    """What a machine reads from a seal pressed on paper: PNG, true size in tenths of a millimetre."""

    png: bytes
    width: int
    height: int


def register_seal(session: Session, resident_id: UUID, *, number: str, impression: Impression, on: date) -> None:
    """The seal somebody registered; a new one takes the place of the old one. ValueError for what is no PNG."""
    if not impression.png.startswith(PNG) or len(impression.png) > LARGEST:
        raise ValueError("an impression is a PNG of at most 60 kB")
    row = SealRegistration(
        resident_id=resident_id,
        number=number,
        impression=impression.png,
        width=impression.width,
        height=impression.height,
        registered_on=on,
        taken_at=clock.now(),
    )
    session.merge(row)
    session.flush()
    audit.did(session, Action.CHANGE, whose=resident_id, what="seal_registrations(registered)")


def end_seal(session: Session, resident_id: UUID) -> bool:
    """The registration ended (given up, moved away, died): nothing can be certified any more."""
    ended = session.execute(delete(SealRegistration).where(SealRegistration.resident_id == resident_id))
    if ended.rowcount:  # type: ignore[attr-defined]
        audit.did(session, Action.CHANGE, whose=resident_id, what="seal_registrations(ended)")
    return bool(ended.rowcount)  # type: ignore[attr-defined]


def has_seal(session: Session, resident_id: UUID) -> bool:
    """Whether there is one; opens nobody's data."""
    query = select(SealRegistration.resident_id).where(SealRegistration.resident_id == resident_id)
    return session.scalar(query) is not None


def seal_of(session: Session, resident_id: UUID, *, case_ref: str) -> SealRegistration | None:
    """The registered seal, on record once a case."""
    found = session.get(SealRegistration, resident_id)
    if found is not None:
        audit.looked_for_case(session, whose=resident_id, what="certificates.seal", case_ref=case_ref)
    return found


def take_assessment(session: Session, resident_id: UUID, told: Assessment) -> None:
    """One year's tax as the tax system told it. ValueError for an amount nobody knows."""
    if unknown := set(told.amounts) - AMOUNTS:
        raise ValueError(f"no such amount: {min(unknown)}")
    row = TaxAssessment(
        resident_id=resident_id,
        year=told.year,
        address_then=told.address_then,
        amounts=dict(told.amounts),
        dependants=told.dependants,
        taken_at=clock.now(),
    )
    session.merge(row)
    session.flush()
    audit.did(session, Action.CHANGE, whose=resident_id, what="tax_assessments")


def take_accounts(session: Session, resident_id: UUID, year: int, told: Iterable[Account]) -> None:
    """What is paid and open of one year, instead of what was known before."""
    session.execute(delete(TaxAccount).where(TaxAccount.resident_id == resident_id, TaxAccount.year == year))
    at = clock.now()
    for one in told:
        facts = {"tax": one.tax, "owed": one.owed, "paid": one.paid, "not_due": one.not_due}
        session.add(TaxAccount(resident_id=resident_id, year=year, taken_at=at, **facts))
    session.flush()
    audit.did(session, Action.CHANGE, whose=resident_id, what="tax_accounts")


def years_of(session: Session, resident_id: UUID) -> Mapping[str, frozenset[int]]:
    """The fiscal years something is known of, by table; opens nobody's data."""
    return {
        table.__tablename__: frozenset(session.scalars(select(table.year).where(table.resident_id == resident_id)))
        for table in (TaxAssessment, TaxAccount)
    }


def assessment_of(session: Session, resident_id: UUID, year: int, *, case_ref: str) -> Assessment | None:
    """One year's tax, on record once a case."""
    found = session.get(TaxAssessment, (resident_id, year))
    if found is None:
        return None
    audit.looked_for_case(session, whose=resident_id, what="certificates.tax", case_ref=case_ref)
    return Assessment(year=year, address_then=found.address_then, amounts=found.amounts, dependants=found.dependants)


def accounts_of(session: Session, resident_id: UUID, year: int, *, case_ref: str) -> list[Account]:
    """What is owed and paid of one year, on record once a case; empty where nothing was ever owed."""
    query = select(TaxAccount).where(TaxAccount.resident_id == resident_id, TaxAccount.year == year)
    found = {one.tax: one for one in session.scalars(query)}
    if found:
        audit.looked_for_case(session, whose=resident_id, what="certificates.tax", case_ref=case_ref)
    rows = [found[tax] for tax in ACCOUNTS if tax in found]
    return [Account(tax=one.tax, owed=one.owed, paid=one.paid, not_due=one.not_due) for one in rows]
