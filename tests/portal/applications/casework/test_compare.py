"""Typed beside register: what is the same, written otherwise, an old form, or different. No database."""

import pytest

from portal.applications.casework.compare import Result, compare


@pytest.mark.parametrize(
    ("typed", "known", "address", "result"),
    [
        ("架空 花子", "架空 花子", False, Result.SAME),
        ("架空　花子", "架空 花子", False, Result.NOTATION),
        ("かくう はなこ", "カクウ ハナコ", False, Result.NOTATION),
        ("ｶｸｳ ﾊﾅｺ", "カクウ ハナコ", False, Result.NOTATION),
        ("中央三丁目９番１号", "中央3-9-1", True, Result.NOTATION),
        ("中央十二丁目3番地の4", "中央12-3-4", True, Result.NOTATION),
        ("中央３ー９−１", "中央3-9-1", True, Result.NOTATION),
        ("中央3-9-11", "中央3-9-1", True, Result.DIFFERS),
        ("中央三丁目９番１号", "中央3-9-1", False, Result.DIFFERS),  # only addresses have this notation
        ("高橋 花子", "髙橋 花子", False, Result.VARIANT),
        ("山崎 太郎", "山﨑 太郎", False, Result.VARIANT),
        ("渡辺 葵", "渡邊 葵", False, Result.VARIANT),
        ("葛󠄂城", "葛城", False, Result.VARIANT),  # a variation selector is a form too
        ("渡辺 葵", "渡部 葵", False, Result.DIFFERS),
        ("", "0430000000", False, Result.ADDED),
        ("何か", "", False, Result.UNKNOWN),
    ],
)
def test_what_two_writings_are_to_each_other(typed: str, known: str, address: bool, result: Result) -> None:
    assert compare(typed, known, address=address).result is result


def test_forms_of_a_kanji_are_named_and_the_differing_part_is_marked() -> None:
    shown = compare("高橋 花子", "髙橋 花子")
    assert shown.matters
    assert shown.signs == (("高", "髙"),)
    shown = compare("090-0000-1122", "090-0000-0001")
    assert shown.typed == (("090-0000-", False), ("1122", True)), "a number differs as a whole"
    shown = compare("千葉市中央区中央", "千葉市中央区都町")
    assert shown.typed == (("千葉市中央区", False), ("中央", True))
    assert shown.known == (("千葉市中央区", False), ("都町", True))
