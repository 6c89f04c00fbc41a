"""Bodies register licences of companies by screen, file and program; others see what law allows; ends are told in time."""

import re
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.core import clock
from portal.core.errors import Refusal
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import devices as demo_devices
from portal.demo.business_people import COMPANY, corporate_number
from portal.demo.tenders import CITY
from portal.devices import service as devices
from portal.procurement.registers import rules, service
from portal.procurement.registers.models import Registration
from portal.procurement.registers.rules import Row
from tests.browser import Visitor
from tests.conftest import StaffClient
from tests.portal.basics import people
from tests.portal.basics.people import company, ritsuko, shoko, stranger
from tests.portal.companies.people import BusinessClient
from tests.portal.devices.test_tokens import Machine
from tests.portal.procurement.desk import day_fields

LAW = "廃棄物の処理及び清掃に関する法律"
HEADS = "法人番号,種別,名称,番号,交付日,有効期限,条件,根拠法令,公開範囲"


def row(number: str = "第1号", *, days: int | None = 400, sight: str = "bodies", **others: Any) -> Row:
    today = clock.today()
    said = {
        "company": COMPANY.corporate_number, "kind": "licence", "name": "産業廃棄物収集運搬業許可", "number": number,
        "issued_on": today - timedelta(days=30), "valid_until": today + timedelta(days=days) if days is not None else None,
        "terms": "", "law": LAW if sight != "own" else "", "sight": sight,
    }  # fmt: skip
    return Row(**said | others)


def the_one(session: Any) -> Registration:
    session.expire_all()
    found: Registration = session.scalars(select(Registration)).one()
    return found


@pytest.mark.usefixtures("still")
def test_the_same_number_again_is_the_newest_word(database: Database, town: None) -> None:
    with database.command("register") as session:
        actor = ritsuko(session)
        assert service.register(session, actor, row()) == "new"
        assert service.register(session, actor, row()) == "same"
        assert service.register(session, actor, row(days=800)) == "changed"
        assert service.register(session, stranger(session), row()) == "new", "each body counts for itself"
        with pytest.raises(rules.NumberOfAnother):
            service.register(session, actor, row(company=corporate_number(3)))
    with database.command("look") as session:
        told = [service.REGISTERED[0], service.CHANGED[0], service.REGISTERED[0]]
        assert sorted(people.titles(session)) == sorted(told)


@pytest.mark.parametrize(
    ("others", "refusal"),
    [
        ({"law": ""}, rules.LawMissing),
        ({"issued_on": date(2999, 1, 1)}, rules.DaysWrong),
        ({"company": corporate_number(999_999)}, Refusal),
    ],
)
def test_what_cannot_be_registered_says_why(
    database: Database, town: None, others: dict[str, Any], refusal: type[Refusal]
) -> None:
    with database.command("register") as session, pytest.raises(refusal):
        service.register(session, ritsuko(session), row(**others))


@pytest.mark.usefixtures("still")
def test_without_a_law_the_database_shows_nothing_to_others(database: Database, town: None) -> None:
    with database.command("register") as session:
        service.register(session, ritsuko(session), row(sight="own"))
    with pytest.raises(IntegrityError), database.command("break") as session:
        the_one(session).sight = "public"


@pytest.mark.parametrize(("sight", "seen"), [("own", False), ("bodies", True), ("public", True)])
def test_others_see_what_law_allows(database: Database, town: None, sight: str, seen: bool) -> None:
    with database.command("register") as session:
        service.register(session, ritsuko(session), row(sight=sight))
        assert len(service.seen_by(session, CITY, company(session))) == 1
        assert len(service.seen_by(session, "suido", company(session))) == int(seen)
        assert len(service.of_company(session, company(session))) == 1
        assert service.has_licence(session, company(session)) is seen


@pytest.mark.usefixtures("still")
def test_ends_are_told_ninety_thirty_and_seven_days_before_each_once(database: Database, town: None) -> None:
    with database.command("register") as session:
        service.register(session, ritsuko(session), row(days=100))
        service.register(session, ritsuko(session), row("第2号", days=None))

    def look(days: int) -> int:
        with clock.freeze(clock.now() + timedelta(days=days)), database.job("remind") as session:
            service.remind_of_ends(session, {})
            session.flush()
            return people.titles(session).count(service.ENDING[0])

    assert [look(days) for days in (0, 9, 10, 11, 69, 70, 92, 93, 99, 100, 101)] == [0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 3]
    with database.command("renew") as session:
        service.register(session, ritsuko(session), row(days=500))
    assert [look(days) for days in (101, 409, 410, 480, 498)] == [3, 3, 4, 5, 6]


