"""A month of a partner shop is settled: its statement, the bank's file, and what may no longer be taken back."""

import io
from datetime import date, datetime, timedelta
from uuid import UUID

import pikepdf
import pytest
from sqlalchemy import select, update

from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor
from portal.core.clock import JST
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.points.ledger import service as ledger
from portal.points.partners import contracts, papers, rules, sales, settling, zengin
from portal.points.partners.models import PointPartner, PointStatement
from portal.points.partners.rules import WAY_WORDS
from portal.web.i18n import say
from tests.conftest import ResidentClient, StaffClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points import zengin_reader
from tests.portal.points.books import wrong
from tests.portal.points.offered import ONE, OTHER
from tests.portal.points.shops import ACCOUNT, coupon, has, open_shop, touch
from tests.portal.points.test_pages import earn, resident

TENTH = datetime(2026, 10, 10, 3, tzinfo=JST)


def a_month(database: Database, shop: UUID) -> None:
    """Two touches and a coupon in October, one touch taken back, one on the last evening, one in November."""
    with clock.freeze(TENTH - timedelta(days=5)):
        earn(database, resident(database), 3_000, days_ago=1)
    with clock.freeze(TENTH):
        touch(database, shop, 100)
        reference = coupon(database)
        gone = touch(database, shop, 50)
    with clock.freeze(TENTH + timedelta(hours=1)), database.command("coupon") as session:
        one = contracts.partner(session, shop)
        sales.by_coupon(session, ONE, one, reference)
        sales.take_back(session, ONE, one, gone)
    for at in (datetime(2026, 10, 31, 23, 59, tzinfo=JST), datetime(2026, 11, 1, 0, 0, tzinfo=JST)):
        with clock.freeze(at):
            touch(database, shop, 30)


def settle(database: Database, at: datetime) -> list[tuple[date, int, int]]:
    with clock.freeze(at), database.command("settle") as session:
        settling.settle(session, {})
        return [(one.month, one.sales, one.yen) for one in session.scalars(select(PointStatement))]


@pytest.fixture
def settled(shop: UUID, town: Database) -> UUID:
    with town.command("contract") as session:
        session.execute(update(PointPartner).values(contract_from=date(2026, 1, 1)))
    a_month(town, shop)
    return shop


def test_a_month_is_settled_once_when_nothing_can_be_taken_back(settled: UUID, town: Database) -> None:
    assert settle(town, datetime(2026, 11, 7, 23, 59, tzinfo=JST)) == []
    eighth = datetime(2026, 11, 8, 0, 0, tzinfo=JST)
    assert settle(town, eighth) == settle(town, eighth) == [(date(2026, 10, 1), 3, 230)]
    with clock.freeze(eighth), town.command("late") as session:
        for sale in sales.sales_of(session, settled):
            if sale.statement_id:
                with pytest.raises(rules.SaleFinal):
                    sales.take_back(session, ONE, contracts.partner(session, settled), sale.reference)
        assert ledger.balance_at(session, contracts.partner(session, settled).account_id, clock.now()) == 30
    assert wrong(town) == []


def test_a_month_nobody_settled_in_time_is_settled_later(settled: UUID, town: Database) -> None:
    """The worker was down from the eighth to the month's end."""
    months = [(date(2026, 10, 1), 3, 230), (date(2026, 11, 1), 1, 30)]
    assert settle(town, datetime(2026, 12, 7, tzinfo=JST)) == months[:1]
    assert settle(town, datetime(2027, 3, 9, tzinfo=JST)) == settle(town, datetime(2027, 3, 10, tzinfo=JST)) == months
    assert wrong(town) == []


def test_the_banks_file_is_made_by_a_second_person_and_read_by_a_bank(
    settled: UUID, town: Database, settings: Settings, staff_client: StaffClient
) -> None:
    settle(town, datetime(2026, 11, 8, 9, tzinfo=JST))
    keeper, chief = staff_client(Role.POINTS_KEEPER), staff_client(Role.POINTS_CHIEF)
    page = "/staff/partners/payments"
    asked = {"month": "2026-10"}
    refused = keeper.post(f"{page}/file", asked, page=keeper.get(page))
    assert refused.status == rules.NothingToPay.status
    approved = chief.submit(chief.get(page), f"{page}/approve")
    assert chief.post(f"{page}/file", asked, page=approved).status == rules.NothingToPay.status  # approved it
    assert not [form for form in approved.find("form") if str(form.get("action")).endswith("/file")]
    shown = keeper.get(page)
    made = [
        keeper.client.post(f"{page}/file", data={"month": "2026-10", "csrf_token": shown.csrf_token})
        for _twice in range(2)
    ]
    assert made[0].data == made[1].data
    found = zengin_reader.read(made[0].data)
    assert (found.payer, found.name) == ("0000000000", settings.payout_name)
    (line,) = found.lines
    assert (line.bank, line.branch, line.deposit, line.number) == ("0134", "001", "1", "7654321")
    assert (line.holder, line.yen, len(line.reference)) == ("ﾐﾄﾞﾘﾍﾞ-ｶﾘ-", 230, 12)


