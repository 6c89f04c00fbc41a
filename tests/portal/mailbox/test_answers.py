"""What people do with a notice: confirm, answer, call done, write to the section; for themselves or for a child."""

from datetime import timedelta
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose, Record
from portal.core.errors import Refusal
from portal.demo import cast
from portal.mailbox import opening, rules, service
from portal.mailbox.answering import rules as answering_rules
from portal.mailbox.answering import service as answering
from portal.mailbox.composing import course as composing
from portal.mailbox.keeping import service as keeping
from portal.mailbox.models import Act, Dealing, Delivery, Notice
from portal.mailbox.opening import Reader
from portal.mailbox.rules import Deed, Strength
from portal.residents import service as residents
from portal.residents.models import Resident
from portal.web.access import StrongerSignInNeeded
from tests.portal.mailbox.conftest import Desk

OPTIONS = [{"ja": "8日", "en": "The 8th"}, {"ja": "15日"}]


def course(desk: Desk, name: str) -> list[str]:
    with desk.database.command("look") as session:
        query = select(Act.what).where(Act.resident_id == desk.people[name]).order_by(Act.id)
        return list(session.scalars(query))


def test_a_confirmation_counts_once_and_the_section_sees_it(desk: Desk) -> None:
    notice_id = desk.send(rules.Kind.CONFIRMATION, due_in=3)
    assert desk.settles("hanako", notice_id) is Deed.CONFIRMED
    assert desk.settles("hanako", notice_id) is None
    assert course(desk, "hanako") == [Deed.CONFIRMED]
    with desk.database.page(desk.clerk, Purpose.SENDING, writes=False) as session:
        notice = service.draft_of(session, desk.clerk, notice_id)
        standing = answering.standing(session, notice)
        done, _ = answering.answers(session, notice, settled=True)
    assert (standing.settled, standing.delivered) == (1, len(cast.RESIDENTS))
    assert [row.resident_id for row in done] == [desk.people["hanako"]]


def test_two_presses_at_the_same_instant_are_one_confirmation(desk: Desk) -> None:
    notice_id = desk.send(rules.Kind.CONFIRMATION)
    presses = [Thread(target=desk.settles, args=("hanako", notice_id)) for _ in range(4)]
    for press in presses:
        press.start()
    for press in presses:
        press.join()
    assert course(desk, "hanako") == [Deed.CONFIRMED]


def test_an_answer_changes_until_the_due_date_and_no_longer(desk: Desk) -> None:
    notice_id = desk.send(rules.Kind.REPLY, due_in=2, choices=rules.answer_terms(OPTIONS, text=True))
    assert desk.settles("hanako", notice_id, choice=0, words="午前") is Deed.ANSWERED
    assert desk.settles("hanako", notice_id, choice=1) is Deed.CHANGED
    with clock.freeze(clock.now() + timedelta(days=4)):
        with pytest.raises(answering_rules.AnswerFixed):
            desk.settles("hanako", notice_id, choice=0)
        with pytest.raises(answering_rules.AnswersClosed):
            desk.settles("taro", notice_id, choice=0)
    with desk.database.command("look") as session:
        assert session.scalars(select(Dealing.choice)).all() == [1]


@pytest.mark.parametrize(
    ("kind", "terms", "answer", "refusal"),
    [
        (rules.Kind.INFORMATION, {}, {}, answering_rules.NothingAsked),
        (rules.Kind.REPLY, {"choices": rules.answer_terms(OPTIONS)}, {"choice": 2}, answering_rules.ChoiceMissing),
        (rules.Kind.REPLY, {"choices": rules.answer_terms(OPTIONS)}, {}, answering_rules.ChoiceMissing),
        (rules.Kind.CONFIRMATION, {"strength": Strength.PASSKEY_OR_CARD}, {}, StrongerSignInNeeded),
    ],
)
def test_what_cannot_be_answered_is_refused(
    desk: Desk, kind: rules.Kind, terms: dict[str, Any], answer: dict[str, Any], refusal: type[Refusal]
) -> None:
    notice_id = desk.send(kind, **terms)
    with pytest.raises(refusal):
        desk.settles("hanako", notice_id, **answer)


def test_a_fixed_answer_stays(desk: Desk) -> None:
    notice_id = desk.send(rules.Kind.REPLY, choices=rules.answer_terms(OPTIONS, changeable=False))
    desk.settles("hanako", notice_id, choice=0)
    with pytest.raises(answering_rules.AnswerFixed):
        desk.settles("hanako", notice_id, choice=1)


