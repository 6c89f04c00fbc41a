"""A company objects, the body answers; and nobody is forgotten when a grade ends."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from portal.companies.models import BusinessNotice, Company
from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.demo.business_people import COMPANY, OFFICER
from portal.demo.filings import _person
from portal.demo.tenders import CITY, _actor
from portal.procurement import grading, rules, suspending
from portal.procurement.models import Qualification
from tests.conftest import StaffClient
from tests.portal.companies.people import BusinessClient


def suspend(session: Any) -> Any:
    days = {"begins_on": clock.today(), "ends_on": clock.today() + timedelta(days=60)}
    kaoru, tetsuo = _actor(session, cast.BUYER), _actor(session, cast.BUYING_CHIEF)
    one = suspending.propose_suspension(session, kaoru, number=COMPANY.corporate_number, ground="架空の談合", **days)
    suspending.put_in_force(session, tetsuo, one)
    return one


def test_an_objection_to_a_suspension_is_answered_once(database: Database, town: None) -> None:
    with database.command("suspend") as session:
        one, tetsuo = suspend(session), _actor(session, cast.BUYING_CHIEF)
        with pytest.raises(rules.SuspensionMoved):
            suspending.answer(session, tetsuo, one, "まだ何もない")
        suspending.object_to(session, _person(session, OFFICER), one, "関わっていません。")
        with pytest.raises(rules.NoAgency):
            suspending.answer(session, _actor(session, cast.SENDER), one, "よその課")
        suspending.answer(session, tetsuo, one, "調べます。")
        with pytest.raises(rules.SuspensionMoved):
            suspending.answer(session, tetsuo, one, "もう一度")
        assert suspending.ANSWERED[0] in set(session.scalars(select(BusinessNotice.title)))


def test_on_the_pages(
    database: Database, town: None, business_client: BusinessClient, staff_client: StaffClient
) -> None:
    with database.command("suspend") as session:
        one = suspend(session)
    shoko, tetsuo = business_client("shoko"), staff_client(Role.BUYING_CHIEF)
    action, page = f"/staff/suspensions/{one}/answer", "/business/qualifications"
    shoko.submit(shoko.get(page), f"/business/suspensions/{one}/objection", words="関わっていません。")
    listed = tetsuo.get("/staff/suspensions")
    assert tetsuo.submit(listed, action, words="").status == 422
    assert "調べます。" in tetsuo.submit(listed, action, words="調べます。").text
    assert "調べます。" in shoko.get(page).text
    assert staff_client(Role.BUYER).post(action, {"words": "x"}, page=listed).status == 404


def test_a_grade_that_came_after_the_others_were_told_is_told_too(database: Database, town: None) -> None:
    until = clock.today() + timedelta(days=30)
    with database.command("grades") as session:
        session.execute(delete(Qualification))
        first, second = session.scalars(select(Company.id).order_by(Company.key).limit(2)).all()
        session.execute(insert(Qualification), [_grade(first, until)])
        grading.remind_of_expiry(session, {})
    with clock.freeze(clock.now() + timedelta(days=1)), database.command("grades") as session:
        session.execute(insert(Qualification), [_grade(second, until)])
        for _twice in range(2):
            grading.remind_of_expiry(session, {})
    with clock.freeze(clock.now() + timedelta(days=2)), database.command("grades") as session:
        grading.remind_of_expiry(session, {})
        keys = session.scalars(select(BusinessNotice.key).where(BusinessNotice.key.startswith("expiry:"))).all()
        assert len([key for key in keys if str(until) in key]) == 2


def _grade(company: Any, until: Any) -> dict[str, Any]:
    return {
        "company_id": company, "agency_code": CITY, "category": "works", "grade": "B",
        "valid_from": clock.today() - timedelta(days=9), "valid_until": until,
    }  # fmt: skip
