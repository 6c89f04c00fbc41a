"""Awards of years before from a file, what statistics say of them, and what auditors are shown."""

import csv
import io
import statistics as python
from collections import Counter
from contextlib import nullcontext
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import awards as demo_awards
from portal.demo.business_people import corporate_number
from portal.procurement.history import awards_csv, flags, rules, statistics
from portal.procurement.history.models import Award, AwardBid
from portal.procurement.history.statistics import Query
from tests.browser import Visitor
from tests.conftest import StaffClient
from tests.house.test_hostile_input import SEED

ONE, TWO = corporate_number(1), corporate_number(2)
GOOD = {
    "管理番号": "R7-1", "件名": "机の購入", "区分": "物品", "方式": "一般競争入札", "品目": "机", "数量": "10",
    "単位": "台", "予定価格": "1,000,000", "公告日": "令和7年4月1日", "締切日": "2025-04-10", "落札日": "2025-04-15",
    "落札額": "９００，０００", "落札者番号": ONE, "落札者名": "株式会社架空商店", "入札者数": "2",
    "入札者": f"{ONE} 900000；{TWO} 950000",
}  # fmt: skip


def text_of(*rows: dict[str, str]) -> str:
    return demo_awards.as_text(iter([list(GOOD), *(list(row.values()) for row in rows)]))


def taken(session: Session, text: str, step: Any = awards_csv.take, agency: str = "chiba") -> awards_csv.Report:
    file = io.BytesIO(text.encode("cp932"))
    return awards_csv.run(file, lambda: nullcontext(session), lambda _read: None, step=step, agency_code=agency)


@pytest.mark.parametrize(
    ("change", "heading", "code"),
    [
        ({"区分": "食品"}, "区分", "award-unknown-word"),
        ({"落札日": "2025-13-01"}, "落札日", "date-does-not-exist"),
        ({"落札日": "2025-04-09"}, "落札日", "award-days-wrong"),
        ({"落札日": "2925-04-16"}, "落札日", "award-days-far"),
        ({"公告日": "1873-01-01"}, "落札日", "award-days-far"),
        ({"公告日": "1873-01-01", "締切日": "9998-01-01", "落札日": "9999-01-01"}, "落札日", "award-days-far"),
        ({"落札額": "-1"}, "落札額", "text-out-of-range"),
        ({"落札者番号": "1234567890123"}, "落札者番号", "corporate-number-mistyped"),
        ({"入札者": f"{TWO} 950000"}, "入札者", "award-bids-wrong"),
        ({"入札者": f"{ONE} 900000;{TWO} ?"}, "入札者", "award-bids-wrong"),
        ({"入札者数": "1"}, "入札者", "award-bids-wrong"),
        ({"入札者": f"{ONE} 5；{TWO} 950000"}, "入札者", "award-bids-wrong"),
        ({"管理番号": ""}, "管理番号", "text-empty"),
    ],
)
def test_what_a_bad_row_is_told(change: dict[str, str], heading: str, code: str) -> None:
    class Nobody:
        """No session is asked of: the only row is bad."""

    report = taken(Nobody(), text_of(GOOD | change))  # type: ignore[arg-type]
    assert [(cell.line, cell.heading, cell.code) for cell in report.refused] == [(2, heading, code)]
    assert code in awards_csv.WORDING


def test_the_same_file_twice_is_there_once(
    app: Flask, database: Database, town: None, staff_client: StaffClient
) -> None:
    kaoru, sent = (
        staff_client(Role.BUYER),
        text_of(GOOD, GOOD | {"管理番号": "R7-2", "入札者": ""}, GOOD | {"件名": ""}),
    )
    page = kaoru.get("/staff/awards")
    for step, new in (("preview", 2), ("import", 2), ("import", 0)):
        form = {"file": (io.BytesIO(sent.encode("cp932")), "awards.csv"), "step": step}
        page = kaoru.post("/staff/awards", form, page=page)
        assert page.status == 200
        with database.command("look") as session:
            assert session.scalar(select(func.count()).select_from(Award)) == (0 if step == "preview" else 2), new
    with database.command("look") as session:
        one = session.scalars(select(Award).where(Award.reference == "R7-1")).one()
        assert (one.year, one.notice_days, one.lead_days, one.amount) == (2025, 7, 14, 900_000)
        assert session.scalar(select(func.count()).select_from(AwardBid)) == 2, "of R7-2 nobody knows who else bid"
    assert kaoru.post("/staff/awards", {"step": "import"}, page=page).status == 422
    shown = Visitor(app).get("/business/statistics?year=2025").text
    assert "1,800,000円" in shown
    table = Visitor(app).get("/business/statistics/bidder.csv").body.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(table)))[1] == [ONE, "株式会社架空商店", "1", "1", "2", "1800000", "100.0"]
    for by, name, code in (("agency", "架空の千葉市", "chiba"), ("category", "物品", "goods")):
        table = Visitor(app).get(f"/business/statistics/{by}.csv").body.decode("utf-8-sig")
        line = next(line for line in csv.reader(io.StringIO(table)) if line[-1] == code)
        assert line[0] == name
    assert Visitor(app).get("/business/statistics/nothing.csv").status == 404


