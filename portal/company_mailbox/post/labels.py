"""Labels: a firm's own words for notices of all the companies it reads for, its own among them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Uuid, delete, literal, select, tuple_
from sqlalchemy.orm import Session

from portal.companies.service import AnyDelivery as Delivery
from portal.companies.service import NoStanding
from portal.companies.service import StandingOf as Standing
from portal.company_mailbox.post.models import BusinessLabel, BusinessLabelled
from portal.company_mailbox.post.reading import Letter
from portal.core.audit import Action, did
from portal.core.db import insert_once, own_insert
from portal.mailbox import service as mailbox

limits = mailbox.keep_rules
Pick = tuple[UUID, UUID]
"""(company, notice)."""
NO_FIRM = UUID(int=0)
NO_SYNC = {"synchronize_session": False}


def firm_of(standings: Sequence[Standing]) -> UUID:
    """Whose people somebody is: their labels are those of the firm, whichever company they act for now. NO_FIRM, which has
    none, for who acts by delegations at gBizID alone."""
    return next((one.company_id for one in standings if one.role), NO_FIRM)


def of_firm(session: Session, firm: UUID) -> list[BusinessLabel]:
    """By name."""
    return list(
        session.scalars(select(BusinessLabel).where(BusinessLabel.firm_id == firm).order_by(BusinessLabel.name))
    )


def add(session: Session, firm: UUID, name: str) -> int:
    """A new label; its number is the first that is free. Raises labels-full, label-taken, NoStanding."""
    if firm == NO_FIRM:
        raise NoStanding
    for number in limits.free_numbers({label.number: label.name for label in of_firm(session, firm)}, name):
        row = {"firm_id": firm, "number": number, "name": name}
        if insert_once(session, BusinessLabel.__table__, row):  # type: ignore[arg-type]
            did(session, Action.CREATE, whose=firm, what="business_labels")
            return number
    raise limits.LabelsFull(most=limits.MOST_LABELS)


def remove(session: Session, firm: UUID, number: int) -> None:
    """The label is gone, also from the notices that had it; they themselves stay."""
    mine = (BusinessLabel.firm_id == firm, BusinessLabel.number == number)
    if session.execute(delete(BusinessLabel).where(*mine), execution_options=NO_SYNC).rowcount:  # type: ignore[attr-defined]
        did(session, Action.DELETE, whose=firm, what="business_labels")


def put(session: Session, firm: UUID, number: int, picks: Sequence[Pick]) -> int:
    """These have the label; how many did not before. Raises label-unknown."""
    _check(session, firm, number)
    if not picks:
        return 0
    there = tuple_(Delivery.company_id, Delivery.notice_id).in_(list(picks))
    rows = select(literal(firm, Uuid), Delivery.company_id, Delivery.notice_id, literal(number), Delivery.sent_at)
    columns = ["firm_id", "company_id", "notice_id", "number", "sent_at"]
    statement = own_insert(session, BusinessLabelled).from_select(columns, rows.where(there)).on_conflict_do_nothing()
    options = {"preserve_rowcount": True}  # PostgreSQL inserts lose it otherwise
    return session.connection().execute(statement, execution_options=options).rowcount


def take_off(session: Session, firm: UUID, number: int, picks: Sequence[Pick]) -> int:
    """These have the label no more; how many did. Raises label-unknown."""
    _check(session, firm, number)
    done, one = 0, BusinessLabelled
    for company_id in {company for company, _notice in picks}:
        notices = [notice for company, notice in picks if company == company_id]
        mine = (one.firm_id == firm, one.number == number, one.company_id == company_id, one.notice_id.in_(notices))
        done += session.execute(delete(one).where(*mine), execution_options=NO_SYNC).rowcount  # type: ignore[attr-defined]
    return done


def _check(session: Session, firm: UUID, number: int) -> None:
    # Locked, so that nobody removes it meanwhile.
    if session.get(BusinessLabel, (firm, number), with_for_update=True) is None:
        raise limits.LabelUnknown


def of_letters(session: Session, firm: UUID, letters: Sequence[Letter]) -> dict[Pick, list[str]]:
    """The names of the labels that notices of a page have."""
    found: dict[Pick, list[str]] = {}
    one = BusinessLabelled
    query = (
        select(one.company_id, one.notice_id, BusinessLabel.name)
        .join(BusinessLabel, (BusinessLabel.firm_id == one.firm_id) & (BusinessLabel.number == one.number))
        .where(one.firm_id == firm, one.notice_id.in_({letter.id for letter in letters}))
        .order_by(BusinessLabel.name)
    )
    for company_id, notice_id, name in session.execute(query) if letters else ():
        found.setdefault((company_id, notice_id), []).append(name)
    return found