@pytest.mark.usefixtures("still")
def test_what_ends_in_five_days_is_told_once_not_three_times(database: Database, town: None) -> None:
    with database.command("register") as session:
        service.register(session, ritsuko(session), row(days=5))
        service.remind_of_ends(session, {})
        service.remind_of_ends(session, {})
        assert people.titles(session).count(service.ENDING[0]) == 1


@pytest.mark.usefixtures("still")
def test_withdrawn_is_told_ends_no_more_and_cannot_come_back(database: Database, town: None) -> None:
    with database.command("register") as session:
        actor = ritsuko(session)
        service.register(session, actor, row(days=20))
        one = the_one(session)
        with pytest.raises(rules.RegistrationMoved):
            service.withdraw(session, stranger(session), one.id, "よその機関")
        service.withdraw(session, actor, one.id, "条件に反したため")
        with pytest.raises(rules.RegistrationMoved):
            service.withdraw(session, actor, one.id, "もう一度")
        with pytest.raises(rules.RegistrationWithdrawn):
            service.register(session, actor, row(days=20))
        service.remind_of_ends(session, {})
        assert sorted(people.titles(session)) == sorted([service.REGISTERED[0], service.WITHDRAWN[0]])
        assert not service.has_licence(session, company(session))


def test_the_company_objects_once_and_gets_an_answer_once(database: Database, town: None) -> None:
    with database.command("register") as session:
        service.register(session, ritsuko(session), row())
        one = the_one(session).id
        with pytest.raises(rules.RegistrationMoved):
            service.answer(session, ritsuko(session), one, "まだ何もない")
        service.object_to(session, shoko(session), one, "日付が違います。")
        with pytest.raises(rules.RegistrationMoved):
            service.object_to(session, shoko(session), one, "もう一度")
        service.answer(session, ritsuko(session), one, "直しました。")
        with pytest.raises(rules.RegistrationMoved):
            service.answer(session, ritsuko(session), one, "もう一度")
        assert service.ANSWERED[0] in people.titles(session)


def test_by_screen_with_objection_and_answer(
    town: None, business_client: BusinessClient, staff_client: StaffClient
) -> None:
    ritsuko, shoko = staff_client(Role.LICENSER), business_client("shoko")
    new = "/staff/registrations/new"
    fields = {
        "company": COMPANY.corporate_number, "kind": "licence", "name": "屋外広告業登録", "number": "１号", "sight": "own",
        **day_fields("issued_on", clock.today()), **day_fields("valid_until", clock.today() + timedelta(days=20)),
    }  # fmt: skip
    assert ritsuko.submit(ritsuko.get(new), new, **fields | {"sight": "public"}).status == 422
    assert ritsuko.submit(ritsuko.get(new), new, **fields | {"company": "123"}).status == 422
    page = ritsuko.submit(ritsuko.get(new), new, **fields)
    assert page.path == "/staff/registrations", page.text
    page = ritsuko.get("/staff/registrations?ending=yes")
    one = next(link for link in page.links() if link.count("-") > 3)
    page = shoko.get("/business/registrations")
    objection = next(
        form.get("action") or "" for form in page.find("form") if "objection" in (form.get("action") or "")
    )
    assert shoko.submit(page, objection, words="").status == 422
    shoko.submit(page, objection, words="番号が違います。")
    page = ritsuko.get(one)
    assert "番号が違います" in page.text
    assert ritsuko.submit(page, f"{one}/withdraw", words="").status == 422
    page = ritsuko.submit(page, f"{one}/answer", words="確かめます。")
    assert "確かめます" in shoko.get("/business/registrations").text
    ritsuko.submit(page, f"{one}/withdraw", words="申請の取り下げのため")
    assert "申請の取り下げのため" in shoko.get("/business/registrations").text
    kaoru = staff_client(Role.BUYER)
    assert kaoru.get(one).status == 404
    assert kaoru.get("/staff/registrations").status == 404


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
def test_by_file_and_back(database: Database, town: None, staff_client: StaffClient, encoding: str) -> None:
    ritsuko = staff_client(Role.LICENSER)
    own = COMPANY.corporate_number
    lines = [
        HEADS,
        f"{own},許可,産業廃棄物収集運搬業許可,第1号,2026-04-01,令和13年3月31日,,{LAW},公開",
        f"{corporate_number(3)},表彰,優良事業者表彰,=1+1,令和8年4月1日,,,,",
        f"{own},証文,名前,第3号,2026-04-01,,,,",
        f"{own},許可,名前,第4号,2026-13-01,,,,他の人",
        f"{own},許可,名前,第5号,2026-04-01,2026-03-01,,,",
        "9,許可,名前,第6号,2026-04-01,,,,",
        "",
    ]
    content = "\r\n".join(lines).encode(encoding)
    address = "/staff/registrations/import"
    page = ritsuko.submit(ritsuko.get(address), address, file=(BytesIO(content), "a.csv"))
    assert page.status == 200, page.text
    heads = ["".join(cell.itertext()) for cell in page.find("th", scope="row", class_="is-number")]
    assert heads == ["4", "5", "5", "6", "7"], "the lines of the file that were left out"
    with database.command("look") as session:
        assert {one.number for one in session.scalars(select(Registration))} == {"第1号", "=1+1"}
        told = len(people.titles(session))
    again = ritsuko.submit(ritsuko.get(address), address, file=(BytesIO(content), "a.csv"))
    assert "変更なし2件" in again.text
    with database.command("look") as session:
        assert len(people.titles(session)) == told, "nobody is told twice"
    table = ritsuko.get("/staff/registrations/registrations.csv").body.decode("utf-8-sig")
    assert table.splitlines()[0].startswith(HEADS)
    assert "'=1+1" in table
    for broken in (b"", b"\x80\xff", b"a,b\r\n1,2\r\n"):
        page = ritsuko.submit(ritsuko.get(address), address, file=(BytesIO(broken), "a.csv"))
        assert page.status == 422


