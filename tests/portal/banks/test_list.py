"""The national list of banks: taken in whole or by changes, and asked for what two codes mean today."""

from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import select

from portal.banks import command, list_csv, service
from portal.banks.models import Bank, BankBranch
from portal.core import clock
from portal.core.uow import Database
from portal.core.wording import WORDING
from portal.demo import banks as demo

HEADS = "金融機関コード,店番,名称,カナ,廃止日,承継先金融機関コード,承継先店番"


def listed(*lines: str, encoding: str = "utf-8") -> BytesIO:
    return BytesIO("\r\n".join((HEADS, *lines)).encode(encoding))


def loaded(database: Database) -> None:
    with database.command("list") as session:
        demo.load(session)


def wrong(database: Database, bank: str, branch: str) -> tuple[str, str]:
    with database.command("look") as session:
        found = service.look(session, bank, branch)
    assert isinstance(found, service.Fault), found
    assert found.refused.code in WORDING
    said, remedy = (words % found.refused.facts for words in WORDING[found.refused.code])
    assert "%(" not in said + remedy
    return found.part, found.refused.code


def test_without_a_list_nothing_is_refused(database: Database) -> None:
    with database.command("look") as session:
        assert service.look(session, "9998", "101") is None
        assert service.names(session, "9998", "101") == ""


def test_codes_have_names(database: Database) -> None:
    loaded(database)
    with database.command("look") as session:
        assert service.look(session, "9998", "101") == service.Named("架空銀行", "千葉支店")
        assert service.names(session, "9996", "002") == "架空商工銀行 緑支店", "also of one that is no more"


@pytest.mark.parametrize(
    ("bank", "branch", "part", "code"),
    [
        ("1234", "001", "bank", "bank-unknown"),
        ("9998", "999", "branch", "bank-branch-unknown"),
        ("9996", "002", "branch", "bank-branch-moved"),
        ("9996", "777", "bank", "bank-merged"),
        ("9995", "001", "bank", "bank-closed"),
        ("9998", "201", "branch", "bank-branch-moved"),
    ],
)
def test_what_two_codes_mean_no_more_is_said(database: Database, bank: str, branch: str, part: str, code: str) -> None:
    loaded(database)
    assert wrong(database, bank, branch) == (part, code)


def test_the_successor_of_a_successor_is_told(database: Database) -> None:
    file = listed(
        "0011,,いち銀行,,2020-01-01,0022,", "0022,,に銀行,,2021-01-01,0033,", "0033,,さん銀行,,,,",
        "0011,001,本店,,2020-01-01,,",
    )  # fmt: skip
    with database.command("list") as session:
        service.take(session, list_csv.read(file).entries, whole=True)
        found = service.look(session, "0011", "001")
    assert isinstance(found, service.Fault)
    assert found.refused.facts == {"name": "いち銀行", "heir": "さん銀行", "code": "0033"}


def test_banks_that_took_each_other_over_end_the_search(database: Database) -> None:
    file = listed("0011,,いち銀行,,2020-01-01,0022,", "0022,,に銀行,,2021-01-01,0011,", "0011,001,本店,,,,")
    with database.command("list") as session:
        service.take(session, list_csv.read(file).entries, whole=True)
    assert wrong(database, "0011", "001") == ("bank", "bank-closed")


