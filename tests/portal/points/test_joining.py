"""Two records of one person: what is in one goes to the other, and so does whatever comes back to it later."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.config import Settings
from portal.core import clock
from portal.core.uow import Database
from portal.demo import cast
from portal.points import command, nightly
from portal.points import service as points
from portal.points.family import rules as family_rules
from portal.points.family import service as family
from portal.points.joining import rules, service
from portal.points.joining.models import PointJoin
from portal.points.joining.rules import State
from portal.points.ledger import again, many, sealing, sweeping
from portal.points.ledger import service as ledger
from portal.points.ledger.models import PointAccount, PointLot
from portal.points.ledger.rules import AccountJoined, JoinedAlready, MovedSince, Reason
from portal.points.programmes import debts
from portal.points.programmes import service as programmes
from portal.points.programmes.rules import Unit
from portal.points.programmes.service import Act
from portal.points.rules import Rank
from portal.points.spending import catalogue
from portal.points.spending import service as spending
from portal.residents.service import Person
from tests.forks import Channel, end, forked
from tests.house.test_at_the_same_instant import together
from tests.portal.points import offered
from tests.portal.points.books import grant, payment, people, wrong
from tests.portal.points.offered import ONE, OTHER, later
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
)
from tests.portal.points.test_books import check_outside
from tests.portal.points.test_taking_back import by_host, paid

__all__ = ["people"]
pytestmark = pytest.mark.usefixtures("people")


def spend(database: Database, who: cast.Resident, amount: int) -> int:
    with database.command("spend") as session:
        source = ledger.account_of(session, offered.person(session, who))
        return ledger.spend(session, payment(session, source, amount, key=str(uuid4())))


def owed(database: Database, who: cast.Resident) -> int:
    with database.command("look") as session:
        found = debts.owed(session, offered.person(session, who))
        return found[0] if found else 0


# ---- what goes over -----------------------------------------------------------------------


def test_each_point_goes_over_with_its_own_last_day(database: Database) -> None:
    gone, _kept = account(database, GONE), account(database, KEPT)
    with database.command("earn") as session:
        grant(session, gone, 30, at=clock.now() - timedelta(days=400))
        grant(session, gone, 20)
    earn(database, KEPT, 5)
    with database.command("look") as session:
        before = [(one.day, one.amount) for one in points.expiring(session, offered.person(session, GONE))]
    made = join(database)
    with database.command("look") as session:
        after = [(one.day, one.amount) for one in points.expiring(session, offered.person(session, KEPT))]
        found = service.find(session, made)
        words = {one.words for one in points.history(session, offered.person(session, KEPT))}
    assert after == [before[0], (before[1][0], 25)]
    assert (found.state, found.points, left_in(database, gone)) == (State.JOINED, 50, 0)
    assert "From your other record, which is one with this one now" in words
    assert wrong(database) == []


def test_whoever_comes_with_the_old_number_finds_and_earns_the_same_points(database: Database) -> None:
    earn(database, GONE, 30)
    join(database)
    earn(database, GONE, 7)
    assert (has(database, GONE), has(database, KEPT)) == (37, 37)
    spend(database, GONE, 30)
    assert (has(database, GONE), has(database, KEPT)) == (7, 7)
    assert wrong(database) == []


def test_a_hold_is_released_after_the_records_were_joined(database: Database) -> None:
    gone = account(database, GONE)
    earn(database, GONE, 30)
    with database.command("hold") as session:
        ledger.hold(session, payment(session, gone, 20), until=clock.now() + timedelta(days=1))
    join(database)
    assert has(database, KEPT) == 10
    with clock.freeze(clock.now() + timedelta(days=2)), database.job("night") as session:
        sweeping.release_lapsed(session, {})
    assert (has(database, KEPT), left_in(database, gone)) == (30, 0)
    assert wrong(database) == []


def test_a_coupon_is_seen_and_given_back_after_the_records_were_joined(database: Database) -> None:
    earn(database, GONE, 300)
    with database.command("coupon") as session:
        catalogue.bring(session, catalogue.read())
        coupon = spending.redeem(session, offered.person(session, GONE), "pool", key=uuid4())
    join(database)
    assert has(database, KEPT) == 200
    with database.command("back") as session:
        kept = offered.person(session, KEPT)
        assert [one.reference for one in spending.coupons(session, kept)] == [coupon.reference]
        spending.give_back(session, kept, coupon.reference)
    assert has(database, KEPT) == 300
    assert wrong(database) == []


def test_what_a_shop_takes_back_after_its_last_day_is_there_for_another_week_once(database: Database) -> None:
    earn(database, GONE, 40)
    number = spend(database, GONE, 40)
    join(database)
    with clock.freeze(clock.now() + timedelta(days=900)):
        with database.command("back") as session:
            again.give(session, ledger.reverse(session, number, key="back"))
        assert has(database, KEPT) == 40
        number = spend(database, KEPT, 40)
    with clock.freeze(clock.now() + timedelta(days=950)):
        with database.command("back") as session:
            again.give(session, ledger.reverse(session, number, key="back once more"))
        assert has(database, KEPT) == 0
    assert wrong(database) == []


# ---- what is taken back, and owed ---------------------------------------------------------


def test_hours_of_the_old_record_are_taken_back_whole(database: Database) -> None:
    with later():
        mine = paid(database)
        join(database)
        assert has(database, KEPT) == 200
        by_host(database, mine)
        assert (has(database, KEPT), owed(database, KEPT)) == (0, 0)
        with database.command("look") as session:
            assert points.standing(session, offered.person(session, KEPT)).earned == 0
    assert wrong(database) == []


def test_what_was_spent_of_them_is_owed_by_the_person_and_set_off(database: Database) -> None:
    with later():
        mine = paid(database)
        join(database)
        number = spend(database, KEPT, 150)
        by_host(database, mine)
        assert (has(database, KEPT), owed(database, KEPT), owed(database, GONE)) == (0, 150, 150)
        with database.command("earn") as session:
            points.credit(
                session, offered.person(session, KEPT), points.Points(50), reason=Reason.EVENT, key="something"
            )
        assert (has(database, KEPT), owed(database, KEPT)) == (0, 100)
        with database.command("back") as session:
            ledger.reverse(session, number, key="back")  # 150 come back, of which 100 are owed still
        assert (has(database, KEPT), owed(database, KEPT)) == (50, 0)
    assert wrong(database) == []


def test_what_the_old_record_owed_before_is_set_off_against_what_the_other_earns(database: Database) -> None:
    with later():
        mine = paid(database)
        spend(database, GONE, 200)
        by_host(database, mine)
        earn(database, KEPT, 500)
        join(database)
        assert (has(database, KEPT), owed(database, KEPT)) == (500, 200)  # nothing that is there is touched
        with database.command("earn") as session:
            points.credit(
                session, offered.person(session, KEPT), points.Points(250), reason=Reason.EVENT, key="something"
            )
        assert (has(database, KEPT), owed(database, KEPT)) == (550, 0)
    assert wrong(database) == []


def test_a_gift_by_hand_can_be_undone_wherever_its_points_went(database: Database) -> None:
    """Two steps, and a part that came back in between."""
    number = earn(database, GONE, 100)
    paid_out = spend(database, GONE, 30)
    join(database)
    with database.command("back") as session:
        ledger.reverse(session, paid_out, key="back")
    join(database, KEPT, THIRD)
    assert has(database, THIRD) == 100
    with database.command("undo") as session:
        ledger.reverse(session, number, key="undo")
    assert (has(database, THIRD), has(database, GONE)) == (0, 0)
    assert wrong(database) == []


def test_what_is_not_whole_any_more_is_not_undone(database: Database) -> None:
    number = earn(database, GONE, 100)
    join(database)
    spend(database, KEPT, 1)
    with pytest.raises(ledger.rules.PointsSpentAlready), database.command("undo") as session:
        ledger.reverse(session, number, key="undo")
    assert has(database, KEPT) == 99


# ---- rank, caps, family -------------------------------------------------------------------


def test_a_rank_counts_what_was_earned_under_both_records(database: Database) -> None:
    earn(database, GONE, 300)
    earn(database, KEPT, 300)
    join(database)
    with database.command("look") as session:
        both = [offered.person(session, one) for one in (GONE, KEPT)]
        assert points.standing(session, both[1]).earned == 600
        assert points.ranks_of(session, both) == dict.fromkeys(both, Rank.SILVER)
        assert set(points.other_records_too(session, both[:1])) == set(both)
    with clock.freeze(clock.now() + timedelta(days=460)), database.job("night") as session:
        nightly.follow_ranks(session, {})
        assert points.rank(session, both[1]) is Rank.REGULAR


def test_a_cap_is_for_the_person_not_for_the_record(database: Database) -> None:
    offered.programme(database, unit=Unit.ACT, budget=100_000, per_person=250)

    def act(who: cast.Resident, times: int) -> int:
        with database.command("act") as session:
            key = f"{who.persona}:{times}"
            one = Act(key, key, offered.PARK, offered.person(session, who), times, clock.now())
            return programmes.earn_all(session, [one])[0].given

    assert act(GONE, 2) == 200
    join(database)
    assert [act(KEPT, 1), act(GONE, 1), act(KEPT, 3)] == [50, 0, 0]
    assert wrong(database) == []


def test_nobody_passes_points_on_to_themselves(database: Database) -> None:
    earn(database, GONE, 500)
    join(database, GONE, cast.TARO)  # both live in one household
    with database.command("pass on") as session:
        gone, kept = (offered.person(session, one) for one in (GONE, cast.TARO))
        assert kept not in {who for who, _name in family.family_of(session, gone)}
    with pytest.raises(family_rules.NotFamily), database.command("pass on") as session:
        family.pass_on(session, gone, kept, 100, key=uuid4())


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
