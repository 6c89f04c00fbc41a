"""What the city decides about visits: how long several procedures take, who handles all of them, who is near."""

import pytest

from portal.reservations import rules
from portal.reservations.hours import distance, opening
from portal.reservations.rules import VisitTooLong


@pytest.mark.parametrize(
    ("procedures", "minutes"),
    [
        ((), 30),
        ((10,), 10),
        ((3,), 3),
        ((10, 10), 15),
        ((15, 25, 10), 40),
        ((3, 10), 10),
        ((3, 3), 3),
    ],
)
def test_the_set_up_of_a_visit_is_counted_once(procedures: tuple[int, ...], minutes: int) -> None:
    assert rules.visit_minutes(procedures) == minutes


def test_a_visit_has_an_end() -> None:
    rules.check_length(120)
    with pytest.raises(VisitTooLong):
        rules.check_length(121)


@pytest.mark.parametrize(
    ("offers", "able"),
    [
        ([], ["chuo", "inage", "midori"]),
        ([()], ["chuo", "inage", "midori"]),
        ([("inage", "chuo")], ["chuo", "inage"]),
        ([("inage", "chuo"), ("inage",)], ["inage"]),
        ([("chuo",), ("inage",)], []),
    ],
)
def test_an_office_of_a_visit_handles_all_of_it(offers: list[tuple[str, ...]], able: list[str]) -> None:
    assert rules.common_offices(offers, ["chuo", "inage", "midori"]) == able


def test_the_nearest_office_comes_first() -> None:
    near = opening().nearest("inage")
    assert near[0] == "inage"
    assert near.index("chuo") < near.index("midori")
    assert opening().nearest("nowhere") == list(opening().offices)
    assert 5 < distance(opening().offices["chuo"].at, opening().offices["midori"].at) < 10
