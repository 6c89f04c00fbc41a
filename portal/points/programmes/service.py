"""Programmes: proposed by one, decided by another; terms, budgets, and who waits for whom."""

from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry, enter
from portal.points.ledger.models import PointAccount
from portal.points.ledger.rules import Kind, Reason
from portal.points.programmes import rules
from portal.points.programmes.models import PointProgramme, PointTerms
from portal.points.programmes.rules import State, Unit

PAY_UNPAID = "points.pay-unpaid"
MOST_VERSIONS = 10_000
"""Whatever stands in an address: the database is asked for no number that its column cannot hold."""


# ---- terms --------------------------------------------------------------------------------


def programmes(session: Session) -> Sequence[PointProgramme]:
    """All of them, by code."""
    return session.scalars(select(PointProgramme).order_by(PointProgramme.code)).all()


def programme(session: Session, code: str) -> PointProgramme:
    """One of them. Raises ProgrammeUnknown."""
    found = session.get(PointProgramme, code) if code.isascii() and code.isprintable() else None
    if found is None:
        raise rules.ProgrammeUnknown
    return found


def terms_of(session: Session, code: str) -> Sequence[PointTerms]:
    """Every version, the newest first."""
    query = select(PointTerms).where(PointTerms.programme == code).order_by(PointTerms.version.desc())
    return session.scalars(query).all()


def terms_on(session: Session, code: str, day: date) -> PointTerms | None:
    """What is in force on *day*."""
    return calendar(session, [code])(code, day)


def calendar(session: Session, codes: Collection[str]) -> Callable[[str, date], PointTerms | None]:
    """`terms_on` for many days of these programmes, looked up once."""
    approved: dict[str, dict[int, PointTerms]] = {code: {} for code in codes}
    query = select(PointTerms).where(PointTerms.programme.in_(codes), PointTerms.state == State.APPROVED)
    for one in session.scalars(query):
        approved[one.programme][one.version] = one

    def on(code: str, day: date) -> PointTerms | None:
        versions = ((one.version, one.begins_on, one.ends_on) for one in approved[code].values())
        return approved[code].get(rules.version_on(versions, day) or 0)

    return on


def in_force(session: Session, reason: Reason, unit: Unit, day: date) -> PointTerms | None:
    """Of the programmes for *reason* by *unit* the first, by its code, with terms on *day*."""
    query = select(PointProgramme).where(PointProgramme.reason == reason, PointProgramme.unit == unit)
    found = (terms_on(session, one.code, day) for one in session.scalars(query.order_by(PointProgramme.code)).all())
    return next((terms for terms in found if terms is not None), None)


def create(session: Session, actor: Actor, *, code: str, reason: str, unit: str, facts: dict[str, Any]) -> PointTerms:
    """A new programme with its first terms, which wait for a second person. Raises ProgrammeExists."""
    if session.get(PointProgramme, code) is not None:
        raise rules.ProgrammeExists
    pot = ledger.named(session, f"programme {code}", Kind.POT, is_bounded=True)
    session.add(PointProgramme(code=code, reason=str(reason), unit=str(unit), account_id=pot))
    session.flush()
    return _propose(session, actor, code, 1, facts)


def propose(session: Session, actor: Actor, code: str, facts: dict[str, Any]) -> PointTerms:
    """The next version of the terms. Raises TermsWaiting, TermsTooEarly."""
    there = terms_of(session, programme(session, code).code)
    if any(one.state == State.PROPOSED for one in there):
        raise rules.TermsWaiting
    is_first = not any(one.state == State.APPROVED for one in there)
    rules.check_beginning(facts["begins_on"], clock.today(), is_first=is_first)
    return _propose(session, actor, code, there[0].version + 1 if there else 1, facts)


def _propose(session: Session, actor: Actor, code: str, version: int, facts: dict[str, Any]) -> PointTerms:
    terms = PointTerms(
        programme=code,
        version=version,
        state=State.PROPOSED,
        proposed_by=actor.id,
        proposed_label=actor.label,
        proposed_at=clock.now(),
        **facts,
    )
    session.add(terms)
    did(session, Action.CREATE, whose=None, what="points.terms", case_ref=f"{code}/{version}")
    session.flush()
    return terms


