"""Companies confirm, answer and write back: in the company's name, by a person who is kept and shown."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal.companies import service
from portal.companies.models import BusinessDelivery, BusinessNotice
from portal.company_mailbox import service as company_mailbox
from portal.company_mailbox.post.models import BusinessAct, BusinessFile, BusinessMessage, BusinessThread
from portal.core import clock
from portal.core.errors import Refusal
from portal.core.uow import Database
from portal.demo.business_people import AGENT_NUMBER
from portal.mailbox.answering.rules import MessageCrossed, ThreadUnknown
from tests.browser import Visitor
from tests.portal.companies.people import BusinessClient
from tests.portal.company_mailbox import mailboxes
from tests.portal.company_mailbox.mailboxes import CITY, OWN, WRITER, said, send
from tests.portal.files.papers import pdf

Told = Callable[[], BusinessDelivery]


def delivery(database: Database, notice: UUID) -> BusinessDelivery:
    with database.command("look") as session:
        found = session.scalars(select(BusinessDelivery).where(BusinessDelivery.notice_id == notice)).one()
        session.expunge(found)
        return found


def answer(visitor: Visitor, notice: UUID, **fields: str) -> object:
    page = visitor.get(f"/business/mailbox/{notice}")
    return visitor.submit(page, f"/business/mailbox/{notice}/answer", **fields)


def test_a_confirmation_is_kept_once_with_who_and_when(database: Database, business_client: BusinessClient) -> None:
    notice = send(database, what=said("confirmation", **mailboxes.due(clock.today() + timedelta(days=9))))
    kenji, shoko = business_client("kenji"), business_client("shoko")
    assert "架空の調査" in kenji.get("/business/mailbox?show=todo").text
    answer(kenji, notice)
    found = delivery(database, notice)
    assert found.settled_at
    assert not found.waits
    page = shoko.get(f"/business/mailbox/{notice}")
    assert "架空 健二" in page.text, "the company sees who confirmed"
    assert not [form for form in page.find("form") if (form.get("action") or "").endswith("/answer")]
    assert shoko.post(f"/business/mailbox/{notice}/answer", page=page).status == 200
    assert delivery(database, notice).settled_by == found.settled_by, "the first one stays"
    assert "架空の調査" not in shoko.get("/business/mailbox?show=todo").text


def test_an_answer_is_chosen_and_changed_until_the_due_date(
    database: Database, business_client: BusinessClient
) -> None:
    notice = send(database, what=said("reply", options=["はい", "いいえ"], due_on=clock.today()))
    shoko = business_client("shoko")
    page = shoko.get(f"/business/mailbox/{notice}")
    assert shoko.submit(page, f"/business/mailbox/{notice}/answer").status == 422
    assert shoko.submit(page, f"/business/mailbox/{notice}/answer", choice="7").status == 422
    answer(shoko, notice, choice="1", words="部品が足りません。")
    answer(shoko, notice, choice="0", words="届きました。")
    found = delivery(database, notice)
    assert (found.choice, found.said) == (0, "届きました。")
    with database.command("later") as session:
        session.scalars(select(BusinessNotice)).one().due_on = clock.today() - timedelta(days=1)
    page = shoko.get(f"/business/mailbox/{notice}")
    assert "届きました。" in page.text
    assert shoko.post(f"/business/mailbox/{notice}/answer", {"choice": "1"}, page=page).status == 409
    assert delivery(database, notice).choice == 0


def test_an_agent_answers_for_the_company_and_is_named(database: Database, business_client: BusinessClient) -> None:
    notice, midori = send(database, what=said("confirmation")), business_client("midori")
    own = mailboxes.company(database)
    page = midori.get(f"/business/mailbox/{notice}?for={own}")
    assert page.status == 200
    midori.submit(page, f"/business/mailbox/{notice}/answer?for={own}")
    text = business_client("shoko").get(f"/business/mailbox/{notice}").text
    assert "架空行政書士法人みどり 架空 みどり" in text
    assert midori.get(f"/business/mailbox/{notice}").status == 404, "it is none of the agent's own"


def test_who_reads_is_kept_for_each_person(database: Database, business_client: BusinessClient) -> None:
    notice = send(database)
    for name in ("kenji", "shoko", "kenji"):
        business_client(name).get(f"/business/mailbox/{notice}")
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(BusinessAct)) == 2
        assert session.scalars(select(BusinessDelivery.read_by)).one() is not None


def test_one_reminder_comes_before_the_due_date_to_who_has_not_done_it(
    database: Database, business_client: BusinessClient
) -> None:
    near = mailboxes.due(clock.today() + timedelta(days=3))
    notice = send(database, [OWN, AGENT_NUMBER], said("confirmation", **near))
    send(database, what=said("confirmation", title="まだ先", **mailboxes.due(clock.today() + timedelta(days=30))))
    answer(business_client("midori"), notice)
    for _again in range(2):
        with database.command("remind") as session:
            company_mailbox.letters.remind(session, {})
    with database.command("look") as session:
        told = session.scalars(
            select(BusinessDelivery.company_id)
            .join(BusinessNotice, BusinessNotice.id == BusinessDelivery.notice_id)
            .where(BusinessNotice.key == f"near:{notice}")
        ).all()
        assert told == [service.company_of(session, OWN).id]  # type: ignore[union-attr]
        assert session.scalar(select(func.count()).where(BusinessNotice.key.startswith("near:"))) == 1


def test_messages_go_both_ways_with_files(database: Database, business_client: BusinessClient) -> None:
    notice, shoko = send(database), business_client("shoko")
    page, post = shoko.get(f"/business/mailbox/{notice}"), f"/business/mailbox/{notice}/messages"
    assert shoko.submit(page, post, body="").status == 422
    assert "写真（JPEG" in shoko.submit(page, post, body="図です。", files=(BytesIO(b"MZ no"), "a.pdf")).text
    sent = shoko.submit(page, post, body="見積の図です。", files=(BytesIO(pdf()), "../図面.pdf"))
    assert "見積の図です。" in sent.text
    with database.command("look") as session:
        thread = session.scalars(select(BusinessThread)).one()
        assert (thread.waits, thread.sent) == ("body", 1)
        message = session.scalars(select(BusinessMessage)).one()
        with pytest.raises(MessageCrossed):
            company_mailbox.letters.answer_message(session, WRITER, CITY, thread.id, "早い", seen="")
        company_mailbox.letters.answer_message(
            session, WRITER, CITY, thread.id, "受け取りました。", seen=str(message.id)
        )
        with pytest.raises(ThreadUnknown):
            company_mailbox.letters.open_thread(session, "suido", thread.id)
    page = shoko.get(f"/business/mailbox/{notice}")
    assert "受け取りました。" in page.text
    assert "返事が届きました" in shoko.get("/business/mailbox").text
    file = next(link for link in page.links() if "/files/" in link)
    assert shoko.get(file).body.startswith(b"%PDF")
    with database.command("look") as session:
        acts = session.scalars(select(BusinessAct.what).order_by(BusinessAct.at)).all()
        assert acts.count("file") == 1
        assert session.scalar(select(func.count()).select_from(BusinessFile)) == 1
    assert business_client("midori").get(file).status == 404


def test_three_messages_wait_and_a_closed_thread_takes_none(
    database: Database, business_client: BusinessClient
) -> None:
    notice, shoko = send(database), business_client("shoko")
    post = f"/business/mailbox/{notice}/messages"
    first = shoko.get(f"/business/mailbox/{notice}")
    for number in range(3):
        assert shoko.post(post, {"body": f"{number}"}, page=first).status == 200
    assert shoko.post(post, {"body": "4"}, page=first).status == 409
    with database.command("close") as session:
        thread = session.scalars(select(BusinessThread)).one()
        seen = session.scalars(select(BusinessMessage.id).order_by(BusinessMessage.at.desc())).first()
        company_mailbox.letters.close_thread(session, CITY, thread.id, seen=str(seen))
    assert shoko.post(post, {"body": "5"}, page=first).status == 409
    quiet = send(database, what=said(choices={"thread": False}))
    assert shoko.post(f"/business/mailbox/{quiet}/messages", {"body": "x"}, page=first).status == 409


def test_a_withdrawn_notice_keeps_its_line_and_its_reason_alone(
    database: Database, business_client: BusinessClient
) -> None:
    notice, shoko = send(database, what=said("confirmation")), business_client("shoko")
    first = shoko.get(f"/business/mailbox/{notice}")
    with database.command("withdraw") as session:
        company_mailbox.sending.withdraw(session, CITY, notice, "宛先の間違い")
    page = shoko.get(f"/business/mailbox/{notice}")
    assert "宛先の間違い" in page.text
    assert "2段落目" not in page.text
    assert shoko.post(f"/business/mailbox/{notice}/answer", page=first).status == 410
    with database.command("look") as session, pytest.raises(Refusal):
        company_mailbox.sending.withdraw(session, CITY, notice, "もう一度")
