"""Documents of a tender: kept sealed and secret in the draft, then for everybody, and never replaced."""

import io
import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from portal.companies.models import BusinessNotice
from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Record
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.files import rules as file_rules
from portal.files import service as files
from portal.files.clamd import Verdict
from portal.files.models import File, FilePart
from portal.procurement import tender_days, tenders
from portal.procurement.models import Tender, TenderRelease
from portal.procurement.papers import rules, service, shelf
from portal.procurement.papers.models import TenderPaper
from portal.procurement.papers.service import Said
from portal.procurement.rules import TenderMoved
from portal.web.access import NotFound
from tests.browser import Page, Visitor, filled_in
from tests.conftest import StaffClient
from tests.portal.companies.people import BusinessClient
from tests.portal.files import papers, published
from tests.portal.procurement import city
from tests.portal.procurement.desk import press, write
from tests.portal.procurement.test_open_data import judged
from tests.portal.procurement.test_tenders import deadline_passes, the_tender

BASE = "https://city.example"
RING = Settings().file_ring


def add(
    session: Session, actor: Actor, tender: Tender, *, content: bytes = b"", instead: UUID | None = None,
    title: str = "仕様書", scan: Any = None,
) -> UUID:  # fmt: skip
    prepared = files.prepare_published(f"{title}.pdf", content or papers.pdf(), megabytes=20, scan=scan)
    said = Said(title, "technicalSpecifications", "ja", instead)
    return service.add(session, RING, actor, tender.id, tender.version, said, prepared, base=BASE)


def draft(session: Session, actor: Actor, **others: Any) -> Tender:
    return tenders.write(session, actor, city.facts(documents=[], **others), ocid_prefix=city.PREFIX)


def bodies(session: Session, tender: Tender) -> list[dict[str, Any]]:
    query = select(TenderRelease.body).where(TenderRelease.tender_id == tender.id).order_by(TenderRelease.number)
    return list(session.scalars(query))


def upload(page: Page, kaoru: Visitor, content: bytes, name: str, **fields: str) -> Page:
    here = page.path.removesuffix("/papers")
    opened = kaoru.get(f"{here}/papers")
    typed = {"title": "仕様書", "kind": "technicalSpecifications", "language": "ja", **fields}
    form = next(opened.find("form", enctype="multipart/form-data"))
    known = filled_in(form) | typed | {"file": (io.BytesIO(content), name)}
    return kaoru.post(f"{here}/papers", known, page=opened)


def of_tender(number: str, page: Page) -> Sequence[str]:
    """Addresses of its documents on a page, in order."""
    return [link for link in page.links() if re.fullmatch(rf"/business/tenders/{number}/papers/[0-9a-f-]{{36}}", link)]


def test_from_the_upload_to_everybodys_download(
    app: Flask, database: Database, town: None, staff_client: StaffClient, business_client: BusinessClient
) -> None:
    kaoru, stranger, shoko = staff_client(Role.BUYER), Visitor(app), business_client("shoko")
    page = write(kaoru, documents="")
    word = published.office()
    kept = upload(page, kaoru, word, "../仕様書 最終.docx")
    assert "入札と一緒に公表されます。" in kept.text
    tender = the_tender(database)
    with database.command("look") as session:
        paper = session.scalars(select(TenderPaper)).one()
    own, public = f"{page.path}/papers/{paper.id}", f"/business/tenders/{tender.number}/papers/{paper.id}"
    assert stranger.get(public).status == 404, "nobody outside sees a draft's"
    assert shoko.get(public).status == 404
    assert shoko.get(own).status in (403, 404)
    assert kaoru.get(own).body == word
    press(kaoru, page, "publish")
    shown = stranger.get(f"/business/tenders/{tender.number}")
    assert of_tender(tender.number, shown) == [public]
    for words in ("仕様書・図面", "仕様書 最終.docx", "1 KB", "日本語"):
        assert words in shown.text
    got = stranger.get(public)
    assert (got.status, got.body) == (200, word)
    assert got.headers["Content-Type"] == file_rules.MIME[file_rules.Content.DOCX]
    assert (
        got.headers["Content-Disposition"]
        == "attachment; filename*=UTF-8''%E4%BB%95%E6%A7%98%E6%9B%B8%20%E6%9C%80%E7%B5%82.docx"
    )
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert "Set-Cookie" not in got.headers
    with database.command("nothing to open") as session:
        session.execute(delete(FilePart))
    again = stranger.get(public, headers={"If-None-Match": got.headers["ETag"]})
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", got.headers["ETag"])
    assert "Set-Cookie" not in again.headers
    with database.command("look") as session:
        notice = session.scalars(select(BusinessNotice)).one()
        assert notice.facts["documents"] == 1
    letter = next(link for link in shoko.get("/business/mailbox").links() if str(notice.id) in link)
    assert "書類は1件です。" in shoko.get(letter).text
    assert re.search(r"17[:時]", shoko.get(letter).text), "with the time of day"


