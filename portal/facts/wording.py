"""What a refused cell of a section's file means and what to do, in words."""

from portal.core import wording
from portal.core.words import N_

# code → (what is wrong, what to do); a test holds that every code a cell can be refused with is here.
WORDING: dict[str, tuple[str, str]] = {
    **wording.WORDING,
    "fact-unknown": (N_("The city keeps no fact of this name."), N_("Use a name of the catalogue, such as insurance.")),
    "fact-of-another-section": (
        N_("This fact is answered for by %(section)s."),
        N_("Leave the row out, or ask that section to send it."),
    ),
    "fact-value-unknown": (N_("This is not among the values of this fact."), N_("Use a value of the catalogue.")),
    "fact-value-not-yes": (N_("This fact has no value but yes."), N_("Write 1, or leave the row out.")),
    "fact-twice": (N_("This person has this fact from this day already."), N_("Keep one of the two rows.")),
    "fact-ends-before-it-begins": (N_("This is before the first day."), N_("Check both dates.")),
    "number-of-nobody": (N_("Nobody who lives here has this number."), N_("Check the number.")),
    "row-wrong-width": (
        N_("This row has %(length)s cells instead of %(count)s."),
        N_("Look for a missing or extra comma."),
    ),
    "row-unreadable": (N_("This row cannot be read."), N_("Look for a quotation mark that is never closed.")),
}
