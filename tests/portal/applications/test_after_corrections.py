"""What comes of a correction at the window: who is no second person then, what is asked besides, new documents."""

import io
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from portal.applications import cases, service
from portal.applications.assisted import corrections
from portal.applications.casework.rules import SecondPersonNeeded
from portal.applications.models import Application
from portal.applications.procedures.schema import Kind as Field
from portal.core import clock
from portal.core.actor import Actor
from portal.core.permissions import Role
from portal.core.uow import Database
from tests.conftest import StaffClient
from tests.portal.applications import filled, people
from tests.portal.applications.people import CLERK, COLLEAGUE, as_, one
from tests.portal.applications.test_assisted import (
    DESK,
    MADOKA,
    open_person,
)
from tests.portal.applications.test_assisted_corrections import ask, send, sit, write
from tests.portal.files.papers import photo
from tests.portal.reservations.visits import TUESDAY


@pytest.fixture(autouse=True)
def noon(database: Database) -> Iterator[None]:
    with clock.freeze(TUESDAY):
        yield


def test_who_corrected_it_with_the_person_is_no_second_person(city: Database, hanako: Actor) -> None:
    helper = replace(COLLEAGUE, display_name="架空 悟")
    case = _sent_by(city, hanako, "child-rearing-allowance")
    with city.command("look") as session:
        fields = cases.procedure_of(session.get_one(Application, case)).fields()
        phone = next(field.name for field in fields if field.type is Field.PHONE)
    ask(city, case, phone)
    sit(city, helper, hanako, case)
    write(city, helper, case, {phone: one("043-000-0002")})
    send(city, helper, case, confirmed="signed-paper")
    with as_(city, CLERK) as session:
        service.claim(session, case, CLERK)
        assert not service.decide(session, case, CLERK, service.Outcome.APPROVE)
    with as_(city, helper) as session:
        service.claim(session, case, helper)
    with as_(city, helper) as session, pytest.raises(SecondPersonNeeded):
        service.confirm(session, case, helper)


def test_a_question_that_follows_is_asked_and_read_through_too(city: Database, hanako: Actor) -> None:
    case = people.send(city, hanako, clock.today())
    ask(city, case, "joins")
    sit(city, MADOKA, hanako, case)
    missing = write(city, MADOKA, case, {"joins": one("yes")})
    assert missing
    with city.command("look") as session:
        kept = session.get_one(Application, case)
        fields = corrections.corrected(session, kept).fields
        more = {field.name for field in fields} - {"joins"}
    assert more


def test_a_better_photo_at_the_window(city: Database, hanako: Actor, staff_client: StaffClient) -> None:
    case = _sent_by(city, hanako, "disaster-certificate")
    ask(city, case, "damage_photos", "暗くて見えません")
    desk = staff_client(Role.WINDOW)
    page = open_person(desk)
    page = desk.submit(page, f"{page.path}/identity/document", document="passport")
    form = desk.submit(page, f"{page.path}/correct", application=str(case))
    papers = next(link for link in form.links() if "/documents/" in link)
    page = desk.get(papers)
    assert page.path.startswith(f"{DESK}/{case}/correction/documents/")
    upload = {"csrf_token": page.csrf_token, "act": "add", "damage_photos": (io.BytesIO(photo()), "明るい.jpg")}
    page = desk._open("POST", page.path, data=upload, content_type="multipart/form-data")
    picture = next(link for link in page.links() if "/files/" in link)
    assert picture.startswith(f"{DESK}/{case}/correction/files/")
    assert desk.client.get(picture, headers=desk.headers).mimetype == "image/jpeg"
    form = desk.submit(page, page.path, act="on")
    assert form.path == f"{DESK}/{case}/correction"
    check = desk.submit(form, form.path)
    assert "明るい.jpg" in check.text
    assert desk.submit(check, f"{form.path}/submit", confirmed="read-aloud").path == f"{form.path}/sent"


def _sent_by(database: Database, person: Actor, procedure: str) -> UUID:
    assert person.id
    with as_(database, person) as session:
        draft = service.start_draft(session, person.id, procedure)
        case = draft.id
        while left := [one.section for one in service.pages(draft) if one.state != "done"]:
            typed = filled.typed_page(cases.procedure_of(draft), left[0], draft.answers, draft.known)
            assert service.save_page(session, person, case, left[0].name, typed).faults == {}
        service.submit(session, person, case)
    return case
