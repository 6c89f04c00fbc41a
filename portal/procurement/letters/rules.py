"""How companies are chosen, without a database."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.company_mailbox.service import sending
from portal.core.errors import Refusal
from portal.core.words import N_

MOST = sending.decisions.MOST_RECIPIENTS
_BETWEEN = re.compile(r"[,、，;\t\r\n\"]+")
NUMBERS_SHOWN = 20


class NobodyChosen(Refusal):
    code = "company-letter-nobody-chosen"
    status = 422
    message = N_("Say which companies this is for.")
    next_step = N_("Enter their corporate numbers, or at least one condition.")


class TooManyNumbers(Refusal):
    code = "company-letter-too-many"
    status = 422
    message = N_("One notice can name %(most)s companies.")
    next_step = N_("Split the list, or choose by conditions.")


@dataclass(frozen=True, slots=True)
class Chosen:
    """By their numbers, or by conditions that all have to fit: category and grades (of this body, holding today), where the
    company is, and what this body registered of it (a part of the name)."""

    numbers: Sequence[str] = field(default=(), repr=False)
    category: str = ""
    grades: Sequence[str] = ()
    region: str = ""
    register: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.numbers or self.category or self.grades or self.region or self.register)

    def kept(self) -> dict[str, Any]:
        """As it lies with the draft."""
        return {
            "numbers": list(self.numbers), "category": self.category, "grades": list(self.grades),
            "region": self.region, "register": self.register,
        }  # fmt: skip


def chosen_of(kept: Mapping[str, Any]) -> Chosen:
    """The same read back."""
    return Chosen(**{name: kept[name] for name in Chosen.__dataclass_fields__ if name in kept})


def cells_of(typed: str) -> list[str]:
    """What stands in a list, one a line or with commas between; headings and names of companies fall out later."""
    return [cell for part in _BETWEEN.split(typed) if (cell := part.strip().strip("'"))]
