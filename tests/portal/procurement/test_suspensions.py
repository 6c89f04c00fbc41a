"""Suspensions: of sole proprietors too, by file, put in force by two and lifted by two, and seen beside a merger."""

import io
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.companies import people
from portal.companies import service as companies
from portal.companies.models import BusinessNotice, Company
from portal.core import clock
from portal.core.outbox import Promise
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo.business_people import corporate_number
from portal.procurement import body_news, rules, suspending
from portal.procurement.agencies import agency_of
from portal.procurement.grades import files
from portal.procurement.models import Suspension
from tests.conftest import StaffClient
from tests.portal.companies.files import line, written
from tests.portal.companies.test_register import take
from tests.portal.procurement.city import buyer, chief
from tests.portal.procurement.desk import day_fields

ONE = corporate_number(1)


def the_one(session: Session) -> Suspension:
    session.expire_all()
    return session.scalars(select(Suspension)).one()


def titles(session: Session) -> list[str]:
    return list(session.scalars(select(BusinessNotice.title)))


@pytest.mark.usefixtures("still")
def test_two_people_lift_a_suspension(database: Database, suspended: None) -> None:
    with database.command("lift") as session:
        one, kaoru, tetsuo = the_one(session).id, buyer(session), chief(session)
        with pytest.raises(rules.SuspensionMoved):
            suspending.lift(session, tetsuo, one)
        suspending.propose_lift(session, tetsuo, one, "取引を改めたため")
        with pytest.raises(rules.LiftNotYours):
            suspending.lift(session, tetsuo, one)
        with pytest.raises(rules.SuspensionMoved):
            suspending.propose_lift(session, kaoru, one, "もう一度")
        assert the_one(session).state == "in-force", "it goes on until the second person says yes"
        suspending.keep(session, kaoru, one)
        assert the_one(session).lift_proposed_by is None
        suspending.propose_lift(session, kaoru, one, "取引を改めたため")
        assert suspending.LIFTED[0] not in titles(session)
        suspending.lift(session, tetsuo, one)
        assert (the_one(session).state, the_one(session).lifted_by) == ("lifted", tetsuo.id)
        assert suspending.LIFTED[0] in titles(session)
    with pytest.raises(IntegrityError), database.command("break") as session:
        session.execute(update(Suspension).values(lift_proposed_by=tetsuo.id))


def test_lifting_on_the_page(database: Database, suspended: None, staff_client: StaffClient) -> None:
    kaoru, tetsuo = staff_client(Role.BUYER), staff_client(Role.BUYING_CHIEF)
    with database.command("look") as session:
        path = f"/staff/suspensions/{the_one(session).id}"
    page = kaoru.get("/staff/suspensions")
    assert kaoru.submit(page, f"{path}/propose-lift", words="").status == 422
    page = kaoru.submit(page, f"{path}/propose-lift", words="取引を改めたため")
    assert page.path == "/staff/suspensions"
    assert "取引を改めたため" in page.text
    assert kaoru.post(f"{path}/lift", page=page).status == 404
    tetsuo.submit(tetsuo.get("/staff/suspensions"), f"{path}/lift")
    with database.command("look") as session:
        assert the_one(session).state == "lifted"


def test_a_sole_proprietor_is_suspended_on_the_page(database: Database, town: None, staff_client: StaffClient) -> None:
    said = {"iss": "https://gbizid.example", "sub": "sole", "name": "架空 個人", "account_type": "prime"}
    with database.command("sole") as session:
        who, _known = people.recognise(session, said)
        number = session.get_one(Company, who.company).key
    kaoru, today = staff_client(Role.BUYER), clock.today()
    days = day_fields("begins_on", today) | day_fields("ends_on", today + timedelta(days=30))
    page = kaoru.get("/staff/suspensions")
    wrong = kaoru.submit(page, "/staff/suspensions", number="12345", ground="架空の理由", **days)
    assert wrong.status == 422
    kaoru.submit(page, "/staff/suspensions", number=number.lower(), ground="架空の理由", **days)
    with database.command("look") as session:
        assert the_one(session).company_id == who.company


