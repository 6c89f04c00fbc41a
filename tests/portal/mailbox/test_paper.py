"""A letter on paper goes to who has not read a notice in time, once; and reminders come on their day, once."""

from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import func, select, update

from portal.config import Settings
from portal.core import clock, outbox
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.clock import JST
from portal.core.outbox import LEASE
from portal.core.permissions import Permission, Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast, load
from portal.mailbox import rules, service
from portal.mailbox.channels.models import Message
from portal.mailbox.channels.rules import Channel, Reason, State
from portal.mailbox.following import service as follow_ups
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.paper import drawing
from portal.mailbox.paper import service as paper
from portal.mailbox.paper.models import Letter, LetterBatch
from portal.mailbox.paper.rules import BatchMovedOn, LettersToPull, LetterUnknown
from portal.residents.models import Resident
from portal.segments import service as segments
from portal.staff.models import Member, Section
from tests.conftest import ResidentClient, StaffClient
from tests.house.mortal import Mortal

SECTION = uuid4()
CLERK = Actor(
    Kind.STAFF,
    uuid4(),
    "市役所 こども家庭支援課 000001",
    section=SECTION,
    permissions=frozenset({Permission.NOTICE_WRITE}),
)
TEXTS = {"ja": {"title": "健診のお知らせ", "body": "((氏名)) 様\n\n((区))の会場へお越しください。"}}
SENT = datetime(2026, 12, 1, 10, tzinfo=JST)


@pytest.fixture
def city(database: Database) -> Database:
    with database.command("demo") as session:
        load.load_city(session, residents=40)
        session.add(Section(id=SECTION, office="honcho", name="こども家庭支援課"))
    return database


def sent(
    city: Database, worker: Worker, kind: rules.Kind = rules.Kind.TASK, due_on: date | None = None, **follow: Any
) -> int:
    """A notice in everybody's mailbox, sent on the first of December; its number."""
    with clock.freeze(SENT):
        with city.page(CLERK, Purpose.SENDING, writes=True) as session:
            choices_ = {"follow": follow}
            everybody = segments.EVERYBODY
            notice = service.write(
                session, CLERK, kind=kind, texts=TEXTS, segment=everybody, due_on=due_on, choices=choices_
            )
            service.send(session, notice)
            number = notice.number
        worker.run_pending()
    return number


def later(city: Database, worker: Worker, days: int, hour: int = 10) -> None:
    """What the worker does then."""
    with clock.freeze(SENT.replace(hour=hour) + timedelta(days=days)):
        with city.command("hour") as session:
            outbox.post(session, follow_ups.LOOK, {})
        worker.run_pending()


def reads(city: Database, number: int, *, but: int) -> list[UUID]:
    """Everybody but so many reads it; their ids are returned."""
    with city.command("read") as session:
        rows = list(session.scalars(select(Delivery).where(Delivery.notice_number == number)))
        for row in rows[but:]:
            row.read_at = clock.now()
        return sorted(row.resident_id for row in rows[:but])


def batch_of(city: Database, number: int) -> UUID:
    with city.command("look") as session:
        return session.scalars(select(LetterBatch.id).where(LetterBatch.notice_number == number)).one()


def acts(city: Database, number: int, deed: Any) -> Any:
    batch_id = batch_of(city, number)
    with city.page(CLERK, Purpose.SENDING, writes=True) as session:
        batch, notice = paper.open_batch(session, CLERK, batch_id)
        return deed(session, batch, notice)


def states(city: Database, number: int) -> dict[tuple[str, str], int]:
    with city.command("look") as session:
        query = select(Message.state, Message.reason, func.count()).group_by(Message.state, Message.reason)
        query = query.where(Message.notice_number == number, Message.channel == Channel.PAPER)
        return {(state, reason): count for state, reason, count in session.execute(query)}


