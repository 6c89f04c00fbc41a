"""A body's desk writes to companies: chosen, looked at, agreed to by a second person, sent, withdrawn; and the answers."""

from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal.companies.models import BusinessDelivery, BusinessNotice
from portal.company_mailbox.sendings import rules
from portal.company_mailbox.sendings.models import CompanyRecipient, CompanySending
from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo.business_people import AGENT_NUMBER, COMPANY, corporate_number
from portal.procurement.letters import choosing
from portal.procurement.letters.rules import Chosen, cells_of
from portal.procurement.models import Agency
from tests.browser import Page, Visitor
from tests.conftest import StaffClient
from tests.portal.companies.people import BusinessClient
from tests.portal.files.papers import pdf
from tests.portal.procurement.city import CITY
from tests.portal.procurement.desk import day_fields

DESK = "/staff/company-notices"
OWN = COMPANY.corporate_number
TYPED = {
    "title": "災害協定の調査", "body": "架空の調査です。\n\nご回答ください。", "kind": "reply",
    "answers": "結べる\n結べない",
    "changeable": "y", "thread": "y", "words": "y", "remind_days": "3", "hour": "09:00",
}  # fmt: skip


def write(kaoru: Visitor, **others: object) -> Page:
    due = day_fields("due_on", clock.today() + timedelta(days=20))
    return kaoru.submit(kaoru.get(f"{DESK}/new"), f"{DESK}/new", **{**TYPED, **due, "numbers": OWN, **others})


def sending(database: Database) -> CompanySending:
    with database.command("look") as session:
        found = session.scalars(select(CompanySending).order_by(CompanySending.written_at.desc())).first()
        assert found
        session.expunge(found)
        return found


def press(visitor: Visitor, page: Page, what: str, **fields: object) -> Page:
    return visitor.submit(page, f"{page.path}/{what}", **fields)


def test_written_looked_at_sent_answered_and_read_as_a_table(
    database: Database, town: None, staff_client: StaffClient, business_client: BusinessClient
) -> None:
    kaoru, shoko = staff_client(Role.BUYER), business_client("shoko")
    page = write(kaoru, numbers=f"法人番号,名前\n{OWN},架空商店\n{corporate_number(999_998)},なし")
    assert "1事業者に届きます" in page.text
    assert "1件の番号" in page.text
    assert "株式会社架空商店" in page.text
    page = press(kaoru, page, "files", files=(BytesIO(pdf()), "仕様.pdf"))
    page = press(kaoru, kaoru.get(page.path.partition("#")[0]), "send")
    one = sending(database)
    assert one.state == "sent"
    letter = f"/business/mailbox/{one.id}"
    seen = shoko.get(letter)
    file = next(link for link in seen.links() if "/files/" in link)
    assert shoko.get(file).body.startswith(b"%PDF")
    shoko.submit(seen, f"{letter}/answer", choice="1", words="=1+1")
    shoko.submit(shoko.get(letter), f"{letter}/messages", body="期限は延びますか。")
    receipts = kaoru.get(f"{DESK}/{one.id}/receipts")
    assert "結べない" in receipts.text
    assert "架空 商子" in receipts.text
    assert OWN not in kaoru.get(f"{DESK}/{one.id}/receipts?who=open").text
    table = kaoru.get(f"{DESK}/{one.id}/receipts.csv").body.decode("utf-8-sig")
    assert "'=1+1" in table
    inbox = kaoru.get(f"{DESK}/messages")
    thread = next(link for link in inbox.links() if link.startswith(f"{DESK}/messages/"))
    page = kaoru.get(thread)
    assert "期限は延びますか。" in page.text
    assert kaoru.submit(page, thread, body="").status == 422
    kaoru.submit(page, thread, body="延びません。", files=(BytesIO(pdf()), "回答.pdf"))
    assert "延びません。" in shoko.get(letter).text
    assert thread not in kaoru.get(f"{DESK}/messages").links()
    page = kaoru.get(thread)
    shoko.submit(shoko.get(letter), f"{letter}/messages", body="わかりました。")
    assert kaoru.submit(page, thread, body="追伸").status == 409, "somebody wrote meanwhile"
    kaoru.submit(kaoru.get(thread), thread, act="close")
    assert "終了しました" in shoko.get(letter).text


def test_many_companies_need_a_second_person(
    database: Database, town: None, staff_client: StaffClient, worker: Worker
) -> None:
    kaoru, chief = staff_client(Role.BUYER), staff_client(Role.BUYING_CHIEF)
    page = write(kaoru, confidential="y")
    page = press(kaoru, page, "send")
    one = sending(database)
    assert (one.state, one.proposed_by is not None) == ("waiting", True)
    refused = kaoru.post(f"{DESK}/{one.id}/approve", {"version": str(one.version)}, page=page)
    assert refused.status == 404, "who buys may not approve"
    page = press(kaoru, page, "take-back", version=str(one.version))
    page = press(kaoru, page, "send")
    old = chief.get(page.path)
    page = press(chief, old, "approve")
    assert sending(database).state == "sent"
    assert chief.post(f"{page.path}/approve", {"version": str(one.version)}, page=old).status == 409
    mine = write(chief, confidential="y", title="課長の")
    mine = press(chief, mine, "send")
    version = str(sending(database).version)
    assert chief.post(f"{mine.path}/approve", {"version": version}, page=mine).status == 403, "four eyes"


