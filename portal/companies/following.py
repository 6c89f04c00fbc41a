"""Accounts follow the national register: name, address, end and merger of a corporation are those of its account."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.companies import notices, rules, successions, winding_up
from portal.companies.by_post import voiding
from portal.companies.events import CorporationEnded, CorporationMoved
from portal.companies.models import Company, RegisterChange
from portal.core import clock
from portal.core.audit import Action, did
from portal.core.events import emit
from portal.core.ids import new_id
from portal.core.words import N_

MOVED: notices.Text = (
    N_("The national register says another name or address of your company"),
    N_("So it stands here too, from now on: %(company)s, %(address)s."),
)
ENDED: notices.Text = (
    N_("The national register says that %(company)s was closed"),
    N_(
        "You can still read what comes and end what was begun, but nothing new can be begun here. If this is wrong, ask the "
        "legal affairs bureau (法務局)."
    ),
)


def follow(session: Session, rows: Sequence[Mapping[str, Any]], new: Sequence[int]) -> None:
    """*rows* are what the register says anew: a change there is a change here, told once. *new* numbers may be heirs of
    companies that were merged before the register knew them."""
    said = {str(values["number"]): values for values in rows}
    if said:
        voiding.follow_register(session, {number: (address_of(row), closed_on(row)) for number, row in said.items()})
        for company in session.scalars(select(Company).where(Company.key.in_(said)).order_by(Company.key)).all():
            _follow_one(session, company, said[company.key])
    if said or new:
        successions.look_again(session, said.keys() | {str(number) for number in new})


def address_of(row: Mapping[str, Any]) -> str:
    return row["abroad"] or f"{row['prefecture']}{row['city']}{row['street']}"


def closed_on(row: Mapping[str, Any]) -> date | None:
    """The day a corporation ended; for one that was taken off the register, the day that was said."""
    day: date | None = row["closed_on"] or (row["updated_on"] if row["process"] == rules.DELETED else None)
    return day


def _follow_one(session: Session, company: Company, row: Mapping[str, Any]) -> None:
    before = company.name, company.address
    was_closed, ended = company.closed_on, closed_on(row)
    was_open = was_closed is None
    company.name, company.address, company.closed_on = row["name"], address_of(row)[:400], ended
    company.region = f"{row['prefecture']}{row['city']}"
    for branch in session.scalars(select(Company).where(Company.head_id == company.id)):
        branch.name = rules.name_of_branch(company.name, branch.office)
        if branch.closed_on in (None, was_closed):  # one that was closed by itself stays so
            branch.closed_on = ended
    session.flush()
    merged = successions.follow(session, company, row["successor"] if ended else None)
    if ended and was_open:
        _tell(session, company, ENDED)
        winding_up.end_received(session, company)
    if merged:
        winding_up.end_given(session, company, successions.heir_account(session, company.id))
    if merged or (ended and was_open):
        emit(session, CorporationEnded(company_id=company.id))
    elif (company.name, company.address) != before and not ended:
        _tell(session, company, MOVED)
        _keep_change(session, company, before)
    did(session, Action.CHANGE, whose=company.id, what="companies")


def _keep_change(session: Session, company: Company, before: tuple[str, str]) -> None:
    change = RegisterChange(
        id=new_id(), company_id=company.id, at=clock.now(), name_before=before[0], address_before=before[1],
        name_after=company.name, address_after=company.address,
    )  # fmt: skip
    session.add(change)
    session.flush()
    emit(session, CorporationMoved(company_id=company.id, change_id=change.id))


def _tell(session: Session, company: Company, text: notices.Text) -> None:
    facts = {"company": company.name, "address": company.address or "–"}
    notices.tell(
        session,
        [(company.id, "")],
        key=f"register-follows:{new_id()}",
        text=text,
        facts=facts,
        link="/business/company",
    )
