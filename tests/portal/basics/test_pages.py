"""The company's pages of its basics, and the section's: from telling to being read."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select, update

from portal.basics.models import CompanyFact
from portal.companies.models import CompanyMember
from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo.business_people import COMPANY, SOLE, corporate_number
from tests.browser import Page, Visitor
from tests.conftest import StaffClient
from tests.portal.basics import people
from tests.portal.companies.people import BusinessClient
from tests.portal.files import papers
from tests.portal.procurement.desk import day_fields

PDF = papers.pdf()
WIDE = {
    "bank": "架空銀行", "bank_code": "９９９８", "branch": "千葉支店", "branch_code": "１０１", "account": "ordinary",
    "number": "１２３４５", "holder": "ｶ)ｶｸｳｼｮｳﾃﾝ",
}  # fmt: skip


def tell(visitor: Visitor, kind: str, **fields: Any) -> Page:
    page = visitor.get(f"/business/basics/new/{kind}")
    return visitor.submit(page, f"/business/basics/new/{kind}", **day_fields("valid_from", clock.today()), **fields)


def test_told_in_full_width_with_evidence_and_read_by_a_section(
    database: Database, town: None, business_client: BusinessClient, staff_client: StaffClient
) -> None:
    shoko, kaoru = business_client("shoko"), staff_client(Role.BUYER)
    page = tell(shoko, "bank", **WIDE, source="通帳", file=(BytesIO(PDF), "tsucho.pdf"))
    assert page.path == "/business/basics", page.text
    assert "0012345" in page.text
    assert "カ)カクウシヨウテン" in page.text
    evidence = next(link for link in page.links() if "/files/" in link)
    assert shoko.get(evidence).body == PDF
    assert kaoru.get(evidence).status != 200
    company = next(link for link in kaoru.get("/staff/companies?q=架空商店").links() if link.count("-") == 4)
    page = kaoru.get(company)
    assert "0012345" not in page.text
    page = kaoru.submit(page, company, task="payment", case_ref="支払 第１号")
    assert page.path.startswith("/staff/companies/reads/")
    assert "0012345" in page.text
    assert kaoru.get(next(link for link in page.links() if "/files/" in link)).body == PDF
    seen = shoko.get("/business/reads").text
    assert "契約課" in seen
    assert "支払 第1号" in seen
    assert "かおる" not in seen, "the company reads which section it was, not who"
    assert "架空 商子" in shoko.get("/business/basics/history").text


def test_a_read_is_open_to_who_opened_it_alone(
    database: Database, town: None, business_client: BusinessClient, staff_client: StaffClient
) -> None:
    shoko, kaoru, tetsuo = business_client("shoko"), staff_client(Role.BUYER), staff_client(Role.BUYING_CHIEF)
    tell(shoko, "bank", **WIDE)
    company = next(link for link in kaoru.get("/staff/companies?q=架空商店").links() if link.count("-") == 4)
    page = kaoru.submit(kaoru.get(company), company, task="payment", case_ref="1")
    assert tetsuo.get(page.path).status == 404
    assert staff_client(Role.LICENSER).get(page.path).status == 404
    assert staff_client(Role.SENDER).get("/staff/companies").status == 404
    assert Visitor(shoko.client.application).get(page.path).heading != page.heading


def test_a_section_cannot_read_for_a_task_that_is_not_its_own(
    database: Database, town: None, business_client: BusinessClient, staff_client: StaffClient
) -> None:
    business_client("shoko")
    ritsuko = staff_client(Role.LICENSER)
    company = next(link for link in ritsuko.get("/staff/companies?q=架空商店").links() if link.count("-") == 4)
    page = ritsuko.get(company)
    assert ritsuko.submit(page, company, task="payment", case_ref="1").status == 422
    assert ritsuko.submit(page, company, task="licensing", case_ref="").status == 422
    opened = ritsuko.submit(page, company, task="licensing", case_ref="1")
    assert opened.status == 200
    assert not any("bank" in (section.get("aria-labelledby") or "") for section in opened.find("section"))


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("bank", WIDE | {"number": "12345678"}),
        ("bank", WIDE | {"bank_code": "9900", "branch_code": "101"}),
        ("bank", WIDE | {"holder": "<script>"}),
        ("bank", WIDE | {"account": "other"}),
        ("invoice", {"number": "T1234567890123"}),
        ("invoice", {"number": "T" + COMPANY.corporate_number[1:]}),
        ("contact", {"section": "経理", "phone": "12", "email": ""}),
        ("address", {"place": "head", "postal_code": "26", "address": "千葉市"}),
        ("capital", {"yen": "多い"}),
        ("officer", {"title": "", "name": "", "kana": ""}),
    ],
)
def test_a_slip_is_told_at_its_field(
    town: None, business_client: BusinessClient, kind: str, fields: dict[str, str]
) -> None:
    page = tell(business_client("shoko"), kind, **fields)
    assert page.status == 422
    assert list(page.find("p", class_="field__error"))


def test_days_and_files_are_checked_too(town: None, business_client: BusinessClient) -> None:
    shoko = business_client("shoko")
    early = day_fields("valid_until", date(2001, 1, 1))
    assert tell(shoko, "capital", yen="1", **early).status == 422
    page = tell(shoko, "capital", yen="1", file=(BytesIO(b"MZ\x90"), "a.exe"))
    assert page.status == 422
    assert shoko.get("/business/basics/new/other").status == 404
    assert shoko.get("/business/basics").text.count("円") == 0


def test_a_corporation_s_invoice_number_is_its_own(town: None, business_client: BusinessClient) -> None:
    shoko, daiku = business_client("shoko"), business_client(SOLE.subject)
    own, other = f"T{COMPANY.corporate_number}", f"T{corporate_number(4_999)}"
    assert tell(shoko, "invoice", number=own).path == "/business/basics"
    assert tell(daiku, "invoice", number=other).path == "/business/basics", (
        "a sole proprietor's is any sound one of no corporation"
    )


def test_change_remove_and_confirm_on_pages(database: Database, town: None, business_client: BusinessClient) -> None:
    shoko = business_client("shoko")
    page = tell(shoko, "bank", **WIDE)
    change = next(link for link in page.links() if link.endswith("/change"))
    form = shoko.get(change)
    page = shoko.submit(form, change, number="7654321")
    assert "7654321" in page.text
    assert "0012345" not in page.text
    with database.command("old") as session:
        session.execute(update(CompanyFact).values(confirmed_at=clock.now() - timedelta(days=400)))
    page = shoko.get("/business/basics")
    page = shoko.submit(page, "/business/basics/confirm")
    assert page.path == "/business/basics"
    assert not any((form.get("action") or "").endswith("/confirm") for form in page.find("form"))
    remove = next(link for link in page.links() if link.endswith("/remove"))
    page = shoko.submit(shoko.get(remove), remove)
    assert "7654321" not in page.text
    assert "7654321" in shoko.get("/business/basics/history").text


def test_a_member_sees_the_last_digits_and_no_buttons(
    database: Database, town: None, business_client: BusinessClient
) -> None:
    shown = tell(business_client("shoko"), "bank", **WIDE, file=(BytesIO(PDF), "tsucho.pdf"))
    book = next(link for link in shown.links() if "/files/" in link)
    kenji = business_client("kenji")
    page = kenji.get("/business/basics")
    assert "/files/" not in " ".join(page.links()), "a copy of the bank book shows the whole number"
    assert kenji.get(book).status == 404
    assert "****345" in page.text
    assert "0012345" not in page.text + kenji.get("/business/basics/history").text
    assert not any("/new/" in link or "/change" in link for link in page.links())
    assert kenji.get("/business/basics/new/bank").status == 403
    with database.command("look") as session:
        assert session.scalars(select(CompanyMember.role).where(CompanyMember.role == "member")).all()


def test_another_company_s_entries_are_not_there(
    database: Database, town: None, business_client: BusinessClient
) -> None:
    page = tell(business_client("shoko"), "bank", **WIDE, file=(BytesIO(PDF), "a.pdf"))
    daiku = business_client(SOLE.subject)
    for link in page.links():
        if link.endswith(("/change", "/remove")) or "/files/" in link:
            assert daiku.get(link).status in (404, 409), link
    assert people.COMPANY.name not in daiku.get("/business/basics").text
