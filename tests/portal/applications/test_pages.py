"""The pages, walked without JavaScript."""

from datetime import timedelta
from typing import Any

import pytest

from portal.applications.procedures import catalogue
from portal.core import clock
from portal.core.permissions import Role
from portal.demo import cast
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.portal.applications.people import moving


def begin(visitor: Visitor, name: str = "moving-within-city") -> Page:
    return visitor.submit(visitor.get(f"/procedures/{name}"), f"/procedures/{name}/start")


def walk(visitor: Visitor) -> Page:
    """Type a whole move, page after page, and come to the check of the answers."""
    page = begin(visitor)
    people = [box.get("value") for box in visitor.get(page.path.replace("move", "people")).find("input", name="movers")]
    for section, typed in moving(clock.today(), [str(one) for one in people]).items():
        assert page.path.endswith(f"/{section}"), page.path
        page = visitor.submit(page, page.path, **typed)
        assert page.status == 200
    assert page.path.endswith("/check")
    return page


def send(visitor: Visitor) -> Page:
    page = walk(visitor)
    return visitor.submit(page, page.path.replace("/check", "/submit"))


def reference(page: Page) -> str:
    return "-".join("".join(span.itertext()) for span in next(page.find("p", class_="receipt__number")))


def test_the_list_says_what_to_bring_before_the_start(resident_client: ResidentClient) -> None:
    visitor = resident_client("hanako")
    page = visitor.get("/procedures")
    for procedure in catalogue.for_residents():
        assert f"/procedures/{procedure.name}" in page.links()
        assert visitor.get(f"/procedures/{procedure.name}").status == 200
    assert visitor.get("/procedures/flying-to-the-moon").status == 404


def test_a_stranger_reads_first_and_signs_in_to_start(resident_client: ResidentClient, app: Any) -> None:
    page = Visitor(app).get("/procedures/child-allowance")
    assert "/sign-in?next=/procedures/child-allowance" in page.links()


def test_typed_at_home_and_sent(resident_client: ResidentClient) -> None:
    visitor = resident_client("hanako")
    done = send(visitor)
    assert done.path.endswith("/done")
    assert len(list(done.find("div", class_="qr__code"))) == 1
    listed = visitor.get("/applications")
    assert reference(done) in listed.text
    again = visitor.get(done.path)
    assert reference(again) == reference(done)


def test_pressing_send_again_leads_to_the_same_number(resident_client: ResidentClient) -> None:
    visitor = resident_client("hanako")
    check = walk(visitor)
    first = visitor.submit(check, check.path.replace("/check", "/submit"))
    second = visitor.submit(check, check.path.replace("/check", "/submit"))
    assert reference(first) == reference(second)


def test_a_fault_is_told_and_nothing_typed_is_lost(resident_client: ResidentClient) -> None:
    visitor = resident_client("hanako")
    page = begin(visitor)
    typed = {"moved_on-year": "２０２６", "moved_on-month": "１３", "moved_on-day": "1", "whole_household": "part"}
    page = visitor.submit(page, page.path, **typed)
    assert page.status == 422
    assert next(page.find("input", name="moved_on-month")).get("value") == "１３"
    assert "#moved_on" in page.links()
    chosen = [one.get("value") for one in page.find("input", name="whole_household") if one.get("checked") is not None]
    assert chosen == ["part"]


def test_who_has_no_child_on_record_is_told_why_there_is_nothing_to_tick(resident_client: ResidentClient) -> None:
    visitor = resident_client("maria")
    page = begin(visitor, "child-medical-aid")
    page = visitor.submit(page, page.path, what="new")
    assert page.path.endswith("/children")
    assert list(page.find("input", name="children")) == []
    assert "En los registros de la ciudad nadie de su hogar corresponde" in page.text


def test_both_calendars_are_understood(resident_client: ResidentClient) -> None:
    visitor = resident_client("hanako")
    page = begin(visitor)
    day = clock.today() - timedelta(days=2)
    era = {"moved_on-era": "reiwa", "moved_on-year": str(day.year - 2018)}
    typed = era | {"moved_on-month": str(day.month), "moved_on-day": str(day.day), "whole_household": "all"}
    assert visitor.submit(page, page.path, **typed).path.endswith("/addresses")