class System:
    """The system of a body, with a token."""

    def __init__(self, app: Flask, database: Database, folder: Path, *, body: str = "") -> None:
        with database.command("furnish") as session:
            demo_devices.enrol_machines(session, folder)
            if body:
                service.let_client_act(session, devices.known(session, "register-sangyo").id, body)
        machine = Machine(app, demo_devices.key_of(folder, "register-sangyo"), "register-sangyo")
        token = (machine.ask(scope="companies").json or {})["access_token"]
        self.client, self.headers = app.test_client(), {"Authorization": f"Bearer {token}"}

    def post(self, *lines: dict[str, Any]) -> Any:
        headers = {**self.headers, "Idempotency-Key": str(uuid4())}
        return self.client.post("/api/v1/registrations", json={"registrations": list(lines)}, headers=headers)

    def send(self, **notice: Any) -> Any:
        headers = {**self.headers, "Idempotency-Key": str(uuid4())}
        return self.client.post("/api/v1/company-notices", json=notice, headers=headers)

    def get(self, number: str) -> Any:
        return self.client.get(f"/api/v1/companies/{number}/registrations", headers=self.headers)


def test_by_program(app: Flask, database: Database, town: None, tmp_path: Path) -> None:
    system = System(app, database, tmp_path / "clients", body=CITY)
    own = COMPANY.corporate_number
    good = {"company": own, "kind": "licence", "name": "屋外広告業登録", "number": "A-1", "issued_on": "2026-04-01"}
    answer = system.post(
        good, good, good | {"number": "A-2", "sight": "public"}, good | {"company": "123"}, good | {"number": "\u0000"}
    )
    assert answer.status_code == 201
    assert answer.json["outcomes"][:4] == ["new", "same", "registration-law-missing", "procurement-company-unknown"]
    assert answer.json["outcomes"][4].startswith("text-")
    with database.command("other body") as session:
        service.register(session, stranger(session), row("B-1"))
        service.register(session, stranger(session), row("B-2", sight="own"))
    found = system.get(own).json
    assert [one["number"] for one in found["registrations"]] == ["B-1", "A-1"]
    assert system.get(corporate_number(999_999)).status_code == 422
    assert system.post(good | {"more": 1}).status_code == 422
    assert app.test_client().get(f"/api/v1/companies/{own}/registrations").status_code == 401


def counts(system: System, address: str) -> tuple[int, int]:
    found = system.client.get(address, headers=system.headers).json
    return found["told"], found["read"]


