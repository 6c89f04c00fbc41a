"""The hall on both databases: numbers for who walks in, queues by kind of window, set aside, sent on, gone, back."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose, Record
from portal.core.errors import Refusal
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.mailbox.models import Notice
from portal.reservations import service as reservations
from portal.window import kinds, moves, rules, service, turn_rules
from portal.window import routes as window_routes
from portal.window.models import Ticket
from portal.window.rules import How, NobodyWaiting, NumberEnded, NumbersGone, SameKind, State
from tests.browser import Visitor
from tests.conftest import StaffClient
from tests.portal.reservations import visits
from tests.portal.reservations.visits import TUESDAY
from tests.portal.window.test_window import MONDAY, booked, check_in, desk

AFFAIRS, TAX = "resident-affairs", "tax"


@pytest.fixture
def people(database: Database) -> Iterator[list[UUID]]:
    with clock.freeze(MONDAY):
        ids = visits.open_city(database, 6)
    with clock.freeze(TUESDAY):
        yield ids


def draw(database: Database, kind: str = AFFAIRS, token: str = "", *, minutes: int = 0) -> Ticket:
    """A number drawn *minutes* ago."""
    with clock.freeze(clock.now() - timedelta(minutes=minutes)), database.command("draw") as session:
        return service.draw(session, "chuo", kind, token or str(uuid4()), how=How.KIOSK, language="ja")


def act(database: Database, actor: Actor, deed: str, *facts: object) -> Ticket:
    with database.page(actor, Purpose.WINDOW, writes=True) as session:
        done: Ticket = getattr(service, deed)(session, actor, *facts)
        return done


def serving(database: Database, actor: Actor, *kinds: str) -> Actor:
    with database.page(actor, Purpose.WINDOW, writes=True) as session:
        service.choose_window(session, actor, 1, kinds)
    return actor


def test_one_press_too_many_is_one_number_and_the_quota_ends_the_day(database: Database, people: list[UUID]) -> None:
    with ThreadPoolExecutor(6) as pool:
        labels = list(pool.map(lambda _: draw(database, token="the same press").label, range(6)))
    assert set(labels) == {"A001"}
    with database.command("look") as session:
        assert moves.last_number(session, "chuo", "A") == 1
        moves.hold(session, "chuo", "H")
        for _ in range(kinds.giving("chuo", TAX).quota - 1):
            moves.next_number(session, "chuo", "H")

    def press(_: int) -> str:
        try:
            return draw(database, TAX).label
        except NumbersGone as refusal:
            return refusal.code

    with ThreadPoolExecutor(4) as pool:
        assert Counter(pool.map(press, range(4))) == {"H150": 1, "numbers-gone": 3}
    with database.command("look") as session:
        offer = next(one for one in service.offers(session, "chuo") if one.kind == TAX)
        assert offer.why_not is not None
        assert (offer.why_not.code, offer.waiting) == ("numbers-gone", 1)


@pytest.mark.parametrize(
    ("kind", "later", "code"),
    [
        ("passports", timedelta(0), "window-kind-not-here"),
        (AFFAIRS, timedelta(hours=-2), "numbers-not-yet"),
        (AFFAIRS, timedelta(hours=7), "numbers-closed"),
        (AFFAIRS, timedelta(days=4), "office-closed-today"),
    ],
)
def test_no_number_is_given(database: Database, people: list[UUID], kind: str, later: timedelta, code: str) -> None:
    with clock.freeze(TUESDAY + later), pytest.raises(Refusal) as refused:
        draw(database, kind)
    assert refused.value.code == code


def test_a_desk_serves_its_kinds_and_express_never_passes_anybody_four_times(
    database: Database, people: list[UUID]
) -> None:
    general = draw(database, minutes=20)
    draw(database, TAX, minutes=25)
    actor = serving(database, desk(database, "window-a", 1), AFFAIRS)
    called = []
    for number, person in enumerate([*people[:4]]):
        check_in(database, booked(database, person, state="ready", start=TUESDAY))
        with clock.freeze(TUESDAY + timedelta(seconds=number)):
            ticket = act(database, actor, "call_next")
            called.append(ticket.label)
            act(database, actor, "park", ticket.id, "form")
    assert called == ["E001", "E002", "E003", general.label]
    with database.command("look") as session:
        kept = session.get_one(Ticket, general.id)
        assert (kept.passed_over, kept.state, kept.park_reason) == (3, State.PARKED, "form")
        assert service.offers(session, "chuo")[6].waiting == 1  # the taxes wait for a desk of their own
    assert act(database, actor, "call_next").label == "E004"


def test_desks_pressing_next_at_one_instant_call_different_people_and_count_rightly(
    database: Database, people: list[UUID]
) -> None:
    numbers = [draw(database, minutes=9 - n) for n in range(6)]
    for person in people[:4]:
        check_in(database, booked(database, person, state="ready"))
    desks = [desk(database, f"window-{n}", n) for n in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        tickets = list(pool.map(lambda actor: act(database, actor, "call_next"), desks))
    assert len({ticket.id for ticket in tickets}) == 8
    assert sorted(ticket.call_number or 0 for ticket in tickets) == list(range(1, 9))
    with database.command("look") as session:
        passed = [session.get_one(Ticket, one.id).passed_over for one in numbers]
        assert max(passed) <= turn_rules.MOST_PASSED
        calls = service.board(session, "chuo").calls
        assert [call.id for call in calls] == [f"{call.ticket}.{8 - n}" for n, call in enumerate(calls)]


def test_sent_on_keeps_the_waiting_time_and_set_aside_comes_back(database: Database, people: list[UUID]) -> None:
    early, late = draw(database, minutes=15), draw(database, TAX, minutes=5)
    actor = serving(database, desk(database, "window-a", 1), AFFAIRS)
    act(database, actor, "call_next")
    with pytest.raises(SameKind):
        act(database, actor, "forward", early.id, AFFAIRS)
    act(database, actor, "forward", early.id, TAX)
    with pytest.raises(NobodyWaiting):
        act(database, actor, "call_next")
    serving(database, actor, TAX)
    again = act(database, actor, "call_next")
    assert (again.label, again.forwarded_from, again.drawn_at) == (early.label, AFFAIRS, early.drawn_at)
    act(database, actor, "start", early.id)
    act(database, actor, "park", early.id, "document")
    assert act(database, actor, "call_next").label == late.label
    act(database, actor, "start", late.id)
    assert act(database, actor, "complete", late.id).state == State.SERVED
    back = act(database, actor, "call", early.id)
    assert (back.state, back.window, back.parked_at is not None) == (State.CALLED, 1, True)


def test_who_leaves_is_not_called_and_who_missed_the_call_has_fifteen_minutes(
    database: Database, people: list[UUID]
) -> None:
    gone, missed = draw(database, minutes=9), draw(database, minutes=8)
    with database.command("phone") as session:
        service.leave(session, gone.token)
    actor = desk(database, "window-a", 1)
    ticket = act(database, actor, "call_next")
    assert ticket.id == missed.id
    for _ in range(rules.RECALLS):
        act(database, actor, "recall", missed.id)
    act(database, actor, "nobody_came", missed.id)
    back = partial(service.come_back, token=missed.token)
    with (
        clock.freeze(TUESDAY + timedelta(minutes=15, seconds=1)),
        database.command("phone") as session,
        pytest.raises(Refusal, match="not-back-in-time"),
    ):
        back(session)
    with clock.freeze(TUESDAY + timedelta(minutes=15)), database.command("phone") as session:
        assert (back(session).state, back(session).drawn_at) == (State.WAITING, missed.drawn_at)
        with pytest.raises(NumberEnded):
            service.come_back(session, gone.token)


def test_whoever_is_near_is_told_once_in_the_mailbox(database: Database, people: list[UUID]) -> None:
    for minutes in (9, 8, 7, 6):
        draw(database, minutes=minutes)
    known = check_in(database, booked(database, people[0], start=TUESDAY + timedelta(minutes=30)))
    actor = desk(database, "window-a", 1)
    told = []
    for _ in range(3):
        ticket = act(database, actor, "call_next")
        act(database, actor, "park", ticket.id, "form")
        with database.command("look") as session:
            told.append(session.get_one(Ticket, known.id).near_told_at is not None)
    assert told == [False, True, True]
    with database.command("look") as session:
        assert reservations.open_booking(session, known.booking_id).state == "arrived"


def test_a_number_from_the_phone_to_the_window_names_nobody(
    app: Flask, database: Database, people: list[UUID], staff_client: StaffClient
) -> None:
    phone = Visitor(app)
    hall = phone.get("/hall/chuo")
    page = phone.submit(hall, "/hall/chuo/numbers", kind=AFFAIRS)
    assert "A001" in page.text
    assert phone.submit(hall, "/hall/chuo/numbers", kind=AFFAIRS).path == page.path
    state = phone.client.get(f"{page.path}/state").get_json()
    assert (state["state"], state["near"], state["called"]) == ("waiting", True, False)
    slip = phone.client.get(f"{page.path}/slip")
    assert (slip.mimetype, slip.data[:5]) == ("application/pdf", b"%PDF-")
    window = staff_client(Role.WINDOW)
    queue = window.get("/staff/window")
    queue = window.submit(queue, "/staff/window/number", window="3", kinds=AFFAIRS)
    given = window.submit(
        window.get("/staff/window/reception"), "/staff/window/reception/numbers", kind=TAX, needs="yes"
    )
    assert "H001" in given.text
    assert window.submit(given, f"{given.path}/needs", needs="").status == 200
    ticket = window.submit(window.get("/staff/window"), "/staff/window/next")
    assert "A001" in ticket.text
    assert phone.client.get(f"{page.path}/state").get_json()["called"] is True
    refused = window.submit(ticket, f"{ticket.path}/park", reason="lunch")
    assert refused.status == 422
    here = window.submit(ticket, f"{ticket.path}/start")
    receipt = window.submit(here, f"{ticket.path}/complete")
    assert receipt.path == f"{ticket.path}/receipt"
    assert phone.client.get("/number/unknown").status_code == 404
    with clock.freeze(TUESDAY + timedelta(days=1)):
        assert Visitor(app).client.get(page.path).status_code == 404
    with database.command("look") as session:
        about = session.scalars(select(Record).where(Record.what.like("tickets%"), Record.subject.is_not(None)))
        assert list(about) == []
        assert session.scalar(select(Notice.id)) is None


def test_check_in_by_phone_says_what_is_missing(app: Flask, database: Database, people: list[UUID]) -> None:
    booking = booked(database, people[0])
    phone = Visitor(app)
    hall = phone.get("/hall/inage")
    assert phone.submit(hall, "/hall/inage/check-in", reference=booking.reference).status == 409
    hall = phone.get("/hall/chuo")
    assert phone.submit(hall, "/hall/chuo/check-in", reference="AAAA-BBBB-CCCC").status == 404
    with clock.freeze(TUESDAY - timedelta(minutes=61)):
        early = phone.submit(hall, "/hall/chuo/check-in", reference=booking.reference)
        assert (early.status, "09:00" in early.text) == (409, True)
    for _ in range(window_routes.REFERENCES):  # one address has all phones of the hall: only guesses count
        page = phone.submit(hall, "/hall/chuo/check-in", reference=booking.reference.lower())
    assert "A501" in page.text
    left = phone.submit(page, f"{page.path}/leave")
    assert left.path == page.path
    with database.command("look") as session:
        assert reservations.open_booking(session, booking.id).state == "no-show"
