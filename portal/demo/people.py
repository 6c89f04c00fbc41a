"""A fictitious city of any size, the same for the same seed, one household after another.

Streams: memory does not grow with the number of people. Everybody is `fictitious`, has a family name that means
"sample" (names.py), a phone number nobody can be given, mail at example.jp and a block number beyond any real one.
Shares of household kinds and wards are rounded from the census of 2020; they make pages look right, no more.
"""

from bisect import bisect
from collections.abc import Callable, Iterator
from datetime import date
from itertools import accumulate
from random import Random
from typing import Any, NamedTuple

from portal.core.addresses import CITY, PREFECTURE, WARDS, towns
from portal.demo.names import FAMILY, FOREIGN, MEN, WOMEN, Pair

# Numbers of the cast begin with 9 (cast.py), those of the city with 1: 統合宛名番号 has 15 digits.
FIRST_NUMBER = 100_000_000_000_000
YEAR = 365.2425
STAYS = (
    ("永住者", "無期限"),
    ("技術・人文知識・国際業務", "3年"),
    ("家族滞在", "3年"),
    ("定住者", "5年"),
    ("留学", "2年3月"),
)
WARD_SHARES = (22, 18, 16, 15, 13, 16)


class Person(NamedTuple):
    """One resident, field by field as in the register; texts are in written form (portal.core.text)."""

    addressee_number: str
    household_number: str
    relation: str
    name: str
    kana: str
    alias: str
    alias_kana: str
    birth_date: date
    sex: str
    nationality: str
    language: str
    postal_code: str
    ward: str
    town: str
    block: str
    building: str
    domicile: str
    domicile_head: str
    moved_in: date
    moved_out: date | None
    previous_address: str
    protected: bool
    phone: str
    email: str
    fictitious: bool = True
    left_because: str = ""
    former_name: str = ""
    address_since: date | None = None
    notified_on: date | None = None
    residence_category: str = ""
    residence_status: str = ""
    residence_period: str = ""
    residence_until: date | None = None
    residence_card: str = ""


class Member(NamedTuple):
    """What a household plan says about one member: age in years, sex, relation to the head."""

    age: float
    sex: str
    relation: str


class Home(NamedTuple):
    """What a household shares."""

    number: str
    family: Pair
    nationality: str
    language: str
    postal_code: str
    ward: str
    town: str
    block: str
    building: str
    domicile: str
    domicile_head: str
    moved_in: int
    previous_address: str


def people(count: int, *, seed: int, today: date) -> Iterator[Person]:
    """Exactly `count` residents; members of a household follow each other, the head first."""
    city = _City(seed, today)
    left = count
    while left > 0:
        plan = city.plan()
        if len(plan) > left:
            plan = plan[:1]
        yield from city.household(plan)
        left -= len(plan)


class _City:
    """The random numbers and counters of one run."""

    def __init__(self, seed: int, today: date) -> None:
        self.rng = Random(seed)  # noqa: S311 - a made-up city must be the same for the same seed
        self.today = today.toordinal()
        self.serial = FIRST_NUMBER
        self.kinds = list(accumulate(share for share, _ in KINDS))
        self.wards = list(accumulate(WARD_SHARES))
        self.towns = {ward: [t for t in towns() if t.ward == ward and t.town and not t.note] for ward in WARDS}

    def plan(self) -> list[Member]:
        """The members of the next household; its head comes first."""
        kind = bisect(self.kinds, self.rng.random() * self.kinds[-1])
        return KINDS[kind][1](self.rng)

    def household(self, plan: list[Member]) -> Iterator[Person]:
        """Everybody of one household, at one address."""
        foreign = self.rng.random() < 0.035
        home = self._foreign_home(plan[0]) if foreign else self._home(plan[0])
        given = None
        for member in plan:
            person = self._person(home, member, given)
            given = given or (person.name, person.kana)
            yield person

    def _home(self, head: Member) -> Home:
        rng = self.rng
        family = FAMILY[int(rng.random() * len(FAMILY))]
        ward = WARDS[bisect(self.wards, rng.random() * self.wards[-1])]
        town = self.towns[ward][int(rng.random() * len(self.towns[ward]))]
        # No 丁目 of these towns goes beyond 8 and no block beyond 9,000: such an address exists nowhere.
        lot, house = 9001 + int(rng.random() * 900), 1 + int(rng.random() * 40)
        block = f"9丁目{lot}番{house}号" if town.has_chome else f"{lot}番地{house}"
        building = f"見本ハイツ{1 + int(rng.random() * 9)}0{1 + int(rng.random() * 8)}" if rng.random() < 0.45 else ""
        # Nobody moves in before the head was eighteen, most people in the last twenty years.
        days = min((head.age - 18) * YEAR if head.age > 18 else 0.0, rng.random() ** 2 * 50 * YEAR)
        return Home(
            number=str(self.serial + 1),
            family=family,
            nationality="日本",
            language="ja",
            postal_code=town.postal_code,
            ward=ward,
            town=town.town,
            block=block,
            building=building,
            domicile=f"{PREFECTURE}{CITY}{ward}{town.town}{lot}番地",
            domicile_head="",
            moved_in=self.today - int(days),
            previous_address="架空県架空市見本町1番地" if rng.random() < 0.7 else "",
        )

    def _foreign_home(self, head: Member) -> Home:
        nation = FOREIGN[int(self.rng.random() * len(FOREIGN))]
        family = nation[2][int(self.rng.random() * len(nation[2]))]
        home = self._home(head)
        return home._replace(nationality=nation[0], language=nation[1], family=family, domicile="")

    def _person(self, home: Home, member: Member, head: Pair | None) -> Person:
        rng = self.rng
        self.serial += 1
        serial = self.serial - FIRST_NUMBER
        born = self.today - int(member.age * YEAR)
        name, kana = self._name(home, member)
        alias, alias_kana = self._alias(home, kana)
        adult = member.age >= 16
        return Person(
            str(self.serial),
            home.number,
            member.relation,
            name,
            kana,
            alias,
            alias_kana,
            date.fromordinal(born),
            member.sex,
            home.nationality,
            home.language,
            home.postal_code,
            home.ward,
            home.town,
            home.block,
            home.building,
            home.domicile,
            (head[0] if head else name) if home.domicile else "",
            date.fromordinal(born if born > home.moved_in else home.moved_in),
            None,
            "" if born > home.moved_in else home.previous_address,
            rng.random() < 0.001,
            f"0800{serial % 10_000_000:07d}" if adult else "",
            f"r{serial}@example.jp" if adult and rng.random() < 0.6 else "",
            **({} if home.domicile else self._permission(serial)),
        )

    def _permission(self, serial: int) -> dict[str, Any]:
        """Permission to stay of a foreign resident; the numbers of the cards are nobody's."""
        status, period = STAYS[serial % len(STAYS)]
        until = None if period == "無期限" else date.fromordinal(self.today + 30 + serial * 37 % 900)
        return {
            "residence_category": "中長期在留者",
            "residence_status": status,
            "residence_period": period,
            "residence_until": until,
            "residence_card": f"ZZ{serial:08d}ZZ",
        }

    def _name(self, home: Home, member: Member) -> Pair:
        woman = member.sex == "female"
        if home.domicile:
            generation = 2 if member.age < 36 else 1 if member.age < 71 else 0
            given = WOMEN[generation] if woman else MEN[generation]
        else:
            nation = next(nation for nation in FOREIGN if nation[0] == home.nationality)
            given = nation[3] if woman else nation[4]
        name, kana = given[int(self.rng.random() * len(given))]
        return f"{home.family[0]} {name}", f"{home.family[1]} {kana}"

    def _alias(self, home: Home, kana: str) -> Pair:
        """A 通称, which every fourth foreign resident has: a Japanese family name before the given name."""
        if home.domicile or self.rng.random() >= 0.25:
            return "", ""
        family = FAMILY[int(self.rng.random() * len(FAMILY))]
        given = kana.split(" ", 1)[1]
        return f"{family[0]} {given}", f"{family[1]} {given}"


