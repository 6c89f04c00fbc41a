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
from portal.points.partners import contracts, rules, sales, settling, zengin
from portal.points.partners.models import PointPartner, PointStatement
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
        lines = settling.lines(session, made)
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
    rows = ichiro.client.get(sheet).data.decode("utf-8-sig").splitlines()
    assert len(rows) == 5
    assert rows[-1].endswith("230,230")
    for content in (page.text, "\n".join(rows)):
        assert "花子" not in content
    assert resident_client("taro").get(paper).status == 404
