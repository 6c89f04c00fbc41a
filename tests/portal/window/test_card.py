"""Identity by card at the window: the right card opens the case, another one's does not, a signature serves once."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts import service as accounts
from portal.core import clock
from portal.core.audit import Purpose, Record
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.residents import service as residents
from portal.window import service
from portal.window.models import Ticket
from tests.browser import Page, Visitor
from tests.conftest import StaffClient
from tests.portal.accounts.authority import Authority, Card, new_key
from tests.portal.reservations import visits
from tests.portal.reservations.visits import TUESDAY

KEYS = {person.persona: new_key() for person in (cast.HANAKO, cast.TARO)}
with clock.freeze(TUESDAY - timedelta(days=30)):  # older than its cards, whenever the test runs
    AUTHORITY = Authority("TEST CA 架空")


@pytest.fixture
def cards(database: Database, cast_residents: None, settings: object, tmp_path: Path) -> Iterator[dict[str, Card]]:
    """The enrolled cards of 花子 and 太郎; 花子 has checked in for Tuesday at 10."""
    with clock.freeze(TUESDAY - timedelta(minutes=20)):
        (tmp_path / "cards").mkdir()
        ca_file = AUTHORITY.publish(tmp_path / "cards")
        made = {}
        with database.command("enrol") as session:
            for person in (cast.HANAKO, cast.TARO):
                known = residents.find_by_number(session, person.addressee_number)
                assert known is not None
                made[person.persona] = AUTHORITY.issue(person.persona, KEYS[person.persona])
                accounts.enrol_card(session, known.resident_id, made[person.persona].der, ca_file)
                if person is cast.HANAKO:
                    hanako = known.resident_id
        with clock.freeze(TUESDAY - timedelta(days=1)):
            visits.open_city(database)
            case = visits.application(database, hanako, state="ready")
            visits.book(database, hanako, case, visits.slot_at(database, TUESDAY))
        with database.page(visits.resident(hanako), Purpose.KIOSK, writes=True) as session:
            view = service.can_check_in(session, hanako)
            assert view is not None
            service.check_in_at_machine(
                session, "chuo", view.reference, resident_id=hanako, by_label="キオスク chuo-1", language="ja"
            )
        yield made


@pytest.fixture
def serving(cards: dict[str, Card], staff_client: StaffClient) -> tuple[Visitor, Page]:
    """Staff at window 3 with 花子 in front of them."""
    window = staff_client(Role.WINDOW)
    queue = window.submit(window.get("/staff/window"), "/staff/window/number", window="3")
    called = window.submit(queue, "/staff/window/next")
    return window, window.submit(called, f"{called.path}/start")


def signed(page: Page, card: Card) -> dict[str, str]:
    """What the card bridge puts into the form: certificate, and signature over the page's challenge."""
    challenge = next(page.find("input", name="challenge")).get("value") or ""
    raw = base64.urlsafe_b64decode(challenge + "=" * (-len(challenge) % 4))
    parts = {"certificate": card.der, "signature": card.sign(raw)}
    return {name: base64.b64encode(value).decode() for name, value in parts.items()}


def test_the_right_card_opens_the_way_to_completion(
    app: Flask, cards: dict[str, Card], serving: tuple[Visitor, Page]
) -> None:
    window, page = serving
    checked = window.submit(page, f"{page.path}/card", **signed(page, cards["hanako"]))
    assert checked.path == page.path
    done = window.submit(checked, f"{page.path}/complete")
    assert done.path == f"{page.path}/receipt"


def test_the_card_of_another_person_is_refused_and_on_record(
    database: Database, cards: dict[str, Card], serving: tuple[Visitor, Page]
) -> None:
    window, page = serving
    refused = window.submit(page, f"{page.path}/card", **signed(page, cards["taro"]))
    assert refused.status == 403
    with database.command("look") as session:
        assert session.scalars(select(Ticket)).one().verified_at is None
        records = session.scalars(select(Record).where(Record.action == "refused", Record.actor_kind == "staff"))
        assert [record.what for record in records] == ["window.identity other-person"]
    again = window.submit(refused, f"{page.path}/card", **signed(refused, cards["hanako"]))
    assert list(again.find("form", action=f"{page.path}/complete"))


def test_a_signature_serves_once(cards: dict[str, Card], serving: tuple[Visitor, Page]) -> None:
    window, page = serving
    sent = signed(page, cards["taro"])
    window.submit(page, f"{page.path}/card", **sent)
    replayed = window.submit(page, f"{page.path}/card", **signed(page, cards["hanako"]))
    assert replayed.status in (400, 403, 409, 410)
    assert not list(replayed.find("form", action=f"{page.path}/complete"))
