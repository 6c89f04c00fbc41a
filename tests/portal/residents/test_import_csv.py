"""A file of the register: encodings, headings, bad lines, and the same file twice."""

import hashlib
import io
import re
from datetime import date
from itertools import islice
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import func, select

from portal.core import csv_file
from portal.core.audit import Purpose, Record
from portal.demo.load import city_rows
from portal.residents import columns, command, import_csv, register, service
from portal.residents.columns import COLUMNS, HEADINGS, RowReader
from portal.residents.models import Resident
from portal.residents.wording import WORDING
from tests.portal.residents.city import TODAY, at_the_window, row

NEEDED = [column.heading for column in COLUMNS if column.needed]
GOOD = [
    "1",
    "1",
    "世帯主",
    "見本田 花子",
    "ﾐﾎﾝﾀﾞ ﾊﾅｺ",
    "平成4年4月12日",
    "女",
    "260−0013",
    "中央区",
    "中央",
    "９丁目１番１号",
    "R3.4.1",
]


def file_of(tmp_path, *rows, encoding="utf-8", headings=NEEDED):
    path = tmp_path / "register.csv"
    lines = [",".join(cells) for cells in (headings, *rows)]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
    return path


def changed(**cells):
    return [cells.get(heading, cell) for heading, cell in zip(NEEDED, GOOD, strict=True)]


def take(database, path):
    with path.open("rb") as file:
        return import_csv.take_file(
            file, lambda: database.command("import residents", Purpose.REGISTER), lambda read: None
        )


def count(database):
    with at_the_window(database) as session:
        return session.scalar(select(func.count()).select_from(Resident))


@pytest.fixture
def sample(tmp_path):
    path = tmp_path / "city.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        service.write_register(file, city_rows(500, seed=5, today=TODAY))
    return path


@pytest.mark.parametrize(
    ("encoding", "detected"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("cp932", "cp932"), ("utf-16", "utf-16")],
)
def test_every_encoding_offices_use(database, tmp_path, encoding, detected):
    report = take(database, file_of(tmp_path, GOOD, encoding=encoding))
    assert (report.encoding, report.taken.new, report.bad_rows) == (detected, 1, 0)
    with at_the_window(database) as session:
        person = service.find_by_number(session, "1")
        assert (person.kana, person.birth_date, person.block) == ("ミホンダ ハナコ", date(1992, 4, 12), "9丁目1番1号")
        assert (person.postal_code, person.moved_in) == ("2600013", date(2021, 4, 1))


def test_a_short_cp932_file_is_not_taken_for_anything_else():
    assert csv_file.detect_encoding(io.BytesIO("宛名番号\r\n".encode("cp932"))) == "cp932"
    with pytest.raises(csv_file.FileUnreadable):
        csv_file.detect_encoding(io.BytesIO(b"\x82 \xff"))


def test_the_demo_city_survives_the_journey_through_a_file(database, sample):
    report = take(database, sample)
    assert (report.taken.new, report.bad_rows, report.refused) == (500, 0, [])
    again = take(database, sample)
    assert (again.taken.same, again.taken.rows) == (500, 500)
    with at_the_window(database) as session:
        for row in islice(city_rows(500, seed=5, today=TODAY), 0, 500, 50):
            person = service.find_by_number(session, row.addressee_number)
            assert all(getattr(person, field) == getattr(row, field) for field in row._fields)


@pytest.mark.parametrize(
    ("heading", "cell", "refused"),
    [
        ("在留区分", "旅行者", "residence-category-unknown"),
        ("在留カード等番号", "A1", "residence-card-unreadable"),
        ("住所を定めた日", "令和3年3月31日", "address-before-moved-in"),
    ],
)
def test_what_a_copy_says_of_foreign_residents_is_read_with_care(heading, cell, refused):
    reader = RowReader((*NEEDED, heading))
    answer = reader.read((*GOOD, cell), 2)
    assert [(one.heading, one.code) for one in answer] == [(heading, refused)]


def test_a_residence_card_is_taken_in_any_width():
    taken = RowReader((*NEEDED, "在留カード等番号", "在留区分")).read(
        (*GOOD, "ａｂ１２３４５６７８ｃｄ", "特別永住者"), 2
    )
    assert (taken.residence_card, taken.residence_category) == ("AB12345678CD", "特別永住者")


def test_a_later_column_changes_nobody_of_whom_it_says_nothing():
    """The digest of a row without it is what it was before the register told it."""
    known = row(1)
    same = hashlib.blake2b("\x1f".join(map(str, known[: known._fields.index("left_because")])).encode(), digest_size=16)
    assert register.digest(known) == same.digest()
    assert register.digest(known) != register.digest(known._replace(residence_status="永住者"))


