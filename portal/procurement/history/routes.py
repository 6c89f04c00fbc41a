"""For everybody: what public bodies paid, and to whom; charts with their tables, and the same as CSV."""

from collections.abc import Iterable
from typing import Any

from flask import Response, render_template, request
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.procurement.history import statistics
from portal.procurement.history.asking import asked
from portal.procurement.history.statistics import Line
from portal.procurement.rules import CATEGORY_WORDS
from portal.web.access import Access, NotFound
from portal.web.i18n import gettext as _
from portal.web.i18n import say
from portal.web.room import Room
from portal.web.spreadsheet import as_csv

room = Room("procurement_statistics", __name__, "/business")
LINE_HEADS = ("件数", "落札額合計", "平均入札者数", "一者入札の割合(%)", "平均落札率(%)", "公告から落札までの平均日数")
PRICE_HEADS = ("品目", "単位", "件数", "最低単価", "中央単価", "最高単価")
BIDDER_HEADS = ("番号", "名称", "入札(入札者が公表されたもの)", "うち落札", "落札", "落札額合計", "落札の割合(%)")
GROUP_HEADS = {"year": "年度", "category": "区分", "agency": "機関"}


@room.page("/statistics", access=Access.PUBLIC, purpose=Purpose.CHECK)
def show(session: Session, actor: Actor) -> str:
    """Figures of all awards that fit, by year, category and body; prices of items; who bid and won."""
    query = asked()
    figures = statistics.figures(session, query)
    bodies, years, items = statistics.choices(session)
    names = dict(bodies)
    return render_template(
        "history/statistics.html",
        query=query,
        whole=figures.whole(),
        years=figures.by("year"),
        categories=[(_(CATEGORY_WORDS[line.key]), line) for line in figures.by("category")],
        agencies=[(names.get(line.key, line.key), line) for line in figures.by("agency")],
        prices=statistics.prices(session, query),
        price_years=statistics.price_years(session, query) if query.item else [],
        bidders=[
            (row.name or companies.show_number(row.number), row.bids, row.awards, _rate(row), int(row.yen))
            for row in statistics.bidders(session, query, most=20)
        ],
        choices={
            "agency": [tuple(row) for row in bodies],
            "category": [(name, _(words)) for name, words in CATEGORY_WORDS.items()],
            "year": [(year, str(year)) for year in years],
            "item": [(item, item) for item in items],
        },
        again=request.query_string.decode("ascii", "replace"),
    )


@room.page("/statistics/<by>.csv", access=Access.PUBLIC, purpose=Purpose.CHECK)
def table(session: Session, actor: Actor, by: str) -> Response:
    """The same figures as a table for spreadsheets: by year, category, agency, item or bidder."""
    query = asked()
    if by in statistics.GROUPS:
        lines = statistics.by(session, query, by)
        if by == "year":
            return as_csv([GROUP_HEADS[by], *LINE_HEADS], (_cells(line) for line in lines))
        names = _names_in_files(session, by)
        named = ([names.get(line.key, line.key), *_cells(line)[1:], line.key] for line in lines)
        return as_csv([GROUP_HEADS[by], *LINE_HEADS, "コード"], named)
    if by == "item":
        return as_csv(PRICE_HEADS, (_rounded(row) for row in statistics.prices(session, query, most=10_000)))
    if by == "bidder":
        rows = statistics.bidders(session, query, most=10_000)
        return as_csv(BIDDER_HEADS, (_rounded((*row, _rate(row))) for row in rows))
    raise NotFound


def _rate(row: Any) -> float | None:
    """How many percent of the bids that are known were won; None where none is known."""
    return 100 * int(row.wins) / row.bids if row.bids else None


def _names_in_files(session: Session, by: str) -> dict[Any, str]:
    """What stands beside a code, in Japanese as the heads of the file."""
    if by == "agency":
        return {row[0]: row[1] for row in statistics.choices(session)[0]}
    return {name: say("ja", words, {}) for name, words in CATEGORY_WORDS.items()}


def _cells(line: Line) -> list[object]:
    return _rounded((line.key, line.count, line.yen, line.bidders, line.alone, line.rate, line.lead_days))


def _rounded(cells: Iterable[Any]) -> list[object]:
    return ["" if cell is None else round(cell, 1) if isinstance(cell, float) else cell for cell in cells]
