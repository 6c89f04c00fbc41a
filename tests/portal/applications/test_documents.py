"""Documents with an application: added page by page, seen by those whose task it is, gone when they are announced to go."""

import io
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from portal.applications import cases, service
from portal.applications.attachments import pages
from portal.applications.models import Application
from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo.casework import Staff
from portal.demo.devices import enrol_machines, key_of
from portal.devices import service as devices
from portal.devices.service import recognise
from portal.files.models import File, FilePart
from portal.rounds import PERIODIC
from portal.web.hall import Hall
from portal.wiring import work
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.portal.applications import filled, people
from tests.portal.devices.test_tokens import Machine
from tests.portal.files import papers, scanner

DOCUMENTS = "/applications/{}/documents/documents"
Begun = Callable[..., UUID]


@pytest.fixture
def begun(database: Database, cast_residents: None) -> Begun:
    """A disaster certificate as 花子 typed it: everything but its documents."""

    def begin(name: str = "disaster-certificate", *, sent: bool = False) -> UUID:
        actor = people.person(database)
        assert actor.id is not None
        with people.as_(database, actor) as session:
            draft = service.start_draft(session, actor.id, name)
        procedure = cases.procedure_of(draft)
        typed_pages(database, actor, draft.id, procedure)
        if sent:
            with people.as_(database, actor) as session:
                service.submit(session, actor, draft.id)
        return draft.id

    return begin


def typed_pages(database: Database, actor: Actor, draft_id: UUID, procedure: Any) -> None:
    passed: set[str] = set()
    while True:
        with people.as_(database, actor) as session:
            draft = session.get_one(Application, draft_id)
            left = [page.section for page in service.pages(draft) if page.section.name not in passed]
            if not left:
                return
            typed = filled.typed_page(procedure, left[0], draft.answers, draft.known)
            assert service.save_page(session, actor, draft_id, left[0].name, typed).faults == {}
            passed.add(left[0].name)


def send(visitor: Visitor, case: UUID, act: str = "add", **files: Any) -> Page:
    """Post the page of documents: `damage_photos=[(name, bytes), …]`."""
    page = visitor.get(DOCUMENTS.format(case))
    data: dict[str, Any] = {"csrf_token": page.csrf_token, "act": act}
    for field, ones in files.items():
        data[field] = [(io.BytesIO(content), name) for name, content in ones]
    return visitor._open("POST", DOCUMENTS.format(case), data=data, content_type="multipart/form-data")


def count(database: Database, table: Any = File) -> int:
    with database.command("look") as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_photos_are_added_looked_at_replaced_and_sent(
    begun: Begun, resident_client: ResidentClient, staff_client: StaffClient, database: Database
) -> None:
    case, hanako = begun(), resident_client("hanako")
    check = hanako.get(f"/applications/{case}/check")
    assert "写真" in check.text
    page = send(
        hanako, case, damage_photos=[("北.jpg", papers.photo()), ("南.png", papers.photo(colour="red", form="PNG"))]
    )
    assert (page.status, page.path) == (200, DOCUMENTS.format(case))
    assert "北.jpg" in page.text
    assert "南.jpg" in page.text
    page = send(hanako, case, damage_photos=[("また北.jpg", papers.photo())])
    assert "また北" not in page.text, "the same photo twice is one photo"
    small = hanako.get(next(image.get("src") or "" for image in page.find("img")))
    assert (small.headers["Content-Type"], small.headers["Cache-Control"]) == ("image/jpeg", "no-store")
    north, south = (link for link in page.links() if "/files/" in link)
    shown = hanako.get(north)
    assert shown.headers["Content-Disposition"] == "inline; filename*=UTF-8''%E5%8C%97.jpg"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    page = send(hanako, case, f"remove:{south.rpartition('/')[2]}")
    assert "南.jpg" not in page.text
    assert hanako.get(south).status == 404
    page = send(hanako, case, "on", damage_photos=[("西.jpg", papers.photo(colour="green"))])
    assert page.path == f"/applications/{case}/check"
    assert "北.jpg 西.jpg" in page.text
    hanako.submit(page, f"/applications/{case}/submit")
    _staff_opens(staff_client, database, case, north.rpartition("/")[2])
    assert (count(database), hanako.get(DOCUMENTS.format(case)).path) == (2, f"/applications/{case}")


