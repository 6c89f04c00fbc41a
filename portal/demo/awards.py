"""Awards of fictitious years. `python -m portal.demo.awards FILE 20000` writes a file for `portal import awards`."""

import csv
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

from sqlalchemy.orm import Session

from portal.demo import businesses
from portal.demo.business_people import corporate_number
from portal.procurement.history import awards_csv, rules

SEED = 2026
FEW, MANY = 160, 20_000
AT_ONCE = 1_000
FIRST_DAY, DAYS = date(2020, 4, 1), 6 * 365 + 180
# item, unit, category, yen of one about, quantities, how much dearer a year (percent)
ITEMS = (
    ("コピー用紙 A4", "箱", "物品", 2_400, (100, 900), 6),
    ("事務机", "台", "物品", 42_000, (5, 120), 3),
    ("会議用いす", "脚", "物品", 9_800, (10, 200), 3),
    ("トナーカートリッジ", "本", "物品", 14_500, (20, 150), 2),
    ("防災毛布", "枚", "物品", 3_100, (100, 3_000), 4),
    ("ノートパソコン", "台", "物品", 138_000, (5, 90), 5),
    ("学校給食用食器", "枚", "物品", 640, (300, 4_000), 4),
    ("図書館用図書", "冊", "物品", 1_650, (50, 900), 2),
    ("ガソリン", "L", "物品", 158, (2_000, 40_000), 5),
    ("消火器", "本", "物品", 6_200, (20, 260), 1),
    ("庁舎清掃", "月", "役務", 310_000, (6, 12), 3),
    ("広報紙の印刷", "部", "役務", 21, (100_000, 420_000), 4),
    ("樹木の剪定", "本", "役務", 8_700, (40, 400), 3),
    ("警備業務", "月", "役務", 268_000, (6, 12), 4),
    ("エレベーター保守", "月", "役務", 84_000, (12, 12), 2),
    ("下水道管の調査", "m", "役務", 1_450, (300, 9_000), 2),
    ("送迎バスの運行", "日", "役務", 36_500, (20, 200), 3),
    ("システム保守", "月", "役務", 415_000, (12, 12), 1),
    ("道路舗装", "m2", "工事", 9_400, (300, 4_000), 6),
    ("空調設備の更新", "台", "工事", 870_000, (2, 20), 5),
    ("屋根の防水", "m2", "工事", 11_800, (100, 1_900), 5),
    ("街路灯のLED化", "基", "工事", 96_000, (10, 180), -2),
    ("公園遊具の更新", "基", "工事", 1_240_000, (1, 8), 4),
    ("学校トイレの改修", "か所", "工事", 6_900_000, (1, 6), 6),
)
# Whoever built the lifts keeps most of them: what an auditor looks at as a repeated winner.
KEPT_BY_ONE, OF_FIVE = "エレベーター保守", 3
METHODS = ("一般競争入札", "一般競争入札", "一般競争入札", "指名競争入札", "見積合せ", "随意契約")
BIDDERS = (1, 2, 3, 3, 4, 5, 6)
LAG = (3, 10, 14, 14, 21)
MOST_SUPPLIERS = 45


@dataclass(frozen=True, slots=True)
class Made:
    """One award; `bids` are (yen, number of the company), the lowest first."""

    serial: int
    item: str
    unit: str
    category: str
    method: str
    quantity: int
    estimate: int
    announced: date
    closed: date
    awarded: date
    bids: tuple[tuple[int, str], ...]
    winner: str

    @property
    def reference(self) -> str:
        return f"R{self.announced.year - 2018}-{self.serial:05d}"

    @property
    def title(self) -> str:
        return f"{self.item}の調達（架空 その{self.serial}）"

    def cells(self) -> list[str]:
        """A line of the file."""
        amount, number = self.bids[0]
        return [
            self.reference, self.title, self.category, self.method, self.item, str(self.quantity), self.unit,
            str(self.estimate), self.announced.isoformat(), self.closed.isoformat(), self.awarded.isoformat(), str(amount),
            number, self.winner, str(len(self.bids)), ";".join(f"{number} {yen}" for yen, number in self.bids),
        ]  # fmt: skip

    def row(self) -> awards_csv.Row:
        """What the file's line would be read as."""
        amount, number = self.bids[0]
        facts = {
            "reference": self.reference, "title": self.title, "category": awards_csv.CATEGORIES[self.category],
            "method": awards_csv.METHODS[self.method], "item": self.item, "unit": self.unit, "quantity": self.quantity,
            "amount": amount, "estimate": self.estimate, "announced_on": self.announced, "closed_on": self.closed,
            "awarded_on": self.awarded, "year": rules.fiscal_year(self.awarded),
            "notice_days": rules.business_days(self.announced, self.closed),
            "lead_days": (self.awarded - self.announced).days, "bidders": len(self.bids), "winner": number,
            "winner_name": self.winner,
        }  # fmt: skip
        return awards_csv.Row(self.serial, facts, [(number, yen) for yen, number in self.bids])


