"""Acts become points: by the terms of their day, within caps, out of their programme's budget.

By a few statements however many acts there are: a class may bring a file of two thousand people, and while one of them is
paid nobody else writes (SQLite) or is paid by the programme.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.cards import service as cards
from portal.core.audit import Action, did
from portal.core.clock import JST
from portal.points import ranks
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry, known
from portal.points.ledger.rules import PotEmpty, Reason
from portal.points.programmes import debts, rules, service
from portal.points.programmes.models import PointEarning, PointTerms
from portal.points.programmes.rules import Caps, Had
from portal.points.rules import Rank

Terms = Mapping[tuple[str, date], PointTerms]


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

    @property
    def day(self) -> date:
        """In Japan: terms and caps go by it."""
        return self.at.astimezone(JST).date()


def earn_all(session: Session, acts: Sequence[Act]) -> list[PointEarning]:
    """Points for each of *acts* under the terms of the day it was done, within caps; what the same fact brought before is
    taken off. The same key earns once. Raises NoTerms, PotEmpty: then nobody earns.

    All people's accounts are locked before any pot, each in one order, so that no two wait for each other.
    """
    accounts = ledger.hold_accounts(session, {act.resident_id for act in acts})
    there = {one.key: one for one in _by_key(session, [act.key for act in acts])}
    fresh = dict[str, Act]()
    for act in acts:
        if act.key not in there:
            fresh.setdefault(act.key, act)
    made = _earn(session, list(fresh.values()), accounts) if fresh else []
    there |= {one.key: one for one in made}
    return [there[act.key] for act in acts]


def _earn(session: Session, acts: Sequence[Act], accounts: Mapping[UUID, UUID]) -> list[PointEarning]:
    terms = _terms(session, acts)
    brought = _brought(session, {act.fact for act in acts})
    had = _Had(session, acts, accounts)
    left = {code: service.pot(session, code)[1] for code in sorted({act.programme for act in acts})}
    made = []
    for act in acts:
        now = terms[act.programme, act.day]
        unit = service.programme(session, act.programme).unit
        asked = max(0, rules.worth(unit, now.points, act.quantity) - brought[act.fact])
        given = rules.within(asked, Caps(now.per_day, now.per_month, now.per_person), had.of(act))
        brought[act.fact] += asked
        had.add(act, given)
        left[act.programme] -= given
        if left[act.programme] < 0:
            raise PotEmpty
        made.append(
            PointEarning(
                key=act.key, fact=act.fact, programme=act.programme, version=now.version, resident_id=act.resident_id,
                quantity=act.quantity, asked=asked, given=given, at=act.at,
            )
        )  # fmt: skip
    _pay(session, [(act, one) for act, one in zip(acts, made, strict=True) if one.given], accounts)
    session.add_all(made)
    session.flush()
    return made


def _terms(session: Session, acts: Sequence[Act]) -> Terms:
    on = service.calendar(session, {act.programme for act in acts})
    found = {(act.programme, act.day): on(act.programme, act.day) for act in acts}
    if None in found.values():
        raise rules.NoTerms
    return {place: terms for place, terms in found.items() if terms}


def _brought(session: Session, facts: Collection[str]) -> Counter[str]:
    """What was asked for the same fact before: a cap that cut it is not got round by asking twice."""
    query = select(PointEarning.fact, func.sum(PointEarning.asked)).group_by(PointEarning.fact)
    query = query.where(PointEarning.fact.in_(facts), PointEarning.reversed_at.is_(None))
    return Counter({fact: int(asked) for fact, asked in session.execute(query)})


class _Had:
    """What people got of each programme on a day, in a month and in all, by whichever of their records; with what they get
    here, act by act."""

    def __init__(self, session: Session, acts: Sequence[Act], accounts: Mapping[UUID, UUID]) -> None:
        self._accounts = accounts
        self._sums = Counter[tuple[UUID, str, object]]()
        days = sorted(act.day for act in acts)
        first, end = days[0].replace(day=1), (days[-1].replace(day=1) + timedelta(days=32)).replace(day=1)
        owners = ledger.owners_of(session, set(accounts.values()))
        some = (
            PointEarning.resident_id.in_(owners),
            PointEarning.programme.in_({act.programme for act in acts}),
            PointEarning.reversed_at.is_(None),
        )
        one = PointEarning.resident_id, PointEarning.programme
        for who, code, given in session.execute(select(*one, func.sum(PointEarning.given)).where(*some).group_by(*one)):
            self._sums[owners[who], code, ""] += int(given)
        span = PointEarning.at >= _begin(first), PointEarning.at < _begin(end)
        for who, code, given, at in session.execute(
            select(*one, PointEarning.given, PointEarning.at).where(*some, *span)
        ):
            self._add(owners[who], code, at.astimezone(JST).date(), given)

    def of(self, act: Act) -> Had:
        account = self._accounts[act.resident_id]
        month = act.day.year, act.day.month
        return Had(*(self._sums[account, act.programme, span] for span in (act.day, month, "")))

    def add(self, act: Act, given: int) -> None:
        account = self._accounts[act.resident_id]
        self._sums[account, act.programme, ""] += given
        self._add(account, act.programme, act.day, given)

    def _add(self, account: UUID, programme: str, day: date, given: int) -> None:
        for span in (day, (day.year, day.month)):
            self._sums[account, programme, span] += given


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), JST)


def _pay(session: Session, earned: Sequence[tuple[Act, PointEarning]], accounts: Mapping[UUID, UUID]) -> None:
    gifts = []
    for act, one in earned:
        programme = service.programme(session, act.programme)
        gifts.append(
            Entry(
                f"earn:{act.key}", programme.account_id, accounts[act.resident_id], one.given, Reason(programme.reason),
                case_ref=act.case_ref, at=act.at,
            )
        )  # fmt: skip
    numbers = dict(zip((gift.key for gift in gifts), ledger.grant_all(session, gifts), strict=True))
    numbers |= known(session, [key for key, number in numbers.items() if number is None])
    people = {act.resident_id for act, _one in earned}
    owing = debts.owing(session, ledger.owners_of(session, set(accounts.values())))
    for act, one in earned:
        one.transfer = numbers[f"earn:{act.key}"]
        if one.transfer and accounts[act.resident_id] in owing:
            debts.set_off(session, act.resident_id, one.transfer)
        did(session, Action.CHANGE, whose=act.resident_id, what="points.balance", case_ref=act.case_ref)
    held = ranks.of_many(session, sorted(people))
    cards.note_ranks(session, {who: held.get(who, Rank.REGULAR) for who in people})


# ---- telling ------------------------------------------------------------------------------


def earnings(session: Session, fact: str) -> Sequence[PointEarning]:
    """What the fact brought."""
    return session.scalars(select(PointEarning).where(PointEarning.fact == fact).order_by(PointEarning.key)).all()


def taken_back(session: Session, facts: Collection[str]) -> Counter[str]:
    """How often what each of these facts brought was taken back."""
    query = select(PointEarning.fact, func.count()).group_by(PointEarning.fact)
    back = query.where(PointEarning.fact.in_(facts), PointEarning.reversed_at.is_not(None))
    return Counter({row[0]: row[1] for row in session.execute(back)})


def given_by(session: Session, keys: Sequence[str]) -> dict[str, int]:
    """What these looks brought, by key; those that were never looked at are left out."""
    return {one.key: one.given for one in _by_key(session, keys)}


def _by_key(session: Session, keys: Iterable[str]) -> Sequence[PointEarning]:
    return session.scalars(select(PointEarning).where(PointEarning.key.in_(list(keys)))).all()
