"""Bodies read for a task, ask only for what is missing, and hear of changes of what they used."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal.applications.casework import reach
from portal.applications.events import CompanyApplicationSent
from portal.basics import service as basics
from portal.basics.rules import Kind
from portal.core import clock
from portal.core.audit import Record
from portal.core.ids import new_id
from portal.core.uow import Database
from portal.procurement.models import AgencySection
from portal.procurement.once import rules, service
from portal.procurement.once.models import FactChange, FactRead, FactRequest, FactUse
from portal.procurement.once.rules import NEEDS, Task
from portal.procurement.registers import service as registers
from portal.procurement.registers.rules import Row
from portal.staff import service as staff
from portal.staff.models import Office, Section
from tests.house.test_at_the_same_instant import together
from tests.portal.basics import people
from tests.portal.basics.people import company, kaoru, ring, ritsuko, shoko, stranger, tell


def read(session: Any, actor: Any, task: Task, case: str = "1") -> service.View:
    read_id = service.open_for(session, ring(), actor, company(session), task=task, case_ref=case)
    return service.view(session, ring(), actor, read_id)


@pytest.mark.parametrize("task", list(Task))
def test_a_task_shows_what_it_needs_and_nothing_else(database: Database, town: None, task: Task) -> None:
    with database.command("read") as session:
        for kind in people.CONTENT:
            tell(session, kind)
        actor = ritsuko(session) if task is Task.LICENSING else kaoru(session)
        view = read(session, actor, task)
        assert {fact.kind for fact in view.facts} == set(NEEDS[task]) & set(people.CONTENT)
        row = session.scalars(select(FactRead)).one()
        assert (row.task, row.case_ref, row.section_id) == (task, "1", actor.section)
        assert [(one.task, body) for one, body, _section in service.reads_of(session, company(session))] == [
            (task, "架空の千葉市")
        ]
    with database.command("look") as session:
        assert session.scalar(select(func.count()).where(Record.what == "basics.read")) == 1


def test_no_section_reads_for_the_task_of_another(database: Database, town: None) -> None:
    with database.command("read") as session:
        for actor, task in ((ritsuko(session), "payment"), (stranger(session), "licensing"), (kaoru(session), "x")):
            with pytest.raises(rules.NotYourTask):
                service.open_for(session, ring(), actor, company(session), task=task, case_ref="1")
        assert session.scalars(select(FactRead)).all() == []


def test_a_read_ends_after_half_a_day_and_shows_what_it_showed(database: Database, town: None) -> None:
    with database.command("read") as session:
        first = tell(session, Kind.BANK)
        view = read(session, kaoru(session), Task.PAYMENT)
        tell(session, Kind.BANK, instead=first, since=clock.today(), number="7654321")
        again = service.view(session, ring(), kaoru(session), view.read.id)
        assert [fact.content["number"] for fact in again.facts if fact.kind is Kind.BANK] == ["1000001"]
        with clock.freeze(clock.now() + rules.OPEN_FOR + timedelta(minutes=1)), pytest.raises(rules.ReadOver):
            service.view(session, ring(), kaoru(session), view.read.id)


def test_a_change_is_pushed_to_those_who_used_the_old_value(database: Database, town: None) -> None:
    with database.command("read") as session:
        first = tell(session, Kind.BANK)
        tell(session, Kind.OFFICER)
        read(session, kaoru(session), Task.PAYMENT, "支払 1")
        read(session, kaoru(session), Task.PAYMENT, "支払 2")
        read(session, stranger(session), Task.PAYMENT, "水道 1")
        read(session, ritsuko(session), Task.LICENSING)
        second = tell(session, Kind.BANK, instead=first, since=clock.today(), number="7654321")
        found = service.changes_for(session, kaoru(session))
        assert [(one.kind, used.case_ref, one.new_id) for one, used, _name, _key in found] == [
            ("bank", "支払 2", second)
        ]
        assert len(service.changes_for(session, stranger(session))) == 1
        assert service.changes_for(session, ritsuko(session)) == [], "it never read the bank account"
        view = read(session, kaoru(session), Task.PAYMENT, "支払 2")
        assert "7654321" in [fact.content.get("number") for fact in view.facts]
        assert service.changes_for(session, kaoru(session)) == []
        assert len(service.changes_for(session, stranger(session))) == 1
        basics.remove(session, shoko(session), second)
        assert [one.new_id for one, *_rest in service.changes_for(session, kaoru(session))] == [None]


def test_who_never_used_it_hears_nothing(database: Database, town: None) -> None:
    with database.command("read") as session:
        tell(session, Kind.BANK, instead=tell(session, Kind.BANK))
        assert session.scalars(select(FactChange)).all() == []


def ask(session: Any, actor: Any, task: Task) -> FactRequest:
    due = clock.today() + timedelta(days=14)
    return service.ask(session, actor, company(session), task=task, case_ref="契約 1", due_on=due)


def test_a_request_is_answered_from_what_is_there(database: Database, town: None) -> None:
    with database.command("ask") as session:
        for kind in people.CONTENT:
            tell(session, kind)
        assert ask(session, kaoru(session), Task.CONTRACT).answered_at
        assert people.titles(session) == [], "the company is not troubled"


def test_only_what_is_missing_is_asked_and_filling_it_in_is_the_answer(database: Database, town: None) -> None:
    with database.command("ask") as session:
        tell(session, Kind.OFFICER)
        one = ask(session, kaoru(session), Task.CONTRACT)
        assert one.answered_at is None
        assert people.titles(session) == [service.ASKED[0]]
        _one, body, lacking = service.request_to(session, company(session), one.id)
        assert (body, lacking) == ("架空の千葉市", [Kind.CONTACT, Kind.INVOICE])
        tell(session, Kind.CONTACT)
        assert one.answered_at is None
        tell(session, Kind.INVOICE)
        assert one.answered_at
        assert service.requests_to(session, company(session)) == []
        other = session.scalars(select(people.Company.id).where(people.Company.id != company(session))).first()
        with pytest.raises(rules.RequestOver):
            service.request_to(session, other, one.id)
        with pytest.raises(rules.RequestOver):
            service.own_request(session, ritsuko(session), one.id)


def test_what_is_a_year_old_is_asked_and_confirming_is_the_answer(database: Database, town: None) -> None:
    with database.command("tell") as session:
        for kind in people.CONTENT:
            tell(session, kind)
    with clock.freeze(clock.now() + timedelta(days=366)), database.command("ask") as session:
        one = ask(session, kaoru(session), Task.PAYMENT)
        _one, _body, lacking = service.request_to(session, company(session), one.id)
        assert set(lacking) == set(NEEDS[Task.PAYMENT]) == basics.only_old(session, company(session), lacking)
        basics.confirm(session, shoko(session))
        assert one.answered_at


def test_a_licence_another_body_registered_need_not_be_told_again(database: Database, town: None) -> None:
    with database.command("ask") as session:
        tell(session, Kind.OFFICER)
        tell(session, Kind.ITEMS)
        one = ask(session, ritsuko(session), Task.LICENSING)
        assert service.request_to(session, company(session), one.id)[2] == [Kind.LICENCE]
        today, own = clock.today(), people.COMPANY.corporate_number
        said = {"terms": "", "law": "法", "issued_on": today, "valid_until": None, "name": "許可", "company": own}
        row: dict[str, Any] = {"kind": "commendation", "number": "1", "sight": "public", **said}
        registers.register(session, stranger(session), Row(**row))
        registers.register(session, stranger(session), Row(**row | {"kind": "licence", "sight": "own"}))
        assert one.answered_at is None
        registers.register(session, stranger(session), Row(**row | {"kind": "licence", "number": "2"}))
        assert one.answered_at


def test_days_of_requests_are_near() -> None:
    today = clock.today()
    assert not rules.is_sound_due(today, today)
    assert rules.is_sound_due(today + timedelta(days=1), today)
    assert not rules.is_sound_due(today + timedelta(days=181), today)


def test_who_reads_while_it_changes_has_the_new_value_or_is_told(database: Database, town: None) -> None:
    """Five bodies' reads and the change at one instant, over and over: nobody is left with an old value unawares."""
    with database.command("first") as session:
        current = tell(session, Kind.BANK)
    for turn in range(4):
        old = current

        def act(number: int, old: UUID = old, turn: int = turn) -> UUID:
            with database.command("act") as session:
                if number == 0:
                    return tell(session, Kind.BANK, instead=old, since=clock.today(), number=f"765432{turn}")
                reader = (kaoru, stranger)[number % 2]
                return service.open_for(
                    session, ring(), reader(session), company(session), task="payment", case_ref="1"
                )

        current, *reads = together(act, 5)
        with database.command("look") as session:
            told = set(session.scalars(select(FactChange.section_id).where(FactChange.fact_id == old)))
            for one in reads:
                used = set(session.scalars(select(FactUse.fact_id).where(FactUse.read_id == one)))
                section = session.get_one(FactRead, one).section_id
                assert current in used or section in told


