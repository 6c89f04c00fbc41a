"""A desk comes back on line, on both databases: everything once, in order, no number twice, and nothing of anybody else."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.reservations import closing
from portal.reservations import service as reservations
from portal.reservations.closing import DayWords
from portal.reservations.rules import DayReason
from portal.window import service
from portal.window.models import Ticket
from portal.window.offline import forms, rules
from portal.window.offline import service as offline
from portal.window.offline.models import Lease, MergedStep
from portal.window.rules import How, State
from tests.conftest import StaffClient
from tests.portal.reservations import visits
from tests.portal.reservations.visits import TUESDAY
from tests.portal.window.test_window import MONDAY, booked, check_in, desk

KEY = b"k" * 32
AFFAIRS = "resident-affairs"


@pytest.fixture
def people(database: Database) -> Iterator[list[UUID]]:
    with clock.freeze(MONDAY):
        ids = visits.open_city(database, 6)
    with clock.freeze(TUESDAY):
        yield ids


@dataclass
class OfflineDesk:
    """A browser that holds a lease and writes a journal, an hour before the line is back."""

    database: Database
    actor: Actor
    window: int
    lent: offline.Lent = field(init=False)
    sends_at: datetime = field(default_factory=clock.machine_now)
    steps: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        then = clock.freeze(clock.now() - timedelta(hours=1))
        with then, self.database.page(self.actor, Purpose.WINDOW, writes=True) as session:
            self.lent = offline.lease(session, self.actor)

    def label(self, letter: str, place: int) -> str:
        return f"{letter}{self.lent.block * 100 + place}"

    def did(self, what: str, label: str, *, minutes: float = 0, **facts: Any) -> None:
        """A step *minutes* after the line was lost."""
        at = self.sends_at - timedelta(hours=1) + timedelta(minutes=minutes or len(self.steps))
        if what == "call":
            facts.setdefault("window", self.window)
        step = {"id": str(uuid4()), "place": len(self.steps) + 1, "what": what, "at": at.isoformat(), "label": label}
        self.steps.append(step | facts)

    def journal(self, **other: Any) -> bytes:
        whole = {"lease": str(self.lent.id), "secret": self.lent.secret, "sent_at": self.sends_at.isoformat()}
        return json.dumps(whole | {"steps": self.steps} | other).encode()

    def send(self, body: bytes | None = None, *, by: Actor | None = None) -> list[tuple[str, str]]:
        """Outcome and code of each step."""
        actor = by or self.actor
        with self.database.page(actor, Purpose.WINDOW, writes=True) as session:
            merged = offline.merge(session, actor, forms.read(self.journal() if body is None else body), KEY)
            return [(one.outcome, one.code) for one in merged]

    def hash_of(self, reference: str) -> str:
        return rules.visit_hash(reference, rules.salt(KEY, "chuo", clock.today()))


@pytest.fixture
def away(database: Database, people: list[UUID]) -> OfflineDesk:
    return OfflineDesk(database, desk(database, "window-3", 3), 3)


def numbers(database: Database) -> dict[str, str]:
    with database.command("look") as session:
        return {one.label: one.state for one in session.scalars(select(Ticket).order_by(Ticket.label))}


def count(database: Database, table: type[Any]) -> int:
    with database.command("look") as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def draw(database: Database) -> Ticket:
    with database.command("draw") as session:
        return service.draw(session, "chuo", AFFAIRS, str(uuid4()), how=How.KIOSK, language="ja")


def board(database: Database) -> list[tuple[str, int]]:
    with database.command("look") as session:
        return [(call.ticket, call.window) for call in service.board(session, "chuo").calls]


def test_an_hour_without_network_is_merged_once(database: Database, people: list[UUID], away: OfflineDesk) -> None:
    with clock.freeze(clock.now() - timedelta(hours=1)):
        before = draw(database).label
    hanako = booked(database, people[0], state="ready")
    first, second, express = away.label("A", 1), away.label("A", 2), away.label("E", 1)
    away.did("call", before)
    away.did("start", before)
    away.did("number", first, needs=True)
    away.did("served", before)
    away.did("number", second)
    away.did("check-in", express, visit=away.hash_of(hanako.reference), minutes=20)
    away.did("call", express, minutes=21)
    away.did("recall", express, minutes=22)
    away.did("start", express, minutes=23)
    away.did("served", express, minutes=30, document="passport")
    away.did("call", first, minutes=31)
    away.did("park", first, minutes=32, reason="form")
    away.did("call", second, minutes=40)
    body = away.journal()
    with ThreadPoolExecutor(3) as pool:  # the answer was lost, and another tab sends as well
        answers = list(pool.map(lambda _: away.send(body), range(3)))
    assert answers == [[("applied", "")] * 13] * 3
    assert numbers(database) == {before: "served", express: "served", first: "parked", second: "called"}
    assert board(database) == [(second, 3)]
    assert count(database, MergedStep) == 13
    with database.command("look") as session:
        ticket = session.scalars(select(Ticket).where(Ticket.label == express)).one()
        assert (ticket.lane, ticket.verified_how, ticket.booking_id) == ("express", "passport", hanako.id)
        assert ticket.ended_at == clock.now() - timedelta(minutes=30)
        assert reservations.open_booking(session, hanako.id).state == "served"
    assert draw(database).label == "A002"


def test_who_checked_in_elsewhere_meanwhile_keeps_one_number(
    database: Database, people: list[UUID], away: OfflineDesk, staff_client: StaffClient
) -> None:
    hanako, gone = booked(database, people[0]), booked(database, people[1])
    with database.page(visits.resident(people[1]), Purpose.OWN_USE, writes=True) as session, clock.freeze(MONDAY):
        reservations.cancel(session, gone.id)
    kiosk = check_in(database, hanako).label
    twice, cancelled, unknown = (away.label("A", place) for place in (71, 72, 73))
    away.did("check-in", twice, visit=away.hash_of(hanako.reference), minutes=10)
    away.did("check-in", cancelled, visit=away.hash_of(gone.reference), minutes=11)
    away.did("check-in", unknown, visit="0" * 32, minutes=12)
    away.did("call", twice, minutes=13)
    away.did("absent", twice, minutes=14)
    assert away.send() == [
        ("conflict", "offline-checked-in-twice"),
        ("conflict", "offline-check-in-not-possible"),
        ("conflict", "offline-visit-unknown"),
        ("applied", ""),
        ("applied", ""),
    ]
    assert numbers(database) == {kiosk: "no-show", cancelled: "waiting", unknown: "waiting"}
    page = staff_client(Role.WINDOW).get("/staff/window/offline/merged")
    assert f"{twice}と{kiosk}" in page.text.replace(" ", "")


def test_two_desks_without_network_see_each_others_slips_only(
    database: Database, people: list[UUID], away: OfflineDesk
) -> None:
    """The reception gives a number, a window calls it from the slip and is on line first."""
    reception = OfflineDesk(database, desk(database, "reception", 1), 1)
    waiting = draw(database).label
    hanako = booked(database, people[0])
    slip, reserved = reception.label("A", 1), reception.label("A", 71)
    reception.did("number", slip)
    reception.did("check-in", reserved, visit=away.hash_of(hanako.reference), minutes=5)
    reception.did("call", waiting, minutes=30)
    away.did("call", slip, minutes=6)
    away.did("served", slip, minutes=7)
    away.did("call", reserved, minutes=8)
    away.did("call", waiting, minutes=20)
    away.did("served", waiting, minutes=21)
    assert away.send()[3] == ("conflict", "offline-left-at-window")
    assert reception.send() == [("applied", ""), ("applied", ""), ("conflict", "offline-called-elsewhere")]
    assert numbers(database) == {slip: "served", reserved: "parked", waiting: "served"}
    with database.command("look") as session:
        ticket = service.ticket_of_booking(session, hanako.id)
        assert ticket is not None
        assert ticket.label == reserved


def test_what_cannot_be_finished_is_set_aside_and_a_colleagues_visit_stays(
    database: Database, people: list[UUID], away: OfflineDesk
) -> None:
    hanako = booked(database, people[0])
    reserved, walk_in = away.label("A", 71), away.label("A", 1)
    away.did("check-in", reserved, visit=away.hash_of(hanako.reference), minutes=10)
    away.did("call", reserved, minutes=11)
    away.did("served", reserved, minutes=12)
    away.did("number", walk_in, minutes=13)
    away.did("number", walk_in, minutes=14)
    away.did("call", walk_in, minutes=15, window=7)
    away.did("call", "A1001" if away.lent.block != 10 else "A1101", minutes=16)
    away.did("recall", reserved, minutes=17)
    assert away.send() == [
        ("applied", ""),
        ("applied", ""),
        ("conflict", "offline-not-finished"),
        ("applied", ""),
        ("conflict", "offline-number-twice"),
        ("applied", ""),
        ("conflict", "offline-number-unknown"),
        ("left-out", ""),
    ]
    there = draw(database)
    colleague = desk(database, "window-5", 5)
    with database.page(colleague, Purpose.WINDOW, writes=True) as session:
        service.call_next(session, colleague)
    label = away.label("A", 2)
    away.did("number", label)
    away.did("call", label, window=5)
    away.did("recall", label)
    away.did("call", there.label)
    assert away.send()[8:] == [
        ("applied", ""),
        ("conflict", "offline-window-occupied"),
        ("left-out", ""),
        ("conflict", "offline-called-elsewhere"),
    ]
    assert numbers(database) == {there.label: "called", label: "waiting", reserved: "parked", walk_in: "called"}


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_journal_of_yesterday_is_merged_into_yesterday(
    database: Database, people: list[UUID], away: OfflineDesk
) -> None:
    hanako = booked(database, people[0])
    label, day = away.label("A", 71), 24 * 60
    away.did("check-in", label, visit=away.hash_of(hanako.reference), minutes=10 - day)
    away.did("call", label, minutes=11 - day)
    away.did("served", label, minutes=12 - day, document="passport")
    with clock.freeze(TUESDAY + timedelta(days=1)):
        assert away.send() == [("applied", "")] * 3
        assert board(database) == []
    with database.command("look") as session:
        assert session.scalars(select(Ticket)).one().day == TUESDAY.date()
    with clock.freeze(TUESDAY + timedelta(days=9)), pytest.raises(rules.JournalTooOld):
        away.send()
    with clock.freeze(TUESDAY + timedelta(days=40)):
        with database.command("forget") as session:
            offline.forget_old(session, {})
        assert (count(database, Lease), count(database, MergedStep), count(database, Ticket)) == (0, 0, 1)


def _hostile(away: OfflineDesk, other: Actor, reception: OfflineDesk) -> list[tuple[str, bytes, Actor]]:
    """Journals nobody should send, with the code each is refused with."""
    me, now = away.actor, away.sends_at
    good = away.steps[0]
    label = away.label("A", 9)

    def steps(*changes: dict[str, Any]) -> bytes:
        made = [good | {"id": str(uuid4()), "place": place} | change for place, change in enumerate(changes, start=1)]
        return away.journal(steps=made)

    unreadable = [
        b"",
        b"[]",
        b'{"steps": 1}',
        steps({"what": "erase"}),
        steps({"label": "Z1001"}),
        steps({"label": "A1' OR 1=1"}),
        steps({"at": "yesterday"}),
        steps({"at": "2026-12-08T10:00:00"}),
        steps({"at": "0001-01-01T00:00:00Z"}),
        steps({"place": 0}),
        steps({"place": "1"}),
        steps({"what": "call", "window": 0}),
        steps({"what": "call", "window": 100}),
        steps({"what": "park"}),
        steps({"what": "check-in", "visit": "x"}),
        steps({"resident_id": str(me.id)}),
        away.journal(sent_at="9999-12-31T23:59:59Z"),
    ]
    return [
        *(("offline-journal-unreadable", body, me) for body in unreadable),
        ("offline-too-many-steps", steps(*({"label": label} for _ in range(10_000))), me),
        ("offline-lease-unknown", away.journal(), other),
        ("offline-lease-unknown", away.journal(secret="wrong"), me),
        ("offline-lease-unknown", away.journal(lease=str(reception.lent.id)), me),
        ("offline-lease-unknown", away.journal(lease=str(uuid4())), me),
        (
            "offline-not-in-order",
            away.journal(steps=list(reversed([good, good | {"place": 2, "id": str(uuid4())}]))),
            me,
        ),
        ("offline-not-in-order", away.journal(steps=[good, good]), me),
        ("offline-not-in-order", away.journal(steps=[good, good | {"place": 2}]), me),
        ("offline-foreign-number", steps({}, {"label": "A001"}), me),
        ("offline-foreign-number", steps({}, {"label": reception.label("A", 1)}), me),
        ("offline-foreign-number", steps({}, {"label": away.label("E", 1)}), me),
        ("offline-foreign-number", steps({}, {"what": "check-in", "visit": "0" * 32}), me),
        ("offline-clock-wrong", away.journal(sent_at=(now + timedelta(days=1)).isoformat()), me),
        ("offline-clock-wrong", away.journal(sent_at=(now - timedelta(days=400)).isoformat()), me),
    ]


def _code(away: OfflineDesk, body: bytes, actor: Actor) -> str:
    try:
        return str(away.send(body, by=actor))
    except Refusal as refusal:
        return refusal.code


def test_hostile_journals_are_refused_whole(database: Database, people: list[UUID], away: OfflineDesk) -> None:
    reception = OfflineDesk(database, desk(database, "reception", 1), 1)
    away.did("number", away.label("A", 1))
    other = Actor(away.actor.kind, away.actor.id, "稲毛区役所", office="inage", permissions=away.actor.permissions)
    for code, body, actor in _hostile(away, other, reception):
        assert _code(away, body, actor) == code, body[:400]
    assert count(database, MergedStep) == count(database, Ticket) == 0
    assert away.send() == [("applied", "")]
    reception.steps = [away.steps[0] | {"label": reception.label("A", 1)}]
    with pytest.raises(rules.NotInOrder):  # another desk's step under its own name
        reception.send()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_the_doors_are_for_staff_of_the_window_and_name_nobody(
    app: Flask, database: Database, people: list[UUID], staff_client: StaffClient
) -> None:
    booking = booked(database, people[0])
    client = staff_client(Role.WINDOW)
    page = client.get("/staff/window/offline")
    assert page.heading == "回線が切れたときの窓口"
    state = json.loads(client.get("/staff/window/offline/state").body)
    assert booking.reference not in json.dumps(state)
    assert [one["starts_at"] for one in state["visits"]] == ["2026-12-08T01:00:00.000+00:00"] * len(state["visits"])
    headers = {"X-CSRF-Token": state["csrf"], "Accept": "application/json"}
    lent = [json.loads(client._open("POST", "/staff/window/offline/lease", headers=headers).body) for _ in range(2)]
    assert len({one["block"] for one in lent}) == 2
    for _ in range(18):
        client._open("POST", "/staff/window/offline/lease", headers=headers)
    assert client._open("POST", "/staff/window/offline/lease", headers=headers).status == 429  # others want some, too
    forged = client._open("POST", "/staff/window/offline/merge", data=b"{}", headers={"Accept": "application/json"})
    assert (forged.status, json.loads(forged.body)["code"]) == (400, "form-expired")
    worker = client.get("/staff/window/offline/worker.js")
    assert (worker.headers["Service-Worker-Allowed"], worker.headers["Content-Type"].split(";")[0]) == (
        "/staff/window",
        "text/javascript",
    )
    processor = staff_client(Role.PROCESSOR)
    assert {processor.get(f"/staff/window/offline{path}").status for path in ("", "/state", "/merged")} == {404}


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_closed_day_gives_no_numbers_and_an_extra_day_does(database: Database, people: list[UUID]) -> None:
    actor = desk(database, "window-3", 3)
    saturday = TUESDAY + timedelta(days=4)
    words = DayWords(DayReason.WORKS)
    with database.page(actor, Purpose.WINDOW, writes=True) as session:
        closing.close(session, actor, ["chuo"], TUESDAY.date(), words)
        closing.open_extra(session, actor, ["chuo"], saturday.date(), (time(9), time(12), 2), words)
    assert _why_not(database) == {"office-closed-today"}
    with pytest.raises(Refusal, match="office-closed-today"):
        OfflineDesk(database, actor, 3)
    with database.command("look") as session:
        assert offline.state(session, actor, b"salt").giving == []
    for at, codes in ((time(9, 30), set()), (time(11, 44), set()), (time(11, 45), {"numbers-closed"})):
        with clock.freeze(datetime.combine(saturday.date(), at, clock.JST)):
            assert _why_not(database, "tax") == codes
            if not codes:
                assert draw(database).state == State.WAITING


def _why_not(database: Database, kind: str = "") -> set[str]:
    with database.command("look") as session:
        offers = [one for one in service.offers(session, "chuo") if kind in ("", one.kind)]
        return {one.why_not.code for one in offers if one.why_not}
