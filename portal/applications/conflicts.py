"""Two devices on one page of a draft: nobody's words are overwritten unseen.

A page drawn carries a mark of its own and the mark of who wrote the page last. What is sent is kept if nobody else wrote
in between; otherwise both versions are shown and the person chooses. A page that only draws again what stands there
already is no conflict.
"""

import re
import secrets
from dataclasses import dataclass

from portal.applications.models import Application

_MARK = re.compile(r"[A-Za-z0-9_-]{8,16}")


@dataclass(frozen=True, slots=True)
class Marks:
    """`mine` is the page's own mark, `base` that of the version it was drawn from ("" for none)."""

    mine: str
    base: str = ""


def new_marks(case: Application, section_name: str) -> Marks:
    """For a page drawn now."""
    return Marks(secrets.token_urlsafe(8), case.writers.get(section_name, ""))


def read_marks(mine: str, base: str) -> Marks | None:
    """The marks a page sent; None if it has none of ours (it then asks for no protection)."""
    if not _MARK.fullmatch(mine):
        return None
    return Marks(mine, base if _MARK.fullmatch(base) else "")


def is_crossed(case: Application, section_name: str, marks: Marks | None) -> bool:
    """Whether somebody else wrote the page after this one was drawn."""
    last = case.writers.get(section_name, "")
    return marks is not None and last not in (marks.base, marks.mine)


def sign(case: Application, section_name: str, marks: Marks | None) -> None:
    """From now on this page's writer is the last one."""
    mine = marks.mine if marks else secrets.token_urlsafe(8)
    if case.writers.get(section_name) != mine:
        case.writers = {**case.writers, section_name: mine}
