"""The way of a tender through its pages, and what follows for the companies it fits."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.companies.models import BusinessNotice
from portal.core import clock
from portal.core.business_days import business_days_from, is_business_day
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo.business_people import corporate_number
from portal.procurement import rules, tenders
from portal.procurement.models import Suspension, Tender, TenderRelease
from tests.browser import Visitor
from tests.conftest import StaffClient
from tests.portal.companies.people import BusinessClient
from tests.portal.procurement import city
from tests.portal.procurement.desk import day_fields, press, write

SHOTEN = corporate_number(1)

NOTICE = re.compile(r"/business/mailbox/[0-9a-f-]{36}")


def the_tender(database: Database) -> Tender:
    with database.command("look") as session:
        return session.scalars(select(Tender)).one()


def deadline_passes(database: Database) -> None:
    with database.command("later") as session:
        session.execute(update(Tender).values(submissions_until=clock.now() - timedelta(minutes=1)))


def test_from_the_draft_to_the_result(
    app: Flask, database: Database, town: None, staff_client: StaffClient, business_client: BusinessClient
) -> None:
    kaoru, shoko, stranger = staff_client(Role.BUYER), business_client("shoko"), Visitor(app)
    page = write(kaoru)
    assert page.heading == "架空の机の購入"
    number = the_tender(database).number
    assert stranger.get(f"/business/tenders/{number}").status == 404
    page = press(kaoru, page, "publish")
    assert page.status == 200, page.text
    assert stranger.get(f"/business/tenders/{number}").status == 200
    assert "A等級" in shoko.get(notices(shoko)[0]).text
    shown = shoko.get(f"/business/tenders/{number}")
    shown = shoko.submit(shown, f"/business/tenders/{number}/interest")
    shoko.submit(shown, f"/business/tenders/{number}/questions", words="色は選べますか。")
    page = kaoru.get(page.path)
    asked = next(form.get("action") for form in page.find("form") if "/questions/" in (form.get("action") or ""))
    page = kaoru.submit(page, asked, words="選べません。")
    assert "選べません" in stranger.get(f"/business/tenders/{number}").text
    assert "株式会社架空商店" not in stranger.get(f"/business/tenders/{number}").text
    assert kaoru.get(f"{page.path}/result").status == 200
    early = press(kaoru, page, "result", bids=f"{SHOTEN} 100", winner=SHOTEN)
    assert early.status == 422
    deadline_passes(database)
    bids = f"{SHOTEN} 2,900,000\n{corporate_number(3)}　３０００００１"
    page = press(kaoru, page, "result", bids=bids, winner=SHOTEN)
    result = stranger.get(f"/business/tenders/{number}").text
    assert "2,900,000円" in result
    assert "3,000,001円" in result
    assert "3,000,000円" in result, "the estimate is published with the result"
    assert the_tender(database).state == "awarded"
    with database.command("look") as session:
        told = session.scalars(select(BusinessNotice.title).order_by(BusinessNotice.sent_at)).all()
    assert told == ["New tender: %(title)s", "A question was answered: %(title)s", "Result: %(title)s"]


def test_history_is_never_rewritten(database: Database) -> None:
    with database.command("city") as session:
        buyer = city.open_city(session)
        city.add_companies(session, iter([city.usual()]))
        tender = tenders.write(session, buyer, city.facts(), ocid_prefix=city.PREFIX)
        tenders.plan(session, buyer, tender.id, tender.version)
        kept: list[Any] = []
        steps = [
            lambda: tenders.publish(session, buyer, tender.id, tender.version),
            lambda: tenders.change(session, buyer, tender.id, tender.version, city.facts(title="別の件名"), "件名"),
            lambda: tenders.cancel(session, buyer, tender.id, tender.version, "取りやめ"),
        ]
        for step in steps:
            kept = bodies(session)
            step()
            assert bodies(session)[: len(kept)] == kept
            assert len(bodies(session)) == len(kept) + 1
        assert [body["tag"][0] for body in bodies(session)] == [
            "tender", "tenderUpdate", "tenderAmendment", "tenderCancellation",
        ]  # fmt: skip
        with pytest.raises(rules.TenderMoved):
            tenders.publish(session, buyer, tender.id, tender.version)


def bodies(session: Any) -> list[Any]:
    session.expire_all()
    return list(session.scalars(select(TenderRelease.body).order_by(TenderRelease.number)))


def test_of_two_who_publish_at_once_one_does(database: Database) -> None:
    with database.command("city") as session:
        buyer = city.open_city(session)
        city.add_companies(session, iter([city.usual()]))
        tender = tenders.write(session, buyer, city.facts(), ocid_prefix=city.PREFIX)

    def publish(_: int) -> str:
        try:
            with database.command("publish") as session:
                tenders.publish(session, buyer, tender.id, 1)
        except rules.TenderMoved:
            return "refused"
        return "done"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(publish, range(4))) == ["done", "refused", "refused", "refused"]
    with database.command("look") as session:
        assert len(bodies(session)) == 1


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("title", {"title": ""}),
        ("grades", {"grades": []}),
        ("documents", {"documents": "仕様書 javascript:alert(1)"}),
        ("estimate", {"estimate": "多い"}),
        ("category", {"category": "x"}),
        ("deadline", {"deadline-month": "13"}),
    ],
)
def test_a_slip_in_a_tender_is_told_at_its_field(
    staff_client: StaffClient, town: None, field: str, fields: dict[str, Any]
) -> None:
    page = write(staff_client(Role.BUYER), **fields)
    assert page.status == 422
    assert any((error.get("id") or "").startswith(field) for error in page.find("p", class_="field__error"))


def test_a_deadline_too_near_is_not_published(database: Database, staff_client: StaffClient, town: None) -> None:
    kaoru = staff_client(Role.BUYER)
    near = business_days_from(clock.today(), rules.LEAST_BUSINESS_DAYS - 1)
    page = write(kaoru, **day_fields("deadline", near), **day_fields("questions_until", clock.today()))
    assert press(kaoru, page, "publish").status == 422
    assert the_tender(database).state == "draft"


def test_business_days_leave_out_weekends_holidays_and_the_new_year() -> None:
    friday = date(2026, 12, 25)
    assert business_days_from(friday, 1) == date(2026, 12, 28)
    assert business_days_from(friday, 2) == date(2027, 1, 4)
    assert business_days_from(date(2027, 1, 4), -2) == friday
    assert not is_business_day(date(2026, 11, 23)), "勤労感謝の日"


def test_sections_of_other_bodies_see_nothing(database: Database, staff_client: StaffClient, town: None) -> None:
    kaoru = staff_client(Role.BUYER)
    page = write(kaoru)
    with database.command("move") as session:
        session.execute(update(Tender).values(agency_code="suido"))
    for address in (page.path, f"{page.path}/change", f"{page.path}/papers", f"{page.path}/told.csv"):
        assert kaoru.get(address).status == 404, address
    for step in ("publish", "cancel", "change"):
        assert kaoru.post(f"{page.path}/{step}", {"why": "架空"}, page=kaoru.get("/staff/tenders")).status == 404, step
    assert "架空の机" not in kaoru.get("/staff/tenders").text


def test_four_eyes_suspend_and_the_company_objects(
    database: Database, staff_client: StaffClient, business_client: BusinessClient, town: None
) -> None:
    tetsuo, kaoru, shoko = staff_client(Role.BUYING_CHIEF), staff_client(Role.BUYER), business_client("shoko")
    propose(tetsuo)
    own = suspension(database)
    refused = tetsuo.post(f"/staff/suspensions/{own.id}/in-force", page=tetsuo.get("/staff/suspensions"))
    assert refused.status == 403
    assert kaoru.post(f"/staff/suspensions/{own.id}/in-force", page=kaoru.get("/staff/suspensions")).status == 404
    tetsuo.submit(tetsuo.get("/staff/suspensions"), f"/staff/suspensions/{own.id}/drop")
    assert "架空の理由" not in shoko.get("/business/qualifications").text, "a dropped proposal is nobody's business"
    propose(kaoru)
    other = suspension(database, state="proposed")
    assert "架空の理由" not in shoko.get("/business/qualifications").text
    tetsuo.submit(tetsuo.get("/staff/suspensions"), f"/staff/suspensions/{other.id}/in-force")
    page = shoko.get("/business/qualifications")
    assert "架空の理由" in page.text
    page = shoko.submit(page, f"/business/suspensions/{other.id}/objection", words="事実と違います。")
    assert "事実と違います" in kaoru.get("/staff/suspensions").text
    again = shoko.post(f"/business/suspensions/{other.id}/objection", {"words": "もう一度"}, page=page)
    assert again.status == 409


def propose(visitor: Visitor) -> None:
    today = clock.today()
    fields = day_fields("begins_on", today) | day_fields("ends_on", today + timedelta(days=30))
    page = visitor.submit(
        visitor.get("/staff/suspensions"), "/staff/suspensions", number=SHOTEN, ground="架空の理由", **fields
    )
    assert page.status == 200, page.text


def suspension(database: Database, state: str = "proposed") -> Suspension:
    with database.command("look") as session:
        return session.scalars(select(Suspension).where(Suspension.state == state)).one()


def test_grades_come_in_from_a_file(database: Database, staff_client: StaffClient, town: None) -> None:
    kaoru = staff_client(Role.BUYER)
    lines = f"法人番号,区分,等級,開始,終了\n{SHOTEN},工事,C,2026-04-01,2028-03-31\n1,工事,C,2026-04-01,2028-03-31\n"
    lines += f"{corporate_number(4_000)},役務,A,2026-04-01,2028-03-31\n"
    import io

    page = kaoru.get("/staff/grades")
    sent = kaoru.post("/staff/grades", {"file": (io.BytesIO(lines.encode("cp932")), "grades.csv")}, page=page)
    assert sent.status == 200
    assert "3" in sent.text
    assert "9999-0100-4000" in sent.text
    with database.command("look") as session:
        from portal.companies import service as companies
        from portal.procurement import grading

        company = companies.company_of(session, SHOTEN)
        assert company
        found = {one.category: one.grade for one, _body in grading.of_company(session, company.id)}
    assert found == {"goods": "A", "services": "B", "works": "C"}
    assert kaoru.post("/staff/grades", {}, page=page).status == 422


def test_who_wants_no_notices_of_a_category_gets_none(
    database: Database, staff_client: StaffClient, business_client: BusinessClient, town: None
) -> None:
    shoko, kaoru = business_client("shoko"), staff_client(Role.BUYER)
    page = shoko.get("/business/qualifications")
    shoko.submit(page, "/business/qualifications/notices", wanted=["works", "services"])
    press(kaoru, write(kaoru), "publish")
    assert not notices(shoko)


def notices(person: Visitor) -> list[str]:
    """Where the notices of the mailbox's first page are read."""
    return [link for link in person.get("/business/mailbox").links() if NOTICE.fullmatch(link)]


