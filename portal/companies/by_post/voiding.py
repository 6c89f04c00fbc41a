"""A letter proves an address: when the register says another one, or that the company is no more, it proves nothing."""

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.companies import notices
from portal.companies.by_post.models import SignInLetter
from portal.companies.by_post.rules import OPEN, Ended, State
from portal.companies.models import Company, CompanyMember
from portal.core import clock
from portal.core.audit import Action, did
from portal.core.words import N_

VOID = (
    N_("The sign-in by letter ended"),
    N_("The national register says another address or that %(company)s was closed. Ask for a new letter to go on."),
)


def follow_register(session: Session, now: Mapping[str, tuple[str, date | None]]) -> None:
    """End what rests on an address that is none any more: *now* is (address, closed on) by corporate number."""
    live = SignInLetter.state.in_([*map(str, OPEN), str(State.USED)])
    for letter in session.scalars(select(SignInLetter).where(SignInLetter.number.in_(now), live)) if now else ():
        address, closed_on = now[letter.number]
        if closed_on is not None:
            end(session, letter, Ended.CLOSED)
        elif address[:400] != letter.address:
            end(session, letter, Ended.MOVED)


def end(session: Session, letter: SignInLetter, why: Ended) -> None:
    """Nothing can come of it any more; whom it had let in is out at once."""
    letter.state, letter.ended, letter.ended_at = str(State.OVER), str(why), clock.now()
    session.flush()
    company = session.scalar(select(Company).where(Company.key == letter.number))
    did(session, Action.CHANGE, whose=company.id if company else None, what="sign_in_letters", case_ref=_ref(letter.id))
    if company is not None and letter.person_id is not None:
        put_out(session, company, [letter.person_id])
        if why in (Ended.MOVED, Ended.CLOSED):
            notices.tell(
                session, [(company.id, "")], key=f"sign-in-letter-void:{letter.id}", text=VOID, sender="",
                facts={"company": company.name}, link="/business/by-post",
            )  # fmt: skip


def put_out(session: Session, company: Company, people: Collection[UUID]) -> None:
    """These act for the company and its branches no longer."""
    theirs = select(Company.id).where((Company.id == company.id) | (Company.head_id == company.id))
    session.execute(
        update(CompanyMember)
        .where(
            CompanyMember.company_id.in_(theirs), CompanyMember.person_id.in_(people), CompanyMember.ended_at.is_(None)
        )
        .values(ended_at=clock.now()),
        execution_options={"synchronize_session": False},
    )  # fmt: skip
    did(session, Action.CHANGE, whose=company.id, what="company_members")


def _ref(letter_id: UUID) -> str:
    return str(letter_id)[:8]
