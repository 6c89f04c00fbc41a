"""Anybody who holds a paper can check it; nobody learns from it who is on it."""

import hashlib
import io
import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from portal.certificates import numbers, rules, service
from portal.certificates.models import CertificateOrder
from portal.certificates.routes import BIRTHS, CHECKS
from portal.certificates.rules import State, Verdict
from portal.certificates.sealing import reading
from portal.certificates.sealing.reading import Published
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose, Record
from portal.core.reference import new_reference
from portal.core.text import TextRefused
from portal.core.uow import Database
from portal.demo import cast
from portal.residents import service as residents
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient
from tests.portal.certificates.city import MORNING
from tests.portal.certificates.test_orders import text_of
from tests.portal.certificates.test_settling import Machine

ANYBODY = Actor(Kind.SYSTEM, label="test")


class Paper:
    """花子's copy of the resident record, printed."""

    def __init__(self, database: Database, settings: Any, whose: UUID) -> None:
        self.machine = Machine(database, whose, at=service.open_desk(settings)).pay()
        with self.machine.opened() as session:
            document = service.render(session, self.machine.desk, self.machine.placed.order_id, self.machine.proof)
        self.pdf = document.pdf
        order = self.machine.order()
        self.number, self.code = order.issue_number or "", order.verification_code or ""


@pytest.fixture
def paper(database: Database, settings: Any, cast_residents: None) -> Paper:
    with database.command("find") as session:
        hanako = residents.find_by_number(session, cast.HANAKO.addressee_number)
        assert hanako
    with clock.freeze(MORNING):
        made = Paper(database, settings, hanako.id)
        made.machine.print()
    return made


@pytest.fixture
def bank(app: Flask) -> Visitor:
    return Visitor(app)


def ask(who: Visitor, number: str, code: str, **more: str) -> Page:
    return who.submit(who.get("/verify"), "/verify", number=number, code=code, **more)


def test_a_genuine_paper_is_told_without_a_word_on_who_is_on_it(paper: Paper, bank: Visitor) -> None:
    with clock.freeze(MORNING):
        page = ask(bank, paper.number, paper.code)
    assert (page.status, page.heading) == (200, "この証明書は本物です")
    for words in ("住民票の写し（個人）", paper.number, "令和8年11月23日", "千葉市中央区長", "なし"):
        assert words in page.text
    hero = cast.HANAKO
    for secret in (hero.name, hero.kana, hero.address, str(hero.birth_date.year), paper.machine.placed.reference):
        assert secret not in page.text


def test_as_many_pages_are_told_as_the_paper_has(paper: Paper, bank: Visitor) -> None:
    """Whoever looks for a second page of a paper of one takes a genuine one for a fake."""
    assert len(PdfReader(io.BytesIO(paper.pdf)).pages) == 1
    page = ask(bank, paper.number, paper.code)
    assert "ページ 1 " in page.text


def wide(typed: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) for sign in typed)


@pytest.mark.parametrize("both", [str.lower, lambda typed: typed.replace("-", " "), wide])
def test_both_widths_and_any_dashes_are_taken(paper: Paper, bank: Visitor, both: Any) -> None:
    assert "本物" in ask(bank, both(paper.number), both(paper.code)).heading


def test_a_wrong_code_and_an_unknown_number_look_alike(paper: Paper, bank: Visitor) -> None:
    pages = [ask(bank, paper.number, new_reference()), ask(bank, "2026-101-999999", paper.code)]
    assert {page.heading for page in pages} == {"この証明書は確認できません"}
    assert all(paper.number not in page.text for page in pages)


@pytest.mark.parametrize(("number", "code"), [("", ""), ("2026", "K7QM-3XPR-T2WH"), ("2026-101-000123", "abc")])
def test_what_is_mistyped_is_said_at_the_field_and_stays(bank: Visitor, number: str, code: str) -> None:
    page = ask(bank, number, code)
    assert (page.status, page.heading) == (422, "証明書を確かめる")
    assert next(page.find("input", name="number")).get("value") == number


