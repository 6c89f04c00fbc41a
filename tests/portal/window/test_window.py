"""From the door of the ward office to the receipt: check-in, numbers, calls, identity, completion."""

import base64
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.core import clock, passwords
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose, Record
from portal.core.clock import JST
from portal.core.errors import Refusal
from portal.core.identity import Document
from portal.core.permissions import Permission, Role
from portal.core.uow import Database
from portal.reservations import service as reservations
from portal.reservations.models import Booking
from portal.reservations.rules import BookingNotFound
from portal.staff import service as staff
from portal.window import rules, service
from portal.window.models import Ticket
from portal.window.rules import (
    AlreadyServed,
    BookingGone,
    DeskBusy,
    NobodyWaiting,
    NotToday,
    NotVerified,
    OtherOffice,
    RecallFirst,
    State,
    TicketElsewhere,
    TooEarly,
    TooLate,
    WindowTaken,
)
from tests.portal.reservations import visits
from tests.portal.reservations.visits import TUESDAY

MONDAY = TUESDAY - timedelta(days=1)
KIOSK = "キオスク chuo-1"


def booked(database: Database, resident_id: UUID, *, state: str = "submitted", start: datetime = TUESDAY) -> Booking:
    """A visit reserved on Monday."""
    with clock.freeze(MONDAY):
        case = visits.application(database, resident_id, state=state)
        return visits.book(database, resident_id, case, visits.slot_at(database, start, places=40))


@pytest.fixture
def people(database: Database) -> Iterator[list[UUID]]:
    with clock.freeze(MONDAY):
        ids = visits.open_city(database, 40)
    with clock.freeze(TUESDAY):
        yield ids


def check_in(database: Database, booking: Booking) -> Ticket:
    with database.page(visits.resident(booking.resident_id), Purpose.KIOSK, writes=True) as session:
        own = reservations.open_booking(session, booking.id)
        return service.check_in(session, own, by=KIOSK)


def desk(database: Database, name: str, number: int) -> Actor:
    """A member of staff at a window of 中央区役所."""
    with database.command("staff") as session:
        section = staff.section(session, office="chuo", name="市民総合窓口課")
        member = staff.add_member(
            session,
            login_id=name,
            name="架空 窓口",
            section_id=section.id,
            roles=[Role.WINDOW],
            password_hash=passwords.hash_password(f"{name}-window-demo-2026"),
        )
    permissions = frozenset({Permission.WINDOW_SERVE})
    actor = Actor(Kind.STAFF, member.id, "中央区役所 市民総合窓口課", office="chuo", permissions=permissions)
    with database.page(actor, Purpose.WINDOW, writes=True) as session:
        service.choose_window(session, actor, number)
    return actor


def call_next(database: Database, actor: Actor) -> str:
    with database.page(actor, Purpose.WINDOW, writes=True) as session:
        return service.call_next(session, actor).label


def test_checking_in_twice_gives_the_same_number(database: Database, people: list[UUID]) -> None:
    booking = booked(database, people[0])
    with ThreadPoolExecutor(6) as pool:
        labels = set(pool.map(lambda _: check_in(database, booking).label, range(6)))
    assert labels == {"A501"}
    with database.command("look") as session:
        lines = applications.timeline(session, booking.application_id)  # type: ignore[arg-type]
        assert [line.kind for line in lines] == ["booked", "checked-in"]
        assert lines[-1].actor_label == KIOSK


def test_thirty_people_at_once_get_thirty_numbers_without_gaps(database: Database, people: list[UUID]) -> None:
    bookings = [booked(database, person) for person in people[:30]]
    with ThreadPoolExecutor(30) as pool:
        labels = sorted(pool.map(lambda booking: check_in(database, booking).label, bookings))
    assert labels == [f"A{number:03d}" for number in range(501, 531)]


def test_what_was_checked_before_goes_to_the_express_lane(database: Database, people: list[UUID]) -> None:
    slow, quick = booked(database, people[0]), booked(database, people[1], state="ready")
    assert [check_in(database, slow).label, check_in(database, quick).label] == ["A501", "E001"]
    assert call_next(database, desk(database, "window-a", 1)) == "E001"
    assert call_next(database, desk(database, "window-b", 2)) == "A501"


@pytest.mark.parametrize(
    ("moment", "refusal"),
    [
        (TUESDAY - timedelta(days=1), NotToday),
        (TUESDAY - timedelta(minutes=61), TooEarly),
        (TUESDAY - timedelta(minutes=60), None),
        (TUESDAY + timedelta(minutes=30), None),
        (TUESDAY + timedelta(minutes=31), TooLate),
    ],
)
def test_check_in_is_open_from_60_minutes_before_to_30_after(moment: datetime, refusal: type[Refusal] | None) -> None:
    if refusal is None:
        rules.check_time(TUESDAY, moment)
        return
    with pytest.raises(refusal):
        rules.check_time(TUESDAY, moment)