def test_nobody_is_followed_who_fetches(
    app: Flask, database: Database, town: None, business_client: BusinessClient
) -> None:
    with database.command("city") as session:
        buyer = city.chief(session)
        tender = draft(session, buyer)
        paper = add(session, buyer, tender)
        tenders.publish(session, buyer, tender.id, tender.version)
        number = tender.number
    shoko = business_client("shoko")

    def written() -> int:
        with database.command("look") as session:
            return session.scalar(select(func.count()).select_from(Record)) or 0

    before = written()
    for visitor in (Visitor(app), shoko):
        assert visitor.get(f"/business/tenders/{number}/papers/{paper}").status == 200
    assert written() == before


def test_a_new_version_stands_beside_the_old_one(
    app: Flask, database: Database, town: None, staff_client: StaffClient
) -> None:
    kaoru, stranger = staff_client(Role.BUYER), Visitor(app)
    page = write(kaoru, documents="別紙 https://city.example/b.pdf")
    first, second = papers.pdf(1), papers.pdf(2)
    upload(page, kaoru, first, "a.pdf")
    press(kaoru, page, "publish")
    number = the_tender(database).number
    (old,) = of_tender(number, stranger.get(f"/business/tenders/{number}"))
    waits = upload(page, kaoru, second, "b.pdf", instead=old.rpartition("/")[2])
    assert "まだ公表していない書類" in waits.text
    assert of_tender(number, stranger.get(f"/business/tenders/{number}")) == [old], "not before the amendment"
    assert kaoru.submit(waits, f"{page.path}/papers/publish", why="").status == 422
    done = kaoru.submit(waits, f"{page.path}/papers/publish", why="寸法を直しました。")
    assert done.status == 200, done.text
    shown = stranger.get(f"/business/tenders/{number}")
    new, kept = of_tender(number, shown)
    assert kept == old
    assert stranger.get(new).body == second
    assert stranger.get(old).body == first, "who relied on it finds it"
    with database.command("look") as session:
        tender = session.scalars(select(Tender)).one()
        before, after = (body["tender"]["documents"] for body in bodies(session, tender))
        titles = session.scalars(select(BusinessNotice.title).order_by(BusinessNotice.sent_at)).all()
    assert "Tender changed: %(title)s" in titles
    assert [one["id"] for one in before] == [one["id"] for one in after], "the same documents, and the link"
    assert before[0]["url"].endswith(old)
    assert after[0]["url"].endswith(new)
    assert (
        before[0]["datePublished"] == before[0]["dateModified"] == after[0]["datePublished"] <= after[0]["dateModified"]
    )
    assert after[0] | {"url": "", "dateModified": "", "datePublished": ""} == {
        "id": old.rpartition("/")[2], "documentType": "technicalSpecifications", "title": "仕様書", "url": "",
        "datePublished": "", "dateModified": "", "format": "application/pdf", "language": "ja",
    }  # fmt: skip
    package = stranger.get("/open/ocds/records.json").body
    assert judged(package, "record-package-schema.json") == []
    (record,) = json.loads(package)["records"]
    assert record["compiledRelease"]["tender"]["documents"][0] == after[0]
    found = stranger.get(f"/open/kkj?Project_Name={the_tender(database).title}").body.decode()
    assert found.index(f"<Uri>{after[0]['url']}</Uri>") < found.index("https://city.example/b.pdf")


