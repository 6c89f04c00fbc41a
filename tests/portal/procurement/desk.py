"""What a buyer does on the pages of tenders."""

from datetime import date
from typing import Any

from portal.core import clock
from portal.core.business_days import business_days_from
from tests.browser import Page, Visitor


def day_fields(name: str, day: date) -> dict[str, str]:
    return {f"{name}-era": "ce"} | {f"{name}-{part}": str(getattr(day, part)) for part in ("year", "month", "day")}


def write(kaoru: Visitor, **others: Any) -> Page:
    deadline = business_days_from(clock.today(), 10)
    typed = {
        "title": "架空の机の購入", "description": "机です。", "category": "goods", "method": "open", "grades": ["A"],
        "region": "", "site_visit": "", "documents": "仕様書 https://city.example/a.pdf", "hour": "17:00",
        "estimate": "３，０００，０００", **day_fields("deadline", deadline),
        **day_fields("questions_until", business_days_from(deadline, -3)),
    }  # fmt: skip
    return kaoru.submit(kaoru.get("/staff/tenders/new"), "/staff/tenders/new", **typed | others)


def press(visitor: Visitor, page: Page, what: str, **fields: Any) -> Page:
    """Open the page of an action and send its form."""
    opened = visitor.get(f"{page.path}/{what}")
    action = next(form.get("action") or opened.path for form in opened.find("form") if form.get("method") == "post"
                  and "sign-out" not in (form.get("action") or ""))  # fmt: skip
    return visitor.submit(opened, action, **fields)