def file_of(database: Database, settings: Settings, actor: Actor = OTHER) -> zengin_reader.BankFile:
    payer = zengin.Payer("1", "チバシ", ACCOUNT)
    with database.command("file") as session:
        content = settling.bank_file(
            session, actor, settings.file_ring, payer, month=date(2026, 10, 1), today=date(2026, 12, 24)
        )
        return zengin_reader.read(content)


def approve(database: Database) -> None:
    with database.command("approve") as session:
        settling.approve(session, ONE, date(2026, 10, 1))


def test_no_statement_is_ever_in_two_different_files(settled: UUID, town: Database, settings: Settings) -> None:
    """A statement that comes late goes into a file of its own; who approved any of a file never makes it."""
    eighth = datetime(2026, 11, 8, 9, tzinfo=JST)
    settle(town, eighth)
    approve(town)
    first = together(lambda _number: file_of(town, settings), 4)
    assert [file.lines for file in first] == [first[0].lines] * 4
    assert first[0].day == "0104", "no bank works on the last days of the year"
    late = open_shop(town, settings, "遅れた店")
    with town.command("contract") as session:
        session.execute(update(PointPartner).values(contract_from=date(2026, 1, 1)))
    with clock.freeze(TENTH):
        touch(town, late, 70)
    settle(town, eighth + timedelta(days=1))
    assert file_of(town, settings).lines == first[0].lines, "not approved yet"
    approve(town)
    second = file_of(town, settings).lines
    assert [line.yen for line in second] == [70]
    assert not {line.reference for line in second} & {line.reference for line in first[0].lines}
    assert file_of(town, settings).lines == second
    with pytest.raises(rules.NothingToPay):
        file_of(town, settings, ONE)


def test_a_payment_is_taken_back_or_settled_at_the_same_instant_never_both(settled: UUID, town: Database) -> None:
    """The last second of the seventh day: what the statement says is what its lines add up to."""
    with clock.freeze(datetime(2026, 10, 31, 20, tzinfo=JST)):
        mine = [touch(town, settled, 10 + number) for number in range(5)]

    def act(number: int) -> bool:
        with town.command("act") as session:
            shop = contracts.partner(session, settled)
            if number == len(mine):
                settling._make(session, shop, date(2026, 10, 1))
                return False
            try:
                sales.take_back(session, ONE, shop, mine[number])
            except rules.SaleFinal:
                return False
            return True

    with clock.freeze(datetime(2026, 11, 7, 19, tzinfo=JST)):
        back = sum(together(act, len(mine) + 1))
    with town.command("look") as session:
        made = session.scalars(select(PointStatement)).one()
        lines = list(settling.lines(session, made))
        assert (made.sales, made.points) == (len(lines), sum(line.points for line in lines))
        assert made.sales == 3 + len(mine) - back
    assert has(town, settled) == 30
    assert wrong(town) == []


def test_the_statement_names_each_payment_and_nobody(
    settled: UUID, town: Database, resident_client: ResidentClient
) -> None:
    settle(town, datetime(2026, 11, 8, 9, tzinfo=JST))
    ichiro = resident_client("ichiro")
    page = ichiro.get(f"/points/shops/{settled}/statements")
    assert "230" in page.text
    paper, sheet = (next(link for link in page.links() if link.endswith(kind)) for kind in (".pdf", ".csv"))
    pdf = ichiro.client.get(paper)
    with pikepdf.open(io.BytesIO(pdf.data)) as opened:
        assert len(opened.pages) == 1
    assert pdf.data == ichiro.client.get(paper).data
    file = ichiro.client.get(sheet)
    assert file.content_length == len(file.data)
    with town.command("look") as session:
        found = [
            f"{one.at.astimezone(JST):%Y-%m-%d %H:%M},{one.reference},"
            f"{say('ja', WAY_WORDS[one.way], {})},{one.points},{one.points}"
            for one in settling.lines(session, session.scalars(select(PointStatement)).one())
        ]
        number = session.scalars(select(PointStatement.number)).one()
    heads = "日付,番号,支払い方法,ポイント,金額"
    assert file.data.decode() == "\r\n".join([f"\ufeff{heads}", *found, f"合計,{number},みどりベーカリー,230,230", ""])
    rows = file.data.decode("utf-8-sig").splitlines()
    assert len(rows) == 5
    assert rows[-1].endswith("230,230")
    for content in (page.text, "\n".join(rows)):
        assert "花子" not in content
    assert resident_client("taro").get(paper).status == 404


