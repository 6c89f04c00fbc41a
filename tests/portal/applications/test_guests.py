"""Without an account: a number and a password open one case, and nothing else opens it."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.applications import guests, rules, service
from portal.applications.models import Application, GuestKey
from portal.core import clock
from portal.core.reference import new_reference
from portal.core.uow import Database
from portal.demo import cast
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient
from tests.portal.applications.people import CLERK, as_
from tests.portal.applications.test_forms import thing
from tests.portal.applications.test_looked_at import in_language

OPEN = "/without-account"


@pytest.fixture
def visitor(app: Flask, cast_residents: None) -> Visitor:
    return Visitor(app)


def numbers(page: Page) -> list[str]:
    """The reference number and the password as the page shows them."""
    return ["-".join("".join(span.itertext()) for span in box) for box in page.find("p", class_="receipt__number")]


def checked(visitor: Visitor) -> Page:
    start = visitor.get("/procedures/bulky-waste")
    page = visitor.submit(start, f"{OPEN}/start/bulky-waste")
    page = visitor.submit(page, page.path, **thing(0), excluded="no")
    page = visitor.submit(page, page.path, how="bring")
    page = visitor.submit(page, page.path, name="架空 次郎", phone="０９０ー００００ー０００９")
    assert page.path == f"{OPEN}/check"
    return page


def sent(visitor: Visitor) -> list[str]:
    return numbers(visitor.submit(checked(visitor), f"{OPEN}/submit"))


def look_up(visitor: Visitor, number: str, password: str) -> Page:
    return visitor.submit(visitor.get(OPEN), OPEN, number=number, password=password)


def test_sent_looked_up_elsewhere_changed_and_withdrawn(visitor: Visitor, app: Flask, database: Database) -> None:
    check = checked(visitor)
    first = visitor.submit(check, f"{OPEN}/submit")
    number, password = numbers(first)
    again = visitor.submit(check, f"{OPEN}/submit")
    assert numbers(again) == [number, password]  # a second press: the same number, the same password
    spoken = in_language(visitor, first, f"{OPEN}/submit", "pt")
    assert spoken.status == 200
    assert numbers(spoken) == [number, password]  # and in another language, too
    elsewhere = Visitor(app)
    page = look_up(elsewhere, number.lower().replace("-", " "), password.lower())
    assert page.path == f"{OPEN}/application"
    assert "架空 次郎" in page.text
    page = elsewhere.get(f"{OPEN}/change/contact")
    page = elsewhere.submit(page, page.path, phone="０４３ー０００ー０００７")
    assert "043-000-0007" in page.text
    # The browser that sent it is shut out by the new key.
    assert visitor.get(f"{OPEN}/application").path == OPEN
    page = elsewhere.submit(elsewhere.get(f"{OPEN}/withdraw"), f"{OPEN}/withdraw")
    assert page.path == f"{OPEN}/application"
    elsewhere.submit(page, f"{OPEN}/leave")
    assert elsewhere.get(f"{OPEN}/application").path == OPEN
    with as_(database, CLERK) as session:
        case = session.scalars(select(Application).where(Application.reference == number)).one()
        key = session.get_one(GuestKey, case.id)
        assert case.resident_id is None
        assert case.known == {}
        assert key.password_hash.startswith("$argon2id$")
        assert key.token_hash is None
        assert service.find_by_reference(session, number) is None


def test_a_wrong_number_and_a_wrong_password_get_the_same_answer(visitor: Visitor, app: Flask) -> None:
    number, password = sent(visitor)
    swapped = password[:-1] + ("A" if password[-1] != "A" else "C")
    told = set()
    for tried in ((number, swapped), (new_reference(), password), ("nonsense", "x"), (number, ""), ("", "")):
        page = look_up(Visitor(app), *tried)
        assert page.status == 422
        assert "架空 次郎" not in page.text
        text = re.sub(r'(value|content|nonce)="[^"]*"', "", page.text)
        told.add(re.sub(r"\s+", " ", text))
    assert len(told) == 1


def test_guessing_is_stopped_however_the_number_is_written(visitor: Visitor, app: Flask) -> None:
    number, password = sent(visitor)
    stranger = Visitor(app)
    ways = (number, number.lower(), number.replace("-", ""), number.replace("-", "　"), f" {number} ")
    answers = [look_up(stranger, ways[at % len(ways)], f"guess {at}").status for at in range(12)]
    assert answers == [422] * 9 + [429] * 3
    assert look_up(stranger, number, password).status == 429
    holder = Visitor(app, address="192.0.2.9")
    assert look_up(holder, number, password).path == f"{OPEN}/application", "strangers do not shut the holder out"


def test_a_residents_application_is_never_opened_by_number(
    resident_client: ResidentClient, app: Flask, database: Database
) -> None:
    from tests.portal.applications.test_pages import reference, send

    hers = reference(send(resident_client("hanako")))
    stranger = Visitor(app)
    assert look_up(stranger, hers, "").status == 422
    assert stranger.get(f"{OPEN}/application").path == OPEN
    assert cast.HANAKO.name not in stranger.get(OPEN).text


def test_only_procedures_that_need_no_register_are_open(visitor: Visitor) -> None:
    token = visitor.get("/procedures/bulky-waste").csrf_token
    for name, status in (("child-allowance", 404), ("no-such", 404), ("bulky-waste", 303)):
        assert visitor.client.post(f"{OPEN}/start/{name}", data={"csrf_token": token}).status_code == status


def test_without_a_key_every_page_asks_for_number_and_password(visitor: Visitor) -> None:
    for page in (
        "resume",
        "tasks",
        "steps/things",
        "check",
        "application",
        "sheet",
        "correction",
        "change/things",
        "withdraw",
    ):
        assert visitor.get(f"{OPEN}/{page}").path == OPEN


def test_a_key_that_is_too_old_opens_nothing(database: Database) -> None:
    with as_(database, CLERK) as session:
        _draft, token = guests.start(session, "bulky-waste")
    with as_(database, CLERK) as session:
        assert guests.opened_by(session, token) is not None
        assert guests.opened_by(session, token + "x") is None
        with clock.freeze(clock.now() + rules.GUEST_DRAFT_LIVES):
            assert guests.opened_by(session, token) is None
            service.forget_expired(session, {})
        assert session.scalars(select(GuestKey)).all() == []


def test_nobody_above_is_told_of_it(visitor: Visitor, database: Database) -> None:
    from tests.portal.applications.people import kept_events

    number, _password = sent(visitor)
    with as_(database, CLERK) as session:
        case: Any = session.scalars(select(Application).where(Application.reference == number)).one()
        service.claim(session, case.id, CLERK)
        service.mark_ready(session, case.id, CLERK)
    assert kept_events(database, "event:points.service.on_application_completed") == 0
