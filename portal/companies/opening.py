"""Accounts are opened: of a corporation as the national register tells it, of others by a number of our own."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.companies import rules
from portal.companies.models import Company, Corporation
from portal.companies.rules import Kind
from portal.core import clock
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.ids import new_id


def corporation(session: Session, number: str) -> Corporation | None:
    """The register's row of a sound number, if there is one."""
    return session.get(Corporation, int(number)) if rules.is_number(number) else None


def account_of(session: Session, number: str) -> Company | None:
    """The account of a corporation, opened now if the register knows it and it is not closed; else None."""
    known = session.scalar(select(Company).where(Company.key == number))
    found = corporation(session, number) if known is None else None
    return of_register(session, number) if found is not None and found.closed_on is None else known


def of_register(session: Session, number: str) -> Company:
    found = corporation(session, number)
    if found is None:
        raise rules.NotInRegister
    if found.closed_on is not None:
        raise rules.CorporationClosed
    place = f"{found.prefecture}{found.city}"
    return open_account(
        session, key=number, kind=Kind.CORPORATION, name=found.name, address=found.address, region=place
    )


def open_account(session: Session, *, key: str, kind: Kind, name: str, address: str = "", region: str = "") -> Company:
    row = {
        "id": new_id(), "key": key, "kind": str(kind), "name": name, "address": address, "region": region,
        "head_id": None, "office": "", "closed_on": None, "created_at": clock.now(),
    }  # fmt: skip
    insert_once(session, Company.__table__, row)  # type: ignore[arg-type]
    company = session.scalars(select(Company).where(Company.key == key)).one()
    did(session, Action.CREATE, whose=company.id, what="companies")
    return company
