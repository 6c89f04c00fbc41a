"""Refusals: the city says no, says why, and says what to do next. Everything else that goes wrong is a bug."""

from collections.abc import Mapping
from typing import Any, ClassVar


class Refusal(Exception):
    """A rule said no.

    `code` is stable and unique (tests/house); `message` and `next_step` are msgids whose `%(name)s`
    places are filled from the facts given to the constructor; `status` is the HTTP status. `details` are more members
    of the answer to a program (RFC 9457, extension members): which rows of many, say.
    """

    code: ClassVar[str]
    status: ClassVar[int] = 409
    message: ClassVar[str]
    next_step: ClassVar[str]

    def __init__(self, *, details: Mapping[str, Any] | None = None, **facts: Any) -> None:
        super().__init__(self.code)
        self.facts = facts
        self.details = dict(details or {})


def all_refusals() -> list[type[Refusal]]:
    """Every refusal that imported modules declare, in order of their codes."""
    found: list[type[Refusal]] = []
    waiting = [Refusal]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if "code" in vars(kind):
                found.append(kind)
    return sorted(found, key=lambda kind: kind.code)
