"""A file of awards of years before: one line an award, read as a stream, taken in batches.

Good rows are taken, bad ones are listed by line, column and fault; what is there already (the body's own number) stays as
it is, so a file that was cut off is simply taken in again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, BinaryIO, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core import clock, text, wareki
from portal.core.audit import Action, did
from portal.core.csv_file import (
    CellRefused,
    Lines,
    detect_encoding,
    find_columns,
    records,
)
from portal.core.ids import new_id
from portal.core.text import TextRefused, fold_width
from portal.core.wording import WORDING as OF_TEXTS
from portal.core.words import N_
from portal.procurement.history import rules
from portal.procurement.history.models import Award, AwardBid
from portal.procurement.rules import Category, Method

BATCH = 1_000
KEEP_REFUSED = 1_000
MOST_YEN = 10**13
MOST_PIECES = 10**9
MOST_BIDDERS = 500
# heading → (English heading, whether it must be there); both are read.
COLUMNS = {
    "管理番号": ("reference", True),
    "件名": ("title", True),
    "区分": ("category", True),
    "方式": ("method", True),
    "品目": ("item", False),
    "数量": ("quantity", False),
    "単位": ("unit", False),
    "予定価格": ("estimate", False),
    "公告日": ("announced_on", False),
    "締切日": ("closed_on", False),
    "落札日": ("awarded_on", True),
    "落札額": ("amount", True),
    "落札者番号": ("winner", True),
    "落札者名": ("winner_name", True),
    "入札者数": ("bidders", True),
    "入札者": ("bids", False),
}
CATEGORIES = {"物品": Category.GOODS, "工事": Category.WORKS, "役務": Category.SERVICES}
METHODS = {
    "一般競争入札": Method.OPEN,
    "指名競争入札": Method.SELECTIVE,
    "見積合せ": Method.LIMITED,
    "随意契約": Method.DIRECT,
}
WORDING = OF_TEXTS | {
    "row-unreadable": (N_("This row cannot be read."), N_("Check its quotation marks.")),
    "row-wrong-width": (N_("This row has %(length)s cells instead of %(count)s."), N_("Check its commas.")),
    "award-twice": (N_("This number appears twice in the file."), N_("Keep one of the two rows.")),
    "award-unknown-word": (N_("This word is not known here."), N_("Use one of: %(words)s.")),
    "award-days-wrong": (N_("The days are not in order."), N_("Announcement, deadline and award follow each other.")),
    "award-days-far": (
        N_("The award lies in the future, or more than %(years)s years after its announcement."),
        N_("Look for a slip in a year."),
    ),
    "award-bids-wrong": (
        N_("The bidders cannot be read, or do not fit the other columns."),
        N_("Write number, space, yen, with ; between bidders; the winner is one of them."),
    ),
}
Opener = Callable[[], AbstractContextManager[Session]]
Watch = Callable[[int], None]
Reader = Callable[[str], Any]


class Row(NamedTuple):
    """A good row: the columns of Award but its body, and its bids."""

    line: int
    facts: dict[str, Any]
    bids: list[tuple[str, int]]


@dataclass(slots=True)
class Report:
    """What was found. `refused` holds the first KEEP_REFUSED cells, `bad_rows` counts all rows."""

    encoding: str
    new: int = 0
    same: int = 0
    bad_rows: int = 0
    refused: list[CellRefused] = field(default_factory=list)

    def note(self, refused: Sequence[CellRefused]) -> None:
        self.bad_rows += 1
        self.refused += refused[: KEEP_REFUSED - len(self.refused)]


def preview(session: Session, agency_code: str, rows: Sequence[Row]) -> tuple[int, int]:
    """(new, there already) of a batch; nothing is written."""
    known = _known(session, agency_code, rows)
    return len(rows) - len(known), len(known)


def take(session: Session, agency_code: str, rows: Sequence[Row]) -> tuple[int, int]:
    """Write what is new of a batch: (new, there already)."""
    known = _known(session, agency_code, rows)
    new = [(new_id(), row) for row in rows if row.facts["reference"] not in known]
    if new:
        session.execute(
            insert(Award),
            [{"id": key, "agency_code": agency_code, "tender_id": None, **row.facts} for key, row in new],
        )
        bids = [
            {"award_id": key, "number": number, "amount": amount, "won": number == row.facts["winner"]}
            for key, row in new
            for number, amount in row.bids
        ]
        session.execute(insert(AwardBid), bids)
        did(session, Action.CREATE, whose=None, what="awards", case_ref=f"{agency_code} {len(new)} rows")
    return len(new), len(known)


def _known(session: Session, agency_code: str, rows: Sequence[Row]) -> set[str]:
    named = Award.reference.in_([row.facts["reference"] for row in rows])
    return set(session.scalars(select(Award.reference).where(Award.agency_code == agency_code, named)))


Step = Callable[[Session, str, Sequence[Row]], tuple[int, int]]


def run(file: BinaryIO, open_session: Opener, watch: Watch, *, step: Step, agency_code: str) -> Report:
    """Check (`preview`) or take in (`take`) the file for a public body; *watch* is told the bytes read so far."""
    report = Report(detect_encoding(file))
    with records(file, report.encoding) as lines:
        places = find_columns(lines, COLUMNS)
        for batch in _batches(lines, places, report):
            with open_session() as session:
                new, same = step(session, agency_code, batch)
            report.new += new
            report.same += same
            watch(file.tell())
    return report


def _batches(lines: Lines, places: dict[str, int], report: Report) -> Iterator[list[Row]]:
    seen: set[str] = set()
    batch: list[Row] = []
    for line, cells in lines:
        if cells is not None and not any(cells):
            continue
        row = _read(line, cells, places) if cells else [CellRefused(line, "", "row-unreadable", {})]
        if isinstance(row, Row):
            reference = row.facts["reference"]
            row = [CellRefused(line, "管理番号", "award-twice", {})] if reference in seen else row
            seen.add(reference)
        if not isinstance(row, Row):
            report.note(row)
            continue
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _read(line: int, cells: Sequence[str], places: Mapping[str, int]) -> Row | list[CellRefused]:
    if len(cells) <= max(places.values()):
        facts = {"count": max(places.values()) + 1, "length": len(cells)}
        return [CellRefused(line, "", "row-wrong-width", facts)]
    found: dict[str, Any] = {}
    refused = []
    for heading, (name, needed) in COLUMNS.items():
        typed = cells[places[heading]] if heading in places else ""
        try:
            found[name] = READERS[name](typed) if needed or typed.strip() else EMPTY.get(name)
        except TextRefused as reason:
            refused.append(CellRefused(line, heading, reason.code, reason.facts))
    return refused or _checked(line, found)


def _checked(line: int, found: dict[str, Any]) -> Row | list[CellRefused]:
    """What one cell cannot know: the order of days, and bidders that fit their count and the winner."""
    announced, closed, awarded = (found[name] for name in ("announced_on", "closed_on", "awarded_on"))
    days = [day for day in (announced, closed, awarded) if day]
    if days != sorted(days):
        return [CellRefused(line, "落札日", "award-days-wrong", {})]
    if awarded > clock.today() or awarded - days[0] > rules.LONGEST_COURSE:
        return [CellRefused(line, "落札日", "award-days-far", {"years": rules.LONGEST_COURSE.days // 365})]
    bids: list[tuple[str, int]] = found.pop("bids") or []
    if not bids and found["bidders"] == 1:
        bids = [(found["winner"], found["amount"])]
    if bids and not _fit(bids, found):
        return [CellRefused(line, "入札者", "award-bids-wrong", {})]
    found |= {
        "year": rules.fiscal_year(awarded),
        "notice_days": rules.business_days(announced, closed) if announced and closed else None,
        "lead_days": (awarded - announced).days if announced else None,
    }
    return Row(line, found, bids)


def _fit(bids: list[tuple[str, int]], found: Mapping[str, Any]) -> bool:
    """Each bidder once, not more than there were, and among them the winner with what was awarded."""
    said = dict(bids)
    return len(said) == len(bids) <= found["bidders"] and said.get(found["winner"]) == found["amount"]


def _bids(typed: str) -> list[tuple[str, int]]:
    found = []
    for part in typed.replace("；", ";").split(";"):
        number, _, amount = part.strip().partition(" ")
        try:
            found.append((companies.read_key(number), text.whole_number(amount, least=1, most=MOST_YEN)))
        except TextRefused:
            raise TextRefused("award-bids-wrong") from None
    return found


def _one_of(words: Mapping[str, str]) -> Reader:
    """A word of *words*, or what it stands for."""

    def read(typed: str) -> str:
        said = fold_width(typed).strip()
        if said not in words and said not in words.values():
            raise TextRefused("award-unknown-word", {"words": "、".join(words)})
        return str(words.get(said, said))

    return read


def _number(most: int) -> Reader:
    return lambda typed: text.whole_number(typed, least=1, most=most)


def _line(longest: int) -> Reader:
    return lambda typed: text.single_line(typed, longest=longest)


def _day(typed: str) -> date:
    return wareki.parse(typed)


READERS: dict[str, Reader] = {
    "reference": _line(40), "title": _line(150), "category": _one_of(CATEGORIES), "method": _one_of(METHODS),
    "item": _line(60), "quantity": _number(MOST_PIECES), "unit": _line(10), "estimate": _number(MOST_YEN),
    "announced_on": _day, "closed_on": _day, "awarded_on": _day, "amount": _number(MOST_YEN), "winner": companies.read_key,
    "winner_name": _line(150), "bidders": _number(MOST_BIDDERS), "bids": _bids,
}  # fmt: skip
EMPTY = {"item": "", "unit": ""}
