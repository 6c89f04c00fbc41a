"""What sections' systems send is held to the same signs as what a clerk types."""

from typing import Any

import pytest

from tests.portal.mailbox.test_batches import NUMBERS, System, system

__all__ = ["system"]
HERE = NUMBERS[0]


def said(title: str = "健診", body: str = "本文") -> dict[str, Any]:
    return {"texts": {"ja": {"title": title, "body": body}}}


@pytest.mark.parametrize(
    "call",
    [
        said(title="健診\0"),
        said(title="健診\n二行目"),
        said(title="健\u202e診"),
        said(body="本文\0"),
        said(body="本\a文"),
        {"batch": "spring\0"},
        {"procedure": "x\0"},
        {"recipients": ["1\0"]},
        {"recipients": [{"number": "1\0"}]},
        {"recipients": [{"card": {"service": "library", "number": "1\0"}}]},
        {"recipients": [{"number": HERE, "reference": "a\0b"}]},
        {"recipients": [{"number": HERE, "values": {"a": "x\0"}}], **said(body="((a))")},
        {"recipients": [{"number": HERE, "values": {"a": "x\u202e"}}], **said(body="((a))")},
    ],
)
def test_signs_nobody_can_see_are_refused(system: System, call: dict[str, Any]) -> None:
    answer = system.send(**{"recipients": [HERE], **call})
    assert (answer.status_code, answer.json["code"]) == (422, "body-not-understood")


def test_lines_of_a_text_and_of_values_stay(system: System) -> None:
    row = {"number": HERE, "values": {"place": "保健センター\n2階"}}
    assert system.send([row], **said(body="日時\r\n\t((place))\n以上")).status_code == 201
