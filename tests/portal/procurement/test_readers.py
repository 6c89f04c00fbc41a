"""What the pages of a tender say to who reads them: the company that asked or filed, the officer who publishes or opens."""

from datetime import date

from flask import Flask
from sqlalchemy import select, update

from portal.core import clock
from portal.core.business_days import business_days_from
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.procurement.models import Qualification, Tender
from portal.procurement.readers import is_amended
from tests.browser import Page, Visitor
from tests.conftest import StaffClient
from tests.portal.companies.people import BusinessClient
from tests.portal.procurement.desk import day_fields, press, write
from tests.portal.procurement.test_sealed import CODE


def public(database: Database) -> str:
    with database.command("look") as session:
        return f"/business/tenders/{session.scalars(select(Tender)).one().number}"


def words(page: Page) -> str:
    return page.body.decode().partition("<main")[2].partition("</main>")[0]


def test_who_asks_sees_that_it_was_sent_and_waits(
    database: Database, town: None, staff_client: StaffClient, business_client: BusinessClient
) -> None:
    kaoru, shoko, midori = staff_client(Role.BUYER), business_client("shoko"), business_client("midori")
    press(kaoru, write(kaoru), "publish")
    here = public(database)
    asked = shoko.submit(shoko.get(here), f"{here}/questions", words="色は選べますか。")
    assert "質問を送りました" in words(asked)
    assert "色は選べますか。" in words(shoko.get(here))
    assert "質問を送りました" not in words(shoko.get(here))
    assert "色は選べますか。" not in words(midori.get(here)), "not before the answer, and never with a name"


def test_changes_of_a_draft_are_no_changes_of_a_tender(
    database: Database, town: None, staff_client: StaffClient, business_client: BusinessClient
) -> None:
    kaoru, shoko = staff_client(Role.BUYER), business_client("shoko")
    page = write(kaoru)
    press(kaoru, page, "change", title="架空の机とイスの購入")
    press(kaoru, page, "publish")
    assert "変更しました" not in words(shoko.get(public(database)))
    later = day_fields("deadline", business_days_from(clock.today(), 12))
    changed = press(kaoru, page, "change", why="期限を延ばしました。", **later)
    assert changed.status == 200, changed.text
    assert "変更しました" in words(shoko.get(public(database)))
    with database.command("look") as session:
        assert is_amended(session, session.scalars(select(Tender)).one())


def test_before_publishing_the_officer_reads_whom_it_goes_to(
    database: Database, town: None, staff_client: StaffClient
) -> None:
    kaoru = staff_client(Role.BUYER)
    page = write(kaoru)
    assert "3,000,000円" in words(page), "a slip in the estimate shows before it counts"
    ask = words(kaoru.get(f"{page.path}/publish"))
    assert all(one in ask for one in ("お知らせする事業者の数", "物品", "一般競争入札", "17:00")), ask
    with database.command("nobody") as session:
        session.execute(update(Qualification).values(valid_until=date(2020, 1, 1), valid_from=date(2019, 1, 1)))
    assert ">0<" in words(kaoru.get(f"{page.path}/publish"))


def test_a_day_in_a_refusal_is_written_as_days_are(town: None, staff_client: StaffClient) -> None:
    kaoru = staff_client(Role.BUYER)
    soon = {**day_fields("deadline", clock.today()), **day_fields("questions_until", clock.today())}
    refused = press(kaoru, write(kaoru, **soon), "publish")
    assert refused.status == 422
    assert f"{business_days_from(clock.today(), 5).isoformat()} 以降" not in refused.text
    assert "（20" in words(refused).partition("以降の日")[0][-40:]


def test_who_filed_is_not_asked_to_file_and_who_may_not_is_told(
    app: Flask, database: Database, town: None, staff_client: StaffClient, business_client: BusinessClient
) -> None:
    kaoru, tetsuo, shoko = staff_client(Role.BUYER), staff_client(Role.BUYING_CHIEF), business_client("shoko")
    codes = [CODE.findall(who.submit(who.get("/staff/opening-code"), "/staff/opening-code").text)[0]
             for who in (kaoru, tetsuo)]  # fmt: skip
    assert "ご本人" in words(kaoru.get("/staff/opening-code"))
    page = write(kaoru, method="limited", estimate="2,000,000", sealed="y")
    press(kaoru, page, "publish")
    here = public(database)
    form = f"{here}/quotation"
    assert form in words(Visitor(app).get(here)), "a stranger is led to the sign-in"
    assert "条件に合わない" in words(business_client("daiku").get(here))
    assert form not in words(business_client("daiku").get(here))
    typed = {"quotation": "￥１，２３４，５６７円", "again": "1234567円", "draw": "007", "note": ""}
    assert shoko.submit(shoko.get(form), form, **typed).status == 200
    assert "見積書を受け付けました" in words(shoko.get(here))
    with database.command("look") as session:
        deadline = session.scalars(select(Tender.submissions_until)).one()
    with clock.freeze(deadline):
        kaoru, tetsuo = staff_client(Role.BUYER), staff_client(Role.BUYING_CHIEF)
        opens = f"{page.path}/opening"
        for who, code in zip((kaoru, tetsuo), codes, strict=True):
            opened = who.submit(who.get(opens), opens, code=code)
        shown = words(opened).rpartition("</table>")[2]
        assert all(one in shown for one in ("株式会社架空商店", "1,234,567円", "2,000,000円")), shown


def test_a_tender_is_found_in_either_width_and_by_several_words(
    app: Flask, database: Database, town: None, staff_client: StaffClient
) -> None:
    kaoru = staff_client(Role.BUYER)
    press(kaoru, write(kaoru, title="プロジェクターPJ-400の購入（架空）"), "publish")
    for typed in ("ﾌﾟﾛｼﾞｪｸﾀｰ", "購入　プロジェクター", "ｐｊ－４００", "pj-400", "（架空）"):
        assert "プロジェクターPJ-400" in words(Visitor(app).get(f"/business/tenders?q={typed}")), typed
    assert "プロジェクターPJ-400" not in words(Visitor(app).get("/business/tenders?q=プロジェクター 椅子"))
