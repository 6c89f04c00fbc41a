"""Who looked at my data: several looks of one office within a minute are one line with a count."""

from datetime import UTC, datetime, timedelta

from portal.core.audit import Action, Purpose
from portal.mydata import service
from portal.mydata.service import Look

AT = datetime(2026, 11, 22, 1, 0, 5, tzinfo=UTC)


def look(seconds: int, who: str = "中央区役所", what: str = "residents.person") -> Look:
    return Look(AT + timedelta(seconds=seconds), who, Action.LOOK, what, Purpose.WINDOW, "")


def test_the_same_look_within_a_minute_is_told_once_with_a_count() -> None:
    told = service.told_once(
        [look(130), look(40), look(30, "稲毛区役所"), look(20), look(0, what="residents(address)")]
    )
    assert [(one.at, one.who, times) for one, times in told] == [
        (AT + timedelta(seconds=130), "中央区役所", 1),
        (AT + timedelta(seconds=40), "中央区役所", 3),
        (AT + timedelta(seconds=30), "稲毛区役所", 1),
    ]
    assert service.told_once([look(0), look(1, what="applications")])[0][1] == 1
