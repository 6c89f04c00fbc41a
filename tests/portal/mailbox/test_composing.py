"""The section's desk: what is typed is never lost, what was not agreed on is not sent, what was sent can be put right."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, select, update

from portal.core import clock, small_numbers
from portal.core.actor import Actor, Kind
from portal.core.addresses import WARDS
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast, load
from portal.mailbox import rules, service
from portal.mailbox.composing import course, drafts, exports, figures, library, people, view
from portal.mailbox.composing.drafts import Content
from portal.mailbox.composing.models import Plan
from portal.mailbox.composing.rules import NotAsSeen, SecondPersonNeeded, TypedOver
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.rules import State
from portal.residents import service as residents
from portal.residents.models import Resident
from portal.segments import service as segments
from portal.segments.service import Condition
from portal.staff.models import Section

SECTION = uuid4()
MAY = frozenset({Permission.NOTICE_WRITE, Permission.NOTICE_APPROVE})
CLERK = Actor(Kind.STAFF, uuid4(), "市役所 こども家庭支援課 000001", section=SECTION, permissions=MAY)
SECOND = Actor(Kind.STAFF, uuid4(), "市役所 こども家庭支援課 000002", section=SECTION, permissions=MAY)
TEXTS = {"ja": {"title": "お知らせ", "body": "((氏名)) 様\n\n((会場))へお越しください。"}}


@pytest.fixture
def city(database: Database) -> Database:
    with database.command("demo") as session:
        load.load_city(session, residents=30)
        session.add(Section(id=SECTION, office="honcho", name="こども家庭支援課"))
    return database


def acting(database: Database, actor: Actor, deed: Callable[[Any], Any]) -> Any:
    with database.page(actor, Purpose.SENDING, writes=True) as session:
        return deed(session)


def written(database: Database, segment: Condition = segments.EVERYBODY) -> UUID:
    def write(session: Any) -> UUID:
        texts = {"ja": {"title": "お知らせ", "body": "本文"}}
        kind = rules.Kind.INFORMATION
        return service.write(session, CLERK, kind=kind, texts=texts, segment=segment).id

    found: UUID = acting(database, CLERK, write)
    return found


def submitted(database: Database, notice_id: UUID, *, over: int = 0, start: Any = None) -> State:
    def submit(session: Any) -> State:
        notice, plan = drafts.open_plan(session, CLERK, notice_id)
        return course.submit(session, CLERK, notice, seen=plan.revision, start=start, over=over)

    found: State = acting(database, CLERK, submit)
    return found


def approve(database: Database, notice_id: UUID, actor: Actor = SECOND, seen: str | None = None) -> State:
    def agree(session: Any) -> State:
        notice, plan = drafts.open_plan(session, actor, notice_id)
        return course.approve(session, actor, notice, seen=plan.digest if seen is None else seen)

    found: State = acting(database, actor, agree)
    return found


def state_of(database: Database, notice_id: UUID) -> str:
    with database.command("look") as session:
        return session.scalars(select(Notice.state).where(Notice.id == notice_id)).one()


def delivered(database: Database) -> int:
    with database.command("look") as session:
        return session.scalar(select(func.count()).select_from(Delivery)) or 0


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


def test_people_on_a_list_get_their_own_values_and_bad_lines_are_told(city: Database, worker: Worker) -> None:
    hanako, taro = cast.HANAKO.addressee_number, cast.TARO.addressee_number
    typed = f"番号,会場\n{hanako},第一会場\n１,どこか\nabc,どこか\n{hanako},二度目\n{taro}\n{taro},第二会場\n"

    def listed(session: Any) -> tuple[UUID, list[int]]:
        notice = drafts.begin(session, CLERK, Content(texts=TEXTS), readers={people.LISTED: True})
        found = people.look_at(session, typed)
        drafts.settle(session, notice, Content(texts=TEXTS), readers=notice.segment, listed=found, due_on=None)
        return notice.id, [fault.line for fault in found.faults]

    notice_id, bad = acting(city, CLERK, listed)
    assert bad == [3, 4, 5, 6]
    submitted(city, notice_id, over=9)
    worker.run_pending()
    with city.command("look") as session:
        person = residents.find_by_number(session, hanako)
        assert person
        notice = service.draft_of(session, CLERK, notice_id)
        standing = service.standing_of(session, notice, person.id)
        assert standing.fill(TEXTS["ja"]["body"]) == f"{person.known_as} 様\n\n第一会場へお越しください。"
        assert service.numbers(session, notice)[0] == 2
        assert session.get_one(Plan, notice.number).typed == {}, "the pasted numbers are gone"


def test_who_is_on_the_list_and_was_not_reached_is_told_by_number_whatever_the_reason(
    city: Database, worker: Worker
) -> None:
    hanako, taro, ichiro = (person.addressee_number for person in (cast.HANAKO, cast.TARO, cast.ICHIRO))

    def listed(session: Any) -> UUID:
        notice = drafts.begin(session, CLERK, Content(texts=TEXTS), readers={people.LISTED: True})
        found = people.look_at(session, f"番号\n{hanako}\n{taro}\n{ichiro}\n")
        drafts.settle(session, notice, Content(texts=TEXTS), readers=notice.segment, listed=found, due_on=None)
        return notice.id

    notice_id = acting(city, CLERK, listed)
    with city.command("protected and moved") as session:
        for number, facts in ((taro, {"protected": True}), (ichiro, {"moved_out": clock.today()})):
            person = residents.find_by_number(session, number)
            assert person
            for name, fact in facts.items():
                setattr(person, name, fact)
    submitted(city, notice_id, over=9)
    with city.command("look") as session:
        assert exports.not_reached(session, service.draft_of(session, CLERK, notice_id)) == []  # not yet
    worker.run_pending()
    with city.command("look") as session:
        notice = service.draft_of(session, CLERK, notice_id)
        assert sorted(exports.not_reached(session, notice)) == sorted([taro, ichiro])
        table = exports.readers(session, notice, ["番号", "配達", "既読"]).decode()
        assert [line for line in table.splitlines() if line.endswith(",,")] != []


def test_a_value_cannot_open_another_place() -> None:
    from portal.mailbox.composing.placeholders import fill, names

    assert fill("((会場))", {"会場": "((氏名))", "氏名": "秘密"}) == "((氏名))"
    assert names("((氏名)) (x) (( 会場 )) ((氏名))") == ["氏名", "会場"]


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


def test_templates_keep_every_version_and_refuse_a_blind_save(city: Database) -> None:
    first = Content(texts={"ja": {"title": "ひな形", "body": "一"}})
    second = Content(texts={"ja": {"title": "ひな形", "body": "二"}})

    def begin(session: Any) -> UUID:
        return library.found(session, CLERK, "名前", first).id

    template_id = acting(city, CLERK, begin)

    def save(session: Any) -> int:
        return library.save(
            session, SECOND, library.open_template(session, SECOND, template_id), "名前", second, base=1
        )

    assert acting(city, SECOND, save) == 2
    with pytest.raises(TypedOver):
        acting(
            city,
            CLERK,
            lambda session: library.save(
                session, CLERK, library.open_template(session, CLERK, template_id), "名前", first, base=1
            ),
        )
    with city.command("look") as session:
        template = library.open_template(session, CLERK, template_id)
        found = library.differences(library.version(session, template, 1), library.version(session, template))
        assert [(one.part, one.before, one.after) for one in found] == [("body", [("一", True)], [("二", True)])]


def test_figures_add_up_and_say_nothing_of_very_few(city: Database, worker: Worker) -> None:
    notice_id = written(city)
    submitted(city, notice_id, over=99)
    worker.run_pending()
    sent_at = clock.now()

    def read(session: Any) -> None:
        rows = session.scalars(select(Delivery).limit(7)).all()
        for place, row in enumerate(rows):
            row.read_at = sent_at + timedelta(hours=1 + 10 * place)

    acting(city, CLERK, read)
    with clock.freeze(sent_at + timedelta(days=5)), city.command("look") as session:
        found = figures.of(session, service.draft_of(session, CLERK, notice_id))
        reads = [point.read for point in found.points]
        assert reads == sorted(reads)
        assert (found.points[-1].delivered, reads[-1]) == (found.delivered, found.read) == (30, 7)
        assert all(part.delivered is None or part.delivered >= small_numbers.FEW for part in found.wards)


def test_figures_tell_nobodys_ward(city: Database, worker: Worker) -> None:
    notice_id = written(city)
    submitted(city, notice_id, over=99)
    worker.run_pending()
    with city.command("one reader") as session:  # everybody else of them has read it
        keeps = session.scalars(select(Delivery.resident_id).order_by(Delivery.resident_id)).first()
        session.execute(delete(Delivery).where(Delivery.resident_id != keeps))

    def parts() -> list[tuple[str, int | None]]:
        with city.command("look") as session:
            found = figures.of(session, service.draft_of(session, CLERK, notice_id))
            assert found.delivered == 1
            return [(part.label, part.delivered) for part in found.wards]

    nothing = [(ward, None) for ward in WARDS]
    assert parts() == nothing, "a line of her own would say where she lives"
    with city.command("under protection") as session:
        session.get_one(Resident, keeps).protected = True
    assert parts() == nothing, "nor is it told that she is under protection now"


def test_figures_by_the_conditions_that_chose_count_each_reader_once_and_never_a_few(
    city: Database, worker: Worker
) -> None:
    notice_id = written(city)
    submitted(city, notice_id, over=99)
    worker.run_pending()
    parts = [{"ward": ["緑区"]}, {"ward": ["美浜区"]}, {"age": {"to": 130}}]
    with city.command("three ways to be chosen") as session:
        notice = service.draft_of(session, CLERK, notice_id)
        notice.segment = segments.as_json({"all": [{"age": {"from": 0}}, {"any": parts}]})
        everybody = session.scalars(select(Resident).order_by(Resident.id)).all()
        for place, person in enumerate(everybody):
            person.ward, person.protected = "緑区" if place < 12 else "中央区", place == 0
        everybody[20].ward = "美浜区"
        many = {person.id for person in everybody[:12]}
        for row in session.scalars(select(Delivery)):
            row.read_at = clock.now() if row.resident_id in many else None
    with city.command("look") as session:
        found = figures.of(session, service.draft_of(session, CLERK, notice_id)).alternatives
    green, beach, rest, none = found
    assert [one.condition for one in found] == [*parts, None]
    assert green.people.shown is not None
    assert abs(green.people.shown - 11) <= small_numbers.BLUR, "but for her who is under protection"
    assert green.marked.shown is not None
    assert (beach.people.shown, beach.marked.shown, none.people.shown) == (None, None, None)
    assert rest.people.shown is not None
    assert rest.marked.shown is None


def test_figures_leave_out_who_came_under_protection(city: Database, worker: Worker) -> None:
    notice_id = written(city)
    submitted(city, notice_id, over=99)
    worker.run_pending()
    with city.command("all in one ward") as session:
        session.execute(update(Resident).values(ward="緑区"))
        session.get_one(Resident, session.scalars(select(Delivery.resident_id).limit(1)).one()).protected = True
    with city.command("look") as session:
        found = figures.of(session, service.draft_of(session, CLERK, notice_id))
        shown = {part.label: part.delivered for part in found.wards if part.delivered}
    assert list(shown) == ["緑区"]
    assert abs(shown["緑区"] - (found.delivered - 1)) <= small_numbers.BLUR


def test_figures_of_wards_and_ages_are_blurred(city: Database, worker: Worker) -> None:
    """Exact parts beside the delivered number would say that one of a list of readers came under protection since."""
    notice_id = written(city)
    submitted(city, notice_id, over=99)
    worker.run_pending()
    kept, shown, members = set(), set(), 30
    with city.command("all in one ward") as session:
        session.execute(update(Resident).values(ward="緑区"))
        everybody = session.scalars(select(Delivery.resident_id).order_by(Delivery.resident_id)).all()
    for protected in everybody:
        with city.command("one of them is under protection") as session:
            session.execute(update(Resident).values(protected=False))
            session.get_one(Resident, protected).protected = True
        with city.command("look") as session:
            found = figures.of(session, service.draft_of(session, CLERK, notice_id))
            kept.add(found.delivered)
            shown |= {part.delivered for part in found.wards if part.delivered}
    assert kept == {members}
    assert len(shown) > 1, "whoever it is, the ward would say one fewer"


def test_advice_is_given_where_words_are_hard() -> None:
    from portal.mailbox.composing import plain

    hard = "下記の期日までに当該届出書を提出されたい。" * 4
    codes = {hint.code for hint in plain.hints({"ja": {"title": "あ" * 60, "body": hard.replace("。", "、") + "。"}})}
    assert codes == {"easy", "title", "word", "sentence", "kanji"}
    gentle = {"title": "お知らせ", "body": "日よう日に市やくしょへ来てください。"}
    assert plain.hints({"ja": gentle, "easy": gentle}) == []
    assert view.lang("easy") == "ja"
    assert plain.kanji_share("((氏名)) 様へ") == 0.5, "places for each reader are no letters of the text"
