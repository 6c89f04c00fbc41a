"""Joining two records: two who do it at once, death in the middle, the guards of the database, and a mistake."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.config import Settings
from portal.core.uow import Database
from portal.demo import cast
from portal.points import command
from portal.points import service as points
from portal.points.joining import rules, service
from portal.points.joining.models import PointJoin
from portal.points.joining.rules import State
from portal.points.ledger import many, sealing
from portal.points.ledger import service as ledger
from portal.points.ledger.models import PointAccount, PointLot
from portal.points.ledger.rules import AccountJoined, JoinedAlready, MovedSince, Reason
from portal.points.programmes import service as programmes
from portal.points.rules import Rank
from portal.residents.service import Person
from tests.forks import Channel, end, forked
from tests.house.test_at_the_same_instant import together
from tests.portal.points import offered
from tests.portal.points.books import grant, payment, people, wrong
from tests.portal.points.offered import ONE, OTHER
from tests.portal.points.one_person import (
    GONE,
    KEPT,
    THIRD,
    account,
    agree,
    earn,
    has,
    join,
    left_in,
    propose,
    spend,
)
from tests.portal.points.test_books import check_outside

__all__ = ["people"]
pytestmark = pytest.mark.usefixtures("people")


# ---- two at once, and death in the middle -------------------------------------------------


def test_records_are_joined_in_a_chain(database: Database) -> None:
    first = account(database, GONE)
    for who in (GONE, KEPT, THIRD):
        earn(database, who, 10)
    join(database)
    join(database, KEPT, THIRD)
    assert [has(database, who) for who in (GONE, KEPT, THIRD)] == [30, 30, 30]
    third = account(database, THIRD)
    with database.command("look") as session:
        query = select(PointAccount.joined_to).where(PointAccount.joined_to.is_not(None))
        assert session.scalars(query).all() == [third, third]
    assert left_in(database, first) == 0
    with pytest.raises(JoinedAlready):
        propose(database, THIRD, GONE)
    assert wrong(database) == []


def test_crossed_proposals_are_one(database: Database) -> None:
    propose(database)
    with pytest.raises(rules.JoinWaiting):
        propose(database, KEPT, GONE)


def test_of_joins_that_cross_each_other_one_is_refused(database: Database) -> None:
    """As if both proposals had got through: the ledger itself lets one of them pass."""
    for who in (GONE, KEPT):
        earn(database, who, 10)
    accounts = account(database, GONE), account(database, KEPT)

    def cross(number: int) -> str:
        gone, kept = accounts if number % 2 else accounts[::-1]
        try:
            with database.command("join") as session:
                service.joining.join(session, gone, kept, by=uuid4())
        except JoinedAlready:
            return "refused"
        return "joined"

    assert sorted(together(cross, 4)) == ["joined", "refused", "refused", "refused"]
    assert (has(database, GONE), has(database, KEPT)) == (20, 20)
    assert wrong(database) == []


def test_of_several_who_agree_at_once_one_does(database: Database) -> None:
    earn(database, GONE, 10)
    made = propose(database)

    def decide(_number: int) -> str:
        try:
            agree(database, made)
        except rules.JoinDecided:
            return "late"
        return "first"

    assert sorted(together(decide, 4)) == ["first", "late", "late", "late"]
    assert has(database, KEPT) == 10
    assert wrong(database) == []


def test_gifts_and_payments_at_the_instant_of_joining_are_not_lost(database: Database) -> None:
    """Whoever found the account before it was joined is told to come again, or is refused by the database."""
    accounts, made = (account(database, GONE), account(database, KEPT)), propose(database)
    earn(database, GONE, 100)
    with database.command("shop") as session:
        payment(session, accounts[0], 1)

    def act(number: int) -> int:
        if not number:
            agree(database, made)
            return 0
        for _ in range(20):
            try:
                with database.command("act") as session:
                    mine = ledger.account_of(session, offered.person(session, GONE))
                    grant(session, mine, 3)
                    ledger.spend(session, payment(session, mine, 1))
            except (IntegrityError, AccountJoined):
                continue
            return 2
        raise AssertionError("never got through")

    gained = sum(together(act, 8))
    assert (has(database, KEPT), left_in(database, accounts[0])) == (100 + gained, 0)
    assert wrong(database) == []


def halfway(database: Database, join_id: UUID, channel: Channel) -> None:
    with database.command("agree") as session:
        service.agree(session, OTHER, join_id)
        session.flush()
        channel.say("everything is written and nothing committed")
        channel.hear()


def test_killed_in_the_middle_nothing_happened_and_it_can_be_done_again(database: Database) -> None:
    earn(database, GONE, 10)
    made = propose(database)
    pid, channel = forked(database, lambda theirs: halfway(database, made, theirs))
    assert channel.hear()
    end(pid)
    channel.close()
    assert (has(database, GONE), has(database, KEPT)) == (10, 0)
    agree(database, made)
    assert (has(database, GONE), has(database, KEPT)) == (10, 10)
    assert wrong(database) == []


# ---- the database, and whoever checks the books -------------------------------------------


def test_the_database_lets_nothing_into_an_account_that_is_joined(database: Database) -> None:
    gone = account(database, GONE)
    join(database)
    with pytest.raises(IntegrityError), database.command("gift") as session:
        grant(session, gone, 5)
    with pytest.raises(AccountJoined), database.command("pay") as session:
        ledger.spend(session, payment(session, gone, 5))
    assert wrong(database) == []


def test_the_database_refuses_joins_of_two_steps_and_of_what_is_not_empty(database: Database) -> None:
    first, second, third = (account(database, who) for who in (GONE, KEPT, THIRD))
    earn(database, THIRD, 5)
    join(database)
    with database.command("city") as session:
        city = ledger.city(session)
    for one, to in ((third, second), (third, first), (second, third), (second, second), (first, city)):
        with pytest.raises(IntegrityError), database.command("forge") as session:
            session.execute(update(PointAccount).where(PointAccount.id == one).values(joined_to=to))
    assert wrong(database) == []


def test_an_outsider_sees_that_the_books_hold_after_joining(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    earn(database, GONE, 30)
    number = spend(database, GONE, 20)
    join(database)
    join(database, KEPT, THIRD)
    with database.command("back") as session:
        ledger.reverse(session, number, key="back")
    with database.command("seal") as session:
        sealing.seal_now(session, command.signing_key(settings.master, sealing.SIGNING))
    assert command.verify(database, settings) == 0
    command.export(database, settings, tmp_path)
    said = check_outside(tmp_path)
    assert said.returncode == 0, said.stdout
    file = tmp_path / "accounts.csv"
    rows = file.read_text().splitlines()
    place = next(place for place, row in enumerate(rows) if row.endswith(f",{account(database, THIRD)}"))
    cells = rows[place].split(",")
    last = next(row.split(",")[0] for row in rows if row.split(",")[-1] == cells[-1] and row != rows[place])
    rows[place] = ",".join([*cells[:-1], last])  # joined to one that is joined
    file.write_text("\n".join(rows) + "\n")
    assert "more than one step" in check_outside(tmp_path).stdout


# ---- a mistake ----------------------------------------------------------------------------


def lots(database: Database, who: UUID) -> list[tuple[int, int]]:
    with database.command("look") as session:
        query = select(PointLot.number, PointLot.remaining).where(PointLot.account_id == who, PointLot.remaining > 0)
        return [(number, left) for number, left in session.execute(query.order_by(PointLot.number))]


def test_a_wrong_join_is_taken_apart_exactly_by_two(database: Database) -> None:
    gone, kept = account(database, GONE), account(database, KEPT)
    earn(database, GONE, 600)
    earn(database, KEPT, 20)
    spend(database, GONE, 100)
    before = lots(database, gone), lots(database, kept)
    made = join(database)
    with database.command("ask") as session:
        service.ask_apart(session, ONE, made, "別の方でした。")
    with pytest.raises(rules.OwnJoin), database.command("apart") as session:
        service.take_apart(session, ONE, made)
    with database.command("apart") as session:
        service.take_apart(session, OTHER, made)
        ranks = points.ranks_of(session, [offered.person(session, one) for one in (GONE, KEPT)])
    assert (lots(database, gone), lots(database, kept)) == before
    assert sorted(ranks.values()) == [Rank.REGULAR, Rank.SILVER]
    assert wrong(database) == []
    join(database)  # after all it was right
    assert has(database, KEPT) == 520


def test_once_points_moved_it_is_not_taken_apart(database: Database) -> None:
    earn(database, GONE, 600)
    made = join(database)
    spend(database, KEPT, 1)
    with database.command("ask") as session:
        service.ask_apart(session, ONE, made, "別の方でした。")
    with pytest.raises(MovedSince), database.command("apart") as session:
        service.take_apart(session, OTHER, made)
    with database.command("keep") as session:
        service.keep_joined(session, made)
        assert session.get_one(PointJoin, made).state == State.JOINED
    assert has(database, GONE) == 599


def test_with_a_third_record_it_is_not_taken_apart(database: Database) -> None:
    join(database)
    made = join(database, KEPT, THIRD)
    with database.command("ask") as session:
        service.ask_apart(session, ONE, made, "別の方でした。")
    with pytest.raises(rules.ThirdRecord), database.command("apart") as session:
        service.take_apart(session, OTHER, made)


def test_pressed_twice_across_the_join_it_is_once(database: Database) -> None:
    """The form was sent under the old record, and is sent again when the account is another one."""
    earn(database, GONE, 300)
    before, after = account(database, GONE), account(database, KEPT)
    with database.command("shop") as session:
        number = ledger.spend(session, payment(session, before, 10, key="once"))
    join(database)
    with database.command("again") as session:
        assert ledger.spend(session, payment(session, after, 10, key="once")) == number
    assert has(database, KEPT) == 290


def test_a_gift_to_many_comes_once_to_one_person_with_two_records(database: Database) -> None:
    offered.programme(database, budget=10_000)

    def give(who: cast.Resident) -> int:
        with database.command("give") as session:
            source, _left = programmes.pot(session, offered.PARK)
            people_of_it = select(Person.id).where(Person.addressee_number == who.addressee_number)
            many.open_accounts(session, people_of_it, (None, None))
            return many.give(
                session,
                people_of_it,
                (None, None),
                source=source,
                points=10,
                reason=Reason.GIFT,
                key="gift:1",
                most=100,
            )

    account(database, KEPT)
    assert give(GONE) == 1
    join(database)
    assert [give(KEPT), give(GONE), give(THIRD)] == [0, 0, 1]
    assert has(database, KEPT) == 10
    with database.command("give") as session:
        source, _left = programmes.pot(session, offered.PARK)
        many.open_accounts(session, select(Person.id), (None, None))
        everybody = many.give(
            session,
            select(Person.id),
            (None, None),
            source=source,
            points=10,
            reason=Reason.GIFT,
            key="gift:2",
            most=900,
        )
    assert (everybody, has(database, KEPT)) == (len(cast.RESIDENTS) - 1, 20)
    assert wrong(database) == []
