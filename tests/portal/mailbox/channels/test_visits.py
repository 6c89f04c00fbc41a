"""A visit's day, as the phone in one's pocket tells it."""

from datetime import timedelta

from portal.core import clock
from portal.core.audit import Purpose
from portal.mailbox.channels import rules
from portal.reservations import service as reservations
from portal.window import service as window
from portal.window.rules import How
from tests.portal.mailbox.channels.conftest import Person
from tests.portal.mailbox.channels.test_sending import states
from tests.portal.reservations import visits
from tests.portal.reservations.visits import TUESDAY
from tests.portal.window.test_window import booked, check_in, desk

EVENING, MORNING = TUESDAY - timedelta(hours=16), TUESDAY - timedelta(hours=2)


def test_reserved_tomorrow_today_and_near(hanako: Person) -> None:
    database, phone = hanako.database, hanako.wants_push()
    visits.open_city(database)
    booking = booked(database, hanako.id, start=TUESDAY + timedelta(minutes=30))
    for moment in (EVENING, MORNING + timedelta(minutes=30)):
        hanako.worker.run_pending()
        with clock.freeze(moment):
            hanako.worker.run_pending()
    assert [told["title"] for told in phone.shown] == [
        "来庁の予約についてのお知らせ",
        "明日は来庁の日です",
        "本日は来庁の日です",
    ]
    with clock.freeze(TUESDAY):
        actor = desk(database, "window-a", 1)
        for number in range(4):
            with clock.freeze(TUESDAY - timedelta(minutes=9 - number)), database.command("draw") as session:
                window.draw(session, "chuo", "resident-affairs", f"t{number}", how=How.KIOSK, language="ja")
        ticket = check_in(database, booking)
        for _ in range(2):
            with database.page(actor, Purpose.WINDOW, writes=True) as session:
                window.park(session, actor, window.call_next(session, actor).id, "form")
        hanako.worker.run_pending()
    near, headers = phone.shown[-1], phone.headers[-1]
    assert near["title"] == f"まもなくお呼びします：{ticket.label}"
    assert (headers["Urgency"], headers["TTL"]) == ("high", str(int(rules.NEAR_FOR.total_seconds())))


def test_what_was_cancelled_is_not_reminded_of(hanako: Person) -> None:
    phone = hanako.wants_push()
    visits.open_city(hanako.database)
    booking = booked(hanako.database, hanako.id)
    hanako.worker.run_pending()
    with clock.freeze(EVENING + timedelta(hours=4)):  # at 22:00 a late worker promises what may not leave before 8:00
        hanako.worker.run_pending()
        with hanako.database.command("cancel") as session:
            reservations.cancel(session, booking.id)
        hanako.worker.run_pending()
    with clock.freeze(MORNING):
        hanako.send_due()
    assert [told["title"] for told in phone.shown] == ["来庁の予約についてのお知らせ"] * 2  # reserved, cancelled
    assert [state for _, state, _ in states(hanako)] == ["sent", "skipped", "sent"]
