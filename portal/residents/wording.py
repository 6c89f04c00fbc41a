"""What a refused cell of a register file means and what to do, in words."""

from portal.core import wording
from portal.core.words import N_

# code → (what is wrong, what to do); a test holds that every code a cell can be refused with is here.
WORDING: dict[str, tuple[str, str]] = {
    **wording.WORDING,
    "text-private-character": (
        wording.WORDING["text-private-character"][0],
        N_("Use the character of the shared set (MJ+) with its variation selector."),
    ),
    "sex-unknown": (N_("This is neither 男 nor 女."), N_("Write 男 or 女.")),
    "left-because-unknown": (N_("This is neither 転出 nor 死亡."), N_("Write 転出 or 死亡, or leave it empty.")),
    "residence-category-unknown": (
        N_("This is none of the categories of foreign residents."),
        N_("Write 中長期在留者, 特別永住者 or another one of Article 30-45, or leave it empty."),
    ),
    "residence-card-unreadable": (
        N_("This is not the number of a residence card."),
        N_("Write two letters, eight digits, two letters, as on the card."),
    ),
    "yes-or-no": (N_("This is neither yes nor no."), N_("Write 1 for yes or 0 for no.")),
    "language-unknown": (N_("This language is not offered."), N_("Write ja, en, zh, ko, es or pt.")),
    "ward-unknown": (N_("This is not a ward of the city."), N_("Write one of the six wards, such as 中央区.")),
    "moved-in-before-birth": (N_("This is before the date of birth."), N_("Check both dates.")),
    "moved-out-before-moved-in": (N_("This is before the day of moving in."), N_("Check both dates.")),
    "address-before-moved-in": (N_("This is before the day of moving in."), N_("Check both dates.")),
    "number-twice": (N_("This addressee number is in the file already."), N_("Keep one of the two rows.")),
    "row-wrong-width": (
        N_("This row has %(length)s cells instead of %(count)s."),
        N_("Look for a missing or extra comma."),
    ),
    "row-unreadable": (N_("This row cannot be read."), N_("Look for a quotation mark that is never closed.")),
}
