"""Reading for a task, asking for what is missing, hearing of changes. Each read leaves a row the company sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.applications.events import CompanyApplicationSent
from portal.basics import service as basics
from portal.basics.events import FactChanged, FactsConfirmed
from portal.basics.service import Fact, KindOf
from portal.companies import service as companies
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did, looked
from portal.core.db import insert_once
from portal.core.envelope import KeyRing
from portal.core.events import in_the_same_commit
from portal.core.ids import new_id
from portal.core.words import N_
from portal.files import service as files
from portal.procurement import rules as procurement_rules
from portal.procurement.agencies import agency_of, sections_named
from portal.procurement.models import Agency, AgencySection
from portal.procurement.once import grants, rules
from portal.procurement.once.models import FactChange, FactRead, FactRequest, FactUse
from portal.procurement.once.rules import Task
from portal.procurement.registers import service as registers
from portal.procurement.registers.events import LicenceRegistered
from portal.staff import service as staff

ASKED = (
    N_("%(agency)s needs some of your basics"),
    N_(
        "What you had told before was answered at once. The rest is needed until %(due)s: open the page and fill in only "
        "what is missing."
    ),
)
Company = companies.AnyCompany


def tasks_of(session: Session, actor: Actor) -> list[Task]:
    """The tasks of this member's section, in the order of their list."""
    return list(grants.in_force(session, actor.section))


def open_for(session: Session, ring: KeyRing, actor: Actor, company_id: UUID, *, task: str, case_ref: str) -> UUID:
    """Open the basics of a company: from here on the company sees who, for what and when. Raises NotYourTask, NoAgency,
    CompanyUnknown."""
    agency, may = agency_of(session, actor), grants.in_force(session, actor.section)
    chosen = rules.check_task(task, may)
    if session.get(Company, company_id) is None:
        raise procurement_rules.CompanyUnknown
    basics.take_turns(session, company_id)
    read = FactRead(
        id=new_id(), company_id=company_id, agency_code=agency.code, section_id=actor.section, member_id=actor.id,
        task=str(chosen), case_ref=case_ref, kinds=[str(kind) for kind in may[chosen]], at=clock.now(),
    )  # fmt: skip
    session.add(read)
    session.flush()
    shown = basics.current(session, ring, company_id, may[chosen])
    session.add_all(FactUse(read_id=read.id, fact_id=fact.id) for fact in shown)
    session.flush()
    _see_changes(session, actor, company_id, may[chosen])
    looked(session, whose=company_id, what="basics.read", case_ref=f"{chosen} {read.id}")
    return read.id


def _see_changes(session: Session, actor: Actor, company_id: UUID, kinds: Sequence[KindOf]) -> None:
    """Who opened the newest values has heard of all changes of their kinds."""
    reads = select(FactRead.id).where(FactRead.company_id == company_id)
    session.execute(
        update(FactChange)
        .where(
            FactChange.section_id == actor.section,
            FactChange.seen_at.is_(None),
            FactChange.kind.in_([str(kind) for kind in kinds]),
            FactChange.read_id.in_(reads),
        )
        .values(seen_at=clock.now(), seen_by=actor.id)
    )


@dataclass(frozen=True, slots=True)
class View:
    """What a read shows: the company, its facts, what nobody has told, and what other bodies registered."""

    read: FactRead
    kinds: Sequence[KindOf]
    company: Any
    facts: Sequence[Fact]
    missing: Sequence[KindOf]
    registrations: Sequence[Any]


def view(session: Session, ring: KeyRing, actor: Actor, read_id: UUID) -> View:
    """The facts of one's own read, as they were when it was opened. Raises ReadOver."""
    read, kinds = _own_read(session, actor, read_id)
    used = set(session.scalars(select(FactUse.fact_id).where(FactUse.read_id == read.id)))
    facts = [fact for fact in basics.facts_of(session, ring, read.company_id, kinds) if fact.id in used]
    company = session.get_one(Company, read.company_id)
    looked(session, whose=read.company_id, what="basics.read", case_ref=f"{read.task} {read.id}")
    return View(
        read, kinds, company, facts, missing(session, read.company_id, kinds),
        registers.seen_by(session, read.agency_code, read.company_id) if KindOf.LICENCE in kinds else (),
    )  # fmt: skip


def _own_read(session: Session, actor: Actor, read_id: UUID) -> tuple[FactRead, tuple[KindOf, ...]]:
    """A read of one's own and what it still shows: with its task, or an item of it, it ends at once."""
    read = session.get(FactRead, read_id)
    if (
        read is None
        or read.member_id != actor.id
        or read.section_id != actor.section
        or clock.now() - read.at > rules.OPEN_FOR
    ):
        raise rules.ReadOver
    may = grants.in_force(session, read.section_id)
    kinds = tuple(kind for kind in rules.kinds_of(read.task, read.kinds) if kind in may.get(read.task, ()))  # type: ignore[call-overload]
    if not kinds:
        raise rules.ReadOver
    return read, kinds


