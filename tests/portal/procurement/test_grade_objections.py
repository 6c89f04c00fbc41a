"""A company objects to its grade, those who may answer hear of it, the company hears the answer; ends are told in time."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, insert, select

from portal.companies.models import BusinessNotice, Company
from portal.config import Settings
from portal.core import clock
from portal.core.outbox import Promise
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.demo.business_people import COMPANY, OFFICER
from portal.demo.filings import _person
from portal.demo.tenders import CITY, _actor
from portal.procurement import body_news, grading
from portal.procurement.grades import objections, rules
from portal.procurement.models import Agency, Qualification
from portal.wiring import work
from tests.conftest import StaffClient
from tests.portal.basics.people import stranger
from tests.portal.companies.people import BusinessClient
from tests.portal.mailbox.channels.conftest import PostOffice, mail_server, post_office  # noqa: F401 - fixtures

WORDS = "工事の実績が数えられていません。"


@pytest.fixture
def still() -> Iterator[None]:
    """No midnight passes between two lines of a test that counts days."""
    with clock.freeze(clock.now()):
        yield


def object_now(session: Any) -> Any:
    objections.object_to(session, _person(session, OFFICER), CITY, "goods", WORDS)
    return session.scalars(select(objections.GradeObjection.id)).one()


def test_a_word_of_a_body_is_objected_to_once_and_answered_once(database: Database, town: None) -> None:
    with database.command("object") as session:
        one, kaoru = object_now(session), _actor(session, cast.BUYER)
        with pytest.raises(rules.GradeMoved):
            object_now(session)
        with pytest.raises(rules.GradeMoved):
            objections.object_to(session, _person(session, OFFICER), CITY, "works", "等級がありません。")
        objections.answer(session, kaoru, one, "数え直します。")
        with pytest.raises(rules.ObjectionMoved):
            objections.answer(session, kaoru, one, "もう一度")
        assert objections.ANSWERED[0] in set(session.scalars(select(BusinessNotice.title)))


def test_a_new_word_can_be_objected_to_anew_and_the_old_one_stays(database: Database, town: None) -> None:
    with database.command("object") as session:
        object_now(session)
        said = session.scalars(select(Qualification).where(Qualification.category == "goods", _mine(session))).one()
        said.grade = "D"
        session.flush()
        objections.object_to(session, _person(session, OFFICER), CITY, "goods", "下がった理由を教えてください。")
        lines = objections.of_body(session, session.get_one(Agency, CITY))
        assert [one.words for one in lines] == [WORDS, "下がった理由を教えてください。"], "the longest waiting first"


def _mine(session: Any) -> Any:
    return (
        Qualification.company_id
        == session.scalars(select(Company.id).where(Company.key == COMPANY.corporate_number)).one()
    )


def test_another_body_sees_nothing_of_it(database: Database, town: None) -> None:
    with database.command("object") as session:
        one = object_now(session)
        for act in (objections.own, lambda *who: objections.answer(*who, "よその機関")):
            with pytest.raises(rules.ObjectionMoved):
                act(session, stranger(session), one)
        assert objections.of_body(session, session.get_one(Agency, "suido")) == []


def test_on_the_pages(town: None, business_client: BusinessClient, staff_client: StaffClient) -> None:
    shoko, kaoru = business_client("shoko"), staff_client(Role.BUYER)
    page, action = "/business/qualifications", f"/business/grades/{CITY}/goods/objection"
    assert shoko.submit(shoko.get(page), action, words="").status == 422
    assert WORDS in shoko.submit(shoko.get(page), action, words=WORDS).text
    listed = kaoru.get("/staff/objections")
    assert "物品" in listed.text
    link = next(link for link in listed.links() if link.startswith("/staff/objections/"))
    assert kaoru.submit(kaoru.get(link), link, words="").status == 422
    assert "数え直します" in kaoru.submit(kaoru.get(link), link, words="数え直します。").text
    assert "数え直します" in shoko.get(page).text
    assert staff_client(Role.SENDER).get(link).status == 404


def test_whoever_cannot_answer_does_not_see_it_in_the_list(
    database: Database, town: None, staff_client: StaffClient
) -> None:
    with database.command("object") as session:
        object_now(session)
    assert "工事の実績" in staff_client(Role.BUYING_CHIEF).get("/staff/objections").text
    assert "工事の実績" not in staff_client(Role.LICENSER).get("/staff/objections").text


def test_those_who_may_answer_get_a_mail_that_says_nothing(
    database: Database,
    town: None,
    settings: Settings,
    post_office: PostOffice,  # noqa: F811
) -> None:
    wanted = settings.model_copy(
        update={
            "smtp_url": SecretStr(f"smtp://127.0.0.1:{post_office.port}"), "mail_from": "portal@city.example",
            "staff_mail_domain": "staff.city.example",
        }
    )  # fmt: skip
    with database.command("object") as session:
        object_now(session)
    Worker(database, work(wanted), ()).run_pending()
    to = {str(letter["To"]) for letter in post_office.taken}
    assert to == {f"{one.login_id}@staff.city.example" for one in (cast.BUYER, cast.BUYING_CHIEF)}
    text = "".join(str(letter["Subject"]) + letter.get_content() for letter in post_office.taken)
    assert "/staff/objections/" in text
    assert COMPANY.name not in text
    assert WORDS not in text


def test_without_mail_for_staff_nothing_fails(database: Database, town: None, settings: Settings) -> None:
    with database.command("object") as session:
        object_now(session)
    Worker(database, work(settings), ()).run_pending()
    with database.command("look") as session:
        assert session.scalars(select(Promise.done_at).where(Promise.kind == body_news.TELL)).one() is not None


@pytest.mark.usefixtures("still")
def test_ends_of_grades_are_told_three_times_each_once(database: Database, town: None) -> None:
    with database.command("grade") as session:
        session.execute(delete(Qualification))
        company = session.scalars(select(Company.id).order_by(Company.key).limit(1)).one()
        until = clock.today() + timedelta(days=100)
        session.execute(
            insert(Qualification),
            [{"company_id": company, "agency_code": CITY, "category": "works", "grade": "B",
              "valid_from": clock.today(), "valid_until": until}],
        )  # fmt: skip

    def look(days: int) -> int:
        with clock.freeze(clock.now() + timedelta(days=days)), database.job("remind") as session:
            grading.remind_of_expiry(session, {})
            session.flush()
            return list(session.scalars(select(BusinessNotice.title))).count(grading.EXPIRING[0])

    assert [look(days) for days in (0, 9, 10, 11, 69, 70, 92, 93, 99, 100, 101)] == [0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 3]
