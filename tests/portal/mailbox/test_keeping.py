"""A mailbox in order: search that respects the sign-in, filters, putting away, labels, and a look that is bounded."""

import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import Engine, Uuid, bindparam, insert, select, text, update

from portal.core import clock
from portal.core.ids import new_id
from portal.core.uow import Database
from portal.demo import cast
from portal.demo.load import load_city
from portal.files import service as files
from portal.mailbox import listing, rules
from portal.mailbox import service as mailbox
from portal.mailbox.attachments import service as attachments
from portal.mailbox.keeping import finding, service
from portal.mailbox.keeping import rules as keeping_rules
from portal.mailbox.keeping.rules import Order, Show, Tidying
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.opening import Reader
from portal.mailbox.rules import HIDDEN_TITLE, Kind, Strength
from portal.residents import service as residents
from portal.web.hall import Hall
from portal.web.signed_in import WebSession
from tests.browser import Page
from tests.conftest import ResidentClient

SECTION = new_id()


@pytest.fixture
def hanako(database: Database, cast_residents: None) -> UUID:
    with database.command("look") as session:
        found = residents.find_by_number(session, cast.HANAKO.addressee_number)
        assert found
        return found.id


def put(session: Any, owner: UUID, title: str, body: str = "本文", **facts: Any) -> Notice:
    """A notice of a section in one mailbox."""
    now = clock.now()
    usual = {"kind": str(Kind.INFORMATION), "state": "sent", "section": "保険年金課", "section_id": SECTION}
    texts = {"ja": {"title": title, "body": body}}
    notice = Notice(**usual | {"texts": texts, "written_at": now, "sent_at": now} | facts)
    session.add(notice)
    session.flush()
    session.add(Delivery(resident_id=owner, notice_number=notice.number, delivered_at=now))
    session.flush()
    return notice


def titles(session: Any, owner: UUID, typed: str = "", *, assurance: int = 1, **asked: Any) -> list[str]:
    wanted = finding.Asked(terms=tuple(keeping_rules.terms(typed)), **asked)
    found = service.find(session, owner, wanted, language="ja", assurance=assurance)
    return [item.title for item in found.items]


@pytest.mark.parametrize(
    ("typed", "assurance", "found"),
    [
        ("ほけん", 1, ["ホケン料のお知らせ"]),
        ("ﾎｹﾝ", 1, ["ホケン料のお知らせ"]),
        ("ホケン　料の", 1, ["ホケン料のお知らせ"]),
        ("ＴＥＬ", 1, ["ホケン料のお知らせ"]),
        ("100%", 1, []),
        ("けっか", 1, []),
        ("けっか", 2, ["ケッカ"]),
        ("年金課", 1, ["ケッカ", "ホケン料のお知らせ"]),
        ("予約", 1, ["Your draft will be deleted in %(days)s days"]),
    ],
)
def test_a_search_finds_what_this_person_may_see(
    database: Database, hanako: UUID, typed: str, assurance: int, found: list[str]
) -> None:
    with database.command("fill") as session:
        put(session, hanako, "ホケン料のお知らせ", "tel 043")
        put(session, hanako, "ケッカ", strength=Strength.PASSKEY_OR_CARD)
        own = {"msgid": {"title": "Your draft will be deleted in %(days)s days", "body": "You can reserve a visit."}}
        put(session, hanako, "", key="k", section_id=None, section="窓口", texts=own, facts={"about": "予約"})
        put(session, new_id_of(session), "ホケン料のお知らせ（ほかの人）")
        assert titles(session, hanako, typed, assurance=assurance) == found


def new_id_of(session: Any) -> UUID:
    found = residents.find_by_number(session, cast.ICHIRO.addressee_number)
    assert found
    return found.id


def test_filters_sorting_putting_away_and_labels(database: Database, hanako: UUID) -> None:
    today = clock.today()
    with database.command("fill") as session:
        late = put(session, hanako, "遅", kind=str(Kind.TASK), due_on=today - timedelta(days=1))
        soon = put(session, hanako, "近", kind=str(Kind.REPLY), due_on=today + timedelta(days=1))
        told = put(session, hanako, "報", strength=Strength.PASSKEY_OR_CARD)
        reader = Reader(hanako, hanako)
        assert titles(session, hanako, show=Show.TODO) == ["近", "遅"]
        assert titles(session, hanako, show=Show.TODO, order=Order.DUE) == ["遅", "近"]
        label = service.add_label(session, hanako, "学校")
        assert service.tidy(session, reader, [soon.id, told.id], Tidying.LABEL, label=label) == 2
        assert titles(session, hanako, label=label) == ["報", "近"]
        assert service.tidy(session, reader, [late.id], Tidying.ARCHIVE) == 1
        assert titles(session, hanako) == ["報", "近"]
        assert titles(session, hanako, show=Show.ARCHIVED) == ["遅"]
        # What needs a stronger sign-in is not read by a box and a button.
        assert service.tidy(session, reader, [soon.id, told.id], Tidying.READ) == 1
        assert titles(session, hanako, show=Show.UNREAD) == ["報"]
        service.remove_label(session, hanako, label)
        session.expire_all()
        assert service.labels(session, hanako) == []
        assert titles(session, hanako, label=label) == []


