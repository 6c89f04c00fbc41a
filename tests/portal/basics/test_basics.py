"""A company tells its basics once: what holds, what it was, and that its bytes say nothing."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from portal.basics import rules
from portal.basics import service as basics
from portal.basics.models import CompanyFact
from portal.basics.rules import Kind
from portal.companies.models import BusinessNotice, CompanyMember, Delegation
from portal.companies.rules import PowerMissing, Role
from portal.core import clock
from portal.core.actor import Actor
from portal.core.envelope import SealBroken, key_ring
from portal.core.uow import Database
from portal.demo.business_people import AGENT
from tests.portal.basics import people
from tests.portal.basics.people import CONTENT, company, ring, shoko, tell

pytestmark = pytest.mark.usefixtures("still")


def current(session: Any, kind: Kind) -> list[basics.Fact]:
    return basics.current(session, ring(), company(session), [kind])


def test_a_change_ends_the_old_entry_and_keeps_it(database: Database, town: None) -> None:
    with database.command("tell") as session:
        first = tell(session, Kind.BANK)
        second = tell(session, Kind.BANK, instead=first, since=clock.today(), number="7654321")
        assert [fact.content["number"] for fact in current(session, Kind.BANK)] == ["7654321"]
        history = basics.facts_of(session, ring(), company(session), [Kind.BANK])
        assert {fact.id: fact.ended_on for fact in history} == {second: None, first: clock.today()}
        assert {fact.entered_by for fact in history} == {"架空 商子"}
        with pytest.raises(rules.FactMoved):
            tell(session, Kind.BANK, instead=first)


def test_a_move_told_today_for_next_month_holds_next_month(database: Database, town: None) -> None:
    later = clock.today() + timedelta(days=30)
    with database.command("tell") as session:
        first = tell(session, Kind.CONTACT)
        second = tell(session, Kind.CONTACT, instead=first, since=later, section="総務")
        assert [fact.id for fact in current(session, Kind.CONTACT)] == [first]
        with clock.freeze(clock.now() + timedelta(days=31)):
            assert [fact.id for fact in current(session, Kind.CONTACT)] == [second]
        basics.remove(session, shoko(session), second)
        session.expire_all()
        assert [fact.id for fact in current(session, Kind.CONTACT)] == [first], "the move was called off"
        with clock.freeze(clock.now() + timedelta(days=31)):
            assert [fact.id for fact in current(session, Kind.CONTACT)] == [first]


def test_of_capital_there_is_one_at_a_time(database: Database, town: None) -> None:
    with database.command("tell") as session:
        tell(session, Kind.CAPITAL, yen="1")
        tell(session, Kind.CAPITAL, since=clock.today(), yen="2")
        assert [fact.content["yen"] for fact in current(session, Kind.CAPITAL)] == ["2"]


def test_what_is_removed_holds_no_more_and_stays_in_the_history(database: Database, town: None) -> None:
    with database.command("tell") as session:
        fact = tell(session, Kind.OFFICER)
        basics.remove(session, shoko(session), fact)
        assert current(session, Kind.OFFICER) == []
        assert len(basics.facts_of(session, ring(), company(session), [Kind.OFFICER])) == 1
        with pytest.raises(rules.FactMoved):
            basics.remove(session, shoko(session), fact)


def test_the_bytes_of_the_database_say_nothing(database: Database, town: None) -> None:
    with database.command("tell") as session:
        for kind in CONTENT:
            tell(session, kind)
    with database.command("look") as session:
        for row in session.execute(text("SELECT * FROM company_facts")).all():
            whole = b"|".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in row)
            for secret in ("1000001", "架空銀行", "架空 商子", "keiri@example.jp"):
                assert secret.encode() not in whole


def test_bytes_moved_to_another_row_or_company_do_not_open(database: Database, town: None) -> None:
    with database.command("tell") as session:
        first, second = tell(session, Kind.CONTACT), tell(session, Kind.CONTACT, section="総務")
        other = session.get_one(CompanyFact, first)
        values = {"sealed": other.sealed, "wrapped_key": other.wrapped_key, "key_id": other.key_id}
        session.execute(update(CompanyFact).where(CompanyFact.id == second).values(**values))
        session.expire_all()
        with pytest.raises(SealBroken):
            current(session, Kind.CONTACT)


def test_a_new_key_wraps_all_and_the_old_one_can_go(database: Database, town: None) -> None:
    import base64

    master, fresh = b"m" * 32, f"neu={base64.b64encode(b'n' * 32).decode()}"
    with database.command("tell") as session:
        tell(session, Kind.BANK)
        both = key_ring(people.Settings().master, fresh)
        assert basics.rewrap(session, both) == 1
        assert basics.rewrap(session, both) == 0
        alone = key_ring(master, fresh)
        session.expire_all()
        found = basics.current(session, alone, company(session), [Kind.BANK])
        assert [fact.content["number"] for fact in found] == ["1000001"]


def test_a_member_reads_and_only_who_may_changes(database: Database, town: None) -> None:
    with database.command("tell") as session:
        actor = shoko(session)
        tell(session, Kind.BANK)
        session.execute(update(CompanyMember).where(CompanyMember.person_id == actor.id).values(role=Role.MEMBER))
        assert basics.own_standing(session, actor)
        with pytest.raises(PowerMissing):
            tell(session, Kind.BANK)
        with pytest.raises(PowerMissing):
            basics.confirm(session, actor)


def test_an_agent_reaches_the_basics_only_if_they_were_let(database: Database, town: None) -> None:
    with database.command("tell") as session:
        midori = session.scalars(
            select(people.basics.companies.AnyPerson).where(people.basics.companies.AnyPerson.subject == AGENT.subject)
        ).one()
        actor = Actor(shoko(session).kind, midori.id, company=company(session))
        with pytest.raises(rules.NotAllowedToLook):
            basics.own_standing(session, actor)
        session.execute(update(Delegation).values(scopes=["basics"]))
        session.expire_all()
        assert basics.own_standing(session, actor)
        said = basics.Told(CONTENT[Kind.CAPITAL], clock.today())
        assert basics.enter(session, ring(), actor, Kind.CAPITAL, said)


def test_once_a_year_the_company_is_asked_and_reminded_a_month_later(database: Database, town: None) -> None:
    with database.command("tell") as session:
        tell(session, Kind.BANK)
        tell(session, Kind.OFFICER)

    def look(days: int) -> list[str]:
        with clock.freeze(clock.now() + timedelta(days=days)), database.job("remind") as session:
            basics.remind(session, {})
            session.flush()
            return [one for one in people.titles(session) if one == basics.CONFIRM[0]]

    assert [len(look(days)) for days in (1, 364, 366, 367, 390, 396, 397, 430)] == [0, 0, 1, 1, 1, 2, 2, 2]
    with clock.freeze(clock.now() + timedelta(days=431)), database.command("confirm") as session:
        assert not basics.current(session, ring(), company(session), [Kind.BANK])[0].is_fresh
        assert basics.missing(session, company(session), [Kind.BANK]) == [Kind.BANK]
        assert basics.confirm(session, shoko(session)) == 2
        assert basics.missing(session, company(session), [Kind.BANK]) == []
    assert len(look(432 + 360)) == 2
    assert len(look(432 + 366)) == 3


def test_the_register_s_address_is_a_place_of_business(database: Database, town: None) -> None:
    with database.command("look") as session:
        assert basics.missing(session, company(session), [Kind.ADDRESS, Kind.CAPITAL]) == [Kind.CAPITAL]


def test_last_days_before_the_first_are_refused_by_the_database_too(database: Database, town: None) -> None:
    with database.command("tell") as session:
        fact = tell(session, Kind.CAPITAL)
    early = update(CompanyFact).where(CompanyFact.id == fact).values(valid_until=clock.today() - timedelta(days=400))
    with pytest.raises(IntegrityError), database.command("break") as session:
        session.execute(early)
    with database.command("look") as session:
        assert session.scalars(select(BusinessNotice)).all() == []
