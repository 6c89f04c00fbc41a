"""Words clerks write for each other."""

from portal.applications.casework.rules import LONGEST_WORDS, NoteEmpty
from portal.core.text import TextRefused, free_text


def sound(typed: str) -> str:
    """The words in written form; NoteEmpty if there are none or too many."""
    try:
        words = free_text(typed, longest=LONGEST_WORDS)
    except TextRefused as refused:
        raise NoteEmpty from refused
    if not words:
        raise NoteEmpty
    return words