def _staff_opens(staff_client: StaffClient, database: Database, case: UUID, file: str) -> None:
    """Only who has the case opens its documents, and it is on record."""
    clerk, path = staff_client(Role.PROCESSOR), f"/staff/applications/{case}/files/{file}"
    page = clerk.get(f"/staff/applications/{case}")
    assert "北.jpg" in page.text
    assert path not in page.links()
    assert clerk.get(path).status == 409
    page = clerk.submit(page, f"/staff/applications/{case}/claim")
    assert path in page.links()
    assert clerk.get(path).headers["Content-Type"] == "image/jpeg"
    assert staff_client(Role.WINDOW).get(path).status == 404
    assert staff_client(Role.EXPERT).get(path).status == 404, "a section opens only what it works on"
    from portal.core.audit import Record

    with database.command("look") as session:
        looks = session.scalars(select(Record).where(Record.what == "files", Record.action == "look")).all()
    assert [(look.why, bool(look.case_ref)) for look in looks] == [("review", True)]


def test_somebody_elses_documents_look_like_none(begun: Begun, resident_client: ResidentClient, app: Flask) -> None:
    case, hanako, ichiro = begun(), resident_client("hanako"), resident_client("ichiro")
    page = send(hanako, case, damage_photos=[("a.jpg", papers.photo())])
    file = next(link for link in page.links() if "/files/" in link)
    token = ichiro.get("/account").csrf_token
    for path in (file, f"{file}/preview", DOCUMENTS.format(case), file.replace(str(case), str(uuid4()))):
        assert ichiro.get(path).status == 404
    answer = ichiro._open("POST", DOCUMENTS.format(case), data={"csrf_token": token, "act": f"remove:{file[-36:]}"})
    assert answer.status == 404
    assert hanako.get(file).status == 200
    assert hanako.get(file.replace(file[-36:], str(uuid4()))).status == 404
    assert Visitor(app).get(file).path == "/sign-in"


WRONG = [
    ([("a.jpg", b"")], "空"),
    ([("a.pdf", papers.pdf())], "a.pdf"),
    ([("a.jpg", papers.HEIC)], "HEIC"),
    ([(f"{n}.jpg", papers.photo(n + 1, 1)) for n in range(13)], "12"),
    ([("a.jpg", papers.photo()), ("b.jpg", papers.HTML)], "b.jpg"),
]


def test_what_cannot_be_taken_is_said_and_the_rest_is_kept(
    begun: Begun, resident_client: ResidentClient, database: Database
) -> None:
    case, hanako = begun(), resident_client("hanako")
    for sent, said in WRONG:
        page = send(hanako, case, "on", damage_photos=sent)
        assert page.status == 422
        assert said in page.text
        with database.command("begin anew") as session:
            good = [name for name, content in sent if content.startswith(b"\xff\xd8")]
            assert session.scalar(select(func.count()).select_from(File)) == min(len(good), 12)
            session.execute(delete(File))


def test_other_questions_other_pages_and_junk_take_no_files(
    begun: Begun, resident_client: ResidentClient, database: Database
) -> None:
    case, hanako = begun(), resident_client("hanako")
    photo = [("a.jpg", papers.photo())]
    assert send(hanako, case, damage=photo).status == 404
    assert send(hanako, case, "remove:x").status == 404
    assert send(hanako, case, f"remove:{uuid4()}").status == 200
    token = hanako.get(DOCUMENTS.format(case)).csrf_token
    for section in ("damage", "none"):
        assert hanako._open("POST", DOCUMENTS.format(case)[:-9] + section, data={"csrf_token": token}).status == 404
    many = {f"x{n}": "1" for n in range(1_500)}
    data = {"csrf_token": token, **many, "damage_photos": (io.BytesIO(papers.photo()), "a.jpg")}
    assert hanako._open("POST", DOCUMENTS.format(case), data=data).status == 413
    assert count(database) == 0


