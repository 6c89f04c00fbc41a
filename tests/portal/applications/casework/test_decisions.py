"""Who may decide, twice where two must, and what the person gets in writing."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from portal.applications import service
from portal.applications.casework import claims, decisions, letters, notes, worklist
from portal.applications.casework.models import CaseDecision
from portal.applications.casework.rules import AlreadyProposed, NotReviewed, Outcome, SecondPersonNeeded
from portal.applications.casework.worklist import Wanted
from portal.applications.models import Assistance
from portal.applications.rules import CLAIM_LASTS, ApplicationNotFound, ClaimedByOther, NotClaimed, State, WordsMissing
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Record
from portal.core.press import press
from portal.core.uow import Database
from portal.demo import casework, cast
from portal.demo.casework import Staff
from tests.portal.applications.casework.conftest import Send
from tests.portal.applications.people import WINDOW, as_

FOUR_EYES, LETTER, PLAIN = "child-rearing-allowance", "child-allowance", "bulky-waste"


def take(city: Database, clerk: Actor, case_id: object) -> None:
    with as_(city, clerk) as session:
        service.claim(session, case_id, clerk)  # type: ignore[arg-type]


def test_the_same_person_never_confirms_their_own_decision(city: Database, team: Staff, send: Send) -> None:
    case_id = send(FOUR_EYES)
    take(city, team.naoto, case_id)
    with as_(city, team.naoto) as session:
        assert not service.decide(session, case_id, team.naoto, Outcome.APPROVE)
    with pytest.raises(NotReviewed), as_(city, WINDOW) as session:
        service.complete(session, case_id, WINDOW)
    take(city, team.naoto, case_id)
    with pytest.raises(SecondPersonNeeded), as_(city, team.naoto) as session:
        service.confirm(session, case_id, team.naoto)
    with pytest.raises(AlreadyProposed), as_(city, team.naoto) as session:
        service.decide(session, case_id, team.naoto, Outcome.APPROVE)
    by_force = update(CaseDecision).values(state="decided", confirmed_by=team.naoto.id)
    for values in (by_force, by_force.values(confirmed_by=None)):
        with pytest.raises(IntegrityError), as_(city, team.naoto) as session:
            session.execute(values)
    with as_(city, team.naoto) as session:
        service.release(session, case_id, team.naoto)
    with pytest.raises(NotClaimed), as_(city, team.nozomi) as session:
        service.confirm(session, case_id, team.nozomi)
    take(city, team.nozomi, case_id)
    with as_(city, team.nozomi) as session:
        service.confirm(session, case_id, team.nozomi)
        assert service.summary(session, case_id).state is State.READY


def test_who_filled_the_form_in_with_the_applicant_is_no_second_person(city: Database, team: Staff, send: Send) -> None:
    case_id, now = send(FOUR_EYES), clock.now()
    how = {"verified_how": "passport", "verified_at": now, "begun_at": now, "seen_at": now, "confirmed_how": "signed"}
    helper = Assistance(
        application_id=case_id, member_id=team.nozomi.id, label="窓口", office="chuo", sent_at=now, **how
    )
    with as_(city, WINDOW) as session:
        session.add(helper)
    take(city, team.naoto, case_id)
    with as_(city, team.naoto) as session:
        service.decide(session, case_id, team.naoto, Outcome.APPROVE)
    take(city, team.nozomi, case_id)
    with pytest.raises(SecondPersonNeeded), as_(city, team.nozomi) as session:
        service.confirm(session, case_id, team.nozomi)


def test_a_decision_sent_back_binds_nobody_and_says_why(city: Database, team: Staff, send: Send) -> None:
    case_id = send(FOUR_EYES)
    take(city, team.naoto, case_id)
    with as_(city, team.naoto) as session:
        service.decide(session, case_id, team.naoto, Outcome.REJECT, "要件を満たしません。")
    take(city, team.nozomi, case_id)
    with as_(city, team.nozomi) as session:
        assert worklist.counts(session, team.nozomi).second == 1
        assert worklist.counts(session, team.naoto).second == 0
        decisions.send_back(session, case_id, team.nozomi, "所得の年度が違います。")
    with as_(city, team.naoto) as session:
        assert decisions.proposal(session, case_id) is None
        assert [note.text for note in notes.of_case(session, case_id)] == ["所得の年度が違います。"]
        assert service.summary(session, case_id).state is State.SUBMITTED


def test_a_refusal_comes_with_reasons_and_the_way_to_appeal(city: Database, team: Staff, send: Send) -> None:
    case_id = send(PLAIN)
    take(city, team.naoto, case_id)
    with pytest.raises(WordsMissing), as_(city, team.naoto) as session:
        service.reject(session, case_id, team.naoto, "  ")
    with as_(city, team.naoto) as session:
        service.reject(session, case_id, team.naoto, "事業のごみは受け付けられません。\n許可業者に依頼してください。")
        (letter,) = letters.of_case(session, case_id)
        words = str(letter.sheet)
        wanted = (
            "事業のごみは",
            "行政不服審査法第82条",
            "3か月以内",
            "行政事件訴訟法第46条",
            "6か月以内",
            cast.HANAKO.name,
        )
        assert [said for said in wanted if said not in words] == []
        first = letters.draw(letter.sheet, letter.issued_at)
        assert first.startswith(b"%PDF")
        assert letters.draw(letter.sheet, letter.issued_at) == first
    assert press().undrawable([cast.HANAKO.name]) == []


def test_an_approval_is_told_by_letter_only_when_all_is_done(city: Database, team: Staff, send: Send) -> None:
    with_letter, without = send(LETTER), send(PLAIN)
    for case_id in (with_letter, without):
        take(city, team.naoto, case_id)
        with as_(city, team.naoto) as session:
            service.mark_ready(session, case_id, team.naoto)
            assert letters.of_case(session, case_id) == []
    with as_(city, WINDOW) as session:
        service.complete(session, with_letter, WINDOW)
        assert [one.outcome for one in letters.of_case(session, with_letter)] == ["approve"]
        assert [entry.kind for entry in service.timeline(session, with_letter)][-1] == "letter"


def test_a_section_sees_its_own_procedures_and_takes_nothing_else(city: Database, team: Staff, send: Send) -> None:
    own, other = send(LETTER), send(PLAIN)
    with city.command("look") as session:
        section = casework._member(session, cast.EXPERT)
    with as_(city, section) as session:
        assert [line.id for line in worklist.read(session, section, Wanted()).lines] == [own]
        assert worklist.counts(session, section).waiting == 1
        service.claim(session, own, section)
    for deed in (service.claim, claims.take_over, service.mark_ready):
        with pytest.raises(ApplicationNotFound), as_(city, section) as session:
            deed(session, other, section)


def test_the_list_is_sorted_by_what_is_due_and_filtered(city: Database, team: Staff, send: Send) -> None:
    now = clock.now()
    with clock.freeze(now - timedelta(days=25)):
        late = send(LETTER)
    soon, free = send(PLAIN), send("scholarship-reduction")
    take(city, team.naoto, soon)
    with as_(city, team.naoto) as session:

        def listed(**wanted: object) -> list[object]:
            return [line.id for line in worklist.read(session, team.naoto, Wanted(**wanted)).lines]  # type: ignore[arg-type]

        assert listed() == [late, soon, free]
        assert listed(due="overdue") == [late]
        assert listed(age=14) == [late]
        assert listed(who="mine") == [soon]
        assert set(listed(who="unclaimed")) == {late, free}
        assert listed(procedure=PLAIN) == [soon]
        assert listed(state="ready") == []
        assert set(listed(office="chuo")) == {late, soon, free}
        assert listed(state="nonsense", due="nonsense", who="nonsense", age=3) == [late, soon, free]
        counts = worklist.counts(session, team.naoto)
        assert (counts.waiting, counts.overdue, counts.mine, counts.unclaimed) == (3, 1, 1, 2)
        assert worklist.neighbours(session, team.naoto, Wanted(), soon) == (late, free)


def test_taking_many_takes_what_is_free_and_a_supervisor_takes_over(city: Database, team: Staff, send: Send) -> None:
    ids = [send(PLAIN), send(LETTER), send(FOUR_EYES)]
    take(city, team.nozomi, ids[0])
    with as_(city, team.naoto) as session:
        assert claims.claim_many(session, ids, team.naoto) == 2
    with as_(city, team.naoto) as session:
        assert claims.claim_many(session, ids, team.naoto) == 2, "pressed twice they are still his"
    with city.command("look") as session:
        supervisor = casework._member(session, cast.SUPERVISOR)
        claimed = select(func.count()).where(Record.what == "applications(claim)")
        assert session.scalar(claimed) == len(ids), "a second press is nothing new"
    with pytest.raises(ClaimedByOther), as_(city, supervisor) as session:
        service.claim(session, ids[0], supervisor)
    with as_(city, supervisor) as session:
        claims.take_over(session, ids[0], supervisor)
    with pytest.raises(NotClaimed), as_(city, team.nozomi) as session:
        service.mark_ready(session, ids[0], team.nozomi)
    with clock.freeze(clock.now() + CLAIM_LASTS + timedelta(minutes=1)), as_(city, team.nozomi) as session:
        assert {line.claimed_by for line in worklist.read(session, team.nozomi, Wanted()).lines} == {None}
        assert session.scalar(select(CaseDecision.id)) is None
