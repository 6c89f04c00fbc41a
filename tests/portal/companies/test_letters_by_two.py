"""What a letter opens, it opens slowly: two members of staff, two weeks, and the letter's own code against who used it."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.companies import acting, grants, people, rules
from portal.companies.by_post import desk
from portal.companies.by_post import rules as letter_rules
from portal.companies.by_post.models import SignInLetter
from portal.companies.models import BusinessPerson, CompanyMember
from portal.companies.rules import Power, Role
from portal.core import clock
from portal.core.uow import Database
from tests.browser import Visitor
from tests.portal.companies.test_by_post import (
    LONELY,
    STAFF,
    ask,
    code_of,
    enter,
    letter,
    lonely,
    post_all,
    reference_on,
    sign_in,
)

__all__ = ["lonely"]
PRIME = {
    "iss": "https://gbizid.example", "sub": "prime", "name": "架空 代表", "account_type": "prime",
    "corporate_number": LONELY,
}  # fmt: skip


@pytest.fixture
def owner(app: Flask, database: Database, lonely: str) -> tuple[Visitor, str, str]:
    """Somebody who has come in by letter: their browser, sign-in number and code."""
    visitor = Visitor(app)
    reference = reference_on(ask(visitor))
    post_all(database)
    code = code_of(app, database)
    assert enter(visitor, reference, code).status == 200
    return visitor, reference, code


def long_ago(database: Database) -> None:
    """The letter was used two weeks ago."""
    at = clock.now() - rules.LETTER_WAITS - timedelta(hours=1)
    with database.command("wait") as session:
        session.execute(update(CompanyMember).values(since=at))
        session.execute(update(SignInLetter).values(ended_at=at))


def powers(database: Database) -> frozenset[Power]:
    with database.command("look") as session:
        person = session.scalars(select(BusinessPerson.id).where(BusinessPerson.issuer == "letter")).one()
        return acting.standings(session, person)[0].powers


def test_who_came_by_letter_decides_only_two_weeks_later(database: Database, owner: tuple[Visitor, str, str]) -> None:
    visitor, _reference, _code = owner
    secret = {Power.CONFIDENTIAL, Power.BASICS, Power.PEOPLE}
    assert not powers(database) & secret
    assert visitor.get("/business/delegations/new").status == 403
    assert "手紙" in visitor.get("/business/company").text
    long_ago(database)
    assert powers(database) >= secret
    assert visitor.get("/business/delegations/new").status == 200


def test_the_company_that_never_asked_stops_a_used_letter_with_its_code(
    app: Flask, database: Database, owner: tuple[Visitor, str, str]
) -> None:
    visitor, reference, code = owner
    finder = Visitor(app)
    page = finder.get("/business/by-post/stop")
    assert finder.submit(page, "/business/by-post/stop", number=LONELY, code="K7QM-3XPR-T2WH").status == 422
    assert finder.submit(page, "/business/by-post/stop", number=LONELY, code=code).status == 200
    assert letter(database).ended == "stopped"
    assert visitor.get("/business/mailbox").status == 403
    assert sign_in(Visitor(app), reference).status == 422


def test_an_old_code_stops_nothing(app: Flask, database: Database, owner: tuple[Visitor, str, str]) -> None:
    visitor, _reference, code = owner
    long_ago(database)
    finder = Visitor(app)
    page = finder.get("/business/by-post/stop")
    assert finder.submit(page, "/business/by-post/stop", number=LONELY, code=code).status == 422
    assert visitor.get("/business/mailbox").status == 200


def test_nobody_posts_what_they_printed(app: Flask, database: Database, lonely: str) -> None:
    reference_on(ask(Visitor(app)))
    with database.command("print") as session:
        batch = desk.print_batch(session, STAFF)
        assert batch
        with pytest.raises(letter_rules.SamePerson):
            desk.post_batch(session, STAFF, batch)
    with pytest.raises(IntegrityError), database.command("break") as session:
        session.execute(update(SignInLetter).values(poster_id=STAFF.id))


def test_what_was_printed_is_sent_again_with_another_code(app: Flask, database: Database, lonely: str) -> None:
    reference_on(ask(Visitor(app)))
    with database.command("print") as session:
        desk.print_batch(session, STAFF)
    first = code_of(app, database)
    one = letter(database).id
    with database.command("again") as session:
        desk.again(session, one)
    assert (letter(database).state, letter(database).printer_id) == ("waiting", None)
    assert code_of(app, database) != first


def test_beside_a_prime_who_came_by_letter_is_a_member(database: Database, owner: tuple[Visitor, str, str]) -> None:
    visitor, _reference, _code = owner
    long_ago(database)
    with database.command("prime") as session:
        people.recognise(session, PRIME)
        roles = {one.role for one in session.scalars(select(CompanyMember).where(CompanyMember.ended_at.is_(None)))}
    assert roles == {Role.PRIME, Role.LETTER_CLERK}
    assert powers(database) == rules.POWERS[Role.LETTER_CLERK]
    assert visitor.get("/business/delegations/new").status == 403
    assert visitor.get("/business/mailbox").status == 200


def test_the_page_of_confidential_notices_says_who_reads_by_role(
    database: Database, owner: tuple[Visitor, str, str]
) -> None:
    long_ago(database)
    with database.command("look") as session:
        person = session.scalars(select(BusinessPerson.id).where(BusinessPerson.issuer == "letter")).one()
        [standing] = acting.standings(session, person)
        [line] = grants.lines(session, standing.company_id)
        assert (line.reads, line.always) == (True, True)
        who = people.actor_of(session.get_one(BusinessPerson, person), standing.company_id)
        with pytest.raises(rules.GrantUnknown):
            grants.revoke(session, standing, who, person)