def test_who_has_not_read_it_after_two_weeks_gets_one_letter(city: Database, worker: Worker) -> None:
    number = sent(city, worker, paper=14)
    unread = reads(city, number, but=6)
    later(city, worker, 13)
    assert states(city, number) == {}
    for day in (14, 14, 15):
        later(city, worker, day)
    assert states(city, number) == {("queued", ""): 6}
    with city.command("read in time") as session:  # before it is printed one reads it, one moves away, one must hide
        session.get_one(Delivery, (unread[0], number)).read_at = clock.now()
        session.get_one(Resident, unread[1]).moved_out = clock.today()
        session.get_one(Resident, unread[2]).protected = True
    acts(city, number, lambda session, batch, _notice: paper.print_letters(session, CLERK, batch, yen=110))
    assert states(city, number) == {
        ("queued", ""): 3, ("skipped", "read"): 1, ("skipped", "off"): 1, ("failed", "gone"): 1,
    }  # fmt: skip
    with pytest.raises(BatchMovedOn):
        acts(city, number, lambda session, batch, _notice: paper.print_letters(session, CLERK, batch, yen=110))
    with city.command("look") as session:
        codes = session.execute(
            select(Letter.place, Resident.postal_code, Resident.id).join(Resident, Resident.id == Letter.resident_id)
        ).all()
        assert [place for place, _, _ in sorted(codes)] == [1, 2, 3]
        assert [code for _, code, _ in sorted(codes)] == sorted(code for _, code, _ in codes)
        assert {who for _, _, who in codes} == set(unread[3:])
        session.get_one(Delivery, (codes[0][2], number)).read_at = clock.now()  # too late for the printer
    since = acts(city, number, lambda session, batch, _notice: paper.read_since(session, batch))
    assert since == [codes[0][0]]
    typed = [1, 2, 3]  # only who has read it can have been taken out
    acts(city, number, lambda session, batch, _notice: paper.post_letters(session, batch, taken_out=typed))
    last = next(place for place, _, _ in codes if place not in since)
    acts(city, number, lambda session, batch, _notice: paper.returned(session, batch, last))
    assert states(city, number) == {
        ("sent", ""): 1, ("skipped", "read"): 2, ("skipped", "off"): 1,
        ("failed", "gone"): 1, ("failed", "returned"): 1,
    }  # fmt: skip
    with city.command("look") as session:
        told = service.told_counts(session, number)
        assert (Channel.PAPER, State.FAILED, Reason.RETURNED, 1) in {
            (one.channel, one.state, one.reason, one.number) for one in told
        }


def test_a_law_that_asks_for_paper_is_kept_though_everybody_has_read_it(city: Database, worker: Worker) -> None:
    number = sent(city, worker, paper=0, law="行政手続法第8条")
    everybody = len(reads(city, number, but=1_000))
    reads(city, number, but=0)
    later(city, worker, 0)
    assert states(city, number) == {("queued", ""): everybody}
    acts(city, number, lambda session, batch, _notice: paper.print_letters(session, CLERK, batch, yen=110))
    assert states(city, number) == {("queued", ""): everybody}


def test_nobody_is_written_to_when_all_have_read_it_or_it_was_withdrawn(city: Database, worker: Worker) -> None:
    read, withdrawn = sent(city, worker, paper=3), sent(city, worker, paper=7)
    reads(city, read, but=0)
    later(city, worker, 3)
    later(city, worker, 7)
    with city.command("withdraw") as session:
        session.execute(Notice.__table__.update().where(Notice.number == withdrawn).values(state="withdrawn"))
    later(city, worker, 8)
    assert states(city, read) == {}
    assert set(states(city, withdrawn)) == {("skipped", "over")}


def test_a_letter_fits_the_window_and_opens_the_notice(city: Database, worker: Worker) -> None:
    number = sent(city, worker, paper=3)
    unread = reads(city, number, but=2)
    with city.command("odd") as session:
        person = session.get_one(Resident, unread[0])
        person.name = person.name[:1] + "🦊"  # no font of the city has it: the kana stand there
        kana = person.kana
    later(city, worker, 3)

    def draw(session: Any, batch: LetterBatch, notice: Notice) -> bytes:
        paper.print_letters(session, CLERK, batch, yen=110)
        return drawing.letters(
            session, batch, notice, paper.letters_of(session, batch), base_url="https://portal.example"
        )

    made = PdfReader(BytesIO(acts(city, number, draw)))
    assert len(made.pages) == 2
    texts = [page.extract_text() for page in made.pages]
    with city.command("look") as session:
        notice_id = session.scalars(select(Notice.id).where(Notice.number == number)).one()
        for place, text in enumerate(texts, 1):
            letter = session.scalars(select(Letter).where(Letter.place == place)).one()
            person = session.get_one(Resident, letter.resident_id)
            flat = "".join(text.split())
            assert f"〒{person.postal_code[:3]}-{person.postal_code[3:]}" in flat
            assert person.ward + "の会場" in flat
            assert f"https://portal.example/mailbox/{notice_id}" in flat
            assert "".join((person.name if person.id != unread[0] else kana).split()) + "様" in flat


