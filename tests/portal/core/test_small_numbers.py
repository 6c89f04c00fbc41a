"""Counts tell of nobody alone, whichever room shows them."""

import itertools

from portal.core import small_numbers as small


def test_few_people_are_a_word_and_a_part_says_nothing_of_the_rest() -> None:
    assert [small.guarded(count) for count in (0, 1, 4, 5, 1234)] == ["0", "<5", "<5", "5", "1,234"]
    assert [small.part(count, 10) for count in (0, 3, 5, 7, 10)] == ["0", "<5", "5", ">5", "10"]
    assert [small.total(counts) for counts in ((3, 10), (3, 4, 10), (10, 20))] == ["", "17", "30"]


def test_one_hidden_part_hides_another_so_that_no_sum_gives_it_away() -> None:
    assert small.hidden_with([30, 3, 10, 0]) == {1, 2}
    assert small.hidden_with([30, 3, 4, 10]) == {1, 2}
    assert small.hidden_with([30, 10]) == frozenset()


def test_the_same_people_give_the_same_number_and_one_more_another_blur() -> None:
    shown = [small.blurred(100 + more, 7_000 + 31 * more, 5) for more in range(60)]
    assert shown == [small.blurred(100 + more, 7_000 + 31 * more, 5) for more in range(60)]
    steps = {later - sooner for sooner, later in itertools.pairwise(shown) if sooner and later}
    assert len(steps) > 3, "what two numbers differ by is not how many people they differ by"
    assert {small.blurred(people, 9, 5) for people in (0, 1, 2)} == {None}
