"""`kill -9` at any point of the day: whoever goes on as people do, by sending the same again, ends in the same state.

Portal and worker die (tests/house/mortal.py), again and again, while people check in at the kiosk and are called,
identified and served at the window, and while notices and points are delivered: for the first person before and after
every commit of every form, for the other and the worker at random steps. TEST_SEED chooses other steps.
"""

import base64
import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.accounts import service as accounts
from portal.applications.models import Application, ApplicationEvent
from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.ids import ResidentId, new_id
from portal.core.outbox import LEASE, Promise
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.demo import devices as demo_devices
from portal.demo import staff as demo_staff
from portal.guidance import service as guidance
from portal.mailbox import service as mailbox
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.rules import Kind as NoticeKind
from portal.points import service as points
from portal.points.programmes.models import PointEarning
from portal.reservations.models import Booking, Slot
from portal.segments import service as segments
from portal.window.models import Ticket
from tests.browser import Visitor
from tests.house.mortal import Mortal
from tests.portal.accounts.authority import Authority, Card, new_key
from tests.portal.devices.test_tokens import Machine
from tests.portal.kiosks.test_kiosk_api import KIOSK, Kiosk
from tests.portal.oversight.test_reader import faults
from tests.portal.points.offered import for_applications
from tests.portal.reservations import visits
from tests.portal.reservations.visits import TUESDAY

SEED = os.environ.get("TEST_SEED", "2026")
RESIDENTS = 120
VISITORS = 2
LEAST_DEATHS = 30
PAGES = ("staff/sign_in.html", "staff/desk.html", "window/queue.html", "window/ticket.html", "window/receipt.html")


@dataclass
class Day:
    """A city on a Tuesday morning, with cards for those who come, and a portal that dies."""

    database: Database
    settings: Settings
    mortal: Mortal
    chance: random.Random
    bookings: list[Booking]
    cards: dict[UUID, Card]

    def deaths(self, longest_life: int) -> Iterator[int]:
        """At which step of each life; *longest_life* is longer than what one life has to do at least."""
        while True:
            yield self.chance.randint(1, longest_life)


@pytest.fixture
def day(app: Flask, settings: Settings, database: Database, tmp_path: Path) -> Iterator[Day]:
    clock.set_city_time(settings.clock_file, TUESDAY - timedelta(days=1))
    people = visits.open_city(database, RESIDENTS)[:VISITORS]
    slot = visits.slot_at(database, TUESDAY, places=VISITORS)
    bookings = [
        visits.book(database, person, visits.application(database, person, state="ready"), slot) for person in people
    ]
    clock.set_city_time(settings.clock_file, TUESDAY - timedelta(minutes=50))
    cards = issue_cards(database, tmp_path, people)
    with database.command("furnish") as session:
        demo_staff.load(session)
        for_applications(session)
        demo_devices.enrol_machines(session, tmp_path / "clients")
    with database.command("guide") as session:  # and what is put together once a day
        guidance.look_at(session, {"resident_id": str(people[0])})
    chance = random.Random(f"{SEED} {database.engine.dialect.name}")
    environment: Any = app.jinja_env
    for page in PAGES:  # what a life learns dies with it
        environment.speaking("ja").get_template(page)
    with Mortal(app, database) as mortal:
        yield Day(database, settings, mortal, chance, bookings, cards)
    settings.clock_file.unlink()


def issue_cards(database: Database, folder: Path, people: list[UUID]) -> dict[UUID, Card]:
    (folder / "cards").mkdir()
    authority, key = Authority("TEST CA 架空"), new_key()
    ca_file = authority.publish(folder / "cards")
    cards = {person: authority.issue("card", key) for person in people}
    with database.command("enrol") as session:
        for person, card in cards.items():
            accounts.enrol_card(session, ResidentId(person), card.der, ca_file)
    return cards


def kiosk_of(day: Day) -> Kiosk:
    machine = Machine(day.mortal, demo_devices.key_of(day.settings.state_dir / "clients", KIOSK))  # type: ignore[arg-type]
    return Kiosk(day.mortal, (machine.ask(scope="kiosk").json or {})["access_token"])  # type: ignore[arg-type]


def checks_in(day: Day, kiosk: Kiosk, booking: Booking) -> None:
    """Card on the reader, then the button; a kiosk sends each of its messages under one key until it is answered."""
    session, challenge = kiosk.open()
    body = {
        "certificate": base64.b64encode(day.cards[booking.resident_id].der).decode(),
        "signature": base64.b64encode(day.cards[booking.resident_id].sign(challenge)).decode(),
    }
    assert kiosk.post(f"/sessions/{session}/card", body).status_code == 200
    drawn = kiosk.post(f"/sessions/{session}/check-in", {"reference": booking.reference})
    assert drawn.status_code == 200, drawn.text
    assert kiosk.post(f"/sessions/{session}/end", {}).status_code == 200


