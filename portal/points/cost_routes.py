"""The city's page of what activities cost, beside the figures of the programmes: a picture, a table, and a file."""

import csv
import io
from typing import Any

from flask import Response, render_template
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.small_numbers import FEW, guarded, is_few
from portal.core.text import safe_cell
from portal.points import costs
from portal.points.costs import Cost
from portal.points.partners.rules import YEN_PER_POINT
from portal.points.programmes.figure_routes import BYTE_ORDER_MARK, days
from portal.points.programmes.routes import KEEPER
from portal.points.volunteering.event_rules import KIND_WORDS, Kind
from portal.web.i18n import gettext as _
from portal.web.i18n import ngettext
from portal.web.room import Room

room = Room("points_costs", __name__, "/staff/points")
SHOWN, DRAWN = 100, 20
HIDDEN = "…"


@room.page("/costs", access=KEEPER, purpose=Purpose.POINTS)
def show(session: Session, actor: Actor) -> str:
    """Which activity cost how much, for how many people and hours."""
    first, last = days()
    found = costs.costs(session, first, last)
    shown = [one for one in found if not _is_hidden(one)]
    return render_template(
        "points/costs.html",
        first=first.isoformat(),
        last=last.isoformat(),
        bars=[(_name(one), one.yen, f"{one.yen:,}") for one in shown[:DRAWN]],
        rows=[_row(one) for one in found[:SHOWN]],
        more=len(found) - SHOWN,
        yen=sum(one.yen for one in shown),
        rate=YEN_PER_POINT,
        few=FEW,
    )


def _is_hidden(one: Cost) -> bool:
    """Small activities that are few people together too."""
    return is_few(one.people)


def _name(one: Cost) -> str:
    if one.day:
        return f"{one.title} {one.day.isoformat()}"
    return ngettext("%(num)s small activity", "%(num)s small activities", one.count)


def _row(one: Cost) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title if one.day else _name(one),
        "host": one.host,
        "day": one.day,
        "kind": _(KIND_WORDS[Kind.EVENT if one.is_event else Kind.VOLUNTEERING]),
        "cells": _cells(one),
    }


def _cells(one: Cost) -> list[str]:
    """Points, yen, people, hours, points for a person and for an hour."""
    if _is_hidden(one):
        return [HIDDEN, HIDDEN, guarded(one.people), HIDDEN, HIDDEN, HIDDEN]
    hours = f"{one.minutes / costs.HOUR:,.1f}"
    return [f"{one.points:,}", f"{one.yen:,}", guarded(one.people), hours, f"{one.each:.1f}", f"{one.hourly:.1f}"]


@room.page("/costs.csv", access=KEEPER, purpose=Purpose.POINTS)
def file(session: Session, actor: Actor) -> Response:
    """The same for a spreadsheet."""
    first, last = days()
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(
        (_("Activity"), _("Kind of activity"), _("Organisation"), _("Day"), _("Points given"), _("Value in yen"),
         _("People"), _("Hours in all"), _("Points for a person"), _("Points for an hour"))
    )  # fmt: skip
    for one in costs.costs(session, first, last):
        row = _row(one)
        head = (row["title"], row["kind"], row["host"], one.day.isoformat() if one.day else "")
        rows.writerow([safe_cell(cell) for cell in (*head, *(cell.replace(",", "") for cell in row["cells"]))])
    headers = {"Content-Disposition": f'attachment; filename="activities-{first}-{last}.csv"'}
    return Response(BYTE_ORDER_MARK + out.getvalue(), mimetype="text/csv", headers=headers)