def test_a_task_is_done_and_not_done_after_all(desk: Desk) -> None:
    notice_id = desk.send(rules.Kind.TASK, due_in=1)
    assert desk.settles("hanako", notice_id) is Deed.DONE
    desk.does("hanako", lambda session, reader: answering.undo(session, reader, notice_id))
    assert course(desk, "hanako") == [Deed.DONE, Deed.UNDONE]
    with desk.database.command("look") as session:
        assert service.unread_tasks(session, desk.people["hanako"]) == 1


def test_hidden_text_is_fetched_but_not_read_until_the_sign_in_is_strong(desk: Desk) -> None:
    notice_id = desk.send(rules.Kind.INFORMATION, strength=Strength.PASSKEY_OR_CARD)

    def look(session: Any, reader: Reader) -> bool:
        return opening.open_notice(session, reader, notice_id).is_hidden

    assert desk.does("hanako", look) is True
    with desk.database.command("look") as session:
        assert session.scalars(select(Delivery.read_at).where(Delivery.read_at.is_not(None))).all() == []
    assert desk.does("hanako", look, assurance=2) is False
    assert course(desk, "hanako") == [Deed.FETCHED]
    with desk.database.command("look") as session:
        assert len(session.scalars(select(Delivery.read_at).where(Delivery.read_at.is_not(None))).all()) == 1


def test_a_reminder_reaches_only_who_has_not_done_it_and_once_a_day(desk: Desk) -> None:
    notice_id = desk.send(rules.Kind.CONFIRMATION, due_in=3)
    desk.settles("hanako", notice_id)

    def remind() -> None:
        with desk.database.page(desk.clerk, Purpose.SENDING, writes=True) as session:
            answering.remind(session, service.draft_of(session, desk.clerk, notice_id))

    remind()
    with pytest.raises(answering_rules.RemindedToday):
        remind()
    desk.settles("taro", notice_id)  # between pressing and sending
    with desk.database.command("died") as session:
        gone = session.scalars(select(Resident).where(Resident.addressee_number == cast.MARIA.addressee_number)).one()
        gone.moved_out, gone.left_because = clock.today(), "died"
        died = gone.id
    desk.worker.run_pending()
    with desk.database.command("look") as session:
        query = select(Delivery.resident_id).join(Notice, Notice.number == Delivery.notice_number)
        reminded = set(session.scalars(query.where(Notice.key.is_not(None))))
    assert desk.people["ichiro"] in reminded
    assert not reminded & {desk.people["hanako"], desk.people["taro"], died}


def test_messages_go_to_and_fro_and_who_wrote_is_on_record(desk: Desk) -> None:
    notice_id = desk.send(rules.Kind.INFORMATION, choices=rules.answer_terms(thread=True))

    def write(session: Any, reader: Reader) -> None:
        answering.write_message(session, reader, notice_id, "質問です。")

    for _ in range(answering_rules.MOST_WAITING):
        desk.does("hanako", write)
    with pytest.raises(answering_rules.MessagesWait):
        desk.does("hanako", write)
    with desk.database.page(desk.clerk, Purpose.SENDING, writes=True) as session:
        [(thread, _notice)] = answering.threads_of_section(session, desk.clerk, waits=answering_rules.Waits.SECTION)
        answering.answer_message(
            session, desk.clerk, thread.id, "お答えします。", seen=newest(session, desk, thread.id)
        )
        thread_id = thread.id
    desk.does("hanako", write)
    with desk.database.page(desk.clerk, Purpose.SENDING, writes=True) as session:
        answering.close_thread(session, desk.clerk, thread_id, seen=newest(session, desk, thread_id))
    with pytest.raises(answering_rules.ThreadClosed):
        desk.does("hanako", write)
    with desk.database.command("look") as session:
        assert len(session.scalars(select(Notice.key).where(Notice.key.startswith("message:"))).all()) == 1
        recorded = select(Record.actor_kind).where(Record.what == "mailbox.message", Record.action == "create")
        assert sorted(session.scalars(recorded)) == ["resident"] * 4 + ["staff"]


def newest(session: Any, desk: Desk, thread_id: UUID) -> str:
    """What a clerk has seen who opens the thread now."""
    return answering.newest_of(answering.open_thread(session, desk.clerk, thread_id)[2])


