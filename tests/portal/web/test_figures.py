"""Money and points in the format of whoever reads them."""

import pytest

from portal.web.i18n import formats, show_points, show_yen


@pytest.mark.parametrize(
    ("code", "yen", "points"),
    [
        ("ja", "12,000円", "1,234,567"),
        ("en", "¥12,000", "1,234,567"),
        ("zh", "¥12,000", "1,234,567"),
        ("ko", "¥12,000", "1,234,567"),
        ("es", "¥12.000", "1.234.567"),
        ("pt", "¥12.000", "1.234.567"),
    ],
)
def test_a_point_or_a_comma_as_the_language_has_it(code: str, yen: str, points: str) -> None:
    assert (show_yen(12_000, code), show_points(1_234_567, code)) == (yen, points)
    assert (formats(code)["yen"](12_000), formats(code)["points"](1_234_567)) == (yen, points)


def test_of_debts_too() -> None:
    assert (show_yen(-1_000, "en"), show_yen(-12_000, "pt")) == ("¥-1,000", "¥-12.000")
