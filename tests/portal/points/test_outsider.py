"""An outsider with the export, the checker and a copy of what the city published: what of accounts, keys and seals shows."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask

from portal.config import Settings
from portal.core.crypto import signing_key
from portal.core.uow import Database
from portal.points import command
from portal.points.ledger import sealing, service
from portal.points.ledger.entering import Entry
from portal.points.ledger.rules import Kind, Reason
from portal.points.ledger.sealing import SIGNING
from tests.browser import Visitor
from tests.portal.points.books import account, people
from tests.portal.points.offered import PARK, programme
from tests.portal.points.test_books import check_outside, faults, forge

__all__ = ["people"]
pytestmark = pytest.mark.usefixtures("people")
Rows = list[dict[str, str]]


@pytest.fixture
def books(database: Database, settings: Settings, app: Flask, tmp_path: Path) -> Path:
    """A programme gives, somebody donates; the folder of the export, and beside it what was published."""
    programme(database)
    hanako = account(database)
    with database.command("deeds") as session:
        pot = service.named(session, f"programme {PARK}", Kind.POT)
        trees, meals = (service.named(session, f"donation {one}", Kind.DONATION) for one in ("trees", "meals"))
        service.grant(session, Entry("earned", pot, hanako, 300, Reason.VOLUNTEERING))
        for target in (trees, meals):
            service.spend(session, Entry(f"for {target}", hanako, target, 100, Reason.DONATION))
        sealing.seal_now(session, signing_key(settings.master, SIGNING))
    (tmp_path / "kept.json").write_text(Visitor(app).get("/points/books.json").text)
    command.export(database, settings, tmp_path / "books")
    return tmp_path / "books"


def said(folder: Path, *, kept: bool = False) -> tuple[int, str]:
    found = check_outside(folder, *([folder.parent / "kept.json"] if kept else []))
    assert found.stderr == ""
    return found.returncode, found.stdout


def change(folder: Path, deed: Callable[[Rows], object]) -> None:
    """Another accounts.csv, as somebody writes it who can write the whole folder."""
    file = folder / "accounts.csv"
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    deed(rows)
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def named(rows: Rows, name: str) -> dict[str, str]:
    return next(row for row in rows if row["name"] == name)


def exchange_names(rows: Rows) -> None:
    trees, meals = named(rows, "donation trees"), named(rows, "donation meals")
    trees["name"], meals["name"] = meals["name"], trees["name"]


def test_books_as_they_are_pass_with_what_was_published(books: Path) -> None:
    assert said(books)[0] == said(books, kept=True)[0] == 0
    accounts = json.loads((books.parent / "kept.json").read_text())["accounts"]
    assert {one["name"] for one in accounts} == {"city", f"programme {PARK}", "donation trees", "donation meals"}


def test_names_of_accounts_that_were_exchanged_show_by_what_was_published(books: Path) -> None:
    """No seal says them: alone the export still fits."""
    change(books, exchange_names)
    assert said(books)[0] == 0
    status, words = said(books, kept=True)
    assert (status, words.count("was published as donation")) == (1, 2)


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        pytest.param(lambda rows: named(rows, "donation trees").update(kind="partner"), "no donation between", id="kind"),
        pytest.param(lambda rows: named(rows, f"programme {PARK}").update(kind="reward"), "no budget between", id="pot"),
        pytest.param(lambda rows: rows.append(dict(rows[0])), "UNIQUE constraint failed: accounts.id", id="twice"),
    ],
)  # fmt: skip
def test_what_follows_from_sealed_reasons_shows_alone(deed: Callable[[Rows], object], words: str, books: Path) -> None:
    change(books, deed)
    assert said(books)[0] == 1
    assert words in said(books)[1]


def test_a_pot_is_never_below_nothing_whatever_is_said_of_it(books: Path) -> None:
    """Its budget is taken out of the export, and so are the seals that would tell."""
    file = books / "transfers.csv"
    head, budget, *rest = file.read_text().splitlines(keepends=True)
    assert ",budget," in budget
    file.write_text(head + "".join(rest))
    (books / "seals.csv").write_text("number,last,lines,digest,signature\n")

    def fit(rows: Rows) -> None:
        pot = named(rows, f"programme {PARK}")
        pot.update(never_below_zero="no", balance=str(int(pot["balance"]) - 10_000))
        named(rows, "city").update(balance="0")

    change(books, fit)
    assert "falls below 0" in said(books)[1]


def test_another_key_than_the_published_one_shows(books: Path) -> None:
    """Whoever seals anew what came after the copy needs another key."""
    public = Ed25519PrivateKey.generate().public_key()
    (books / "public-key.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert "not the key that was published" in said(books, kept=True)[1]


def test_what_no_seal_covers_is_said(books: Path) -> None:
    assert "Under no seal" not in said(books)[1]
    (books / "seals.csv").write_text("number,last,lines,digest,signature\n")
    assert "Under no seal: 4." in said(books)[1]


def test_a_seal_over_more_lines_than_there_are_shows(books: Path) -> None:
    file = books / "seals.csv"
    file.write_text(file.read_text().replace("\n1,4,4,", "\n1,4,99999999999,"))
    assert "not those that were sealed" in said(books)[1]


@pytest.mark.parametrize("name", ["transfers.csv", "accounts.csv", "seals.csv"])
def test_a_line_without_end_is_told_in_words(name: str, books: Path) -> None:
    with (books / name).open("a") as file:
        file.write("a" * 200_000 + "\n")
    assert said(books)[0] == 1


@pytest.mark.parametrize(
    ("forgery", "words"),
    [
        ("UPDATE point_accounts SET is_bounded = false WHERE kind = 'pot'", "not held at 0"),
        ("UPDATE point_accounts SET name = 'reward pool' WHERE kind = 'pot'", "another one's"),
    ],
)
def test_the_city_sees_accounts_that_stand_for_something_else(
    forgery: str, words: str, books: Path, database: Database, settings: Settings
) -> None:
    assert faults(database, settings) == []
    forge(database, forgery)
    assert any(words in fault for fault in faults(database, settings))


# ---- lines that can be read in two ways ---------------------------------------------------

OTHERS = "9,{key},{city},{trees},5000,event,2026-11-23T00:00:00+00:00,2026-11-23T00:00:00+00:00,,,"


def swallow(head: str, sealed: str, other: str) -> str:
    """All sealed lines in one cell of the heading; what is counted is another line."""
    return f'{head},"\n{sealed}"\n{other}\n'


def put_before(head: str, sealed: str, other: str) -> str:
    """A line before the sealed ones, in the heading's own."""
    return f"{head}\r{other}\n{sealed}"