def test_an_expiring_grade_is_told_once(database: Database, town: None) -> None:
    from portal.procurement import grading
    from portal.procurement.models import Qualification

    with database.command("soon") as session:
        session.execute(update(Qualification).values(valid_until=clock.today() + timedelta(days=30)))
    for _ in range(2):
        with database.job("remind") as session:
            grading.remind_of_expiry(session, {})
    with database.command("look") as session:
        assert len(session.scalars(select(BusinessNotice)).all()) == 1


def test_foreign_ids_open_nothing(staff_client: StaffClient, business_client: BusinessClient, town: None) -> None:
    nobody = UUID(int=5)
    kaoru, shoko = staff_client(Role.BUYER), business_client("shoko")
    for what in ("", "/change", "/publish", "/cancel", "/result"):
        assert kaoru.get(f"/staff/tenders/{nobody}{what}").status == 404
    page = shoko.get("/business/qualifications")
    assert shoko.post(f"/business/suspensions/{nobody}/objection", {"words": "x"}, page=page).status == 409


@pytest.mark.parametrize(
    "address",
    [
        "https://a{b}c.example/x", "https://city.example/<a>", "https://city.example/a|b", "https://[::1",
        "https://user:word@city.example/a", "https://city.example/%zz", "https://city.example:999999/", "https://a..b/",
        "https://city.example/#a#b", "ftp://city.example/a", "https://",
    ],
)  # fmt: skip
def test_what_is_no_address_is_never_published(town: None, staff_client: StaffClient, address: str) -> None:
    page = write(staff_client(Role.BUYER), documents=f"仕様書 {address}")
    assert (page.status, page.path) == (422, "/staff/tenders/new")
