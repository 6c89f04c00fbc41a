"""Slips of officers that would stay for ever, and what a page says of them: papers, winners, files, quotations, numbers."""

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.companies.branches import service as branches
from portal.companies.models import Company, CompanyMember
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.demo.tenders import _actor
from portal.procurement import ocds, rules, tenders
from portal.procurement.grades import files
from portal.procurement.models import Agency, Qualification, Tender, TenderBid
from portal.procurement.rules import BidLine, Doubt
from tests.browser import Page, Visitor
from tests.conftest import StaffClient
from tests.portal.companies.people import BusinessClient
from tests.portal.procurement import city
from tests.portal.procurement.desk import press, write

ONE, TWO = city.corporate_number(1), city.corporate_number(2)


def main(page: Page) -> str:
    return page.body.decode().partition("<main")[2].partition("</main>")[0]


def the_tender(session: Session) -> Tender:
    return session.scalars(select(Tender)).one()


def two_codes(*officers: Visitor) -> None:
    for who in officers:
        who.submit(who.get("/staff/opening-code"), "/staff/opening-code")


def test_a_quotation_that_does_not_count_is_not_called_filed(
    database: Database, town: None, staff_client: StaffClient, business_client: BusinessClient
) -> None:
    kaoru, shoko = staff_client(Role.BUYER), business_client("shoko")
    two_codes(kaoru, staff_client(Role.BUYING_CHIEF))
    page = write(kaoru, method="limited", estimate="2,000,000", sealed="y")
    press(kaoru, page, "publish")
    with database.command("look") as session:
        here = f"/business/tenders/{the_tender(session).number}"
    form, typed = f"{here}/quotation", {"quotation": "1000000", "again": "1000000", "draw": "7", "note": ""}
    shoko.submit(shoko.get(form), form, **typed)
    assert "見積書を受け付けました" in main(shoko.get(here))
    amended = press(kaoru, page, "change", title="架空の机とイスの購入", why="イスも買います。")
    assert amended.status == 200, amended.text
    shown = main(shoko.get(here))
    assert "見積書を受け付けました" not in shown
    assert "提出された見積書は無効です" in shown
    assert form in shown, "and where to file again"
    with database.command("look") as session:
        until = the_tender(session).submissions_until
    with clock.freeze(until):
        over = main(business_client("shoko").get(here))
        assert form in over, "what became of it stays to be read"
    shoko.submit(shoko.get(form), form, **typed)
    assert "見積書を受け付けました" in main(shoko.get(here))


def test_a_winner_who_is_not_the_lowest_needs_a_reason(database: Database) -> None:
    bids = [BidLine(ONE, 900), BidLine(TWO, 800)]
    with database.command("city") as session:
        buyer = city.open_city(session)
        city.add_companies(session, iter([city.usual(), city.usual()]))
        tender, direct = (city.published(session, buyer, method=method) for method in ("open", "direct"))
        with clock.freeze(tender.submissions_until):
            with pytest.raises(rules.WinnerDoubtful) as refused:
                tenders.decide(session, buyer, tender.id, tender.version, bids, winner=ONE)
            assert refused.value.details["doubts"] == [Doubt.LOWER]
            tenders.decide(session, buyer, tender.id, tender.version, bids, winner=TWO)
            tenders.decide(session, buyer, direct.id, direct.version, bids, winner=ONE)
        assert (tender.state, direct.state) == ("awarded", "awarded"), "what is negotiated is no price competition"


def test_a_grade_that_was_lowered_before_the_deadline_is_seen_at_the_result(database: Database) -> None:
    """The longer period of a better grade still lies there; the one begun last counts."""
    with database.command("city") as session:
        buyer = city.open_city(session)
        city.add_companies(session, iter([city.usual()]))
        tender, today = city.published(session, buyer), clock.today()
        lower = {
            "company_id": city.company(session, 1).id, "agency_code": tender.agency_code, "category": "goods",
            "grade": "D", "valid_from": today, "valid_until": today + timedelta(days=400),
        }  # fmt: skip
        session.execute(insert(Qualification).values(lower))
        with clock.freeze(tender.submissions_until), pytest.raises(rules.WinnerDoubtful) as refused:
            tenders.decide(session, buyer, tender.id, tender.version, [BidLine(ONE, 900)], winner=ONE)
        assert refused.value.details["doubts"] == [Doubt.UNGRADED]


