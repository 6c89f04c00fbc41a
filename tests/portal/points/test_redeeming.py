"""Many want coupons at one moment: they share a transaction, each with an answer of their own."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, select

from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose, Unit, unit_of
from portal.core.errors import Refusal
from portal.core.uow import Database
from portal.demo import cast
from portal.points.ledger.rules import NotEnoughPoints, SentBefore
from portal.points.spending import catalogue, rules, service
from portal.points.spending.models import PointCoupon, PointReward
from portal.points.spending.redeeming import Wish, redeem_together
from tests.conftest import ResidentClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points.books import wrong
from tests.portal.points.one_person import GONE, KEPT, join
from tests.portal.points.test_donating import noted
from tests.portal.points.test_pages import earn, resident
from tests.portal.points.test_spending import balance

HAD = 1_000


@pytest.fixture
def holder(database: Database, cast_residents: None) -> UUID:
    """花子, with points; 太郎 has none."""
    with database.command("rewards") as session:
        catalogue.bring(session, catalogue.read())
    earn(database, resident(database), HAD)
    return resident(database)


def at_once(database: Database, wishes: Sequence[Wish]) -> list[str]:
    """In one transaction: the number of each coupon, or the code of what refused it."""
    with database.command("redeem") as session:
        unit = unit_of(session)
        answers = redeem_together(session, [(unit, wish) for wish in wishes])
    return [one.code if isinstance(one, Refusal) else one for one in answers]


def ask(database: Database, wish: Wish) -> str:
    actor = Actor(Kind.RESIDENT, wish.resident_id, "resident")
    try:
        return database.together(actor, Purpose.OWN_USE, redeem_together, wish)
    except Refusal as refusal:
        return refusal.code


def stock(database: Database, code: str, count: int | None = None) -> int | None:
    """How many there are; *count*: from now on."""
    with database.command("stock") as session:
        reward = session.get_one(PointReward, code)
        reward.stock = reward.stock if count is None else count
        return reward.stock


def coupons(database: Database) -> int:
    with database.command("look") as session:
        return session.scalar(select(func.count()).select_from(PointCoupon)) or 0


def test_each_wish_of_a_transaction_has_its_own_answer(holder: UUID, database: Database) -> None:
    taro, key, begun = resident(database, cast.TARO), uuid4(), clock.now()
    said = at_once(
        database,
        [
            Wish(holder, "pool", key),
            Wish(holder, "no-such-reward", uuid4()),
            Wish(holder, "trees", uuid4()),  # a project, not a coupon
            Wish(taro, "pool", uuid4()),
            Wish(holder, "museum-evening", uuid4()),
            Wish(holder, "backstage", uuid4()),
            Wish(holder, "pool", key),
            Wish(holder, "bus", key),
            Wish(holder, "childcare", uuid4()),
            Wish(holder, "childcare", uuid4()),
            Wish(holder, "\0", uuid4()),
        ],
    )
    unknown = rules.RewardUnknown.code
    refused = [unknown, unknown, NotEnoughPoints.code]
    assert said[1:4] == refused
    assert said[5:11] == [rules.RewardRank.code, said[0], SentBefore.code, said[8], NotEnoughPoints.code, unknown]
    assert len({said[0], said[4], said[8]}) == 3  # 花子 is of the rank silver
    assert balance(database) == HAD - 100 - 200 - 500
    assert noted(database, holder, begun) == coupons(database) == 3
    assert [stock(database, code) for code in ("pool", "childcare")] == [499, 99]
    assert wrong(database) == []


def test_what_is_left_goes_to_whoever_asked_first_and_costs_nobody_else(holder: UUID, database: Database) -> None:
    aoi = resident(database, cast.AOI)
    earn(database, aoi, 200)
    stock(database, "pool", 1)
    said = at_once(
        database, [Wish(who, code, uuid4()) for who, code in ((holder, "pool"), (aoi, "pool"), (aoi, "bus"))]
    )
    assert said[1] == rules.RewardGone.code
    assert len(said[2]) == 14  # the points that were not spent on the pool are there for the bus
    assert (balance(database), balance(database, cast.AOI)) == (HAD - 100, 0)
    assert stock(database, "pool") == 0
    assert wrong(database) == []


def test_who_presses_twice_keeps_the_place_of_the_first_time(holder: UUID, database: Database) -> None:
    aoi, twice = resident(database, cast.AOI), Wish(holder, "pool", uuid4())
    earn(database, aoi, 200)
    stock(database, "pool", 1)
    first, other, second = at_once(database, [twice, Wish(aoi, "pool", uuid4()), twice])
    assert first == second
    assert (len(first), other) == (14, rules.RewardGone.code)


def test_the_key_of_a_coupon_long_forgotten_brings_no_new_one(holder: UUID, database: Database) -> None:
    wish = Wish(holder, "pool", uuid4())
    at_once(database, [wish])
    with database.command("forget") as session:
        session.execute(delete(PointCoupon))
    assert at_once(database, [wish]) == [SentBefore.code]
    assert (coupons(database), balance(database), stock(database, "pool")) == (0, HAD - 100, 499)


def test_a_limit_counts_what_the_same_transaction_gave_and_what_the_other_record_had(
    holder: UUID, database: Database
) -> None:
    earn(database, resident(database, KEPT), 500)
    (first,) = at_once(database, [Wish(holder, "museum", uuid4())])
    join(database, GONE, KEPT)
    other = resident(database, KEPT)
    said = at_once(database, [Wish(who, "museum", uuid4()) for who in (other, holder, other)])
    assert said[1:] == [rules.RewardLimit.code] * 2
    with database.command("give back") as session:
        service.give_back(session, other, first)
    assert (
        at_once(database, [Wish(holder, "museum", uuid4()), Wish(holder, "museum", uuid4())])[1]
        == rules.RewardLimit.code
    )
    assert balance(database, KEPT) == HAD + 500 - 2 * 150
    assert wrong(database) == []


def test_the_same_key_is_the_same_coupon_also_when_it_is_not_offered_any_more(holder: UUID, database: Database) -> None:
    wish = Wish(holder, "pool", uuid4())
    (reference,) = at_once(database, [wish])
    with database.command("no more") as session:
        session.get_one(PointReward, "pool").is_offered = False
    assert at_once(database, [wish, Wish(holder, "pool", uuid4())]) == [reference, rules.RewardUnknown.code]
    assert balance(database) == HAD - 100


def test_pressed_by_many_hands_at_once_it_is_one_coupon(holder: UUID, database: Database) -> None:
    key, begun = uuid4(), clock.now()
    assert len(set(together(lambda _number: ask(database, Wish(holder, "pool", key))))) == 1
    assert (balance(database), noted(database, holder, begun), coupons(database)) == (HAD - 100, 1, 1)


def test_wishes_at_one_instant_end_where_the_last_one_goes(holder: UUID, database: Database) -> None:
    people = [holder, *(resident(database, person) for person in (cast.AOI, cast.KAITO, cast.TARO))]
    for person in people[1:]:
        earn(database, person, 300)
    stock(database, "shopping", 3)
    stock(database, "pool", 2)
    wishes = [Wish(who, code, uuid4()) for who in people for code in ("shopping", "pool")]
    said = together(lambda number: ask(database, wishes[number]), len(wishes))
    refused = Counter(wish.code for wish, one in zip(wishes, said, strict=True) if one == rules.RewardGone.code)
    assert refused == {"shopping": 1, "pool": 2}
    assert [stock(database, code) for code in ("shopping", "pool")] == [0, 0]
    spent = HAD + 900 - sum(balance(database, person) for person in (cast.HANAKO, cast.AOI, cast.KAITO, cast.TARO))
    assert spent == 3 * 200 + 2 * 100
    assert wrong(database) == []


def test_coupons_that_come_back_meet_those_that_are_wanted_and_a_new_catalogue(
    holder: UUID, database: Database
) -> None:
    """Each holds some of the same rows: whatever comes first, nobody waits for somebody who waits for them."""
    given = at_once(database, [Wish(holder, code, uuid4()) for code in ("pool", "pool", "museum", "shopping")])

    def act(number: int) -> str:
        if number == 0:
            with database.command("rewards") as session:
                catalogue.bring(session, catalogue.read())
            return "brought"
        if number <= len(given):
            with database.command("back") as session:
                service.give_back(session, holder, given[number - 1])
            return "back"
        if number == 7:
            return at_once(database, [Wish(holder, code, uuid4()) for code in ("pool", "shopping")])[0]
        return ask(database, Wish(holder, ("museum", "bus")[number % 2], uuid4()))

    said = Counter(one if len(one) < 14 else "coupon" for one in together(act, 8))
    assert (said["brought"], said["back"]) == (1, 4)
    assert said["coupon"] + said[NotEnoughPoints.code] + said[rules.RewardLimit.code] == 3
    assert wrong(database) == []


def test_a_coupon_writes_nothing_into_an_endless_reward(holder: UUID, database: Database) -> None:
    """Its row stays as it is, and is held by nobody: SQLite says what is written, PostgreSQL who holds what."""
    said = list[str]()
    with database.command("redeem") as session:
        if session.get_bind().dialect.name == "sqlite":
            line: Any = session.connection().connection.driver_connection
            line.set_trace_callback(said.append)
        (reference,) = redeem_together(session, [(unit_of(session), Wish(holder, "shopping", uuid4()))])
        with database.engine.connect() as other, other.begin():
            free = select(PointReward.code).with_for_update(key_share=True, skip_locked=True)
            assert "shopping" in other.scalars(free).all()
        if session.get_bind().dialect.name == "sqlite":
            line.set_trace_callback(None)
    assert isinstance(reference, str)
    assert not [statement for statement in said if "UPDATE point_rewards" in statement]
    assert stock(database, "shopping") is None


def test_a_unit_notes_nothing_of_what_it_had_before(holder: UUID, database: Database) -> None:
    wish, unit = Wish(holder, "pool", uuid4()), Unit(Actor(Kind.RESIDENT, holder, "resident"), Purpose.OWN_USE)
    for expected in (1, 0):
        unit.begin_anew()
        with database.command("redeem") as session:
            redeem_together(session, [(unit, wish)])
        assert len(unit.entries) == expected


def test_a_page_says_why_not_and_nothing_is_spent(
    holder: UUID, database: Database, resident_client: ResidentClient
) -> None:
    hanako = resident_client("hanako")
    offer = hanako.get("/points/rewards/pool")
    stock(database, "pool", 0)
    refused = hanako.submit(offer, "/points/rewards/pool/redeem")
    assert refused.status == rules.RewardGone.status
    assert "この特典はなくなりました" in refused.text
    assert hanako.post("/points/rewards/nothing/redeem", {}).status == 404
    assert hanako.post("/points/rewards/trees/redeem", {}).status == 404
    assert balance(database) == HAD
