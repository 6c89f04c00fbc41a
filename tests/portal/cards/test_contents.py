"""What a card says to helpers: by the resident's own form and consent, sealed until it is written at a window."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from card_reader.sessions.city_names import Role as CardRole
from card_reader.sessions.city_names import Service as OnCard
from card_reader.terminal_watch import NewestList
from portal.cards import content_rules, contents, service, stop_list, writing
from portal.cards.models import CardContent, CardEntry, CardLogRecord, CardVisit, CityCard
from portal.cards.rules import Service
from portal.config import Settings
from portal.core import clock
from portal.core.actor import STRANGER
from portal.core.audit import Record
from portal.core.envelope import SealBroken, key_ring
from portal.core.ids import new_id
from portal.core.money import Points
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cards as demo_cards
from portal.demo import cast
from portal.mailbox.models import Notice
from portal.points import service as points
from portal.points.ledger.rules import Reason
from portal.residents.models import Resident
from tests.browser import Visitor
from tests.conftest import ResidentClient
from tests.portal.cards.desk import Window

SECRET = "ペニシリンの架空アレルギー"


def save(holder: Visitor, **typed: str) -> int:
    page = holder.get("/my-card/emergency")
    return holder.submit(page, "/my-card/emergency", **({"consent": "yes", "allergies": SECRET} | typed)).status


def on_card(window: Window, role: CardRole, name: OnCard) -> str:
    entry = window.reader.entry(role, name)
    return entry.payload if entry else ""


def test_emergency_data_goes_from_the_residents_form_to_the_card_and_off_it_again(
    window: Window, database: Database, resident_client: ResidentClient
) -> None:
    holder = resident_client("hanako")
    assert save(holder, consent="") == 422
    assert save(holder, blood="O+", medicines="薬A 朝\n\n薬B 夜", contact="架空 太郎 000") == 200
    window.issue(database, "library", "emergency")
    said = json.loads(on_card(window, CardRole.AMBULANCE, OnCard.EMERGENCY))
    assert (said["allergies"], said["medicines"], said["blood"]) == ([SECRET], ["薬A 朝", "薬B 夜"], "O+")
    assert on_card(window, CardRole.LIBRARY, OnCard.LIBRARY) == ""
    mine = holder.get("/my-card").text
    assert SECRET in mine
    assert "カードに入っています" in mine
    window.twice = True
    assert window.write(window.page(database))[0] == 200  # nothing is missing: nothing is written
    with database.command("test") as session:
        assert session.scalars(select(CardEntry.version).where(CardEntry.service == "emergency")).one() == 1
    holder.submit(holder.get("/my-card/emergency/withdraw"), "/my-card/emergency/withdraw")
    page = holder.get("/my-card")
    assert SECRET not in page.text
    assert "カードにはまだ残っています" in page.text
    assert window.write(window.page(database))[0] == 200
    assert on_card(window, CardRole.AMBULANCE, OnCard.EMERGENCY) == ""
    with database.command("test") as session:
        assert session.scalars(select(CardContent)).all() == []


def test_what_is_kept_is_sealed_for_its_owner_and_service(
    database: Database, resident_client: ResidentClient, settings: Settings, cast_residents: None
) -> None:
    assert save(resident_client("hanako")) == 200
    seals = contents.Seals(settings.file_ring, bytes(32))
    with database.command("test") as session:
        row = session.scalars(select(CardContent)).one()
        assert SECRET.encode() not in row.sealed
        taro = id_of_in(session, cast.TARO)
        moved = {column.name: getattr(row, column.name) for column in CardContent.__table__.columns}
        session.execute(insert(CardContent).values(moved | {"resident_id": taro}))
        with pytest.raises(SealBroken):
            contents.opened(session, seals, taro, Service.EMERGENCY)
    fresh = key_ring(settings.master, f"new={'A' * 43}=")
    with database.command("test") as session:
        session.execute(CardContent.__table__.delete().where(CardContent.resident_id == taro))  # type: ignore[attr-defined]
        assert contents.rewrap(session, fresh) == 1
        assert contents.rewrap(session, fresh) == 0
        opened = contents.opened(session, contents.Seals(fresh, bytes(32)), row.resident_id, Service.EMERGENCY)
    assert opened["allergies"] == [SECRET]


def id_of_in(session: object, person: cast.Resident) -> object:
    query = select(Resident.id).where(Resident.addressee_number == person.addressee_number)
    return session.scalar(query)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("typed", "where"),
    [
        ({"consent": ""}, "consent"), ({"allergies": ""}, "illnesses"), ({"blood": "C+"}, "blood"),
        ({"allergies": "\n".join("123456789ab")}, "allergies"), ({"illnesses": "x" * 61}, "illnesses"),
        ({"contact": "x" * 81}, "contact"), (dict.fromkeys(content_rules.LISTS, "\n".join(["あ" * 60] * 10)), "illnesses"),
        ({"medicines": "薬\x00A\r\n\n薬B"}, ""),
    ],
)  # fmt: skip
def test_what_a_card_cannot_carry_or_nobody_agreed_to_is_refused(typed: dict[str, str], where: str) -> None:
    form = {"consent": "yes", "allergies": SECRET} | typed
    answer, content = content_rules.read_emergency(form, date(2026, 11, 22))
    assert list(answer.errors) == ([where] if where else [])
    assert set(answer.errors.values()) <= set(content_rules.ERRORS)
    if not where:
        assert content == {"as_of": "2026-11-22", "medicines": ["薬A", "薬B"], "allergies": [SECRET]}


def test_needs_in_a_shelter_and_the_rank_of_points_are_on_the_card(
    window: Window, database: Database, worker: Worker, resident_client: ResidentClient
) -> None:
    holder = resident_client("hanako")
    window.use(card_issuer="122033")  # a municipality beside, of the joint use
    form = {"needs": ["wheelchair", "infant"], "language": "pt"}
    assert holder.submit(holder.get("/my-card/shelter"), "/my-card/shelter", **form).status == 422
    assert holder.submit(holder.get("/my-card/shelter"), "/my-card/shelter", **form, consent="yes").status == 200
    window.issue(database, "points", "shelter")
    said = json.loads(on_card(window, CardRole.SHELTER, OnCard.SHELTER))
    assert (said["needs"], said["language"]) == (["wheelchair", "infant"], "pt")
    assert window.reader.entry(CardRole.POINTS, OnCard.POINTS).issuer.hex() == "122033"
    with database.command("test") as session:
        points.credit(session, id_of_in(session, cast.HANAKO), Points(1_234), reason=Reason.WELCOME, key="a")  # type: ignore[arg-type]
    worker.run_pending()
    assert "未書き込み" in window.page(database).text
    assert window.write(window.page(database))[0] == 200
    assert on_card(window, CardRole.POINTS, OnCard.POINTS) == "silver"  # the rank, never how many


def test_a_blocked_pin_is_set_anew_without_a_page_seeing_it(
    window: Window, database: Database, worker: Worker, resident_client: ResidentClient
) -> None:
    page = window.issue(database, "library")
    name = [one for one in page.find("div") if "data-pin" in one.attrib][0].attrib["data-pin"]
    assert not window.reader.type_new_pin(name, "2580", "2581", "1234", "1234", "abcd", "abcd")
    sealed = window.reader.type_new_pin(name, "2580", "2580")
    assert "2580" not in sealed
    assert window.put_through(page, 1, "x.y")[0] == 409
    assert (
        window.put_through(page, 1, window.reader.type_new_pin("0" * 32, "2580", "2580"))[0] == 409
    )  # another order's
    for _ in range(3):
        with pytest.raises(Exception, match=r"63C|6983"):
            window.reader.verify_pin(b"9999")
    assert window.put_through(page, 1, sealed)[0] == 200
    window.reader.verify_pin(b"2580")
    with database.command("test") as session:  # the page sends its last message again when the line breaks
        card = session.scalars(select(CityCard)).one()
        order = {"do": "set-pin", "card": card.number, "name": card.pin_order}
        writing.confirm(session, STRANGER, card.resident_id, order, {"card": card.number})
        told = select(func.count()).select_from(Record).where(Record.what == "city_cards(pin)")
        assert session.scalar(told) == 1
    worker.run_pending()
    assert "暗証番号が新しくなりました" in resident_client("hanako").get("/mailbox").text


def test_what_a_job_did_is_booked_as_its_own_order_says_and_no_other(window: Window, database: Database) -> None:
    page = window.issue(database, "library")
    _, pin, log, _ = window.orders(page)
    csrf = page.csrf_token
    status, said = window.tell(csrf, order=log)
    assert status == 200
    back = {"job": said["job"], "step": said["step"], "answer": None}
    for order, job in ((pin, said["job"]), (log, said["job"].partition(".")[0]), (log, said["job"][:-1] + "g")):
        assert window.tell(csrf, **(back | {"order": order, "job": job}))[1]["code"] == "card-order-over"
    assert window.tell(csrf, order=log, **back)[1]["code"] == "city-card-removed"  # the card was taken away


def test_an_order_of_before_the_stop_by_phone_does_nothing_after_it(window: Window, database: Database) -> None:
    page = window.issue(database, "library")
    window.visitor.submit(page, f"{page.path}/stop", why="lost")
    for which, pin in ((1, "x.y"), (2, "")):
        assert window.put_through(page, which, pin)[1]["code"] == "city-card-unknown"


def test_the_cards_own_log_read_at_a_window_is_shown_to_its_holder_for_a_year(
    window: Window, database: Database, resident_client: ResidentClient
) -> None:
    page = window.issue(database, "library")
    assert window.reader.entry(CardRole.LIBRARY, OnCard.LIBRARY)
    for _ in range(2):
        status, said = window.put_through(page, 2)
        assert status == 200, said
    with database.command("test") as session:
        records = session.scalars(select(CardLogRecord)).all()
        assert {one.op for one in records} >= {"read", "written"}
        assert len({one.number for one in records}) == len(records)
    mine = resident_client("hanako").get("/my-card").text
    assert "カード自身の記録" in mine
    assert "市の窓口" in mine
    assert "中央区役所" in mine.partition("カード自身の記録")[2], "not the eight signs a card has room for"
    with database.command("test") as session:
        card, before = session.scalars(select(CityCard.id)).one(), len(records)
        for days in (10, 400):
            at = clock.now() - timedelta(days=days)
            session.add(CardVisit(id=new_id(), card_id=card, service="library", terminal="a", at=at))
            old = {"number": 10_000 + days, "kvn": "11", "op": "read", "tag": "FF61", "at": None, "terminal": "LIB"}
            session.add(CardLogRecord(card_id=card, kept_at=at, **old))  # the terminal said nothing of its clock
    with database.command("test") as session:
        service.forget_visits(session, {})
        assert len(session.scalars(select(CardVisit)).all()) == 1
        assert len(session.scalars(select(CardLogRecord)).all()) == before + 1


def test_a_holder_reads_the_log_at_home_and_no_other_card_and_nothing_but_the_log(
    window: Window, database: Database, resident_client: ResidentClient
) -> None:
    window.issue(database, "library")
    assert window.reader.entry(CardRole.LIBRARY, OnCard.LIBRARY)
    hanako, page = resident_client("hanako"), window.page(database)
    home = Window(hanako, window.reader, "/my-card/log/line")
    status, said = home.write(hanako.get("/my-card/log"))
    assert (status, said) == (200, {"next": "/my-card#log"})
    assert "市の窓口" in hanako.get("/my-card").text
    for stranger in (resident_client("taro"), window.visitor):  # an order is for who looked at the page
        theirs = Window(stranger, window.reader, "/my-card/log/line")
        assert theirs.tell_with(hanako.get("/my-card/log"))[0] in (404, 409)
    assert home.tell_with(page)[0] == 409  # what staff may have done is not hers to order
    window.reader.put("AB" * 10)
    assert home.write(hanako.get("/my-card/log"))[1]["code"] == "other-card-on-reader"
    assert resident_client("taro").get("/my-card/log").path == "/my-card"
    page = hanako.get("/my-card/log")
    order, csrf = home.orders(page)[0], page.csrf_token
    assert [home.tell(csrf, order=order)[0] for _ in range(10)][-1] == 429  # the writer serves windows as well


def test_who_died_leaves_no_card_and_no_data_and_is_told_nothing(
    database: Database, worker: Worker, settings: Settings, cast_residents: None
) -> None:
    with database.command("test") as session:
        demo_cards.load(session, settings)
        gone = {"moved_out": clock.today(), "left_because": "died"}
        session.execute(
            update(Resident).where(Resident.addressee_number == cast.HANAKO.addressee_number).values(**gone)
        )
        hanako = id_of_in(session, cast.HANAKO)
    with database.command("test") as session:
        service.end_of_people_gone(session, {})
    worker.run_pending()
    with database.command("test") as session:
        ended = session.execute(select(CityCard.resident_id, CityCard.why).where(CityCard.ended_at.is_not(None))).all()
        assert [tuple(row) for row in ended] == [(hanako, "died")]
        assert hanako not in set(session.scalars(select(CardContent.resident_id)))
        assert session.scalars(select(Notice)).all() == []


def test_a_terminal_remembers_the_newest_list_when_it_is_started_anew(settings: Settings, tmp_path: Path) -> None:
    """A lost card stays stopped at an ambulance, too, which serves without a list rather than not at all."""
    key, file, lost = stop_list.public_key(settings.master), tmp_path / "list.jws", bytes(10)
    file.write_text(stop_list.sign(settings.master, 7, [lost.hex()]))
    assert NewestList(file, lambda: key).read()
    for text in (stop_list.sign(settings.master, 6, []), "damaged"):
        file.write_text(text)
        known = NewestList(file, lambda: key).read()
        assert known is not None
        assert (known.number, known.stops(lost)) == (7, True)
    file.write_text(stop_list.sign(settings.master, 7, []))  # signed anew, nothing came or went
    assert NewestList(file, lambda: key).read() != known
