"""The figures of the window in words: rows of tables and charts, and the file a spreadsheet opens."""

import csv
import io
from datetime import date
from typing import Any

from portal.core.text import safe_cell
from portal.core.words import N_
from portal.web.i18n import gettext, show_date
from portal.window import kinds, rules
from portal.window.overview import Overview
from portal.window.statistics import Statistics
from portal.window.statistics_rules import Figures

BYTE_ORDER_MARK = "\ufeff"
NOTHING = "–"
HEADS = (
    N_("People"),
    N_("Served"),
    N_("Wait: half of the people"),
    N_("Wait: nine of ten"),
    N_("Way to the window"),
    N_("Handling"),
    N_("Did not come"),
    N_("Passed over"),
)

Row = tuple[str, float, str]
"""Label, value and words of one row of a chart."""


def state(now: Overview) -> dict[str, Any]:
    """What js/queue.js asks for every few seconds: the page comes anew when a figure changes."""
    return {
        "waiting": [
            [line.kind, line.waiting, line.minutes, line.desks, line.serving, line.called, line.parked, line.absent]
            for line in now.lines
        ],
        "calls": [[seat.window, seat.who, seat.ticket, seat.state, seat.kinds, seat.is_open] for seat in now.seats],
    }


def page(found: Statistics) -> dict[str, Any]:
    """Tables and charts of the page, in the reader's language."""
    return {
        "heads": [gettext(words) for words in HEADS],
        "total": found.total,
        "total_cells": cells(found.total),
        "waits": [_row(_day(day), one.wait) for day, one in found.days],
        "people": [(_day(day), one.served, str(one.served)) for day, one in found.days],
        "kind_waits": [_row(_kind(kind), one.wait) for kind, one in found.kinds],
        "days": [(_day(day), cells(one)) for day, one in found.days],
        "kinds": [(_kind(kind), cells(one)) for kind, one in found.kinds],
        "lanes": [(gettext(rules.LANE_WORDS[lane]), cells(one)) for lane, one in found.lanes],
        "saved": [(_kind(one.kind), one.prepared, one.others, minutes(one.minutes)) for one in found.saved],
        "assisted": found.assisted,
        "saved_minutes": None if found.saved_minutes is None else minutes(found.saved_minutes),
    }


def _row(label: str, value: float | None) -> Row:
    return label, value or 0, minutes(value)


def minutes(value: float | None) -> str:
    """Minutes with one decimal; a dash where there is nothing to say."""
    return NOTHING if value is None else f"{value:.1f}"


def cells(of: Figures) -> list[str]:
    """One row in the order of HEADS."""
    times = [minutes(one) for one in (of.wait, of.wait_nine, of.way, of.handling)]
    return [str(of.people), str(of.served), *times, str(of.absent), str(of.passed)]


def _kind(kind: str) -> str:
    return gettext(kinds.WORDS[kind]) if kind in kinds.WORDS else kind


def _day(day: date | None) -> str:
    return show_date(day) if day else gettext("Other days")


def file(found: Statistics) -> bytes:
    """One line a kind of window and day, UTF-8 with a byte order mark, without which a spreadsheet shows 文字化け."""
    text = io.StringIO()
    lines = csv.writer(text)
    heads = [gettext("Kind of window"), gettext("Day"), *(gettext(words) for words in HEADS)]
    lines.writerow([safe_cell(words) for words in heads])
    for kind, day, one in found.cells:
        # An empty cell, not a dash: a spreadsheet adds these columns up.
        values = ["" if value == NOTHING else value for value in cells(one)]
        lines.writerow([safe_cell(_kind(kind)), day.isoformat() if day else safe_cell(gettext("Other days")), *values])
    return (BYTE_ORDER_MARK + text.getvalue()).encode()
