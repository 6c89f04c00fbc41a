"""What is wrong with a row of a file, and what to do, in words."""

from portal.core import wording
from portal.core.csv_file import CellRefused
from portal.core.words import N_
from portal.web.i18n import gettext as _

# code → (what is wrong, what to do)
WORDING: dict[str, tuple[str, str]] = {
    **wording.WORDING,
    "row-unreadable": (N_("This row cannot be read."), N_("Look for a quotation mark that is never closed.")),
    "number-of-nobody": (N_("Nobody who lives here has this number."), N_("Check the number.")),
    "attended-twice": (N_("This person stands there for this day already."), N_("Keep one of the two rows.")),
    "attended-ahead": (N_("This day has not come yet."), N_("Check the date.")),
    "attended-without-terms": (
        N_("The programme gave no points on that day."),
        N_("Check the date, or choose another programme."),
    ),
}


def said(cell: CellRefused) -> tuple[int, str, str, str]:
    """Line, heading, what is wrong, what to do; never the cell itself."""
    wrong, what_to_do = WORDING[cell.code]
    return cell.line, cell.heading, _(wrong) % cell.facts, _(what_to_do) % cell.facts
