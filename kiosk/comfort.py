"""How a person wants the screen: larger, in strong contrast, low, with furigana, spoken, or by earphone alone.

Kept with the journey, so that it ends with the person; nothing about anybody's sight or height leaves the machine.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from kiosk.words import N_


@dataclass(frozen=True)
class Comfort:
    """`ear`: spoken guidance with the keypad, the screen dark; `voice`: spoken beside the screen."""

    large: bool = False
    contrast: bool = False
    low: bool = False
    furigana: bool = False
    voice: bool = False
    ear: bool = False

    def toggled(self, name: str) -> Comfort:
        """The other way round; a name nobody knows changes nothing."""
        if name not in NAMES:
            return self
        changed: dict[str, Any] = {name: not getattr(self, name)}
        return replace(self, **changed)

    @property
    def speaks(self) -> bool:
        return self.voice or self.ear

    @property
    def names(self) -> tuple[str, ...]:
        """What is on, as the style sheet names it."""
        return tuple(name for name in NAMES if getattr(self, name))


NAMES = tuple(one.name for one in fields(Comfort))

OFFERED = (
    ("large", "text", N_("Larger text"), ""),
    ("contrast", "contrast", N_("Strong contrast"), ""),
    ("low", "low", N_("Buttons further down"), N_("For a wheelchair or a child")),
    ("furigana", "furigana", N_("Furigana"), N_("In Japanese only")),
    ("voice", "speaker", N_("Spoken guidance"), ""),
    ("ear", "ear", N_("Earphone and keypad only"), N_("The screen goes dark. Plug your earphone in on the right.")),
)
"""Name, icon, words, hint, in the order of the screen."""