def test_the_draft_is_offered_again_on_another_device(resident_client: ResidentClient) -> None:
    phone, desk = resident_client("hanako"), resident_client("hanako")
    page = begin(phone)
    token = page.csrf_token
    saved = phone.client.post(
        page.path.split("/steps/")[0] + "/autosave",
        data={"csrf_token": token, "section": "move", "moved_on-year": "2026", "moved_on-month": "1"},
    )
    assert saved.status_code == 200
    assert saved.json is not None
    assert saved.json["saved_at"]
    start = desk.get("/procedures/moving-within-city")
    resume = next(link for link in start.links() if link.endswith("/resume"))
    assert next(desk.get(resume).find("input", name="moved_on-month")).get("value") == "1"


def test_a_postal_code_fills_in_the_town_without_javascript(resident_client: ResidentClient) -> None:
    visitor = resident_client("hanako")
    page = visitor.get(begin(visitor).path.replace("move", "addresses"))
    page = visitor.submit(page, page.path, **{"new_address-postal": "〒２６０−００１３", "lookup": "new_address"})
    assert page.status == 200
    assert next(page.find("input", name="new_address-town")).get("value") == "千葉県千葉市中央区中央"


def test_another_residents_pages_are_not_found(resident_client: ResidentClient) -> None:
    own = send(resident_client("hanako")).path.replace("/done", "")
    stranger = resident_client("ichiro")
    for address in ("", "/done", "/check", "/correction", "/withdraw", "/resume", "/steps/move"):
        assert stranger.get(own + address).status == 404


def test_a_clerk_asks_and_the_person_corrects_only_that(
    resident_client: ResidentClient, staff_client: StaffClient
) -> None:
    visitor, clerk = resident_client("hanako"), staff_client(Role.PROCESSOR)
    done = send(visitor)
    listed = clerk.get("/staff/applications")
    assert reference(done) in listed.text
    case = f"/staff{done.path.removesuffix('/done')}"
    page = clerk.submit(clerk.get(case), f"{case}/claim")
    empty = clerk.submit(page, f"{case}/correction", **{"reason-reporter_phone": "incomplete"})
    assert empty.status == 422
    comment = "昼間につながる番号を書いてください。"
    clerk.submit(
        page, f"{case}/correction", **{"reason-reporter_phone": "incomplete", "comment-reporter_phone": comment}
    )
    own = done.path.removesuffix("/done")
    form = visitor.get(f"{own}/correction")
    assert comment in form.text
    assert not list(form.find("input", name="reporter_name"))
    bad = visitor.submit(form, f"{own}/correction", reporter_phone="１２")
    assert bad.status == 422
    assert next(bad.find("input", name="reporter_phone")).get("value") == "１２"
    assert visitor.submit(bad, f"{own}/correction", reporter_phone="０４３ー０００ー０００２").path == own
    page = clerk.submit(clerk.get(case), f"{case}/claim")
    assert clerk.submit(page, f"{case}/ready").path == "/staff/applications"
    assert "/reservations/new?application=" in " ".join(visitor.get(own).links())


def test_withdrawing_asks_once(resident_client: ResidentClient) -> None:
    visitor = resident_client("hanako")
    own = send(visitor).path.removesuffix("/done")
    page = visitor.get(f"{own}/withdraw")
    assert visitor.submit(page, f"{own}/withdraw").path == own
    assert f"{own}/withdraw" not in visitor.get(own).links()


def test_only_the_processing_centre_sees_the_list(staff_client: StaffClient) -> None:
    assert staff_client(Role.SENDER).get("/staff/applications").status == 404


@pytest.mark.parametrize(("language", "kept"), [("es", ("ce", "year")), ("ja", ("heisei", "era"))])
def test_the_birth_date_stands_in_the_calendar_of_the_reader(
    resident_client: ResidentClient, language: str, kept: tuple[str, str]
) -> None:
    born = cast.MARIA.birth_date
    visitor = resident_client("maria")
    visitor.get(f"/?lang={language}")
    page = begin(visitor, "seal-registration")
    page = visitor.get(page.path.rsplit("/", 1)[0] + "/applicant")
    (era,) = [one.get("value") for one in page.find("option") if one.get("selected") is not None]
    (year,) = [one.get("value") for one in page.find("input") if (one.get("name") or "").endswith("-year")]
    assert (era, year) == (kept[0], str(born.year if kept[1] == "year" else born.year - 1988))
