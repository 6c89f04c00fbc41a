"""Paid hours are taken back: exactly, with what was spent owed and never below 0, by whom and with how many eyes."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.money import Points
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.points import command
from portal.points import service as points
from portal.points.family import service as family
from portal.points.ledger import service as ledger
from portal.points.ledger import sweeping
from portal.points.ledger.entering import Entry
from portal.points.ledger.models import PointHold
from portal.points.ledger.rules import OWED, Reason
from portal.points.ledger.rules import Kind as AccountKind
from portal.points.programmes import debts
from portal.points.programmes import service as programmes
from portal.points.spending import catalogue
from portal.points.spending import service as spending
from portal.points.volunteering import back_rules, hosting, objections, rules, taking_back
from portal.points.volunteering.models import VolunteerTakeback
from portal.points.volunteering.taking_back import Wish
from tests.conftest import ResidentClient, StaffClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points import offered
from tests.portal.points.books import people, wrong
from tests.portal.points.offered import ONE, OTHER, PARK, activity, apply, approve, host, later, place, programme
from tests.portal.points.test_books import check_outside

__all__ = ["people"]
NONE = Wish(0, "別の日と取り違えていました。")


def paid(database: Database, minutes: int = 120, who: cast.Resident = cast.HANAKO, **terms: int) -> UUID:
    """A place whose hours are paid (100 points an hour); the clock must be two days ahead."""
    programme(database, **({"budget": 100_000} | terms))  # type: ignore[arg-type]
    with clock.freeze(clock.now() - timedelta(days=2)):
        one = activity(database, host(database))
        mine = apply(database, who, one)
    approve(database, one, {mine: minutes})
    return mine


def balance(database: Database, who: cast.Resident = cast.HANAKO) -> int:
    with database.command("look") as session:
        return points.balance(session, offered.person(session, who))


def owed(database: Database) -> int:
    with database.command("look") as session:
        found = debts.owed(session, offered.person(session, cast.HANAKO))
        account = ledger.named(session, OWED, AccountKind.DEBT)
        in_books = -ledger.balance_at(session, account, clock.now() + timedelta(days=900))
        assert in_books == (found[0] if found else 0)  # the books know the debt, too
        return in_books


def spend(database: Database, amount: int) -> None:
    with database.command("spend") as session:
        account = ledger.account_of(session, offered.person(session, cast.HANAKO))
        ledger.spend(session, Entry(str(uuid4()), account, ledger.city(session), amount, Reason.REWARD))


def keeper(database: Database, who: cast.Resident = cast.ICHIRO) -> Actor:
    with database.command("look") as session:
        return Actor(Kind.RESIDENT, id=offered.person(session, who), label="団体の担当者")


def by_host(database: Database, place_id: UUID, wish: Wish = NONE, who: cast.Resident = cast.ICHIRO) -> None:
    actor = keeper(database, who)
    with database.command("back") as session:
        taking_back.by_host(session, actor, place_id, wish)


def by_city(database: Database, place_id: UUID, wish: Wish = NONE, actor: Actor = ONE) -> UUID:
    with database.command("back") as session:
        return taking_back.by_city(session, actor, place_id, wish).id


def budget_left(database: Database) -> int:
    with database.command("look") as session:
        return programmes.budget(session, PARK)[1]


def test_what_was_not_spent_goes_back_exactly(database: Database, people: None) -> None:
    with later():
        mine = paid(database)
        before = budget_left(database)
        by_host(database, mine)
        assert (balance(database), owed(database), budget_left(database)) == (0, 0, before + 200)
        assert place(database, mine).minutes == 0
        with database.command("look") as session:
            assert points.standing(session, offered.person(session, cast.HANAKO)).earned == 0
        with pytest.raises(back_rules.NothingPaid):
            by_host(database, mine)
    assert wrong(database) == []


def test_what_was_spent_is_owed_and_set_off_against_what_is_earned_next(database: Database, people: None) -> None:
    with later():
        mine = paid(database)
        spend(database, 150)
        by_city(database, mine)
        assert (balance(database), owed(database)) == (0, 150)
        with database.command("earn") as session:
            who = offered.person(session, cast.HANAKO)
            points.credit(session, who, Points(40), reason=Reason.E_SERVICE, key="a", case_ref="")
        assert (balance(database), owed(database)) == (0, 110)
        with clock.freeze(clock.now() - timedelta(days=2)):
            one = activity(database, host(database, name="海の会"))
            other = apply(database, cast.HANAKO, one)
        approve(database, one, {other: 120})
        assert (balance(database), owed(database)) == (90, 0)
    assert wrong(database) == []


def test_an_outsider_finds_the_books_with_a_debt_in_order(
    database: Database, settings: Settings, people: None, tmp_path: Path
) -> None:
    with later():
        mine = paid(database)
        spend(database, 150)
        by_city(database, mine)
        command.export(database, settings, tmp_path / "books")
    checked = check_outside(tmp_path / "books")
    assert (checked.returncode, checked.stdout.splitlines()[0]) == (0, "The books are in order.")


def test_points_that_come_back_by_a_coupon_after_they_were_taken_back_are_set_off(
    database: Database, people: None
) -> None:
    """A coupon given back fills the lot that was taken back: those points are nobody's to spend."""
    with database.command("offer") as session:
        catalogue.bring(session, catalogue.read())
    with later():
        mine = paid(database)
        with database.command("coupon") as session:
            who = offered.person(session, cast.HANAKO)
            coupon = spending.redeem(session, who, "bus", key=uuid4()).reference
        by_city(database, mine)
        assert (balance(database), owed(database)) == (0, 200)
        with database.command("not wanted") as session:
            spending.give_back(session, who, coupon)
        assert (balance(database), owed(database)) == (0, 0)
    assert wrong(database) == []