def test_suspensions_come_in_from_a_file_as_proposals(
    database: Database, town: None, staff_client: StaffClient
) -> None:
    kaoru, address = staff_client(Role.BUYER), "/staff/suspensions/import"
    unknown = corporate_number(4_000)
    lines = [
        "法人番号,理由,開始日,終了日", f"{ONE},架空の理由,2026-12-01,令和9年3月31日", f"{ONE},逆の日,2026-12-01,2026-11-01",
        f"{unknown},架空の理由,2026-12-01,2027-03-31", "1,架空の理由,2026-12-01,2027-03-31",
    ]  # fmt: skip

    def send() -> str:
        content = io.BytesIO("\n".join(lines).encode("cp932"))
        page = kaoru.post(address, {"file": (content, "a.csv")}, page=kaoru.get(address))
        assert page.status == 200, page.text
        return page.text

    first = send()
    assert "3, 5" in first
    assert companies.show_number(unknown) in first
    with database.command("look") as session:
        one = the_one(session)
        assert (one.state, one.approved_by, one.begins_on, one.ends_on) == (
            "proposed", None, date(2026, 12, 1), date(2027, 3, 31),
        )  # fmt: skip
    send()
    with database.command("look") as session:
        assert the_one(session).state == "proposed", "the same file again proposes nothing"
    assert kaoru.post(address, {}, page=kaoru.get(address)).status == 422


def test_a_broken_line_is_listed(database: Database, town: None) -> None:
    with database.command("file") as session:
        report = files.take_suspensions(session, buyer(session), io.BytesIO(b"\xef\xbb\xbf1,2\n\n"))
        assert (report.taken, report.bad) == (0, [1])


def test_bodies_hear_of_the_end_and_see_the_successor(
    database: Database, suspended: None, staff_client: StaffClient
) -> None:
    into = corporate_number(3)
    closing = {"process": "71", "closed_on": "2026-11-18", "close_cause": "11", "successor": into}
    take(database, written([line(1, "株式会社架空商店", updated="2099-01-01", **closing)]))
    with database.command("hear") as session:
        company = companies.company_of(session, ONE)
        assert company
        assert company.closed_on is not None
        mails = [one for one in session.scalars(select(Promise)) if one.kind == body_news.TELL]
        assert [one.payload["matter"] for one in mails] == [body_news.ENDED]
    page = staff_client(Role.BUYER).get("/staff/suspensions")
    assert f"/business/corporations/{into}" in page.links()


def test_suspensions_are_found_and_come_in_pages(
    database: Database, town: None, staff_client: StaffClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspending, "PAGE", 2)
    with database.command("propose") as session:
        today = clock.today()
        for days in range(5):
            suspending.propose_suspension(
                session, buyer(session), number=ONE, ground=f"架空{days}", begins_on=today, ends_on=today
            )
    kaoru = staff_client(Role.BUYER)
    grounds: set[str] = set()
    for page in (1, 2, 3):
        shown = kaoru.get(f"/staff/suspensions?own=yes&state=proposed&q={ONE}&page={page}")
        grounds |= {f"架空{days}" for days in range(5) if f"架空{days}" in shown.text}
        assert len([row for row in shown.find("tr") if (row.get("id") or "").startswith("suspension-")]) <= 2
    assert len(grounds) == 5
    assert f"/staff/suspensions?page=2&own=yes&state=proposed&q={ONE}" in shown.links()
    for nothing in (f"state=lifted&q={ONE}", "q=存在しない", f"q={corporate_number(3)}"):
        found = kaoru.get(f"/staff/suspensions?{nothing}")
        assert not [row for row in found.find("tr") if (row.get("id") or "").startswith("suspension-")]
    with database.command("put in force") as session:
        waiting = session.scalars(select(Suspension).order_by(Suspension.id)).all()
        suspending.put_in_force(session, chief(session), waiting[0].id)
    [in_force] = [
        row for row in kaoru.get("/staff/suspensions?state=in-force").find("tr")
        if (row.get("id") or "").startswith("suspension-")
    ]  # fmt: skip
    assert in_force.get("id") == f"suspension-{waiting[0].id}"


def test_what_was_lifted_waits_for_nobody_at_the_head_of_the_list(database: Database, suspended: None) -> None:
    with database.command("lift") as session:
        agency, [old] = agency_of(session, buyer(session)), session.scalars(select(Suspension)).all()
        suspending.propose_lift(session, buyer(session), old.id, "架空の理由")
        suspending.lift(session, chief(session), old.id)
        later = clock.today() + timedelta(days=30)
        new = suspending.propose_suspension(
            session, buyer(session), number=ONE, ground="架空", begins_on=later, ends_on=later
        )
        suspending.put_in_force(session, chief(session), new)
        rows, _pages = suspending.for_body(session, agency)
        assert [row[0].id for row in rows] == [new, old.id]
