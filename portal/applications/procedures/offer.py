"""What a procedure's file tells before anybody starts: papers, law, days, fees, minutes; and what an approval does."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from portal.applications.procedures import rules


def _sound(rule: Any) -> Any:
    rules.check(rule)
    return rule


When = Annotated[dict[str, Any] | None, AfterValidator(_sound)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Text = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ToBring(Part):
    text: Text
    when: When = None


class LegalGround(Part):
    law: Text


class Deadline(Part):
    """`text` says it in words, `law` who says so; `days` after the day in field `counts_from`, if it can be counted."""

    text: Text
    law: str = ""
    days: int | None = Field(default=None, ge=1)
    counts_from: Name | None = None

    @model_validator(mode="after")
    def _counted_or_not(self) -> Self:
        if (self.days is None) != (self.counts_from is None):
            raise ValueError('"days" and "counts_from" belong together: write both or none')
        return self


class Fee(Part):
    """`yen` for what `text` says, for everybody or only where `when` holds."""

    yen: int = Field(ge=1)
    text: Text
    when: When = None


class MoreMinutes(Part):
    minutes: int = Field(ge=1)
    when: When


class Minutes(Part):
    """At the window, with everything typed at home; `at_home` is what the form takes."""

    at_home: int = Field(ge=1)
    at_window: int = Field(ge=0)
    more: tuple[MoreMinutes, ...] = ()


class Renewal(Part):
    """Approved, the licence chosen in `field` holds `years` longer. Of a company's licences those named `licence` fit."""

    field: Name
    licence: Text
    years: int = Field(ge=1, le=30)
