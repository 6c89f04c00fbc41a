"""The national register: numbers, files whole and of differences, closed and merged corporations, and finding a name."""

import io
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from stdnum.jp import cn

from portal.companies import finding, national_file, opening, register, rules, service
from portal.companies.models import Company, Corporation, Gram
from portal.core import clock
from portal.core.text import TextRefused
from portal.core.uow import Database
from portal.demo.business_people import corporate_number
from portal.demo.businesses import national_rows
from tests.beginnings import furnishing
from tests.browser import Visitor
from tests.house.test_hostile_input import SEED
from tests.portal.companies.files import line, written

FOUR = [
    line(1, "株式会社架空商店", kana="カクウショウテン", english="Kakuu Shoten"),
    line(2, "架空﨑山建設株式会社", kana="カクウサキヤマケンセツ"),
    line(3, "有限会社架空サンプル", street="架空町２丁目", process="12"),
    line(4, "一般社団法人", kana=""),
]


def take(database: Database, file: io.BytesIO) -> national_file.Report:
    @contextmanager
    def opened() -> Iterator[Session]:
        with database.command("import companies") as session:
            yield session

    return national_file.take_file(file, opened, lambda read: None)


def found(database: Database, typed: str, **how: Any) -> list[str]:
    with database.command("look") as session:
        return [one.name for one in service.search(session, typed, **how).lines]


def test_the_check_digit_is_stdnums() -> None:
    print(f"TEST_SEED={SEED}")
    chance = random.Random(SEED)
    for _ in range(2_000):
        body = f"{chance.randrange(10**12):012d}"
        number = f"{rules.check_digit(body)}{body}"
        assert rules.is_number(number) == cn.is_valid(number) is True
        wrong = f"{chance.randint(0, 9)}{body}"
        assert rules.is_number(wrong) == cn.is_valid(wrong)


@pytest.mark.parametrize(
    "typed", ["7-9999-0100-0001", "Ｔ７９９９９０１０００００１", "7999901000001", " 7999901000001 "]
)
def test_numbers_are_read_as_people_write_them(typed: str) -> None:
    assert service.read_number(typed) == "7999901000001"


@pytest.mark.parametrize("typed", ["", "T", "799990100000", "8999901000001", "²999901000001", "79999010000011"])
def test_a_slip_in_a_number_is_told(typed: str) -> None:
    with pytest.raises(TextRefused):
        service.read_number(typed)


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_a_file_is_taken_once(database: Database, encoding: str) -> None:
    report = take(database, written(FOUR, encoding))
    assert (report.encoding, report.taken, report.bad_rows) == (encoding, register.Taken(new=4), 0)
    again = take(database, written(FOUR, encoding))
    assert again.taken == register.Taken(same=4)
    with database.command("look") as session:
        row = session.get_one(Corporation, int(corporate_number(1)))
        assert (row.name, row.kana, row.address) == (
            "株式会社架空商店",
            "カクウショウテン",
            "千葉県千葉市中央区架空町１丁目",
        )


def test_differences_change_close_merge_restore_and_delete(database: Database) -> None:
    take(database, written(FOUR))
    into = corporate_number(1)
    difference = [
        line(2, "架空崎川工業株式会社", kana="カクウサキガワコウギョウ", process="11", changed="2026-05-01"),
        line(3, "有限会社架空サンプル", process="71", closed_on="2026-05-02", close_cause="11", successor=into),
        line(4, "一般社団法人", process="99"),
        line(5, "合同会社架空見本", process="81", changed="2026-05-03"),
        line(1, "株式会社架空商店", latest="0", process="12"),
    ]
    report = take(database, written(difference))
    assert report.taken == register.Taken(new=1, changed=2, removed=1)
    assert report.history == 1
    assert found(database, "﨑山") == found(database, "山建") == []
    assert found(database, "崎川工業") == ["架空崎川工業株式会社"]
    assert found(database, "サンプル") == []
    assert found(database, "サンプル", closed=True) == ["有限会社架空サンプル"]
    with database.command("look") as session:
        merged = session.get_one(Corporation, int(corporate_number(3)))
        assert (str(merged.successor), merged.close_cause) == (into, "11")
        struck = session.get_one(Corporation, int(corporate_number(5)))
        assert str(struck.closed_on) == "2026-05-03"
        assert session.scalar(select(func.count()).where(Gram.number == int(corporate_number(4)))) == 0
    take(database, written([line(3, "有限会社架空サンプル", process="72", changed="2026-06-01")]))
    assert found(database, "サンプル") == ["有限会社架空サンプル"]


def test_of_a_corporations_changes_in_one_file_the_last_counts(database: Database) -> None:
    twice = [line(1, "株式会社架空甲乙"), line(1, "株式会社架空丙丁", process="11")]
    assert take(database, written(twice)).taken == register.Taken(new=1)
    assert (found(database, "甲乙"), found(database, "丙丁")) == ([], ["株式会社架空丙丁"])


def test_bad_rows_are_left_out_and_listed(database: Database) -> None:
    bad = [
        line(1, "株式会社架空商店"),
        line(2, "架空") | {"number": "1234567890123"},
        line(3, "架空", updated="2026-02-30"),
        line(4, ""),
        line(5, "架空" * 100),
    ]
    report = take(database, written(bad))
    assert (report.taken.new, report.bad_rows, [number for number, _ in report.refused]) == (1, 4, [2, 3, 4, 5])


