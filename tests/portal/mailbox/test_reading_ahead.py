"""The list is asked for together with who asks: nobody sees anything sooner, later or other by it."""

from uuid import UUID

from sqlalchemy import select

from portal.core.reading import together
from portal.core.uow import Database
from portal.demo import cast
from portal.mailbox import service
from portal.residents.service import Person
from portal.web import signed_in
from tests.conftest import ResidentClient


def number_of(database: Database, person: cast.Resident) -> UUID:
    with database.command("look") as session:
        return session.scalars(select(Person.id).where(Person.addressee_number == person.addressee_number)).one()


def tell(database: Database, who: UUID, title: str) -> None:
    with database.command("tell") as session:
        service.tell(session, who, key=title, section="課", title=title, body="Mailbox", facts={})


def test_what_came_a_moment_ago_is_there(database: Database, resident_client: ResidentClient) -> None:
    hanako = resident_client("hanako")
    assert hanako.get("/mailbox").status == 200
    tell(database, number_of(database, cast.HANAKO), "only-for-hanako")
    assert "only-for-hanako" in hanako.get("/mailbox").text


def test_each_reads_only_their_own(database: Database, resident_client: ResidentClient) -> None:
    tell(database, number_of(database, cast.HANAKO), "only-for-hanako")
    hanako, taro = resident_client("hanako"), resident_client("taro")
    for _ in range(2):
        assert "only-for-hanako" in hanako.get("/mailbox").text
        assert "only-for-hanako" not in taro.get("/mailbox").text


def test_a_session_that_was_ended_elsewhere_shows_nothing(database: Database, resident_client: ResidentClient) -> None:
    hanako, who = resident_client("hanako"), number_of(database, cast.HANAKO)
    tell(database, who, "only-for-hanako")
    assert hanako.get("/mailbox").status == 200
    with database.command("end") as session:
        signed_in.revoke(session, who)
    answer = hanako.client.get("/mailbox")
    assert answer.status_code in (302, 303, 401)
    assert "only-for-hanako" not in answer.text


def test_questions_asked_together_are_answered_each(database: Database, resident_client: ResidentClient) -> None:
    resident_client("hanako")
    people = [number_of(database, cast.HANAKO), number_of(database, cast.TARO)]
    tell(database, people[0], "only-for-hanako")
    questions = [service.question(who, language="ja") for who in (*people, people[0])]
    apart = [reading.raw(database.engine, **values) for reading, values in questions]
    assert together(database.engine, questions) == apart
    assert [len(rows) for rows in apart] == [1, 0, 1]