def test_somebody_elses_notices_are_not_tidied(database: Database, hanako: UUID) -> None:
    with database.command("fill") as session:
        other = put(session, new_id_of(session), "ほか")
        assert service.tidy(session, Reader(hanako, hanako), [other.id], Tidying.ARCHIVE) == 0


def test_no_more_than_twenty_labels_and_none_twice(database: Database, hanako: UUID) -> None:
    with database.command("label") as session:
        for number in range(keeping_rules.MOST_LABELS):
            service.add_label(session, hanako, f"ラベル{number}")
        with pytest.raises(keeping_rules.LabelTaken):
            service.add_label(session, hanako, "ラベル0")
        with pytest.raises(keeping_rules.LabelsFull):
            service.add_label(session, hanako, "もう一つ")


def fill_with(database: Database, owner: UUID, many: int) -> None:
    now = clock.now()
    with database.command("fill") as session:
        texts = {"ja": {"title": "題", "body": "本文"}}
        usual = {"kind": "information", "state": "sent", "section": "課", "section_id": SECTION, "texts": texts}
        rows = [
            {"number": number, "id": new_id(), **usual, "written_at": now, "sent_at": now}
            for number in range(1, many + 1)
        ]
        session.execute(insert(Notice), rows)
        delivered = {"resident_id": owner, "delivered_at": now, "read_at": now}
        session.execute(insert(Delivery), [delivered | {"notice_number": row["number"]} for row in rows])


def test_a_page_looks_back_only_so_far_and_leads_further(
    database: Database, hanako: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "WINDOW", 30)
    fill_with(database, hanako, 75)
    with database.command("look") as session:
        before, seen, pages = None, [], 0
        asked = finding.Asked(terms=("ない言葉",))
        while True:
            found = service.find(session, hanako, asked, language="ja", assurance=1, before=before)
            seen, before, pages = seen + found.items, found.before, pages + 1
            if before is None:
                break
            assert found.is_cut
        assert (seen, pages) == ([], 3)
        everything = service.find(session, hanako, finding.Asked(), language="ja", assurance=1)
        assert len(everything.items) == listing.PAGE_SIZE
        assert not everything.is_cut


def test_the_list_says_what_is_unread_and_overdue_and_leads_to_older_ones(
    database: Database, hanako: UUID, resident_client: ResidentClient
) -> None:
    fill_with(database, hanako, 21)
    with database.command("put") as session:
        late = clock.today() - timedelta(days=1)
        put(session, hanako, "提出のお願い", number=1_000, kind=str(Kind.TASK), due_on=late)
    visitor = resident_client("hanako")
    page = visitor.get("/mailbox")
    assert "未読のお知らせが1件あります" in page.text
    assert any("期限" in link and "1" in link for link in _texts(page, "/mailbox/find?show=todo&order=due"))
    (older,) = [link for link in page.links() if link.startswith("/mailbox?before=")]
    assert "提出のお願い" not in visitor.get(older).text


def _texts(page: Page, path: str) -> list[str]:
    return ["".join(link.itertext()) for link in page.find("a") if link.get("href") == path]


def plan_of(engine: Engine, reading: Any, values: dict[str, Any]) -> str:
    plan = reading._plan(engine)
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if not sqlite:
            connection.execute(text("ANALYZE deliveries"))
            connection.execute(text("SET plan_cache_mode = force_generic_plan"))
        driver: Any = connection.connection.driver_connection
        if sqlite:
            return "\n".join(row[3] for row in driver.execute("EXPLAIN QUERY PLAN " + plan.sql, plan.fill(values)))
        server = driver.pgconn
        given = [None if value is None else str(value).encode() for value in plan.fill(values)]
        server.prepare(b"page", plan.sql.encode())
        literals = ",".join("NULL" if one is None else "'" + one.decode() + "'" for one in given)
        answer = server.exec_(f"EXPLAIN EXECUTE page({literals})".encode())
        return "\n".join(answer.get_value(row, 0).decode() for row in range(answer.ntuples))


def test_a_page_of_a_large_mailbox_reads_the_index_and_no_table_whole(database: Database, hanako: UUID) -> None:
    fill_with(database, hanako, 3_000)
    with database.command("neighbours") as session:
        load_city(session, residents=300)
        newest = "INSERT INTO deliveries SELECT residents.id, notices.number, sent_at, NULL FROM residents, notices "
        others = text(newest + "WHERE notices.number > 2990 AND residents.id <> :hanako")
        session.execute(others.bindparams(bindparam("hanako", type_=Uuid())), {"hanako": hanako})
    found = plan_of(
        database.engine, listing._list_in("ja"), {"resident": hanako, "before": listing.NEWEST, "today": clock.today()}
    )
    is_sqlite = database.engine.dialect.name == "sqlite"
    assert ("SEARCH deliveries USING" if is_sqlite else "pk_deliveries") in found, found
    assert ("SCAN deliveries" if is_sqlite else "Seq Scan on deliveries") not in found, found