@pytest.mark.parametrize("column", ["kind", "close_cause", "kana", "change_cause"])
def test_a_row_no_table_holds_is_left_out(database: Database, column: str) -> None:
    report = take(database, written([line(1, "株式会社架空商店"), line(2, "架空", **{column: "\0"}), line(3, "架空")]))
    assert (report.taken.new, [number for number, _ in report.refused]) == (2, [2])


@pytest.mark.parametrize("content", [b"", "法人番号,名称\r\n1,2\r\n".encode(), b"a\r\n"])
def test_another_file_is_refused(database: Database, content: bytes) -> None:
    if not content:
        assert take(database, io.BytesIO(content)).taken == register.Taken()
        return
    with pytest.raises(national_file.NotTheNationalFile):
        take(database, io.BytesIO(content))


def test_the_answer_of_the_web_api_has_a_line_of_its_own_first(database: Database) -> None:
    content = b"2026-11-20,1,1,1\r\n" + written(FOUR[:1]).getvalue()
    assert take(database, io.BytesIO(content)).taken.new == 1


def test_a_corporation_of_long_ago_has_its_page(app: Flask, database: Database) -> None:
    take(database, written([line(1, "株式会社架空商店", updated="", closed_on="1868-01-25")]))
    page = Visitor(app).get(f"/business/corporations/{corporate_number(1)}")
    assert (page.status, "1868年1月25日" in page.text) == (200, True)


def test_an_account_follows_the_register(database: Database) -> None:
    take(database, written(FOUR))
    with database.command("open") as session:
        opening.of_register(session, corporate_number(1))
    moved = line(1, "株式会社架空大商店", process="11", city="千葉市緑区", closed_on="2026-10-01", close_cause="01")
    take(database, written([moved]))
    with database.command("look") as session:
        account = session.scalars(select(Company)).one()
        assert (account.name, account.region, str(account.closed_on)) == (
            "株式会社架空大商店", "千葉県千葉市緑区", "2026-10-01",
        )  # fmt: skip


@furnishing
def three_hundred_corporations(session: Session) -> None:
    from datetime import date

    register.take(session, national_rows(300, date(2026, 11, 22)))


def test_search_finds_what_a_walk_through_all_rows_finds(database: Database, three_hundred_corporations: None) -> None:
    """Against the slow way: every row whose folded name or kana holds the folded query, and no other."""
    print(f"TEST_SEED={SEED}")
    chance = random.Random(SEED)
    with database.command("look") as session:
        rows = session.scalars(select(Corporation)).all()
        for _ in range(60):
            row = chance.choice(rows)
            text = chance.choice([row.name, row.kana, row.name.lower()])
            start = chance.randrange(len(text) - 1)
            typed = text[start : start + chance.randint(2, 5)]
            key = rules.query_key(typed)
            expected = {one.number for one in rows if key and key in one.search_key}
            got = service.search(session, typed)
            assert {int(one.number) for one in got.lines} <= expected
            assert len(got.lines) == min(len(expected), finding.SHOWN)
            assert got.pages == max(1, -(-min(len(expected), finding.CANDIDATES) // finding.SHOWN))
            assert got.more == (len(expected) > finding.CANDIDATES)


def test_a_whole_name_is_found_among_very_many_that_have_it_in_them(database: Database) -> None:
    """Nobody types more than 「丸善」 for 「丸善」: it stands first, then those that begin so; no page repeats a row."""
    row = next(iter(national_rows(1, clock.today())))
    names = [
        "丸善株式会社",
        *(f"丸善架空{n}" for n in range(9)),
        *(f"架空{n}丸善商会" for n in range(finding.CANDIDATES + 50)),
    ]
    with database.command("import") as session:
        many = [
            row._replace(number=int(f"{rules.check_digit(body := f'99{place:010d}')}{body}"), name=name, kana="")
            for place, name in enumerate(reversed(names))
        ]
        register.take(session, many)
    with database.command("look") as session:
        first = service.search(session, "丸善")
        pages = [service.search(session, "丸善", page=page) for page in range(1, first.pages + 1)]
        beyond = service.search(session, "丸善", page=99)
    assert first.lines[0].name == "丸善株式会社"
    assert {line.name for line in first.lines[1:10]} == set(names[1:10])
    assert first.more
    assert first.pages == finding.CANDIDATES // finding.SHOWN
    assert len({line.number for page in pages for line in page.lines}) == finding.CANDIDATES
    assert beyond == pages[-1]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("ｻﾝﾌﾟﾙ", "有限会社架空サンプル"),
        ("さんぷる", "有限会社架空サンプル"),
        ("kakuu", ""),
        ("しょうてん", "株式会社架空商店"),
        ("株式会社架空商店", "株式会社架空商店"),
        ("7-9999-0100-0001", "株式会社架空商店"),
        ("店", ""),
        ("", ""),
        ("%%", ""),
        ("一般社団法人", "一般社団法人"),
    ],
)
def test_names_are_found_as_people_type_them(database: Database, typed: str, name: str) -> None:
    take(database, written(FOUR))
    assert found(database, typed) == ([name] if name else [])