def test_history_is_not_rewritten_by_papers(database: Database) -> None:
    with database.command("city") as session:
        buyer = city.open_city(session)
        tender = draft(session, buyer)
        first = add(session, buyer, tender)
        tenders.plan(session, buyer, tender.id, tender.version)
        kept = bodies(session, tender)
        add(session, buyer, tender, content=papers.pdf(2), instead=first)
        tenders.publish(session, buyer, tender.id, tender.version)
        assert bodies(session, tender)[: len(kept)] == kept
        tenders.cancel(session, buyer, tender.id, tender.version, "取りやめ")
        found = shelf.public(shelf.all_of(session, tender.id))
        assert [(one.now.row.version, [old.row.version for old in one.before]) for one in found] == [(2, [1])]
        for one in (found[0].now, *found[0].before):
            opened = service.opened(session, RING, service.public(session, tender.number, one.row.id))
            assert opened.content.startswith(b"%PDF-"), "it stays after the end"


def test_a_replaced_paper_gives_companies_their_days_and_an_added_one_does_not(database: Database, town: None) -> None:
    with database.command("city") as session:
        buyer = city.chief(session)
        tender = draft(session, buyer)
        first = add(session, buyer, tender)
        tenders.publish(session, buyer, tender.id, tender.version)
        late = tender.submissions_until - timedelta(hours=2)
        with clock.freeze(late):
            add(session, buyer, tender, title="別紙")
            service.amend(session, RING, buyer, tender.id, tender.version, "別紙を足しました。")
            with pytest.raises(service.rules.NothingWaits):
                service.amend(session, RING, buyer, tender.id, tender.version, "もう一度")
            second = add(session, buyer, tender, content=papers.pdf(2), instead=first)
            with pytest.raises(tenders.rules.TooShort):
                service.amend(session, RING, buyer, tender.id, tender.version, "差し替えました。")
            assert session.get_one(TenderPaper, second).published_at is None
        with clock.freeze(tender.submissions_until + timedelta(minutes=1)), pytest.raises(tender_days.DeadlineOver):
            add(session, buyer, tender)


def test_what_is_public_is_not_taken_out(database: Database, town: None) -> None:
    with database.command("city") as session:
        buyer = city.chief(session)
        tender = draft(session, buyer)
        public = add(session, buyer, tender)
        gone = add(session, buyer, tender)
        service.drop(session, buyer, tender.id, tender.version, gone)
        assert session.scalar(select(func.count()).select_from(File)) == 1
        assert session.scalar(select(func.count(FilePart.file_id.distinct()))) == 1
        tenders.publish(session, buyer, tender.id, tender.version)
        tender_id, version = tender.id, tender.version
    with pytest.raises(rules.PaperStays), database.command("drop") as session:
        service.drop(session, city.chief(session), tender_id, version, public)
    with database.command("look") as session:
        assert [one.row.id for one in shelf.all_of(session, tender_id)] == [public]


def test_who_saw_an_older_state_is_told(database: Database, town: None) -> None:
    """A document that a colleague added meanwhile is not published unseen."""
    with database.command("city") as session:
        buyer = city.chief(session)
        tender = draft(session, buyer)
        seen = tender.version
        add(session, buyer, tender)
        with pytest.raises(TenderMoved):
            tenders.publish(session, buyer, tender.id, seen)