def approve(session: Session, actor: Actor, code: str, version: int) -> None:
    """The terms hold from their first day on, and their budget is put into the programme's pot.

    Raises OwnTerms, TermsDecided, TermsTooEarly (they lay too long), BudgetGivenAway.
    """
    terms = _decide(session, actor, code, version, State.APPROVED, "")
    others = [one for one in terms_of(session, code) if one.state == State.APPROVED and one.version != version]
    rules.check_beginning(terms.begins_on, clock.today(), is_first=not others)
    before = max(others, key=lambda one: one.version).budget if others else 0
    _move_budget(session, programme(session, code), terms.budget - before, key=f"budget:{code}:{version}")
    outbox.post(session, PAY_UNPAID, {"programme": code}, key=f"{PAY_UNPAID}:{code}:{version}")


def refuse(session: Session, actor: Actor, code: str, version: int, answer: str) -> None:
    """The terms do not come into force. Raises OwnTerms, TermsDecided."""
    _decide(session, actor, code, version, State.REFUSED, answer)


def _decide(session: Session, actor: Actor, code: str, version: int, state: State, answer: str) -> PointTerms:
    """By one statement: of two who decide at the same instant one comes first."""
    terms = session.get(PointTerms, (programme(session, code).code, min(version, MOST_VERSIONS)))
    if terms is None:
        raise rules.ProgrammeUnknown
    if terms.proposed_by == actor.id:
        raise rules.OwnTerms
    open_one = (
        PointTerms.programme == code,
        PointTerms.version == version,
        PointTerms.state == State.PROPOSED,
    )
    values = {
        "state": str(state),
        "decided_by": actor.id,
        "decided_label": actor.label,
        "decided_at": clock.now(),
        "answer": answer,
    }
    if session.execute(update(PointTerms).where(*open_one).values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.TermsDecided
    session.refresh(terms)
    did(session, Action.CHANGE, whose=None, what="points.terms", case_ref=f"{code}/{version}")
    return terms


def _move_budget(session: Session, one: PointProgramme, more: int, *, key: str) -> None:
    if more > 0:
        ledger.fund(session, one.account_id, more, key=key)
    if more < 0:
        if _left(session, one.account_id) < -more:
            raise rules.BudgetGivenAway
        enter(session, [Entry(key, one.account_id, ledger.city(session), -more, Reason.BUDGET)])


def budget(session: Session, code: str) -> tuple[int, int]:
    """The budget of the programme's newest approved terms, and what is left of it."""
    left = session.scalar(select(PointAccount.balance).where(PointAccount.name == f"programme {code}")) or 0
    approved = [one for one in terms_of(session, code) if one.state == State.APPROVED]
    return (approved[0].budget if approved else 0), left


def pot(session: Session, code: str) -> tuple[UUID, int]:
    """The account the programme gives from, and what is left in it; nobody else takes from it until the end."""
    account_id = programme(session, code).account_id
    return account_id, _left(session, account_id)


def _left(session: Session, account_id: UUID) -> int:
    """The same, and nobody else takes from it until the end."""
    query = select(PointAccount.balance).where(PointAccount.id == account_id)
    return session.scalar(query.with_for_update(key_share=True)) or 0


# ---- who waits for whom -------------------------------------------------------------------


def come_alone(session: Session) -> None:
    """Whoever looks at what was given away lately out of any programme comes one after the other, until the end. Who only
    earns is not held up."""
    session.execute(select(PointProgramme.code).order_by(PointProgramme.code).with_for_update(key_share=True))


def hold_budgets(session: Session, codes: Collection[str]) -> None:
    """Nobody else is paid by these programmes until the end: whoever compares people with each other comes alone. After
    the people's accounts, in the order of codes, as all who pay do."""
    for code in sorted(codes):
        _left(session, programme(session, code).account_id)
