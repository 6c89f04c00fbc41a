"""What a clerk asked to correct is corrected at the window with somebody who has no device, on both databases."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from portal.applications import service
from portal.applications.assisted import corrections, places, records, rules
from portal.applications.assisted.rules import Confirmation
from portal.applications.models import Application, ApplicationEvent, AssistedCorrection, CorrectionRequest
from portal.applications.rules import Reason
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose, Record
from portal.core.errors import Refusal
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from tests.browser import Page
from tests.conftest import ResidentClient, StaffClient
from tests.portal.applications import people
from tests.portal.applications.people import CLERK, as_, one
from tests.portal.applications.test_assisted import (
    DESK,
    MADOKA,
    SATORU,
    begun,
    checked,
    fill_in,
    open_person,
    refusal_of,
)
from tests.portal.applications.test_assisted import send as send_together
from tests.portal.reservations.visits import TUESDAY

PHONE = {"reporter_phone": one("043-000-0002"), "reply-reporter_phone": one("新しい番号です")}


@pytest.fixture
def noon(database: Database) -> Iterator[None]:
    with clock.freeze(TUESDAY):
        yield


@pytest.fixture
def hanako(noon: None, city: Database) -> Actor:
    return people.person(city)


def ask(database: Database, case: UUID, field: str = "reporter_phone", words: str = "つながりません") -> None:
    with as_(database, CLERK) as session:
        service.claim(session, case, CLERK)
        service.ask_correction(session, case, CLERK, [service.Asked(field, Reason.INCORRECT, words)])


@pytest.fixture
def case(city: Database, hanako: Actor) -> UUID:
    """Sent from home, with a telephone number that rings nowhere."""
    found = people.send(city, hanako, clock.today())
    ask(city, found)
    return found


def sit(database: Database, actor: Actor, person: Actor, case: UUID, **how: Any) -> None:
    assert person.id
    checked(database, actor, person.id)
    with as_(database, actor) as session:
        corrections.begin(session, actor, person.id, case, **how)


def write(database: Database, actor: Actor, case: UUID, typed: dict[str, list[str]] | None = None) -> set[str]:
    with as_(database, actor) as session:
        way = corrections.go_on(session, actor, case)
        return set(corrections.write(session, way, typed or PHONE).faults)


def shown(database: Database, case: UUID) -> str:
    with database.command("look") as session:
        return corrections.corrected(session, session.get_one(Application, case)).digest


def send(
    database: Database, actor: Actor, case: UUID, digest: str = "", confirmed: str = Confirmation.READ_ALOUD
) -> None:
    digest = digest or shown(database, case)
    with as_(database, actor) as session:
        corrections.send(session, actor, case, confirmed, digest)


def state(database: Database, case: UUID) -> str:
    with database.command("look") as session:
        return session.get_one(Application, case).state


def phone_of(database: Database, case: UUID) -> str:
    with database.command("look") as session:
        return str(session.get_one(Application, case).answers["reporter_phone"])


def test_from_the_search_to_the_paper_in_the_pages(
    city: Database, hanako: Actor, case: UUID, staff_client: StaffClient, resident_client: ResidentClient
) -> None:
    desk = staff_client(Role.WINDOW)
    page = open_person(desk)
    assert str(case) not in page.text  # nothing opens before the identity is checked
    refused = desk.post(f"{page.path}/correct", {"application": str(case)}, page=page)
    assert refused.status == 403
    page = desk.submit(page, f"{page.path}/identity/document", document="driving-licence")
    form = desk.submit(page, f"{page.path}/correct", application=str(case))
    base = f"{DESK}/{case}/correction"
    assert form.path == base
    assert "つながりません" in form.text
    assert (
        "区役所の窓口が一緒に修正しています" in resident_client("hanako").get(f"/applications/{case}/correction").text
    )
    assert f"/staff/assist/{case}/correction" in desk.get(DESK).links()
    assert desk.get(f"{base}/check").path == base  # nothing was typed yet
    bad = desk.submit(form, base, reporter_phone="１２")
    assert bad.status == 422
    check = desk.submit(
        bad, base, **{"reporter_phone": "０４３ー０００ー０００２", "reply-reporter_phone": "新しい番号"}
    )
    assert check.path == f"{base}/check"
    assert state(city, case) == "correction-asked"
    assert phone_of(city, case) == "09000000001"  # what was sent stands until it is confirmed
    assert "新しい番号" in desk.get(base).text  # back to the form, nothing typed is lost
    aloud = desk.get(f"{base}/aloud?words=es")
    assert (aloud.tree is not None and aloud.tree.get("lang")) == "es"
    assert "043-000-0002" in aloud.text
    unread = desk.submit(check, f"{base}/submit")
    assert unread.status == 422
    _sent(desk.submit(unread, f"{base}/submit", confirmed="signed-paper"), base)
    assert "043-000-0002" not in desk.get(f"{base}/receipt?words=ko").text
    assert desk.get(base).path == f"{base}/sent"
    centre = staff_client(Role.PROCESSOR).get(f"/staff/applications/{case}")
    assert "窓口で修正" in centre.text
    assert "運転免許証" in centre.text
    with city.command("look") as session:
        seen = select(Record.what).where(Record.subject == hanako.id, Record.why == Purpose.ASSIST)
        assert {"applications.answers", "residents.person", "assisted_corrections"} <= set(session.scalars(seen))


def _sent(page: Page, base: str) -> None:
    assert page.path == f"{base}/sent"
    assert f"{base}/receipt" in {link.partition("?")[0] for link in page.links()}


def test_every_sending_stays_on_record_beside_the_first(city: Database, hanako: Actor) -> None:
    assert hanako.id
    case = begun(city, MADOKA, hanako.id)
    fill_in(city, MADOKA, case)
    send_together(city, MADOKA, case)
    for number, (helper, confirmed) in enumerate([(SATORU, "signed-paper"), (MADOKA, "read-aloud")]):
        with clock.freeze(clock.now() + timedelta(days=number)):
            ask(city, case)
            sit(city, helper, hanako, case)
            write(city, helper, case, {"reporter_phone": one(f"043-000-000{number}")})
            send(city, helper, case, confirmed=confirmed)
            send(city, helper, case, confirmed=confirmed)  # a second press
    with city.command("look") as session:
        first = records.of_case(session, case)
        assert first
        assert (first.member_id, first.confirmed_how) == (MADOKA.id, "read-aloud")
        made = records.corrections_of(session, case)
        assert [(one.member_id, one.confirmed_how) for one in made] == [
            (SATORU.id, "signed-paper"),
            (MADOKA.id, "read-aloud"),
        ]
        kept = session.get_one(Application, case)
        assert (kept.channel, kept.state, kept.typed) == ("assisted", "corrected", {})
        found = service.disclosure_of(session, kept.reference)
        assert len(found["assisted_corrections"]) == 2
        kinds = list(session.scalars(select(ApplicationEvent.kind).order_by(ApplicationEvent.id)))
        again = ["correction-asked", "correction-begun", "corrected-together"]
        assert kinds == ["assist-begun", "sent-together", *again, *again]
        asked = session.scalars(select(CorrectionRequest).order_by(CorrectionRequest.id)).all()
        assert [one.after for one in asked] == ["0430000000", "0430000001"]


def test_sent_from_home_stays_sent_from_home(city: Database, hanako: Actor, case: UUID) -> None:
    sit(city, MADOKA, hanako, case)
    write(city, MADOKA, case)
    send(city, MADOKA, case)
    with city.command("look") as session:
        kept = session.get_one(Application, case)
        assert (kept.channel, kept.state, kept.answers["reporter_phone"]) == ("online", "corrected", "0430000002")
        reply = session.scalars(select(CorrectionRequest.reply)).one()
        assert reply == "新しい番号です"
        assert records.of_case(session, case) is None
    sit_again = refusal_of(lambda: write(city, MADOKA, case))
    assert sit_again == "assist-correction-over"
    with as_(city, MADOKA) as session:
        corrections.look_in(session, MADOKA, case)  # for the paper
    with clock.freeze(clock.now() + rules.SITTING), as_(city, MADOKA) as session:
        assert refusal_of(lambda: corrections.look_in(session, MADOKA, case)) == "assist-correction-over"


def test_sent_is_only_what_the_person_confirmed(city: Database, hanako: Actor, case: UUID) -> None:
    sit(city, MADOKA, hanako, case)
    assert write(city, MADOKA, case, {"reporter_phone": one("１２")}) == {"reporter_phone"}
    assert refusal_of(lambda: send(city, MADOKA, case)) == "assist-changed-since"
    write(city, MADOKA, case)
    assert refusal_of(lambda: send(city, MADOKA, case, confirmed="")) == "assist-not-confirmed"
    assert refusal_of(lambda: send(city, MADOKA, case, confirmed="signed-card")) == "assist-not-confirmed"
    before = shown(city, case)
    write(city, MADOKA, case, PHONE | {"reply-reporter_phone": one("ちがう話")})
    assert refusal_of(lambda: send(city, MADOKA, case, before)) == "assist-changed-since"
    assert state(city, case) == "correction-asked"
    assert phone_of(city, case) == "09000000001"
    send(city, MADOKA, case)
    assert phone_of(city, case) == "0430000002"


def test_one_member_at_a_time_and_a_colleague_takes_over_by_name(city: Database, hanako: Actor, case: UUID) -> None:
    sit(city, MADOKA, hanako, case)
    sit(city, MADOKA, hanako, case)  # pressed twice
    assert refusal_of(lambda: sit(city, SATORU, hanako, case)) == "assist-correction-with-colleague"
    other = {"instead_of": uuid4()}
    assert refusal_of(lambda: sit(city, SATORU, hanako, case, **other)) == "assist-correction-with-colleague"
    assert refusal_of(lambda: write(city, SATORU, case)) == "assist-correction-over"
    write(city, MADOKA, case)
    sit(city, SATORU, hanako, case, instead_of=MADOKA.id)
    assert refusal_of(lambda: write(city, MADOKA, case)) == "assist-correction-over"
    assert refusal_of(lambda: send(city, MADOKA, case)) == "assist-correction-over"
    with clock.freeze(clock.now() + rules.SITTING):
        assert refusal_of(lambda: send(city, SATORU, case)) == "assist-correction-over"
        with city.page(MADOKA, Purpose.ASSIST, writes=False) as session:
            assert [one.id for one in places.begun(session, MADOKA)[1]] == [case]  # left lying
        sit(city, MADOKA, hanako, case)  # the colleague went home; what was typed is still there
        with as_(city, MADOKA) as session:
            assert corrections.stop(session, MADOKA, case) == hanako.id
        assert refusal_of(lambda: send(city, MADOKA, case)) == "assist-correction-over"
    with as_(city, hanako) as session:
        typed = dict(session.get_one(Application, case).typed)
        assert typed == PHONE
        assert service.correct(session, hanako, case, typed).faults == {}


def test_the_colleague_in_the_pages(city: Database, hanako: Actor, case: UUID, staff_client: StaffClient) -> None:
    sit(city, SATORU, hanako, case)
    desk = staff_client(Role.WINDOW)
    page = open_person(desk)
    page = desk.submit(page, f"{page.path}/identity/document", document="passport")
    taken = desk.submit(page, f"{page.path}/correct", application=str(case))
    assert taken.status == 409
    mine = desk.submit(taken, f"{page.path}/correct", instead_of=str(SATORU.id), application=str(case))
    assert mine.path == f"{DESK}/{case}/correction"
    asks = desk.get(f"{mine.path}/stop")
    assert desk.submit(asks, asks.path).path == page.path
    assert desk.get(mine.path).status == 409


def test_who_may_not_and_what_is_not_asked(city: Database, hanako: Actor, case: UUID) -> None:
    own = replace(MADOKA, display_name=cast.HANAKO.name)
    assert refusal_of(lambda: sit(city, own, hanako, case)) == "assist-yourself"
    taro = people.person(city, cast.TARO)
    assert refusal_of(lambda: sit(city, MADOKA, taro, case)) == "application-not-found"
    child = people.person(city, cast.HINATA)
    assert refusal_of(lambda: sit(city, MADOKA, child, case)) == "assist-too-young"
    with as_(city, MADOKA) as session:
        assert hanako.id
        unchecked = refusal_of(lambda: corrections.begin(session, SATORU, hanako.id or case, case))
        assert unchecked == "assist-identity"
    with as_(city, hanako) as session:
        service.correct(session, hanako, case, PHONE)
    assert refusal_of(lambda: sit(city, MADOKA, hanako, case)) == "assist-correction-settled"
    with city.command("look") as session:
        assert records.newest_correction(session, case) is None


def test_what_the_person_sends_meanwhile_counts(city: Database, hanako: Actor, case: UUID) -> None:
    sit(city, MADOKA, hanako, case)
    write(city, MADOKA, case)
    before = shown(city, case)
    with as_(city, hanako) as session:
        assert service.correct(session, hanako, case, {"reporter_phone": one("043-000-0003")}).faults == {}
    for deed in (lambda: send(city, MADOKA, case, before), lambda: write(city, MADOKA, case)):
        assert refusal_of(deed) == "assist-correction-settled"
    assert phone_of(city, case) == "0430000003"
    with city.command("look") as session:
        assert records.corrections_of(session, case) == []


def test_the_next_round_is_confirmed_anew(city: Database, hanako: Actor, case: UUID) -> None:
    """The page still open at the window shows the round that was answered at home."""
    sit(city, MADOKA, hanako, case)
    write(city, MADOKA, case)
    before = shown(city, case)
    with as_(city, hanako) as session:
        service.correct(session, hanako, case, PHONE)
    ask(city, case, words="こんどは何時にかければよいか書いてください")
    write(city, MADOKA, case)
    assert refusal_of(lambda: send(city, MADOKA, case, before)) == "assist-changed-since"


def race(*deeds: Any) -> Counter[str]:
    """All at the same moment; how each ended."""
    barrier = Barrier(len(deeds))

    def run(deed: Any) -> str:
        barrier.wait(30)
        try:
            deed()
        except Refusal as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(len(deeds)) as pool:
        return Counter(pool.map(run, deeds))


def test_at_home_and_at_the_window_at_the_same_moment(city: Database, hanako: Actor, case: UUID) -> None:
    sit(city, MADOKA, hanako, case)
    write(city, MADOKA, case)
    digest = shown(city, case)

    def at_home() -> None:
        with as_(city, hanako) as session:
            service.correct(session, hanako, case, {"reporter_phone": one("043-000-0003")})

    ended = race(at_home, lambda: send(city, MADOKA, case, digest))
    assert ended["done"] == 1
    assert set(ended) - {"done"} <= {"assist-correction-settled", "application-state"}
    with city.command("look") as session:
        made = len(records.corrections_of(session, case))
        kinds = Counter(session.scalars(select(ApplicationEvent.kind)))
    assert phone_of(city, case) == ("0430000002" if made else "0430000003")
    assert kinds["corrected"] + kinds["corrected-together"] == 1
    assert kinds["corrected-together"] == made


def test_pressed_many_times_at_once_it_is_sent_once(city: Database, hanako: Actor, case: UUID) -> None:
    sit(city, MADOKA, hanako, case)
    write(city, MADOKA, case)
    digest = shown(city, case)
    assert race(*[lambda: send(city, MADOKA, case, digest)] * 5) == {"done": 5}
    with city.command("look") as session:
        assert len(records.corrections_of(session, case)) == 1
        assert Counter(session.scalars(select(ApplicationEvent.kind)))["corrected-together"] == 1


def test_a_colleague_takes_over_while_it_is_sent(city: Database, hanako: Actor, case: UUID) -> None:
    assert hanako.id
    sit(city, MADOKA, hanako, case)
    write(city, MADOKA, case)
    digest = shown(city, case)
    checked(city, SATORU, hanako.id)

    def take() -> None:
        with as_(city, SATORU) as session:
            corrections.begin(session, SATORU, hanako.id or case, case, instead_of=MADOKA.id)

    ended = race(take, lambda: send(city, MADOKA, case, digest))
    assert ended["done"] == 1
    assert set(ended) - {"done"} <= {"assist-correction-settled", "assist-correction-over"}
    with city.command("look") as session:
        found = session.scalars(select(AssistedCorrection)).all()
        assert len(found) == 1
        assert (found[0].member_id == MADOKA.id) is (found[0].sent_at is not None)
    assert state(city, case) == ("corrected" if found[0].sent_at else "correction-asked")


def test_of_many_who_begin_at_the_same_moment_one_has_it(city: Database, hanako: Actor, case: UUID) -> None:
    assert hanako.id
    crowd = [replace(MADOKA, id=uuid4()) for _ in range(6)]
    for actor in crowd:
        checked(city, actor, hanako.id)

    def begin(actor: Actor) -> None:
        with as_(city, actor) as session:
            corrections.begin(session, actor, hanako.id or case, case)

    ended = race(*[lambda actor=actor: begin(actor) for actor in crowd])
    assert ended == {"done": 1, "assist-correction-with-colleague": len(crowd) - 1}
