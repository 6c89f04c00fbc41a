"""What a refused cell means and what to do, in words; `%(name)s` places are filled from the refusal's facts."""

from portal.core.words import N_

# code → (what is wrong, what to do). tests hold: every code a reader can raise is here.
WORDING: dict[str, tuple[str, str]] = {
    "text-empty": (N_("This is empty."), N_("Fill it in.")),
    "text-not-text": (N_("This is not text."), N_("Type it again.")),
    "text-too-long": (
        N_("This is too long: %(length)s characters, at most %(longest)s."),
        N_("Shorten it."),
    ),
    "text-broken-character": (
        N_("Character %(position)s (%(sign)s) cannot be used."),
        N_("Delete it and type it again."),
    ),
    "text-not-digits": (N_("This has a character that is not a digit."), N_("Use the digits 0 to 9.")),
    "text-wrong-count": (N_("This has %(length)s digits instead of %(count)s."), N_("Check the number of digits.")),
    "text-out-of-range": (N_("This must be between %(least)s and %(most)s."), N_("Check the number.")),
    "text-not-a-phone-number": (
        N_("This is not a phone number."),
        N_("Type 10 or 11 digits from 0, or + and the country code."),
    ),
    "text-not-a-postal-code": (N_("This is not a postal code."), N_("Type seven digits, such as 260-0013.")),
    "text-not-kana": (N_("This has a character that is not kana (%(sign)s)."), N_("Type it in kana.")),
    "text-private-character": (
        N_("This has a character only one machine knows (%(sign)s)."),
        N_("Use the character of the shared set (MJ+) with its variation selector."),
    ),
    "text-not-a-name": (N_("This has a character names do not have (%(sign)s)."), N_("Check the name.")),
    "text-not-an-email": (N_("This is not a mail address."), N_("Check the part before and after @.")),
    "date-not-understood": (N_("This is not a date."), N_("Write it like 2026-11-22 or 令和8年11月22日.")),
    "date-does-not-exist": (N_("There is no such day."), N_("Check year, month and day.")),
    "date-before-1873": (N_("Days before 1873 cannot be used."), N_("Check the year.")),
    "date-outside-era": (
        N_("%(era)s did not have this day; it is called %(instead)s."),
        N_("Check the era and the year."),
    ),
    "date-contradicts-itself": (N_("The two years in this date are not the same."), N_("Check the year.")),
    "sex-unknown": (N_("This is neither 男 nor 女."), N_("Write 男 or 女.")),
    "yes-or-no": (N_("This is neither yes nor no."), N_("Write 1 for yes or 0 for no.")),
    "language-unknown": (N_("This language is not offered."), N_("Write ja, en, zh, ko, es or pt.")),
    "ward-unknown": (N_("This is not a ward of the city."), N_("Write one of the six wards, such as 中央区.")),
    "moved-in-before-birth": (N_("This is before the date of birth."), N_("Check both dates.")),
    "moved-out-before-moved-in": (N_("This is before the day of moving in."), N_("Check both dates.")),
    "number-twice": (N_("This addressee number is in the file already."), N_("Keep one of the two rows.")),
    "row-wrong-width": (
        N_("This row has %(length)s cells instead of %(count)s."),
        N_("Look for a missing or extra comma."),
    ),
    "row-unreadable": (N_("This row cannot be read."), N_("Look for a quotation mark that is never closed.")),
}
