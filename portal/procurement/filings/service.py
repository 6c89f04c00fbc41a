"""Beginning a company's application with what it told before, and renewing a licence that was approved."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.applications.events import CompanyApplicationApproved
from portal.applications.service import CompanyTold, KnownOf
from portal.basics import service as basics
from portal.basics.service import Fact, KindOf
from portal.companies import service as companies
from portal.companies.service import PowerOf, StandingOf
from portal.core import clock, outbox
from portal.core.actor import Actor
from portal.core.envelope import KeyRing
from portal.core.events import in_the_same_commit
from portal.core.words import N_
from portal.procurement import agencies
from portal.procurement.filings import rules
from portal.procurement.registers import service as registers

RENEWED = N_("The licence was renewed in the register")
NOT_RENEWED = N_("The register was not changed: the licence was withdrawn meanwhile, or another body gave it")


def _account(said: Mapping[str, str]) -> dict[str, str]:
    parts = ("bank", "bank_code", "branch", "branch_code", "number", "holder")
    return {part: said[part] for part in parts} | {"kind": said["account"]}


# What each source takes from an entry of the basics.
FROM_ENTRIES: Mapping[KnownOf, tuple[KindOf, Callable[[Mapping[str, str]], Any]]] = {
    KnownOf.COMPANY_POST: (KindOf.OFFICER, lambda said: said["title"]),
    KnownOf.COMPANY_HEAD: (KindOf.OFFICER, lambda said: said["name"]),
    KnownOf.COMPANY_HEAD_KANA: (KindOf.OFFICER, lambda said: said["kana"]),
    KnownOf.COMPANY_CONTACT: (KindOf.CONTACT, lambda said: said["section"]),
    KnownOf.COMPANY_PHONE: (KindOf.CONTACT, lambda said: said["phone"]),
    KnownOf.COMPANY_EMAIL: (KindOf.CONTACT, lambda said: said["email"]),
    KnownOf.COMPANY_ITEMS: (KindOf.ITEMS, lambda said: said["items"]),
    KnownOf.COMPANY_CAPITAL: (KindOf.CAPITAL, lambda said: int(said["yen"])),
    KnownOf.COMPANY_INVOICE: (KindOf.INVOICE, lambda said: said["number"]),
    KnownOf.COMPANY_ACCOUNT: (KindOf.BANK, _account),
}


def start(session: Session, ring: KeyRing, actor: Actor, procedure: str) -> UUID:
    """The company's draft, begun with what it told before. Raises NoStanding, PowerMissing, ProcedureNotFound, NoLicence."""
    sources, licence, section = applications.wanted_of_company(procedure)
    standing = companies.standing(session, actor, PowerOf.APPLICATIONS)
    companies.check_open(standing)
    told = _told(session, ring, standing, sources)
    if licence:
        held = _licences(session, standing.company_id, licence, _bodies(session, section))
        if not held:
            raise rules.NoLicence(licence=licence)
        told = CompanyTold({**told.facts, KnownOf.COMPANY_LICENCES: held}, told.stale, told.used)
    return applications.start_for_company(session, actor, procedure, told).id


def _told(session: Session, ring: KeyRing, standing: StandingOf, sources: frozenset[KnownOf]) -> CompanyTold:
    """By source; an account only for whom the company lets see its whole number."""
    account, _row = companies.register_row(session, standing.company_id)
    facts: dict[str, Any] = {
        KnownOf.COMPANY_NAME: account.name,
        KnownOf.COMPANY_NUMBER: companies.number_of(session, account),
        KnownOf.COMPANY_ADDRESS: account.address or None,
    }
    wanted = {source: FROM_ENTRIES[source] for source in sources if source in FROM_ENTRIES}
    if PowerOf.BASICS not in standing.powers:
        wanted.pop(KnownOf.COMPANY_ACCOUNT, None)
    kinds = sorted({kind for kind, _take in wanted.values()})
    current = basics.current(session, ring, standing.company_id, kinds) if kinds else []
    chosen = {kind: _chosen(kind, [one for one in current if one.kind is kind]) for kind in kinds}
    entries = {source: (entry, take) for source, (kind, take) in wanted.items() if (entry := chosen[kind])}
    facts |= {source: take(entry.content) or None for source, (entry, take) in entries.items()}
    return CompanyTold(
        facts,
        stale={str(source) for source, (entry, _take) in entries.items() if not entry.is_fresh},
        used={str(source): entry.id for source, (entry, _take) in entries.items()},
    )


def _chosen(kind: KindOf, entries: list[Fact]) -> Fact | None:
    if kind is KindOf.OFFICER:
        return rules.representative(entries)
    return entries[0] if entries else None


def _bodies(session: Session, section: str) -> set[str]:
    """For whom the section of this name decides."""
    return {one.agency_code for one in agencies.sections_named(session, section)}


def _licences(session: Session, company_id: UUID, named: str, bodies: Collection[str]) -> list[dict[str, str]]:
    """Registered licences of this name that end some day, as a form lets choose from them: those of the body that decides,
    which cannot renew what another has given."""
    return [
        {"id": str(one.id), "name": f"{one.name} {one.number}", "valid_until": one.valid_until.isoformat()}
        for one, _body in registers.of_company(session, company_id)
        if one.agency_code in bodies
        and one.kind == "licence"
        and one.withdrawn_at is None
        and one.valid_until
        and named in one.name
    ]


@in_the_same_commit
def on_application_approved(session: Session, event: CompanyApplicationApproved) -> None:
    """A licence that was renewed holds longer from this moment on, in the register and in the company's basics. Where its
    body withdrew it meanwhile, the case says so."""
    if event.licence is None:
        return
    until = partial(rules.renewed_until, years=event.years, today=clock.today())
    bodies = _bodies(session, event.section)
    found = registers.renew(session, event.licence, event.company_id, bodies=bodies, until=until)
    words = NOT_RENEWED if found is None else RENEWED
    facts = {"number": found.number} if found else {}
    applications.add_to_timeline(session, event.application_id, "licence-renewed", facts, text=words)
    if found is not None and found.valid_until is not None:
        payload = {
            "company_id": str(event.company_id), "number": found.number, "until": found.valid_until.isoformat(),
            "from": clock.today().isoformat(), "source": event.reference, "by": str(event.sent_by),
        }  # fmt: skip
        outbox.post(session, basics.RENEW, payload, key=f"{basics.RENEW}:{event.application_id}")