def test_the_paper_of_a_very_large_month_ends_and_that_of_a_forgotten_one_says_so(
    settled: UUID, town: Database, resident_client: ResidentClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(town, datetime(2026, 11, 8, 9, tzinfo=JST))
    monkeypatch.setattr(papers, "MOST_LINES", 2)
    with town.command("look") as session:
        made = session.scalars(select(PointStatement)).one()
        rows = papers.rows(session, made)
        assert [len(rows), rows[-1][0], rows[-1][1][:2]] == [3, "ほか", "1件"]
        made.forgotten_at = clock.now()
        assert [len(one) for one in papers.rows(session, made)] == [4]
    ichiro = resident_client("ichiro")
    paper = next(link for link in ichiro.get(f"/points/shops/{settled}/statements").links() if link.endswith(".pdf"))
    assert ichiro.client.get(paper).data.startswith(b"%PDF")


# ---- months somebody forgot, money that came back ------------------------------------------


def test_a_month_the_worker_slept_through_is_settled_later(shop: UUID, town: Database) -> None:
    """A8: back on 3 January it looked at December alone, and November was never paid."""
    with town.command("contract") as session:
        session.execute(update(PointPartner).values(contract_from=date(2026, 1, 1), contract_until=date(2028, 1, 1)))
    for at in (
        datetime(2026, 9, 2, tzinfo=JST),
        datetime(2026, 11, 28, tzinfo=JST),
        datetime(2026, 12, 30, tzinfo=JST),
    ):
        with clock.freeze(at - timedelta(days=1)):
            earn(town, resident(town), 100)
        with clock.freeze(at):
            touch(town, shop, 100)
    third = settle(town, datetime(2027, 1, 3, 3, tzinfo=JST))
    assert sorted(third) == [(date(2026, 9, 1), 1, 100), (date(2026, 11, 1), 1, 100)]
    eighth = datetime(2027, 1, 8, 3, tzinfo=JST)
    assert sorted(settle(town, eighth)) == sorted([*third, (date(2026, 12, 1), 1, 100)])
    assert len(settle(town, eighth)) == 3
    assert wrong(town) == []


def test_money_the_bank_sent_back_is_approved_and_paid_once_more(
    settled: UUID, town: Database, settings: Settings, staff_client: StaffClient
) -> None:
    """B12: a wrong account could never be paid again, and the shop counted as paid."""
    settle(town, datetime(2026, 11, 8, 9, tzinfo=JST))
    approve(town)
    first = file_of(town, settings)
    with town.command("look") as session:
        (one,) = session.scalars(select(PointStatement)).all()
    action, page = f"/staff/partners/payments/{one.number}/returned", "/staff/partners/payments"
    assert one.pay_on
    with clock.freeze(datetime(one.pay_on.year, one.pay_on.month, one.pay_on.day, 9, tzinfo=JST) - timedelta(days=1)):
        keeper = staff_client(Role.POINTS_KEEPER)
        early = keeper.post(action, {"note": "口座なし"}, page=keeper.get(page))
        assert early.status == rules.NotPaidOut.status
    with clock.freeze(datetime(one.pay_on.year, one.pay_on.month, one.pay_on.day, 9, tzinfo=JST)):
        keeper = staff_client(Role.POINTS_KEEPER)
        assert keeper.submit(keeper.get(page), action, note="").status == 422
        assert "口座なし" in keeper.submit(keeper.get(page), action, note="口座なし").text
        with pytest.raises(rules.NothingToPay):
            file_of(town, settings)
        approve(town)
        again = file_of(town, settings)
    assert [line.reference for line in again.lines] == [line.reference for line in first.lines]
    assert [line.yen for line in again.lines] == [230]
    assert wrong(town) == []


def test_a_file_is_not_made_again_without_what_came_back(settled: UUID, town: Database, settings: Settings) -> None:
    """It would be another file of the same payments: the bank might pay them twice."""
    late = open_shop(town, settings, "二つ目の店")
    with town.command("contract") as session:
        session.execute(update(PointPartner).values(contract_from=date(2026, 1, 1)))
    with clock.freeze(TENTH):
        touch(town, late, 70)
    settle(town, datetime(2026, 11, 8, 9, tzinfo=JST))
    approve(town)
    assert len(file_of(town, settings).lines) == 2
    with clock.freeze(datetime(2027, 1, 20, 9, tzinfo=JST)), town.command("back") as session:
        (one, _shop), _other = settling.of_month(session, date(2026, 10, 1))
        settling.came_back(session, ONE, one.number, "口座なし")
    with pytest.raises(rules.NothingToPay):
        file_of(town, settings)
    approve(town)
    assert len(file_of(town, settings).lines) == 1
