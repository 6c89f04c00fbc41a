"""The list: what came a moment ago is there, each reads only their own, and nothing without a session that stands."""

from uuid import UUID

from sqlalchemy import select

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
