"""A reservation costs a program some computing and a person nothing but a moment."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.config import Settings
from portal.core import clock, work
from portal.core.audit import Purpose
from portal.core.uow import Database
from portal.core.work import SpentTask, Task, WorkMissing
from portal.demo import cast
from portal.reservations import service, slots
from portal.reservations.models import Booking
from portal.residents import service as residents
from tests.browser import Page, Visitor
from tests.portal.reservations import visits
from tests.portal.reservations.visits import TUESDAY

KEY = b"k" * 32
MONDAY = TUESDAY - timedelta(days=1)


def solve(task: Task) -> str:
    return next(str(number) for number in count() if work.is_done(task, str(number)))


@pytest.mark.parametrize(
    ("seconds", "binding", "spoil", "understood"),
    [
        (0, "mine", "", True),
        (29 * 60, "mine", "", True),
        (30 * 60, "mine", "", False),
        (-60, "mine", "", False),
        (0, "theirs", "", False),
        (0, "mine", "x", False),
    ],
)
def test_a_task_is_good_for_whom_and_as_long_as_it_was_given(
    seconds: int, binding: str, spoil: str, understood: bool
) -> None:
    with clock.freeze(MONDAY):
        token = work.give(KEY, "mine", bits=8, wait=20).token
    with clock.freeze(MONDAY + timedelta(seconds=seconds)):
        assert (work.read(KEY, binding, spoil + token) is not None) is understood


@pytest.mark.parametrize("token", ["", ".", "é", "1.2.3.4.5", "a" * 10_000, "\x00", "16.20.9e99.x.y"])
def test_what_is_no_task_is_none(token: str) -> None:
    assert work.read(KEY, "mine", token) is None


@pytest.mark.parametrize("answer", ["", "-1", "²", "1e3", "0x1f", " 1", "9" * 21])
def test_no_number_is_no_answer(answer: str) -> None:
    assert not work.is_done(work.give(KEY, "mine", bits=1, wait=20), answer)


def test_an_answer_or_patience_does_it() -> None:
    with clock.freeze(MONDAY):
        task = work.give(KEY, "mine", bits=8, wait=20)
        wrong = next(str(number) for number in count() if not work.is_done(task, str(number)))
        assert work.is_done(task, solve(task))
    with clock.freeze(MONDAY + timedelta(seconds=19)):
        assert not work.is_done(task, wrong)
    with clock.freeze(MONDAY + timedelta(seconds=20)):
        assert work.is_done(task, "")


@pytest.fixture
def guarded(app: Flask, settings: Settings, database: Database, cast_residents: None) -> Iterator[Flask]:
    with clock.freeze(MONDAY):
        with database.command("demo") as session:
            slots.open_ahead(session, clock.today(), 32)
        asks_for_work = settings.model_copy(update={"proof_of_work_bits": 8})
        app.extensions["portal"] = replace(app.extensions["portal"], settings=asks_for_work)
        yield app


def signed_in(app: Flask, someone: cast.Resident) -> Visitor:
    visitor = Visitor(app)
    visitor.submit(visitor.get("/sign-in"), "/sign-in", login_id=someone.login_id, password=someone.password)
    return visitor


def cases_of(database: Database, someone: cast.Resident, many: int) -> list[UUID]:
    with database.command("look") as session:
        person = residents.find_by_number(session, someone.addressee_number)
    assert person is not None
    return [visits.application(database, person.id) for _ in range(many)]


def task_on(page: Page) -> Task:
    (field,) = page.find("input", name="work_task")
    bits, wait, *_ = (field.get("value") or "").split(".")
    return Task(field.get("value") or "", int(bits), int(wait), clock.now())


def booked(database: Database) -> int:
    with database.command("look") as session:
        return session.scalar(select(func.count()).select_from(Booking)) or 0


def test_a_reservation_wants_one_task_solved(guarded: Flask, database: Database) -> None:
    first, second = cases_of(database, cast.HANAKO, 2)
    slot = visits.slot_at(database, TUESDAY)
    phone = signed_in(guarded, cast.HANAKO)
    page = phone.get(f"/reservations/new?application={first}&office=chuo&day=2026-12-08")
    task = task_on(page)
    refused = phone.submit(page, "/reservations/new", slot=slot)
    assert refused.status == 422
    assert task_on(refused).token == task.token, "who waits goes on waiting for the same task"
    assert [one.get("value") for one in refused.find("input", name="slot") if one.get("checked") is not None] == [
        str(slot)
    ]
    done = phone.submit(refused, "/reservations/new", work_answer=solve(task))
    assert done.status == 200
    assert booked(database) == 1
    again = phone.get(f"/reservations/new?application={second}&office=chuo&day=2026-12-08")
    used = phone.submit(again, "/reservations/new", slot=slot, work_task=task.token, work_answer=solve(task))
    assert used.status == 422
    with clock.freeze(MONDAY + timedelta(seconds=task_on(again).wait)):
        assert phone.submit(again, "/reservations/new", slot=slot).status == 200, "patience instead of JavaScript"
    assert booked(database) == 2


def test_a_refused_reservation_uses_no_task_up_and_an_old_one_is_forgotten(database: Database) -> None:
    with clock.freeze(MONDAY):
        people = visits.open_city(database)[:2]
        slot = visits.slot_at(database, TUESDAY, places=1)
        cases = [visits.application(database, person) for person in people]
        for person, case, task in zip(people, cases, ("one", "two"), strict=True):
            wish = service.Wish(case, slot, task)
            try:
                database.together(visits.resident(person), Purpose.OWN_USE, service.book_together, wish)
            except service.SlotFull:
                assert task == "two"
        free = service.Wish(cases[1], visits.slot_at(database, TUESDAY.replace(hour=14)), "one")
        with pytest.raises(WorkMissing):
            database.together(visits.resident(people[1]), Purpose.OWN_USE, service.book_together, free)
    with clock.freeze(MONDAY + timedelta(minutes=31)), database.job("forget") as session:
        assert list(session.scalars(select(SpentTask.task))) == ["one"]
        work.forget_old(session, {})
        assert list(session.scalars(select(SpentTask.task))) == []
