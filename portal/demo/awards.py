"""Awards of six fictitious years. `python -m portal.demo.awards FILE 20000` writes a file for `portal import awards`."""

import csv
import io
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

from sqlalchemy.orm import Session

from portal.demo.business_people import corporate_number
from portal.procurement.history import awards_csv

SEED = 2026
ROWS = 160
FIRST_DAY, DAYS = date(2020, 4, 1), 6 * 365
# item, unit, category, yen of one about, quantities
ITEMS = (
    ("コピー用紙 A4", "箱", "物品", 2_400, (100, 900)),
    ("事務机", "台", "物品", 42_000, (5, 120)),
    ("会議用いす", "脚", "物品", 9_800, (10, 200)),
    ("トナーカートリッジ", "本", "物品", 14_500, (20, 150)),
    ("防災毛布", "枚", "物品", 3_100, (100, 3_000)),
    ("庁舎清掃", "月", "役務", 310_000, (6, 12)),
    ("広報紙の印刷", "部", "役務", 21, (100_000, 420_000)),
    ("樹木の剪定", "本", "役務", 8_700, (40, 400)),
    ("道路舗装", "m2", "工事", 9_400, (300, 4_000)),
    ("空調設備の更新", "台", "工事", 870_000, (2, 20)),
)
METHODS = ("一般競争入札", "一般競争入札", "一般競争入札", "指名競争入札", "見積合せ", "随意契約")


def rows(count: int, *, seed: int = SEED, companies: int = 60) -> Iterator[list[str]]:
    """Lines of the file, the heading first; the same for the same seed."""
    chance = Random(seed)  # noqa: S311 - made-up data, the same for a seed
    yield list(awards_csv.COLUMNS)
    for serial in range(1, count + 1):
        yield _row(chance, serial, companies)


def _row(chance: Random, serial: int, companies: int) -> list[str]:
    item, unit, category, price, (least, most) = chance.choice(ITEMS)
    quantity = chance.randint(least, most)
    estimate = round(price * quantity * chance.uniform(1.0, 1.25) * (1 + serial % 7 / 70))
    announced = FIRST_DAY + timedelta(days=chance.randrange(DAYS - 60))
    closed = announced + timedelta(days=chance.choice((3, 10, 14, 14, 21)))
    method = chance.choice(METHODS)
    bidders = 1 if method == "随意契約" else chance.choice((1, 2, 3, 3, 4, 5, 6))
    numbers = chance.sample(range(1, companies + 1), bidders)
    bids = sorted((round(estimate * chance.uniform(0.82, 1.0)), corporate_number(number)) for number in numbers)
    amount, winner = bids[0]
    awarded = closed + timedelta(days=chance.randint(1, 9))
    return [
        f"R{announced.year - 2018}-{serial:05d}", f"{item}の調達（架空 その{serial}）", category, method, item,
        str(quantity), unit, str(estimate), announced.isoformat(), closed.isoformat(), awarded.isoformat(), str(amount),
        winner, f"架空の事業者{winner[-4:]}", str(bidders), ";".join(f"{number} {yen}" for yen, number in bids),
    ]  # fmt: skip


def as_text(lines: Iterator[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue()


def load(session: Session, *agencies: str) -> None:
    """A few years of each body, taken in as a file would be."""
    from contextlib import nullcontext

    for place, agency in enumerate(agencies):
        file = io.BytesIO(as_text(rows(ROWS // (1 + 3 * place), seed=SEED + place)).encode())
        awards_csv.run(file, lambda: nullcontext(session), lambda _read: None, step=awards_csv.take, agency_code=agency)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(as_text(rows(int(sys.argv[2]))), encoding="utf-8", newline="")
