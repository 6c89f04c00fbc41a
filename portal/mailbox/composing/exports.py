"""Files for a section's own papers: its notices with their counts, and who of one notice's readers has read it."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.audit import Action
from portal.core.clock import JST
from portal.core.text import safe_cell
from portal.mailbox.composing import people
from portal.mailbox.composing.figures import Line
from portal.mailbox.composing.rules import MOST_EXPORTED, TooManyToExport
from portal.mailbox.models import Delivery, Notice
from portal.residents import service as residents


def readers(session: Session, notice: Notice, heads: Sequence[str]) -> bytes:
    """One line a reader: addressee number, delivered, read. Each of them finds this look in their record."""
    query = select(Delivery.resident_id, Delivery.delivered_at, Delivery.read_at)
    query = query.where(Delivery.notice_number == notice.number).order_by(Delivery.resident_id)
    total = session.scalar(select(func.count()).select_from(Delivery).where(Delivery.notice_number == notice.number))
    if (total or 0) > MOST_EXPORTED:
        raise TooManyToExport
    rows = []
    for resident_id, delivered_at, read_at in session.execute(query):
        audit.did(session, Action.LOOK, whose=resident_id, what="mailbox.export", case_ref=str(notice.id)[:8])
        rows.append((residents.number_of(session, resident_id), _moment(delivered_at), _moment(read_at)))
    rows += [(number, "", "") for number in not_reached(session, notice)]
    return as_csv(heads, rows)


def not_reached(session: Session, notice: Notice) -> list[str]:
    """The addressee numbers of whom the section named and who got nothing, as it named them; their data stays shut."""
    left_out = session.scalars(people.not_reached(notice).limit(MOST_EXPORTED)).all()
    for resident_id in left_out:
        audit.did(session, Action.LOOK, whose=resident_id, what="mailbox.recipients", case_ref=str(notice.id)[:8])
    return [residents.number_of(session, resident_id) for resident_id in left_out]


def notices(session: Session, lines: Iterable[Line], states: dict[str, str], heads: Sequence[str]) -> bytes:
    """One line a notice with its counts; it names nobody."""
    audit.did(session, Action.LOOK, whose=None, what="mailbox.export")
    return as_csv(
        heads,
        [
            (
                line.notice.texts.get("ja", {}).get("title", ""),
                states[line.notice.state],
                _moment(line.notice.sent_at),
                str(line.notice.due_on or ""),
                line.delivered,
                line.read,
            )
            for line in lines
        ],
    )


def as_csv(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """UTF-8 with BOM, as spreadsheets open it; no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    for row in rows:
        writer.writerow([safe_cell(value) for value in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(JST):%Y-%m-%d %H:%M}" if at else ""
