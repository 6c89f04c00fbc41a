"""What bodies and companies wrote around notices goes when its time is over; that it was written, and by whom, stays."""

from datetime import timedelta
from io import BytesIO
from uuid import UUID

from sqlalchemy import func, select

from portal.companies.models import BusinessDelivery, BusinessNotice, Company
from portal.company_mailbox import service as company_mailbox
from portal.company_mailbox.post.models import BusinessAct, BusinessFile, BusinessMessage, BusinessThread
from portal.company_mailbox.retention import service as retention
from portal.company_mailbox.sendings.models import CompanySending
from portal.config import Settings
from portal.core import clock
from portal.core.audit import Record
from portal.core.uow import Database
from portal.files import service as files
from portal.files.models import File
from portal.mailbox.attachments.rules import MEGABYTES
from portal.mailbox.retention.rules import What
from portal.mailbox.retention.rules import retention as kept_for
from tests.portal.companies.people import BusinessClient
from tests.portal.company_mailbox.mailboxes import CITY, OWN, WRITER, said, send
from tests.portal.files.papers import pdf

post = company_mailbox.letters
DAY = timedelta(days=1)


def night(database: Database, after: timedelta) -> None:
    """The daily run so long from now, in as many parts as it takes."""
    with clock.freeze(clock.now() + after):
        for _each in range(4):  # more parts than there is anything
            with database.job("retention") as session:
                retention.forget_old(session, {}, part=1)


def count(database: Database, table: type) -> int:
    with database.command("look") as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def draft(database: Database, settings: Settings) -> UUID:
    """With a file."""
    with database.command("write") as session:
        made = company_mailbox.sending.write(session, WRITER, CITY, "架空の市役所", said(), {})
        prepared = files.prepare("案.pdf", pdf(), megabytes=MEGABYTES, scan=None)
        post.attach(session, settings.file_ring, made.id, prepared)
        return made.id


def test_a_draft_nobody_goes_on_with_goes_with_its_files(
    database: Database, settings: Settings, cast_companies: None
) -> None:
    drafts, soon = [draft(database, settings) for _each in range(3)], kept_for()[What.DRAFT] - DAY
    night(database, soon)
    assert count(database, CompanySending) == 3
    with clock.freeze(clock.now() + soon), database.command("go on") as session:
        company_mailbox.sending.change(session, CITY, drafts[0], 1, said(title="続き"), {})
    night(database, soon + 2 * DAY)
    with database.command("look") as session:
        assert list(session.scalars(select(CompanySending.id))) == [drafts[0]]
        assert list(session.scalars(select(File.case_id))) == [drafts[0]]


def test_what_was_answered_and_written_is_forgotten_and_that_it_was_stays(
    database: Database, business_client: BusinessClient
) -> None:
    notice, shoko = send(database, what=said("reply", options=["はい", "いいえ"])), business_client("shoko")
    path = f"/business/mailbox/{notice}"
    shoko.submit(shoko.get(path), f"{path}/answer", choice="1", words="部品が足りません。")
    told = shoko.submit(shoko.get(path), f"{path}/messages", body="図です。", files=(BytesIO(pdf()), "図.pdf"))
    assert "まで保存します" in told.text, "the company is told the day before it comes"
    three = kept_for()[What.ANSWER]
    night(database, three - DAY)
    assert (count(database, BusinessMessage), count(database, BusinessFile)) == (1, 1)
    night(database, three + DAY)
    assert [count(database, one) for one in (BusinessThread, BusinessMessage, BusinessFile, File)] == [0, 0, 0, 0]
    with database.command("look") as session:
        kept = session.scalars(select(BusinessDelivery)).one()
        assert (kept.choice, kept.said, kept.settled_at is not None) == (None, "", True)
        acts = session.execute(select(BusinessAct.what, BusinessAct.facts).order_by(BusinessAct.at)).all()
        assert ("answered", {}) in [tuple(act) for act in acts]
        gone = session.scalars(select(Record.what).where(Record.action == "delete", Record.what.like("mailbox.%")))
        assert sorted(gone) == ["mailbox.answer", "mailbox.message"]
    page = shoko.get(path)
    assert "部品が足りません。" not in page.text
    assert "回答の内容は、もう保存していません" in page.text
    assert "架空 商子" in page.text, "who answered, and when, stays"


def test_files_of_a_notice_go_and_its_text_stays(database: Database, settings: Settings, cast_companies: None) -> None:
    notice = draft(database, settings)
    with database.command("send") as session:
        own = select(Company.id).where(Company.key == OWN)
        company_mailbox.sending.go(session, WRITER, CITY, notice, 1, own, over=10)
    five = kept_for()[What.ATTACHMENT]
    night(database, five - DAY)
    assert count(database, File) == 1
    night(database, five + DAY)
    assert (count(database, File), count(database, BusinessNotice)) == (0, 1)