def test_an_announced_merger_holds_from_its_day(database: Database) -> None:
    with clock.freeze(clock.now()):
        day = clock.today() + timedelta(days=10)
        file = listed(
            f"0011,,いち銀行,,{day},0022,", "0022,,に銀行,,,,", f"0011,001,本店,,{day},0022,007", "0022,007,七号店,,,,"
        )
        with database.command("list") as session:
            service.take(session, list_csv.read(file).entries, whole=True)
            assert service.look(session, "0011", "001") == service.Named("いち銀行", "本店")
    with clock.freeze(clock.now() + timedelta(days=12)), database.command("later") as session:
        found = service.look(session, "0011", "001")
        assert isinstance(found, service.Fault)
        assert found.refused.facts == {"name": "本店", "bank": "に銀行", "branch": "七号店", "code": "0022-007"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
def test_bad_rows_are_named_and_the_others_taken(database: Database, encoding: str) -> None:
    file = listed(
        "0011,,いち銀行,ｲﾁ,,,", "００１１,００１,本店,,,,", "0011,001,また本店,,,,", "11,,短い,,,,", "0099,001,親がない,,,,",
        "0022,,に銀行,,2020-01-01,7777,", "0033,,さん銀行,,,0011,", "0044,,よん銀行,,きのう,,", "", "0055",
        encoding=encoding,
    )  # fmt: skip
    found = list_csv.read(file)
    assert [entry.key for entry in found.entries] == [("0011", ""), ("0011", "001")]
    codes = {(cell.line, cell.code) for cell in found.refused}
    assert {(4, "bank-twice"), (6, "bank-not-in-list"), (7, "bank-heir-wrong"), (8, "bank-heir-wrong")} <= codes
    assert found.bad_rows == 7
    assert {code for _line, code in codes} <= set(list_csv.WORDING)


def test_what_is_gone_from_a_whole_list_ends_and_keeps_its_name(database: Database) -> None:
    loaded(database)
    with clock.freeze(clock.now()), database.command("again") as session:
        entries = [entry for entry in demo_entries() if entry.key != ("9997", "012")]
        assert service.take(session, entries, whole=True) == service.Taken(new=0, changed=0, same=len(entries), gone=1)
        assert session.get_one(BankBranch, ("9997", "012")).closed_on == clock.today()
        assert service.names(session, "9997", "012") == "架空信用金庫 美浜支店"
        assert service.take(session, entries, whole=True).gone == 0
    assert wrong(database, "9997", "012") == ("branch", "bank-branch-closed")


def demo_entries() -> list[service.Entry]:
    with demo.FILE.open("rb") as file:
        return list_csv.read(file).entries


def test_a_part_taken_for_the_whole_is_refused_and_changes_are_taken(database: Database) -> None:
    many = [f"{bank:04},,架空第{bank}銀行,,,," for bank in range(1, 41)]
    with database.command("list") as session:
        service.take(session, list_csv.read(listed(*many)).entries, whole=True)
    part = list_csv.read(listed("0001,,新しい名の銀行,,,,")).entries
    with database.command("part") as session:
        with pytest.raises(service.ListCutOff):
            service.take(session, part, whole=True)
        assert service.take(session, part, whole=False) == service.Taken(new=0, changed=1, same=0, gone=0)
        names = list(session.scalars(select(Bank.name).where(Bank.closed_on.is_(None))))
    assert len(names) == 40
    assert "新しい名の銀行" in names


def test_on_the_command_line(database: Database, tmp_path: Path) -> None:
    console, file = Console(record=True, width=200), tmp_path / "banks.csv"
    file.write_bytes(demo.FILE.read_bytes())

    def run(*, preview: bool = False) -> int:
        return command.import_banks(database, file, console, whole=True, preview=preview)

    assert run(preview=True) == 0
    with database.command("look") as session:
        assert not service.has_list(session)
    assert [run(), run()] == [0, 0]
    text = console.export_text()
    count = len(demo_entries())
    assert f"{count} would be new" in text
    assert f"0 new, 0 changed, {count} as before" in text
    file.write_text("a,b\r\n1,2\r\n")
    assert run() == 1
    file.write_bytes(listed("0011,,いち銀行,,,,", "11,,短い,,,,").getvalue())
    assert command.import_banks(database, file, console, whole=False, preview=False) == 1
    assert "Line 3" in console.export_text()


def test_a_day_may_be_written_in_either_calendar() -> None:
    found = list_csv.read(listed("0011,,いち銀行,,令和7年4月1日,,"))
    assert found.entries[0].closed_on == date(2025, 4, 1)
