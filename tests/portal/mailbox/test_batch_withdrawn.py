"""A system takes back what it sent: who has it reads why, nobody else gets it, and nothing waits to be told."""

from typing import Any

import pytest
from sqlalchemy import func, select

from portal.core.uow import Database
from portal.core.worker import Worker
from portal.mailbox.channels.models import Message
from portal.mailbox.models import Delivery, Notice
from portal.residents.service import find_by_number
from tests.conftest import ResidentClient
from tests.portal.mailbox.test_batches import HANAKO, NUMBERS, System, system

__all__ = ["system"]
REASON = "日にちを間違えました。改めてお送りします。"
PERSONAL: dict[str, Any] = {"texts": {"ja": {"title": "((day))の健診", "body": "本文"}}}


def row(number: str) -> dict[str, Any]:
    return {"number": number, "values": {"day": "5日"}}


@pytest.mark.parametrize("personal", [False, True])
def test_whoever_has_it_reads_that_it_was_withdrawn_and_why(
    system: System, database: Database, resident_client: ResidentClient, personal: bool
) -> None:
    sent = system.send([row(one) for one in NUMBERS], **PERSONAL) if personal else system.send(NUMBERS)
    notice = sent.json["notice"]
    other = system.send([HANAKO]).json["notice"]
    reader = resident_client("hanako")
    title = "5日の健診" if personal else "健診のお知らせ"
    assert title in reader.get("/mailbox").text
    for _press in range(2):
        answer = system.post(f"/notices/{notice}/withdraw", {"reason": REASON})
        assert (answer.status_code, answer.json["state"]) == (200, "withdrawn")
    with database.command("look") as session:
        states = list(session.scalars(select(Notice.state).order_by(Notice.state)))
        whose = find_by_number(session, HANAKO)
        assert whose
        mine = select(Notice.id).join(Delivery, Delivery.notice_number == Notice.number)
        mine = mine.where(Notice.state == "withdrawn", Delivery.resident_id == whose.id)
        page = f"/mailbox/{session.scalars(mine).one()}"
    assert states == ["sent", *["withdrawn"] * (len(NUMBERS) if personal else 1)]
    assert "取り消されたお知らせ" in reader.get("/mailbox").text
    opened = reader.get(page).text
    assert REASON in opened
    assert title not in opened
    assert system.ask(f"/notices/{other}")["state"] == "sent"


def test_nobody_else_gets_it_and_nobody_is_told_of_it(system: System, database: Database, worker: Worker) -> None:
    notice = system.send(NUMBERS[:2], batch="spring", lane="bulk").json["notice"]
    assert system.post(f"/notices/{notice}/withdraw", {"reason": REASON}).json["delivered"] == 0
    worker.run_pending()
    more = system.send(NUMBERS, batch="spring", lane="bulk")
    assert (more.status_code, more.json["code"]) == (409, "batch-taken-back")
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 0
        assert session.scalar(select(func.count()).select_from(Message)) == 0


def test_a_withdrawal_says_why_and_is_the_senders(system: System) -> None:
    notice = system.send(NUMBERS[:1]).json["notice"]
    for reason in ("", " 　", "長" * 501, "a\u202eb"):
        refused = system.post(f"/notices/{notice}/withdraw", {"reason": reason})
        assert refused.status_code == 422, reason
    assert system.ask(f"/notices/{notice}")["state"] == "sent"
    unknown = system.post("/notices/00000000-0000-7000-8000-000000000000/withdraw", {"reason": REASON})
    assert unknown.status_code == 404
