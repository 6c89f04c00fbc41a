"""A body and one bidder write to each other where nobody gains by it, and nowhere else; the thread stays with the tender."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.companies.models import BusinessNotice
from portal.core import clock
from portal.core.actor import Actor
from portal.core.errors import Refusal
from portal.core.outbox import Promise
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.demo.business_people import COMPANY, OFFICER
from portal.demo.filings import _person
from portal.demo.tenders import _actor
from portal.procurement import body_news, tenders
from portal.procurement.clarifying import rules, service
from portal.procurement.clarifying.models import Clarification, ClarificationMessage
from portal.procurement.clarifying.rules import Ground, Phase, Waits
from portal.procurement.models import Tender
from portal.procurement.sealed import opening
from tests.browser import Visitor
from tests.conftest import StaffClient
from tests.portal.basics.people import company, stranger
from tests.portal.companies.people import BusinessClient
from tests.portal.procurement import city

Refused = type[Refusal] | None


def tender_of(session: Any, **others: Any) -> tuple[Tender, Actor, Actor]:
    """(an open tender, who buys, who takes part)."""
    kaoru, shoko = _actor(session, cast.BUYER), _person(session, OFFICER)
    tender = city.published(session, kaoru, **others)
    tenders.show_interest(session, shoko, tender)
    return tender, kaoru, shoko


def after(tender: Tender, **more: int) -> Any:
    return clock.freeze(tender.submissions_until + timedelta(**more))


@pytest.mark.parametrize(
    ("state", "late", "sealed", "opened", "phase"),
    [
        ("draft", False, False, False, Phase.OVER), ("planned", False, False, False, Phase.OVER),
        ("active", False, True, False, Phase.BIDDING), ("active", False, False, False, Phase.BIDDING),
        ("active", True, True, False, Phase.SILENT), ("active", True, True, True, Phase.EXAMINING),
        ("active", True, False, False, Phase.EXAMINING), ("awarded", True, True, True, Phase.OVER),
        ("unsuccessful", True, False, False, Phase.OVER), ("cancelled", False, False, False, Phase.OVER),
    ],
)  # fmt: skip
def test_where_a_tender_stands(state: str, late: bool, sealed: bool, opened: bool, phase: Phase) -> None:
    deadline = clock.now()
    now = deadline if late else deadline - timedelta(seconds=1)
    assert rules.phase(state, deadline, now, sealed=sealed, opened=opened) is phase


def refusal(check: Callable[[], None]) -> Refused:
    try:
        check()
    except Refusal as refused:
        return type(refused)
    return None


def test_every_case_of_who_may_write_when() -> None:
    company_cases: dict[tuple[Phase, bool, Waits | None], Refused] = {}
    for stand, free, waits in product(Phase, (False, True), (None, *Waits)):
        company_cases[stand, free, waits] = refusal(
            lambda: rules.check_company(stand, free=free, waits=waits, waiting=0)  # noqa: B023 - called at once
        )
    for (stand, free, waits), refused in company_cases.items():
        expected: Refused = {Phase.OVER: rules.ClarificationOver, Phase.SILENT: rules.Silence}.get(stand)
        if stand is Phase.EXAMINING and not free and waits is not Waits.COMPANY:
            expected = rules.OnlyAnswers
        assert refused is expected, (stand, free, waits)
    for stand, free, begun, ground in product(Phase, (False, True), (False, True), ("", "papers", "price")):
        refused = refusal(lambda: rules.check_body(stand, free=free, begun=begun, ground=ground))  # noqa: B023
        expected = {Phase.OVER: rules.ClarificationOver, Phase.SILENT: rules.Silence}.get(stand)
        if stand is Phase.BIDDING and not begun:
            expected = rules.BidderBegins
        if stand is Phase.EXAMINING and not free and ground != "papers":
            expected = rules.GroundMissing
        assert refused is expected, (stand, free, begun, ground)


@pytest.mark.parametrize(
    ("method", "sealed", "free"),
    [("open", False, False), ("selective", False, False), ("limited", True, False), ("limited", False, True),
     ("direct", False, True)],
)  # fmt: skip
def test_only_what_is_no_price_competition_is_talked_over(method: str, sealed: bool, free: bool) -> None:
    assert rules.is_free(method, sealed=sealed) is free


def test_before_the_deadline_the_bidder_begins_and_the_body_answers(database: Database, town: None) -> None:
    with database.command("write") as session:
        tender, kaoru, shoko = tender_of(session)
        with pytest.raises(rules.ThreadUnknown):
            service.ask(session, kaoru, tender.id, company(session), "参加しますか。")
        assert service.bidders(session, kaoru, tender.id)[3] == [], "who bids is nobody's business yet"
        for _three in range(3):
            service.write(session, shoko, tender, "資格の写しは必要ですか。")
        with pytest.raises(rules.TooManyWait):
            service.write(session, shoko, tender, "四つ目")
        assert service.waiting(session, tender.id) == 1
        service.ask(session, kaoru, tender.id, company(session), "不要です。")
        assert service.waiting(session, tender.id) == 0
        service.write(session, shoko, tender, "ありがとうございます。")
        titles = set(session.scalars(select(BusinessNotice.title)))
        assert service.WRITTEN[0] in titles
        news = session.scalar(select(func.count()).where(Promise.kind == body_news.TELL))
        assert news == 4, "one for each message of the bidder"


def test_who_takes_no_part_cannot_write(database: Database, town: None) -> None:
    with database.command("write") as session:
        kaoru, shoko = _actor(session, cast.BUYER), _person(session, OFFICER)
        tender = city.published(session, kaoru)
        for act in (
            lambda: service.write(session, shoko, tender, "x"),
            lambda: service.of_company(session, shoko, tender),
        ):
            with pytest.raises(rules.NotABidder):
                act()


def test_in_a_competition_the_bidder_answers_once_what_was_asked_for_a_reason(database: Database, town: None) -> None:
    with database.command("write") as session:
        tender, kaoru, shoko = tender_of(session)
    with after(tender), database.command("examine") as session:
        tender = session.get_one(Tender, tender.id)
        mine = company(session)
        with pytest.raises(rules.OnlyAnswers):
            service.write(session, shoko, tender, "値段を下げます。")
    with after(tender), database.command("examine") as session:
        tender = session.get_one(Tender, tender.id)
        with pytest.raises(rules.GroundMissing):
            service.ask(session, kaoru, tender.id, mine, "いくらまで下げられますか。")
        assert session.scalar(select(func.count()).select_from(Clarification)) == 0, "what is refused leaves nothing"
        service.ask(session, kaoru, tender.id, mine, "内訳を教えてください。", Ground.LOW_PRICE)
        service.write(session, shoko, tender, "在庫があるためです。")
        with pytest.raises(rules.OnlyAnswers):
            service.write(session, shoko, tender, "さらに下げます。")
    with after(tender, days=1), database.command("decide") as session:
        tenders.decide(session, kaoru, tender.id, session.get_one(Tender, tender.id).version, [], winner="")
        tender = session.get_one(Tender, tender.id)
        with pytest.raises(rules.ClarificationOver):
            service.ask(session, kaoru, tender.id, mine, "なお", Ground.PAPERS)
        _tender, talk = service.of_body(session, kaoru, tender.id, mine)
        assert [one.body for one, _name in talk.messages] == ["内訳を教えてください。", "在庫があるためです。"]


def test_what_is_negotiated_is_written_by_both(database: Database, town: None) -> None:
    with database.command("write") as session:
        tender, kaoru, shoko = tender_of(session, method="direct")
    with after(tender), database.command("negotiate") as session:
        tender = session.get_one(Tender, tender.id)
        service.write(session, shoko, tender, "納期を早められます。")
        service.ask(session, kaoru, tender.id, company(session), "お願いします。")


def test_between_deadline_and_opening_nobody_writes(database: Database, locked: Any) -> None:
    tender_id, pairs, shoko, ring = locked
    (kaoru, first), (tetsuo, second) = pairs
    with database.command("look") as session:
        tender, mine = session.get_one(Tender, tender_id), company(session)
    with after(tender), database.command("wait") as session:
        tender = session.get_one(Tender, tender_id)
        with pytest.raises(rules.Silence):
            service.write(session, shoko, tender, "早く開けてください。")
        assert service.bidders(session, kaoru, tender_id)[3] == []
        with pytest.raises(rules.ThreadUnknown):
            service.of_body(session, kaoru, tender_id, mine)
    with after(tender, hours=1), database.command("open") as session:
        opening.give_code(session, ring, kaoru, tender_id, first)
        opening.give_code(session, ring, tetsuo, tender_id, second)
        assert [row[0] for row in service.bidders(session, kaoru, tender_id)[3]] == [mine]
        service.ask(session, kaoru, tender_id, mine, "型番をご確認ください。", Ground.FIGURES)


def test_another_body_opens_nothing(database: Database, town: None) -> None:
    with database.command("write") as session:
        tender, _kaoru, shoko = tender_of(session)
        service.write(session, shoko, tender, "秘密の質問")
        for act in (service.of_body, lambda *who: service.ask(*who, "よその機関")):
            with pytest.raises(Refusal) as refused:
                act(session, stranger(session), tender.id, company(session))
            assert refused.value.code == "not-found"


def test_on_the_pages_with_read_receipts(
    app: Flask, database: Database, town: None, staff_client: StaffClient, business_client: BusinessClient
) -> None:
    with database.command("write") as session:
        tender, _kaoru, _shoko = tender_of(session)
    shoko, kaoru = business_client("shoko"), staff_client(Role.BUYER)
    address = f"/business/tenders/{tender.number}/clarification"
    assert address in shoko.get(f"/business/tenders/{tender.number}").links()
    assert shoko.submit(shoko.get(address), address, words="").status == 422
    page = shoko.submit(shoko.get(address), address, words="資格の写しは必要ですか。")
    assert "まだ読まれていません" in page.text
    desk = f"/staff/tenders/{tender.id}"
    assert f"{desk}/clarifications" in kaoru.get(desk).links()
    thread = next(link for link in kaoru.get(f"{desk}/clarifications").links() if "/clarifications/" in link)
    assert kaoru.submit(kaoru.get(thread), thread, words="").status == 422
    assert "まだ読まれていません" not in shoko.get(address).text
    kaoru.submit(kaoru.get(thread), thread, words="不要です。")
    with database.command("look") as session:
        read = dict(session.execute(select(ClarificationMessage.body, ClarificationMessage.read_at)).all())
        assert read["資格の写しは必要ですか。"] is not None
        assert read["不要です。"] is None
    assert "不要です。" in shoko.get(address).text
    with database.command("look") as session:
        first = session.scalars(
            select(ClarificationMessage.read_at).where(ClarificationMessage.body == "不要です。")
        ).one()
    shoko.get(address)
    with database.command("look") as session:
        again = session.scalars(
            select(ClarificationMessage.read_at).where(ClarificationMessage.body == "不要です。")
        ).one()
    assert first == again is not None, "the first time counts"
    everybody = Visitor(app)
    assert "資格の写し" not in everybody.get(f"/business/tenders/{tender.number}").text
    assert everybody.get(address).path.endswith("sign-in")
    with after(tender):
        kaoru = staff_client(Role.BUYER)
        assert kaoru.submit(kaoru.get(thread), thread, words="内訳を", ground="").status == 422
        assert "内訳を" in kaoru.submit(kaoru.get(thread), thread, words="内訳を", ground="low-price").text
        assert COMPANY.name in kaoru.get(thread).text