def test_who_comes_under_protection_after_printing_is_not_drawn_again(city: Database, worker: Worker) -> None:
    number = sent(city, worker, paper=3)
    hides, stays = reads(city, number, but=2)
    later(city, worker, 3)
    acts(city, number, lambda session, batch, _notice: paper.print_letters(session, CLERK, batch, yen=110))
    with city.command("hide") as session:
        person = session.get_one(Resident, hides)
        person.protected, person.block = True, "98番7号"

    def fetch(session: Any, batch: LetterBatch, notice: Notice) -> tuple[str, str]:
        found = paper.letters_of(session, batch)
        made = drawing.letters(session, batch, notice, found, base_url="https://portal.example")
        listed = drawing.as_list(session, notice, found, ["番号", "郵便番号", "住所", "氏名"])
        return "".join(page.extract_text() for page in PdfReader(BytesIO(made)).pages), listed.decode()

    drawn, listed = acts(city, number, fetch)
    assert "98番7号" not in drawn + listed

    def in_files_of_one(session: Any, batch: LetterBatch, _notice: Notice) -> list[list[int]]:
        files = [paper.letters_of(session, batch, after=after, most=1) for after in range(2)]
        return sorted([letter.place for letter in one] for one in files)

    assert acts(city, number, in_files_of_one) in ([[], [1]], [[], [2]]), "no letter takes another's place in its file"
    with city.command("look") as session:
        assert session.get_one(Resident, stays).block in listed


def test_between_printing_and_posting_who_must_hide_is_pulled_and_a_changed_address_made_again(
    city: Database, worker: Worker
) -> None:
    number = sent(city, worker, paper=3)
    hides, moves, away, stays = reads(city, number, but=4)
    later(city, worker, 3)
    acts(city, number, lambda session, batch, _notice: paper.print_letters(session, CLERK, batch, yen=110))

    def standing(session: Any, batch: LetterBatch, _notice: Notice) -> tuple[list[int], list[int]]:
        return paper.to_pull(session, batch), paper.changed(session, batch)

    assert acts(city, number, standing) == ([], [])
    with city.command("the register goes on") as session:
        session.get_one(Resident, hides).protected = True
        session.get_one(Resident, away).moved_out = clock.today()
        moved = session.get_one(Resident, moves)
        moved.block, moved.digest = "98番7号", b"another record.."
        places = {row.resident_id: row.place for row in session.scalars(select(Letter))}
    pull = sorted([places[hides], places[away]])
    assert acts(city, number, standing) == (pull, [places[moves]])
    for pulled in ([], pull[:1], pull):
        with pytest.raises(LettersToPull):  # the sheet with the old address lies in the pile, too
            acts(city, number, lambda session, batch, _, out=pulled: paper.post_letters(session, batch, pulled=out))
    assert acts(city, number, lambda session, batch, _notice: paper.make_again(session, batch)) == 1

    def fetch(session: Any, batch: LetterBatch, notice: Notice) -> list[str]:
        found = paper.made_again(session, batch)
        made = drawing.letters(session, batch, notice, found, base_url="https://portal.example")
        return ["".join(page.extract_text().split()) for page in PdfReader(BytesIO(made)).pages]

    (sheet,) = acts(city, number, fetch)
    assert "98番7号" in sheet
    assert f"{places[moves]:05d}" in sheet
    with pytest.raises(LettersToPull):
        acts(city, number, lambda session, batch, _notice: paper.post_letters(session, batch))
    acts(city, number, lambda session, batch, _notice: paper.post_letters(session, batch, pulled=pull))
    assert states(city, number) == {("sent", ""): 2, ("skipped", "off"): 1, ("failed", "gone"): 1}
    with pytest.raises(LetterUnknown):
        acts(city, number, lambda session, batch, _notice: paper.returned(session, batch, places[hides]))
    assert places[stays] not in pull


def test_a_clerk_is_shown_what_to_pull_and_what_to_make_again(
    database: Database, worker: Worker, staff_client: StaffClient
) -> None:
    clerk = staff_client(Role.SENDER)
    login = next(one.login_id for one in cast.STAFF if Role.SENDER in one.roles)
    with database.command("demo") as session:
        load.load_city(session, residents=40)
    number = sent(database, worker, paper=3)
    hides, moves = reads(database, number, but=2)
    later(database, worker, 3)
    acts(database, number, lambda session, batch, _notice: paper.print_letters(session, CLERK, batch, yen=110))
    with database.command("the register goes on") as session:
        session.get_one(Resident, hides).protected = True
        session.get_one(Resident, moves).digest = b"another record.."
        mine = session.scalars(select(Member.section_id).where(Member.login_id == login)).one()
        session.execute(update(LetterBatch).values(section_id=mine))
        places = {row.resident_id: f"{row.place:05d}" for row in session.scalars(select(Letter))}
    address = f"/staff/notices/letters/{batch_of(database, number)}"
    assert "印刷後に変更あり" in clerk.get("/staff/notices/letters").text
    page = clerk.get(address)
    assert "発送してはいけない手紙があります" in page.text
    refused = clerk.submit(page, f"{address}/post")
    assert (refused.status, "このまま発送できない" in refused.text) == (409, True)
    again = clerk.submit(page, f"{address}/again")
    assert places[moves] in again.text
    assert clerk.get(f"{address}/letters-again.pdf").body[:5] == b"%PDF-"
    assert clerk.submit(again, f"{address}/post").status == 409, "the other lies in the pile yet"
    done = clerk.submit(again, f"{address}/post", pulled=str(int(places[hides])))
    assert f"{address}/returned" in [form.get("action") for form in done.find("form")], "they are posted"


