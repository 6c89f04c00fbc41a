"""Brings the demo city into an empty database: the cast, and as many made-up neighbours as asked for."""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice

from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import clock
from portal.demo import (
    accounts,
    applications,
    assisted,
    banks,
    basics,
    businesses,
    cards,
    casework,
    cast,
    certificates,
    channels,
    company_accounts,
    company_changes,
    company_letters,
    desk_notices,
    devices,
    facts,
    filings,
    guidance,
    guide,
    hall,
    ledgers,
    notices,
    offline,
    past_days,
    points,
    reservations,
    sending_keys,
    staff,
    tenders,
    waiting,
)
from portal.demo.people import Person, people
from portal.residents.service import BATCH, RegisterRow, Taken, take

SEED = 2026
RESIDENTS = 1_000
COMPANIES = 60

Watch = Callable[[int], None]


def load_city(
    session: Session, *, residents: int = RESIDENTS, seed: int = SEED, watch: Watch = lambda rows: None
) -> Taken:
    """Cast and neighbours, `residents` people in all (never fewer than the cast); `watch` is told the rows done."""
    taken = Taken()
    rows = city_rows(residents, seed=seed, today=clock.today())
    while batch := list(islice(rows, BATCH)):
        taken += take(session, batch)
        watch(taken.rows)
    return taken


def city_rows(residents: int, *, seed: int, today: date) -> Iterator[RegisterRow]:
    """The rows of the register of the demo city, the cast first."""
    known = cast.residents(today)
    yield from (_row(someone) for someone in known)
    yield from (_row(someone) for someone in people(max(0, residents - len(known)), seed=seed, today=today))


def _row(someone: cast.Resident | Person) -> RegisterRow:
    return RegisterRow(**{name: getattr(someone, name) for name in RegisterRow._fields})


def furnish(session: Session, settings: Settings, *, companies: int = COMPANIES) -> None:
    """What stands in the rooms on the first day, from the lowest room to the highest; *companies* is how many there are
    in all (never fewer than the cast's)."""
    banks.load(session)
    facts.load(session)
    staff.load(session)
    applications.load(session)
    accounts.load(session, settings)
    guide.load(session)
    devices.load(session, settings)
    cards.load(session, settings)
    reservations.load(session)
    hall.load(session)
    offline.load(session)
    past_days.load(session)
    waiting.load(session)
    applications.load_without_account(session)
    ledgers.load(session)
    certificates.load(session, settings)
    points.load(session, settings)
    casework.load(session)
    assisted.load(session)
    notices.load(session, settings)
    desk_notices.load(session)
    channels.load(session, settings)
    sending_keys.load(session, settings)
    guidance.load(session)
    businesses.load(session, companies, settings.gbizid_issuer or businesses.ISSUER)
    tenders.load(session, settings, companies=max(companies, COMPANIES))
    basics.load(session, settings)
    filings.load(session, settings)
    company_letters.load(session)
    company_accounts.load(session)
    company_changes.load(session)
