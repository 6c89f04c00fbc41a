"""What neighbours earned and spent in the last four months, so that the city's figures of points have something to say:
activities and who was there, walks, classes, visits and events; then donations and rewards."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.clock import JST
from portal.core.ids import new_id
from portal.demo import cast, volunteering
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry
from portal.points.ledger.rules import Kind, NotEnoughPoints, Reason
from portal.points.programmes import earning
from portal.points.programmes.earning import Act
from portal.points.spending import service as spending
from portal.points.volunteering.models import VolunteerPlace
from portal.points.volunteering.rules import Place
from portal.residents.service import Person

SEED = 2026
NEIGHBOURS = 150
FEWEST = 30
"""In a smaller city nothing is to be seen in figures."""
YOUNGEST = 12
ACTIVITIES = (
    (24, "中央区", "駅前の清掃", "千葉駅 東口広場", 16),
    (38, "美浜区", "砂浜の清掃", "いなげの浜 駐車場前", 24),
    (52, "緑区", "里山の下草刈り", "昭和の森 第1駐車場", 12),
    (66, "花見川区", "川沿いの花植え", "花見川サイクリングセンター", 18),
    (80, "稲毛区", "子ども食堂の手伝い", "小仲台公民館", 9),
    (97, "若葉区", "動物公園の案内", "動物公園 正門", 14),
)
"""Days ago, ward, what, where, how many came."""
OFTEN = (
    (volunteering.WALKING, 160, 4, 10),
    (volunteering.VISITS, 45, 1, 1),
    (volunteering.EVENTS, 60, 1, 1),
    (volunteering.HEALTH, 40, 1, 1),
    (volunteering.APPLICATIONS, 35, 20, 50),
)
"""Programme, how many acts, and of what quantity."""
GIFT, DONORS = 100, 40
TAKEN = (("pool", 14), ("museum", 5))
"""Which reward, and how many people want it."""


def load(session: Session) -> None:
    """For an empty city."""
    chance = Random(f"{SEED} season")  # noqa: S311 - made-up neighbours
    people = _neighbours(session)
    if len(people) < FEWEST:
        return
    earning.earn_all(
        session, sorted([*_activities(session, chance, people), *_often(chance, people)], key=lambda act: act.at)
    )
    _spend(session, chance, people)


def _neighbours(session: Session) -> Sequence[UUID]:
    known = [one.addressee_number for one in cast.RESIDENTS]
    old_enough = Person.birth_date < clock.today() - timedelta(days=366 * YOUNGEST)
    query = select(Person.id).where(Person.addressee_number.not_in(known), old_enough, Person.moved_out.is_(None))
    return session.scalars(query.order_by(Person.addressee_number).limit(NEIGHBOURS)).all()


def _activities(session: Session, chance: Random, people: Sequence[UUID]) -> Iterator[Act]:
    """Organised by 一郎's organisation, who said how long everybody was there."""
    host, ichiro = volunteering.host_of(session), volunteering.person(session, cast.ICHIRO)
    for ago, ward, title, meeting, many in ACTIVITIES:
        came = min(many, len(people))
        day = clock.today() - timedelta(days=ago)
        words = [title, meeting, "動きやすい服でお越しください。"]
        one = volunteering.publish(session, host, day, "10:00", "12:00", ward, words)
        one.seats, one.taken = max(one.seats, came), came
        for who in chance.sample(people, came):
            place = VolunteerPlace(
                id=new_id(), activity_id=one.id, resident_id=who, state=Place.SETTLED, minutes=chance.choice((60, 120, 120)),
                applied_at=one.starts_at - timedelta(days=chance.randint(1, 20)),
                settled_at=one.ends_at + timedelta(hours=3), settled_by=ichiro,
            )  # fmt: skip
            session.add(place)
            key = f"place:{place.id}"
            yield Act(key, f"{key}:{place.minutes}", one.programme, who, place.minutes or 0, one.starts_at, title)


def _often(chance: Random, people: Sequence[UUID]) -> Iterator[Act]:
    for programme, count, least, most in OFTEN:
        for number in range(count):
            key = f"demo:{programme}:{number}"
            day = clock.today() - timedelta(days=chance.randint(2, 115))
            yield Act(key, key, programme, chance.choice(people), chance.randint(least, most), _noon(day))


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), JST)


def _spend(session: Session, chance: Random, people: Sequence[UUID]) -> None:
    """Who has not enough keeps what they have."""
    trees = ledger.named(session, "donation trees", Kind.DONATION)
    gifts = [
        Entry(f"donation:{who}:{number}", ledger.account_of(session, who), trees, GIFT, Reason.DONATION)
        for number, who in enumerate(chance.sample(people, min(DONORS, len(people))))
    ]
    ledger.spend_all(session, gifts)
    for code, count in TAKEN:
        for who in chance.sample(people, min(count, len(people))):
            with suppress(NotEnoughPoints):
                spending.redeem(session, who, code, key=UUID(int=chance.getrandbits(128)))