def test_a_program_writes_to_companies_by_their_numbers(
    app: Flask, database: Database, town: None, business_client: BusinessClient, tmp_path: Path
) -> None:
    system, own = System(app, database, tmp_path / "clients", body=CITY), COMPANY.corporate_number
    notice = {
        "companies": [own, "1", f"T{own}", corporate_number(3)],
        "title": "100 % のお知らせ",
        "body": "%(x)s\n2行目",
    }
    sent = system.send(**notice)
    assert (sent.status_code, sent.json["delivered"], sent.json["unknown"]) == (201, 2, [1])
    assert system.send(**notice | {"body": "\u0000"}).status_code == 422
    address = f"/api/v1/company-notices/{sent.json['notice']}"
    assert counts(system, address) == (2, 0)
    shoko = business_client("shoko")
    page = shoko.get("/business/mailbox")
    assert "100 % のお知らせ" in page.text
    page = shoko.get(next(link for link in page.links() if re.fullmatch(r"/business/mailbox/[0-9a-f-]{36}", link)))
    assert "%(x)s" in page.text
    assert counts(system, address) == (2, 1)
    secret = system.send(**notice | {"title": "親展", "confidential": True})
    assert secret.json["delivered"] == 2
    assert "親展" in shoko.get("/business/mailbox").text
    assert "親展" not in business_client("kenji").get("/business/mailbox").text
    with database.command("another body") as session:
        service.let_client_act(session, devices.known(session, "register-sangyo").id, "suido")
    assert system.client.get(address, headers=system.headers).status_code == 404


def test_a_program_that_acts_for_nobody_registers_nothing(
    app: Flask, database: Database, town: None, tmp_path: Path
) -> None:
    system = System(app, database, tmp_path / "clients")
    answer = system.get(COMPANY.corporate_number)
    assert (answer.status_code, answer.json["code"]) == (403, "registration-client-of-nobody")


def test_steps_before_the_last_day() -> None:
    today = date(2026, 11, 23)
    left = {91: 0, 90: 1, 31: 1, 30: 2, 8: 2, 7: 3, 0: 3, -1: 0}
    assert {days: rules.step_due(today + timedelta(days=days), today) for days in left} == left


def test_a_stranger_reads_nothing_of_it(app: Flask, town: None) -> None:
    visitor = Visitor(app)
    for path in ("/business/registrations", "/business/basics", "/business/reads", "/staff/registrations"):
        assert visitor.get(path).path.endswith("sign-in")


@pytest.mark.usefixtures("still")
def test_the_company_objects_to_each_new_word_of_the_body(database: Database, town: None) -> None:
    with database.command("register") as session:
        keeper, owner = ritsuko(session), shoko(session)
        service.register(session, keeper, row())
        one = the_one(session).id
    for words, change in (
        ("日付が違います。", "terms"),
        ("条件が違います。", "withdraw"),
        ("取り消しは違法です。", ""),
    ):
        with clock.freeze(clock.now() + timedelta(hours=1)), database.command("object") as session:
            service.object_to(session, owner, one, words)
            with pytest.raises(rules.RegistrationMoved):
                service.object_to(session, owner, one, "もう一度")
            service.answer(session, keeper, one, f"{words}への答え")
            with pytest.raises(rules.RegistrationMoved):
                service.object_to(session, owner, one, "答えのあと")
            if change == "terms":
                assert service.register(session, keeper, row(terms="条件を悪くした")) == "changed"
            elif change:
                service.withdraw(session, keeper, one, "取り消し")
    with database.command("look") as session:
        found = the_one(session)
        assert [said["objection"] for said in found.said_before] == ["日付が違います。", "条件が違います。"]
        assert found.said_before[0]["answer"] == "日付が違います。への答え"
        assert (found.objection, found.answer) == ("取り消しは違法です。", "取り消しは違法です。への答え")


@pytest.mark.usefixtures("still")
def test_a_change_while_an_objection_waits_can_be_objected_to_once_it_is_answered(
    database: Database, town: None
) -> None:
    with database.command("register") as session:
        keeper, owner = ritsuko(session), shoko(session)
        service.register(session, keeper, row())
        one = the_one(session).id
        service.object_to(session, owner, one, "日付が違います。")
    with clock.freeze(clock.now() + timedelta(hours=1)), database.command("change") as session:
        service.register(session, keeper, row(terms="条件を悪くした"))
        assert the_one(session).objection == "日付が違います。", "what waits for an answer goes on waiting"
        service.answer(session, keeper, one, "直しました。")
        service.object_to(session, owner, one, "条件が違います。")
        found = the_one(session)
        assert [said["answer"] for said in found.said_before] == ["直しました。"]
        assert (found.objection, found.answered_at) == ("条件が違います。", None)