def test_a_message_that_crosses_the_answer_still_waits(desk: Desk) -> None:
    notice_id = desk.send(rules.Kind.INFORMATION, choices=rules.answer_terms(thread=True))

    def write(session: Any, reader: Reader) -> None:
        answering.write_message(session, reader, notice_id, "質問です。")

    desk.does("hanako", write)
    with desk.database.page(desk.clerk, Purpose.SENDING, writes=True) as session:
        [(thread, _notice)] = answering.threads_of_section(session, desk.clerk, waits=answering_rules.Waits.SECTION)
        thread_id, seen = thread.id, newest(session, desk, thread.id)
    desk.does("hanako", write)
    for deed in (
        lambda session: answering.answer_message(session, desk.clerk, thread_id, "お答え", seen=seen),
        lambda session: answering.close_thread(session, desk.clerk, thread_id, seen=seen),
    ):
        with (
            pytest.raises(answering_rules.MessageCrossed),
            desk.database.page(desk.clerk, Purpose.SENDING, writes=True) as session,
        ):
            deed(session)
    with desk.database.page(desk.clerk, Purpose.SENDING, writes=False) as session:
        assert answering.waiting_threads(session, desk.clerk) == 1


def test_the_course_says_when_a_notice_was_withdrawn(desk: Desk) -> None:
    notice_id = desk.send(rules.Kind.INFORMATION)
    at = clock.now() + timedelta(hours=1)
    with clock.freeze(at), desk.database.page(desk.clerk, Purpose.SENDING, writes=True) as session:
        composing.withdraw(session, desk.clerk, service.draft_of(session, desk.clerk, notice_id), "誤り")
    with desk.database.page(desk.clerk, Purpose.SENDING, writes=False) as session:
        notice = service.draft_of(session, desk.clerk, notice_id)
        assert service.withdrawn_at(session, notice, desk.people["hanako"]) == at


def test_another_sections_messages_are_not_found(desk: Desk) -> None:
    notice_id = desk.send(rules.Kind.INFORMATION, choices=rules.answer_terms(thread=True))
    desk.does("hanako", lambda session, reader: answering.write_message(session, reader, notice_id, "質問です。"))
    stranger = Actor(Kind.STAFF, uuid4(), desk.clerk.label, section=uuid4())
    with desk.database.page(desk.clerk, Purpose.SENDING, writes=False) as session:
        [(thread, _notice)] = answering.threads_of_section(session, desk.clerk, waits=answering_rules.Waits.SECTION)
        with pytest.raises(answering_rules.ThreadUnknown):
            answering.open_thread(session, stranger, thread.id)


def test_a_guardian_reads_for_a_child_and_is_named_but_nobody_else_does(desk: Desk) -> None:
    notice_id = desk.send(rules.Kind.CONFIRMATION)
    secret_id = desk.send(rules.Kind.INFORMATION, strength=Strength.PASSKEY_OR_CARD)
    hanako = Actor(Kind.RESIDENT, desk.people["hanako"], assurance=2)

    def reader(session: Any) -> Reader:
        return keeping.reader_for(session, hanako, desk.people["sakura"])

    with desk.database.page(hanako, Purpose.OWN_USE, writes=True) as session:
        answering.settle(session, reader(session), notice_id)
        with pytest.raises(rules.NoticeUnknown):
            opening.find(session, reader(session), secret_id)
        shown = keeping.of_family(session, hanako, language="ja")
        assert [(child.id, len(child.items)) for child in shown] == [(desk.people["sakura"], 1)]
        for other in ("taro", "ichiro"):
            with pytest.raises(rules.NoticeUnknown):
                keeping.reader_for(session, hanako, desk.people[other])
    with desk.database.command("look") as session:
        assert session.scalars(select(Dealing.settled_by)).all() == [hanako.id]
        assert session.scalars(select(Act.actor_id).where(Act.what == Deed.READ)).all() == [hanako.id]


def test_where_somebody_is_protected_nobody_reads_for_another(desk: Desk) -> None:
    notice_id = desk.send(rules.Kind.CONFIRMATION)
    with desk.database.command("protect") as session:
        sakura = session.get_one(residents.Person, desk.people["sakura"])
        sakura.protected = True
    hanako = Actor(Kind.RESIDENT, desk.people["hanako"], assurance=2)
    with desk.database.page(hanako, Purpose.OWN_USE, writes=False) as session:
        assert keeping.of_family(session, hanako, language="ja") == []
        with pytest.raises(rules.NoticeUnknown):
            keeping.reader_for(session, hanako, desk.people["sakura"])
    assert notice_id


def test_a_withdrawn_notice_stays_without_its_content(desk: Desk) -> None:
    notice_id = desk.send(rules.Kind.CONFIRMATION)
    with desk.database.command("withdraw") as session:
        session.scalars(select(Notice).where(Notice.id == notice_id)).one().state = rules.WITHDRAWN
    with pytest.raises(rules.NoticeWithdrawn):
        desk.settles("hanako", notice_id)
    with desk.database.command("look") as session:
        assert service.unread_tasks(session, desk.people["hanako"]) == 0
