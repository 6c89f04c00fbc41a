"""Somebody without a device: the office fills the form in with them, on both databases."""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal.accounts import service as accounts
from portal.applications import cases, drafts, service
from portal.applications.assisted import places, records, rules
from portal.applications.assisted import service as assisted
from portal.applications.assisted.rules import Confirmation
from portal.applications.models import Application, ApplicationEvent, Assistance
from portal.applications.signatures.content import digest_of
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose, Record
from portal.core.errors import Refusal
from portal.core.identity import Document
from portal.core.permissions import Permission, Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.points.programmes.models import PointEarning
from portal.residents.models import Resident
from portal.window import prepared
from portal.window import service as window
from portal.window.models import Ticket
from portal.window.rules import How
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.portal.applications import filled, people
from tests.portal.applications.people import as_
from tests.portal.applications.test_guests import look_up, numbers
from tests.portal.files.papers import photo
from tests.portal.points.offered import for_applications
from tests.portal.reservations.visits import TUESDAY
from tests.portal.window.test_window import desk as sitting_desk

MOVING = "moving-within-city"
DESK = "/staff/assist"


def member(name: str, office: str = "chuo") -> Actor:
    may = frozenset({Permission.APPLICATION_ASSIST, Permission.WINDOW_SERVE})
    return Actor(
        Kind.STAFF, uuid4(), f"中央区役所 市民総合窓口課 {name}", office=office, permissions=may, display_name=name
    )


MADOKA, SATORU = member("架空 まどか"), member("架空 悟")


@pytest.fixture
def noon(database: Database) -> Iterator[None]:
    with clock.freeze(TUESDAY):
        yield


@pytest.fixture
def hanako(noon: None, city: Database) -> UUID:
    found = people.person(city).id
    assert found
    return found


def checked(database: Database, actor: Actor, resident_id: UUID) -> None:
    with as_(database, actor) as session:
        accounts.check_by_document(session, actor, resident_id, Document.PASSPORT)


def begun(database: Database, actor: Actor, resident_id: UUID, procedure: str = MOVING, **how: Any) -> UUID:
    checked(database, actor, resident_id)
    with as_(database, actor) as session:
        return assisted.begin(session, actor, resident_id, procedure, **how).id


def fill_in(database: Database, actor: Actor, case: UUID) -> None:
    with as_(database, actor) as session:
        members = service.open_sheet(session, case)[0].people
    for name, typed in people.moving(clock.today(), list(members)).items():
        with as_(database, actor) as session:
            way = assisted.go_on(session, actor, case)
            assert drafts.save_page(session, way.actor, case, name, typed).faults == {}


def send(database: Database, actor: Actor, case: UUID, confirmed: str = Confirmation.READ_ALOUD) -> Application:
    with as_(database, actor) as session:
        draft = session.get_one(Application, case)
        return assisted.send(session, actor, case, confirmed, digest_of(draft))


def sit_with(database: Database, actor: Actor, case: UUID, how: Callable[..., object]) -> None:
    with as_(database, actor) as session:
        how(session, actor, case)


