"""Programmes: two people, a budget, caps, and terms that never reach back."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.clock import JST
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.points import service as points
from portal.points.ledger.rules import Kind, PotEmpty, Reason
from portal.points.programmes import earning, figure_routes, figures, rules, service
from portal.points.programmes.earning import Act
from portal.points.programmes.models import PointEarning
from portal.points.programmes.rules import Caps, Had, Unit
from tests.conftest import StaffClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points import offered
from tests.portal.points.books import people, wrong
from tests.portal.points.offered import ONE, OTHER, PARK

__all__ = ["people"]


def earn(
    database: Database, quantity: int = 60, *, fact: str = "a", ago: int = 0, who: cast.Resident = cast.HANAKO
) -> int:
    with database.command("earn") as session:
        owner, at = offered.person(session, who), clock.now() - timedelta(days=ago)
        act = Act(f"{fact}", f"{fact}:{quantity}", PARK, owner, quantity, at)
        return earning.earn_all(session, [act])[0].given


def balance(database: Database, who: cast.Resident = cast.HANAKO) -> int:
    with database.command("look") as session:
        return points.balance(session, offered.person(session, who))


@pytest.mark.parametrize(
    ("asked", "caps", "had", "given"),
    [
        (100, Caps(), Had(900, 900, 900), 100),
        (100, Caps(day=150), Had(day=80), 70),
        (100, Caps(day=150, month=1_000), Had(80, 980, 980), 20),
        (100, Caps(person=500), Had(person=500), 0),
        (100, Caps(person=500), Had(person=900), 0),  # the cap was lowered since
    ],
)
def test_the_narrowest_cap_decides(asked: int, caps: Caps, had: Had, given: int) -> None:
    assert rules.within(asked, caps, had) == given


def test_the_newest_terms_that_have_begun_hold_and_end(people: None) -> None:
    today = clock.today()
    days = [today + timedelta(days=ahead) for ahead in range(10)]
    both = [(1, days[0], days[9]), (2, days[3], days[5])]
    found = [rules.version_on(both, day) for day in days]
    assert found == [1, 1, 1, 2, 2, 2, None, None, None, None]  # the older ones do not come back


def test_nobody_approves_their_own_terms_and_the_budget_comes_with_approval(database: Database, people: None) -> None:
    with database.command("propose") as session:
        service.create(session, ONE, code=PARK, reason="volunteering", unit=Unit.HOUR, facts=offered.terms())
    with database.command("look") as session:
        assert service.terms_on(session, PARK, clock.today()) is None
        assert service.budget(session, PARK) == (0, 0)
    with pytest.raises(rules.OwnTerms), database.command("own") as session:
        service.approve(session, ONE, PARK, 1)
    with database.command("approve") as session:
        service.approve(session, OTHER, PARK, 1)
        assert service.budget(session, PARK) == (10_000, 10_000)
    with pytest.raises(rules.TermsDecided), database.command("again") as session:
        service.approve(session, OTHER, PARK, 1)
    assert wrong(database) == []


def test_two_who_decide_at_the_same_instant_put_the_budget_in_once(database: Database, people: None) -> None:
    with database.command("propose") as session:
        service.create(session, ONE, code=PARK, reason="volunteering", unit=Unit.HOUR, facts=offered.terms())

    def decide(_number: int) -> str:
        try:
            with database.command("approve") as session:
                service.approve(session, OTHER, PARK, 1)
        except rules.TermsDecided:
            return "late"
        return "first"

    assert sorted(together(decide, 4)) == ["first", "late", "late", "late"]
    with database.command("look") as session:
        assert service.budget(session, PARK) == (10_000, 10_000)


def test_new_terms_never_reprice_what_was_done_before_them(database: Database, people: None) -> None:
    offered.programme(database)
    assert earn(database, 90, fact="before", ago=3) == 150
    with pytest.raises(rules.TermsTooEarly), database.command("propose") as session:
        service.propose(session, ONE, PARK, offered.terms(points=10, begins_on=offered.day(0)))
    with database.command("propose") as session:
        service.propose(session, ONE, PARK, offered.terms(points=10, begins_on=offered.day(1)))
    with pytest.raises(rules.TermsWaiting), database.command("propose") as session:
        service.propose(session, ONE, PARK, offered.terms(begins_on=offered.day(2)))
    with database.command("approve") as session:
        service.approve(session, OTHER, PARK, 2)
    with offered.later(5):
        assert earn(database, 60, fact="told late", ago=7) == 100  # done under the old terms, told now
        assert earn(database, 60, fact="after") == 10
    with database.command("look") as session:
        found = session.execute(select(PointEarning.fact, PointEarning.version)).all()
        versions = {fact: version for fact, version in found if fact}
    assert versions == {"before": 1, "told late": 1, "after": 2}


def test_terms_that_lay_too_long_cannot_be_approved_any_more(database: Database, people: None) -> None:
    offered.programme(database)
    with database.command("propose") as session:
        service.propose(session, ONE, PARK, offered.terms(begins_on=offered.day(1)))
    with offered.later(1), pytest.raises(rules.TermsTooEarly), database.command("approve") as session:
        service.approve(session, OTHER, PARK, 2)


def test_caps_by_day_month_and_person_and_one_fact_earns_once(database: Database, people: None) -> None:
    offered.programme(database, per_day=150, per_person=400)
    assert [earn(database, 60, fact=fact) for fact in ("a", "a", "b", "c")] == [100, 100, 50, 0]
    assert balance(database) == 150  # the second "a" was the same one
    assert [earn(database, 60, fact=f"{ago} ago", ago=ago) for ago in (31, 32, 33)] == [100, 100, 50]
    assert earn(database, 60, fact="other", who=cast.TARO) == 100
    assert (
        earn(database, 120, fact="other", who=cast.TARO) == 50
    )  # longer than was said first: the rest, within the day
    assert wrong(database) == []


def test_many_facts_of_one_person_at_one_instant_stay_under_the_cap(database: Database, people: None) -> None:
    offered.programme(database, per_day=250)
    given = together(lambda number: earn(database, 60, fact=f"f{number}"), 6)
    assert sum(given) == 250
    assert balance(database) == 250


def test_the_budget_ends_and_can_only_be_lowered_to_what_was_given(database: Database, people: None) -> None:
    offered.programme(database, budget=250)
    assert earn(database, 120, fact="a") == 200
    with pytest.raises(PotEmpty):
        earn(database, 60, fact="b")
    assert balance(database) == 200
    for version, (budget, fails) in enumerate(((150, True), (400, False)), start=2):
        with database.command("propose") as session:
            service.propose(session, ONE, PARK, offered.terms(budget=budget, begins_on=offered.day(3)))
        if fails:
            with pytest.raises(rules.BudgetGivenAway), database.command("approve") as session:
                service.approve(session, OTHER, PARK, version)
            with database.command("refuse") as session:
                service.refuse(session, OTHER, PARK, version, "予算不足")
        else:
            with database.command("approve") as session:
                service.approve(session, OTHER, PARK, version)
    assert earn(database, 60, fact="b") == 100
    with database.command("look") as session:
        assert service.budget(session, PARK) == (400, 100)
    assert wrong(database) == []


def test_a_day_without_terms_brings_nothing(database: Database, people: None) -> None:
    offered.programme(database)
    with pytest.raises(rules.NoTerms):
        earn(database, 60, fact="long ago", ago=300)


TYPED = {
    "code": "park-2027", "kind": "volunteering", "unit": "hour", "ja": "公園の清掃", "points": "１００", "budget": "10,000",
    "begins_on-era": "ce", "begins_on-year": "2026", "begins_on-month": "4", "begins_on-day": "1",
    "ends_on-era": "ce", "ends_on-year": "2099", "ends_on-month": "3", "ends_on-day": "31", "why": "新年度の事業",
}  # fmt: skip


def test_one_proposes_on_the_page_and_another_approves(database: Database, staff_client: StaffClient) -> None:
    keeper, chief = staff_client(Role.POINTS_KEEPER), staff_client(Role.POINTS_CHIEF)
    page = keeper.get("/staff/points/new")
    for wrong_one in ({"code": "公園"}, {"points": "0"}, {"ends_on-year": "2020"}, {"why": ""}, {"ja": ""}):
        answer = keeper.submit(page, "/staff/points/new", **(TYPED | wrong_one))
        assert answer.status == 422, wrong_one
        assert "新年度の事業" in answer.body.decode() or "why" in wrong_one
    page = keeper.submit(page, "/staff/points/new", **TYPED)
    assert page.heading == "公園の清掃"
    assert not list(page.find("button", value="approve"))  # who proposed decides nothing
    here = "/staff/points/park-2027/1/decide"
    assert keeper.post(here, {"decision": "approve"}, page=page).status == 404
    page = chief.get("/staff/points/park-2027")
    assert chief.submit(page, here, decision="refuse").status == 422  # not without a reason
    assert (
        chief.submit(page, here, decision="other", answer="予算がありません。").status == 422
    )  # no button of the page
    page = chief.submit(page, here, decision="approve")
    assert "10,000" in page.text
    assert "100" in chief.get("/staff/points").text
    page = keeper.get("/staff/points/park-2027/terms")
    late = {name: TYPED[name] for name in TYPED if name not in ("code", "kind", "unit")}
    assert keeper.submit(page, "/staff/points/park-2027/terms", **late).status == 422  # begins in the past
    assert chief.get("/staff/points/none-such").status == 404


def test_the_citys_figures_tell_budgets_people_and_exits_but_nobody(
    database: Database, staff_client: StaffClient, people: None
) -> None:
    offered.programme(database, points=100)
    for number, who in enumerate((cast.HANAKO, cast.TARO, cast.MARIA, cast.KAITO, cast.AOI), start=1):
        earn(database, 60 * number, fact=f"f{number}", who=who)
    with database.command("spend") as session:
        account = points.ledger.account_of(session, offered.person(session, cast.HANAKO))
        shop = points.ledger.named(session, "donation trees", Kind.DONATION)
        points.ledger.spend(session, points.Entry("gift", account, shop, 40, Reason.DONATION))
        wrong = points.ledger.spend(session, points.Entry("not meant", account, shop, 30, Reason.DONATION))
        points.ledger.reverse(session, wrong, key="what came back never left")
    with database.command("look") as session:
        found = figures.figures(session, clock.today(), clock.today())
    assert (found.earned, found.people, found.exits[1]) == (1_500, 5, ("Donated to projects", 40, 1))
    burn = found.burns[0]
    assert (burn.budget, burn.left, burn.given, burn.acts, burn.people, burn.each) == (10_000, 8_500, 1_500, 5, 5, 300)
    assert sum(amount for _month, amount, _people in found.months) == 1_500
    assert sum(count for _ward, count in found.wards) == sum(count for _age, count in found.ages) == 5
    keeper = staff_client(Role.POINTS_KEEPER)
    page = keeper.get("/staff/points/figures")
    assert "<5" in page.text
    for asked in ("from=x&until=y", "from=0001-01-01&until=9999-12-31", "from=2026-12-31&until=2026-01-01"):
        assert keeper.get(f"/staff/points/figures?{asked}").status == 200
    table = keeper.client.get("/staff/points/figures.csv").data.decode()
    assert ",1500" in table
    assert ",40\r\n" not in table  # one person donated


def test_what_no_programme_gave_is_a_row_and_the_table_is_the_whole(
    database: Database, staff_client: StaffClient, people: None
) -> None:
    five = (cast.HANAKO, cast.TARO, cast.MARIA, cast.KAITO, cast.AOI)
    with clock.freeze(clock.now()):
        offered.programme(database, points=100)
        for number, who in enumerate(five):
            earn(database, 60, fact=f"f{number}", who=who)
            with database.command("before there were programmes") as session:
                account = points.ledger.account_of(session, offered.person(session, who))
                gift = points.Entry(f"old{number}", points.ledger.city(session), account, 324, Reason.EVENT)
                points.ledger.grant(session, gift)
        with database.command("look") as session:
            found = figures.figures(session, clock.today(), clock.today())
        assert found.rest
        assert (found.rest.given, found.rest.acts, found.rest.people) == (1_620, 5, 5)
        assert sum(one.given for one in [*found.burns, found.rest]) == found.earned == 2_120
        keeper = staff_client(Role.POINTS_KEEPER)
        assert "事業によらないもの" in keeper.get("/staff/points/figures").text
        table = keeper.client.get("/staff/points/figures.csv").data.decode()
        assert ",,事業によらないもの" in table
        assert ",,1620" in table


def test_what_a_few_got_from_no_programme_does_not_follow_from_the_rest(
    database: Database, staff_client: StaffClient, people: None
) -> None:
    with clock.freeze(clock.now()):
        offered.programme(database, points=100)
        for number, who in enumerate((cast.HANAKO, cast.TARO, cast.MARIA, cast.KAITO, cast.AOI)):
            earn(database, 60, fact=f"f{number}", who=who)
        with database.command("one") as session:
            account = points.ledger.account_of(session, offered.person(session, cast.HANAKO))
            points.ledger.grant(session, points.Entry("old", points.ledger.city(session), account, 324, Reason.EVENT))
        keeper = staff_client(Role.POINTS_KEEPER)
        rows = [" ".join("".join(row.itertext()).split()) for row in keeper.get("/staff/points/figures").find("tr")]
        told = [row for row in rows if "公園の清掃" in row or "事業によらないもの" in row]
    assert len(told) == 3, told
    assert not [row for row in told if "324" in row or " 500" in row], told


def test_five_exchanges_of_one_person_are_those_of_one(database: Database, people: None) -> None:
    with clock.freeze(clock.now()):
        offered.programme(database, points=100)
        earn(database, 60, fact="one")
        with database.command("exchange") as session:
            account = points.ledger.account_of(session, offered.person(session, cast.HANAKO))
            bridge, until = points.ledger.named(session, "bridge", Kind.BRIDGE), clock.now() + timedelta(days=1)
            for number in range(5):
                wish = points.Entry(f"x{number}", account, bridge, 10, Reason.HOLD)
                points.ledger.capture(session, points.ledger.hold(session, wish, until=until))
        with database.command("look") as session:
            found = figures.figures(session, clock.today(), clock.today())
        assert found.exits[-1] == ("Private points", 50, 1)


def test_figures_of_a_day_and_of_few_people_tell_nobodys_points(
    database: Database, staff_client: StaffClient, people: None
) -> None:
    """The days are widened to whole months; what fewer than five people got or spent is hidden, and what it follows from."""
    with clock.freeze(clock.now()):
        offered.programme(database, points=6_173)
        offered.programme(database, points=100, code="park-2027")
        earn(database, 60, fact="one", who=cast.HANAKO)
        keeper = staff_client(Role.POINTS_KEEPER)
        today = clock.today().isoformat()
        asked = f"?from={today}&until={today}"
        shown = keeper.get(f"/staff/points/figures{asked}").text
        for words in (shown, keeper.client.get(f"/staff/points/figures.csv{asked}").data.decode()):
            assert "<5" in words
            assert "6,173" not in words
            assert "6173" not in words
        first = clock.today().replace(day=1).isoformat()
        assert f'value="{first}"' in keeper.client.get(f"/staff/points/figures{asked}").data.decode()


@pytest.mark.parametrize(
    ("first", "last", "widened"),
    [
        (date(2026, 2, 28), date(2026, 2, 28), (date(2026, 2, 1), date(2026, 2, 28))),
        (date(2025, 12, 31), date(2026, 1, 1), (date(2025, 12, 1), date(2026, 1, 31))),
        (date(2026, 3, 2), date(2026, 3, 3), (date(2026, 3, 1), date(2026, 3, 10))),
    ],
)
def test_days_of_figures_are_whole_months_until_today(first: date, last: date, widened: tuple[date, date]) -> None:
    with clock.freeze(datetime(2026, 3, 10, 12, tzinfo=JST)):
        assert figure_routes.months_of(first, last) == widened


def test_a_sum_that_follows_from_the_others_is_hidden_too() -> None:
    rows = [("a", 100, 2), ("b", 900, 9), ("c", 700, 7)]
    assert figure_routes._sums(rows) == [("a", 0, "…"), ("b", 900, "900"), ("c", 0, "…")]
