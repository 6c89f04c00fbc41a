"""Why a typed text could not be taken, in words that say what to do. Codes are those of core.text and core.wareki."""

from collections.abc import Mapping
from typing import NamedTuple

from portal.core.words import N_


class Fault(NamedTuple):
    """A msgid and what fills its places; never the typed text itself."""

    message: str
    facts: dict[str, str | int]


WORDS: Mapping[str, str] = {
    "missing": N_("Please fill this in."),
    "choose": N_("Please choose one."),
    "text-empty": N_("Please fill this in."),
    "text-too-long": N_("Please write %(longest)s characters or fewer. Now there are %(length)s."),
    "text-broken-character": N_("A character cannot be read. Please delete it and type it again."),
    "text-private-character": N_("This character exists on your device only. Please write it in another way."),
    "text-not-a-name": N_("Please write the name without digits and signs."),
    "text-not-kana": N_("Please write the name in katakana or hiragana."),
    "text-not-digits": N_("Please write digits only."),
    "text-wrong-count": N_("Please write %(count)s digits. Now there are %(length)s."),
    "text-out-of-range": N_("Please write a number from %(least)s to %(most)s."),
    "text-not-a-phone-number": N_("Please write a phone number with its area code, for example 043-000-0000."),
    "text-not-a-postal-code": N_("Please write a postal code of 7 digits, for example 260-0026."),
    "text-not-an-email": N_("Please write a mail address, for example name@example.jp."),
    "address-outside-city": N_(
        "This address is not in Chiba City. For moves out of the city there is another procedure."
    ),
    "date-not-understood": N_("Please write year, month and day as numbers."),
    "date-does-not-exist": N_("This day does not exist in the calendar. Please check it."),
    "date-outside-era": N_("This day is not in %(era)s. It is called %(instead)s."),
    "date-before-1873": N_("Please check the year: it is too long ago."),
    "date-contradicts-itself": N_("The two years do not fit each other. Please check them."),
    "date-too-late": N_("This day is too far in the future. Please check it."),
    "date-too-early": N_("This day is too long ago. Please check it."),
}


def fault_of(code: str, facts: Mapping[str, str | int] | None = None) -> Fault:
    """The words of *code*; a code nobody wrote words for is told as something to check."""
    words = WORDS.get(code, N_("Please check what you wrote here."))
    return Fault(words, dict(facts or {}))
