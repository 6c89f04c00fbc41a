"""A pre-application from the first draft to the window, with everything that can cross it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.applications import cases, rules, service
from portal.applications.models import Application
from portal.applications.rules import Reason, State
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose, Record
from portal.core.errors import Refusal
from portal.core.uow import Database
from tests.portal.applications.people import CLERK, COLLEAGUE, WINDOW, as_, fill_in, moving, one, send


def state_of(database: Database, application_id: object) -> State:
    with database.page(CLERK, Purpose.REVIEW, writes=False) as session:
        return service.summary(session, application_id).state  # type: ignore[arg-type]


def test_a_draft_survives_a_closed_tab(city: Database, hanako: Actor) -> None:
    with as_(city, hanako) as session:
        first = service.start_draft(session, hanako.id, "moving-within-city")
        service.save_page(session, hanako, first.id, "household", {"old_head": one("架空 一子"), "joins": one("")})
    with as_(city, hanako) as session:
        again = service.start_draft(session, hanako.id, "moving-within-city")
    assert again.id == first.id
    assert again.answers["old_head"] == "架空 一子"


def test_what_was_not_understood_is_kept_as_typed(city: Database, hanako: Actor) -> None:
    with as_(city, hanako) as session:
        draft = service.start_draft(session, hanako.id, "moving-within-city")
        read = service.save_page(session, hanako, draft.id, "reporter", {"reporter_phone": one("わすれた")})
    assert set(read.faults) >= {"reporter_phone"}
    with as_(city, hanako) as session:
        assert service.start_draft(session, hanako.id, "moving-within-city").typed["reporter_phone"] == ["わすれた"]


def test_the_city_fills_in_what_it_knows(city: Database, hanako: Actor) -> None:
    with as_(city, hanako) as session:
        draft = service.start_draft(session, hanako.id, "child-allowance")
    assert draft.answers["kana"] == "カクウ ハナコ"
    assert draft.answers["spouse_name"] == "架空 太郎"
    assert len(draft.answers["children"]) == 1


def test_full_width_digits_are_taken(city: Database, hanako: Actor) -> None:
    application_id = fill_in(city, hanako, clock.today())
    with as_(city, hanako) as session:
        rows = {row.field.name: row.answer for row in service.rows_of(service.submit(session, hanako, application_id))}
    assert rows["reporter_phone"] == "09000000001"
    assert rows["new_address"]["postal"] == "2600026"
    assert rows["new_address"]["street"] == "99-1"


def test_submitting_twice_is_one_application(city: Database, hanako: Actor) -> None:
    application_id = fill_in(city, hanako, clock.today())

    def press() -> str:
        with as_(city, hanako) as session:
            return service.submit(session, hanako, application_id).reference

    with ThreadPoolExecutor(4) as pool:
        references = set(pool.map(lambda _: press(), range(4)))
    assert len(references) == 1
    with as_(city, hanako) as session:
        assert [entry.kind for entry in service.timeline(session, application_id)] == ["submitted"]


def test_an_unfinished_draft_is_not_sent(city: Database, hanako: Actor) -> None:
    with as_(city, hanako) as session:
        draft = service.start_draft(session, hanako.id, "moving-within-city")
    with pytest.raises(rules.NotComplete), as_(city, hanako) as session:
        service.submit(session, hanako, draft.id)


def test_starting_on_two_devices_at_once_is_one_draft(city: Database, hanako: Actor) -> None:
    def start(_: int) -> object:
        with as_(city, hanako) as session:
            return service.start_draft(session, hanako.id, "child-allowance").id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(start, range(4)))) == 1


def test_another_residents_application_is_not_found(city: Database, hanako: Actor, ichiro: Actor) -> None:
    application_id = fill_in(city, hanako, clock.today())
    for deed in (service.submit, service.withdraw, service.discard):
        with pytest.raises(rules.ApplicationNotFound), as_(city, ichiro) as session:
            deed(session, ichiro, application_id)


def test_two_clerks_cannot_claim_the_same_case(city: Database, hanako: Actor) -> None:
    application_id = send(city, hanako, clock.today())

    def take(clerk: Actor) -> bool:
        try:
            with as_(city, clerk) as session:
                service.claim(session, application_id, clerk)
        except rules.ClaimedByOther:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(take, (CLERK, COLLEAGUE))) == [False, True]


def test_a_case_kept_too_long_may_be_taken_over(city: Database, hanako: Actor) -> None:
    application_id = send(city, hanako, clock.today())
    with as_(city, CLERK) as session:
        service.claim(session, application_id, CLERK)
    later = clock.now() + rules.CLAIM_LASTS + timedelta(minutes=1)
    with clock.freeze(later), as_(city, COLLEAGUE) as session:
        service.claim(session, application_id, COLLEAGUE)
    with pytest.raises(rules.NotClaimed), as_(city, CLERK) as session:
        service.mark_ready(session, application_id, CLERK)


def test_a_clerk_who_did_not_take_the_case_cannot_decide(city: Database, hanako: Actor) -> None:
    application_id = send(city, hanako, clock.today())
    with pytest.raises(rules.NotClaimed), as_(city, CLERK) as session:
        service.mark_ready(session, application_id, CLERK)


def asked(city: Database, application_id: object, field: str = "reporter_phone") -> None:
    with as_(city, CLERK) as session:
        service.claim(session, application_id, CLERK)  # type: ignore[arg-type]
        wanted = [service.Asked(field, Reason.INCOMPLETE, "電話番号をもう一度書いてください。")]
        service.ask_correction(session, application_id, CLERK, wanted)  # type: ignore[arg-type]


def test_only_what_was_asked_can_be_corrected(city: Database, hanako: Actor) -> None:
    application_id = send(city, hanako, clock.today())
    asked(city, application_id)
    typed = {"reporter_phone": one("043-000-0002"), "reporter_name": one("別の名前")}
    with as_(city, hanako) as session:
        assert service.correct(session, hanako, application_id, typed).faults == {}
    with as_(city, CLERK) as session:
        rows = {row.field.name: row.answer for row in service.open_sheet(session, application_id)}
    assert rows["reporter_phone"] == "0430000002"
    assert rows["reporter_name"] == "架空 花子"
    assert state_of(city, application_id) is State.CORRECTED


def test_nothing_is_asked_about_a_question_the_person_never_saw(city: Database, hanako: Actor) -> None:
    """Its answer would be dropped when it comes."""
    application_id = send(city, hanako, clock.today())
    with city.command("look") as session:
        case = session.get_one(Application, application_id)
        procedure = cases.procedure_of(case)
        seen = {field.name for section in procedure.asked(case.answers) for field in section.fields}
        unseen = next(field.name for field in procedure.fields() if field.name not in seen)
    with pytest.raises(rules.NothingAsked):
        asked(city, application_id, unseen)
    assert state_of(city, application_id) is State.SUBMITTED


def test_a_faulty_correction_moves_nothing(city: Database, hanako: Actor) -> None:
    application_id = send(city, hanako, clock.today())
    asked(city, application_id)
    with as_(city, hanako) as session:
        read = service.correct(session, hanako, application_id, {"reporter_phone": one("１２")})
    assert set(read.faults) == {"reporter_phone"}
    assert state_of(city, application_id) is State.CORRECTION_ASKED


def test_the_whole_way_leaves_one_timeline(city: Database, hanako: Actor) -> None:
    application_id = send(city, hanako, clock.today())
    asked(city, application_id)
    with as_(city, hanako) as session:
        service.correct(session, hanako, application_id, {"reporter_phone": one("043-000-0002")})
    with as_(city, CLERK) as session:
        service.claim(session, application_id, CLERK)
        service.mark_ready(session, application_id, CLERK)
    with as_(city, hanako) as session:
        service.add_to_timeline(session, application_id, "booked", {"office": "中央区役所"})
    with as_(city, WINDOW) as session:
        service.complete(session, application_id, WINDOW)
        told = service.timeline(session, application_id)
    kinds = ["submitted", "correction-asked", "corrected", "ready", "booked", "completed"]
    assert [entry.kind for entry in told] == kinds
    assert told[-1].actor_label == "中央区役所 市民総合窓口課"


def test_a_case_is_completed_once(city: Database, hanako: Actor) -> None:
    application_id = send(city, hanako, clock.today())
    with as_(city, WINDOW) as session:
        service.complete(session, application_id, WINDOW)
    with pytest.raises(rules.NotPossibleNow), as_(city, WINDOW) as session:
        service.complete(session, application_id, WINDOW)


def test_withdrawn_is_withdrawn(city: Database, hanako: Actor) -> None:
    application_id = send(city, hanako, clock.today())
    with as_(city, hanako) as session:
        service.withdraw(session, hanako, application_id)
    for deed in (service.claim, service.mark_ready, service.complete):
        with pytest.raises(Refusal), as_(city, CLERK) as session:
            deed(session, application_id, CLERK)


def test_a_draft_nobody_touches_goes_after_thirty_days(city: Database, hanako: Actor) -> None:
    with as_(city, hanako) as session:
        first = service.start_draft(session, hanako.id, "child-allowance").id
    with clock.freeze(clock.now() + rules.DRAFT_LIVES + timedelta(days=1)):
        with city.job("forget") as session:
            service.forget_expired(session, {})
        with as_(city, hanako) as session:
            wanted = select(Record.actor_label).where(Record.action == "delete", Record.subject == hanako.id)
            assert session.scalars(wanted).all() == ["job forget"]
            assert service.start_draft(session, hanako.id, "child-allowance").id != first


def test_a_day_allowed_when_typed_is_checked_again_when_sent(city: Database, hanako: Actor) -> None:
    application_id = fill_in(city, hanako, clock.today())
    with as_(city, hanako) as session:
        past = moving(clock.today() - timedelta(days=1000), [])["move"]
        service.save_page(session, hanako, application_id, "move", past)
    later = clock.now() + timedelta(days=3650)
    with clock.freeze(later), pytest.raises(rules.NotComplete), as_(city, hanako) as session:
        service.submit(session, hanako, application_id)


def test_whoever_opens_the_answers_is_on_record(city: Database, hanako: Actor) -> None:
    application_id = send(city, hanako, clock.today())
    with city.page(CLERK, Purpose.REVIEW, writes=False) as session:
        service.open_sheet(session, application_id)
        reference = service.summary(session, application_id).reference
    with city.command("look") as session:
        looks = [
            (row.subject, row.what, row.why, row.case_ref)
            for row in session.query(Record).filter(Record.action == "look", Record.actor_id == CLERK.id)
            if row.what == "applications.answers"
        ]
    assert looks == [(hanako.id, "applications.answers", "review", reference)]


def test_a_correction_of_the_register_is_seen_by_the_clerk(city: Database, hanako: Actor) -> None:
    with as_(city, hanako) as session:
        draft = service.start_draft(session, hanako.id, "moving-within-city")
        service.save_page(session, hanako, draft.id, "household", {"old_head": one("架空 次郎"), "joins": one("no")})
        rows = {row.field.name: row for row in service.rows_of(draft)}
    assert rows["old_head"].differs
    assert rows["old_head"].known == "架空 太郎"
    assert rows["reporter_kana"].comes_from_register


def test_a_correction_that_raises_a_question_asks_it_too(city: Database, hanako: Actor) -> None:
    application_id = send(city, hanako, clock.today())
    asked(city, application_id, field="joins")
    with as_(city, hanako) as session:
        read = service.correct(session, hanako, application_id, {"joins": one("yes")})
    assert set(read.faults) == {"relation_words"}
    with as_(city, CLERK) as session:
        rows = {row.field.name: row.answer for row in service.open_sheet(session, application_id)}
    assert rows["joins"] == "no"
    with as_(city, hanako) as session:
        typed = {"joins": one("yes"), "relation_words": one("母の世帯")}
        assert service.correct(session, hanako, application_id, typed).faults == {}
