"""Runs: who is found is told once, three notices a day, the weightiest first, at night and on events."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from portal.applications.events import ApplicationSubmitted
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.events import emit
from portal.core.ids import new_id
from portal.core.outbox import Promise
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.facts import service as facts
from portal.guidance import catalogue, figures, finding, keeping, showing
from portal.guidance.models import Advice
from portal.guidance.rules import MOST_A_DAY, GuidanceUnknown, State
from portal.guidance.schema import Rule
from portal.mailbox.models import Delivery, Notice
from portal.residents.models import Resident
from tests.portal.guidance.people import TODAY, Asked, noon, settle

CLERK = Actor(Kind.STAFF, new_id(), "市役所 区政推進課 000001")


@pytest.fixture
def today() -> Iterator[date]:
    with clock.freeze(noon(TODAY)):
        yield TODAY


def home(database: Database, *names: str) -> list[Asked]:
    """The people of the first case of each of the named rules."""
    some: list[Rule] = [catalogue.find(name) for name in names]
    with database.command("settle") as session:
        return [one for one in settle(session, some) if one.case is one.rule.cases[0]]


def told(database: Database, person: object) -> list[str]:
    """The rules the person was told by, in the order of the mailbox."""
    with database.command("look") as session:
        keys = select(Notice.key).join(Delivery, Delivery.notice_number == Notice.number)
        found = session.scalars(keys.where(Delivery.resident_id == person).order_by(Notice.number))
        return [str(key).split(":")[1] for key in found]


def work(database: Database, worker: Worker, key: str) -> None:
    with database.command("begin") as session:
        finding.begin(session, key)
    worker.run_pending()


def test_a_run_tells_once_however_often_it_is_done(database: Database, worker: Worker, today: date) -> None:
    asked = home(database, "certificate-renewal", "vaccine-mr-1", "disaster-certificate")
    for key in ("first", "again", "first"):
        work(database, worker, key)
    assert "certificate-renewal" in told(database, asked[0].subject)
    assert told(database, asked[1].home[1]).count("vaccine-mr-1") == 1
    assert told(database, asked[1].subject) == []
    assert "disaster-certificate" in told(database, asked[2].subject)
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == session.scalar(
            select(func.count(Advice.told_on))
        )


def test_three_notices_a_day_and_the_weightiest_first(database: Database, worker: Worker) -> None:
    with clock.freeze(noon(TODAY)):
        asked = home(database, "child-insurance")
        with database.command("facts") as session:
            parent = asked[0].home[1]
            for name, value in (
                ("certificate_until", "2026-12-01"),
                ("card_until", "2026-12-01"),
                ("married_on", "2026-11-20"),
            ):
                facts.take(session, [facts.FactRow(parent, name, value, date(2026, 4, 1))], source="test")
        work(database, worker, "one")
        first = told(database, parent)
        assert len(first) == 3
        weights = [catalogue.find(name).weight for name in first]
        work(database, worker, "once more the same day")
        assert told(database, parent) == first
    with clock.freeze(noon(TODAY + timedelta(days=1))):
        work(database, worker, "two")
        second = told(database, parent)[3:]
        assert 0 < len(second) <= 3
        assert max(weights) <= min(catalogue.find(name).weight for name in second)


@pytest.mark.parametrize("happened", ["died", "took the consent back"])
def test_what_waits_is_asked_again_before_it_is_told(
    database: Database, worker: Worker, today: date, happened: str
) -> None:
    gone, same = (home(database, "tax-instalments")[0].subject for _ in range(2))
    with database.command("night") as session:
        assert finding.find(session, catalogue.find("tax-instalments")) == 2
        if happened == "died":
            session.execute(update(Resident).where(Resident.id == gone).values(moved_out=today))
        else:
            facts.withdraw_consent(session, gone, "tax")
    work(database, worker, "the next")
    assert "tax-instalments" not in told(database, gone)
    assert "tax-instalments" in told(database, same)


def test_a_disaster_is_told_the_same_day_however_much_was_told_before(
    database: Database, worker: Worker, today: date
) -> None:
    person = home(database, "certificate-renewal")[0].subject
    with database.command("facts") as session:
        for name, value in (("card_until", "2026-12-01"), ("married_on", "2026-11-20")):
            facts.take(session, [facts.FactRow(person, name, value, date(2026, 4, 1))], source="test")
    work(database, worker, "night")
    before = told(database, person)
    assert len(before) == MOST_A_DAY
    with database.command("declare") as session:
        keeping.declare(session, CLERK, day=today, ward="", note="台風")
        assert session.scalar(select(func.count()).where(Promise.kind == finding.RUN, Promise.done_at.is_(None))) == 1
    worker.run_pending()
    assert told(database, person) == [*before, "disaster-certificate"]


def test_a_report_of_a_pregnancy_is_answered_at_once(database: Database, worker: Worker, today: date) -> None:
    person = home(database, "pregnancy-money")[0].subject
    for procedure, expected in (("bulky-waste", []), ("pregnancy", ["pregnancy-money"])):
        with database.command("send") as session:
            sent = ApplicationSubmitted(application_id=new_id(), resident_id=person, reference="x", procedure=procedure)
            emit(session, sent)
        worker.run_pending()
        assert told(database, person) == expected


def test_what_was_put_away_or_holds_no_more_is_not_shown(database: Database, worker: Worker, today: date) -> None:
    tax = home(database, "tax-instalments")[0].subject
    work(database, worker, "run")
    actor = Actor(Kind.RESIDENT, tax)

    def shown() -> list[str]:
        with database.command("look") as session:
            return [line.rule.name for line in showing.of_resident(session, tax)]

    assert "tax-instalments" in shown()
    with database.command("look") as session:
        number = session.scalar(
            select(Advice.number).where(Advice.resident_id == tax, Advice.rule == "tax-instalments")
        )
        assert number
        showing.put_away(session, actor, number, state=State.SNOOZED)
        with pytest.raises(GuidanceUnknown):
            showing.put_away(session, Actor(Kind.RESIDENT, new_id()), number, state=State.OPEN)
    assert "tax-instalments" not in shown()
    with database.command("back") as session:
        showing.put_away(session, actor, number, state=State.OPEN)
    assert "tax-instalments" in shown()
    with database.command("withdraw") as session:
        facts.withdraw_consent(session, tax, "tax")
    assert "tax-instalments" not in shown()


def test_a_rule_that_is_off_tells_nobody_until_it_is_on(database: Database, worker: Worker, today: date) -> None:
    person = home(database, "certificate-renewal")[0].subject
    with database.command("off") as session:
        keeping.switch_off(session, CLERK, "certificate-renewal", "文面を直しています")
    work(database, worker, "off")
    assert told(database, person) == []
    with database.command("on") as session:
        keeping.switch_on(session, "certificate-renewal")
    work(database, worker, "on")
    assert told(database, person) == ["certificate-renewal"]


def test_counts_keep_small_numbers_to_themselves(database: Database, today: date) -> None:
    home(database, "vaccine-shingles")
    with database.command("count") as session:
        wards = dict(figures.dry_run(session, catalogue.find("vaccine-shingles")))
    assert wards["中央区"] == 1
    with database.command("protection") as session:
        session.execute(update(Resident).values(protected=True))
        wards = dict(figures.dry_run(session, catalogue.find("vaccine-shingles")))
    assert set(wards.values()) == {0}, "no number tells where somebody under 支援措置 lives"