def open_evidence(
    session: Session, ring: KeyRing, actor: Actor, *, read_id: UUID, fact_id: UUID, file_id: UUID
) -> files.Opened:
    """A file of evidence of a fact that an own read showed. Raises ReadOver, FileNotFound."""
    read, kinds = _own_read(session, actor, read_id)
    shown = set(basics.kinds_of(session, [fact_id])) <= set(map(str, kinds))
    if not shown or session.get(FactUse, (read.id, fact_id)) is None:
        raise rules.ReadOver
    looked(session, whose=read.company_id, what="basics.read", case_ref=f"file {read.id}")
    return basics.open_evidence(session, ring, read.company_id, fact_id, file_id)


def reads_of(session: Session, company_id: UUID, *, most: int = 200) -> Sequence[Any]:
    """(read, body, section) of a company with its branches, the newest first: who read its basics, for what, when."""
    rows = session.execute(
        select(FactRead, Agency.name)
        .join(Agency, Agency.code == FactRead.agency_code)
        .where(FactRead.company_id.in_(companies.ids_with(company_id)))
        .order_by(FactRead.at.desc(), FactRead.id)
        .limit(most)
    ).all()
    names = {read.section_id: staff.section_name(session, read.section_id) for read, _body in rows}
    return [(read, body, names[read.section_id]) for read, body in rows]


def see_change(session: Session, actor: Actor, fact_id: UUID) -> None:
    """This section has heard of a change of something that came with an application."""
    found = session.get(FactChange, (fact_id, actor.section))
    if found is not None and found.seen_at is None:
        found.seen_at, found.seen_by = clock.now(), actor.id
        session.flush()


def ask(session: Session, actor: Actor, company_id: UUID, *, task: str, case_ref: str, due_on: date) -> FactRequest:
    """Ask a company for what a task needs. What is there is the answer; only if something is missing is the company told.
    Raises NotYourTask, NoAgency, CompanyUnknown."""
    agency, may = agency_of(session, actor), grants.in_force(session, actor.section)
    chosen = rules.check_task(task, may)
    if session.get(Company, company_id) is None:
        raise procurement_rules.CompanyUnknown
    basics.take_turns(session, company_id)
    lacking = missing(session, company_id, may[chosen])
    asked = FactRequest(
        id=new_id(), company_id=company_id, agency_code=agency.code, section_id=actor.section, asked_by=actor.id,
        task=str(chosen), case_ref=case_ref, kinds=[str(kind) for kind in may[chosen]], due_on=due_on, asked_at=clock.now(),
        answered_at=None if lacking else clock.now(),
    )  # fmt: skip
    session.add(asked)
    session.flush()
    did(session, Action.CREATE, whose=company_id, what="fact_requests", case_ref=str(asked.id))
    if lacking:
        companies.tell(
            session, [(company_id, "")], key=f"basics-request:{asked.id}", text=ASKED, sender=agency.name,
            facts={"agency": agency.name, "due": due_on.isoformat()}, link=f"/business/requests/{asked.id}",
        )  # fmt: skip
    return asked


def requests_of_section(session: Session, actor: Actor, *, most: int = 200) -> Sequence[Any]:
    """(request, company, its number) of this member's section, the unanswered first."""
    return session.execute(
        select(FactRequest, Company.name, Company.key)
        .join(Company, Company.id == FactRequest.company_id)
        .where(FactRequest.section_id == actor.section)
        .order_by(FactRequest.answered_at.is_not(None), FactRequest.due_on, FactRequest.id)
        .limit(most)
    ).all()


def own_request(session: Session, actor: Actor, request_id: UUID) -> FactRequest:
    """A request of this member's section; raises RequestOver."""
    found = session.get(FactRequest, request_id)
    if found is None or found.section_id != actor.section:
        raise rules.RequestOver
    return found


def missing(session: Session, company_id: UUID, kinds: Sequence[KindOf]) -> list[KindOf]:
    """What nobody has told of a company: neither itself nor, of licences, a public body that others may ask."""
    lacking = basics.missing(session, company_id, kinds)
    known = KindOf.LICENCE in lacking and registers.has_licence(session, company_id)
    return [kind for kind in lacking if not (known and kind is KindOf.LICENCE)]


def requests_to(session: Session, company_id: UUID) -> Sequence[Any]:
    """(request, body) to a company that still lack something, the nearest day first."""
    return session.execute(
        select(FactRequest, Agency.name)
        .join(Agency, Agency.code == FactRequest.agency_code)
        .where(FactRequest.company_id == company_id, FactRequest.answered_at.is_(None))
        .order_by(FactRequest.due_on, FactRequest.id)
    ).all()


