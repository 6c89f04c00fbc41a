"""Cards crossed at a window: somebody else's is laid down, or an empty one, after a person's identity was checked."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from card_reader.sessions.city_names import Role as CardRole
from card_reader.sessions.city_names import Service as OnCard
from portal.accounts import service as accounts
from portal.cards.models import CityCard
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.web.hall import Hall
from tests.conftest import StaffClient
from tests.portal.accounts.authority import Authority, Card, new_key
from tests.portal.cards.desk import Window, id_of

OTHER = "ab" * 10


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("TEST CA 架空")


@pytest.fixture(scope="module")
def national(authority: Authority) -> Card:
    return authority.issue("card", new_key())


@pytest.fixture
def window(window: Window, database: Database, app: Flask, authority: Authority, national: Card) -> Window:
    """Taro's national card is registered, and has no city card on it yet."""
    hall: Hall = app.extensions["portal"]
    window.use(card_ca_file=authority.publish(hall.settings.state_dir))
    taro = id_of(database, cast.TARO)
    with database.command("test") as session:
        accounts.enrol_card(session, taro, national.der, hall.settings.state_dir / "ca.pem")
    return window


def issued(database: Database) -> int:
    with database.command("test") as session:
        return session.scalar(select(func.count()).select_from(CityCard)) or 0


def test_the_national_card_of_somebody_else_is_never_given_to_the_person_of_the_page(
    window: Window, database: Database, national: Card
) -> None:
    window.check_identity(cast.HANAKO)
    window.choose(window.page(database), "library", library="77")
    window.reader.put_national(OTHER, national.der)
    assert window.write(window.page(database))[1]["code"] == "card-registered-for-another"
    assert window.reader.id_on_card(CardRole.LIBRARY, OnCard.LIBRARY) is None
    assert issued(database) == 0
    window.check_identity(cast.TARO)
    window.choose(window.page(database, cast.TARO), "library", library="88")
    assert window.write(window.page(database, cast.TARO))[0] == 200, "the same card on its own person's page"
    assert window.reader.id_on_card(CardRole.LIBRARY, OnCard.LIBRARY) == "88"


def test_nor_instead_of_the_card_they_have_nor_after_its_certificate_was_renewed(
    window: Window, database: Database, authority: Authority, national: Card, app: Flask
) -> None:
    window.issue(database, "library", library="77")
    mine = window.reader.card, window.reader.number
    renewed = authority.issue("card", new_key())
    hall: Hall = app.extensions["portal"]
    pairs = {f"{renewed.certificate.serial_number:x}": f"{national.certificate.serial_number:x}"}
    (hall.settings.state_dir / "renewals.jws").write_text(authority.renewals(pairs))
    for certificate in (national, renewed):
        window.reader.put_national(OTHER, certificate.der)
        assert window.replace(window.page(database))[1]["code"] == "card-registered-for-another"
    window.reader.card, window.reader.number = mine
    assert window.write(window.page(database))[0] == 200, "the card they have is still theirs"
    assert issued(database) == 1


def test_a_national_card_that_nobody_registered_is_given_like_an_empty_one(
    window: Window, database: Database, authority: Authority
) -> None:
    window.check_identity()
    window.choose(window.page(database), "library", library="77")
    for number, certificate in (
        ("cd" * 10, authority.issue("card", new_key()).der),
        ("ce" * 10, b"\x30\x82\x00\x01\x00"),
    ):
        window.reader.put_national(number, certificate)
        page = window.page(database)
        assert (window.write if number == "cd" * 10 else window.replace)(page)[0] == 200
        assert window.reader.id_on_card(CardRole.LIBRARY, OnCard.LIBRARY) == "77"


def test_of_two_desks_that_give_the_same_person_a_card_the_second_is_asked(
    window: Window, database: Database, staff_client: StaffClient
) -> None:
    """Both pages were made while there was no card; the first card is in the person's hands."""
    window.check_identity()
    window.choose(window.page(database), "library", library="77")
    first = window.page(database)
    other = Window(staff_client(Role.WINDOW), window.reader)
    other.check_identity()
    late = other.page(database)
    assert window.write(first)[0] == 200
    window.reader.put(OTHER)
    assert other.write(late)[1]["code"] == "city-card-is-new"
    assert issued(database) == 1


def test_an_order_to_write_does_nothing_once_the_card_was_stopped(window: Window, database: Database) -> None:
    window.check_identity()
    page = window.choose(window.page(database), "library", library="77")
    order, csrf = window.orders(page)[0], page.csrf_token
    status, said = window.carry_out(order, csrf)
    assert (status, list(said)) == (200, ["order"])
    page = window.page(database)
    window.visitor.submit(page, f"{page.path}/stop", why="lost")
    assert window.carry_out(said["order"], csrf)[1]["code"] == "city-card-unknown"
    assert window.reader.id_on_card(CardRole.LIBRARY, OnCard.LIBRARY) is None
