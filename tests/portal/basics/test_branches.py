"""Basics of a branch: places, contacts and accounts are its own, all else is its company's; bodies find both."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from portal.basics import rules
from portal.basics import service as basics
from portal.basics.rules import Kind
from portal.basics.service import Told
from portal.companies import service as companies
from portal.companies.branches import service as branches
from portal.companies.branches.service import Said
from portal.core import clock
from portal.core.actor import Actor
from portal.core.uow import Database
from portal.procurement.letters import choosing
from portal.procurement.letters.rules import Chosen
from portal.procurement.once import service as once
from portal.procurement.once.rules import Task
from tests.portal.basics.people import CONTENT, company, kaoru, ring, shoko, tell

pytestmark = pytest.mark.usefixtures("still")


def open_branch(session: Session) -> tuple[UUID, Actor]:
    """A branch, and its company's representative acting for it."""
    branch = branches.open_branch(session, shoko(session), Said("稲毛支店", "千葉県", "千葉市稲毛区", "架空町2丁目"))
    return branch, replace(shoko(session), company=branch)


def at_branch(session: Session, actor: Actor, kind: Kind, **others: str) -> UUID:
    said = Told({**CONTENT[kind], **others}, clock.today() - timedelta(days=10))
    return basics.enter(session, ring(), actor, kind, said)


def test_a_branch_keeps_its_own_contacts_and_shows_its_companys_officers(database: Database, town: None) -> None:
    with database.command("tell") as session:
        branch, here = open_branch(session)
        officer, heads = tell(session, Kind.OFFICER), tell(session, Kind.CONTACT)
        own = at_branch(session, here, Kind.CONTACT, section="支店の総務")
        assert {fact.id for fact in basics.current(session, ring(), branch)} == {officer, own}
        assert heads in {fact.id for fact in basics.current(session, ring(), company(session))}
        assert own not in {fact.id for fact in basics.current(session, ring(), company(session))}
        for kind in (Kind.OFFICER, Kind.CAPITAL):
            with pytest.raises(rules.OfHeadOffice):
                at_branch(session, here, kind)
        with pytest.raises(rules.FactMoved):
            basics.remove(session, here, officer)


def test_a_body_reads_a_branch_whole_and_the_head_office_sees_it(database: Database, town: None) -> None:
    with database.command("tell") as session:
        branch, here = open_branch(session)
        officer, own = tell(session, Kind.OFFICER), at_branch(session, here, Kind.CONTACT, section="支店の総務")
        read = once.open_for(session, ring(), kaoru(session), branch, task=Task.CONTRACT, case_ref="契約1")
        seen = once.view(session, ring(), kaoru(session), read)
        assert {fact.id for fact in seen.facts} == {officer, own}
        assert Kind.OFFICER not in seen.missing
        assert [one.id for one, _body, _section in once.reads_of(session, company(session))] == [read]
        assert [one.id for one, _body, _section in once.reads_of(session, branch)] == [read]


def test_what_the_head_office_tells_answers_a_request_to_the_branch(database: Database, town: None) -> None:
    with database.command("tell") as session:
        branch, here = open_branch(session)
        at_branch(session, here, Kind.CONTACT, section="支店の総務")
        until = clock.today() + timedelta(days=9)
        asked = once.ask(session, kaoru(session), branch, task=Task.CONTRACT, case_ref="契約2", due_on=until)
        assert asked.answered_at is None
        tell(session, Kind.OFFICER)
        tell(session, Kind.INVOICE)
        session.refresh(asked)
        assert asked.answered_at


def test_a_letter_reaches_a_branch_by_its_own_number_alone(database: Database, town: None) -> None:
    with database.command("look") as session:
        branch, _here = open_branch(session)
        key = session.get_one(companies.AnyCompany, branch).key
        agency = once.agency_of(session, kaoru(session))
        named = session.scalars(choosing.companies_of(agency, Chosen(numbers=[key]))).all()
        near = session.scalars(choosing.companies_of(agency, Chosen(region="千葉県千葉市稲毛区"))).all()
        assert named == [branch]
        assert near
        assert branch not in near
