"""The paper itself: read back with poppler and pypdf, never by trusting the layout."""

import io
import re
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from pypdf import PdfReader

from portal.certificates import paper
from portal.certificates.item_sheet import RecordItems
from portal.certificates.paper import NameNotDrawable, press
from portal.certificates.sheets import Item, Receipt, Scope, Sheet
from tests.portal.certificates.people import (
    HANAKO,
    ISSUER,
    KATSU,
    MARKS,
    NEIGHBOUR,
    ORDER,
    TSUJI,
    family,
    record,
)

EVERYTHING = (Item.RELATION, Item.DOMICILE)


def issue(sheet: Sheet) -> bytes:
    return press().certificate(sheet, MARKS, "CC1:TEST", "{}")


def text_of(pdf: bytes, order: str = "-layout") -> str:
    found = subprocess.run(["pdftotext", order, "-", "-"], input=pdf, capture_output=True, check=True)
    return found.stdout.decode()


def pages(pdf: bytes) -> list[str]:
    return text_of(pdf).rstrip("\f").split("\f")


def fonts(pdf: bytes) -> set[str]:
    found = re.findall(rb"/BaseFont */[A-Z]{6}\+([A-Za-z0-9-]+)", pdf)
    return {name.decode() for name in found}


def test_copy_of_a_household_says_what_the_register_says():
    text = text_of(issue(record(family(2), Scope.HOUSEHOLD, *EVERYTHING)))
    for words in (
        "住民票",
        "架空 花子",
        "架空 太郎",
        "カクウ ハナコ",
        "平成2年3月4日",
        "千葉県千葉市中央区千葉港1番1号 架空ハイツ203号室",
        "令和6年4月1日",
        "令和元年5月1日",
        "千葉県千葉市中央区千葉港一丁目1番",
        "この写しは、世帯全員の住民票の原本と相違ないことを証明する。",
        "令和8年11月23日",
        "千葉市中央区長",
        "2026-101-000123",
        "K7QM-3XPR-T2WH",
        "架空・見本",
        "以下余白",
    ):
        assert words.replace(" ", "") in text.replace(" ", ""), words


def test_items_nobody_asked_for_are_omitted_in_words():
    text = text_of(issue(record([HANAKO], Scope.SELF)))
    assert "番地" in text
    assert HANAKO.domicile not in text
    assert "世帯全員" not in text
    assert text.count("省略") == 6, "relation, head, domicile, head of register, personal number, record code"


def test_foreign_resident_has_alias_status_and_western_birth_date():
    text = text_of(issue(record([NEIGHBOUR], Scope.SELF, *EVERYTHING)))
    status = ("西暦1992年3月4日", "ベトナム", "AB00000000CD", "令和11年4月1日")
    for words in ("KAKUU LAN ANH", "架空 蘭", *status):
        assert words in text
    assert "筆 頭 者" not in text


@pytest.mark.parametrize("name", [f"{KATSU}飾 花子", f"架空 {TSUJI}子"])
def test_name_variants_keep_their_selector_and_their_own_glyph(name: str):
    pdf = issue(record([replace(HANAKO, name=name)]))
    assert name.replace(" ", "") in text_of(pdf).replace(" ", "")
    assert fonts(pdf) == {"IPAmjMincho"}


def test_variant_and_everyday_form_are_two_glyphs_on_the_same_paper():
    people = [replace(HANAKO, name=f"{KATSU}飾 {TSUJI}子"), replace(HANAKO, name="葛飾 辻子")]
    codes = glyph_codes(issue(record(people)))
    assert len({codes[KATSU], codes["葛"], codes[TSUJI], codes["辻"]}) == 4


def glyph_codes(pdf: bytes) -> dict[str, str]:
    """Text of one glyph → its code in the embedded font, from the font's own ToUnicode table."""
    font = next(iter(PdfReader(io.BytesIO(pdf)).pages[0]["/Resources"]["/Font"].values())).get_object()
    table = font["/ToUnicode"].get_data().decode()
    pairs = re.findall(r"^<([0-9a-fA-F]{4})>\s*<([0-9a-fA-F]+)>$", table, re.M)
    return {bytes.fromhex(text).decode("utf-16-be"): code for code, text in pairs}


@pytest.mark.parametrize("name", ["葛\U000e0100飾", "架空 한", "辻\U000e01ef"])
def test_a_sign_without_its_glyph_stops_the_paper(name: str):
    with pytest.raises(NameNotDrawable) as stopped:
        issue(record([replace(HANAKO, name=name)]))
    assert stopped.value.signs
    assert name not in str(stopped.value)


