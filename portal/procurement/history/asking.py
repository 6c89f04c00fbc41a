"""Which awards the address of a page or a file asks for."""

from flask import request

from portal.core.text import shown_again
from portal.procurement.history.statistics import Query
from portal.procurement.rules import CATEGORY_WORDS


def asked() -> Query:
    """What the address asks for; what is unknown asks for nothing."""
    year, category = request.args.get("year", ""), request.args.get("category", "")
    return Query(
        agency=shown_again(request.args.get("agency", ""), longest=20),
        category=category if category in CATEGORY_WORDS else "",
        year=int(year) if len(year) == 4 and year.isascii() and year.isdecimal() else 0,
        item=shown_again(request.args.get("item", ""), longest=60),
    )
