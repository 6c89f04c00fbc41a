"""The daily closing in words: columns, the CSV, and the sheet on A4."""

import csv
import io
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from pathlib import Path

from portal.certificates.service import Takings
from portal.core import clock
from portal.core.text import safe_cell
from portal.core.words import N_
from portal.kiosks.fleet.closing import Line
from portal.web.i18n import gettext, language, office_words, show_date, show_datetime

LAYOUT = Path(__file__).with_name("layouts") / "closing.typ"
BYTE_ORDER_MARK = "\ufeff"
NOT_OVER = N_("This day is not over yet. Do not sign it as a closing.")
FACES = {"zh": ["Noto Sans CJK SC"], "ko": ["Noto Sans CJK KR"]}

COLUMNS: tuple[tuple[str, Callable[[Line], int | None]], ...] = (
    (N_("Paid orders"), lambda line: line.books.paid),
    (N_("Paid, yen"), lambda line: line.books.paid_yen),
    (N_("Paid with points, orders"), lambda line: line.books.points_paid),
    (N_("Paid with points, yen"), lambda line: line.books.points_yen),
    (N_("Points given back, yen"), lambda line: line.books.points_back_yen),
    (N_("Issued orders"), lambda line: line.books.issued),
    (N_("Issued copies"), lambda line: line.books.issued_copies),
    (N_("Voided orders"), lambda line: line.books.voided),
    (N_("Refunded orders"), lambda line: line.books.refunded),
    (N_("Refunded, yen"), lambda line: line.books.refunded_yen),
    (N_("Kept without paper, yen"), lambda line: line.books.owed_yen),
    (N_("Paid back at the window, yen"), lambda line: line.books.paid_back_at_window),
    (N_("Not ended yet, yen"), lambda line: line.books.open),
    (N_("Expected in the coin box, yen"), lambda line: line.books.expected),
    (N_("Counted by the coin box, yen"), lambda line: line.counted),
    (N_("Difference, yen"), lambda line: line.difference),
)


def total(lines: list[Line]) -> Takings:
    """All machines together."""
    added = Takings()
    for line in lines:
        for one in fields(Takings):
            setattr(added, one.name, getattr(added, one.name) + getattr(line.books, one.name))
    return added


def file(lines: list[Line], day: date) -> bytes:
    """One line a machine, UTF-8 with a byte order mark, without which a spreadsheet shows 文字化け."""
    text = io.StringIO()
    rows = csv.writer(text)
    heads = [gettext("Day"), gettext("ID"), gettext("Name of the machine"), gettext("Office")]
    rows.writerow([safe_cell(words) for words in (*heads, *(gettext(words) for words, _value in COLUMNS))])
    for line in lines:
        values = ["" if (value := read(line)) is None else value for _words, read in COLUMNS]
        known = line.known
        rows.writerow(
            [day.isoformat(), safe_cell(known.client_id), safe_cell(known.name), safe_cell(known.office), *values]
        )
    return (BYTE_ORDER_MARK + text.getvalue()).encode()


def sheet(lines: list[Line], day: date, who: str) -> bytes:
    """PDF (A4 across), tagged; of a day that is not over there is no place to sign. Raises FontMissing."""
    from portal.core.press import GOTHIC, press  # here: whoever prints nothing need not carry the press

    now, is_over = clock.now(), day < clock.today()
    made = gettext("Made by %(name)s", name=office_words(who))
    facts = {
        "title": gettext("Daily closing of the kiosks, %(day)s", day=show_date(day)),
        "author": gettext("City of Chiba"),
        "keywords": [],
        "lang": language(),
        "face": [*FACES.get(language(), []), GOTHIC],
        "heads": [gettext("Name of the machine"), *(gettext(words) for words, _value in COLUMNS)],
        "rows": [[office_words(line.known.name), *(_cell(read(line)) for _words, read in COLUMNS)] for line in lines],
        "made": f"{made} · {show_datetime(now)}",
        "over": is_over,
        "sign": gettext("Counted and signed" if is_over else NOT_OVER),
        "differs": [line.difference not in (None, 0) for line in lines],
    }
    return press().draw(LAYOUT, facts, now)


def _cell(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"
