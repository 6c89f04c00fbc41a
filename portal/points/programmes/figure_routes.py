"""The city's view of points: charts with their tables, and the same as a file."""

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import Response, render_template, request
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.small_numbers import FEW, guarded, hidden_with, is_few
from portal.core.text import safe_cell
from portal.points.programmes import figures
from portal.points.programmes.figures import Burn, Figures
from portal.points.programmes.routes import KEEPER
from portal.web.i18n import gettext as _
from portal.web.i18n import language, show_month
from portal.web.room import Room

room = Room("points_figures", __name__, "/staff/points")
USUAL, LONGEST = timedelta(days=364), timedelta(days=1_100)
BYTE_ORDER_MARK = "\ufeff"
HIDDEN = "…"
"""A sum that would tell what a few people got."""


@room.page("/figures", access=KEEPER, purpose=Purpose.POINTS)
def show(session: Session, actor: Actor) -> str:
    """What the programmes gave, to whom by ward and age, what an act cost, and where points went."""
    first, last = months_of(*days())
    found = figures.figures(session, first, last)
    return render_template(
        "programmes/figures.html",
        first=first.isoformat(),
        last=last.isoformat(),
        found=found,
        earned=HIDDEN if is_few(found.people) else f"{found.earned:,}",
        people=guarded(found.people),
        burns=[_burn(one, is_hidden) for one, is_hidden in _burns(found)],
        months=[
            (show_month(date.fromisoformat(f"{month}-01")), bar, words) for month, bar, words in _sums(found.months)
        ],
        wards=_counts(found.wards),
        ages=_counts(found.ages),
        exits=_exits(found),
        few=FEW,
    )


def days() -> tuple[date, date]:
    """The days asked for, at most three years; the last twelve months if none are."""
    today = clock.today()
    try:
        last = min(date.fromisoformat(request.args.get("until", "")), today)
        first = date.fromisoformat(request.args.get("from", ""))
    except ValueError:
        return today - USUAL, today
    return (first, last) if timedelta() <= last - first <= LONGEST and first.year > 2000 else (today - USUAL, today)


def months_of(first: date, last: date) -> tuple[date, date]:
    """The whole months the days lie in, until today: sums of two spans that differ by a day would tell of that day."""
    following = (last.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first.replace(day=1), min(following - timedelta(days=1), clock.today())


def _burns(found: Figures) -> list[tuple[Burn, bool]]:
    """Each programme, what came from none last, and whether its sums are hidden."""
    parts = [*found.burns, *([found.rest] if found.rest else [])]
    hidden = hidden_with([one.people for one in parts])
    return [(one, place in hidden) for place, one in enumerate(parts)]


def _title(one: Burn) -> str:
    return one.title.get(language()) or one.title["ja"] if one.code else _("Without a programme")


def _sums(rows: Sequence[tuple[str, int, int]]) -> list[tuple[str, int, str]]:
    """Parts of a shown whole: those of few people are hidden, and what they could be worked out from."""
    hidden = hidden_with([people for _label, _amount, people in rows])
    return [
        (label, 0 if place in hidden else amount, HIDDEN if place in hidden else f"{amount:,}")
        for place, (label, amount, _people) in enumerate(rows)
    ]


def _exits(found: Figures) -> list[tuple[str, int, str]]:
    """No whole of them is shown: only those of few people are hidden."""
    return [
        (_(words), 0, HIDDEN) if is_few(people) else (_(words), amount, f"{amount:,}")
        for words, amount, people in found.exits
    ]


def _burn(one: Burn, is_hidden: bool) -> dict[str, Any]:
    part = 100 * (one.budget - one.left) / one.budget if one.budget else 0
    return {
        "title": _title(one),
        "code": one.code,
        "part": part,
        "words": f"{part:.1f} %",
        "cells": [
            f"{one.budget:,}" if one.code else "–",
            f"{one.left:,}" if one.code else "–",
            HIDDEN if is_hidden else f"{one.given:,}",
            HIDDEN if is_hidden else f"{one.acts:,}",
            guarded(one.people) if is_few(one.people) or not is_hidden else HIDDEN,
            HIDDEN if is_hidden else f"{one.each:.1f}",
        ],
    }


def _counts(rows: list[tuple[str, int]]) -> list[tuple[str, int, str]]:
    """A bar of people too few to be shown has no length either."""
    hidden = hidden_with([count for _label, count in rows])
    return [
        (label, 0 if place in hidden else count, _shown(place in hidden, count))
        for place, (label, count) in enumerate(rows)
    ]


def _shown(is_hidden: bool, count: int) -> str:
    return guarded(count) if is_few(count) or not is_hidden else "…"


@room.page("/figures.csv", access=KEEPER, purpose=Purpose.POINTS)
def file(session: Session, actor: Actor) -> Response:
    """The same for a spreadsheet: kind of figure, its name, value."""
    first, last = months_of(*days())
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow((_("Figure"), _("Of what"), _("Value")))
    for row in _rows(figures.figures(session, first, last)):
        rows.writerow([safe_cell(cell) for cell in row])
    headers = {"Content-Disposition": f'attachment; filename="points-{first}-{last}.csv"'}
    return Response(BYTE_ORDER_MARK + out.getvalue(), mimetype="text/csv", headers=headers)


def _rows(found: Figures) -> list[tuple[str, str, str]]:
    earned = HIDDEN if is_few(found.people) else str(found.earned)
    rows = [(_("Points earned"), "", earned), (_("People who earned points"), "", guarded(found.people))]
    for one, is_hidden in _burns(found):
        people = guarded(one.people) if is_few(one.people) or not is_hidden else HIDDEN
        rows += [(_("Programme"), one.code, _title(one))]
        if one.code:
            rows += [(_("Budget"), one.code, str(one.budget)), (_("Left of the budget"), one.code, str(one.left))]
        rows += [
            (_("Given to people"), one.code, HIDDEN if is_hidden else str(one.given)),
            (_("Acts"), one.code, HIDDEN if is_hidden else str(one.acts)),
            (_("People"), one.code, people),
            (_("Points for one act"), one.code, HIDDEN if is_hidden else f"{one.each:.1f}"),
        ]  # fmt: skip
    rows += [(_("Points earned by month"), month, words.replace(",", "")) for month, _bar, words in _sums(found.months)]
    rows += [(_("People by ward"), ward, words) for ward, _bar, words in _counts(found.wards)]
    rows += [(_("People by age"), age, words) for age, _bar, words in _counts(found.ages)]
    return rows + [(_("Where points went"), label, words.replace(",", "")) for label, _bar, words in _exits(found)]