def test_files_without_end_are_not_looked_through(
    begun: Begun, resident_client: ResidentClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "FILES", 3)
    case, hanako = begun(), resident_client("hanako")
    photos = [("a.jpg", papers.photo()), ("b.jpg", papers.photo(9, 9))]
    assert [send(hanako, case, damage_photos=photos).status for _ in range(2)] == [200, 429]
    assert send(hanako, case, "on").path == f"/applications/{case}/check", "what is there can be sent"


def test_too_much_at_once_is_told_with_the_way_back(
    begun: Begun, resident_client: ResidentClient, app: Flask, database: Database, settings: Settings
) -> None:
    small = settings.model_copy(update={"case_megabytes": 1, "file_megabytes": 1})
    app.extensions["portal"] = Hall(small, database, recognise)
    case, hanako = begun(), resident_client("hanako")
    back = {"Referer": f"http://localhost{DOCUMENTS.format(case)}"}
    hanako.headers |= back
    page = send(hanako, case, damage_photos=[("a.jpg", papers.photo() + bytes(1_500_000))] * 2)
    assert page.status == 413
    assert "1 MB" in page.text
    assert DOCUMENTS.format(case) in page.links()
    noise = [("a.jpg", papers.noise(1)), ("b.jpg", papers.noise(2)), ("c.jpg", papers.noise(3))]
    assert send(hanako, case, damage_photos=noise[:2]).status == 200
    assert send(hanako, case, damage_photos=noise[2:]).status == 422
    with database.command("look") as session:
        assert 0 < (session.scalar(select(func.sum(File.size))) or 0) <= 1_000_000


def test_an_infected_file_is_refused_or_goes_as_soon_as_it_is_found(
    begun: Begun, resident_client: ResidentClient, app: Flask, database: Database, settings: Settings, tmp_path: Path
) -> None:
    guarded = settings.model_copy(update={"clamd": str(tmp_path / "clamd.sock")})
    app.extensions["portal"] = Hall(guarded, database, recognise)
    case, hanako = begun("scholarship-reduction"), resident_client("hanako")
    bad = [("a.pdf", papers.pdf(note=scanner.EICAR))]
    with scanner.daemon(tmp_path):
        assert send(hanako, case, income_paper=bad).status == 422
    assert count(database) == 0
    assert "a.pdf" in send(hanako, case, "on", income_paper=bad).text
    hanako.submit(hanako.get(f"/applications/{case}/check"), f"/applications/{case}/submit")
    worker = Worker(database, work(guarded), PERIODIC)
    with scanner.daemon(tmp_path):
        worker.post_periodic()
        worker.run_pending()
    assert (count(database), count(database, FilePart)) == (0, 0)
    page = hanako.get(f"/applications/{case}")
    assert "ウイルス" in page.text
    assert "a.pdf" not in page.text


def test_a_request_for_correction_brings_a_better_photo(
    begun: Begun, resident_client: ResidentClient, staff_client: StaffClient, database: Database
) -> None:
    case, hanako = begun(), resident_client("hanako")
    send(hanako, case, "on", damage_photos=[("暗い.jpg", papers.photo(colour="black"))])
    hanako.submit(hanako.get(f"/applications/{case}/check"), f"/applications/{case}/submit")
    clerk = staff_client(Role.PROCESSOR)
    page = clerk.submit(clerk.get(f"/staff/applications/{case}"), f"/staff/applications/{case}/claim")
    words = {"reason-damage_photos": "incorrect", "comment-damage_photos": "暗くて見えません"}
    clerk.submit(page, f"/staff/applications/{case}/correction", **words)
    page = hanako.get(f"/applications/{case}/correction")
    assert DOCUMENTS.format(case) in page.links()
    page = send(hanako, case, damage_photos=[("明るい.jpg", papers.photo(colour="white"))])
    dark = next(link for link in page.links() if "/files/" in link)
    assert send(hanako, case, f"remove:{dark[-36:]}", rental_contract=[]).status == 200
    page = send(hanako, case, "on")
    assert page.path == f"/applications/{case}/correction"
    page = hanako.submit(page, f"/applications/{case}/correction")
    assert "明るい.jpg" in page.text
    assert "暗い.jpg" not in page.text