def test_what_is_told_while_it_is_asked_for_answers_the_request(database: Database, town: None) -> None:
    kinds = [kind for kind in NEEDS[Task.PAYMENT] if kind is not Kind.BANK]
    with database.command("first") as session:
        for kind in kinds:
            tell(session, kind)

    def act(number: int) -> None:
        with database.command("act") as session:
            if number == 0:
                tell(session, Kind.BANK)
            else:
                due = clock.today() + timedelta(days=9)
                service.ask(session, kaoru(session), company(session), task="payment", case_ref=f"{number}", due_on=due)

    together(act, 5)
    with database.command("look") as session:
        assert all(one.answered_at for one in session.scalars(select(FactRequest)))


def test_another_bodys_section_of_the_same_name_gets_nothing_of_an_application(database: Database, town: None) -> None:
    with database.command("send") as session:
        mine = ritsuko(session)
        entry = tell(session, Kind.CONTACT)
        assert mine.section
        name = staff.section_name(session, mine.section)
        session.add(Office(code="suido-honsha", name="架空広域水道企業団 本社", ward="", body="suido"))
        session.flush()
        theirs = Section(id=new_id(), office="suido-honsha", name=name)
        session.add(theirs)
        session.flush()
        session.add(AgencySection(section_id=theirs.id, agency_code="suido"))
        session.flush()
        sent = CompanyApplicationSent(
            application_id=new_id(), company_id=company(session), reference="1234", procedure="business-licence",
            sent_by=new_id(), section=name, entries=(entry,),
        )  # fmt: skip
        service.on_application_sent(session, sent)
        reads = session.scalars(select(FactRead)).all()
        assert [(one.agency_code, one.section_id) for one in reads] == [("chiba", mine.section)]
        stranger_there = replace(mine, section=theirs.id, office="suido-honsha")
        assert reach.procedures_of(session, mine)
        assert reach.procedures_of(session, stranger_there) == frozenset(), "nor do they reach the case itself"