def test_paper_carries_both_numbers_and_the_page(paper: Paper) -> None:
    """What the QR code holds stands behind "#", which no browser sends to anybody."""
    words = text_of(paper.pdf)
    address = service.verification_address("https://city.example", paper.number, paper.code)
    assert address == f"https://city.example/verify#{paper.number}.{paper.code}"
    for printed in (paper.number, paper.code, "/verify"):
        assert printed in words


def test_an_old_paper_is_genuine_but_said_to_be_old(paper: Paper, bank: Visitor) -> None:
    with clock.freeze(MORNING + timedelta(days=93)):
        assert ask(bank, paper.number, paper.code).heading == "本物ですが、発行から3か月を過ぎています"


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        (State.PAID, Verdict.UNCONFIRMED),
        (State.RENDERED, Verdict.UNCONFIRMED),
        (State.REFUNDED, Verdict.VOID),
        (State.OWED, Verdict.VOID),
        (State.PRINTED, Verdict.GENUINE),
    ],
)
def test_only_paper_known_to_have_come_out_is_genuine(state: State, verdict: Verdict) -> None:
    assert rules.verdict(state, date(2026, 8, 24), date(2026, 11, 24)) == verdict


@pytest.mark.parametrize(
    ("issued", "today", "is_old"),
    [
        (date(2026, 8, 31), date(2026, 11, 30), False),
        (date(2026, 8, 31), date(2026, 12, 1), True),
        (date(2026, 11, 23), date(2027, 2, 23), False),
        (date(2026, 11, 23), date(2027, 2, 24), True),
    ],
)
def test_three_months_end_on_the_day_of_the_same_number(issued: date, today: date, is_old: bool) -> None:
    assert rules.is_older_than(3, issued, today) == is_old


def test_refunded_is_not_valid(paper: Paper, bank: Visitor, database: Database) -> None:
    with database.command("test") as session:
        session.get_one(CertificateOrder, paper.machine.placed.order_id).state = State.REFUNDED
    assert ask(bank, paper.number, paper.code).heading == "この証明書は無効です"


def born(day: date) -> dict[str, str]:
    return {"compare": "yes", "born-era": "ce", "born-year": str(day.year), "born-month": str(day.month)} | {
        "born-day": str(day.day)
    }


def test_a_changed_paper_is_found_by_a_date_of_birth(paper: Paper, bank: Visitor) -> None:
    page = ask(bank, paper.number, paper.code)
    right = bank.submit(page, "/verify", **born(cast.HANAKO.birth_date))
    assert "この生年月日は、本物の証明書にあります" in right.text
    wrong = bank.submit(page, "/verify", **born(cast.HANAKO.birth_date + timedelta(days=1)))
    assert wrong.heading == "紙の内容が本物と違います"
    assert "この証明書は本物です" not in wrong.text
    broken = bank.submit(page, "/verify", **born(cast.HANAKO.birth_date) | {"born-month": "13"})
    assert broken.status == 422
    assert next(broken.find("input", name="born-month")).get("value") == "13"


def test_birth_dates_cannot_be_tried_one_after_the_other(paper: Paper, bank: Visitor) -> None:
    page = ask(bank, paper.number, paper.code)
    answers = [
        bank.submit(page, "/verify", **born(date(1990, 1, 1) + timedelta(days=tried))).status
        for tried in range(BIRTHS + 1)
    ]
    assert answers == [200] * BIRTHS + [429]


def test_who_does_not_hold_the_paper_uses_up_none_of_its_tries(paper: Paper, bank: Visitor, app: Flask) -> None:
    stranger = Visitor(app, address="192.0.2.66")
    page = stranger.get("/verify")
    day = born(cast.HANAKO.birth_date)
    for _ in range(BIRTHS + 1):
        answer = stranger.submit(page, "/verify", number=paper.number, code=new_reference(), **day)
        assert answer.status == 200
    right = bank.submit(ask(bank, paper.number, paper.code), "/verify", **day)
    assert "この生年月日は、本物の証明書にあります" in right.text


