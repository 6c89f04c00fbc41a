"""Refusals: the city says no, says why, and says what to do next. Everything else that goes wrong is a bug."""

from typing import Any, ClassVar


class Refusal(Exception):
    """A rule said no.

    `code` is stable and unique (tests/house); `message` and `next_step` are msgids whose `%(name)s`
    places are filled from the facts given to the constructor; `status` is the HTTP status.
    """

    code: ClassVar[str]
    status: ClassVar[int] = 409
    message: ClassVar[str]
    next_step: ClassVar[str]

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code)
        self.facts = facts


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