def request_to(session: Session, company_id: UUID, request_id: UUID) -> tuple[FactRequest, str, list[KindOf]]:
    """(request, body, what is missing of it now) of a company; raises RequestOver."""
    found = session.get(FactRequest, request_id)
    if found is None or found.company_id != company_id:
        raise rules.RequestOver
    lacking = [] if found.answered_at else missing(session, company_id, rules.kinds_of(found.task, found.kinds))
    return found, session.get_one(Agency, found.agency_code).name, lacking


def changes_for(session: Session, actor: Actor, *, most: int = 200) -> Sequence[Any]:
    """(change, read, company, its number) this section has not seen, the oldest first."""
    return session.execute(
        select(FactChange, FactRead, Company.name, Company.key)
        .join(FactRead, FactRead.id == FactChange.read_id)
        .join(Company, Company.id == FactRead.company_id)
        .where(FactChange.section_id == actor.section, FactChange.seen_at.is_(None))
        .order_by(FactChange.told_at, FactChange.fact_id)
        .limit(most)
    ).all()


def change_for(session: Session, actor: Actor, fact_id: UUID) -> FactRead:
    """The read by which this section used a fact that changed; raises RequestOver."""
    found = session.get(FactChange, (fact_id, actor.section))
    if found is None:
        raise rules.RequestOver
    return session.get_one(FactRead, found.read_id)


@in_the_same_commit
def on_fact_changed(session: Session, event: FactChanged) -> None:
    """Sections that used the old value hear of it; requests that lack nothing any more are answered."""
    if event.old is not None:
        used = (
            select(FactRead.section_id, FactRead.id)
            .join(FactUse, FactUse.read_id == FactRead.id)
            .where(FactUse.fact_id == event.old)
            .order_by(FactRead.at)
        )
        newest = dict(session.execute(used).all())
        rows = [
            {"fact_id": event.old, "section_id": section, "read_id": read, "new_id": event.new, "kind": event.kind,
             "told_at": clock.now(), "seen_at": None, "seen_by": None}
            for section, read in newest.items()
        ]  # fmt: skip
        if rows:
            insert_once(session, FactChange.__table__, rows)  # type: ignore[arg-type]
    _settle(session, event.company_id)


@in_the_same_commit
def on_application_sent(session: Session, event: CompanyApplicationSent) -> None:
    """What a company sent along with an application lies with a section from now on: the company sees it among the reads,
    and the section hears of changes while it matters. Sections of one name all reach the case, so it lies with each."""
    if event.entries:
        for place in sections_named(session, event.section):
            _lies_with(session, event, place)


def _lies_with(session: Session, event: CompanyApplicationSent, found: AgencySection) -> None:
    read = FactRead(
        id=new_id(), company_id=event.company_id, agency_code=found.agency_code, section_id=found.section_id,
        member_id=event.sent_by, task=rules.APPLICATION, case_ref=event.reference,
        kinds=basics.kinds_of(session, event.entries), at=clock.now(),
    )  # fmt: skip
    session.add(read)
    session.flush()
    session.add_all(FactUse(read_id=read.id, fact_id=entry) for entry in event.entries)
    session.flush()
    looked(session, whose=event.company_id, what="basics.read", case_ref=f"{rules.APPLICATION} {event.reference}")


@in_the_same_commit
def on_facts_confirmed(session: Session, event: FactsConfirmed) -> None:
    """What was only too old is fresh again."""
    _settle(session, event.company_id)


@in_the_same_commit
def on_licence_registered(session: Session, event: LicenceRegistered) -> None:
    """What another body registered need not be told again."""
    _settle(session, event.company_id)


def _settle(session: Session, company_id: UUID) -> None:
    theirs = FactRequest.company_id.in_(companies.ids_with(company_id))
    for one in session.scalars(select(FactRequest).where(theirs, FactRequest.answered_at.is_(None))):
        if not missing(session, one.company_id, rules.kinds_of(one.task, one.kinds)):
            one.answered_at = clock.now()
    session.flush()


def look_for(session: Session, typed: str, *, most: int = 20) -> Sequence[Any]:
    """(id, name, number, address) of accounts with this number, or whose name has *typed* in it."""
    columns = select(Company.id, Company.name, Company.key, Company.address)
    number = companies.number_in(typed)
    if number:
        return session.execute(columns.where(Company.key == number)).all()
    found = [line.number for line in companies.search(session, typed).lines]
    named = Company.key.in_(found) | Company.name.contains(typed.strip(), autoescape=True)
    return session.execute(columns.where(named).order_by(Company.name, Company.key).limit(most)).all()