def test_a_waiting_version_is_replaced_and_limits_hold(
    database: Database, town: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.command("city") as session:
        buyer = city.chief(session)
        tender = draft(session, buyer)
        first = add(session, buyer, tender)
        tenders.publish(session, buyer, tender.id, tender.version)
        for pages in (2, 3):
            add(session, buyer, tender, content=papers.pdf(pages), instead=first)
        (waiting,) = shelf.waiting(shelf.all_of(session, tender.id))
        assert (waiting.row.version, waiting.file.pages) == (2, 3)
        monkeypatch.setattr(rules, "MOST", 2)
        with pytest.raises(rules.PapersFull):
            add(session, buyer, tender)
        add(session, buyer, tender, instead=first)


def test_nothing_unchecked_becomes_public(database: Database, town: None) -> None:
    with database.command("city") as session:
        buyer = city.chief(session)
        tender = draft(session, buyer)
        paper = add(session, buyer, tender, scan=lambda _content: Verdict.UNKNOWN)
        with pytest.raises(rules.PaperNotChecked):
            tenders.publish(session, buyer, tender.id, tender.version)
        with pytest.raises(file_rules.FileNotChecked):
            service.open_own(session, RING, buyer, tender.id, paper)
        files.check_waiting(session, {}, ring=RING, scan=lambda _content: Verdict.CLEAN)
        session.flush()
        session.expire_all()
        tenders.publish(session, buyer, tender.id, tender.version)
        add(session, buyer, tender, title="別紙", scan=lambda _content: Verdict.UNKNOWN)
        files.check_waiting(session, {}, ring=RING, scan=lambda _content: Verdict.INFECTED)
        session.flush()
        session.expire_all()
        assert [one.row.id for one in shelf.all_of(session, tender.id)] == [paper], "found in time"


def test_no_other_body_and_no_other_tender_opens_it(database: Database, town: None) -> None:
    with database.command("city") as session:
        buyer = city.chief(session)
        tender, other = draft(session, buyer), city.published(session, buyer)
        paper = add(session, buyer, tender)
        for number in (tender.number, other.number, "unknown"):
            with pytest.raises(file_rules.FileNotFound):
                service.public(session, number, paper)
        with pytest.raises(file_rules.FileNotFound):
            service.open_own(session, RING, buyer, other.id, paper)
        session.execute(update(Tender).where(Tender.id == tender.id).values(agency_code="suido"))
        session.refresh(tender)
        with pytest.raises(NotFound):
            service.open_own(session, RING, buyer, tender.id, paper)
        with pytest.raises(NotFound):
            add(session, buyer, tender)


def test_the_content_lies_sealed(database: Database, town: None) -> None:
    with database.command("city") as session:
        buyer = city.chief(session)
        add(session, buyer, draft(session, buyer), content=papers.pdf(note=b"planted secret price"))
        stored = b"".join(session.scalars(select(FilePart.sealed)))
        assert b"planted secret price" not in stored


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"MZ\x90", "どれでもありません"),
        (published.zipped({"a.exe": b"MZ"}), "a.exe"),
        (b"", "ファイルを選んでください"),
    ],
)
def test_a_file_that_cannot_be_taken_is_said_at_its_field(
    database: Database, town: None, staff_client: StaffClient, content: bytes, words: str
) -> None:
    kaoru = staff_client(Role.BUYER)
    page = write(kaoru)
    name = "a.pdf" if content else ""
    refused = upload(page, kaoru, content, name, title="消えない題名")
    assert refused.status == 422
    assert words in refused.text
    assert next(refused.find("input", id="title")).get("value") == "消えない題名"
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(TenderPaper)) == 0


def test_after_the_deadline_the_page_only_shows(database: Database, town: None, staff_client: StaffClient) -> None:
    kaoru = staff_client(Role.BUYER)
    page = write(kaoru)
    upload(page, kaoru, papers.pdf(), "a.pdf")
    page = press(kaoru, page, "publish")
    deadline_passes(database)
    shown = kaoru.get(f"{page.path}/papers")
    assert [form for form in shown.find("form") if "/papers" in (form.get("action") or "")] == []
    assert any(link.startswith(f"{page.path}/papers/") for link in shown.links())