def test_figures_are_those_of_the_slow_way(database: Database, town: None) -> None:
    """Every figure against Python over all rows, for some questions."""
    print(f"TEST_SEED={SEED}")
    with database.command("fill") as session:
        for place, agency in enumerate(("chiba", "suido")):
            assert (
                taken(session, demo_awards.as_text(demo_awards.rows(300, seed=SEED + place)), agency=agency).new == 300
            )
        every = session.scalars(select(Award)).all()
        for asked in (Query(), Query(agency="suido"), Query(category="goods", year=2022), Query(item="事務机")):
            fit = [one for one in every if _fits(one, asked)]
            whole = statistics.whole(session, asked)
            assert whole is not None
            assert (whole.count, whole.yen) == (len(fit), sum(one.amount for one in fit))
            assert whole.rate == pytest.approx(
                python.fmean(100 * one.amount / one.estimate for one in fit if one.estimate)
            )
            assert whole.alone == pytest.approx(100 * sum(one.bidders == 1 for one in fit) / len(fit))
            _check_prices(session, asked, fit)
            years = Counter(one.year for one in fit)
            assert {line.key: line.count for line in statistics.by(session, asked, "year")} == years
            best = statistics.bidders(session, asked)[0]
            assert best.awards == max(Counter(one.winner for one in fit).values())


def _fits(one: Award, asked: Query) -> bool:
    return (
        asked.agency in ("", one.agency_code)
        and asked.category in ("", one.category)
        and asked.year in (0, one.year)
        and asked.item in ("", one.item)
    )


def _check_prices(session: Session, asked: Query, fit: list[Award]) -> None:
    for row in statistics.prices(session, asked):
        prices = [
            one.amount / one.quantity for one in fit if (one.item, one.unit) == (row.item, row.unit) and one.quantity
        ]
        found = (row.count, row.lowest, row.median, row.highest)
        assert found == pytest.approx((len(prices), min(prices), python.median(prices), max(prices)))


def test_flags_say_why_an_award_is_listed(
    app: Flask, database: Database, town: None, staff_client: StaffClient
) -> None:
    often = [GOOD | {"管理番号": f"R7-{number}", "方式": "随意契約"} for number in range(2, 5)]
    others = [GOOD | {"管理番号": f"R7-{number}", "落札者番号": TWO, "落札額": "950000"} for number in (8, 9)]
    special = {
        "alone": GOOD | {"管理番号": "A", "年度": "", "落札日": "2023-04-15", "公告日": "2023-04-01", "締切日": "2023-04-10",
                         "入札者数": "1", "入札者": ""},
        "short": GOOD | {"管理番号": "B", "公告日": "2024-04-08", "締切日": "2024-04-10", "落札日": "2024-04-15"},
        "near": GOOD | {"管理番号": "C", "公告日": "", "締切日": "", "落札日": "2022-04-15", "落札額": "990000",
                        "入札者": ""},
    }  # fmt: skip
    rows = [{name: row[name] for name in GOOD} for row in (*often, *others, *special.values())]
    with database.command("fill") as session:
        assert taken(session, text_of(*rows)).bad_rows == 0
        found = {flag: {row.reference for row in flags.listed(session, Query(), flag=flag)} for flag in flags.Flag}
        assert found == {
            flags.Flag.ALONE: {"A"}, flags.Flag.SHORT: {"B"}, flags.Flag.NEAR: {"C"},
            flags.Flag.OFTEN: {"R7-2", "R7-3", "R7-4"},
        }  # fmt: skip
        assert flags.counts(session, Query()) == {str(flag): len(them) for flag, them in found.items()}
    auditor = staff_client(Role.AUDITOR)
    page = auditor.get("/staff/flags?flag=alone")
    assert "株式会社架空商店" in page.text
    assert len(auditor.get("/staff/flags.csv").body.decode().splitlines()) == 7
    assert staff_client(Role.BUYER).get("/staff/flags").status == 404


def test_the_fiscal_year_begins_in_april() -> None:
    from datetime import date

    assert [rules.fiscal_year(date(2026, *day)) for day in ((3, 31), (4, 1))] == [2025, 2026]
    assert rules.business_days(date(2026, 4, 28), date(2026, 5, 7)) == 3, "holidays and weekends are none"