def _sexes(rng: Random) -> tuple[str, str, str]:
    """Head's sex, partner's sex, what the partner is to the head: three quarters of heads of couples are men."""
    return ("male", "female", "妻") if rng.random() < 0.75 else ("female", "male", "夫")


def _any_sex(rng: Random) -> str:
    return "female" if rng.random() < 0.5 else "male"


def _single(rng: Random) -> list[Member]:
    return [Member(18.2 + rng.random() ** 1.5 * 47, _any_sex(rng), "世帯主")]


def _single_old(rng: Random) -> list[Member]:
    return [Member(65 + rng.random() ** 1.4 * 36, "female" if rng.random() < 0.66 else "male", "世帯主")]


def _couple(rng: Random) -> list[Member]:
    head, partner, relation = _sexes(rng)
    age = 24 + rng.random() * 66
    return [Member(age, head, "世帯主"), Member(max(18.2, age - 4 + rng.random() * 7), partner, relation)]


def _family(rng: Random) -> list[Member]:
    """A couple and one to three children, none born before the younger parent was twenty."""
    head, partner, relation = _sexes(rng)
    age = 25 + rng.random() * 33
    other = max(24.0, age - 4 + rng.random() * 7)
    return [Member(age, head, "世帯主"), Member(other, partner, relation), *_children(rng, min(age, other))]


def _one_parent(rng: Random) -> list[Member]:
    age = 25 + rng.random() * 30
    return [Member(age, "female" if rng.random() < 0.86 else "male", "世帯主"), *_children(rng, age)]


def _three_generations(rng: Random) -> list[Member]:
    """A family with one parent of the head, 父 or 母, a generation older."""
    family = _family(rng)
    age = min(101.0, family[0].age + 22 + rng.random() * 12)
    grandmother = rng.random() < 0.7
    return [*family, Member(age, "female" if grandmother else "male", "母" if grandmother else "父")]


def _with_grandchild(rng: Random) -> list[Member]:
    """Grandparents as heads with a grown child and a grandchild (子の子)."""
    couple = [Member(58 + rng.random() * 25, "male", "世帯主")]
    couple.append(Member(couple[0].age - rng.random() * 5, "female", "妻"))
    child = max(24.0, couple[1].age - 22 - rng.random() * 8)
    return [*couple, Member(child, _any_sex(rng), "子"), Member((child - 22) * rng.random(), _any_sex(rng), "子の子")]


def _children(rng: Random, parent: float) -> list[Member]:
    """One to three children of a parent, at most 22 years old, the eldest first and two years apart."""
    eldest = rng.random() * min(22.0, parent - 20)
    ages = [eldest - 2.1 * place for place in range(1 + int(rng.random() * 2.6))]
    return [Member(age, _any_sex(rng), "子") for age in ages if age >= 0]


KINDS: tuple[tuple[int, Callable[[Random], list[Member]]], ...] = (
    (24, _single),
    (13, _single_old),
    (21, _couple),
    (29, _family),
    (7, _one_parent),
    (4, _three_generations),
    (2, _with_grandchild),
)
