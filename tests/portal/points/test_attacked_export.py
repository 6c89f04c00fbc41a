"""An export changed in every way somebody can who writes the whole folder: what it says otherwise shows, in words."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portal.points.ledger import checker, seal_checker
from portal.points.ledger.sealing import statement
from tests.portal.points.books import people
from tests.portal.points.test_outsider import books, said

__all__ = ["books", "people"]
pytestmark = [pytest.mark.usefixtures("people"), pytest.mark.parametrize("settings", ["sqlite"], indirect=True)]
Lines = list[str]

OTHERWISE: list[Callable[[str], str]] = [
    lambda cell: f"+{cell}",
    lambda cell: f" {cell}",
    lambda cell: f"0{cell}",
    lambda cell: f"{cell}.0",
    lambda cell: f"{cell}e0",
    lambda cell: f'"{cell}"',
    lambda cell: f"{cell},",
    lambda cell: f"{cell}\0",
    lambda cell: f"{cell}\r5",
    lambda cell: f"{cell}\ufeff",
    lambda cell: cell[:-1] or "1",
    lambda cell: "" if cell else "x",
    lambda cell: "9" * 40,
    lambda cell: "1e3",
    lambda cell: "0x10",
    lambda cell: "٥５",
    lambda cell: "\n",
]


def found(folder: Path, *, openssl: str = "") -> list[str]:
    """What both programs find, without starting one for each change."""
    kept, faults = str(folder.parent / "kept.json"), list[str]()
    for looks in (checker.faults(sqlite3.connect(""), folder, kept), seal_checker.faults(folder, kept, openssl)):
        try:
            faults += looks
        except Exception as wrong:  # as the programs do
            faults.append(f"{wrong!a}")
    return faults


def changed(file: Path, ways: Callable[[Lines], Iterator[tuple[str, Lines]]]) -> list[str]:
    """The names of the changes that nobody saw."""
    before = file.read_bytes()
    lines, unseen = before.decode().splitlines(), []
    for name, after in ways(lines):
        written = "".join(f"{line}\n" for line in after).encode()
        if after != lines:
            file.write_bytes(written)
            unseen += [] if found(file.parent) else [name]
    file.write_bytes(before)
    assert found(file.parent) == []
    return unseen


def each_cell(lines: Lines) -> Iterator[tuple[str, Lines]]:
    for place, line in enumerate(lines):
        cells = line.split(",")
        for column, cell in enumerate(cells):
            for way, other in enumerate(OTHERWISE):
                after = ",".join([*cells[:column], other(cell), *cells[column + 1 :]])
                yield f"line {place + 1}, cell {column + 1}, way {way}", [*lines[:place], after, *lines[place + 1 :]]


def each_line(lines: Lines) -> Iterator[tuple[str, Lines]]:
    for place, line in enumerate(lines):
        rest = [*lines[:place], *lines[place + 1 :]]
        yield f"line {place + 1} gone", rest
        for there in range(len(lines)):
            yield f"line {place + 1} twice, at {there + 1}", [*lines[:there], line, *lines[there:]]
            yield f"line {place + 1} moved to {there + 1}", [*rest[:there], line, *rest[there:]]
        for strange in ("", " ", ",,,", '"', "#"):
            yield f"{strange!r} before line {place + 1}", [*lines[:place], strange, *lines[place:]]
    yield "a column more", [f"{line}," for line in lines]
    yield "a column less", [line.rpartition(",")[0] for line in lines]


def test_no_cell_is_written_otherwise_unseen(books: Path) -> None:
    """A seal's signature is openssl's to judge (below)."""
    assert changed(books / "transfers.csv", each_cell) == []
    assert changed(books / "accounts.csv", each_cell) == []
    assert [way for way in changed(books / "seals.csv", each_cell) if "cell 5" not in way] == []


def test_no_line_goes_comes_or_moves_unseen(books: Path) -> None:
    assert changed(books / "transfers.csv", each_line) == []
    assert changed(books / "seals.csv", each_line) == []
    assert [way for way in changed(books / "accounts.csv", each_line) if "moved" not in way] == []


def seal_anew(folder: Path, key: Ed25519PrivateKey, *, lines: int) -> None:
    """One block over the first *lines* transfers, as whoever has *key* makes it."""
    sealed = (folder / "transfers.csv").read_text().splitlines(keepends=True)[1 : lines + 1]
    digest, last = sha256("".join(sealed).encode()).digest(), int(sealed[-1].split(",")[0])
    row = f"1,{last},{lines},{digest.hex()},{key.sign(statement(1, last, digest)).hex()}\n"
    (folder / "seals.csv").write_text(f"number,last,lines,digest,signature\n{row}")


def test_books_sealed_anew_by_somebody_else_show(books: Path) -> None:
    key, file = Ed25519PrivateKey.generate(), books / "transfers.csv"
    file.write_text(file.read_text().replace(",volunteering,", ",event,"))
    seal_anew(books, key, lines=4)
    assert said(books) == (1, "seal 1: the signature is wrong\n")
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (books / "public-key.pem").write_bytes(pem)
    assert said(books)[0] == 0, "nobody sees it from the books alone"
    assert said(books, kept=True) == (
        1, "public-key.pem: not the key that was published\nseal 1: not what the city published of it\n"
    )  # fmt: skip


def test_a_transfer_that_seals_passed_by_shows(books: Path) -> None:
    """Numbers have gaps. Who fills one later stands outside the seals, and yet before what is in them."""
    file = books / "transfers.csv"
    head, *lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([head, *lines[:2], lines[3], lines[2]]))
    seal_anew(books, Ed25519PrivateKey.generate(), lines=3)
    assert "transfer 3: seals passed it by" in found(books)


@pytest.mark.parametrize("name", ["transfers.csv", "accounts.csv", "seals.csv", "public-key.pem", "../kept.json"])
def test_whatever_lies_there_is_told_in_words(name: str, books: Path) -> None:
    """Also where the terminal knows no sign but ASCII."""
    file, before = books / name, (books / name).read_bytes()
    hostile = [
        b"",
        b"\xff\xfe\0",
        b"\xe3\x81\x82" + before,
        before + b"\xed\xa0\x80\n",
        b"[" * 100_000,
        b'{"accounts": 1}',
    ]
    hostile += [before.replace(b"-", b"\xe3\x81\x82", 3), b'{"accounts": [{"id": "\\ud800", "kind": [], "name": {}}]}']
    for strange in (*hostile, None):
        with suppress(FileNotFoundError):
            file.unlink() if strange is None else file.write_bytes(strange)
        ran = [
            subprocess.run(
                [sys.executable, books / program, books, books / "../kept.json"],
                capture_output=True, check=False, env=os.environ | {"PYTHONIOENCODING": "ascii"},
            )
            for program in ("checker.py", "seal_checker.py")
        ]  # fmt: skip
        assert [one.stderr for one in ran] == [b"", b""]
        assert max(one.returncode for one in ran) == (strange != before), strange
        assert all(one.stdout.strip() for one in ran)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (",2:100\n", ",2:400\n", "transfer 3: takes more from lot 2 than it has, or gives more back"),
        (",2:100\n", ",2:-100\n", "transfer 3: takes more from lot 2 than it has, or gives more back"),
        (",2:100\n", ",1:100\n", "transfer 3: takes more from lot 1 than it has, or gives more back"),
        (",2:100\n", ",\n", "transfer 3: what moved in lots is not what moved between accounts"),
        (",100,donation,", ",101,donation,", "transfer 3: what moved in lots is not what moved between accounts"),
        (",,,2:100\n", ",77,,2:100\n", "transfers 3: names one of the transfers that is not there"),
        (",,,2:100\n", ",2,,2:100\n", "transfer 3: takes something else back"),
    ],
)
def test_the_points_alone_tell_what_is_wrong(before: str, after: str, words: str, books: Path) -> None:
    """As far as they can: where nothing is sealed yet."""
    (books / "seals.csv").write_text("number,last,lines,digest,signature\n")
    file = books / "transfers.csv"
    assert file.read_text().count(before) == 2, "two donations"
    file.write_text(file.read_text().replace(before, after, 1))
    assert words in found(books)
