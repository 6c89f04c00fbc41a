"""Two records of one person: what is in one goes to the other, and so does whatever comes back to it later."""

from datetime import timedelta
from uuid import uuid4

import pytest

from portal.core import clock
from portal.core.uow import Database
from portal.demo import cast
from portal.points import nightly
from portal.points import service as points
from portal.points.family import rules as family_rules
from portal.points.family import service as family
from portal.points.joining import service
from portal.points.joining.rules import State
from portal.points.ledger import again, sweeping
from portal.points.ledger import service as ledger
from portal.points.ledger.rules import Reason
from portal.points.programmes import debts, earning
from portal.points.programmes.earning import Act
from portal.points.programmes.rules import Unit
from portal.points.rules import Rank
from portal.points.spending import catalogue
from portal.points.spending import service as spending
from tests.portal.points import offered
from tests.portal.points.books import grant, payment, people, wrong
from tests.portal.points.offered import later
from tests.portal.points.one_person import (
    GONE,
    KEPT,
    THIRD,
    account,
    earn,
    has,
    join,
    left_in,
    spend,
)
from tests.portal.points.test_taking_back import by_host, paid

__all__ = ["people"]
pytestmark = pytest.mark.usefixtures("people")


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
            return earning.earn_all(session, [one])[0].given

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
