"""A notice reaches exactly those whom it concerns, once each, and says when it was read."""

from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose, Record
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast, load
from portal.mailbox import rules, sending, service
from portal.mailbox.composing import figures
from portal.mailbox.composing.figures import Wanted
from portal.mailbox.models import Delivery, Notice
from portal.residents import service as residents
from portal.rounds import PERIODIC
from portal.segments import service as segments
from portal.segments.service import Condition
from portal.staff.models import Section
from portal.wiring import work

SECTION, OTHER_SECTION = uuid4(), uuid4()
CLERK = Actor(Kind.STAFF, uuid4(), "市役所 こども家庭支援課 000001", section=SECTION)
TEXTS = {"ja": {"title": "お知らせ", "body": "本文"}}
GUARDIANS = segments.simple(ward="中央区", child_under=3)


@pytest.fixture
def city(database: Database) -> Database:
    with database.command("demo") as session:
        load.load_city(session, residents=300)
        session.add(Section(id=SECTION, office="honcho", name="こども家庭支援課"))
        session.add(Section(id=OTHER_SECTION, office="honcho", name="保険年金課"))
    return database


def resident(database: Database, person: cast.Resident) -> UUID:
    with database.command("look") as session:
        found = residents.find_by_number(session, person.addressee_number)
        assert found
        return found.id


def send(database: Database, segment: Condition = GUARDIANS) -> UUID:
    with database.page(CLERK, Purpose.SENDING, writes=True) as session:
        notice = service.write(session, CLERK, kind=rules.Kind.TASK, texts=TEXTS, segment=segment)
        service.send(session, notice)
        return notice.id


def test_guardians_of_small_children_in_the_ward_are_reached_and_nobody_else(city: Database, worker: Worker) -> None:
    notice_id = send(city)
    worker.run_pending()
    with city.command("look") as session:
        notice = service.draft_of(session, CLERK, notice_id)
        reached = set(session.scalars(select(Delivery.resident_id)))
        assert reached == set(session.scalars(segments.ids(GUARDIANS)))
        assert notice.state == rules.State.SENT
    assert resident(city, cast.HANAKO) in reached
    assert resident(city, cast.ICHIRO) not in reached


def test_pressing_send_twice_sends_once(city: Database) -> None:
    notice_id = send(city)
    with (
        pytest.raises(rules.AlreadySent),
        city.page(CLERK, Purpose.SENDING, writes=True) as session,
    ):
        service.send(session, service.draft_of(session, CLERK, notice_id))


def test_a_delivery_in_chunks_done_again_delivers_nothing_twice(city: Database) -> None:
    in_chunks = partial(sending.deliver, chunk_size=70)
    send(city, segments.EVERYBODY)
    Worker(city, {**work(), sending.DELIVER: in_chunks}, PERIODIC).run_pending()
    with city.command("again") as session:
        number = session.scalars(select(Notice.number)).one()
        before = session.scalar(select(func.count()).select_from(Delivery))
        in_chunks(session, {"number": number, "after": None})
        assert session.scalar(select(func.count()).select_from(Delivery)) == before
        assert before == len(session.scalars(segments.ids(segments.EVERYBODY)).all()) > 290


def test_the_first_opening_is_what_the_section_sees(city: Database, worker: Worker) -> None:
    notice_id, hanako = send(city), resident(city, cast.HANAKO)
    worker.run_pending()
    reader = Actor(Kind.RESIDENT, hanako, assurance=1)
    first = clock.now()
    for later in (0, 60):
        with (
            clock.freeze(first + timedelta(seconds=later)),
            city.page(reader, Purpose.OWN_USE, writes=False) as session,
        ):
            service.open_notice(session, service.Reader(hanako, hanako), notice_id)
    with city.command("look") as session:
        receipts, _more = service.receipts(session, service.draft_of(session, CLERK, notice_id))
        assert [receipt.read_at for receipt in receipts if receipt.read_at] == [first]
        assert service.unread_count(session, hanako) == 0


def test_somebody_elses_notice_is_not_found(city: Database, worker: Worker) -> None:
    notice_id, ichiro = send(city), resident(city, cast.ICHIRO)
    worker.run_pending()
    with city.command("look") as session, pytest.raises(rules.NoticeUnknown):
        service.open_notice(session, service.Reader(ichiro, ichiro), notice_id)


def test_nobody_reached_is_said_before_anything_is_sent(city: Database) -> None:
    with pytest.raises(rules.NobodyReached):
        send(city, segments.simple(ward="中央区", age_from=125))


@pytest.mark.parametrize("section", [OTHER_SECTION, None])
def test_the_words_of_a_label_open_nothing(city: Database, section: UUID | None) -> None:
    """Who may see a section's notices is decided by the section's id, whatever somebody's label says."""
    notice_id = send(city)
    other = Actor(Kind.STAFF, uuid4(), CLERK.label, section=section)
    with city.command("look") as session:
        assert figures.listed(session, other.section, Wanted())[0] == []
        with pytest.raises(rules.NoticeUnknown):
            service.draft_of(session, other, notice_id)


def test_colleagues_see_the_sections_notices_under_whatever_name_it_goes_now(city: Database) -> None:
    notice_id = send(city)
    colleague = Actor(Kind.STAFF, uuid4(), "市役所 こども未来課 000002", section=SECTION)
    with city.command("look") as session:
        assert service.draft_of(session, colleague, notice_id).section == "市役所 こども家庭支援課"
        assert [line.id for line in figures.listed(session, colleague.section, Wanted())[0]] == [notice_id]


def test_notices_of_the_system_belong_to_no_section(city: Database) -> None:
    hanako = resident(city, cast.HANAKO)
    with city.command("tell") as session:
        service.tell(session, hanako, key="e1", section="集中処理センター", title="Mailbox", body="Mailbox", facts={})
    with city.command("look") as session:
        told = session.scalars(select(Notice.id)).one()
        with pytest.raises(rules.NoticeUnknown):
            service.draft_of(session, Actor(Kind.STAFF, uuid4(), "集中処理センター 000003"), told)


def test_the_same_event_is_told_once(city: Database) -> None:
    hanako = resident(city, cast.HANAKO)
    with city.command("tell") as session:
        for _ in range(2):
            service.tell(session, hanako, key="e1", section="課", title="Mailbox", body="Mailbox", facts={})
    with city.command("look") as session:
        assert service.unread_count(session, hanako) == 1


def test_who_counted_a_group_is_on_record(city: Database) -> None:
    """A number for a small group can tell of one person."""
    send(city)
    with city.command("look") as session:
        assert session.scalars(select(Record.what).where(Record.what == "mailbox.reach")).all() == ["mailbox.reach"]
