"""Checks, rounds of correction with a stopped clock, notes, opinions: what the work on one case is made of."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.applications import cases, service
from portal.applications.casework import checks, corrections, files, notes, opinions, statutory
from portal.applications.casework.checks import Result
from portal.applications.casework.models import CaseFile, CaseNote, CaseOpinion
from portal.applications.casework.rules import NoteEmpty, OpinionAnswered, OpinionNotFound, SectionUnknown
from portal.applications.models import Application
from portal.applications.rules import Reason, State
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Record
from portal.core.ids import new_id
from portal.core.uow import Database
from portal.demo import casework, cast
from portal.demo.casework import Staff
from portal.residents.models import Resident
from tests.portal.applications.casework.conftest import Send
from tests.portal.applications.people import as_


def found(city: Database, team: Staff, case_id: object) -> dict[str, set[Result]]:
    with as_(city, team.naoto) as session:
        results: dict[str, set[Result]] = {}
        for check in checks.run(session, cases.open_case(session, case_id)):  # type: ignore[arg-type]
            results.setdefault(check.code, set()).add(check.result)
        return results


def test_what_the_server_finds_by_itself(city: Database, team: Staff, send: Send, hanako: Actor, taro: Actor) -> None:
    first = send("child-allowance")
    assert {result for results in found(city, team, first).values() for result in results} == {Result.PASSED}
    second = send("child-allowance", taro)  # type: ignore[call-arg]
    assert found(city, team, second)[checks.DUPLICATE] == {Result.LOOK}, "the same child, claimed by the other parent"
    with as_(city, hanako) as session:
        service.withdraw(session, hanako, first)
    assert found(city, team, second)[checks.DUPLICATE] == {Result.PASSED}
    with city.command("register") as session:
        someone = session.get_one(Resident, taro.id)
        someone.moved_in = someone.moved_in - timedelta(days=1)
        someone.moved_out, someone.phone = clock.today() - timedelta(days=1), "0430000099"
        case = session.get_one(Application, second)
        case.answers = {name: answer for name, answer in case.answers.items() if name != "kana"}
    results = found(city, team, second)
    assert Result.FAILED in results[checks.ELIGIBLE], "does not live in the city any more"
    assert Result.FAILED in results[checks.DOCUMENTS], "a required answer is missing"
    assert results[checks.REGISTER] == {Result.LOOK}


def test_a_notification_after_its_last_day_is_seen(city: Database, team: Staff, send: Send) -> None:
    case_id = send("child-allowance")
    with city.command("late") as session:
        case = session.get_one(Application, case_id)
        case.answers = case.answers | {"since": (clock.today() - timedelta(days=16)).isoformat()}
    assert found(city, team, case_id)[checks.PERIOD] == {Result.LOOK}


def ask(city: Database, team: Staff, case_id: object, field: str) -> None:
    with as_(city, team.naoto) as session:
        service.claim(session, case_id, team.naoto)  # type: ignore[arg-type]
        service.ask_correction(session, case_id, team.naoto, [service.Asked(field, Reason.OUTDATED, "今のお仕事を。")])  # type: ignore[arg-type]


def test_rounds_keep_old_and_new_and_the_clock_stands_still(
    city: Database, team: Staff, send: Send, hanako: Actor
) -> None:
    now = datetime(2026, 11, 19, 3, tzinfo=UTC)
    with clock.freeze(now - timedelta(days=9)):
        case_id = send("child-allowance")
    with city.command("look") as session:
        due_on = session.scalar(select(CaseFile.due_on))
    given = "none"
    for days, answer in ((8, "none"), (4, "public-servant")):
        with clock.freeze(now - timedelta(days=days)):
            ask(city, team, case_id, "occupation")
            with as_(city, team.naoto) as session:
                shown = files.reading(cases.open_case(session, case_id), files.pauses_of(session, [case_id])[case_id])
                assert shown.standing is statutory.Standing.PAUSED
                assert session.scalar(select(CaseFile.due_on)) is None
        typed = {"occupation": [answer], "reply-occupation": ["先月\x00かわりました。"]}
        with clock.freeze(now - timedelta(days=days - 2)), as_(city, hanako) as session:
            assert service.correct(session, hanako, case_id, typed).faults == {}
    with as_(city, team.naoto) as session:
        rounds = corrections.rounds(session, case_id)
        assert [(one.requests[0].after, one.requests[0].reply) for one in rounds] == [
            ("none", "先月かわりました。"),
            ("public-servant", "先月かわりました。"),
        ]
        assert rounds[1].requests[0].before == given
        assert all(corrections.changed(one.requests[0]) for one in rounds)
        renewed = session.scalar(select(CaseFile.due_on))
        # 15 days from the 10th; two pauses of two days; the 29th is a Sunday
        assert (due_on, renewed) == (date(2026, 11, 25), date(2026, 11, 30))


def test_a_section_asked_sees_what_it_was_given_and_nothing_else(city: Database, team: Staff, send: Send) -> None:
    case_id = send("care-certification")
    assert team.section is not None
    with city.command("look") as session:
        expert, clerk = casework._member(session, cast.EXPERT), team.naoto
    with as_(city, clerk) as session:
        with pytest.raises(SectionUnknown):
            opinions.ask(session, case_id, clerk, section_id=new_id(), question="?", fields=[])
        opinions.ask(session, case_id, clerk, section_id=team.section, question="対象ですか。", fields=["kind", "no"])
    with as_(city, expert) as session:
        (line,) = opinions.to_answer(session, expert)
        _asked, _title, rows = opinions.open_question(session, expert, line.id)
        assert [row.field.name for row in rows] == ["kind"]
        with pytest.raises(NoteEmpty):
            opinions.answer(session, expert, line.id, " ")
        opinions.answer(session, expert, line.id, "対象です。")
    with pytest.raises(OpinionAnswered), as_(city, expert) as session:
        opinions.answer(session, expert, line.id, "やはり違います。")
    with pytest.raises(OpinionNotFound), as_(city, clerk) as session:
        opinions.open_question(session, clerk, line.id)
    with city.command("look") as session:
        assert session.scalars(select(CaseOpinion.answer)).all() == ["対象です。"]
        looks = select(Record.actor_id).where(Record.what == "applications.opinion", Record.action == "look")
        assert session.scalars(looks).all() == [expert.id]


def test_notes_are_for_staff_and_for_a_request_for_disclosure(
    city: Database, team: Staff, send: Send, hanako: Actor
) -> None:
    case_id = send("child-allowance")
    with as_(city, team.naoto) as session:
        notes.write(session, case_id, team.naoto, "電話で確認済み。")
        with pytest.raises(NoteEmpty):
            notes.write(session, case_id, team.naoto, "あ" * 1001)
        reference = service.summary(session, case_id).reference
    with as_(city, hanako) as session:
        assert "電話で確認済み。" not in str(service.timeline(session, case_id))
    with city.command("disclosure") as session:
        told = service.disclosure_of(session, reference.lower())
        assert told["notes"][0]["text"] == "電話で確認済み。"
        assert told["answers"]["name"] == cast.HANAKO.name
        service.complete(session, case_id, team.naoto)
    later = clock.now() + timedelta(days=365 * 20)
    with clock.freeze(later), city.job("forget") as session:
        service.forget_contents(session, {})
        assert session.scalar(select(CaseNote.id)) is None
        assert service.summary(session, case_id).state is State.COMPLETED