def test_two_papers_with_one_address_are_a_slip(town: None, staff_client: StaffClient) -> None:
    """Open data knows a paper by its address: two of one would be a fault in the releases for ever."""
    twice = "仕様書 https://city.example/a.pdf\n図面 https://city.example/a.pdf"
    page = write(staff_client(Role.BUYER), documents=twice)
    assert page.status == 422
    assert "同じアドレスの書類" in page.text


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_body_among_its_own_bidders_is_one_party(database: Database) -> None:
    with database.command("city") as session:
        tender = city.published(session, city.open_city(session))
        agency = session.get_one(Agency, tender.agency_code)
        bids = [TenderBid(tender_id=tender.id, number=agency.number, name=agency.name, amount=1, won=False)]
        at = clock.now()
        parties = ocds.release(tender, agency, bids, number=2, at=at, tag="tenderUpdate", why="")["parties"]
    assert [party["roles"] for party in parties] == [["buyer", "procuringEntity", "tenderer"]]


def test_the_page_of_a_result_has_no_number_of_a_person(
    app: Flask, database: Database, town: None, business_client: BusinessClient
) -> None:
    key = "5FTT1234ABCDEF"
    with database.command("city") as session:
        tender = city.published(session, city.chief(session))
        said = {key: ("架空 花", 500), ONE: ("株式会社架空商店", 900)}
        session.add_all(
            TenderBid(tender_id=tender.id, number=number, name=name, amount=amount, won=number == key)
            for number, (name, amount) in said.items()
        )
        tender.state, tender.decided_at = "awarded", clock.now()
        here = f"/business/tenders/{tender.number}"
    for reader in (Visitor(app), business_client("shoko")):
        page = reader.get(here)
        assert "架空 花" in page.text, "who won is public, by name"
        assert "7-9999-0100-0001" in page.text
        assert key not in page.text


def test_a_branch_is_not_graded(database: Database, town: None) -> None:
    """As with suspensions: its company is, and the grade would give the branch notices nobody there may follow."""
    with database.command("branch") as session:
        head = session.scalars(select(Company).where(Company.key == ONE)).one()
        said = branches.Said(office="稲毛支店", prefecture="千葉県", city="千葉市稲毛区", street="1-1")
        prime = Actor(Kind.BUSINESS, prime_of(session, head), company=head.id)
        key = session.get_one(Company, branches.open_branch(session, prime, said)).key
        row = f"{key},goods,A,2026-04-01,2028-03-31\n".encode()
        agency = session.scalars(select(Agency)).first()
        assert agency
        report = files.take_grades(session, agency, io.BytesIO(row))
        assert (report.taken, report.unknown) == (0, [key])


def prime_of(session: Session, company: Company) -> Any:
    query = select(CompanyMember.person_id).where(CompanyMember.company_id == company.id, CompanyMember.role == "prime")
    return session.scalars(query).first()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_unknown_numbers_of_a_file_are_put_in_order_once(
    database: Database, town: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sorted anew for each row, 50,000 of them took minutes in which nobody else could write."""
    numbers = [city.corporate_number(serial) for serial in range(900, 1_000)]
    sorted_lengths: list[int] = []

    def watched(found: Any) -> list[Any]:
        sorted_lengths.append(len(found))
        return sorted(found)

    monkeypatch.setattr(files, "sorted", watched, raising=False)
    lines = "".join(f"{number},架空の理由,2026-12-01,2027-03-31\n" for number in reversed(numbers)).encode()
    with database.command("file") as session:
        report = files.take_suspensions(session, _actor(session, cast.BUYER), io.BytesIO(lines))
    assert report.unknown == sorted(numbers)
    assert sorted_lengths == [100]


def test_a_file_of_which_nothing_is_taken_in_is_no_success(town: None, staff_client: StaffClient) -> None:
    kaoru, address = staff_client(Role.BUYER), "/staff/grades"
    lines = "".join("1,物品,A,2026-04-01,2028-03-31\n" for _ in range(60)).encode()
    page = kaoru.post(address, {"file": (io.BytesIO(lines), "a.csv")}, page=kaoru.get(address))
    assert page.status == 200
    assert not list(page.find("div", class_="banner--success"))
    assert "(60)" in main(page), "how many there are where not all are listed"
