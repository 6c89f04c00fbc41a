"""カスタマバーコード: the post office's own examples (manual of the customer barcode), and addresses that get none."""

import pytest

from portal.core import barcode


@pytest.mark.parametrize(
    ("postal_code", "rest", "number", "check"),
    [
        ("2630023", "3丁目30-8 郵便ビル403号", "3-30-8-403", "5"),
        ("1000013", "1丁目3番2号 郵便プラザ503室", "1-3-2-503", "9"),
        ("9100067", "3丁目80-25 J1ビル2-B", "3-80-25J1-2B", None),
        ("3170055", "6丁目7-14 ABCビル2F", "6-7-14-2", None),
        ("6500046", "9丁目7-6 郵便シティA棟1F1号", "9-7-6A1-1", None),
        ("3170055", "6丁目7-14 ABCビル2F201号室", "6-7-14-2-201", None),
        ("2730102", "東3丁目-20-5 郵便・A&bコーポB604号", "3-20-5B604", None),
        ("1980036", "十一丁目六番地一号 郵便タワー601", "11-6-1-601", None),
        ("0270203", "第二十一地割大淵川480", "21-480", None),
        ("0800831", "南七線 西28", "7-28", None),
        ("6230011", "綾部6-7 LプラザB106", "6-7LB106", None),
        ("2660001", "千二百番地", "1200", None),
        ("0640804", "二十九丁目1524-23 第2郵便ハウス501", "29-1524-23-2-501", None),
        ("2600013", "９丁目９００１番５号", "9-9001-5", None),
    ],
)
def test_the_customer_barcode_is_the_post_offices(postal_code: str, rest: str, number: str, check: str | None) -> None:
    assert barcode.house_number(rest) == number
    bars = barcode.bars(postal_code, rest)
    assert (len(bars), bars[:2], bars[-2:], set(bars) <= set("1234")) == (67, "13", "31", True)
    signs = {triple: sign for sign, triple in barcode.BARS.items()}
    read = [signs[bars[place : place + 3]] for place in range(2, 65, 3)]
    assert sum(map(barcode.ORDER.index, read)) % 19 == 0
    if check:
        assert read[-1] == check


def test_a_postal_code_of_a_whole_municipality_has_no_barcode() -> None:
    """「代表の郵便番号」: the post office's manual gives such addresses none."""
    assert barcode.bars("2600000", "1番2号") == ""
