"""What residents and sections see of guidance."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast, guidance
from portal.guidance.vaccination import planning, record_file, records, schedule
from portal.guidance.vaccination.planning import State
from portal.residents import service as residents
from portal.web.signed_in import WebSession
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient, StaffClient


@pytest.fixture
def guided(database: Database, cast_residents: None) -> None:
    with database.command("demo") as session:
        guidance.load(session)


def numbers(page: Page) -> list[str]:
    return [str(line.get("id")).removeprefix("advice-") for line in page.find("li", class_="guidance-line")]


def test_a_mother_sees_what_is_for_her_and_puts_it_away(guided: None, resident_client: ResidentClient) -> None:
    hanako = resident_client("hanako")
    page = hanako.get("/guidance")
    assert "カードの電子証明書を更新してください" in page.text
    number = numbers(page)[0]
    away = hanako.submit(page, f"/guidance/{number}/dismiss")
    assert number not in numbers(away)
    assert number in numbers(hanako.submit(away, f"/guidance/{number}/back"))
    stranger = resident_client("ichiro")
    own = stranger.get("/guidance")
    assert stranger.post(f"/guidance/{number}/dismiss", {}, page=own).status == 404


def test_a_consent_is_given_shown_and_taken_back(guided: None, resident_client: ResidentClient) -> None:
    taro = resident_client("taro")
    assert "お知らせできるかもしれません" in taro.get("/guidance").text
    agreed = taro.submit(taro.get("/guidance/consents"), "/guidance/consents/tax/give")
    assert "同意しています" in agreed.text
    assert "お知らせできるかもしれません" not in taro.get("/guidance").text
    back = taro.submit(agreed, "/guidance/consents/tax/withdraw")
    assert "同意していません" in back.text
    assert taro.post("/guidance/consents/horoscope/give", {}, page=back).status == 404


def test_a_programme_says_why_not_and_tells_nothing_of_others(
    guided: None, resident_client: ResidentClient, app: Flask
) -> None:
    taro = resident_client("taro")
    assert "いまはあてはまりません" in taro.get("/guidance/programmes/care-65").text
    support = taro.get("/guidance/programmes/child-insurance").text
    assert "ほかの方の情報によるため" in support
    assert "あなたにあてはまりますか" not in Visitor(app).get("/guidance/programmes/care-65").text
    assert taro.get("/guidance/programmes/lottery").status == 404


def test_parents_alone_see_the_vaccination_record(
    guided: None, database: Database, resident_client: ResidentClient
) -> None:
    with database.command("look") as session:
        child = residents.find_by_number(session, cast.SAKURA.addressee_number)
    assert child
    hanako = resident_client("hanako")
    page = hanako.get(f"/guidance/vaccinations/{child.id}")
    assert "麻しん・風しん（MR）" in page.text
    assert "BEGIN:VEVENT" in hanako.client.get(f"/guidance/vaccinations/{child.id}/next.ics").text
    assert cast.SAKURA.name not in hanako.client.get(f"/guidance/vaccinations/{child.id}/next.ics").text
    assert resident_client("ichiro").get(f"/guidance/vaccinations/{child.id}").status == 404


def test_sections_count_switch_off_with_a_reason_and_declare(guided: None, staff_client: StaffClient) -> None:
    sender = staff_client(Role.SENDER)
    assert sender.get("/staff/guidance").status == 200
    assert sender.get("/staff/guidance/missed").status == 200
    assert "中央区" in sender.get("/staff/guidance/certificate-renewal?count=yes").text
    page = sender.get("/staff/guidance/child-allowance")
    assert sender.submit(page, "/staff/guidance/child-allowance/off", reason=" ").status == 422
    off = sender.submit(page, "/staff/guidance/child-allowance/off", reason="文面の見直し")
    assert "この決まりは停止中です" in off.text
    on = sender.submit(off, "/staff/guidance/child-allowance/on")
    assert "この決まりは停止中です" not in on.text


def test_the_section_that_keeps_vaccination_records_alone_takes_them_in(
    guided: None, database: Database, staff_client: StaffClient
) -> None:
    address = "/staff/guidance/vaccinations"
    sender = staff_client(Role.SENDER)
    assert sender.get(address).status == 403
    assert address not in sender.get("/staff/guidance").links()
    assert sender.post(address, page=sender.get("/staff/guidance/child-allowance")).status == 403
    with database.command("moves to the section") as session:
        for place in session.scalars(select(WebSession)):
            place.who = place.who | {"label": f"市役所 {schedule.owner()} 000001"}
    assert address in sender.get("/staff/guidance").links()
    assert sender.submit(sender.get(address), address).status == 422


def test_nobody_switches_a_rule_another_section_answers_for(guided: None, staff_client: StaffClient) -> None:
    sender = staff_client(Role.SENDER)
    for switch, typed in (("off", {"reason": "文面の見直し"}), ("on", {})):
        assert sender.post(f"/staff/guidance/certificate-renewal/{switch}", typed).status == 403
    page = sender.get("/staff/guidance/certificate-renewal")
    assert "この決まりは停止中です" not in page.text
    assert not [form for form in page.find("form") if "certificate-renewal" in (form.get("action") or "")]


def test_a_disaster_is_declared_by_who_may_tell_everybody(guided: None, staff_client: StaffClient) -> None:
    address = "/staff/guidance/declarations"
    sender = staff_client(Role.SENDER)
    assert sender.get(address).status == 404
    assert sender.post(address, {"ward": "中央区", "note": "大雨"}).status in (403, 404)
    operator = staff_client(Role.OPERATOR)
    assert address in operator.get("/staff/emergency").links()
    form = operator.get(address)
    assert operator.submit(form, address, ward="中央区", note="").status == 422
    assert "大雨による浸水" in operator.submit(form, address, ward="中央区", note="大雨による浸水").text


def test_a_file_of_records_is_taken_once_and_bad_lines_are_listed(database: Database, cast_residents: None) -> None:
    number = cast.MINATO.addressee_number
    lines = ("宛名番号,ワクチン,回数,接種日,医療機関", f"{number},mr,1,2024-01-10,架空医院", f"{number},mr,3,2024-01-10,",
             "1,mr,1,2024-01-10,", f"{number},bcg,1,9999-01-01,", f"{number}")  # fmt: skip
    for new, same in ((1, 0), (0, 1)):
        with database.command("import") as session:
            report = record_file.take_file(session, "\r\n".join(lines).encode("cp932"), source="健康支援課")
        assert (report.new, report.changed, report.same) == (new, 0, same)
        assert sorted(report.refused) == [(3, "ワクチン"), (4, "宛名番号"), (5, "接種日"), (6, "行")]


def test_a_later_file_corrects_a_record_only_where_it_says_so_and_what_was_before_is_kept(
    database: Database, cast_residents: None
) -> None:
    number = cast.SAKURA.addressee_number

    def taken(day: str, place: str, corrects: str) -> records.Report:
        file = f"宛名番号,ワクチン,回数,接種日,医療機関,訂正\n{number},bcg,1,{day},{place},{corrects}"
        with database.command("import") as session:
            return record_file.take_file(session, file.encode(), source="健康支援課")

    def recorded() -> tuple[date, list[date]]:
        with database.command("test") as session:
            child = residents.find_by_number(session, number)
            assert child is not None
            given = records.of(session, child.id)["bcg", 1]
            return given, [one.given_on for one in records.corrections_of(session, child.id).values()]

    assert taken("2026-05-01", "", "").new == 1
    assert taken("2026-05-01", "架空医院", "").changed == 1, "a place that was missing is no contradiction"
    assert taken("2026-05-02", "架空医院", "").differing == [2]
    assert recorded()[0] == date(2026, 5, 1)
    assert taken("2026-05-02", "架空医院", "１").changed == 1
    assert recorded() == (date(2026, 5, 2), [date(2026, 5, 1)])
    assert taken("2026-05-02", "架空医院", "x").refused == [(2, "訂正")]


@pytest.mark.parametrize(
    ("given", "vaccine", "dose", "state", "on"),
    [
        ({}, "five-in-one", 1, State.OVERDUE, date(2026, 1, 22)),
        ({("five-in-one", 1): date(2026, 11, 10)}, "five-in-one", 2, State.LATER, date(2026, 11, 30)),
        ({("five-in-one", 1): date(2026, 11, 2)}, "five-in-one", 2, State.DUE, date(2026, 11, 22)),
        ({}, "rotavirus", 1, State.OVER, date(2026, 1, 22)),
        ({}, "mr", 1, State.DUE, date(2026, 11, 22)),
        ({("hepatitis-b", 1): date(2026, 6, 1), ("hepatitis-b", 2): date(2026, 7, 1)}, "hepatitis-b", 3, State.OVER,
         date(2026, 10, 18)),
    ],
)  # fmt: skip
def test_a_plan_keeps_ages_and_intervals(
    given: planning.Given, vaccine: str, dose: int, state: State, on: date
) -> None:
    found = planning.plan(date(2025, 11, 22), "female", given, date(2026, 11, 22))
    one = next(one for one in found if (one.vaccine.name, one.dose.number) == (vaccine, dose))
    assert (one.state, one.on) == (state, on)
