"""Reminders before and after the day something is due: once, and only to who has not done it."""

# ruff: noqa: F811 - the fixture `city` comes from a neighbour

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.mailbox import rules, service
from portal.mailbox.answering import service as answering
from portal.mailbox.channels import addresses, choices
from portal.mailbox.channels.models import Message
from portal.mailbox.channels.rules import Channel
from portal.mailbox.channels.standing import still_stands
from portal.mailbox.following import rules as following
from portal.mailbox.following.models import FollowUp
from portal.mailbox.following.rules import Step
from portal.mailbox.models import Delivery, Notice
from tests.portal.mailbox.test_paper import CLERK, SENT, city, later, reads, sent  # noqa: F401 - a fixture too

# When what was chosen is begun: sent on the 1st, due on the 20th.
PLANS = [
    ({Step.BEFORE: 3, Step.AFTER: 1, Step.UNREAD: 7, Step.PAPER: 14}, "task", 20,
     {Step.BEFORE: 17, Step.AFTER: 21, Step.UNREAD: 8, Step.PAPER: 15}),
    ({Step.BEFORE: 3, Step.AFTER: 1, Step.PAPER: 14}, "information", 20, {Step.PAPER: 15}),
    ({Step.BEFORE: 3, Step.UNREAD: 3}, "confirmation", None, {Step.UNREAD: 4}),
    ({Step.BEFORE: 14, Step.AFTER: 3}, "reply", 5, {Step.AFTER: 8}),
    ({Step.PAPER: 0}, "information", None, {Step.PAPER: 1}),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "kind", "due", "days"), PLANS)
def test_follow_ups_have_their_day(wanted: dict[Step, int], kind: str, due: int | None, days: dict[Step, int]) -> None:
    due_on = date(2026, 12, due) if due else None
    planned = following.plan(wanted, kind=rules.Kind(kind), sent_on=date(2026, 12, 1), due_on=due_on)
    assert {step: on.day for step, on in planned.items()} == days


def reminders(city: Database) -> list[tuple[str, int]]:
    """Titles of the reminders there are, each with how many got it."""
    with city.command("look") as session:
        query = select(Notice.texts, func.count(Delivery.resident_id)).outerjoin(Delivery).group_by(Notice.number)
        query = query.where(Notice.key.like("remind:%")).order_by(Notice.number)
        return [(texts["msgid"]["title"], count) for texts, count in session.execute(query)]


def test_reminders_come_before_and_after_the_date_once_and_only_to_who_has_not_done_it(
    city: Database, worker: Worker
) -> None:
    number = sent(city, worker, due_on=date(2026, 12, 20), before=3, after=1)
    people = reads(city, number, but=45)
    everybody = len(people)
    with city.command("id") as session:
        notice_id = session.scalars(select(Notice.id).where(Notice.number == number)).one()
    settle(city, notice_id, people[0])
    later(city, worker, 16, hour=3)  # at night nothing begins
    assert reminders(city) == []
    for _ in range(3):
        later(city, worker, 16)
    assert reminders(city) == [("Reminder: the due date is near", everybody - 1)]
    with (
        clock.freeze(SENT + timedelta(days=16)),
        city.page(CLERK, Purpose.SENDING, writes=True) as session,
        pytest.raises(answering.rules.RemindedToday),
    ):
        answering.remind(session, service.draft_of(session, CLERK, notice_id))
    settle(city, notice_id, people[1])
    for _ in range(2):
        later(city, worker, 20)
    assert reminders(city)[1:] == [("Reminder: the due date has passed", everybody - 2)]


def test_two_that_fall_on_one_day_are_both_begun_the_one_by_the_due_date_first(city: Database, worker: Worker) -> None:
    number = sent(city, worker, due_on=date(2026, 12, 11), before=3, unread=7)
    first, *_ = reads(city, number, but=2)
    with city.command("channels") as session:
        session.add(
            addresses.MailAddress(resident_id=first, address="a@mail.example", confirmed_at=SENT, wanted="", tries=0)
        )
        choices.turn_on(session, first, Channel.MAIL)
        late = FollowUp.step == str(Step.UNREAD)  # due a day earlier: a worker that was down takes both
        session.execute(update(FollowUp).where(late).values(due_on=date(2026, 12, 7)))
    later(city, worker, 7)
    assert [title for title, _ in reminders(city)] == ["Reminder: the due date is near"]
    later(city, worker, 8)
    assert reminders(city)[1:] == [("Reminder: a notice you have not opened yet", 1)]


def settle(city: Database, notice_id: UUID, who: UUID) -> None:
    reader = Actor(Kind.RESIDENT, who, assurance=1)
    with clock.freeze(SENT), city.page(reader, Purpose.OWN_USE, writes=True) as session:
        answering.settle(session, service.Reader(who, who), notice_id)


def test_who_opens_it_before_the_reminders_mail_leaves_gets_none(city: Database, worker: Worker) -> None:
    number = sent(city, worker, rules.Kind.INFORMATION, unread=3)
    first, second, *_ = reads(city, number, but=3)
    with city.command("channels") as session:
        for who in (first, second):
            address = f"{who}@mail.example"
            session.add(addresses.MailAddress(resident_id=who, address=address, confirmed_at=SENT, wanted="", tries=0))
            choices.turn_on(session, who, Channel.MAIL)
    later(city, worker, 3)
    assert reminders(city) == [("Reminder: a notice you have not opened yet", 2)]  # the third has no channel
    with city.command("read") as session:
        session.get_one(Delivery, (first, number)).read_at = clock.now()
    with city.command("look") as session:
        waiting = session.scalars(select(Message).where(Message.says == "reminder")).all()
        found = {one.resident_id: still_stands(session, one.about, one.resident_id) for one in waiting}
        assert found == {first: False, second: True}


STEPS = range(1, 45, 2)
