"""The section's desk: what is typed is never lost, and what was not agreed on is not sent."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.errors import Refusal
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.mailbox import rules, service
from portal.mailbox.composing import course, drafts
from portal.mailbox.composing.drafts import Content
from portal.mailbox.composing.models import Plan
from portal.mailbox.composing.rules import NotAsSeen, SecondPersonNeeded, TypedOver
from portal.mailbox.rules import State
from portal.residents import service as residents
from portal.segments import service as segments
from tests.portal.mailbox.desk import CLERK, acting, approve, city, delivered, state_of, submitted, written

__all__ = ["city"]


def test_who_wrote_it_cannot_approve_it_and_another_can(city: Database, worker: Worker) -> None:
    notice_id = written(city)
    assert submitted(city, notice_id) is State.WAITING
    with pytest.raises(SecondPersonNeeded):
        approve(city, notice_id, CLERK)
    assert approve(city, notice_id) is State.SENDING
    worker.run_pending()
    assert state_of(city, notice_id) == State.SENT
    assert delivered(city) == 30


def test_few_people_need_no_second_person_but_a_strong_sign_in_does(city: Database) -> None:
    assert submitted(city, written(city), over=30) is State.SENDING
    strong = written(city)
    acting(city, CLERK, lambda session: setattr(service.draft_of(session, CLERK, strong), "strength", 2))
    assert submitted(city, strong, over=30) is State.WAITING


def test_an_approval_of_something_else_is_void(city: Database) -> None:
    notice_id = written(city)
    submitted(city, notice_id)
    with city.command("look") as session:
        seen = session.scalars(select(Plan.digest)).one()
    acting(city, CLERK, lambda session: course.take_back(session, CLERK, service.draft_of(session, CLERK, notice_id)))

    def change(session: Any) -> None:
        notice, plan = drafts.open_plan(session, CLERK, notice_id)
        drafts.keep(session, CLERK, notice, {}, base=plan.revision, page="")
        texts = {"ja": {"title": "別のお知らせ", "body": "本文"}}
        readers = dict(notice.segment)
        drafts.settle(session, notice, Content(texts=texts), readers=readers, listed=None, due_on=None)

    acting(city, CLERK, change)
    submitted(city, notice_id)
    with pytest.raises(NotAsSeen):
        approve(city, notice_id, seen=seen)
    assert state_of(city, notice_id) == State.WAITING


def test_of_approving_and_taking_back_at_one_instant_one_happens(city: Database) -> None:
    notice_id, barrier = written(city), Barrier(4)
    submitted(city, notice_id)

    def act(number: int) -> str:
        barrier.wait(30)
        try:
            if number % 2:
                return approve(city, notice_id)
            back = course.take_back
            acting(city, CLERK, lambda session: back(session, CLERK, service.draft_of(session, CLERK, notice_id)))
        except Refusal as refusal:
            return refusal.code
        return "draft"

    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(act, range(4)))
    done = [end for end in ends if end in ("draft", State.SENDING)]
    assert done == [state_of(city, notice_id)]


def test_two_clerks_who_type_at_once_lose_nothing(city: Database) -> None:
    notice_id = written(city)

    def save(page: str, base: int, words: str) -> int:
        def keep(session: Any) -> int:
            notice = service.draft_of(session, CLERK, notice_id)
            return drafts.keep(session, CLERK, notice, {"title": words}, base=base, page=page)

        found: int = acting(city, CLERK, keep)
        return found

    assert save("one", 0, "一") == 1
    assert save("one", 0, "一の続き") == 2, "the page that wrote last goes on"
    with pytest.raises(TypedOver):
        save("two", 0, "二")
    assert save("two", 2, "二") == 3, "over the newest, knowingly"


def test_a_scheduled_notice_goes_out_at_its_time_and_not_when_cancelled(city: Database, worker: Worker) -> None:
    now = clock.now()
    kept, cancelled = written(city), written(city)
    for notice_id in (kept, cancelled):
        submitted(city, notice_id, start=now + timedelta(hours=2))
        assert approve(city, notice_id) is State.SCHEDULED
    acting(city, CLERK, lambda session: course.take_back(session, CLERK, service.draft_of(session, CLERK, cancelled)))
    worker.run_pending()
    assert state_of(city, kept) == State.SCHEDULED
    with clock.freeze(now + timedelta(hours=3)):
        worker.run_pending()
    assert [state_of(city, one) for one in (kept, cancelled)] == [State.SENT, State.DRAFT]


def test_what_is_too_late_at_its_time_is_a_draft_again_and_its_course_says_so(city: Database, worker: Worker) -> None:
    now, notice_id = clock.now(), written(city)

    def due_today(session: Any) -> None:
        notice = service.draft_of(session, CLERK, notice_id)
        notice.kind, notice.due_on = rules.Kind.TASK, clock.today()

    acting(city, CLERK, due_today)
    submitted(city, notice_id, over=99, start=now + timedelta(days=2))
    with clock.freeze(now + timedelta(days=2, hours=1)):
        worker.run_pending()
    assert state_of(city, notice_id) == State.DRAFT
    with city.command("look") as session:
        number = service.draft_of(session, CLERK, notice_id).number
        assert drafts.steps_of(session, number)[-1].words == rules.DueDatePassed.code


def test_a_withdrawn_notice_tells_why_and_a_correction_goes_to_the_same_people(city: Database, worker: Worker) -> None:
    notice_id = written(city, segments.simple(ward="中央区"))
    submitted(city, notice_id, over=99)
    worker.run_pending()

    def put_right(session: Any) -> UUID:
        notice = service.draft_of(session, CLERK, notice_id)
        course.withdraw(session, CLERK, notice, " 日付の誤り ")
        made = course.correct(session, CLERK, notice)
        assert course.correct(session, CLERK, notice) is made, "pressed twice, it is one draft"
        content, readers = Content.of_notice(made), dict(made.segment)
        drafts.settle(session, made, content, readers=readers, listed=None, due_on=None)
        return made.id

    corrected = acting(city, CLERK, put_right)
    submitted(city, corrected, over=99)
    worker.run_pending()
    with city.command("look") as session:
        person = residents.find_by_number(session, cast.HANAKO.addressee_number)
        assert person
        old, new = (service.draft_of(session, CLERK, one) for one in (notice_id, corrected))
        told = service.standing_of(session, old, person.id)
        assert (told.reason, told.corrected_by) == ("日付の誤り", corrected)
        assert service.standing_of(session, new, person.id).corrects == notice_id
        assert service.numbers(session, old)[0] == service.numbers(session, new)[0] > 1