def test_a_preview_writes_nothing(database, sample):
    watched = []
    with sample.open("rb") as file:
        report = import_csv.preview(file, lambda: at_the_window(database), watched.append)
    assert report.taken.new == 500
    assert watched[-1] == sample.stat().st_size
    assert count(database) == 0
    with at_the_window(database) as session:
        assert session.scalar(select(func.count()).select_from(Record)) == 0


def test_bad_rows_are_left_out_and_named_by_line(database, tmp_path):
    rows = [
        GOOD,
        changed(宛名番号="2", 生年月日="令和7年2月29日", 氏名カナ="山田"),
        [],
        changed(宛名番号="3", 区="渋谷区"),
        changed(宛名番号="4", 住民となった日="平成元年1月8日"),
        GOOD,
        changed(宛名番号="5")[:-1],
        changed(宛名番号="６"),
    ]
    report = take(database, file_of(tmp_path, *rows))
    assert (report.taken.new, report.bad_rows) == (2, 5)
    assert [(cell.line, cell.heading, cell.code) for cell in report.refused] == [
        (3, "氏名カナ", "text-not-kana"),
        (3, "生年月日", "date-does-not-exist"),
        (5, "区", "ward-unknown"),
        (6, "住民となった日", "moved-in-before-birth"),
        (7, "宛名番号", "number-twice"),
        (8, "", "row-wrong-width"),
    ]


def test_broken_csv_is_a_bad_row_not_a_crash(database, tmp_path):
    path = file_of(tmp_path, GOOD)
    path.write_bytes(
        path.read_bytes() + b"2,\x00,a\r\n" + ",".join(changed(宛名番号="3")).encode() + b'\r\n"' + b"x" * 200_000
    )
    report = take(database, path)
    assert report.taken.new == 2
    assert {cell.code for cell in report.refused} <= {"row-unreadable", "row-wrong-width"}


def test_headings_may_be_english_wide_or_unknown(database, tmp_path):
    headings = [column.field for column in COLUMNS if column.needed]
    headings[2] = "　続柄　"
    report = take(database, file_of(tmp_path, [*GOOD, "？"], headings=[*headings, "備考"]))
    assert (report.taken.new, report.ignored) == (1, ("備考",))


def test_files_that_cannot_be_read_at_all(database, tmp_path):
    with pytest.raises(csv_file.ColumnsMissing) as refused:
        take(database, file_of(tmp_path, headings=NEEDED[1:]))
    assert refused.value.facts == {"columns": "宛名番号"}
    with pytest.raises(csv_file.ColumnsRepeated):
        take(database, file_of(tmp_path, headings=[*NEEDED, "氏名"]))
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(csv_file.FileEmpty):
        take(database, tmp_path / "empty.csv")


def test_more_bad_rows_than_anybody_reads(database, tmp_path):
    rows = [changed(宛名番号=str(number), 性別="?") for number in range(import_csv.KEEP_REFUSED + 20)]
    report = take(database, file_of(tmp_path, *rows))
    assert (report.bad_rows, len(report.refused)) == (len(rows), import_csv.KEEP_REFUSED)


def test_the_command_says_what_happened_and_tells_no_names(database, sample, tmp_path):
    output = io.StringIO()
    console = Console(file=output, width=200)
    assert command.preview_residents(database, sample, console) == 0
    assert count(database) == 0
    assert command.import_residents(database, sample, console) == 0
    bad = file_of(tmp_path, changed(宛名番号="2", 氏名="見本田\ue000"))
    assert command.import_residents(database, bad, console) == 1
    assert command.import_residents(database, file_of(tmp_path, headings=["x"]), console) == 1
    said = output.getvalue()
    assert "Line 2, 氏名: This has a character only one machine knows (U+E000)." in said
    assert "見本田" not in said
    assert "500" in said


def test_every_refusal_has_words():
    root = Path(columns.__file__).parents[1]
    readers = ("core/text.py", "core/wareki.py", "core/reference.py", "core/zengin.py")
    readers += ("banks/rules.py", "certificates/forms.py", "companies/rules.py", "basics/forms.py", "basics/rules.py")
    sources = [*(root / name for name in readers), *(root / "residents").glob("*.py")]
    codes = {
        code
        for path in sources
        for code in re.findall(
            r'(?:TextRefused|CellRefused|_one_of)\([^()]*?"([a-z0-9]+(?:-[a-z0-9]+)+)"', path.read_text("utf-8")
        )
    }
    assert codes == set(WORDING)


def test_the_table_for_people_names_the_same_columns():
    table = (Path(columns.__file__).parent / "README.md").read_text("utf-8")
    listed = re.findall(r"^\| (\S+) \| `(\w+)` \| (yes|no) \|", table, flags=re.MULTILINE)
    assert listed == [(column.heading, column.field, "yes" if column.needed else "no") for column in COLUMNS]
    assert len(set(HEADINGS)) == len(HEADINGS)