def test_points_set_aside_when_they_were_taken_back_are_set_off_when_they_come_back(
    database: Database, people: None
) -> None:
    with later():
        mine = paid(database)
        with database.command("aside") as session:
            account = ledger.account_of(session, offered.person(session, cast.HANAKO))
            wish = Entry("aside", account, ledger.city(session), 150, Reason.HOLD)
            aside = ledger.hold(session, wish, until=clock.now() + timedelta(hours=1))
        by_city(database, mine)
        assert (balance(database), owed(database)) == (0, 150)
    with later(3), database.command("night") as session:
        sweeping.release_lapsed(session, {})
        assert session.get_one(PointHold, aside).state == "released"
    with later(3):
        assert (balance(database), owed(database)) == (0, 0)
    assert wrong(database) == []


def test_what_was_set_off_before_the_points_come_back_stays_with_the_person(database: Database, people: None) -> None:
    """200 owed, 150 earned meanwhile: of the coupon's 200 only 50 are still owed."""
    with database.command("offer") as session:
        catalogue.bring(session, catalogue.read())
    with later():
        mine = paid(database)
        with database.command("coupon") as session:
            who = offered.person(session, cast.HANAKO)
            coupon = spending.redeem(session, who, "bus", key=uuid4()).reference
        by_city(database, mine)
        with database.command("earn") as session:
            points.credit(session, who, Points(150), reason=Reason.E_SERVICE, key="a", case_ref="")
        assert (balance(database), owed(database)) == (0, 50)
        with database.command("not wanted") as session:
            spending.give_back(session, who, coupon)
        assert (balance(database), owed(database)) == (150, 0)
    assert wrong(database) == []


def test_points_from_elsewhere_stay_with_the_person(database: Database, people: None) -> None:
    """The family's and the city's gifts are no earnings: they neither pay a debt nor are touched by it."""
    with later():
        mine = paid(database)
        spend(database, 200)
        with database.command("give") as session:
            taro, hanako = (offered.person(session, one) for one in (cast.TARO, cast.HANAKO))
            points.credit(session, taro, Points(100), reason=Reason.WELCOME, key="w", case_ref="")
            family.pass_on(session, taro, hanako, 100, key=uuid4())
        by_city(database, mine)
        assert (balance(database), owed(database)) == (100, 200)
    assert wrong(database) == []


def test_a_debt_lapses_with_the_day_its_points_would_have_run_out(database: Database, people: None) -> None:
    with later():
        mine = paid(database)
        spend(database, 200)
        by_city(database, mine)
    with later(800), database.command("earn") as session:
        who = offered.person(session, cast.HANAKO)
        assert debts.owed(session, who) is None
        points.credit(session, who, Points(50), reason=Reason.E_SERVICE, key="late", case_ref="")
        assert points.balance(session, who) == 50


def test_fewer_minutes_are_paid_anew_and_the_same_again_after_an_objection(database: Database, people: None) -> None:
    with later():
        mine = paid(database)
        with pytest.raises(back_rules.NotFewer):
            by_host(database, mine, Wish(120, "x"))
        by_host(database, mine, Wish(60, "1時間で帰られました。"))
        assert balance(database) == 100
        one = place(database, mine).activity_id
        with database.command("object") as session:
            who = offered.person(session, cast.HANAKO)
            objections.object_to(session, who, one, minutes=120, words="最後までいました。")
        with database.command("uphold") as session:
            objections.uphold(session, OTHER, mine, minutes=120, answer="写真で確認しました。")
        assert balance(database) == 200
        with pytest.raises(back_rules.BackTooLate):
            by_host(database, mine)  # what the city decided stays with the city
        by_city(database, mine)
        assert balance(database) == 0
    assert wrong(database) == []


