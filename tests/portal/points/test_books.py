"""Books an outsider can check: verified from the transfers alone, sealed, exported, and checked without our programs."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text

from portal.config import Settings
from portal.core import backup
from portal.core.crypto import signing_key
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.points import command
from portal.points.ledger import checks, sealing, service
from portal.points.ledger.entering import Entry
from portal.points.ledger.models import PointSeal
from portal.points.ledger.rules import Reason
from portal.points.ledger.sealing import SIGNING
from tests.patience import until
from tests.portal.points.books import account, grant, people, spend

__all__ = ["people"]
pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture
def books(database: Database, settings: Settings) -> Database:
    """Two people's doings in two sealed blocks, and a transfer after them."""
    hanako, taro = account(database), account(database, 1)
    key = signing_key(settings.master, SIGNING)
    with database.command("deeds") as session:
        for person in (hanako, taro):
            grant(session, person, 100)
        number = spend(session, hanako, 30)
        sealing.seal_now(session, key)
        service.reverse(session, number, key="undo")
        service.pass_on(session, Entry("present", hanako, taro, 50, Reason.FAMILY))
        sealing.seal_now(session, key)
        spend(session, taro, 1)
    return database


def faults(database: Database, settings: Settings) -> list[str]:
    with database.engine.connect() as connection:
        return list(checks.faults(connection, signing_key(settings.master, SIGNING).public_key()))


def check_outside(folder: Path, *kept: Path) -> subprocess.CompletedProcess[str]:
    """The checkers as an outsider runs them: other programs, without ours. Those that found something, or both."""
    ran = [
        subprocess.run(
            [sys.executable, "-I", folder / name, folder, *kept], capture_output=True, text=True, check=False
        )
        for name in ("checker.py", "seal_checker.py")
    ]
    told = [one for one in ran if one.returncode] or ran
    out, err = ("".join(words) for words in zip(*((one.stdout, one.stderr) for one in told), strict=True))
    return subprocess.CompletedProcess([folder], max(one.returncode for one in told), out, err)


def forge(database: Database, *statements: str) -> None:
    """What somebody with the database's own password can do, guards taken away."""
    lifted = "SELECT 'DROP TRIGGER ' || name FROM sqlite_master WHERE type = 'trigger'"
    if database.engine.dialect.name == "postgresql":
        lifted = (
            "SELECT DISTINCT 'ALTER TABLE ' || tgrelid::regclass || ' DISABLE TRIGGER USER' FROM pg_trigger "
            "WHERE NOT tgisinternal"
        )
    with database.command("forge") as session:
        for statement in session.scalars(text(lifted)).all():
            session.execute(text(statement))
        for statement in statements:
            session.execute(text(statement))


FORGERIES = {
    "another reason": (["UPDATE point_transfers SET reason = 'health' WHERE number = 1"], "are not those"),
    "an amount": (["UPDATE point_transfers SET amount = 999 WHERE number = 1"], "its lots do not fit"),
    "another day": (["UPDATE point_lots SET expires_on = '2099-01-31' WHERE number = 1"], "are not those"),
    "a lot filled up": (["UPDATE point_lots SET remaining = amount"], "remain where"),
    "a sealed payment gone": (
        ["DELETE FROM point_allocations WHERE transfer IN (3, 4)", "DELETE FROM point_transfers WHERE number = 4",
         "DELETE FROM point_transfers WHERE number = 3"],
        "are not those",
    ),
    "a block gone": (["DELETE FROM point_seals WHERE number = 1"], "seal 1 is missing"),
    "a digest of one's own": (["UPDATE point_seals SET digest = signature WHERE number = 2"], "is not signed"),
}  # fmt: skip