def test_long_names_are_never_cut():
    name = "架空 " + "寿限無五劫擦切海砂利水魚水行末雲来末風来末" * 3
    kana = "カクウ " + "ジュゲムゴコウノスリキレ" * 6
    latin = "KAKUU " + "MARIA FERNANDA GUADALUPE " * 5 + "DA SILVA"
    people = [replace(HANAKO, name=name, kana=kana), replace(NEIGHBOUR, name=latin)]
    raw = re.sub(r"\s", "", text_of(issue(record(people)), "-raw"))
    for words in (name, kana, latin):
        assert words.replace(" ", "") in raw


def test_eight_people_fill_two_pages_and_only_the_last_attests():
    first, last = pages(issue(record(family(8), Scope.HOUSEHOLD, *EVERYTHING)))
    assert "1／2頁" in first
    assert "2／2頁" in last
    assert "相違ない" not in first
    assert "相違ない" in last
    for page in (first, last):
        assert "2026-101-000123" in page
        assert "千葉港1番1号" in page
    assert sum(page.count("フリガナ") for page in (first, last)) == 8


@pytest.mark.parametrize("size", range(1, 9))
def test_the_attesting_page_names_somebody(size: int):
    last = pages(issue(record(family(size), Scope.HOUSEHOLD, *EVERYTHING)))[-1]
    assert "フリガナ" in last
    assert "相違ない" in last


def items_of(size: int) -> RecordItems:
    household = record(family(size))
    items = frozenset(Item)
    return RecordItems(
        scope=Scope.HOUSEHOLD,
        address=household.address,
        head=household.head,
        persons=household.persons,
        items=items,
        issuer=ISSUER,
    )


@pytest.mark.parametrize("size", range(1, 9))
def test_the_attesting_page_of_a_certificate_of_items_names_somebody(size: int):
    """A page that attests to nothing could be put behind any other."""
    last = pages(issue(items_of(size)))[-1]
    assert "フリガナ" in last
    assert "記載されていることを証明する" in last


def test_a_foreign_resident_has_every_item_of_the_law_on_the_certificate_of_items_too():
    text = text_of(issue(replace(items_of(1), persons=[NEIGHBOUR])))
    for words in ("ベトナム", "中長期在留者", "技術・人文知識・国際業務", "5年", "令和11年4月1日", "AB00000000CD"):
        assert words in text


def test_the_day_of_notification_stands_on_the_paper_where_the_register_knows_it():
    told = replace(HANAKO, notified_on=date(2024, 4, 9))
    for sheet in (record([told]), replace(items_of(1), persons=[told])):
        assert "令和6年4月9日" in text_of(issue(sheet))
        assert "届出" not in text_of(issue(replace(sheet, persons=[HANAKO])))


def test_order_is_in_the_metadata_and_the_clock_is_not():
    pdf = issue(record([HANAKO]))
    facts = PdfReader(io.BytesIO(pdf)).metadata
    assert facts.title == "住民票の写し（世帯全員）"
    assert f"order:{ORDER}" in facts["/Keywords"]
    assert f"order:{ORDER}".encode() in pdf, "a kiosk without a PDF library can find it"
    assert facts.creation_date == datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)


def test_same_sheet_gives_the_same_bytes_whatever_was_printed_between():
    first = issue(record(family(3)))
    issue(record([NEIGHBOUR]))
    assert issue(record(family(3))) == first
    assert paper.Press().certificate(record(family(3)), MARKS, "CC1:TEST", "{}") == first


def test_file_stays_small_for_the_largest_household():
    assert len(issue(record(family(8), Scope.HOUSEHOLD, *EVERYTHING))) <= 100_000


def test_many_threads_never_get_each_others_paper():
    people = family(8)
    wrong: list[str] = []

    def print_one(place: int) -> None:
        text = text_of(issue(record([people[place]], Scope.SELF)))
        if people[place].name not in text or any(other.name in text for other in people if other is not people[place]):
            wrong.append(people[place].name)

    threads = [threading.Thread(target=print_one, args=(place % 8,)) for place in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_receipt_says_amount_lines_and_who_received_it():
    receipt = Receipt(
        language="ja",
        words={"heading": ("領収書", ""), "keep": ("お手元で保管してください。", "")},
        number="R-1",
        amount="￥400",
        lines=[(("住民票の写し（世帯全員）", ""), "2通", "400円")],
        facts_below=[(("お支払い", ""), "現金 500円　おつり 100円")],
        issuer=ISSUER,
        printed_at=datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC),
        keywords=[f"order:{ORDER}"],
    )
    pdf = press().receipt(receipt)
    (page,) = pages(pdf)
    for words in ("領収書", "400", "住民票の写し（世帯全員）", "2通", "おつり", "千葉市中央区長"):
        assert words in page
    assert pdf == press().receipt(receipt)
