"""Into which lines the figures of a notice are divided by its own conditions."""

from typing import Any

import pytest

from portal.segments.dividing import MOST, alternatives

OLD, YOUNG = {"age": {"from": 65}}, {"age": {"to": 17}}
CLASS: dict[str, Any] = {"name": "disability_card", "values": ["1", "2"]}


@pytest.mark.parametrize(
    ("condition", "parts"),
    [
        ({"all": []}, []),
        ({"all": [OLD, {"ward": ["中央区", "緑区"]}]}, []),
        ({"any": [OLD, YOUNG]}, [OLD, YOUNG]),
        ({"all": [{"language": ["ja", "en"]}, {"any": [OLD, YOUNG]}]}, [OLD, YOUNG]),
        ({"all": [OLD, {"any": [YOUNG]}]}, []),
        ({"all": [OLD, {"language": ["en", "zh"]}]}, [{"language": ["en"]}, {"language": ["zh"]}]),
        ({"all": [{"not": {"language": ["en", "zh"]}}]}, []),
        ({"fact": CLASS}, [{"fact": {**CLASS, "values": [one]}} for one in ("1", "2")]),
        ({"fact": {"name": "income", "from": 0}}, []),
        ({"any": [{"birth_month": [month % 12 + 1]} for month in range(30)]}, "most"),
    ],
)
def test_a_segments_alternatives_are_its_lines(condition: Any, parts: Any) -> None:
    found = alternatives(condition)
    assert len(found) == MOST if parts == "most" else found == parts
