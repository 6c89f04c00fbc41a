"""What the city warns of in a disaster, as a banner above every screen: the portal's words, in the person's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

AT_ONCE = 2
"""More would leave no room for what the person is doing."""


@dataclass(frozen=True)
class EmergencyWords:
    """`lang`: what they are written in, which may be another language than asked for."""

    title: str
    body: str
    lang: str


@dataclass(frozen=True)
class Emergency:
    """One alarm; over at `ends` (the machine's clock) even if the line to the city is cut."""

    words: Mapping[str, EmergencyWords]
    area: str
    ends: float = field(compare=False)

    def told(self, language: str) -> EmergencyWords:
        return self.words.get(language) or next(iter(self.words.values()))


def banner(emergencies: tuple[Emergency, ...], language: str, now: float) -> list[tuple[EmergencyWords, str]]:
    """What a screen shows, the newest first: the words, and for which wards."""
    return [(one.told(language), one.area) for one in emergencies if now < one.ends][:AT_ONCE]
