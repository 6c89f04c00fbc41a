"""`portal import seals FILE`, `portal import taxes FILE`: what the seal registry and the tax system know (README.md)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from uuid import UUID

from rich.console import Console
from sqlalchemy.orm import Session

from portal.certificates.ledgers import service
from portal.certificates.ledgers.service import Impression
from portal.certificates.tax_sheets import ACCOUNTS, DEDUCTIONS, INCOMES, LEVIES, Account, Assessment
from portal.core import wareki
from portal.core.audit import Purpose
from portal.core.csv_file import detect_encoding, records
from portal.core.errors import Refusal
from portal.core.text import TextRefused, fold_width, whole_number
from portal.core.uow import Database
from portal.residents import service as residents

BATCH = 500
LINES_SHOWN = 20
MOST_YEN = 10**12
WORDS = {word: name for words in (INCOMES, DEDUCTIONS, LEVIES) for name, word in words.items()}
PARTS = {"納付すべき額": "owed", "納付済額": "paid", "納期未到来額": "not_due"}

Row = Mapping[str, str]
Take = Callable[[Session, UUID, Row, Path], None]


class RowRefused(ValueError):
    """A row that cannot be taken; its argument says why."""


def import_file(database: Database, path: Path, console: Console, *, what: str) -> int:
    """Take the file in; 0, or 1 if rows were left out or the file is none."""
    take: Take = {"seals": take_seal, "taxes": take_tax}[what]
    taken, left_out = 0, list[str]()
    try:
        with path.open("rb") as file, records(file, detect_encoding(file)) as lines:
            heads = [fold_width(cell).strip() for cell in (next(lines, (0, None))[1] or [])]
            if "宛名番号" not in heads:
                console.print("The first line has no column 宛名番号.")
                return 1
            rows = ((line, dict(zip(heads, cells or [], strict=False))) for line, cells in lines)
            while batch := list(islice(rows, BATCH)):
                with database.command(f"import {what}", Purpose.REGISTER) as session:
                    refused = list(_take_batch(session, batch, take, path.parent))
                taken, left_out = taken + len(batch) - len(refused), left_out + refused
    except Refusal as refusal:
        console.print(refusal.message % refusal.facts, refusal.next_step)
        return 1
    console.print(f"{taken:,} rows taken, {len(left_out):,} left out.")
    console.print(*left_out[:LINES_SHOWN], sep="\n", markup=False)
    return 1 if left_out else 0


def _take_batch(session: Session, batch: Sequence[tuple[int, Row]], take: Take, folder: Path) -> Iterator[str]:
    numbers = {line: _number(row.get("宛名番号", "")) for line, row in batch}
    known = residents.ids_of_numbers(session, sorted({number for number in numbers.values() if number}))
    for line, row in batch:
        whose = known.get(numbers[line])
        try:
            if whose is None:
                raise RowRefused("宛名番号: nobody who lives here")
            take(session, whose, row, folder)
        except (RowRefused, TextRefused, ValueError, OSError) as reason:
            yield f"Line {line}: {reason.code if isinstance(reason, TextRefused) else reason}"


def _number(typed: str) -> str:
    try:
        return residents.read_number(typed)
    except TextRefused:
        return ""


def take_seal(session: Session, whose: UUID, row: Row, folder: Path) -> None:
    """One registration, or its end."""
    name = row.get("印影", "").strip()
    if not name:
        service.end_seal(session, whose)
        return
    if Path(name).name != name:
        raise RowRefused("印影: a file beside the CSV file")
    width, height = (whole_number(row.get(side, ""), least=80, most=250) for side in ("幅", "高さ"))
    impression = Impression((folder / name).read_bytes(), width, height)
    number = fold_width(row.get("登録番号", "")).strip()
    service.register_seal(session, whose, number=number, impression=impression, on=wareki.parse(row.get("登録日", "")))


def take_tax(session: Session, whose: UUID, row: Row, _folder: Path) -> None:
    """One fiscal year of one person."""
    year = whole_number(row.get("年度", ""), least=2000, most=2100)
    if address := row.get("1月1日の住所", "").strip():
        amounts = {name: _yen(row.get(word, "")) for word, name in WORDS.items() if row.get(word, "").strip()}
        dependants = whole_number(row.get("扶養人数", "").strip() or "0", least=0, most=99)
        told = Assessment(year=year, address_then=address, amounts=amounts, dependants=dependants)
        service.take_assessment(session, whose, told)
    accounts = [found for tax, word in ACCOUNTS.items() if (found := _account(tax, word, row))]
    if accounts:
        service.take_accounts(session, whose, year, accounts)


def _account(tax: str, word: str, row: Row) -> Account | None:
    told = {part: row.get(f"{word} {heading}", "") for heading, part in PARTS.items()}
    if not told["owed"].strip():
        return None
    sums = {part: _yen(text) for part, text in told.items()}
    account = Account(tax=tax, **sums)
    if account.overdue < 0:
        raise RowRefused(f"{word}: more is paid or not due than owed")
    return account


def _yen(typed: str) -> int:
    return whole_number(typed.strip() or "0", least=0, most=MOST_YEN)
