"""Keeping what a company says of itself: enter, change, end, confirm; and what others find here."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, literal, or_, select, update
from sqlalchemy.orm import Session

from portal.basics import rules
from portal.basics.events import FactChanged, FactsConfirmed
from portal.basics.models import CompanyFact
from portal.basics.rules import SINGLE, Kind
from portal.companies import service as companies
from portal.companies.service import PowerOf, StandingOf
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.envelope import KeyRing, Wrapped, open_part, seal_part
from portal.core.events import emit
from portal.core.ids import new_id
from portal.core.words import N_
from portal.files import service as files

KindOf = Kind
KIND_WORDS = rules.KIND_WORDS
OF_BRANCH = rules.OF_BRANCH
words_of = rules.words_of
REWRAPPED_AT_ONCE = 500
EVIDENCE = "evidence"
RENEW = "basics.renew-licence"
CONFIRM = (
    N_("Are the basics of your company still correct?"),
    N_("Some of them are a year old. Look at them once: one button says that all is still correct."),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody wants to be kept: sound content and its days."""

    content: Mapping[str, str] = field(repr=False)
    valid_from: date
    valid_until: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact as pages show it."""

    id: UUID
    kind: Kind
    content: Mapping[str, str] = field(repr=False)
    valid_from: date
    valid_until: date | None
    ended_on: date | None
    source: str
    entered_at: datetime
    entered_by: str = field(repr=False)
    confirmed_at: datetime
    replaces: UUID | None

    @property
    def holds(self) -> bool:
        return rules.holds(self.valid_from, self.valid_until, self.ended_on, clock.today())

    @property
    def comes(self) -> bool:
        """Whether it begins later."""
        return self.valid_from > clock.today() and self.ended_on is None

    @property
    def is_fresh(self) -> bool:
        return rules.is_fresh(self.confirmed_at, clock.now())


def own_standing(session: Session, actor: Actor) -> StandingOf:
    """For whose basics *actor* is here: people of the company itself, and agents who were let. Raises NotAllowedToLook."""
    standing = companies.standing(session, actor)
    if not standing.role and PowerOf.BASICS not in standing.powers:
        raise rules.NotAllowedToLook
    return standing


def facts_of(session: Session, ring: KeyRing, company_id: UUID, kinds: Collection[Kind] = tuple(Kind)) -> list[Fact]:
    """Everything that was ever told, the newest first, opened; of a branch with what its company says for all. Who calls it
    has asked who may look."""
    rows = session.execute(
        select(CompanyFact, companies.AnyPerson.name)
        .join(companies.AnyPerson, companies.AnyPerson.id == CompanyFact.entered_by)
        .where(_said_by(session, company_id, kinds))
        .order_by(CompanyFact.valid_from.desc(), CompanyFact.entered_at.desc(), CompanyFact.id)
    ).all()
    return [_fact(ring, row, name) for row, name in rows]


def _said_by(session: Session, company_id: UUID, kinds: Collection[Kind]) -> Any:
    """The facts of these kinds about an account: a branch keeps some itself, and its company the others."""
    head = companies.head_of(session, company_id)
    if head is None:
        return and_(CompanyFact.company_id == company_id, CompanyFact.kind.in_(map(str, kinds)))
    own, heads = [kind for kind in kinds if kind in OF_BRANCH], [kind for kind in kinds if kind not in OF_BRANCH]
    return or_(
        and_(CompanyFact.company_id == company_id, CompanyFact.kind.in_(map(str, own))),
        and_(CompanyFact.company_id == head, CompanyFact.kind.in_(map(str, heads))),
    )


def current(session: Session, ring: KeyRing, company_id: UUID, kinds: Collection[Kind] = tuple(Kind)) -> list[Fact]:
    """What holds today."""
    return [fact for fact in facts_of(session, ring, company_id, kinds) if fact.holds]


def kinds_of(session: Session, entries: Iterable[UUID]) -> list[str]:
    """Of which kinds some entries are, in the order of the kinds."""
    found = set(session.scalars(select(CompanyFact.kind).where(CompanyFact.id.in_(list(entries)))))
    return [str(kind) for kind in Kind if kind in found]


def missing(session: Session, company_id: UUID, kinds: Iterable[Kind]) -> list[Kind]:
    """Of *kinds*, those of which nothing holds today that the company said or confirmed within a year. The address of the
    national register counts as a place of business."""
    wanted, today = list(kinds), clock.today()
    there = set(
        session.scalars(
            select(CompanyFact.kind).where(
                _said_by(session, company_id, wanted),
                *_holding(today),
                CompanyFact.confirmed_at > clock.now() - rules.GOOD_FOR,
            )
        )
    )
    if session.get_one(companies.AnyCompany, company_id).address:
        there.add(Kind.ADDRESS)
    return [kind for kind in wanted if kind not in there]


def only_old(session: Session, company_id: UUID, kinds: Iterable[Kind]) -> set[Kind]:
    """Of *kinds*, those that hold but that nobody has confirmed for a year: one button makes them fresh."""
    kinds = list(kinds)
    mine = select(CompanyFact.kind).where(_said_by(session, company_id, kinds), *_holding(clock.today()))
    there = set(session.scalars(mine))
    return {kind for kind in kinds if kind in there}


def _holding(day: date) -> tuple[Any, ...]:
    """The conditions of rules.holds, for the database."""
    return (
        CompanyFact.valid_from <= day,
        or_(CompanyFact.valid_until.is_(None), CompanyFact.valid_until >= day),
        or_(CompanyFact.ended_on.is_(None), CompanyFact.ended_on > day),
    )


def enter(
    session: Session, ring: KeyRing, actor: Actor, kind: Kind, said: Told, *,
    instead: UUID | None = None, evidence: files.Prepared | None = None,
) -> UUID:  # fmt: skip
    """Keep a new fact; *instead* of an older one it takes over on its first day. Who used the older one is told. Raises
    PowerMissing, FactMoved, TooManyFacts, OfHeadOffice, InvoiceOfCorporation."""
    standing = companies.standing(session, actor, PowerOf.BASICS)
    _check_whose(session, standing, kind, said)
    take_turns(session, standing.company_id)
    old = _replaced(session, standing.company_id, kind, instead)
    fact_id = new_id()
    if old is not None:
        first = max(said.valid_from, old.valid_from)
        _end(session, actor, old, first)
    elif _count(session, standing.company_id, kind) >= rules.MOST_OF_A_KIND:
        raise rules.TooManyFacts(most=rules.MOST_OF_A_KIND)
    session.add(_sealed(ring, actor, fact_id, standing.company_id, kind, said, old.id if old else None))
    session.flush()
    if evidence is not None:
        files.keep(session, ring, evidence, owner_id=None, case_id=fact_id, place=EVIDENCE)
    did(session, Action.CREATE, whose=standing.company_id, what="company_facts", case_ref=str(kind))
    emit(session, FactChanged(company_id=standing.company_id, kind=kind, old=old.id if old else None, new=fact_id))
    return fact_id


def _check_whose(session: Session, standing: StandingOf, kind: Kind, said: Told) -> None:
    """A branch says nothing for the company; a sole proprietor's invoice number is no corporation's."""
    companies.check_open(standing)
    if standing.head is not None and kind not in OF_BRANCH:
        raise rules.OfHeadOffice
    is_number_of_ours = kind is Kind.INVOICE and not companies.is_number(standing.key)
    if is_number_of_ours and companies.corporation(session, said.content["number"].removeprefix("T")) is not None:
        raise rules.InvoiceOfCorporation


def renewed(session: Session, ring: KeyRing, sender: Actor, company_id: UUID, old_id: UUID, said: Told) -> None:
    """A public body has renewed what an entry says: the new word takes over on its first day, on record as told by who
    applied for it."""
    old = _own(session, company_id, old_id)
    _end(session, sender, old, said.valid_from)
    new = _sealed(ring, sender, new_id(), company_id, Kind(old.kind), said, old.id)
    session.add(new)
    session.flush()
    did(session, Action.CHANGE, whose=company_id, what="company_facts", case_ref=said.source)
    emit(session, FactChanged(company_id=company_id, kind=old.kind, old=old.id, new=new.id))


def _sealed(
    ring: KeyRing, actor: Actor, fact_id: UUID, company_id: UUID, kind: Kind, said: Told, replaces: UUID | None
) -> CompanyFact:
    """The row of a new fact: its content under a key of its own."""
    bound, now = _bound(fact_id, company_id, kind), clock.now()
    key, wrapped = ring.new_key(bound)
    content = json.dumps(dict(said.content), ensure_ascii=False).encode()
    return CompanyFact(
        id=fact_id, company_id=company_id, kind=str(kind), key_id=wrapped.key_id, wrapped_key=wrapped.sealed,
        sealed=seal_part(key, 0, content, bound), valid_from=said.valid_from, valid_until=said.valid_until,
        source=said.source, replaces=replaces, entered_at=now, entered_by=actor.id, confirmed_at=now, told=0,
        ended_on=None, ended_at=None, ended_by=None,
    )  # fmt: skip


def take_turns(session: Session, company_id: UUID) -> None:
    """Nobody changes the basics of a company while somebody else changes, reads or asks for them: who reads an old value
    is told of the change, and who asks hears of the answer."""
    company = companies.AnyCompany
    head = select(company.head_id).where(company.id == company_id).scalar_subquery()
    mine = select(company.id).where((company.id == company_id) | (company.id == head)).order_by(company.id)
    session.execute(mine.with_for_update(key_share=True))


def _replaced(session: Session, company_id: UUID, kind: Kind, instead: UUID | None) -> CompanyFact | None:
    if instead is None and kind in SINGLE:
        query = select(CompanyFact).where(CompanyFact.company_id == company_id, CompanyFact.kind == str(kind))
        return session.scalar(query.where(CompanyFact.ended_on.is_(None)).order_by(CompanyFact.valid_from.desc()))
    return _own(session, company_id, instead, kind) if instead else None


def _own(session: Session, company_id: UUID, fact_id: UUID, kind: Kind | None = None) -> CompanyFact:
    """A fact of this company that nobody ended yet; FactMoved."""
    found = session.get(CompanyFact, fact_id)
    if found is None or found.company_id != company_id or found.ended_on is not None or kind not in (None, found.kind):
        raise rules.FactMoved
    return found


def _end(session: Session, actor: Actor, fact: CompanyFact, first_day_without: date) -> None:
    ended = session.execute(
        update(CompanyFact)
        .where(CompanyFact.id == fact.id, CompanyFact.ended_on.is_(None))
        .values(ended_on=first_day_without, ended_at=clock.now(), ended_by=actor.id)
    ).rowcount  # type: ignore[attr-defined]
    if not ended:
        raise rules.FactMoved


def _count(session: Session, company_id: UUID, kind: Kind) -> int:
    mine = CompanyFact.company_id == company_id, CompanyFact.kind == str(kind), CompanyFact.ended_on.is_(None)
    return session.scalar(select(func.count()).select_from(CompanyFact).where(*mine)) or 0


def remove(session: Session, actor: Actor, fact_id: UUID) -> None:
    """It no longer holds from today on. If it was to begin later, what it would have replaced stays. Raises FactMoved."""
    standing = companies.standing(session, actor, PowerOf.BASICS)
    take_turns(session, standing.company_id)
    fact, today = _own(session, standing.company_id, fact_id), clock.today()
    _end(session, actor, fact, max(today, fact.valid_from) if fact.valid_from <= today else fact.valid_from)
    if fact.valid_from > today and fact.replaces is not None:
        session.execute(
            update(CompanyFact)
            .where(CompanyFact.id == fact.replaces)
            .values(ended_on=None, ended_at=None, ended_by=None)
        )
    did(session, Action.CHANGE, whose=standing.company_id, what="company_facts", case_ref=fact.kind)
    stays = fact.replaces if fact.valid_from > today else None
    emit(session, FactChanged(company_id=standing.company_id, kind=fact.kind, old=fact.id, new=stays))


def confirm(session: Session, actor: Actor) -> int:
    """The company says that all that holds is still correct; how many facts that are."""
    standing = companies.standing(session, actor, PowerOf.BASICS)
    take_turns(session, standing.company_id)
    confirmed = session.execute(
        update(CompanyFact)
        .where(CompanyFact.company_id == standing.company_id, *_holding(clock.today()))
        .values(confirmed_at=clock.now(), told=0)
    ).rowcount  # type: ignore[attr-defined]
    did(session, Action.CHANGE, whose=standing.company_id, what="company_facts(confirmed_at)")
    emit(session, FactsConfirmed(company_id=standing.company_id))
    return int(confirmed)


def remind(session: Session, _payload: dict[str, Any]) -> None:
    """Ask companies whose word is a year old whether it still holds, and once more a month later (worker, daily)."""
    today = clock.today()
    for told, age in enumerate((rules.GOOD_FOR, rules.GOOD_FOR + rules.REMIND_AGAIN)):
        due = (*_holding(today), CompanyFact.told <= told, CompanyFact.confirmed_at <= clock.now() - age)
        still = select(companies.AnyCompany.id).where(companies.AnyCompany.closed_on.is_(None))
        chosen = select(CompanyFact.company_id, literal("")).where(*due, CompanyFact.company_id.in_(still)).distinct()
        if session.execute(chosen.limit(1)).first() is None:
            continue
        companies.tell_selected(
            session, chosen, key=f"basics-confirm:{today}:{told}", text=CONFIRM, facts={}, link="/business/basics",
            sender="",
        )  # fmt: skip
        session.execute(update(CompanyFact).where(*due).values(told=told + 1))


def rewrap(session: Session, ring: KeyRing) -> int:
    """Wrap some keys that another key wrapped with the current one; how many (0: all are done)."""
    query = select(CompanyFact).where(CompanyFact.key_id != ring.current).order_by(CompanyFact.id)
    rows = session.scalars(query.limit(REWRAPPED_AT_ONCE).with_for_update()).all()
    for row in rows:
        bound = _bound(row.id, row.company_id, row.kind)
        wrapped = ring.wrap(ring.unwrap(Wrapped(row.key_id, row.wrapped_key), bound), bound)
        row.key_id, row.wrapped_key = wrapped.key_id, wrapped.sealed
    session.flush()
    return len(rows)


def evidence_of(session: Session, fact_id: UUID) -> Sequence[files.Kept]:
    """The files that came with a fact."""
    return files.of_case(session, fact_id)


def is_masked(session: Session, standing: StandingOf, fact_id: UUID) -> bool:
    """Whether *standing* sees this fact's last digits only: a copy of the bank book would say more."""
    fact = session.get(CompanyFact, fact_id)
    return fact is not None and fact.kind == Kind.BANK and PowerOf.BASICS not in standing.powers