STEPS = range(1, 45, 2)


@pytest.mark.parametrize("follow", [{"paper": 3}, {"before": 3}])
def test_a_worker_killed_anywhere_reminds_and_writes_once(
    app: Flask, city: Database, worker: Worker, settings: Settings, follow: dict[str, int]
) -> None:
    number = sent(city, worker, due_on=date(2026, 12, 20), **follow)
    unread = reads(city, number, but=30)
    clock.set_city_time(settings.clock_file, SENT + timedelta(days=16))
    with city.command("hour") as session:
        outbox.post(session, follow_ups.LOOK, {})
    with Mortal(app, city) as mortal:
        mortal.dies_at(iter(STEPS))
        while not mortal.work():
            clock.set_city_time(settings.clock_file, clock.now() + LEASE + timedelta(seconds=1))
        assert mortal.deaths >= 4
    with city.command("look") as session:
        if "paper" in follow:
            query = select(Message.resident_id).where(Message.channel == Channel.PAPER)
            assert session.scalars(select(LetterBatch.state)).all() == ["ready"]
        else:
            query = select(Delivery.resident_id).join(Notice).where(Notice.key.like("remind:%"))
            assert session.scalar(select(func.count()).select_from(Notice).where(Notice.key.like("remind:%"))) == 1
        everybody = (
            set(unread)
            if "paper" in follow
            else set(session.scalars(select(Delivery.resident_id).where(Delivery.notice_number == number)))
        )
        assert sorted(session.scalars(query)) == sorted(everybody)


def test_a_clerk_chooses_prints_posts_and_the_resident_sees_it(
    app: Flask, staff_client: StaffClient, resident_client: ResidentClient, worker: Worker, database: Database
) -> None:
    clerk, hanako = staff_client(Role.SENDER), resident_client("hanako")
    form = clerk.post("/staff/notices/new", {}, page=clerk.get("/staff/notices/new"))
    typed = {"kind": "task", "title": "題", "body": "本文", "paper": "0"}
    missing = clerk.submit(form, form.path, **typed)
    assert (missing.status, "#law" in missing.links()) == (422, True)
    check = clerk.submit(clerk.get(form.path), form.path, **(typed | {"law": "試験法第1条"}))
    assert "試験法第1条" in check.text
    sent_page = clerk.submit(check, f"{check.path}/send", when="now")
    assert sent_page.status == 200
    worker.run_pending()
    with clock.freeze(clock.now().astimezone(JST).replace(hour=12)):
        with database.command("hour") as session:
            outbox.post(session, follow_ups.LOOK, {})
        worker.run_pending()
    desk = clerk.get("/staff/notices/letters")
    batch = next(link for link in desk.links() if link.startswith("/staff/notices/letters/"))
    ready = clerk.get(batch)
    assert clerk.get(f"{batch}/letters-1.pdf").status == 404
    printed = clerk.submit(ready, f"{batch}/print")
    assert f"{batch}/letters-1.pdf" in printed.links()
    assert clerk.get(f"{batch}/letters-1.pdf").body[:5] == b"%PDF-"
    assert "260-0013" not in clerk.get(f"{batch}/list-1.csv").text.splitlines()[0]
    assert clerk.get(f"{batch}/letters-2.pdf").status == clerk.get(f"{batch}/letters-0.pdf").status == 404
    posted = clerk.submit(printed, f"{batch}/post")
    assert clerk.submit(posted, f"{batch}/returned", number="まちがい").status == 422
    assert "紙の手紙: 送信済み" in hanako.get(f"/mailbox/{check.path.rpartition('/')[2]}").text
    kept = hanako.get(f"/mailbox/{check.path.rpartition('/')[2]}/notice.pdf")
    (page,) = PdfReader(BytesIO(kept.body)).pages
    assert "本文" in page.extract_text()
    stranger = staff_client(Role.PROCESSOR)
    assert stranger.get(batch).status in (403, 404)