def test_files_come_with_a_notice_and_are_fetched_by_its_readers_only(
    database: Database, hanako: UUID, resident_client: ResidentClient, app: Any
) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(drawn, "PNG")
    hall: Hall = app.extensions["portal"]
    with database.command("fill") as session:
        notice = put(session, hanako, "図つき", state="draft", choices=rules.answer_terms(thread=True))
        prepared = files.prepare("図.png", drawn.getvalue(), megabytes=attachments.MEGABYTES, scan=None)
        file_id = attachments.attach(session, hall.settings.file_ring, notice, prepared, alt="青い図")
        notice.state = "sent"
        session.flush()
        with pytest.raises(attachments.rules.NoticeOnItsWay):
            attachments.drop(session, notice, file_id)
        path = f"/mailbox/{notice.id}"
    visitor = resident_client("hanako")
    page = visitor.get(path)
    assert [image.get("alt") for image in page.find("img")] == ["青い図"]
    assert visitor.get(f"{path}/files/{file_id}").body.startswith(b"\xff\xd8\xff")
    assert "ファイルを受け取り" in visitor.get(path).text
    saved = visitor.get(f"{path}/file")
    assert "図つき" in saved.text
    assert "図.jpg" in saved.text
    assert resident_client("ichiro").get(f"{path}/files/{file_id}").status == 404
    wrote = visitor.submit(page, f"{path}/messages", body="質問です。")
    assert "質問です。" in wrote.text
    empty = visitor.submit(page, f"{path}/messages", body=" ")
    assert empty.status == 422


def test_hidden_text_stands_on_no_page_before_the_sign_in_is_strong(
    database: Database, hanako: UUID, resident_client: ResidentClient
) -> None:
    with database.command("fill") as session:
        notice = put(session, hanako, "ひみつの題", "ひみつの文", strength=Strength.PASSKEY_OR_CARD)
        path = f"/mailbox/{notice.id}"
    visitor = resident_client("hanako")
    for page in ("/mailbox", "/mailbox/find?q=" + "ひみつ", "/mailbox/find", path, f"{path}/file", "/mailbox/family"):
        assert b"\xe3\x81\xb2\xe3\x81\xbf\xe3\x81\xa4\xe3\x81\xae" not in visitor.get(page).body, page
    door = visitor.get(path)
    assert f"/sign-in/stronger?next={path}" in door.links()
    with database.command("look") as session:
        assert session.scalars(select(Delivery.read_at)).all() == [None]


def test_what_needs_the_card_leads_to_the_card(
    database: Database, hanako: UUID, resident_client: ResidentClient
) -> None:
    """Whoever is signed in with a passkey was sent to the passkey again, and from there back at once."""
    with database.command("fill") as session:
        notice = put(session, hanako, "ひみつの題", "ひみつの文", strength=Strength.NATIONAL_CARD)
        path = f"/mailbox/{notice.id}"
    visitor = resident_client("hanako")
    with database.command("passkey") as session:
        session.execute(update(WebSession).values(assurance=2))
    door = f"/sign-in/card?next={path}"
    assert door in visitor.get(path).links()
    assert visitor.get(f"{path}/file").path == "/sign-in/card"
    with database.command("card") as session:
        session.execute(update(WebSession).values(assurance=3))
    assert "ひみつの文" in visitor.get(path).text


def test_titles_that_need_a_strong_sign_in_stand_on_no_screen_of_a_kiosk(database: Database, hanako: UUID) -> None:
    with database.command("fill") as session:
        put(session, hanako, "ひみつの題", "ひみつの文", kind=str(Kind.TASK), strength=Strength.PASSKEY_OR_CARD)
        put(session, hanako, "ふつうの題", "ふつうの文", kind=str(Kind.TASK))
    with database.command("look") as session:
        found = mailbox.open_tasks(session, hanako, limit=9)
        titles = {str(part["title"]) for task in found for part in task.texts.values()}
    assert titles == {"ふつうの題", HIDDEN_TITLE}


def test_who_reads_easy_japanese_goes_on_with_it(
    database: Database, hanako: UUID, resident_client: ResidentClient
) -> None:
    texts = {
        "ja": {"title": "現況届", "body": "期限内に提出"},
        "easy": {"title": "かみを だす", "body": "かみを だして ください"},
    }
    options = [{"ja": "承諾", "easy": "いいです"}, {"ja": "不承諾"}]
    with database.command("fill") as session:
        terms = rules.answer_terms(options)
        path = f"/mailbox/{put(session, hanako, '', kind='reply', texts=texts, choices=terms).id}"
    visitor = resident_client("hanako")
    page = visitor.get(f"{path}?text=easy")
    assert "かみを だして ください" in page.text
    assert "いいです" in page.text
    assert "いいです" not in visitor.get(path).text
    answered = visitor.submit(page, f"{path}/answer?text=easy", choice="0")
    assert "かみを だして ください" in answered.text
    for way in ("file", "notice.pdf"):
        assert f"{path}/{way}?text=easy" in answered.links()
    saved = visitor.get(f"{path}/file?text=easy").text
    assert "かみを だして ください" in saved
    assert "いいです" in saved
