"""Registrations as a table: what a body hands in, and what it gets back. The same columns both ways."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core import text, wareki
from portal.core.actor import Actor
from portal.core.clock import JST
from portal.core.csv_file import CellRefused, detect_encoding, find_columns, records
from portal.core.errors import Refusal
from portal.core.text import TextRefused
from portal.core.wording import WORDING
from portal.core.words import N_
from portal.procurement.registers import rules, service
from portal.procurement.registers.rules import KINDS_IN_FILES, SIGHTS_IN_FILES, Row

COLUMNS = {
    "法人番号": ("company", True),
    "種別": ("kind", True),
    "名称": ("name", True),
    "番号": ("number", True),
    "交付日": ("issued_on", True),
    "有効期限": ("valid_until", False),
    "条件": ("terms", False),
    "根拠法令": ("law", False),
    "公開範囲": ("sight", False),
}
HEADS = (*COLUMNS, "事業者名", "取消日", "申し立て日")
MOST = 10_000
FILE_WORDING = {
    **WORDING,
    "not-one-of": (N_("This is none of %(words)s."), N_("Write one of them.")),
    "broken-record": (N_("This line is not CSV."), N_("Look for a quotation mark that is never closed.")),
    "too-many-rows": (N_("Only the first %(most)s rows were read."), N_("Split the file.")),
}


@dataclass(slots=True)
class Report:
    """What became of a file."""

    counts: dict[str, int] = field(default_factory=lambda: {"new": 0, "changed": 0, "same": 0})
    refused: list[tuple[int, str, str, str]] = field(default_factory=list)


def one_of(words: dict[str, object], typed: str, default: str = "") -> str:
    """A word of a closed list; the English name is taken too."""
    said = text.fold_width(typed).strip() or default
    known = {
        **{name: str(value) for name, value in words.items()},
        **{str(value): str(value) for value in words.values()},
    }
    if said not in known:
        raise TextRefused("not-one-of", {"words": "、".join(words)})
    return known[said]


def take(session: Session, actor: Actor, file: BinaryIO, say: Callable[..., str]) -> Report:
    """Take in the sound rows of a file; the others are listed with their line and what to do. Raises FileUnreadable,
    FileEmpty, ColumnsMissing, ColumnsRepeated."""
    report = Report()
    with records(file, detect_encoding(file)) as lines:
        places = find_columns(lines, COLUMNS)
        for count, (line, cells) in enumerate(lines):
            if count >= MOST:
                report.refused.append(_words(CellRefused(line, "", "too-many-rows", {"most": MOST}), say))
                break
            if cells is None or not any(cell.strip() for cell in cells):
                if cells is None:
                    report.refused.append(_words(CellRefused(line, "", "broken-record", {}), say))
                continue
            _take_one(session, actor, line, {name: _cell(cells, at) for name, at in places.items()}, report, say)
    return report


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _take_one(
    session: Session, actor: Actor, line: int, cells: dict[str, str], report: Report, say: Callable[..., str]
) -> None:
    row = _row(line, cells, report, say)
    if row is None:
        return
    try:
        report.counts[service.register(session, actor, row)] += 1
    except Refusal as refusal:
        report.refused.append(
            (line, "", say(refusal.message, **refusal.facts), say(refusal.next_step, **refusal.facts))
        )


def _row(line: int, cells: dict[str, str], report: Report, say: Callable[..., str]) -> Row | None:
    readers: dict[str, Callable[[str], object]] = {
        "法人番号": companies.read_key,
        "種別": lambda typed: one_of(dict(KINDS_IN_FILES), typed),
        "名称": lambda typed: text.single_line(typed, longest=rules.LONGEST_NAME),
        "番号": lambda typed: text.single_line(typed, longest=rules.LONGEST_NUMBER),
        "交付日": wareki.parse,
        "有効期限": lambda typed: wareki.parse(typed) if typed.strip() else None,
        "条件": lambda typed: _may_be_empty(typed, rules.LONGEST_TERMS),
        "根拠法令": lambda typed: _may_be_empty(typed, rules.LONGEST_LAW),
        "公開範囲": lambda typed: one_of(dict(SIGHTS_IN_FILES), typed, "自機関"),
    }
    said, faults = {}, len(report.refused)
    for heading, reader in readers.items():
        try:
            said[COLUMNS[heading][0]] = reader(cells.get(heading, ""))
        except TextRefused as refused:
            report.refused.append(_words(CellRefused(line, heading, refused.code, refused.facts), say))
    return Row(**said) if len(report.refused) == faults else None  # type: ignore[arg-type]


def _may_be_empty(typed: str, longest: int) -> str:
    return text.single_line(typed, longest=longest) if typed.strip() else ""


def _words(cell: CellRefused, say: Callable[..., str]) -> tuple[int, str, str, str]:
    wrong, remedy = FILE_WORDING[cell.code]
    return cell.line, cell.heading, say(wrong, **cell.facts), say(remedy, **cell.facts)


def rows(session: Session, actor: Actor) -> Iterator[Sequence[object]]:
    """All registrations of one's own body, with how they stand."""
    kinds = {str(kind): word for word, kind in KINDS_IN_FILES.items()}
    sights = {str(sight): word for word, sight in SIGHTS_IN_FILES.items()}
    for one, name, key in service.all_of_body(session, service.body_of(session, actor)):
        yield (
            key, kinds[one.kind], one.name, one.number, one.issued_on, one.valid_until or "", one.terms, one.law,
            sights[one.sight], name, _day(one.withdrawn_at), _day(one.objected_at),
        )  # fmt: skip


def _day(instant: datetime | None) -> str:
    return f"{instant.astimezone(JST):%Y-%m-%d}" if instant else ""
