"""What people type: both widths, every dash, and the characters of names that must survive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core import text
from portal.core.text import TextRefused

EVERY_READER = [
    text.digits,
    lambda typed: text.whole_number(typed, least=0, most=10**9),
    text.phone,
    text.postal_code,
    text.kana_name,
    text.kanji_name,
    text.address_line,
    text.email,
    lambda typed: text.free_text(typed, longest=500),
]


def code_of(reader, typed):
    with pytest.raises(TextRefused) as refused:
        reader(typed)
    return refused.value.code


@pytest.mark.parametrize("dash", list(text.DASHES))
def test_every_dash_people_type_in_a_phone_number(dash):
    assert text.phone(f"０４３{dash}２４５{dash}5111") == "0432455111"
    assert text.postal_code(f"〒２６０{dash}００１３") == "2600013"
    assert text.address_line(f"中央１{dash}２{dash}３") == "中央1-2-3"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("(043) 245-5111", "0432455111"),
        ("+81 90 0123 4567", "09001234567"),
        ("＋８１−０９００１２３４５６７", "09001234567"),
        ("+34 912 345 678", "+34912345678"),
    ],
)
def test_phone_numbers(typed, stored):
    assert text.phone(typed) == stored


def test_phone_numbers_shown():
    assert text.show_phone("0432455111") == "043-245-5111"
    assert text.show_phone("09001234567") == "090-0123-4567"
    assert text.show_phone("0312345678") == "03-1234-5678"
    assert text.show_phone("+34912345678") == "+34912345678"
    assert text.show_postal_code("2600013") == "260-0013"


@pytest.mark.parametrize("typed", ["²", "①", "١٢", "Ⅳ", "一二", "12a"])
def test_signs_that_only_look_like_digits(typed):
    assert code_of(text.digits, typed) == "text-not-digits"


def test_an_exact_count_of_digits():
    assert text.digits("１２３４ー５６７８", count=8) == "12345678"
    assert code_of(lambda typed: text.digits(typed, count=4), "12345") == "text-wrong-count"


def test_whole_numbers():
    assert text.whole_number("１，２００", least=0, most=9999) == 1200
    assert text.whole_number("−５", least=-10, most=10) == -5
    assert code_of(lambda typed: text.whole_number(typed, least=0, most=9), "10") == "text-out-of-range"
    assert code_of(lambda typed: text.whole_number(typed, least=0, most=9), "9" * 5000) == "text-too-long"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("ﾔﾏﾀﾞ ﾊﾅｺ", "ヤマダ ハナコ"),
        ("やまだ　はなこ", "ヤマダ ハナコ"),
        ("マリ−ア", "マリーア"),
        ("ヴァレンティーナ・ゴメス", "ヴァレンティーナ・ゴメス"),
        ("カ\u3099ク", "ガク"),
    ],
)
def test_kana_names(typed, stored):
    assert text.kana_name(typed) == stored


def test_kana_refuses_kanji_by_its_code_point():
    with pytest.raises(TextRefused) as refused:
        text.kana_name("山田")
    assert refused.value.facts == {"sign": "U+5C71"}


@pytest.mark.parametrize(
    "name",
    [
        "山﨑 花子",
        "髙橋 一郎",
        "葛\U000e0100城 さくら",
        "渡邉\U000e0102 太郎",
        "\ufa19 明",
        "𠮷田 実",
        "Müller Ana",
    ],
)
def test_names_survive_as_their_owners_write_them(name):
    assert text.kanji_name(name) == name


def test_names_change_only_in_width_and_spaces():
    assert text.kanji_name("　ＳＡＭＰＬＥ　 ﾏﾘｱ ") == "SAMPLE マリア"
    assert text.kanji_name("Mu\u0308ller") == "Müller"


def test_a_private_character_of_the_old_machine_is_refused():
    assert code_of(text.kanji_name, "山\ue000") == "text-private-character"
    assert code_of(text.kanji_name, "<script>") == "text-not-a-name"


def test_mail_addresses():
    assert text.email(" Ｈａｎａｋｏ＠Example.JP ") == "Hanako@example.jp"
    for typed in ["a@b", "a b", ".a@example.jp", "a..b@example.jp", "花@example.jp", "a@-x.jp", "a" * 290]:
        assert code_of(text.email, typed) in {"text-not-an-email", "text-too-long"}


def test_free_text_keeps_lines_and_kanji():
    assert text.free_text("一行目  \r\n\ufa19②\r\n", longest=99) == "一行目\n\ufa19②"
    assert text.free_text("", longest=99) == ""


@pytest.mark.parametrize(
    "nothing", ["\u200b", "\u3164", "\uffa0 \u115f", "\u2800\u3000", "\ufeff", "\U000e0100", "\ufe0f"]
)
def test_signs_nobody_sees_say_nothing(nothing):
    assert text.free_text(nothing, longest=99) == ""
    for takes in (lambda: text.single_line(nothing, longest=99), lambda: text.check_said(nothing)):
        with pytest.raises(text.TextRefused) as refused:
            takes()
        assert refused.value.code == "text-empty"
    assert text.free_text(f"a{nothing}b", longest=99).startswith("a")


@pytest.mark.parametrize("reader", EVERY_READER)
@pytest.mark.parametrize("typed", ["a\x00b", "\ud800", "x\u202ey", "1\x0712345"])
def test_broken_characters_never_get_through(reader, typed):
    assert code_of(reader, typed) == "text-broken-character"


@pytest.mark.parametrize("reader", EVERY_READER)
def test_a_megabyte_is_refused_at_once(reader):
    assert code_of(reader, "1" * 1_000_000) == "text-too-long"


@given(st.text(alphabet=st.characters(), max_size=60), st.sampled_from(EVERY_READER))
def test_any_text_is_read_or_refused_and_reading_twice_changes_nothing(typed, reader):
    try:
        once = reader(typed)
    except TextRefused:
        return
    assert reader(str(once)) == once
    str(once).encode()
