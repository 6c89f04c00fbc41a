"""What a section may read is proposed by one administrator of its body and decided by another."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.basics.service import KindOf
from portal.core import clock
from portal.core.actor import Actor
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.demo.tenders import _actor
from portal.procurement.once import grants, rules, service
from portal.procurement.once.grants import Wanted
from portal.procurement.once.models import TaskGrant
from portal.procurement.once.rules import GrantState, Task
from tests.browser import Visitor
from tests.conftest import StaffClient
from tests.portal.basics.people import company, kaoru, ring, ritsuko, stranger, tell
from tests.portal.procurement.desk import day_fields

PAGE = "/staff/reading"


def tetsuo(session: Any) -> Actor:
    return _actor(session, cast.BUYING_CHIEF)


def wanted(section: UUID | None, **others: Any) -> Wanted:
    today = clock.today()
    facts = {
        "section_id": section, "task": Task.PAYMENT, "law": "地方自治法第232条の4", "kinds": (KindOf.CONTACT,),
        "valid_from": today, "valid_until": today + timedelta(days=100),
    }  # fmt: skip
    return Wanted(**facts | others)


def test_nothing_is_read_before_a_second_administrator_agrees(database: Database, town: None) -> None:
    with database.command("grant") as session:
        tell(session, KindOf.CONTACT)
        tell(session, KindOf.INVOICE)
        one = grants.propose(session, tetsuo(session), wanted(ritsuko(session).section))
        with pytest.raises(rules.NotYourTask):
            service.open_for(session, ring(), ritsuko(session), company(session), task=Task.PAYMENT, case_ref="1")
        with pytest.raises(rules.GrantByTheSame):
            grants.put_in_force(session, tetsuo(session), one)
        with pytest.raises(rules.GrantMoved):
            grants.put_in_force(session, stranger(session), one)
        grants.put_in_force(session, ritsuko(session), one)
        with pytest.raises(rules.GrantMoved):
            grants.decline(session, ritsuko(session), one)
        read = service.open_for(session, ring(), ritsuko(session), company(session), task=Task.PAYMENT, case_ref="1")
        view = service.view(session, ring(), ritsuko(session), read)
        assert [fact.kind for fact in view.facts] == [KindOf.CONTACT], "the items of the task, not all it could need"
        assert view.missing == []


def test_two_grants_of_one_task_count_together_and_each_for_its_days(database: Database, town: None) -> None:
    with database.command("grant") as session:
        section, today = ritsuko(session).section, clock.today()
        for kinds, first, last in (
            ((KindOf.CONTACT,), today, today + timedelta(days=10)),
            ((KindOf.INVOICE,), today, today + timedelta(days=5)),
            ((KindOf.BANK,), today + timedelta(days=1), today + timedelta(days=10)),
        ):
            one = grants.propose(
                session, tetsuo(session), wanted(section, kinds=kinds, valid_from=first, valid_until=last)
            )
            grants.put_in_force(session, ritsuko(session), one)
        assert grants.in_force(session, section)[Task.PAYMENT] == (KindOf.CONTACT, KindOf.INVOICE)
        with clock.freeze(clock.now() + timedelta(days=6)):
            assert grants.in_force(session, section)[Task.PAYMENT] == (KindOf.CONTACT, KindOf.BANK)
        with clock.freeze(clock.now() + timedelta(days=12)):
            assert Task.PAYMENT not in grants.in_force(session, section)


def test_one_alone_can_end_it_and_then_nothing_is_read(database: Database, town: None) -> None:
    with database.command("grant") as session:
        licensing = session.scalars(select(TaskGrant).where(TaskGrant.task == Task.LICENSING)).one()
        grants.end(session, tetsuo(session), licensing.id)
        with pytest.raises(rules.NotYourTask):
            service.open_for(session, ring(), ritsuko(session), company(session), task=Task.LICENSING, case_ref="1")
        with pytest.raises(rules.GrantMoved):
            grants.end(session, tetsuo(session), licensing.id)


def test_with_its_task_an_open_view_ends_at_once(database: Database, town: None) -> None:
    with database.command("grant") as session:
        account, phone = tell(session, KindOf.BANK), tell(session, KindOf.CONTACT)
        payment = session.scalars(select(TaskGrant).where(TaskGrant.task == Task.PAYMENT)).first()
        assert payment
        buyer = kaoru(session)
        section = buyer.section
        session.execute(update(TaskGrant).where(TaskGrant.task == Task.PAYMENT).values(section_id=section))
        read = service.open_for(session, ring(), buyer, company(session), task=Task.PAYMENT, case_ref="1")
        assert {one.id for one in service.view(session, ring(), buyer, read).facts} == {account, phone}
        session.execute(update(TaskGrant).where(TaskGrant.task == Task.PAYMENT).values(kinds=[str(KindOf.CONTACT)]))
        assert {one.id for one in service.view(session, ring(), buyer, read).facts} == {phone}, "an item was taken back"
        with pytest.raises(rules.ReadOver):
            service.open_evidence(session, ring(), buyer, read_id=read, fact_id=account, file_id=UUID(int=1))
        session.execute(update(TaskGrant).where(TaskGrant.task == Task.PAYMENT).values(state=GrantState.ENDED))
        with pytest.raises(rules.ReadOver):
            service.view(session, ring(), buyer, read)


def test_a_section_of_another_body_gets_nothing(database: Database, town: None) -> None:
    with database.command("grant") as session, pytest.raises(rules.GrantNotOfBody):
        grants.propose(session, tetsuo(session), wanted(stranger(session).section))


def test_the_database_holds_the_two_persons(database: Database, town: None) -> None:
    with pytest.raises(IntegrityError), database.command("grant") as session:
        session.execute(update(TaskGrant).values(decided_by=TaskGrant.proposed_by))


def proposed(visitor: Visitor, **others: Any) -> Any:
    page = visitor.get(PAGE)
    chosen = next(option for option in page.find("option") if "産業支援課" in "".join(option.itertext()))
    fields = {
        "section": chosen.get("value"), "task": "contract", "law": "地方自治法第２３４条", "kinds": ["contact"],
        **day_fields("valid_from", clock.today()), **day_fields("valid_until", clock.today() + timedelta(days=30)),
    }  # fmt: skip
    return visitor.submit(page, PAGE, **fields | others)


def test_on_the_page(database: Database, town: None, staff_client: StaffClient) -> None:
    chief, second = staff_client(Role.BUYING_CHIEF), staff_client(Role.LICENSER)
    assert "この業務には不要です" in proposed(chief, kinds=["bank"]).text
    assert proposed(chief, law="").status == 422
    assert proposed(chief, **day_fields("valid_until", clock.today() + timedelta(days=5000))).status == 422
    page = proposed(chief)
    assert page.status == 200, page.text
    assert not [form for form in page.find("form") if "in-force" in (form.get("action") or "")]
    page = second.get(PAGE)
    action = next(form.get("action") or "" for form in page.find("form") if "in-force" in (form.get("action") or ""))
    assert second.submit(page, action).status == 200
    with database.command("look") as session:
        one = session.scalars(select(TaskGrant).where(TaskGrant.task == Task.CONTRACT)).all()
        assert ["contact"] in [grant.kinds for grant in one if grant.state == GrantState.IN_FORCE]
    assert staff_client(Role.BUYER).get(PAGE).status == 404


def test_tasks_that_are_over_stand_apart_and_in_pages(
    database: Database, town: None, staff_client: StaffClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grants, "PAGE", 2)
    with database.command("grant") as session:
        ids = [grants.propose(session, tetsuo(session), wanted(ritsuko(session).section)) for _ in range(5)]
        for one in ids:
            grants.end(session, tetsuo(session), one)
        body = grants.agency_of(session, tetsuo(session))
        past = [grants.of_body(session, body, past=True, page=page) for page in (1, 2, 3)]
        assert {one.id for rows, _pages in past for one in rows} == set(ids)
        assert [(len(rows), pages) for rows, pages in past] == [(2, 3), (2, 3), (1, 3)]
        assert not {one.id for one in grants.of_body(session, body)[0]} & set(ids)
    page = staff_client(Role.BUYING_CHIEF).get(f"{PAGE}?past=yes&page=2")
    assert page.status == 200
    assert f"{PAGE}?page=3&past=yes" in page.links()