def test_scheduled_it_leaves_at_its_time_and_not_before(
    database: Database, town: None, staff_client: StaffClient, worker: Worker
) -> None:
    kaoru, day = staff_client(Role.BUYER), clock.today() + timedelta(days=2)
    page = press(kaoru, write(kaoru, **day_fields("send_on", day)), "send")
    one = sending(database)
    worker.run_pending()
    assert sending(database).state == "scheduled"
    press(kaoru, page, "take-back")
    assert sending(database).state == "draft"
    press(kaoru, kaoru.get(page.path), "send")
    with clock.freeze(one.send_at + timedelta(minutes=1)):  # type: ignore[operator]
        worker.run_pending()
    assert sending(database).state == "sent"
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(BusinessDelivery)) == 1


def test_a_worker_delivers_to_many_in_chunks_each_once(
    database: Database, town: None, staff_client: StaffClient, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "AT_ONCE", 4)
    monkeypatch.setattr(rules, "CHUNK", 7)
    kaoru = staff_client(Role.BUYER)
    press(kaoru, write(kaoru, numbers="", region="千葉県"), "send")
    assert sending(database).state == "sending"
    worker.run_pending()
    assert sending(database).state == "sent"
    with database.command("look") as session:
        told = session.scalar(select(func.count()).select_from(BusinessDelivery))
        assert told == session.scalar(select(func.count()).select_from(CompanyRecipient)) == 40


def test_by_what_the_body_says_of_companies(database: Database, town: None) -> None:
    with database.command("look") as session:
        agency = session.get_one(Agency, CITY)

        def found(**wanted: object) -> int:
            return choosing.count(session, agency, Chosen(**wanted))  # type: ignore[arg-type]

        everybody, goods = found(region="千葉県"), found(category="goods")
        assert everybody == 40
        assert 0 < found(category="goods", grades=["A"]) < goods < everybody
        assert found(category="goods", region="東京都") == 0
        assert found(register="無い許可") == 0
        assert found(numbers=[OWN, AGENT_NUMBER]) == 2


def test_a_draft_is_corrected_and_dropped(database: Database, town: None, staff_client: StaffClient) -> None:
    kaoru = staff_client(Role.BUYER)
    for wrong in (
        {"numbers": ""},
        {"numbers": "1234567890123"},
        {"answers": "一つ"},
        {"title": ""},
        {"kind": "x"},
        day_fields("due_on", clock.today() - timedelta(days=1)),
    ):
        assert write(kaoru, **wrong).status == 422, wrong
    past = write(kaoru, **day_fields("send_on", clock.today() - timedelta(days=1)))
    assert press(kaoru, past, "send").status == 422
    nobody = write(kaoru, numbers=corporate_number(999_997))
    assert press(kaoru, nobody, "send").status == 422
    page = write(kaoru)
    change = f"{page.path}/change"
    opened = kaoru.get(change)
    changed = kaoru.submit(opened, change, title="直した題")
    assert changed.status == 200, changed.text
    assert sending(database).title == "直した題"
    assert kaoru.submit(opened, change, title="古い版").status == 409
    press(kaoru, kaoru.get(page.path), "drop")
    assert kaoru.get(page.path).status == 404


def test_withdrawn_with_a_reason_and_by_its_own_body_alone(
    database: Database, town: None, staff_client: StaffClient
) -> None:
    kaoru = staff_client(Role.BUYER)
    page = press(kaoru, write(kaoru), "send")
    address = f"{page.path}/withdraw"
    assert kaoru.submit(kaoru.get(address), address, words="").status == 422
    kaoru.submit(kaoru.get(address), address, words="宛先の間違い")
    assert sending(database).state == "withdrawn"
    with database.command("look") as session:
        assert session.scalars(select(BusinessNotice.withdrawn_because)).one() == "宛先の間違い"
        one = session.scalars(select(CompanySending)).one()
        one.owner = "suido"
    assert kaoru.get(page.path).status == 404
    assert kaoru.get(f"{DESK}/{UUID(int=1)}").status == 404
    assert kaoru.get(f"{DESK}/messages/{UUID(int=1)}").status == 404


def test_numbers_are_found_in_any_list() -> None:
    typed = f'番号,名称\r\n"{OWN}"\t架空商店\n T{OWN} ; {OWN[0]}-{OWN[1:5]}-{OWN[5:9]}-{OWN[9:]}\n12345678901、x'
    numbers, wrong = choosing.read_numbers(cells_of(typed))
    assert numbers == [OWN]
    assert wrong == ["12345678901"]
