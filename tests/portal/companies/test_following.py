"""Accounts follow the national register: the newest word counts, an end ends, a merged company's mailbox is taken over."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.companies import opening, people, register, rules, service, successions
from portal.companies.models import BusinessNotice, Company, CompanyMember, Corporation, Removal, Succession
from portal.companies.rules import Power
from portal.core import clock
from portal.core.actor import Actor
from portal.core.uow import Database
from portal.demo.business_people import corporate_number
from tests.portal.companies.files import line, written
from tests.portal.companies.test_register import take

OLD, NEW = corporate_number(71), corporate_number(72)
MERGED = {"process": "71", "closed_on": "2026-11-18", "close_cause": "11", "successor": NEW, "updated": "2026-11-20"}


def account(session: Session, number: str) -> Company:
    return session.scalars(select(Company).where(Company.key == number)).one()


def prime(session: Session, number: str, *, kind: str = "prime") -> Actor:
    claims = {
        "iss": "https://gbizid.example", "sub": f"{kind} {number}", "name": "架空 代表", "account_type": kind,
        "corporate_number": number,
    }  # fmt: skip
    return people.recognise(session, claims)[0]


@pytest.fixture
def two(database: Database) -> None:
    """Two corporations with accounts."""
    take(database, written([line(71, "株式会社架空旧社"), line(72, "株式会社架空新社")]))
    with database.command("open") as session:
        for number in (OLD, NEW):
            opening.of_register(session, number)


def test_an_older_file_changes_nothing_of_what_is_newer(database: Database, two: None) -> None:
    assert take(database, written([line(71, "株式会社架空旧社", **MERGED)])).taken == register.Taken(changed=1)
    older = line(71, "架空のまえの名前", updated="2026-10-31")
    assert take(database, written([older])).taken == register.Taken(older=1)
    with database.command("look") as session:
        row = session.get_one(Corporation, int(OLD))
        assert (row.name, str(row.closed_on)) == ("株式会社架空旧社", "2026-11-18")
        assert account(session, OLD).closed_on is not None
    same_day = line(71, "架空のおなじ日の名前", **MERGED)
    assert take(database, written([same_day])).taken == register.Taken(changed=1)


def test_of_two_rows_in_one_file_the_newer_counts_wherever_it_stands(database: Database, two: None) -> None:
    rows = [line(71, "あたらしい名前", updated="2026-09-02"), line(71, "ふるい名前", updated="2026-09-01")]
    take(database, written(rows))
    with database.command("look") as session:
        assert session.get_one(Corporation, int(OLD)).name == "あたらしい名前"


def test_a_number_taken_off_the_register_closes_its_account_and_stays_known(database: Database, two: None) -> None:
    off = line(71, "株式会社架空旧社", process="99", updated="2026-11-20")
    assert take(database, written([off])).taken == register.Taken(removed=1)
    assert take(database, written([line(71, "株式会社架空旧社")])).taken == register.Taken(older=1)
    with database.command("look") as session:
        assert session.get(Corporation, int(OLD)) is None
        assert str(account(session, OLD).closed_on) == "2026-11-20"
    assert take(database, written([line(71, "株式会社架空旧社", updated="2026-11-21")])).taken == register.Taken(new=1)
    with database.command("look") as session:
        assert account(session, OLD).closed_on is None, "it came back"
        assert session.scalars(select(Removal)).all() == []


def test_what_is_wrong_with_a_row_is_told_without_the_cell(database: Database) -> None:
    report = take(database, written([line(73, "株式会社架空", updated="秘密です")]))
    assert report.refused == [(1, "column 5")]


def test_a_closed_corporation_reads_on_and_begins_nothing(database: Database, two: None) -> None:
    with database.command("act") as session:
        actor = prime(session, OLD)
        end = clock.today()
        given = service.delegate(
            session, actor, agent_key=NEW, profession="zeirishi", scopes=["mailbox", "tenders"], ends_on=end
        )
    take(database, written([line(71, "株式会社架空旧社", **MERGED | {"successor": "", "close_cause": "01"})]))
    with database.command("act") as session:
        standing = service.standing(session, actor)
        assert standing.powers == {Power.MAILBOX, Power.CONFIDENTIAL, Power.PEOPLE}
        with pytest.raises(rules.AccountClosed):
            service.delegate(session, actor, agent_key=NEW, profession="other", scopes=["mailbox"], ends_on=end)
        other = prime(session, NEW)
        [client] = [one for one in service.standings(session, other.id) if not one.role]
        assert client.powers == {Power.MAILBOX}, "its agent reads on, and bids no more"
        with pytest.raises(rules.AgentUnknown):
            service.delegate(session, other, agent_key=OLD, profession="other", scopes=["mailbox"], ends_on=end)
        assert service.revoke(session, actor, given)
        titles = session.scalars(select(BusinessNotice.title)).all()
        assert "The national register says that %(company)s was closed" in titles


def test_the_successor_is_told_and_takes_over_the_mailbox(database: Database, two: None) -> None:
    take(database, written([line(71, "株式会社架空旧社", **MERGED)]))
    take(database, written([line(71, "株式会社架空旧社", **MERGED)]))
    with database.command("act") as session:
        told = [one.title for one in session.scalars(select(BusinessNotice))]
        assert told.count(successions.MERGED[0]) == 1
        actor, clerk = prime(session, NEW), prime(session, NEW, kind="member")
        merged = account(session, OLD).id
        assert [one.key for one in service.standings(session, actor.id)] == [NEW]
        with pytest.raises(rules.PowerMissing):
            successions.take_over(session, service.standing(session, clerk), clerk, merged)
        successions.take_over(session, service.standing(session, actor), actor, merged)
        with pytest.raises(rules.SuccessionUnknown):
            successions.take_over(session, service.standing(session, actor), actor, merged)
        powers: dict[Any, Any] = {
            who.id: {one.key: one.powers for one in service.standings(session, who.id)} for who in (actor, clerk)
        }
        assert powers[actor.id][OLD] == {Power.MAILBOX, Power.CONFIDENTIAL, Power.PEOPLE}
        assert powers[clerk.id][OLD] == {Power.MAILBOX}
        assert service.successors(session, [merged]) == {merged: (NEW, "株式会社架空新社")}
    take(database, written([line(71, "株式会社架空旧社", process="72", updated="2026-11-22")]))
    with database.command("act") as session:
        assert session.scalars(select(Succession)).all() == []
        assert [one.key for one in service.standings(session, actor.id)] == [NEW]


def test_a_stranger_takes_over_nothing(database: Database, two: None) -> None:
    take(database, written([line(71, "株式会社架空旧社", **MERGED), line(74, "株式会社架空他社")]))
    with database.command("act") as session:
        stranger = prime(session, corporate_number(74))
        with pytest.raises(rules.SuccessionUnknown):
            successions.take_over(session, service.standing(session, stranger), stranger, account(session, OLD).id)


def test_an_agents_member_may_no_more_for_a_client_than_at_home(database: Database, two: None) -> None:
    with database.command("act") as session:
        client, agent, clerk = prime(session, OLD), prime(session, NEW), prime(session, NEW, kind="member")
        scopes = ["basics", "mailbox", "confidential", "tenders"]
        service.delegate(session, client, agent_key=NEW, profession="zeirishi", scopes=scopes, ends_on=clock.today())

        def at_client(who: Actor) -> Any:
            return next(one for one in service.standings(session, who.id) if one.key == OLD)

        assert at_client(agent).powers == {Power.BASICS, Power.MAILBOX, Power.CONFIDENTIAL, Power.TENDERS}
        assert at_client(clerk).powers == {Power.MAILBOX, Power.TENDERS}
        tax = service.TopicOf.TAX
        service.give_grant(session, service.standing(session, agent), agent, clerk.id, topics=[tax])
        assert (at_client(clerk).powers, at_client(clerk).topics) == ({Power.MAILBOX, Power.TENDERS}, {tax})


def test_a_sole_proprietor_is_an_agent(database: Database, two: None) -> None:
    said = {"iss": "https://gbizid.example", "sub": "sole", "name": "架空 行政", "account_type": "prime"}
    with database.command("act") as session:
        scrivener, _known = people.recognise(session, said)
        own = session.get_one(Company, scrivener.company)
        number = service.read_key(own.key.lower())
        assert number == own.key
        client = prime(session, OLD)
        service.delegate(
            session, client, agent_key=number, profession="gyoseishoshi", scopes=["mailbox"], ends_on=clock.today()
        )
        assert OLD in [one.key for one in service.standings(session, scrivener.id)]
        assert session.scalars(select(CompanyMember).where(CompanyMember.company_id == own.id)).one().role == "prime"
