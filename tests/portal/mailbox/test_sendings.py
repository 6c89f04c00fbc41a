"""Whom a notice reaches after all: the living, also where they are named; the same people again; and nobody by one pair
of eyes alone."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from portal.core import clock
from portal.core.audit import Purpose
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.mailbox import rules, sending, service
from portal.mailbox.composing import course, drafts, people
from portal.mailbox.composing.drafts import Content
from portal.mailbox.composing.models import Plan
from portal.mailbox.composing.rules import NotNow, SecondPersonNeeded
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.rules import State
from portal.residents.models import Resident
from portal.segments import service as segments
from tests.conftest import StaffClient
from tests.portal.mailbox.desk import CLERK, SECOND, acting, approve, city, state_of, submitted, written

__all__ = ["city"]
TEXTS = {"ja": {"title": "お知らせ", "body": "本文"}}
PERSONS = (cast.HANAKO, cast.TARO, cast.ICHIRO, cast.SAKURA)


def listed(city: Database) -> UUID:
    """A draft for the people of PERSONS, by list."""

    def write(session: Any) -> UUID:
        draft = drafts.begin(session, CLERK, Content(texts=TEXTS), readers={people.LISTED: True})
        found = people.look_at(session, "\n".join(person.addressee_number for person in PERSONS))
        drafts.settle(session, draft, Content(texts=TEXTS), readers=draft.segment, listed=found, due_on=None)
        return draft.id

    found: UUID = acting(city, CLERK, write)
    return found


def correction(city: Database, notice_id: UUID, **content: Any) -> UUID:
    def put_right(session: Any) -> UUID:
        made = course.correct(session, CLERK, service.draft_of(session, CLERK, notice_id))
        said, readers = Content(**({"texts": TEXTS} | content)), dict(made.segment)
        drafts.settle(session, made, said, readers=readers, listed=None, due_on=None)
        return made.id

    found: UUID = acting(city, CLERK, put_right)
    return found


def reached(city: Database, notice_id: UUID) -> set[str]:
    """Who has it, by addressee number."""
    with city.command("look") as session:
        query = select(Resident.addressee_number).join(Delivery, Delivery.resident_id == Resident.id)
        return set(session.scalars(query.join(Notice).where(Notice.id == notice_id)))


def changes(city: Database, person: Any, **values: Any) -> None:
    with city.command("register") as session:
        found = update(Resident).where(Resident.addressee_number == person.addressee_number)
        session.execute(found.values(**values))


def leave(city: Database) -> set[str]:
    """One dies, one moves, one comes under protection; the number of who is left."""
    changes(city, cast.HANAKO, moved_out=clock.today(), left_because="died")
    changes(city, cast.TARO, moved_out=clock.today(), left_because="moved")
    changes(city, cast.ICHIRO, protected=True)
    return {cast.SAKURA.addressee_number}


def test_who_died_moved_or_is_protected_by_then_gets_nothing_also_by_list(city: Database, worker: Worker) -> None:
    now, notice_id = clock.now(), listed(city)
    submitted(city, notice_id, over=9, start=now + timedelta(days=30))
    left = leave(city)
    with clock.freeze(now + timedelta(days=31)):
        worker.run_pending()
    assert reached(city, notice_id) == left


def test_nor_a_correction_of_what_they_had(city: Database, worker: Worker) -> None:
    notice_id = listed(city)
    submitted(city, notice_id, over=9)
    worker.run_pending()
    left = leave(city)
    corrected = correction(city, notice_id)
    submitted(city, corrected, over=9)
    worker.run_pending()
    assert (len(reached(city, notice_id)), reached(city, corrected)) == (len(PERSONS), left)


@pytest.mark.parametrize("chosen", [listed, written])
def test_a_correction_of_what_was_withdrawn_half_way_reaches_all_it_was_for(
    city: Database, worker: Worker, chosen: Any
) -> None:
    notice_id = chosen(city)
    with city.command("count") as session:
        everybody = people.count(session, service.draft_of(session, CLERK, notice_id))
    submitted(city, notice_id, over=99)
    with city.command("chunk") as session:
        number = service.draft_of(session, CLERK, notice_id).number
        sending.deliver(session, {"number": number, "after": None}, chunk_size=3)
    with pytest.raises(NotNow):  # who they are is known only once it stands
        correction(city, notice_id)
    take_back = course.withdraw
    acting(city, CLERK, lambda s: take_back(s, CLERK, service.draft_of(s, CLERK, notice_id), "日付の誤り"))
    corrected = correction(city, notice_id)
    submitted(city, corrected, over=99)
    worker.run_pending()
    assert len(reached(city, notice_id)) < everybody
    assert len(reached(city, corrected)) == everybody


SENSITIVE = {"not": {"consent": ["tax"]}}


@pytest.mark.parametrize("chosen", [{"segment": segments.check(SENSITIVE)}, {}])
def test_a_correction_needs_the_eyes_its_notice_needed(city: Database, worker: Worker, chosen: dict[str, Any]) -> None:
    notice_id = written(city, **chosen)
    if not chosen:
        acting(city, CLERK, lambda s: setattr(service.draft_of(s, CLERK, notice_id), "strength", 2))
    assert submitted(city, notice_id, over=99) is State.WAITING
    approve(city, notice_id)
    worker.run_pending()
    assert submitted(city, correction(city, notice_id), over=99) is State.WAITING


def test_what_is_too_late_or_for_nobody_is_not_approved(city: Database) -> None:
    now, late, nobody = clock.now(), written(city), listed(city)

    def due_today(session: Any) -> None:
        notice = service.draft_of(session, CLERK, late)
        notice.kind, notice.due_on = rules.Kind.TASK, clock.today()

    acting(city, CLERK, due_today)
    for notice_id in (late, nobody):
        submitted(city, notice_id)
    for person in PERSONS:
        changes(city, person, moved_out=clock.today(), left_because="moved")
    with clock.freeze(now + timedelta(days=5)):
        for notice_id, refusal in ((late, rules.DueDatePassed), (nobody, rules.NobodyReached)):
            with pytest.raises(refusal):
                approve(city, notice_id)
            assert state_of(city, notice_id) == State.WAITING


def test_conditions_name_nobody_before_the_sending_is_agreed_on(
    staff_client: StaffClient, database: Database, worker: Worker, cast_residents: None
) -> None:
    clerk = staff_client(Role.SENDER)
    form = clerk.post("/staff/notices/new", {})
    typed = {"kind": "information", "title": "題", "body": "本文", "ward": ""}
    check = clerk.submit(form, form.path, **typed)
    door = f"{check.path}/preview"
    names = {person.name for person in cast.RESIDENTS}

    def seen() -> bool:
        text = clerk.get(f"{door}?whom=readers").text
        return any(name in text for name in names)

    assert not seen()
    with database.command("send") as session:
        notice = session.scalars(select(Notice)).one()
        session.get_one(Plan, notice.number).ready = True
        service.send(session, notice)
    worker.run_pending()
    assert seen()


def test_a_condition_that_names_a_forgotten_list_chooses_nobody_instead_of_everybody(
    city: Database, worker: Worker
) -> None:
    now = clock.now()
    with city.page(CLERK, Purpose.SENDING, writes=True) as session:
        refused = segments.make_list(session, CLERK, "断った方", [cast.HANAKO.addressee_number])
    notice_id = written(city, segments.check({"not": {"list": str(refused.id)}}))
    submitted(city, notice_id, over=99, start=now + timedelta(days=100))
    with clock.freeze(now + timedelta(days=99)), city.command("night") as session:
        segments.forget_lists(session, {})
    with clock.freeze(now + timedelta(days=101)):
        worker.run_pending()
    assert (state_of(city, notice_id), reached(city, notice_id)) == (State.DRAFT, set())
    with city.command("look") as session:
        notice = service.draft_of(session, CLERK, notice_id)
        assert drafts.steps_of(session, notice.number)[-1].words == segments.ListGone.code
        with pytest.raises(segments.ListGone):
            people.shown(session, notice)


def test_who_changed_a_word_of_it_is_not_the_second_person_though_another_saved_last(city: Database) -> None:
    notice_id = written(city)
    for place, clerk in enumerate((SECOND, CLERK)):
        with city.page(clerk, Purpose.SENDING, writes=True) as session:
            notice = service.draft_of(session, clerk, notice_id)
            drafts.keep(session, clerk, notice, {}, base=place, page="")
            said = Content(texts=TEXTS)
            drafts.settle(session, notice, said, readers=dict(notice.segment), listed=None, due_on=None)
    assert submitted(city, notice_id) is State.WAITING
    with pytest.raises(SecondPersonNeeded):
        approve(city, notice_id, SECOND)


def test_a_draft_that_asks_for_what_another_section_keeps_reaches_nobody(city: Database, worker: Worker) -> None:
    notice_id = written(city, segments.check({"fact": {"name": "tax_due"}}))
    with pytest.raises(segments.FactNotYours):
        submitted(city, notice_id)
    worker.run_pending()
    assert (state_of(city, notice_id), reached(city, notice_id)) == (State.DRAFT, set())
