"""Seals kept outside the database and published: the newest end of the books cannot be taken away unseen."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from portal.config import Settings
from portal.core import backup, clock
from portal.core.crypto import signing_key
from portal.core.uow import Database
from portal.points import command
from portal.points.ledger import heads, sealing
from portal.points.ledger.sealing import SIGNING
from tests.browser import Visitor
from tests.patience import until
from tests.portal.points.books import account, grant, people
from tests.portal.points.test_books import books, check_outside, forge

__all__ = ["books", "people"]
pytestmark = pytest.mark.usefixtures("people")


def keep(database: Database, settings: Settings) -> None:
    """What the worker does every few minutes."""
    with database.job("seal") as session:
        sealing.seal(session, {}, key=signing_key(settings.master, SIGNING), heads=heads.of(settings))


@pytest.fixture
def kept(books: Database, settings: Settings) -> Database:
    """Two blocks of transfers, both kept outside."""
    keep(books, settings)
    return books


def truncate(database: Database, *, after: int) -> None:
    """The last seal and every transfer past number *after*, with the lots put right and the guards lifted."""
    back = f"(SELECT sum(amount) FROM point_allocations WHERE lot = point_lots.number AND transfer > {after})"
    forge(
        database,
        "DELETE FROM point_seals WHERE number = (SELECT max(number) FROM point_seals)",
        f"UPDATE point_lots SET remaining = remaining + coalesce({back}, 0) WHERE number <= {after}",
        f"DELETE FROM point_allocations WHERE transfer > {after}",
        f"DELETE FROM point_lots WHERE number > {after}",
        f"DELETE FROM point_transfers WHERE number > {after} AND reverses IS NOT NULL",
        f"DELETE FROM point_transfers WHERE number > {after}",
    )


def said(database: Database, settings: Settings, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    return command.verify(database, settings), capsys.readouterr().out


def test_the_newest_end_of_the_books_cannot_be_taken_away_unseen(
    kept: Database, settings: Settings, tmp_path: Path, app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    """A5: with the last seal gone too, everything that was left fitted."""
    assert said(kept, settings, capsys)[0] == 0
    published = tmp_path / "kept.json"
    published.write_text(Visitor(app).get("/points/books.json").text)
    command.export(kept, settings, tmp_path / "before")
    assert check_outside(tmp_path / "before", published).returncode == 0
    truncate(kept, after=3)
    count, words = said(kept, settings, capsys)
    assert count == 1
    assert "seal 2, whose head was kept outside, is gone" in words
    command.export(kept, settings, tmp_path / "after")
    assert check_outside(tmp_path / "after").returncode == 0, "nobody sees it from the books alone"
    found = check_outside(tmp_path / "after", published)
    assert (found.returncode, found.stdout) == (1, "seal 2: was published, and is gone\n")


def test_a_seal_made_anew_in_the_place_of_one_that_is_gone_differs(
    kept: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    truncate(kept, after=3)
    hanako = account(kept)
    with kept.command("another") as session:
        grant(session, hanako, 5)
        sealing.seal_now(session, signing_key(settings.master, SIGNING))
    assert "seal 2 differs from the head kept outside" in said(kept, settings, capsys)[1]


def test_what_a_killed_worker_did_not_keep_is_kept_at_its_next_look(books: Database, settings: Settings) -> None:
    outside = heads.of(settings)
    assert heads.read(outside.directory, outside.key.public_key()).heads == set()
    keep(books, settings)
    assert [one.number for one in sorted(heads.read(outside.directory, outside.key.public_key()).heads)] == [1, 2]

    def sealed() -> bool:
        keep(books, settings)
        return len(heads.read(outside.directory, outside.key.public_key()).heads) == 3

    until(sealed, "the third seal, kept as it is made")


def test_a_line_nobody_signed_is_a_fault(
    kept: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    (file,) = (settings.state_dir / heads.FOLDER).glob("*.jsonl")
    lines = file.read_text().splitlines()
    first = json.loads(lines[0])
    file.write_text("\n".join([json.dumps(first | {"head": first["head"].replace("1 ", "9 ", 1)}), *lines[1:], ""]))
    assert "line 1: not a head signed by this city" in said(kept, settings, capsys)[1]


def test_without_what_was_kept_outside_verify_says_so(
    kept: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(settings.state_dir / heads.FOLDER)
    count, words = said(kept, settings, capsys)
    assert count == 0
    assert "No seal is kept outside the database" in words
    assert "1 transfers since" in words
    assert "not sealed yet" in words


def test_a_restored_backup_is_told_and_no_fault(
    books: Database, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As with the audit's heads (decision 12)."""
    backup.save(books.engine, tmp_path / "city.zip")
    with books.command("later") as session:
        sealing.seal_now(session, signing_key(settings.master, SIGNING))
    keep(books, settings)
    backup.load(books.engine, tmp_path / "city.zip")
    assert "seal 3, whose head was kept outside, is gone" in said(books, settings, capsys)[1]
    with books.engine.connect() as connection:
        heads.of(settings).close_epoch(connection, "2026-11-22T03:00:00+00:00")
    count, words = said(books, settings, capsys)
    assert count == 0
    assert "restored on" in words
    assert "1 seals after it are given up" in words
    keep(books, settings)
    assert said(books, settings, capsys)[0] == 0
    statement = settings.state_dir / f"{heads.FOLDER}.0001" / heads.STATEMENT
    statement.write_text(statement.read_text().replace("2026-11-22", "2026-11-21"))
    assert "no statement of a restoration signed by this city" in said(books, settings, capsys)[1]


@pytest.mark.parametrize("place", [1, 2, 3, 5])
def test_a_line_taken_out_of_the_export_is_told_in_words(
    place: int, kept: Database, settings: Settings, tmp_path: Path
) -> None:
    """B4: the outsider got a traceback for exactly what an outsider looks for."""
    command.export(kept, settings, tmp_path)
    file = tmp_path / "transfers.csv"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:place] + lines[place + 1 :]))
    found = check_outside(tmp_path)
    assert (found.returncode, found.stderr) == (1, "")
    assert "not those that were sealed" in found.stdout


def test_a_reversal_of_something_else_shows_outside(kept: Database, settings: Settings, tmp_path: Path) -> None:
    command.export(kept, settings, tmp_path)
    file = tmp_path / "transfers.csv"
    content = file.read_text()
    assert content.count(",3,,") == 1, "transfer 4 takes transfer 3 back"
    file.write_text(content.replace(",3,,", ",2,,"))
    assert "transfer 4: takes something else back" in check_outside(tmp_path).stdout


def test_the_last_seal_of_each_month_is_published(kept: Database, settings: Settings, app: Flask) -> None:
    hanako = account(kept)
    with clock.freeze(clock.now() + timedelta(days=32)):
        with kept.command("next month") as session:
            grant(session, hanako, 5)
            sealing.seal_now(session, signing_key(settings.master, SIGNING))
        page = Visitor(app).get("/points/books.json").text
        found = json.loads(page)["heads"]
        assert [one["number"] for one in found] == [3, 2]
        assert found[0]["month"] > found[1]["month"]
        with kept.command("look") as session:
            digest = session.scalar(text("SELECT digest FROM point_seals WHERE number = 2"))
        assert found[1]["digest"] == bytes(digest).hex()
        assert found[1]["digest"][:8] in Visitor(app).get("/points/books").text
