"""The pages of casework as clerks, experts and residents walk through them."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask

from portal.applications import service
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.demo.casework import Staff
from tests.browser import Visitor, words_of
from tests.conftest import ResidentClient, StaffClient
from tests.portal.applications.casework.conftest import Send
from tests.portal.applications.people import CLERK, as_

SignIn = Callable[[cast.Staff], Visitor]


@pytest.fixture
def staff_of(app: Flask) -> SignIn:
    def sign_in(person: cast.Staff) -> Visitor:
        visitor = Visitor(app)
        door = visitor.get("/staff/sign-in")
        assert visitor.submit(door, "/staff/sign-in", login_id=person.login_id, password=person.password).status == 200
        return visitor

    return sign_in


def case_page(case_id: UUID) -> str:
    return f"/staff/applications/{case_id}"


def test_two_clerks_refuse_and_the_person_reads_the_letter(
    city: Database, send: Send, staff_of: SignIn, resident_client: ResidentClient, worker: Worker
) -> None:
    first, second, case_id = staff_of(cast.PROCESSOR), staff_of(cast.SECOND_PROCESSOR), send("child-rearing-allowance")
    case = case_page(case_id)
    page = first.submit(first.get(case), f"{case}/claim")
    empty = first.submit(page, f"{case}/reject", reason=" ")
    assert empty.status == 422
    preview = first.client.post(
        f"{case}/letter-preview",
        data={"csrf_token": page.csrf_token, "outcome": "reject", "reason": "要件を満たしません。"},
    )
    assert preview.mimetype == "application/pdf"
    assert first.submit(page, f"{case}/reject", reason="要件を満たしません。").path == "/staff/applications"
    assert f"{case}/confirm" not in str(first.submit(first.get(case), f"{case}/claim").links())
    assert first.post(f"{case}/confirm", {}, page=first.get(case)).status == 409
    first.post(f"{case}/release", {}, page=first.get(case))
    listed = second.get("/staff/applications?who=second")
    assert [link for link in listed.links() if link.startswith(case)] == [f"{case}?who=second"]
    page = second.submit(second.get(case), f"{case}/claim")
    assert second.submit(page, f"{case}/confirm").status == 200
    assert "要件を満たしません。" in second.get(case).text
    worker.run_pending()
    hanako = resident_client("hanako")
    assert f"/applications/{case_id}/letters" in hanako.get(f"/applications/{case_id}").links()
    letters = hanako.get(f"/applications/{case_id}/letters")
    (pdf,) = [link for link in letters.links() if "/letters/" in link]
    assert hanako.client.get(pdf).mimetype == "application/pdf"
    assert resident_client("taro").get(pdf).status == 404
    assert "本人が開きました" in second.get(case).text
    assert "お知らせ" in hanako.get("/mailbox").text


def test_notes_opinions_and_their_refusals(city: Database, send: Send, staff_of: SignIn, team: Staff) -> None:
    clerk, expert, case_id = staff_of(cast.PROCESSOR), staff_of(cast.EXPERT), send("care-certification")
    case = case_page(case_id)
    assert clerk.submit(clerk.get(case), f"{case}/notes", note="").status == 422
    assert "電話済み" in clerk.submit(clerk.get(case), f"{case}/notes", note="電話済み").text
    wrong = clerk.submit(clerk.get(case), f"{case}/opinions", section_id="", question="対象ですか")
    assert wrong.status == 422
    assert "対象ですか" in wrong.text
    asked = clerk.submit(wrong, f"{case}/opinions", section_id=str(team.section), question="対象ですか", share="kind")
    assert asked.status == 200
    assert expert.get(case).status == 404, "another section's procedure"
    assert expert.post(f"{case}/release", page=expert.get("/staff/opinions")).status == 404
    listed = expert.get("/staff/opinions")
    (link,) = [link for link in listed.links() if link.startswith("/staff/opinions/")]
    assert expert.submit(expert.get(link), link, answer="").status == 422
    assert expert.submit(expert.get(link), link, answer="対象です").path == "/staff/opinions"
    assert "対象です" in clerk.get(case).text


def test_many_are_decided_on_one_page(city: Database, send: Send, staff_client: StaffClient, worker: Worker) -> None:
    clerk, ids = staff_client(Role.PROCESSOR), [send("child-medical-aid"), send("child-allowance")]
    page = clerk.get("/staff/applications")
    together = "/staff/applications/together"
    for chosen, status in (([], 422), (ids, 422), (ids[:1], 200)):
        shown = clerk.post(together, {"case": [str(one) for one in chosen]}, page=page)
        assert shown.status == status
    (action,) = [form.get("action") or "" for form in shown.find("form") if together in (form.get("action") or "")]
    assert clerk.submit(shown, action, outcome="reject").status == 422
    progress = clerk.submit(shown, action, outcome="approve")
    assert progress.path == action
    worker.run_pending()
    assert "すべての案件を決定しました" in clerk.get(action).text
    with as_(city, CLERK) as session:
        assert service.summary(session, ids[0]).is_ready


def test_a_clerk_is_told_what_became_of_a_case_and_that_it_was_lost(
    city: Database, send: Send, staff_of: SignIn, team: Staff
) -> None:
    naoto, chief, case_id = staff_of(cast.PROCESSOR), staff_of(cast.SUPERVISOR), send("child-medical-aid")
    case = case_page(case_id)
    mine = naoto.submit(naoto.get(case), f"{case}/claim")
    chief.post(f"{case}/take-over", {}, page=chief.get(case))
    comment = next(field for field in mine.find("input") if (field.get("name") or "").startswith("comment-"))
    typed = {str(comment.get("name")): "番地が違います。"}
    for action, fields in (("ready", {}), ("reject", {"reason": "要件を満たしません。"}), ("correction", typed)):
        lost = naoto.post(f"{case}/{action}", fields, page=mine)
        assert (lost.status, lost.heading) == (409, mine.heading)  # still the page of the case
        assert "今、この案件を担当していません。" in lost.text
    done = chief.submit(chief.get(case), f"{case}/ready")
    assert done.path == "/staff/applications"
    (told,) = done.find("div", class_="banner--success")
    with as_(city, team.naoto) as session:
        assert service.summary(session, case_id).reference in words_of(told)
    late = naoto.post(f"{case}/ready", {}, page=mine)
    assert (late.status, late.heading) == (409, mine.heading)
    assert naoto.get("/staff/applications?done=x").status == 200