def test_too_early_says_when() -> None:
    with pytest.raises(TooEarly) as raised:
        rules.check_time(TUESDAY, TUESDAY - timedelta(hours=2))
    assert raised.value.facts == {"time": "09:00"}


def test_a_cancelled_visit_draws_no_number(database: Database, people: list[UUID]) -> None:
    booking = booked(database, people[0])
    with clock.freeze(MONDAY), database.command("cancel") as session:
        reservations.cancel(session, booking.id)
    with pytest.raises(BookingGone):
        check_in(database, booking)


def test_two_desks_never_call_the_same_person(database: Database, people: list[UUID]) -> None:
    for person in people[:8]:
        check_in(database, booked(database, person))
    desks = [desk(database, f"window-{number}", number) for number in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        labels = Counter(pool.map(lambda actor: call_next(database, actor), desks))
    assert labels == dict.fromkeys((f"A{number:03d}" for number in range(501, 509)), 1)


def test_one_desk_pressing_twice_calls_one_person(database: Database, people: list[UUID]) -> None:
    for person in people[:4]:
        check_in(database, booked(database, person))
    actor = desk(database, "window-a", 1)

    def press(_: int) -> str:
        try:
            return call_next(database, actor)
        except DeskBusy as refusal:
            return refusal.code

    with ThreadPoolExecutor(3) as pool:
        assert Counter(pool.map(press, range(3))) == {"A501": 1, "desk-busy": 2}


def test_a_window_seats_one_colleague(database: Database, people: list[UUID]) -> None:
    desk(database, "window-a", 1)
    with pytest.raises(WindowTaken):
        desk(database, "window-b", 1)


def test_an_empty_hall_has_nobody_to_call(database: Database, people: list[UUID]) -> None:
    actor = desk(database, "window-a", 1)
    with pytest.raises(NobodyWaiting):
        call_next(database, actor)


def test_who_was_absent_can_be_called_again(database: Database, people: list[UUID]) -> None:
    ticket = check_in(database, booked(database, people[0]))
    actor = desk(database, "window-a", 1)
    call_next(database, actor)
    with pytest.raises(RecallFirst), database.page(actor, Purpose.WINDOW, writes=True) as session:
        service.nobody_came(session, actor, ticket.id)
    with database.page(actor, Purpose.WINDOW, writes=True) as session:
        for _ in range(rules.RECALLS):
            service.recall(session, actor, ticket.id)
        service.nobody_came(session, actor, ticket.id)
    with database.page(actor, Purpose.WINDOW, writes=True) as session:
        again = service.call(session, actor, ticket.id)
        assert again.state == State.CALLED
        assert reservations.open_booking(session, ticket.booking_id).state == "arrived"


def test_nothing_is_completed_before_the_identity_is_checked(database: Database, people: list[UUID]) -> None:
    booking = booked(database, people[0], state="ready")
    ticket = check_in(database, booking)
    actor = desk(database, "window-a", 1)
    call_next(database, actor)
    with database.page(actor, Purpose.WINDOW, writes=True) as session:
        service.start(session, actor, ticket.id)
    with pytest.raises(NotVerified), database.page(actor, Purpose.WINDOW, writes=True) as session:
        service.complete(session, actor, ticket.id)


def test_the_window_completes_once(database: Database, people: list[UUID]) -> None:
    booking = booked(database, people[0], state="ready")
    ticket = check_in(database, booking)
    actor = desk(database, "window-a", 1)
    call_next(database, actor)
    with database.page(actor, Purpose.WINDOW, writes=True) as session:
        service.start(session, actor, ticket.id)
    for _ in range(2):  # an answer that was lost
        with database.page(actor, Purpose.WINDOW, writes=True) as session:
            service.verify_by_document(session, actor, ticket.id, Document.DRIVING_LICENCE)
    for _ in range(2):
        with database.page(actor, Purpose.WINDOW, writes=True) as session:
            assert service.complete(session, actor, ticket.id).state == State.SERVED
    with database.command("look") as session:
        lines = applications.timeline(session, booking.application_id)  # type: ignore[arg-type]
        assert [line.kind for line in lines] == ["booked", "checked-in", "called", "completed"]
        assert reservations.open_booking(session, booking.id).state == "served"
        looks = session.scalars(select(Record).where(Record.subject == people[0], Record.actor_kind == "staff"))
        assert {record.why for record in looks} == {"window"}
        changes = session.scalars(select(Record.what).where(Record.subject == people[0], Record.action == "change"))
        assert list(changes).count("tickets(state=serving)") == 2, "came to the window, document compared: once each"
    with pytest.raises(AlreadyServed):
        check_in(database, booking)


def test_a_colleague_does_not_open_the_person_at_my_window(database: Database, people: list[UUID]) -> None:
    ticket = check_in(database, booked(database, people[0]))
    call_next(database, desk(database, "window-a", 1))
    other = desk(database, "window-b", 2)
    with pytest.raises(TicketElsewhere), database.page(other, Purpose.WINDOW, writes=False) as session:
        service.mine(session, other, ticket.id)


def test_a_card_that_was_not_read_leaves_the_identity_open(database: Database, people: list[UUID]) -> None:
    ticket = check_in(database, booked(database, people[0]))
    actor = desk(database, "window-a", 1)
    call_next(database, actor)
    with database.page(actor, Purpose.WINDOW, writes=True) as session:
        service.start(session, actor, ticket.id)
    junk = base64.b64encode(b"junk").decode()
    answer = service.CardAnswer(ticket.id, junk, junk)
    with pytest.raises(Refusal), database.page(actor, Purpose.WINDOW, writes=True) as session:
        service.verify_by_card(session, actor, ticket.id, answer, None)  # type: ignore[arg-type]
    with database.command("look") as session:
        assert session.get_one(Ticket, ticket.id).verified_at is None


def at_machine(session: Session, who: UUID | None, reference: str, office: str = "chuo") -> Ticket:
    return service.check_in_at_machine(session, office, reference, resident_id=who, by_label=KIOSK, language="ja")


def test_the_kiosk_sees_the_next_visit_and_checks_in(database: Database, people: list[UUID]) -> None:
    booking = booked(database, people[0])
    with clock.freeze(TUESDAY - timedelta(hours=3)), database.command("kiosk") as session:
        early = service.can_check_in(session, people[0])
        assert early is not None
        assert (early.can_check_in, early.why_not, early.facts) == (False, TooEarly.message, {"time": "09:00"})
        assert service.can_check_in(session, people[1]) is None
    with database.command("kiosk") as session:
        ready = service.can_check_in(session, people[0])
        assert ready is not None
        assert (ready.can_check_in, ready.office, ready.ticket) == (True, "中央区役所", None)
        assert ready.procedures == ("Moving within the city",)
        with pytest.raises(BookingNotFound):
            at_machine(session, people[1], ready.reference)
        with pytest.raises(OtherOffice):
            at_machine(session, None, ready.reference, office="hanamigawa")
        drawn = at_machine(session, people[0], ready.reference.lower())
        assert at_machine(session, None, ready.reference).label == drawn.label, "its code alone gives the same number"
    with database.command("kiosk") as session:
        after = service.can_check_in(session, people[0])
        assert after is not None
        assert (after.can_check_in, after.ticket) == (True, drawn.label)
    assert booking.starts_at == TUESDAY.astimezone(JST)


def test_who_waits_knows_how_many_come_before(database: Database, people: list[UUID]) -> None:
    tickets = [check_in(database, booked(database, person)) for person in people[:3]]
    express = check_in(database, booked(database, people[3], state="ready"))
    with database.command("look") as session:
        assert [service.people_before(session, one) for one in [*tickets, express]] == [1, 2, 3, 0]


def test_the_board_shows_calls_newest_first_and_who_waits(database: Database, people: list[UUID]) -> None:
    for person in people[:3]:
        check_in(database, booked(database, person))
    first, second = desk(database, "window-a", 1), desk(database, "window-b", 2)
    call_next(database, first)
    with clock.freeze(TUESDAY + timedelta(seconds=5)):
        call_next(database, second)
    with clock.freeze(TUESDAY + timedelta(seconds=9)), database.page(first, Purpose.WINDOW, writes=True) as session:
        current = service.desk_view(session, first).current
        assert current is not None
        service.recall(session, first, current.id)
    with database.command("look") as session:
        board = service.board(session, "chuo")
        assert [(call.ticket, call.window, call.id) for call in board.calls] == [
            ("A501", 1, "A501.3"),
            ("A502", 2, "A502.2"),
        ]
        assert {kind: numbers for kind, numbers in board.waiting if numbers} == {"resident-affairs": ["A503"]}
        assert service.board(session, "inage").calls == []


def test_a_forgotten_day_is_closed(database: Database, people: list[UUID]) -> None:
    ticket = check_in(database, booked(database, people[0]))
    with clock.freeze(TUESDAY + timedelta(days=1)), database.job("close") as session:
        service.close_days(session, {})
        assert session.get_one(Ticket, ticket.id).state == State.NO_SHOW