def rename(head: str, sealed: str, other: str) -> str:
    """What reasons are checked for is checked no more."""
    return f"{head.replace('reason,at', 'at,reason')}\n{sealed}{other}\n"


@pytest.mark.parametrize("trick", [swallow, put_before, rename])
@pytest.mark.parametrize("kept", [True, False])
def test_what_is_counted_is_what_is_sealed(trick: Callable[[str, str, str], str], kept: bool, books: Path) -> None:
    file = books / "transfers.csv"
    head, _end, sealed = file.read_text().partition("\n")

    def fit(rows: Rows) -> None:
        if trick is swallow:
            for row in rows:
                row["balance"] = "0"
        for name, points in (("city", -5_000), ("donation trees", 5_000)):
            named(rows, name)["balance"] = str(int(named(rows, name)["balance"]) + points)

    change(books, fit)
    with (books / "accounts.csv").open(newline="") as lines:
        ids = {row["name"]: row["id"] for row in csv.DictReader(lines)}
    other = OTHERS.format(key="e" * 64, city=ids["city"], trees=ids["donation trees"])
    file.write_bytes(trick(head, sealed, other).encode())
    status, words = said(books, kept=kept)
    assert (status, "transfers.csv, line 1: not the heading of an export" in words) == (1, True)


def test_a_line_in_quotes_shows(books: Path) -> None:
    with (books / "transfers.csv").open("a") as file:
        file.write('"\n"\n')
    assert "line 6: not as an export writes it" in said(books)[1]


def test_what_was_published_is_said_to_be_looked_at_or_not(books: Path) -> None:
    assert "What the city published was looked at." in said(books, kept=True)[1]
    assert "What the city published was NOT looked at: no KEPT." in said(books)[1]
    assert check_outside(books, books).returncode == 1  # a folder is no copy


def test_an_openssl_that_cannot_look_is_no_wrong_signature(
    books: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1.1.1 and LibreSSL do not know `-rawin`."""
    old = tmp_path / "bin" / "openssl"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'usage: pkeyutl [-in file] [-sigfile file] [-verify]' >&2\nexit 1\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(old.parent), prepend=":")
    status, words = said(books)
    assert (status, "signatures NOT looked at: no openssl 3" in words) == (0, True)
