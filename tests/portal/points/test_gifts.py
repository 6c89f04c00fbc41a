"""Points for many at once: two people, the budget, everybody once, whatever dies or runs twice on the way."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.core import outbox
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo.load import load_city
from portal.points.gifts import giving, rules, service
from portal.points.gifts.models import PointGift
from portal.points.gifts.rules import State
from portal.points.ledger.models import PointAccount, PointLot
from portal.points.programmes import rules as terms
from portal.points.programmes import service as programmes
from portal.residents.service import Person
from portal.segments import service as segments
from tests.beginnings import furnishing
from tests.conftest import StaffClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points import offered
from tests.portal.points.books import wrong
from tests.portal.points.offered import ONE, OTHER, PARK

CITY = 150


@furnishing
def everybody_of_gifts(session: Session) -> None:
    load_city(session, residents=CITY)


@pytest.fixture
def park(database: Database, everybody_of_gifts: None) -> str:
    return offered.programme(database, budget=1_000_000)


def propose(database: Database, points: int = 100, condition: Any = segments.EVERYBODY) -> int:
    with database.command("propose") as session:
        gift = service.propose(session, ONE, programme=PARK, points=points, condition=condition, why="物価高の支援")
        return gift.number


def approve(database: Database, number: int) -> None:
    with database.command("approve") as session:
        service.approve(session, OTHER, number)


def give(database: Database, number: int, *, chunk: int = 40, chunks: int = 99) -> PointGift:
    """As the worker does, one chunk a transaction."""
    for _ in range(chunks):
        with database.command("give") as session:
            gift = session.get_one(PointGift, number)
            if gift.state != State.GIVING:
                break
            giving.give(session, {"number": number, "round": gift.round}, chunk=chunk)
    with database.command("look") as session:
        return session.get_one(PointGift, number)


def held(database: Database) -> dict[UUID, int]:
    """Points by person."""
    with database.command("look") as session:
        query = select(PointAccount.resident_id, func.sum(PointLot.remaining)).join(
            PointLot, PointLot.account_id == PointAccount.id
        )
        return {who: points for who, points in session.execute(query.group_by(PointAccount.resident_id)) if who}


def living(database: Database) -> set[UUID]:
    with database.command("look") as session:
        return set(session.scalars(select(Person.id).where(Person.moved_out.is_(None))))


def test_everybody_gets_it_once_from_the_pot(database: Database, park: str) -> None:
    number = propose(database)
    approve(database, number)
    gift = give(database, number)
    people = living(database)
    assert held(database) == dict.fromkeys(people, 100)
    assert (gift.state, gift.people) == (State.GIVEN, len(people))
    with database.command("look") as session:
        assert programmes.budget(session, PARK)[1] == 1_000_000 - 100 * len(people)
    assert wrong(database) == []


def test_a_chunk_that_is_done_again_gives_nothing_more(database: Database, park: str) -> None:
    number = propose(database)
    approve(database, number)
    give(database, number, chunks=2)
    with database.command("rewind") as session:  # as if the worker had died before it could say how far it came
        session.execute(update(PointGift).values(after=None, people=0))
    give(database, number)
    assert set(held(database).values()) == {100}
    assert held(database).keys() == living(database)
    assert wrong(database) == []


def test_two_workers_with_one_chunk_give_once(database: Database, park: str) -> None:
    number = propose(database)
    approve(database, number)

    def work(_place: int) -> None:
        with database.command("give") as session:
            giving.give(session, {"number": number, "round": 0}, chunk=60)

    together(work, 4)
    give(database, number)
    assert set(held(database).values()) == {100}
    assert wrong(database) == []


def test_a_pot_that_runs_dry_stops_it_and_a_raised_budget_lets_it_go_on(database: Database, park: str) -> None:
    number = propose(database, points=1_000)
    approve(database, number)
    give(database, number, chunks=1)
    there = held(database)
    with database.command("others earn meanwhile") as session:
        account, left = programmes.pot(session, PARK)
        offered_points = left - 10_000
        session.execute(update(PointAccount).where(PointAccount.id == account).values(balance=10_000))
    gift = give(database, number)
    assert gift.state == State.STOPPED
    assert held(database) == there
    with database.command("late") as session:
        giving.give(session, {"number": number, "round": 0})  # a chunk of the round that was stopped
    assert held(database) == there
    with database.command("raised") as session:
        session.execute(
            update(PointAccount).where(PointAccount.id == account).values(balance=PointAccount.balance + offered_points)
        )
        service.go_on(session, number)
    with pytest.raises(rules.GiftDecided), database.command("again") as session:
        service.go_on(session, number)
    assert give(database, number).state == State.GIVEN
    assert held(database) == dict.fromkeys(living(database), 1_000)


def test_conditions_leave_protected_people_out_and_everybody_does_not(database: Database, park: str) -> None:
    with database.command("protect") as session:
        one = session.scalars(select(Person.id).where(Person.moved_out.is_(None)).limit(1)).one()
        session.execute(update(Person).where(Person.id == one).values(protected=True))
    by_age = propose(database, points=10, condition=segments.simple(age_from=0))
    approve(database, by_age)
    give(database, by_age)
    assert held(database).keys() == living(database) - {one}
    everybody = propose(database, points=1)
    approve(database, everybody)
    give(database, everybody)
    assert held(database)[one] == 1


def test_too_few_and_too_dear_are_refused(database: Database, park: str) -> None:
    with pytest.raises(rules.GiftForTooFew):
        propose(database, condition=segments.simple(age_from=95, age_to=95))
    with pytest.raises(rules.GiftTooDear):
        propose(database, points=10_000)
    with pytest.raises(terms.ProgrammeUnknown), database.command("propose") as session:
        service.propose(session, ONE, programme="none", points=1, condition=segments.EVERYBODY, why="")


def test_one_proposes_and_only_another_decides_once(database: Database, park: str) -> None:
    number = propose(database)
    with pytest.raises(rules.OwnGift), database.command("own") as session:
        service.approve(session, ONE, number)

    def decide(place: int) -> str:
        try:
            with database.command("decide") as session:
                if place % 2:
                    service.refuse(session, OTHER, number, "今年はしない")
                else:
                    service.approve(session, OTHER, number)
        except rules.GiftDecided:
            return "late"
        return "first"

    assert sorted(together(decide, 4)) == ["first", "late", "late", "late"]


def test_on_the_pages_a_chief_approves_what_a_keeper_proposed(
    database: Database, park: str, staff_client: StaffClient
) -> None:
    keeper, chief = staff_client(Role.POINTS_KEEPER), staff_client(Role.POINTS_CHIEF)
    page = keeper.get("/staff/points/gifts/new")
    typed = {"programme": PARK, "points": "１００", "ward": "", "age_from": "", "age_to": "", "why": "物価高の支援"}
    for wrong_one in (
        {"points": "0"},
        {"points": "x"},
        {"age_from": "60", "age_to": "20"},
        {"why": ""},
        {"points": "9999"},
    ):
        answer = keeper.submit(page, "/staff/points/gifts/new", **(typed | wrong_one))
        assert answer.status == 422, wrong_one
    page = keeper.submit(page, "/staff/points/gifts/new", **typed)
    here = page.path + "/decide"
    assert not list(page.find("button", value="approve"))
    assert keeper.post(here, {"decision": "approve"}, page=page).status == 404
    page = chief.get(page.path)
    assert chief.submit(page, here, decision="refuse").status == 422
    assert chief.submit(page, here, decision="other", answer="予算がありません。").status == 422
    page = chief.submit(page, here, decision="approve")
    with database.command("look") as session:
        number = session.scalars(select(PointGift.number)).one()
        kept = select(func.count()).select_from(outbox.Promise).where(outbox.Promise.kind == giving.GIVE)
        assert session.scalar(kept) == 1
    give(database, number)
    given = f"{len(living(database)) * 100:,}"
    assert given in chief.get(page.path).text
    assert "gifts/1" in chief.get("/staff/points/gifts").body.decode()
    assert chief.get("/staff/points/gifts/99999").status == 404
