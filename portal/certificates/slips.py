"""Words of the receipt: the reader's language first, Japanese beside it for the window."""

from collections.abc import Callable, Mapping

from portal.core.words import N_

Say = Callable[[str], str]
"""Translates a msgid into one language (a bound gettext)."""

RECEIPT: Mapping[str, str] = {
    "heading": N_("Receipt"),
    "keep": N_("Please keep this receipt."),
}


def both(message: str, say: Say, say_japanese: Say) -> tuple[str, str]:
    """One msgid as (reader's language, Japanese), or ("…", "") when both are the same."""
    own, japanese = say(message), say_japanese(message)
    return own, "" if own == japanese else japanese


def words(messages: Mapping[str, str], say: Say, say_japanese: Say) -> dict[str, tuple[str, str]]:
    """The fixed words of a slip, by place on the layout."""
    return {place: both(message, say, say_japanese) for place, message in messages.items()}
