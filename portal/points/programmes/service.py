"""Programmes: proposed by one, decided by another, and points earned under the terms of the day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.cards import service as cards
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.clock import JST
from portal.points import ranks
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry, enter, known, lock
from portal.points.ledger.models import PointAccount
from portal.points.ledger.rules import Kind, PotEmpty, Reason
from portal.points.programmes import debts, rules
from portal.points.programmes.models import PointEarning, PointProgramme, PointTerms
from portal.points.programmes.rules import Caps, Had, State

MOST_VERSIONS = 10_000
"""Whatever stands in an address: the database is asked for no number that its column cannot hold."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that earns: `fact` names it for ever, `key` this look at it (a dispute looks twice)."""

    fact: str
    key: str
    programme: str
    resident_id: UUID
    quantity: int
    at: datetime
    case_ref: str = ""


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
    approved = {one.version: one for one in terms_of(session, code) if one.state == State.APPROVED}
    version = rules.version_on(((one.version, one.begins_on, one.ends_on) for one in approved.values()), day)
    return approved.get(version or 0)


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


# ---- earning ------------------------------------------------------------------------------


def earn_all(session: Session, acts: Sequence[Act]) -> list[PointEarning]:
    """Points for each of *acts* under the terms of the day it was done, within caps; what the same fact brought before is
    taken off. The same key earns once. Raises NoTerms, PotEmpty: then nobody earns.

    All people's accounts are locked before any pot, in the order of ids, so that no two wait for each other.
    """
    accounts = {who: ledger.account_of(session, who) for who in sorted({act.resident_id for act in acts})}
    lock(session, list(accounts.values()))
    return [_earn(session, act, accounts[act.resident_id]) for act in acts]


def _earn(session: Session, act: Act, account: UUID) -> PointEarning:
    if (there := session.get(PointEarning, act.key)) is not None:
        return there
    one = programme(session, act.programme)
    terms = terms_on(session, act.programme, act.at.astimezone(JST).date())
    if terms is None:
        raise rules.NoTerms
    asked = max(0, rules.worth(one.unit, terms.points, act.quantity) - _brought(session, act.fact))
    caps = Caps(terms.per_day, terms.per_month, terms.per_person)
    given = rules.within(asked, caps, _had(session, act)) if asked else 0
    if given > _left(session, one.account_id):
        raise PotEmpty
    earning = PointEarning(
        key=act.key, fact=act.fact, programme=act.programme, version=terms.version, resident_id=act.resident_id,
        quantity=act.quantity, asked=asked, given=given, at=act.at,
        transfer=_pay(session, act, one, account, given) if given else None,
    )  # fmt: skip
    session.add(earning)
    session.flush()
    return earning


def _pay(session: Session, act: Act, one: PointProgramme, account: UUID, given: int) -> int:
    gift = Entry(
        f"earn:{act.key}", one.account_id, account, given, Reason(one.reason), case_ref=act.case_ref, at=act.at
    )
    number = ledger.grant(session, gift) or known(session, [gift.key])[gift.key]
    debts.set_off(session, act.resident_id, number)
    did(session, Action.CHANGE, whose=act.resident_id, what="points.balance", case_ref=act.case_ref)
    cards.note_rank(session, act.resident_id, ranks.rank(session, act.resident_id))
    return number


def _brought(session: Session, fact: str) -> int:
    """What was asked for the same fact before: a cap that cut it is not got round by asking twice."""
    query = select(func.sum(PointEarning.asked)).where(PointEarning.fact == fact, PointEarning.reversed_at.is_(None))
    return session.scalar(query) or 0


def _had(session: Session, act: Act) -> Had:
    """By the days on which things were done, in Japan."""
    day = act.at.astimezone(JST).date()
    month = day.replace(day=1)
    after = (month + timedelta(days=32)).replace(day=1)
    mine = select(func.sum(PointEarning.given)).where(
        PointEarning.resident_id == act.resident_id, PointEarning.programme == act.programme,
        PointEarning.reversed_at.is_(None),
    )  # fmt: skip

    def between(first: date, end: date) -> int:
        span = PointEarning.at >= _begin(first), PointEarning.at < _begin(end)
        return session.scalar(mine.where(*span)) or 0

    return Had(between(day, day + timedelta(days=1)), between(month, after), session.scalar(mine) or 0)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), JST)


def earnings(session: Session, fact: str) -> Sequence[PointEarning]:
    """What the fact brought."""
    return session.scalars(select(PointEarning).where(PointEarning.fact == fact).order_by(PointEarning.key)).all()


def given_by(session: Session, keys: Sequence[str]) -> dict[str, int]:
    """What these looks brought, by key; those that were never looked at are left out."""
    query = select(PointEarning.key, PointEarning.given).where(PointEarning.key.in_(keys))
    return {row.key: row.given for row in session.execute(query)}


def one_at_a_time(session: Session) -> None:
    """Of all who come here one goes on, the others wait for its end; whoever only earns or pays does not."""
    session.execute(select(PointProgramme.code).order_by(PointProgramme.code).with_for_update(key_share=True))


def hold_budgets(session: Session, codes: Collection[str]) -> None:
    """Nobody else is paid by these programmes until the end: whoever compares people with each other comes alone. After
    the people's accounts, in the order of codes, as all who pay do."""
    for code in sorted(codes):
        _left(session, programme(session, code).account_id)
