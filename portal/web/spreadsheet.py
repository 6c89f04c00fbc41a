"""Tables as files that spreadsheets open."""

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

from portal.core.text import safe_cell


def as_csv(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """UTF-8 with the mark spreadsheets understand; no cell is a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(heads)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return Response("\ufeff" + text.getvalue(), mimetype="text/csv")
