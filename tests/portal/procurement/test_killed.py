"""`kill -9` at every step on the database: a tender is told to each company once, an opening is whole or not begun.

One life after the other does the same and dies one statement later than the last one, until one lives to its end
(tests/forks.py, tests/house/mortal.py). What each leaves behind is looked at before the next begins.
"""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import wiring
from portal.companies.models import BusinessDelivery, BusinessNotice, Company
from portal.config import Settings
from portal.core import clock
from portal.core.outbox import LEASE, Promise
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.procurement import matching, tenders
from portal.procurement.models import Tender, TenderBid, TenderRelease
from portal.procurement.rules import State
from portal.procurement.sealed import opening, service
from portal.procurement.sealed.models import Quotation, QuotationLock
from portal.procurement.sealed.seal import Said
from tests import forks
from tests.forks import Channel
from tests.house.mortal import die_at
from tests.portal.procurement import city
from tests.portal.procurement.city import buyer

LEAST_DEATHS = 8


def lives(database: Database, work: Callable[[], None]) -> Iterator[int]:
    """Do *work* in one process after the other, each killed a step later, until one ends; yields after each death."""
    for step in count(1):
        life, channel = forks.forked(database, partial(_live, work, step))
        try:
            ended = channel.hear() == "ended"
        except EOFError:
            ended = False
        _life, status = os.waitpid(life, 0)
        channel.close()
        assert ended or os.WIFSIGNALED(status), "it ended by a fault"
        if ended:
            return
        yield step


def _live(work: Callable[[], None], step: int, channel: Channel) -> None:
    die_at(step, only_commits=False)
    work()
    channel.say("ended")


def told_of(session: Session, tender: Tender) -> list[Any]:
    query = select(BusinessDelivery.company_id).join(BusinessNotice, BusinessNotice.id == BusinessDelivery.notice_id)
    return list(session.scalars(query.where(BusinessNotice.key == f"tender:{tender.id}")))


@pytest.fixture
def draft(database: Database, town: None) -> Tender:
    """A tender that fits some companies, not published yet."""
    with database.command("write") as session:
        return tenders.write(session, buyer(session), city.facts(grades=["A", "B", "C", "D"]), ocid_prefix=city.PREFIX)


def test_a_tender_is_told_to_each_company_once(database: Database, settings: Settings, draft: Tender) -> None:
    with database.command("look") as session:
        fitting = {row[0] for row in session.execute(matching.fitting(draft, clock.today()))}
    assert len(fitting) > 1

    def publish() -> None:
        with database.command("publish") as session:
            if session.get_one(Tender, draft.id).state == State.DRAFT:
                tenders.publish(session, buyer(session), draft.id, 1)

    deaths = 0
    for _step in lives(database, publish):
        deaths += 1
        with database.command("look") as session:
            told, state = told_of(session, draft), session.get_one(Tender, draft.id).state
            assert (set(told), state) in ((set(), State.DRAFT), (fitting, State.ACTIVE))
            assert len(told) == len(set(told))
            releases = session.scalar(select(func.count()).select_from(TenderRelease))
            assert releases == (1 if told else 0)
    assert deaths >= LEAST_DEATHS
    moment = [clock.now()]

    def work() -> None:
        with clock.freeze(moment[0]):
            Worker(database, wiring.work(settings), ()).run_pending()

    for _step in lives(database, work):
        moment[0] += LEASE + timedelta(seconds=1)
        with database.command("look") as session:
            assert sorted(map(str, told_of(session, draft))) == sorted(map(str, fitting))
    with database.command("look") as session:
        assert session.scalars(select(Promise).where(Promise.done_at.is_(None))).all() == []
        assert len(session.scalars(select(BusinessNotice).where(BusinessNotice.key.startswith("tender:"))).all()) == 1


@pytest.fixture
def filed(database: Database, locked: Any) -> Any:
    """The same tender with four quotations."""
    tender_id, pairs, shoko, ring = locked
    with database.command("file") as session:
        others = session.scalars(
            select(Company.id).where(Company.id != shoko.company).order_by(Company.key).limit(3)
        ).all()
        tender = session.get_one(Tender, tender_id)
        for amount, company in enumerate(others, start=1_300_000):
            service.keep(session, ring, tender, company, shoko.id, Said(amount, 1, "架空"))
        assert len(others) == 3
        return tender_id, pairs, ring, tender.submissions_until


def test_an_opening_is_whole_or_not_begun(database: Database, filed: Any) -> None:
    tender_id, pairs, ring, until = filed

    def give(officer: Any, code: str) -> None:
        with clock.freeze(until), database.command("open") as session:
            lock = session.get_one(QuotationLock, tender_id)
            if officer.id not in (lock.first_by, lock.second_by):
                opening.give_code(session, ring, officer, tender_id, code)

    deaths = 0
    for officer, code in pairs:
        for _step in lives(database, partial(give, officer, code)):
            deaths += 1
            is_whole_or_not_begun(database, tender_id)
    with database.command("look") as session:
        assert session.get_one(QuotationLock, tender_id).opened_at is not None

    def decide() -> None:
        with clock.freeze(until), database.command("decide") as session:
            tender = session.get_one(Tender, tender_id)
            if tender.state == State.ACTIVE:
                opening.decide(session, buyer(session), tender_id, tender.version, despite="架空の理由")

    for _step in lives(database, decide):
        deaths += 1
        with database.command("look") as session:
            tender, won = session.get_one(Tender, tender_id), TenderBid.won.is_(True)
            winners = session.scalars(select(TenderBid.number).where(TenderBid.tender_id == tender_id, won)).all()
            tags = [one.body["tag"] for one in session.scalars(select(TenderRelease))]
            assert (len(winners), tags.count(["award"])) == ((1, 1) if tender.state == State.AWARDED else (0, 0))
    assert deaths >= 3 * LEAST_DEATHS
    with database.command("look") as session:
        assert session.get_one(Tender, tender_id).state == State.AWARDED


def is_whole_or_not_begun(database: Database, tender_id: Any) -> None:
    with database.command("look") as session:
        lock = session.get_one(QuotationLock, tender_id)
        quotations = session.scalars(select(Quotation).where(Quotation.tender_id == tender_id)).all()
        bids = session.scalars(select(TenderBid).where(TenderBid.tender_id == tender_id)).all()
        releases = len(session.scalars(select(TenderRelease).where(TenderRelease.tender_id == tender_id)).all())
        assert (lock.first_by is None) == (lock.first_key_id == "")
        if lock.opened_at is None:
            assert all((one.amount, one.draw, one.note, one.fault) == (None, None, "", "") for one in quotations)
            assert (lock.second_by, bids, releases) == (None, [], 1)
            assert lock.first_by is None or lock.first_shares
        else:
            assert all(one.amount is not None for one in quotations)
            assert (len(bids), releases) == (len(quotations), 2)
            assert (lock.second_by is not None, lock.first_shares) == (True, None)
