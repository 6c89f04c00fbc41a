"""What lies in the mailbox is told outside, to who wants that: by a real mail server and a real push service."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from portal.core import clock, outbox
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.mailbox import rules as mailbox_rules
from portal.mailbox import service
from portal.mailbox.channels import addresses, carrying, devices, rules, sending
from portal.mailbox.channels.models import Device, Message
from portal.mailbox.channels.queueing import SEND
from portal.mailbox.channels.rules import Channel, Reason, Says, State, Topic
from portal.mailbox.channels.service import choose_topics
from portal.mailbox.models import Notice
from portal.rounds import PERIODIC
from portal.segments import service as segments
from portal.wiring import work
from tests.portal.mailbox.channels.conftest import ADDRESS, NOON, Person, PostOffice

TEXTS = {"ja": {"title": "ひみつの題", "body": "ひみつの本文"}}
NIGHT = NOON + timedelta(hours=11)  # 23:00


def tell(person: Person, says: Says = Says.LETTER, **more: Any) -> UUID:
    with person.database.command("tell") as session:
        key = f"t{uuid4()}"
        told = {"section": "課", "title": "Mailbox", "body": "Secret of %(who)s", "facts": {"who": "x"}} | more
        service.tell(session, person.id, key=key, says=says, **told)
        found = session.scalar(select(Notice.id).where(Notice.key == key))
        assert found
        return found


def states(person: Person) -> list[tuple[str, str, str]]:
    with person.database.command("look") as session:
        rows = session.execute(select(Message).order_by(Message.notice_number, Message.channel)).scalars()
        return [(row.channel, row.state, row.reason) for row in rows]


def test_a_letter_of_the_city_is_told_by_mail_and_push_without_its_contents(
    hanako: Person, post_office: PostOffice
) -> None:
    hanako.wants_mail()
    phone = hanako.wants_push()
    section = uuid4()
    clerk = Actor(Kind.STAFF, uuid4(), "市役所 課 000001", section=section)
    with hanako.database.page(clerk, Purpose.SENDING, writes=True) as session:
        notice = service.write(session, clerk, kind=mailbox_rules.Kind.TASK, texts=TEXTS, segment=segments.EVERYBODY)
        service.send(session, notice)
        number, notice_id = notice.number, notice.id
    hanako.worker.run_pending()
    (letter,), (shown,), (headers,) = post_office.taken, phone.shown, phone.headers
    assert letter["To"] == ADDRESS
    assert letter["Subject"] == shown["title"] == "市からのお知らせ"
    text = letter.get_content()
    assert f"http://127.0.0.1:8000/mailbox/{notice_id}" in text
    assert "ひみつ" not in str(shown) + text + str(letter["Subject"])
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["List-Unsubscribe"].strip("<>") in text
    assert letter["Auto-Submitted"] == "auto-generated"
    assert shown["url"] == f"/mailbox/{notice_id}"
    assert (headers["Urgency"], int(headers["TTL"])) == ("normal", 3 * 86_400)
    with hanako.database.command("look") as session:
        told = service.told(session, hanako.id, number)
        assert [(line.channel, line.state) for line in told] == [("mail", "sent"), ("push", "sent")]
        counts = [(one.channel, one.state, one.number) for one in service.told_counts(session, number)]
        assert counts == [(Channel.MAIL, State.SENT, 1), (Channel.PUSH, State.SENT, 1)]


# Topics chosen for mail, for push → on which channels each kind of notice is told. An emergency is no topic.
MATRIX = [
    ({*Topic}, {*Topic}, {says: {"mail", "push"} for says in Says}),
    (set(), {*Topic}, {says: {"push"} for says in Says}),
    (set(), set(), {}),
    (
        {Topic.LETTERS, Topic.SECURITY},
        {Topic.VISITS, Topic.APPLICATIONS},
        {
            Says.LETTER: {"mail"}, Says.REMINDER: {"mail"}, Says.SECURITY: {"mail"},
            Says.APPLICATION: {"push"}, Says.VISIT: {"push"},
            Says.NEAR: {"push"}, Says.TODAY: {"push"}, Says.TOMORROW: {"push"}, Says.OFFER: {"push"},
        },
    ),
]  # fmt: skip


def test_each_is_told_what_was_chosen(hanako: Person) -> None:
    hanako.wants_mail()
    hanako.wants_push()
    with hanako.database.command("choose") as session:
        for mail, push, wanted in MATRIX:
            choose_topics(session, hanako.id, {Channel.MAIL: mail, Channel.PUSH: push}, hourly=False)
            for says in Says:
                key = f"t{uuid4()}"
                service.tell(session, hanako.id, key=key, section="課", title="a", body="a", facts={}, says=says)
                number = select(Notice.number).where(Notice.key == key).scalar_subquery()
                found = set(session.scalars(select(Message.channel).where(Message.notice_number == number)))
                told = {"mail", "push"} if says is Says.EMERGENCY else wanted.get(says, set())
                assert found == told, (mail, push, says)


def test_who_wants_nothing_costs_nothing(hanako: Person, post_office: PostOffice) -> None:
    tell(hanako)
    with hanako.database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(outbox.Promise)) == 0
    assert states(hanako) == []


def _read(person: Person, notice_id: UUID) -> None:
    reader = Actor(Kind.RESIDENT, person.id, assurance=1)
    with person.database.page(reader, Purpose.OWN_USE, writes=False) as session:
        service.open_notice(session, service.Reader(person.id, person.id), notice_id)


def test_it_is_looked_at_again_before_it_is_sent(hanako: Person, post_office: PostOffice) -> None:
    hanako.wants_mail()
    with clock.freeze(NIGHT):
        _read(hanako, tell(hanako))
        tell(hanako, about=f"visit {uuid4()} 2026-12-20T01:00:00+00:00")
        tell(hanako, about=f"number {uuid4()}")
        tell(hanako, late_at=NIGHT + timedelta(hours=1))
        hanako.worker.run_pending()
        assert {state for _, state, _ in states(hanako)} == {"queued"}
    with clock.freeze(NIGHT + timedelta(hours=10)):
        hanako.worker.run_pending()
        reasons = [Reason.READ, Reason.OVER, Reason.OVER, Reason.LATE]
        assert states(hanako) == [("mail", "skipped", reason) for reason in reasons]
        tell(hanako)
        with hanako.database.command("off") as session:
            addresses.remove(session, hanako.id)
        hanako.worker.run_pending()
    assert states(hanako)[-1] == ("mail", "skipped", Reason.OFF)
    assert post_office.taken == []


def test_what_waited_for_the_morning_is_told_together(hanako: Person, post_office: PostOffice) -> None:
    hanako.wants_mail()
    with clock.freeze(NIGHT):
        for says in (Says.LETTER, Says.APPLICATION, Says.LETTER):
            tell(hanako, says)
        tell(hanako, Says.NEAR, facts={"who": "x", "number": "A012"})
        hanako.worker.run_pending()
        assert [letter["Subject"] for letter in post_office.taken] == ["まもなくお呼びします：A012"]
    with clock.freeze(NIGHT + timedelta(hours=9)):
        hanako.worker.run_pending()
    assert [letter["Subject"] for letter in post_office.taken][1:] == ["新しいお知らせが3件あります"]
    assert {state for _, state, _ in states(hanako)} == {"sent"}


def test_what_is_tried_again_in_the_evening_wakes_nobody(hanako: Person, post_office: PostOffice) -> None:
    hanako.wants_mail()
    with clock.freeze(NIGHT - timedelta(hours=2, minutes=10)):  # 20:50, and the worker does not come before the night
        tell(hanako)
        tell(hanako, Says.SECURITY)
    with clock.freeze(NIGHT):
        hanako.worker.run_pending()
        assert [letter["Subject"] for letter in post_office.taken] == ["アカウントに動きがありました"]
    with clock.freeze(NIGHT + timedelta(hours=9)):
        hanako.send_due()
    assert [letter["Subject"] for letter in post_office.taken][1:] == ["市からのお知らせ"]
    assert {state for _, state, _ in states(hanako)} == {"sent"}


class Killed(BaseException):
    """As by `kill -9`: nothing after it happens."""


def test_killed_after_sending_the_same_goes_again_under_the_same_name(
    hanako: Person, post_office: PostOffice, settings: Any
) -> None:
    hanako.wants_mail()
    phone = hanako.wants_push()
    tell(hanako)

    def die(*_args: Any) -> None:
        raise Killed

    whole = work(settings)[SEND]
    assert isinstance(whole, outbox.Errand)
    dying = Worker(hanako.database, {SEND: outbox.Errand(whole.take, whole.carry, die)}, PERIODIC)
    with pytest.raises(Killed):
        dying.run_one()
    with clock.freeze(NOON + timedelta(seconds=61)):
        tell(hanako)  # meanwhile another: it goes by itself, not under the name of the first
        hanako.send_due()
        assert len(post_office.taken) == 2
    with clock.freeze(NOON + sending.LEASE):
        hanako.send_due()
    first, _other, again = (letter["Message-ID"] for letter in post_office.taken)
    assert first == again != _other
    assert [headers["Topic"] for headers in phone.headers][::2] == [phone.headers[0]["Topic"]] * 2
    assert {state for _, state, _ in states(hanako)} == {"sent"}


def test_no_transaction_is_open_while_something_is_carried(hanako: Person, settings: Any) -> None:
    """SQLite has one writer: a push service that takes its time must not hold up a city."""
    hanako.wants_push()
    tell(hanako)
    whole = work(settings)[SEND]
    assert isinstance(whole, outbox.Errand)
    written = []

    def carry(taken: Any) -> Any:
        with hanako.database.command("meanwhile") as session:
            written.append(outbox.post(session, "other", {}, at=NOON + timedelta(days=9)))
        return whole.carry(taken)

    Worker(hanako.database, {SEND: outbox.Errand(whole.take, carry, whole.record)}).run_one()
    assert written == [True]
    assert states(hanako) == [("push", "sent", "")]


# What a push service answers → what becomes of the message, whether the device stays, when it is tried again.
ANSWERS: list[tuple[tuple[int, dict[str, str]], tuple[str, str], int, timedelta | None]] = [
    ((410, {}), ("failed", "gone"), 0, None),
    ((404, {}), ("failed", "gone"), 0, None),
    ((413, {}), ("failed", "refused"), 1, None),
    ((307, {"Location": "http://127.0.0.1:1/"}), ("failed", "refused"), 1, None),
    ((503, {}), ("queued", ""), 1, timedelta(minutes=1)),
    ((429, {"Retry-After": "600"}), ("queued", ""), 1, timedelta(minutes=10)),
]


def test_what_a_push_service_answers_counts(hanako: Person) -> None:
    for answer, state, left, pause in ANSWERS:
        phone = hanako.wants_push()
        phone.answer = answer
        tell(hanako)
        hanako.worker.run_pending()
        assert states(hanako)[-1] == ("push", *state)
        with hanako.database.command("look") as session:
            assert session.scalar(select(func.count()).select_from(Device)) == left
        if pause:
            phone.answer = (201, {})
            with clock.freeze(NOON + pause - timedelta(seconds=1)):
                hanako.send_due()
                assert phone.tries == 1
            with clock.freeze(NOON + pause):
                hanako.send_due()
            assert states(hanako)[-1] == ("push", "sent", "")


def test_one_device_that_is_gone_does_not_hold_up_the_other(hanako: Person) -> None:
    gone, tablet = hanako.wants_push("gone"), hanako.wants_push("tablet")
    gone.answer = (410, {})
    tell(hanako)
    hanako.worker.run_pending()
    assert len(tablet.shown) == 1
    with hanako.database.command("look") as session:
        assert [device.name for device in devices.of(session, hanako.id)] == ["tablet"]
    assert states(hanako) == [("push", "sent", "")]


@pytest.mark.parametrize(
    "words",
    ["552 5.2.2 mailbox full", "554 5.7.1 listed by a blocklist", "550 5.7.23 SPF", "554 no", "550 5.3.4 too big"],
)
def test_a_refusal_that_says_nothing_of_the_address_keeps_it(
    hanako: Person, post_office: PostOffice, words: str
) -> None:
    hanako.wants_mail()
    post_office.refuse = words
    tell(hanako)
    hanako.worker.run_pending()
    assert states(hanako) == [("mail", "failed", "refused")]
    post_office.refuse = ""
    tell(hanako)
    hanako.worker.run_pending()
    assert ("mail", "sent", "") in states(hanako)


def test_an_address_that_is_refused_for_good_is_left_alone_and_the_mailbox_says_so(
    hanako: Person, post_office: PostOffice
) -> None:
    hanako.wants_mail()
    post_office.refuse = "451 come again"
    tell(hanako)
    hanako.worker.run_pending()
    assert states(hanako) == [("mail", "queued", "")]
    post_office.refuse = "550 no such mailbox"
    with clock.freeze(NOON + timedelta(minutes=1)):
        hanako.send_due()
    assert states(hanako) == [("mail", "failed", "gone")]
    tell(hanako)
    assert len(states(hanako)) == 1  # nothing is even queued
    with hanako.database.command("look") as session:
        titles = [texts["msgid"]["title"] for texts in session.scalars(select(Notice.texts).order_by(Notice.number))]
    assert titles.count("We cannot reach you by e-mail") == 1


def test_after_many_tries_it_is_given_up(hanako: Person, post_office: PostOffice) -> None:
    hanako.wants_mail()
    post_office.refuse = "451 come again"
    tell(hanako)
    now = NOON
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rules, "MOST_ATTEMPTS", 3)
        for _ in range(rules.MOST_ATTEMPTS):
            with clock.freeze(now):
                hanako.send_due()
            now += rules.LONGEST_PAUSE
    assert states(hanako) == [("mail", "failed", "gave-up")]


def test_servers_that_do_not_answer_hold_up_the_worker_for_a_while_only(
    hanako: Person, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanako.wants_mail()
    phone = hanako.wants_push()
    tell(hanako)
    monkeypatch.setattr(carrying, "CARRYING_SECONDS", -1.0)
    hanako.worker.run_pending()
    assert states(hanako) == [("mail", "queued", ""), ("push", "queued", "")]
    assert (post_office.taken, phone.tries) == ([], 0)


def test_many_at_once_leave_in_several_turns_and_once_each(hanako: Person, post_office: PostOffice) -> None:
    """More than one batch: the rest is promised in the same transaction."""
    hanako.wants_mail()
    with clock.freeze(NIGHT):
        for _ in range(3):
            tell(hanako, Says.SECURITY)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(sending, "SHARES", dict.fromkeys(sending.SHARES, 2))
            hanako.worker.run_pending()
    assert sorted(letter["Subject"] for letter in post_office.taken)
    assert {state for _, state, _ in states(hanako)} == {"sent"}


def test_records_are_forgotten_and_expired_devices_too(hanako: Person, database: Database) -> None:
    browser = hanako.wants_push()
    tell(hanako)
    hanako.worker.run_pending()
    with database.command("expire") as session:
        sent = browser.subscription() | {"expirationTime": (NOON + timedelta(days=2)).timestamp() * 1000}
        devices.add(session, hanako.ways, hanako.id, sent, name="phone")
        addresses.want(session, hanako.id, ADDRESS)
    with clock.freeze(NOON + rules.KEPT + timedelta(days=1)), database.command("forget") as session:
        sending.forget_old(session, {})
        assert addresses.of(session, hanako.id) is None
        assert devices.of(session, hanako.id) == []
    assert states(hanako) == []