def test_books_in_order_pass_inside_and_outside(books: Database, settings: Settings, tmp_path: Path) -> None:
    assert faults(books, settings) == []
    assert command.verify(books, settings) == 0
    command.export(books, settings, tmp_path / "books")
    found = check_outside(tmp_path / "books")
    assert (found.stdout.splitlines()[0], found.returncode) == ("The books are in order.", 0), found.stderr
    assert "6 transfers, 5 under 2 seals; signatures looked at" in found.stdout


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_was_forged_shows(forgery: str, books: Database, settings: Settings) -> None:
    statements, words = FORGERIES[forgery]
    forge(books, *statements)
    assert any(words in fault for fault in faults(books, settings))


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("transfers.csv", ",100,event,", ",101,event,"),
        ("accounts.csv", ",yes,151", ",yes,150"),
        ("seals.csv", "\n2,", "\n2,1"),
    ],
)
def test_the_outsider_sees_what_was_changed_in_the_export(
    file: str, before: str, after: str, books: Database, settings: Settings, tmp_path: Path
) -> None:
    command.export(books, settings, tmp_path)
    changed = tmp_path / file
    assert before in changed.read_text() or file == "accounts.csv"
    text_before = changed.read_text()
    changed.write_text(
        text_before.replace(before, after, 1) if before in text_before else text_before.replace("yes,", "yes,1", 1)
    )
    assert check_outside(tmp_path).returncode == 1


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda folder: cut(folder / "transfers.csv", 1), id="a transfer gone"),
        pytest.param(lambda folder: cut(folder / "accounts.csv", 1), id="an account gone"),
        pytest.param(lambda folder: (folder / "seals.csv").unlink(), id="a file gone"),
        pytest.param(lambda folder: (folder / "transfers.csv").write_bytes(b"\xff\x00"), id="no table"),
        pytest.param(lambda folder: (folder / "transfers.csv").write_text("number\n1\n"), id="columns gone"),
    ],
)
def test_the_outsider_reads_words_and_no_crash(
    spoil: Callable[[Path], None], books: Database, settings: Settings, tmp_path: Path
) -> None:
    command.export(books, settings, tmp_path)
    spoil(tmp_path)
    found = check_outside(tmp_path)
    assert (found.returncode, found.stderr) == (1, "")
    assert found.stdout.strip()


def cut(file: Path, line: int) -> None:
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:line] + lines[line + 1 :]))


def test_an_export_that_a_spreadsheet_saved_is_still_read(books: Database, settings: Settings, tmp_path: Path) -> None:
    command.export(books, settings, tmp_path)
    for file in tmp_path.glob("*.csv"):
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert check_outside(tmp_path).returncode == 0


def test_the_worker_seals_what_came_before_its_last_look(
    database: Database, settings: Settings, worker: Worker
) -> None:
    """PostgreSQL waits for every transaction of the server that began before the mark, also of other tests' databases."""
    hanako = account(database)
    key = signing_key(settings.master, SIGNING)

    def seal() -> list[int]:
        with database.job("seal") as session:
            sealing.seal(session, {}, key=key)
        with database.command("look") as session:
            return list(session.scalars(select(PointSeal.last).order_by(PointSeal.number)))

    for sealed in ([], [1], [1, 2]):
        with database.command("earn") as session:
            grant(session, hanako, 10)
        until(lambda expected=sealed: seal() == expected, f"seals up to {sealed}")  # type: ignore[misc]
    assert faults(database, settings) == []


def test_no_seal_closes_over_a_number_whose_transfer_is_still_under_way(database: Database, settings: Settings) -> None:
    """PostgreSQL has two writers at once, and the one who drew the lower number commits later; on SQLite they follow
    each other."""
    hanako, taro, key = account(database), account(database, 1), signing_key(settings.master, SIGNING)

    with database.command("open") as session:
        service.city(session)

    def another() -> None:
        with database.command("quick") as session:
            grant(session, taro, 10)

    def seal() -> int:
        with database.job("seal") as session:
            sealing.seal(session, {}, key=key)
            return len(session.scalars(select(PointSeal.number)).all())

    under_way = database.engine.dialect.name == "postgresql"
    with database.command("slow") as slow:
        grant(slow, hanako, 10)
        if under_way:
            another()
            assert [seal(), seal()] == [0, 0]
    if not under_way:
        another()
        assert seal() == 0  # a look notes the numbers, the next one seals them
    until(lambda: seal() == 1, "the seal")  # a server's other databases have transactions under way as well
    assert seal() == 1
    assert faults(database, settings) == []


def test_books_come_back_from_a_backup_with_their_guards(books: Database, settings: Settings, tmp_path: Path) -> None:
    backup.save(books.engine, tmp_path / "city.zip")
    hanako = account(books)
    with books.command("later") as session:
        grant(session, hanako, 7)
    backup.load(books.engine, tmp_path / "city.zip")
    assert faults(books, settings) == []
    with books.command("go on") as session:
        assert grant(session, hanako, 7) == 7
    with pytest.raises(Exception, match="stay as they are"), books.command("forge") as session:
        session.execute(text("DELETE FROM point_transfers WHERE number = 7"))
