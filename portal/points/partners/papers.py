"""精算書 a month's statement as PDF and as a file for spreadsheets. Neither names who paid."""

import csv
import io
import tempfile
from pathlib import Path

from flask import Response
from sqlalchemy.orm import Session
from werkzeug.wsgi import FileWrapper

from portal.core.clock import JST
from portal.core.press import press
from portal.core.text import safe_cell
from portal.core.wareki import japanese
from portal.points.partners import settling
from portal.points.partners.models import PointPartner, PointStatement
from portal.points.partners.rules import WAY_WORDS
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.i18n import say

LAYOUT = Path(__file__).parent / "layouts" / "statement.typ"
MOST_LINES = 2_000
"""Some fifty pages, drawn while somebody waits."""
BYTE_ORDER_MARK = "\ufeff"


def paper(session: Session, shop: PointPartner, one: PointStatement) -> Response:
    """In Japanese, as the shop's tax office reads it; the same statement is the same bytes."""
    sheet = {
        "title": "市民ポイント精算書", "author": hall().settings.city_name, "keywords": [f"statement:{one.number}"],
        "number": one.number, "shop": _drawable(shop.name), "city": hall().settings.city_name,
        "month": f"{one.month.year}年{one.month.month}月", "made": japanese(one.made_at.astimezone(JST).date()),
        "sales": f"{one.sales:,}件", "points": f"{one.points:,}ポイント", "yen": f"{one.yen:,}円",
        "pay_on": japanese(one.pay_on) if one.pay_on else "未定",
        "rows": rows(session, one),
    }  # fmt: skip
    return _file(press().draw(LAYOUT, sheet, one.made_at), "application/pdf", f"statement-{one.month:%Y-%m}.pdf")


def rows(session: Session, one: PointStatement) -> list[list[str]]:
    """A line a payment. A shop with very many has the rest in the file for spreadsheets; of payments that are forgotten
    nothing is left but their sum."""
    found = list(settling.lines(session, one, most=MOST_LINES))
    shown = [
        [
            f"{sale.at.astimezone(JST):%m/%d %H:%M}",
            sale.reference,
            say("ja", WAY_WORDS[sale.way], {}),
            f"{sale.points:,}",
        ]
        for sale in found
    ]
    if one.forgotten_at is not None:
        return [["―", "保存期間（5年）を過ぎたため、明細はありません。", "", ""]]
    more = one.sales - len(found)
    return [*shown, ["ほか", f"{more:,}件（CSVの明細をご覧ください）", "", ""]] if more else shown


def _drawable(words: str) -> str:
    strange = set(press().undrawable([words]))
    return "".join("〓" if sign in strange else sign for sign in words)


def spreadsheet(session: Session, shop: PointPartner, one: PointStatement) -> Response:
    """One line a payment, and the sum; a shop may have very many, so they stand in a file and not in memory."""
    kept = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the answer
    out = io.TextIOWrapper(kept, "utf-8", newline="")
    rows = csv.writer(out)
    out.write(BYTE_ORDER_MARK)
    rows.writerow((_("Date"), _("Number"), _("How it was paid"), _("Points"), _("Yen")))
    for sale in settling.lines(session, one):
        at = f"{sale.at.astimezone(JST):%Y-%m-%d %H:%M}"
        rows.writerow(map(safe_cell, (at, sale.reference, _(WAY_WORDS[sale.way]), sale.points, sale.points)))
    rows.writerow(map(safe_cell, (_("Sum"), one.number, shop.name, one.points, one.yen)))
    out.detach()
    length = kept.tell()
    kept.seek(0)
    answer = _file(FileWrapper(kept), "text/csv", f"statement-{one.month:%Y-%m}.csv")
    answer.content_length = length
    return answer


def _file(content: bytes | FileWrapper, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype=kind, headers=headers)