def test_caps_forget_what_was_taken_back(database: Database, people: None) -> None:
    with later():
        mine = paid(database, per_person=200)
        by_host(database, mine)
        with clock.freeze(clock.now() - timedelta(days=2)):
            one = activity(database, host(database, name="海の会"))
            other = apply(database, cast.HANAKO, one)
        approve(database, one, {other: 120})
        assert balance(database) == 200


def test_an_organisation_has_two_weeks_and_the_city_a_year(database: Database, people: None) -> None:
    with later():
        mine = paid(database)
        with pytest.raises(rules.ActivityUnknown):
            by_host(database, mine, who=cast.MARIA)  # acts for nobody
    with later(17), pytest.raises(back_rules.BackTooLate):
        by_host(database, mine)
    with later(368), pytest.raises(back_rules.BackOver):
        by_city(database, mine)
    with later(300):
        by_city(database, mine)
        assert balance(database) == 0


def test_a_large_sum_is_decided_by_a_second_person(database: Database, people: None) -> None:
    with later():
        mine = paid(database, points=600)
        by_host(database, mine)
        assert balance(database) == 1_200
        with pytest.raises(back_rules.BackWaiting):
            by_city(database, mine)
        with database.command("look") as session:
            (case,) = taking_back.waiting(session)
        with database.command("no") as session:
            taking_back.decide(session, OTHER, case.back.id, yes=False)
        assert balance(database) == 1_200
        waits = by_city(database, mine)
        with pytest.raises(back_rules.OwnBack), database.command("own") as session:
            taking_back.decide(session, ONE, waits, yes=True)
        with database.command("yes") as session:
            taking_back.decide(session, OTHER, waits, yes=True)
        assert balance(database) == 0
        with pytest.raises(rules.Decided), database.command("again") as session:
            taking_back.decide(session, OTHER, waits, yes=True)
        with pytest.raises(IntegrityError), database.command("alone") as session:
            session.get_one(VolunteerTakeback, waits).decided_by = None
    assert wrong(database) == []


def test_taken_back_at_the_same_instant_it_goes_back_once(database: Database, people: None) -> None:
    with later():
        mine = paid(database)
        spend(database, 50)

        def rush(_number: int) -> str:
            try:
                by_host(database, mine)
            except (back_rules.NothingPaid, back_rules.BackWaiting):
                return "late"
            return "done"

        assert sorted(together(rush, 4)) == ["done", "late", "late", "late"]
        assert (balance(database), owed(database)) == (0, 50)
    assert wrong(database) == []


def test_the_pages_take_back_and_tell_the_person_why(
    database: Database, cast_residents: None, cast_staff: None, resident_client: ResidentClient, staff_client: StaffClient,
    worker: Worker,
) -> None:  # fmt: skip
    with later():
        mine = paid(database, points=600)
        spend(database, 700)
        one = place(database, mine).activity_id
        ichiro, hanako = resident_client("ichiro"), resident_client("hanako")
        here = f"/points/hosting/places/{mine}/back"
        assert here in ichiro.get(f"/points/hosting/activities/{one}").links()
        assert hanako.get(here).status == 404
        page = ichiro.get(here)
        assert ichiro.submit(page, here, minutes="", why="").status == 422
        assert ichiro.submit(page, here, minutes="0", why="人違いでした。").status == 200
        staff = staff_client(Role.POINTS_KEEPER)
        page = staff.get("/staff/volunteering")
        assert "人違いでした。" in page.text
        with database.command("look") as session:
            waits = session.scalars(select(VolunteerTakeback.id)).one()
        staff.submit(page, f"/staff/volunteering/backs/{waits}", decision="yes")
        worker.run_pending()
        assert "700" in hanako.get("/points").text
        letter = next(link for link in hanako.get("/mailbox").links() if link.startswith("/mailbox/"))
        assert letter
        assert "取り消" in hanako.get("/mailbox").text
        assert "人違いでした。" in hanako.get("/points/volunteering/mine").text
        by_staff = f"/staff/volunteering/places/{mine}/back"
        assert staff.get(by_staff).status == 200
        assert hosting  # the place stays with its activity
    assert (balance(database), wrong(database)) == (0, [])