def test_documents_go_with_the_draft_and_with_the_case(
    begun: Begun, database: Database, app: Flask, resident_client: ResidentClient
) -> None:
    hanako = resident_client("hanako")
    case = begun()
    send(hanako, case, damage_photos=[("a.jpg", papers.photo())])
    hanako.submit(hanako.get(f"/applications/{case}/withdraw"), f"/applications/{case}/withdraw")
    assert (count(database), count(database, FilePart)) == (0, 0)
    case = begun()
    send(hanako, case, damage_photos=[("a.jpg", papers.photo())])
    with database.command("age") as session:
        session.get_one(Application, case).expires_at = clock.now() - timedelta(days=1)
    with database.job("forget") as session:
        service.forget_expired(session, {})
    assert count(database, FilePart) == 0
    case = begun()
    send(hanako, case, "on", damage_photos=[("a.jpg", papers.photo())])
    hanako.submit(hanako.get(f"/applications/{case}/check"), f"/applications/{case}/submit")
    hanako.submit(hanako.get(f"/applications/{case}/withdraw"), f"/applications/{case}/withdraw")
    assert count(database) == 1
    with database.command("age") as session:
        session.get_one(Application, case).ended_at = clock.now() - timedelta(days=1_826)
    with database.job("forget") as session:
        service.forget_contents(session, {})
    assert count(database, FilePart) == 0


def test_a_sections_system_fetches_documents_by_address_and_digest(
    begun: Begun,
    resident_client: ResidentClient,
    cast_staff: None,
    database: Database,
    app: Flask,
    worker: Worker,
    tmp_path: Path,
) -> None:
    case, hanako, procedure = begun(), people.person(database), "disaster-certificate"
    send(resident_client("hanako"), case, damage_photos=[("北.jpg", papers.photo())])
    with database.command("let in") as session:
        enrol_machines(session, tmp_path / "clients")
        service.allow_export(session, devices.known(session, "jidou-teate").id, procedure)
        naoto = Staff(session).naoto
    with people.as_(database, hanako) as session:
        service.submit(session, hanako, case)
    with people.as_(database, naoto) as session:
        service.claim(session, case, naoto)
        service.mark_ready(session, case, naoto)
    worker.run_pending()
    machine = Machine(app, key_of(tmp_path / "clients", "jidou-teate"), client_id="jidou-teate")
    token = (machine.ask(scope="cases").json or {})["access_token"]
    client, headers = app.test_client(), {"Authorization": f"Bearer {token}"}
    told = client.get(f"/api/v1/cases/{procedure}", headers=headers).json["items"][0]["content"]
    (photo,) = told["attachments"]
    assert told["answers"][photo["field"]] == [photo["id"]]
    fetched = client.get(photo["href"], headers=headers)
    assert (fetched.status_code, fetched.mimetype, len(fetched.data)) == (200, photo["media_type"], photo["size"])
    assert sha256(fetched.data).hexdigest() == photo["sha256"]
    assert photo["href"] in client.get(f"/api/v1/cases/{procedure}/csv", headers=headers).text
    elsewhere = [photo["href"].replace(photo["id"], str(uuid4())), photo["href"].replace("/1/", "/2/")]
    elsewhere.append(photo["href"].replace(procedure, "child-allowance"))
    assert [client.get(path, headers=headers).status_code for path in elsewhere] == [404] * 3
    assert client.get(photo["href"]).status_code == 401
