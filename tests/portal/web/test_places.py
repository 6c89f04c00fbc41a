"""A body that is not understood: where it is wrong, as it goes in what was sent."""

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from portal.web.machine import _places


class Row(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str


class Sent(BaseModel):
    rows: list[Row | str]


def places(sent: Any) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        Sent.model_validate(sent, strict=True)
    return _places(refused.value, sent)


def test_the_innermost_place_is_named() -> None:
    assert places({"rows": ["a", {"name": 1}, 2, {"name": "b", "more": 1}]}) == ["rows.1.name", "rows.2", "rows.3.more"]
    assert places({}) == ["rows"]
    assert places([]) == ["JSON"]


def test_tens_of_thousands_of_faults_are_named_in_one_going() -> None:
    """Each beside each other it would take hours: one wrong word in a system's export is in all of its rows."""
    wrong = {f"more{number}": 1 for number in range(8)}
    found = places({"rows": [{"name": "a", **wrong}] * 10_000})
    assert (len(found), found[0]) == (80_000, "rows.0.more0")
