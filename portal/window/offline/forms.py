"""A journal as a browser sends it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from portal.core.identity import Document
from portal.window.offline import rules
from portal.window.offline.rules import What
from portal.window.rules import WINDOWS, Reason


def _of_this_age(at: datetime) -> datetime:
    """Reckoning with times at the ends of the calendar fails."""
    if not 2000 < at.year < 3000:
        raise ValueError("no time of a desk")
    return at


At = Annotated[AwareDatetime, AfterValidator(_of_this_age)]


class Step(BaseModel):
    """One step. `at` is the desk's clock; `visit` the hash of a reference; `window` where it was called to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: UUID
    place: int = Field(ge=1, le=1_000_000, strict=True)
    what: What
    at: At
    label: str = Field(pattern=rules.LABEL.pattern, max_length=6)
    visit: str = Field(default="", pattern=r"^([0-9a-f]{32})?$")
    needs: bool = False
    window: int = Field(default=0, ge=0, lt=WINDOWS.stop, strict=True)
    reason: Reason | Literal[""] = ""
    document: Document | Literal[""] = ""


class Journal(BaseModel):
    """Steps of one lease in their order. `sent_at` is the desk's clock when it sent them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lease: UUID
    secret: str = Field(max_length=100)
    sent_at: At
    steps: list[Step] = Field(max_length=rules.MOST_STEPS)


def read(body: bytes) -> Journal:
    """The journal in a request's body. Raises JournalUnreadable, TooManySteps."""
    try:
        journal = Journal.model_validate_json(body)
    except ValidationError as wrong:
        if any(fault["type"] == "too_long" and fault["loc"] == ("steps",) for fault in wrong.errors()):
            raise rules.TooManySteps from None
        raise rules.JournalUnreadable from None
    for step in journal.steps:
        rules.split(step.label)
        missing = (
            (step.what is What.CALL and step.window not in WINDOWS)
            or (step.what is What.PARK and not step.reason)
            or (step.what is What.CHECK_IN and not step.visit)
        )
        if missing:
            raise rules.JournalUnreadable
    return journal
