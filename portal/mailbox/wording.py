"""Notices in the reader's language."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from portal.core.words import N_
from portal.mailbox import listing
from portal.mailbox.rules import KIND_WORDS, WITHDRAWN, WITHDRAWN_WORDS, Kind
from portal.web.i18n import gettext, language, office_words_to_find, show_date, show_visit

WITHDRAWN_TITLE = N_("This notice was withdrawn")

# Facts of the system's own notices that read differently in each language.
TELLERS: Mapping[str, Callable[[Any], str]] = {
    "starts_at": lambda instant: show_visit(datetime.fromisoformat(instant)),
    "day": lambda day: show_date(date.fromisoformat(day)),
    "due_on": lambda day: show_date(date.fromisoformat(day)),
    "office": office_words_to_find,
    "reason": gettext,
    "bring": lambda things: "\n".join(f"・{gettext(thing)}" for thing in things),
}


def words(texts: Mapping[str, Mapping[str, str]], facts: Mapping[str, Any]) -> tuple[str, str, str]:
    """(title, body, language they are in): the reader's own, else English for who reads no Japanese."""
    if "msgid" in texts:
        own, told = texts["msgid"], {name: TELLERS.get(name, str)(fact) for name, fact in facts.items()}
        return gettext(own["title"], **told), gettext(own["body"], **told), language()
    for code in listing.languages_for(language()):
        if code in texts:
            return texts[code]["title"], texts[code]["body"], code
    raise LookupError("a notice without Japanese")


def kind_words(kind: str) -> str:
    return WITHDRAWN_WORDS if kind == WITHDRAWN else KIND_WORDS[Kind(kind)]