def sits_down(day: Day) -> Visitor:
    person = next(someone for someone in cast.STAFF if Role.WINDOW in someone.roles)
    visitor = Visitor(day.mortal)  # type: ignore[arg-type]
    door = visitor.get("/staff/sign-in")
    visitor.submit(door, "/staff/sign-in", login_id=person.login_id, password=person.password)
    visitor.submit(visitor.get("/staff/window"), "/staff/window/number", window="3")
    return visitor


def serves_next(window: Visitor) -> None:
    """Call, see, compare a document, finish; after a death the clerk opens the queue and goes on from there."""
    page = window.submit(window.get("/staff/window"), "/staff/window/next")
    if not page.path.startswith("/staff/window/tickets/"):
        link = next(link for link in page.links() if link.startswith("/staff/window/tickets/"))
        page = window.get(link)
    ticket = page.path
    window.submit(page, f"{ticket}/start")
    window.submit(window.get(ticket), f"{ticket}/document", document="driving-licence")
    receipt = window.submit(window.get(ticket), f"{ticket}/complete")
    assert receipt.path == f"{ticket}/receipt", receipt.text


def send_notice(day: Day) -> None:
    clerk = Actor(Kind.STAFF, new_id(), "市役所 こども家庭支援課 000001", section=new_id())
    texts = {"ja": {"title": "お知らせ", "body": "届くのは一度だけです。"}}
    with day.database.page(clerk, Purpose.SENDING, writes=True) as session:
        notice = mailbox.write(session, clerk, kind=NoticeKind.INFORMATION, texts=texts, segment=segments.EVERYBODY)
        mailbox.send(session, notice)


def worked_off(day: Day) -> None:
    """Workers, one after the other, until nothing is left; a dead one's work is free when its lease is over."""
    day.mortal.dies_at(day.deaths(longest_life=40))
    while not day.mortal.work() or waiting(day):
        shifted = clock.now() + LEASE + timedelta(seconds=1)
        clock.set_city_time(day.settings.clock_file, shifted)


def waiting(day: Day) -> int:
    return count(day, Promise, Promise.done_at.is_(None))


def count(day: Day, what: Any, *conditions: Any) -> int:
    with day.database.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(what).where(*conditions)).scalar_one())


def lines_of(day: Day, booking: Booking) -> Counter[str]:
    query = select(ApplicationEvent.kind).where(ApplicationEvent.application_id == booking.application_id)
    with day.database.engine.connect() as connection:
        return Counter(connection.execute(query).scalars())


def test_a_day_with_many_deaths_ends_like_one_without(day: Day) -> None:
    send_notice(day)
    kiosk, window = kiosk_of(day), sits_down(day)
    day.mortal.dies_at_every_commit()
    for booking in day.bookings:
        checks_in(day, kiosk, booking)
        serves_next(window)
        day.mortal.dies_at(day.deaths(longest_life=40))
    at_the_office = day.mortal.deaths
    worked_off(day)
    assert day.mortal.deaths >= LEAST_DEATHS, "too few deaths to show anything"
    assert at_the_office >= LEAST_DEATHS // 2
    the_books_are_right(day)


def the_books_are_right(day: Day) -> None:
    """What a day without a death leaves behind."""
    once = {"booked": 1, "checked-in": 1, "called": 1, "completed": 1, "points-credited": 1}
    for booking in day.bookings:
        assert lines_of(day, booking) == once
        assert count(day, Booking, Booking.id == booking.id, Booking.state == "served") == 1
        assert count(day, Application, Application.id == booking.application_id, Application.state == "completed") == 1
    assert count(day, Ticket) == count(day, Ticket, Ticket.state == "served") == VISITORS
    assert count(day, PointEarning, PointEarning.given > 0) == VISITORS
    told = Notice.author_id.is_(None), Notice.key.like("booking:%")
    assert count(day, Notice, *told) == VISITORS
    assert count(day, Delivery, Delivery.notice_number.in_(select(Notice.number).where(*told))) == VISITORS
    sent = Notice.author_id.is_not(None)
    assert count(day, Notice, sent, Notice.state == "sent") == 1
    assert count(day, Delivery, Delivery.notice_number.in_(select(Notice.number).where(sent))) == RESIDENTS
    assert count(day, Slot, Slot.taken > 0) == 1
    with day.database.job("look") as session:
        assert points.unbalanced(session) == []
        assert session.scalar(select(func.sum(Slot.taken))) == VISITORS
    assert faults(day.database, day.settings) == []
    assert count(day, Promise, Promise.done_at.is_(None)) == count(day, Promise, Promise.failed_at.is_not(None)) == 0