def made(count: int, *, seed: int = SEED, companies: int = 60) -> Iterator[Made]:
    """The same for the same seed. Each item has suppliers of its own, of whom some bid often."""
    chance = Random(seed)  # noqa: S311 - made-up data, the same for a seed
    size = max(6, min(MOST_SUPPLIERS, companies))
    suppliers = [chance.sample(range(1, companies + 1), size) for _item in ITEMS]
    for serial in range(1, count + 1):
        place = chance.randrange(len(ITEMS))
        yield _one(chance, serial, place, suppliers[place], companies)


def _one(chance: Random, serial: int, place: int, suppliers: list[int], companies: int) -> Made:
    item, unit, category, price, (least, most), dearer = ITEMS[place]
    announced = FIRST_DAY + timedelta(days=chance.randrange(DAYS - 60))
    quantity = chance.randint(least, most)
    years = (announced - FIRST_DAY).days / 365
    cheaper = 1.1 - 0.15 * (quantity - least) / max(1, most - least)  # of many, one costs less
    estimate = round(price * quantity * cheaper * (1 + dearer / 100) ** years * chance.uniform(1.0, 1.12))
    closed = announced + timedelta(days=chance.choice(LAG))
    method = chance.choice(METHODS)
    wanted = 1 if method == "随意契約" else chance.choice(BIDDERS)
    bidders: dict[int, None] = {}
    while len(bidders) < wanted:
        bidders[suppliers[min(int(chance.expovariate(1 / 9)), len(suppliers) - 1)]] = None
    bids = sorted((round(estimate * chance.triangular(0.8, 1.0, 0.94)), corporate_number(one)) for one in bidders)
    if item == KEPT_BY_ONE and serial % 5 < OF_FIVE:
        bids = _won_by(corporate_number(suppliers[0]), bids)
    return Made(
        serial=serial, item=item, unit=unit, category=category, method=method, quantity=quantity, estimate=estimate,
        announced=announced, closed=closed, awarded=closed + timedelta(days=chance.randint(1, 9)), bids=tuple(bids),
        winner=_names(companies)[bids[0][1]],
    )  # fmt: skip


def _won_by(one: str, bids: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """The same bids, the lowest of them by *one*, who changes places with whoever it was."""
    (lowest, winner), *others = bids
    return [(lowest, one), *((yen, winner if number == one else number) for yen, number in others)]


@cache
def _names(companies: int) -> dict[str, str]:
    """The demo's companies by number."""
    named = {str(row.number): row.name for row in businesses.national_rows(companies, FIRST_DAY)}
    return {number: named.get(number, "") for number in map(corporate_number, range(1, companies + 1))}


def rows(count: int, *, seed: int = SEED, companies: int = 60) -> Iterator[list[str]]:
    """Lines of the file, the heading first."""
    yield list(awards_csv.COLUMNS)
    for one in made(count, seed=seed, companies=companies):
        yield one.cells()


def as_text(lines: Iterator[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue()


def load(session: Session, *agencies: str, count: int = FEW, companies: int = 60) -> None:
    """*count* awards of all bodies together, most of them of the first."""
    for place, agency in enumerate(agencies):
        part = count * 4 // 5 if place == 0 else count // 5 // (len(agencies) - 1)
        batch: list[awards_csv.Row] = []
        for one in made(part, seed=SEED + place, companies=companies):
            batch.append(one.row())
            if len(batch) == AT_ONCE:
                awards_csv.take(session, agency, batch)
                batch = []
        if batch:
            awards_csv.take(session, agency, batch)


if __name__ == "__main__":
    lines = rows(int(sys.argv[2]), companies=businesses.MANY)
    Path(sys.argv[1]).write_text(as_text(lines), encoding="utf-8", newline="")