def open_evidence(session: Session, ring: KeyRing, company_id: UUID, fact_id: UUID, file_id: UUID) -> files.Opened:
    """A file of evidence of this company; FileNotFound for any other."""
    fact = session.get(CompanyFact, fact_id)
    if fact is None:
        raise files.FileNotFound
    of_head = fact.kind not in OF_BRANCH and fact.company_id == companies.head_of(session, company_id)
    if fact.company_id != company_id and not of_head:
        raise files.FileNotFound
    return files.open_of_city(session, ring, file_id, case_id=fact_id)


def _bound(fact_id: UUID, company_id: UUID, kind: str) -> bytes:
    """What the seal says: this row, this company, this kind."""
    return b"company-fact-v1\0" + fact_id.bytes + company_id.bytes + kind.encode()


def _fact(ring: KeyRing, row: CompanyFact, name: str) -> Fact:
    bound = _bound(row.id, row.company_id, row.kind)
    key = ring.unwrap(Wrapped(row.key_id, row.wrapped_key), bound)
    content = json.loads(open_part(key, 0, row.sealed, bound))
    return Fact(
        row.id, Kind(row.kind), content, row.valid_from, row.valid_until, row.ended_on, row.source, row.entered_at, name,
        row.confirmed_at, row.replaces,
    )  # fmt: skip
