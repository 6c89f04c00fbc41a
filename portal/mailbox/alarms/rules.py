"""What is decided about alarms, without a database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from portal.core.errors import Refusal
from portal.core.words import N_

EASY = "easy"
LANGUAGES = ("ja", EASY, "en", "zh", "ko", "es", "pt")
LONGEST_TITLE, LONGEST_BODY = 80, 600
HOURS = (6, 12, 24, 48, 72)
"""For how long: an alarm nobody ends is over by itself."""
AREAS_APART = "・"


class AlarmUnknown(Refusal):
    code = "alarm-unknown"
    status = 404
    message = N_("There is no such alarm, or it has ended.")
    next_step = N_("Look at the list: it shows what is up now.")


class SecondPersonNeeded(Refusal):
    code = "alarm-second-person"
    status = 403
    message = N_("This needs a second person.")
    next_step = N_("Ask a colleague who may do this to confirm it.")


@dataclass(frozen=True, slots=True)
class Shown:
    """An alarm as pages show it."""

    id: UUID
    texts: Mapping[str, Mapping[str, str]] = field(hash=False)
    link: str
    wards: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime

    def is_up(self, now: datetime) -> bool:
        return self.starts_at <= now < self.ends_at

    def told(self, language: str) -> tuple[Mapping[str, str], str]:
        """(title and body, language they are in): the reader's own, else English, else Japanese."""
        wanted = ("ja",) if language == "ja" else (language, "en", "ja")
        code = next(code for code in wanted if code in self.texts)
        return self.texts[code], code

    @property
    def easy(self) -> str:
        return self.texts.get(EASY, {}).get("body", "")

    @property
    def area(self) -> str:
        return AREAS_APART.join(self.wards)


def check_second(first: UUID | None, second: UUID | None) -> None:
    """Whoever confirms is somebody else."""
    if first is None or second is None or first == second:
        raise SecondPersonNeeded


def ends(starts_at: datetime, hours: int) -> datetime:
    return starts_at + timedelta(hours=hours)
