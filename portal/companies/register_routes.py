"""Pages of the national register for everybody: search, and one corporation."""

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from portal.companies import rules, service
from portal.companies.names import PREFECTURES
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.text import shown_again
from portal.core.words import N_
from portal.web.access import Access, NotFound
from portal.web.i18n import gettext as _
from portal.web.pages import page_number
from portal.web.room import Room

room = Room("corporations", __name__, "/business")

CAUSES = {"01": N_("Closed after liquidation"), "11": N_("Merged into another corporation"),
          "21": N_("Struck off by the registrar"), "31": N_("Closed for another reason")}  # fmt: skip


@room.page("/search", access=Access.PUBLIC, purpose=Purpose.CHECK)
def search(session: Session, actor: Actor) -> str:
    """Find a corporation in the national register by a part of its name, its kana or its number."""
    typed = shown_again(request.args.get("q", ""), longest=100)
    prefecture = request.args.get("prefecture", "")
    prefecture = prefecture if prefecture in PREFECTURES else ""
    closed = request.args.get("closed") == "yes"
    found = service.search(session, typed, prefecture=prefecture, closed=closed, page=page_number()) if typed else None
    too_short = bool(typed) and not rules.query_key(typed)
    return render_template(
        "companies/search.html",
        typed=typed,
        prefecture=prefecture,
        closed=closed,
        prefectures=[(name, name) for name in PREFECTURES],
        found=found,
        page_url=lambda number: url_for(
            ".search", q=typed, prefecture=prefecture or None, closed="yes" if closed else None, page=number
        ),
        lines=[(one, rules.show_number(one.number)) for one in found.lines] if found else [],
        too_short=too_short,
    )


@room.page("/corporations/<number>", access=Access.PUBLIC, purpose=Purpose.CHECK)
def corporation(session: Session, actor: Actor, number: str) -> str:
    """One corporation as the national register tells it."""
    row = service.corporation(session, number)
    if row is None:
        raise NotFound
    after = service.corporation(session, str(row.successor)) if row.successor else None
    return render_template(
        "companies/corporation.html",
        row=row,
        number=rules.show_number(number),
        cause=_(CAUSES.get(row.close_cause, CAUSES["31"])) if row.closed_on else "",
        successor=(str(after.number), after.name) if after else None,
    )