def test_guessing_is_slowed_down_and_told(bank: Visitor, app: Flask) -> None:
    page = bank.get("/verify")
    answers = [
        bank.submit(page, "/verify", number="2026-101-000001", code=new_reference()).status for _ in range(CHECKS + 1)
    ]
    assert answers == [200] * CHECKS + [429]
    assert ask(Visitor(app, address="192.0.2.7"), "2026-101-000001", new_reference()).status == 200


def test_checks_are_on_record_and_counted_for_the_owner(
    paper: Paper, bank: Visitor, database: Database, resident_client: ResidentClient
) -> None:
    for _ in range(2):
        ask(bank, paper.number, paper.code)
    assert "1回" in ask(bank, paper.number, paper.code).text.replace("2回", "1回")
    with database.page(ANYBODY, Purpose.OPERATION, writes=False) as session:
        checks = session.scalars(select(Record).where(Record.what == "certificates.check")).all()
        assert {(one.why, one.case_ref, one.actor_kind) for one in checks} == {("check", paper.number, "stranger")}
        assert len(checks) == 3
    page = resident_client("hanako").get(f"/certificates/{paper.machine.placed.order_id}")
    assert "3回" in page.text


def test_the_very_file_is_known_and_a_changed_one_is_not(paper: Paper, bank: Visitor) -> None:
    for pdf, heading in ((paper.pdf, "本物"), (paper.pdf + b"\n", "確認できません")):
        page = bank.get("/verify")
        sent = {"csrf_token": page.csrf_token, "file": (io.BytesIO(pdf), "paper.pdf")}
        answer = bank._open("POST", "/verify/file", data=sent, content_type="multipart/form-data")
        assert heading in answer.heading
    nothing = bank.submit(bank.get("/verify"), "/verify/file")
    assert nothing.status == 422


def test_every_ward_is_found_from_its_numbers() -> None:
    assert numbers.ward_of("2026-101-000123") == "中央区"
    assert numbers.ward_of("2026-100-000123") == ""
    with pytest.raises(TextRefused):
        numbers.read_issue_number("2026-101")


def test_the_address_of_the_page_holds_nothing(paper: Paper, bank: Visitor) -> None:
    page = ask(bank, paper.number, paper.code)
    assert page.path == "/verify"
    assert not re.search(r"[?&](number|code)=", page.body.decode())
    assert hashlib.sha256(paper.pdf).hexdigest() not in page.body.decode()


def test_a_paper_that_was_taken_back_is_told_whoever_checks_it(paper: Paper, bank: Visitor, database: Database) -> None:
    with database.command("revoke") as session:
        service.revoke(session, paper.number, because="wrong name")
    page = ask(bank, paper.number, paper.code)
    assert page.heading == "この証明書は取り消されています"
    assert "wrong name" not in page.text
    with pytest.raises(rules.OrderUnknown), database.command("revoke") as session:
        service.revoke(session, paper.number, because="again")


def test_its_owner_hands_it_on_as_data_with_only_what_is_needed(
    paper: Paper, resident_client: ResidentClient, database: Database, settings: Any
) -> None:
    hanako, address = resident_client("hanako"), f"/certificates/{paper.machine.placed.order_id}/data"
    page = hanako.get(address)
    assert cast.HANAKO.address in page.text
    assert hanako.submit(page, address).status == 422
    answer = hanako.submit(page, address, shown="1")
    published = Published(service.keys(settings).jwks(), service.keys(settings).chain_pem())
    found = reading.read(answer.body, published)
    assert found.genuine
    assert found.says["persons"] == [{"name": cast.HANAKO.name, "born": cast.HANAKO.birth_date.isoformat()}]
    assert found.says["issue_number"] == paper.number
    assert "address" not in found.says
    assert resident_client("taro").get(address).status == 404
    with database.command("revoke") as session:
        service.revoke(session, paper.number, because="test")
    assert hanako.get(address).status == 409
