"""From when to when: the two ends of a time are written the same way."""

from datetime import datetime

import pytest

from portal.core.clock import JST
from portal.web.i18n import show_span

BEGIN, END = datetime(2026, 11, 26, 13, 30, tzinfo=JST), datetime(2026, 11, 26, 16, 0, tzinfo=JST)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ja", "令和8年11月26日（2026年） 13:30 – 16:00"),
        ("en", "November 26, 2026 1:30\u202fPM – 4:00\u202fPM"),
        ("es", "26 de noviembre de 2026 13:30 – 16:00"),
        ("pt", "26 de novembro de 2026 13:30 – 16:00"),
    ],
)
def test_both_ends_of_a_time_are_written_alike(language: str, words: str) -> None:
    assert show_span(BEGIN, END, language) == words
