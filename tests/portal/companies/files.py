"""Files of the national register as the tax agency writes them, of made-up corporations."""

import csv
import io
from typing import Any

from portal.demo.business_people import corporate_number

COLUMNS = (
    "sequence", "number", "process", "correct", "updated", "changed", "name", "name_image", "kind", "prefecture", "city",
    "street", "address_image", "prefecture_code", "city_code", "postal_code", "abroad", "abroad_image", "closed_on",
    "close_cause", "successor", "change_cause", "assigned", "latest", "english", "english_prefecture", "english_city",
    "english_abroad", "kana", "hidden",
)  # fmt: skip


def line(serial: int, name: str, **facts: Any) -> dict[str, Any]:
    """One row; *facts* by the names of COLUMNS."""
    usual = {
        "number": corporate_number(serial), "process": "01", "correct": "0", "updated": "2026-04-01",
        "changed": "2026-04-01", "name": name, "kind": "301", "prefecture": "千葉県", "city": "千葉市中央区",
        "street": "架空町１丁目", "latest": "1", "hidden": "0",
    }  # fmt: skip
    return dict.fromkeys(COLUMNS, "") | usual | facts


def written(lines: list[dict[str, Any]], encoding: str = "utf-8") -> io.BytesIO:
    """The file; `sequence` is counted."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for number, row in enumerate(lines, start=1):
        writer.writerow([str(number), *(row[name] for name in COLUMNS[1:])])
    return io.BytesIO(text.getvalue().encode(encoding))