def refusal_of(deed: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refused:
        deed()
    return refused.value.code


def open_person(desk: Visitor, person: cast.Resident = cast.HANAKO) -> Page:
    return desk.submit(desk.get(DESK), DESK, number=person.addressee_number)


def test_from_the_search_to_the_paper_and_the_window(
    app: Flask, city: Database, hanako: UUID, staff_client: StaffClient, worker: Worker
) -> None:
    with city.command("points") as session:
        for_applications(session)
    desk = staff_client(Role.WINDOW)
    page = open_person(desk)
    assert not list(page.find("select", name="procedure"))  # nothing opens before the identity is checked
    refused = desk.post(f"{page.path}/begin", {"procedure": MOVING}, page=page)
    assert refused.status == 403
    page = desk.submit(page, f"{page.path}/identity/document", document="driving-licence")
    page = desk.submit(page, f"{page.path}/begin", procedure=MOVING)
    base = page.path.partition("/steps")[0]
    with city.command("look") as session:
        case = session.scalars(select(Application)).one()
        movers = [one["id"] for one in case.known["household.members"]]
    for name, typed in people.moving(clock.today(), movers).items():
        page = desk.submit(desk.get(f"{base}/steps/{name}"), f"{base}/steps/{name}", **typed)
    assert page.path == f"{base}/check"
    aloud = desk.get(f"{base}/aloud?words=pt")
    assert (aloud.tree is not None and aloud.tree.get("lang")) == "pt"
    assert desk.get(page.path).tree.get("lang") == "ja"  # type: ignore[union-attr]
    unread = desk.submit(page, f"{base}/submit")
    assert unread.status == 422
    sent = desk.submit(unread, f"{base}/submit", confirmed="read-aloud")
    assert sent.path == base
    centre = staff_client(Role.PROCESSOR).get(f"/staff/applications/{base.rpartition('/')[2]}")
    assert "読み上げ" in centre.text
    paper = desk.submit(sent, f"{base}/receipt")
    number, password = numbers(paper)
    assert look_up(Visitor(app), number, password).path == "/without-account/application"
    _at_the_window(city, desk, base)
    while worker.run_pending():
        pass
    with city.command("look") as session:
        case = session.scalars(select(Application)).one()
        assert (case.channel, case.state) == ("assisted", "completed")
        assert session.scalar(select(func.count()).select_from(PointEarning)) == 0
        assert records.sent_at_office(session, "chuo", (clock.today(), clock.today())) == 1
        kinds = list(session.scalars(select(ApplicationEvent.kind).order_by(ApplicationEvent.id)))
        assert kinds == ["assist-begun", "sent-together", "checked-in", "completed"]
        labels = set(session.scalars(select(ApplicationEvent.actor_label)))
        assert all("市民総合窓口課" in label for label in labels), labels
        seen = select(Record.what).where(Record.subject == hanako, Record.why == Purpose.ASSIST)
        assert {"applications.answers", "residents.person", "guest_keys"} <= set(session.scalars(seen))


def call_somebody(city: Database, desk: Visitor) -> Page:
    """A walk-in's number, called to window 3, and its person there."""
    with city.command("draw") as session:
        window.draw(session, "chuo", "resident-affairs", "token", how=How.RECEPTION, language="ja")
    queue = desk.submit(desk.get("/staff/window"), "/staff/window/number", window="3")
    ticket = desk.submit(queue, "/staff/window/next")
    return desk.submit(ticket, f"{ticket.path}/start")


def _at_the_window(city: Database, desk: Visitor, base: str) -> None:
    """A walk-in's number takes the application; the member who called it finishes it at once."""
    ticket = call_somebody(city, desk)
    sent = desk.get(base)
    form = sent.form("/staff/window/prepared")
    assert next(box.get("value") for box in form.iter("input") if box.get("name") == "number") == "A001"
    unknown = desk.submit(sent, "/staff/window/prepared", number="Z999")
    assert unknown.status == 422
    here = desk.submit(sent, "/staff/window/prepared", number="ａ００１")
    assert here.path == ticket.path
    assert cast.HANAKO.name in here.text
    done = desk.submit(here, f"{here.path}/complete")
    assert done.path == f"{here.path}/receipt"
    with city.command("look") as session:
        kept = session.scalars(select(Ticket)).one()
        assert (kept.assisted, kept.verified_how, kept.state) == (True, "driving-licence", "served")


def test_an_identity_checked_yesterday_is_checked_again_at_the_window(city: Database, hanako: UUID) -> None:
    clerk = sitting_desk(city, "mado-9", 3)
    case = begun(city, clerk, hanako)
    fill_in(city, clerk, case)
    send(city, clerk, case)
    with clock.freeze(TUESDAY + timedelta(days=1)):
        with city.page(clerk, Purpose.WINDOW, writes=True) as session:
            window.choose_window(session, clerk, 3)
            window.draw(session, "chuo", "resident-affairs", "token", how=How.RECEPTION, language="ja")
        with city.page(clerk, Purpose.WINDOW, writes=True) as session:
            called = window.call_next(session, clerk)
            here = prepared.add(session, clerk, case, called.label)
            assert (here.resident_id, here.assisted, here.verified_at) == (hanako, True, None)


def test_where_the_law_wants_a_signature_the_person_signs(
    city: Database, hanako: UUID, staff_client: StaffClient
) -> None:
    desk = staff_client(Role.WINDOW)
    page = open_person(desk)
    page = desk.submit(page, f"{page.path}/identity/document", document="passport")
    base = desk.submit(page, f"{page.path}/begin", procedure="moving-out").path.partition("/steps")[0]
    case = UUID(base.rpartition("/")[2])
    with city.command("fill") as session:
        left = [one.section for one in service.pages(session.get_one(Application, case)) if one.state != "done"]
        while left:
            draft, owner = session.get_one(Application, case), Actor(Kind.RESIDENT, hanako)
            typed = filled.typed_page(cases.procedure_of(draft), left[0], draft.answers, draft.known)
            assert service.save_page(session, owner, case, left[0].name, typed).faults == {}
            left = [one.section for one in service.pages(draft) if one.state != "done"]
    check = desk.get(f"{base}/check")
    assert desk.submit(check, f"{base}/submit", confirmed="read-aloud").status == 422
    assert desk.submit(check, f"{base}/sign").status == 422  # nothing came from the reader
    sent = desk.submit(check, f"{base}/submit", confirmed="signed-paper")
    assert sent.path == base
    call_somebody(city, desk)
    ticket = desk.submit(desk.get(base), "/staff/window/prepared")
    assert f"/staff/applications/{case}/signature" in ticket.links()


MAY = {"age": 34, "lives_here": True}


@pytest.mark.parametrize(
    ("names", "facts", "code"),
    [
        (("架空 花子", ""), MAY, None),
        (("架空　まどか", ""), MAY, "assist-yourself"),
        (("SAMPLE MADOKA", "架空まどか"), MAY, "assist-yourself"),
        (("架空 花子", ""), MAY | {"lives_here": False}, "assist-not-a-resident"),
        (("架空 花子", ""), MAY | {"age": 14}, "assist-too-young"),
        (("架空 花子", ""), MAY | {"age": 15}, None),
    ],
)
def test_for_whom_nothing_is_filled_in(names: tuple[str, str], facts: dict[str, Any], code: str | None) -> None:
    def check() -> None:
        rules.check_person(names, "架空 まどか", **facts)

    if code is None:
        check()
    else:
        assert refusal_of(check) == code


def test_who_moved_away_is_told_so_and_others_find_no_door(
    city: Database, hanako: UUID, staff_client: StaffClient
) -> None:
    with city.command("move") as session:
        session.execute(update(Resident).where(Resident.id == hanako).values(moved_out=clock.today()))
    page = open_person(staff_client(Role.WINDOW))
    assert page.status == 409
    assert not list(page.find("input", name="document"))
    assert staff_client(Role.PROCESSOR).get(DESK).status == 404


def test_sent_is_only_what_the_person_confirmed(city: Database, hanako: UUID) -> None:
    case = begun(city, MADOKA, hanako)
    fill_in(city, MADOKA, case)
    assert refusal_of(lambda: send(city, MADOKA, case, "")) == "assist-not-confirmed"
    assert refusal_of(lambda: send(city, MADOKA, case, Confirmation.SIGNED_CARD)) == "assist-not-confirmed"
    with city.command("look") as session:
        shown = digest_of(session.get_one(Application, case))
    phone = people.person(city)  # at home somebody changes an answer meanwhile
    with as_(city, phone) as session:
        typed = people.moving(clock.today(), [])["also"] | {"has_care_insurance": ["yes"]}
        service.save_page(session, phone, case, "also", typed)

    def old_page() -> None:
        with as_(city, MADOKA) as session:
            assisted.send(session, MADOKA, case, Confirmation.READ_ALOUD, shown)

    assert refusal_of(old_page) == "assist-changed-since"
    assert send(city, MADOKA, case).state == "submitted"
    assert send(city, MADOKA, case).state == "submitted"  # a second press
    sit_with(city, MADOKA, case, assisted.look_in)  # for the paper
    assert refusal_of(lambda: sit_with(city, MADOKA, case, assisted.go_on)) == "assist-over"
    with city.command("look") as session:
        assert session.get_one(Assistance, case).confirmed_how == "read-aloud"
    assert rules.ways_to_confirm(by_own_hand=True) == (Confirmation.SIGNED_PAPER, Confirmation.SIGNED_CARD)


def test_what_the_person_sends_meanwhile_is_their_own(city: Database, hanako: UUID) -> None:
    case = begun(city, MADOKA, hanako)
    fill_in(city, MADOKA, case)
    phone = people.person(city)
    with as_(city, phone) as session:
        service.submit(session, phone, case)
    assert refusal_of(lambda: send(city, MADOKA, case)) == "assist-sent-already"
    assert refusal_of(lambda: sit_with(city, MADOKA, case, assisted.look_in)) == "assist-sent-already"
    assert refusal_of(lambda: sit_with(city, MADOKA, case, assisted.go_on)) == "assist-sent-already"
    with city.command("look") as session:
        assert session.get_one(Application, case).channel == "online"
        assert records.sent_at_office(session, "chuo", (clock.today(), clock.today())) == 0


def test_one_member_at_a_time_and_a_colleague_takes_over(city: Database, hanako: UUID) -> None:
    case = begun(city, MADOKA, hanako)
    assert begun(city, MADOKA, hanako) == case  # pressed twice
    assert refusal_of(lambda: begun(city, SATORU, hanako)) == "assist-with-colleague"
    assert refusal_of(lambda: fill_in(city, SATORU, case)) == "assist-over"
    assert begun(city, SATORU, hanako, instead_of=MADOKA.id) == case
    assert refusal_of(lambda: fill_in(city, MADOKA, case)) == "assist-over"
    assert refusal_of(lambda: begun(city, MADOKA, hanako, instead_of=uuid4())) == "assist-with-colleague"
    with clock.freeze(clock.now() + rules.SITTING):
        assert refusal_of(lambda: fill_in(city, SATORU, case)) == "assist-over"
        with city.page(MADOKA, Purpose.ASSIST, writes=False) as session:
            assert [one.id for one in places.begun(session, MADOKA)[1]] == [case]  # left lying
        assert begun(city, MADOKA, hanako) == case  # the colleague went home
        with as_(city, MADOKA) as session:
            assert assisted.stop(session, MADOKA, case) == hanako
        assert refusal_of(lambda: send(city, MADOKA, case)) == "assist-over"
        with city.command("look") as session:
            assert session.get_one(Application, case).channel == "online"


def test_of_many_who_begin_at_the_same_moment_one_has_it(city: Database, hanako: UUID) -> None:
    crowd = [replace(MADOKA, id=uuid4()) for _ in range(6)]
    for one in crowd:
        checked(city, one, hanako)
    barrier = Barrier(len(crowd))

    def sit_down(actor: Actor) -> str:
        barrier.wait(30)
        try:
            with as_(city, actor) as session:
                return str(assisted.begin(session, actor, hanako, MOVING).id)
        except Refusal as refusal:
            return refusal.code

    with ThreadPoolExecutor(len(crowd)) as pool:
        found = Counter(pool.map(sit_down, crowd))
    assert found["assist-with-colleague"] == len(crowd) - 1
    assert len(found) == 2


def test_a_check_of_somebody_else_or_of_long_ago_opens_nothing(city: Database, hanako: UUID) -> None:
    taro = people.person(city, cast.TARO).id
    assert taro
    checked(city, MADOKA, taro)

    def begin() -> None:
        with as_(city, MADOKA) as session:
            assisted.begin(session, MADOKA, hanako, MOVING)

    assert refusal_of(begin) == "assist-identity"
    checked(city, MADOKA, hanako)
    with clock.freeze(clock.now() + timedelta(minutes=15)):
        assert refusal_of(begin) == "assist-identity"


def test_the_person_sees_the_office_and_both_versions(
    database: Database, resident_client: ResidentClient, staff_client: StaffClient
) -> None:
    """With an account: the draft is theirs, says who writes in it, and nobody's words are lost."""
    desk, phone = staff_client(Role.WINDOW), resident_client("hanako")
    page = open_person(desk)
    page = desk.submit(page, f"{page.path}/identity/document", document="passport")
    step = desk.submit(page, f"{page.path}/begin", procedure=MOVING)
    address = next(link for link in phone.get("/applications").links() if link.startswith("/applications/"))
    own = phone.get(address)
    assert "市民総合窓口課" in own.text
    day = clock.today() - timedelta(days=2)
    saved = phone.submit(own, own.path, **people.day_typed("moved_on", day), whole_household="all")
    assert saved.path != own.path
    other = people.day_typed("moved_on", day - timedelta(days=1))
    crossed = desk.submit(step, step.path, **other, whole_household="all")
    assert crossed.status == 409
    kept = desk.submit(crossed, step.path)
    assert kept.status == 200
    assert "/stop" in " ".join(kept.links())


def test_a_document_is_photographed_at_the_window(city: Database, hanako: UUID, staff_client: StaffClient) -> None:
    desk = staff_client(Role.WINDOW)
    page = open_person(desk)
    page = desk.submit(page, f"{page.path}/identity/document", document="passport")
    page = desk.submit(page, f"{page.path}/begin", procedure="disaster-certificate")
    base = page.path.partition("/steps")[0]
    page = desk.get(f"{base}/documents/documents")
    upload = {"csrf_token": page.csrf_token, "act": "add", "damage_photos": (io.BytesIO(photo()), "scan.jpg")}
    page = desk._open("POST", page.path, data=upload, content_type="multipart/form-data")
    assert page.status == 200
    shown = next(link for link in page.links() if "/files/" in link)
    assert shown.startswith(base)
    assert desk.client.get(shown, headers=desk.headers).mimetype == "image/jpeg"
