"""How a system takes back what it sent, alike for residents' and companies' notices."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from portal.core import text

LONGEST_REASON = 500


class Withdrawal(BaseModel):
    """`reason` is read by everybody who has the notice, as it stands here. A second call changes nothing."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[
        str, AfterValidator(lambda typed: text.check_signs(typed, lines=True)), AfterValidator(text.check_said)
    ] = Field(pattern=r"\S", max_length=LONGEST_REASON)
