"""What people and sections wrote around notices goes when its time is over; what somebody goes on with stays."""

import io
from datetime import timedelta
from uuid import UUID

from PIL import Image
from sqlalchemy import func, select

from portal.config import Settings
from portal.core import clock
from portal.core.audit import Purpose, Record
from portal.files import service as files
from portal.files.models import File
from portal.mailbox import rules
from portal.mailbox.answering import service as answering
from portal.mailbox.answering.models import Message, Thread
from portal.mailbox.attachments import service as attachments
from portal.mailbox.composing import drafts
from portal.mailbox.composing.drafts import Content
from portal.mailbox.models import Act, Dealing, Notice
from portal.mailbox.retention import service as retention
from portal.mailbox.retention.rules import What
from portal.mailbox.retention.rules import retention as kept_for
from tests.portal.mailbox.conftest import Desk
from tests.portal.mailbox.test_answers import OPTIONS


def a_draft(desk: Desk, settings: Settings) -> UUID:
    """With a list of people's text begun and a file."""
    with desk.database.page(desk.clerk, Purpose.SENDING, writes=True) as session:
        notice = drafts.begin(session, desk.clerk, Content())
        with_file(session, settings, notice)
        return notice.id


def with_file(session: object, settings: Settings, notice: Notice) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(drawn, "PNG")
    prepared = files.prepare("図.png", drawn.getvalue(), megabytes=attachments.MEGABYTES, scan=None)
    attachments.attach(session, settings.file_ring, notice, prepared, alt="図")  # type: ignore[arg-type]


def night(desk: Desk, after: timedelta, *, part: int = 1) -> None:
    """The daily run so long from now, in as many parts as it takes."""
    with clock.freeze(clock.now() + after):
        with desk.database.job("retention") as session:
            retention.forget_old(session, {}, part=part)
        desk.worker.run_pending()


def count(desk: Desk, table: type) -> int:
    with desk.database.command("look") as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_draft_nobody_goes_on_with_goes_with_its_files(desk: Desk, settings: Settings) -> None:
    before = count(desk, Notice)
    old = [a_draft(desk, settings) for _ in range(3)]
    soon = kept_for()[What.DRAFT] - timedelta(days=1)
    night(desk, soon)
    assert count(desk, Notice) == before + 3
    with (
        clock.freeze(clock.now() + soon),
        desk.database.page(desk.clerk, Purpose.SENDING, writes=True) as session,
    ):
        notice, plan = drafts.open_plan(session, desk.clerk, old[0])
        drafts.keep(session, desk.clerk, notice, {"title": "続き"}, base=plan.revision, page="")
    night(desk, soon + timedelta(days=2))
    with desk.database.command("look") as session:
        kept = set(session.scalars(select(Notice.id).where(Notice.id.in_(old))))
        cases = set(session.scalars(select(File.case_id).where(File.case_id.in_(old))))
    assert kept == cases == {old[0]}


def test_what_was_answered_is_forgotten_and_that_it_was_stays(desk: Desk) -> None:
    terms = rules.answer_terms(OPTIONS, text=True, thread=True)
    number = desk.send(rules.Kind.REPLY, choices=terms)
    for name in ("hanako", "taro"):
        desk.settles(name, number, choice=1, words="よろしく")
        desk.does(name, lambda session, reader: answering.write_message(session, reader, number, "質問です"))
    three = kept_for()[What.ANSWER]
    night(desk, three - timedelta(days=1))
    with (
        clock.freeze(clock.now() + three - timedelta(days=1)),
        desk.database.page(desk.clerk, Purpose.SENDING, writes=True) as session,
    ):
        thread = session.scalars(select(Thread).where(Thread.resident_id == desk.people["taro"])).one()
        seen = answering.newest_of(answering.open_thread(session, desk.clerk, thread.id)[2])
        answering.answer_message(session, desk.clerk, thread.id, "お答えします", seen=seen)
    night(desk, three + timedelta(days=1))
    with desk.database.command("look") as session:
        kept = session.execute(select(Dealing.choice, Dealing.words, Dealing.settled_at.is_not(None))).all()
        assert [tuple(row) for row in kept] == [(None, "", True)] * 2
        said = session.execute(select(Act.what, Act.facts).where(Act.what == str(rules.Deed.ANSWERED))).all()
        assert [tuple(row) for row in said] == [("answered", {})] * 2
        assert set(session.scalars(select(Message.resident_id))) == {desk.people["taro"]}
        gone = session.scalars(select(Record.what).where(Record.action == "delete", Record.what.like("mailbox.%")))
        assert sorted(gone) == ["mailbox.answer", "mailbox.answer", "mailbox.message"]


def test_files_of_a_notice_go_and_its_text_stays(desk: Desk, settings: Settings) -> None:
    number = desk.send(rules.Kind.INFORMATION)
    with desk.database.page(desk.clerk, Purpose.SENDING, writes=True) as session:
        notice = session.scalars(select(Notice).where(Notice.id == number)).one()
        notice.state = rules.State.DRAFT
        with_file(session, settings, notice)
        notice.state = rules.State.SENT
    five = kept_for()[What.ATTACHMENT]
    night(desk, five - timedelta(days=1))
    assert count(desk, File) == 1
    night(desk, five + timedelta(days=1))
    assert count(desk, File) == 0
    assert desk.does("hanako", lambda session, reader: reader.owner)
