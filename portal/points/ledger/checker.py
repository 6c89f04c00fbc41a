"""Checks the books of a city's points without the city's programs: `python3 checker.py FOLDER [KEPT]`. Status 0: in order.

FOLDER is what `portal points export` wrote. KEPT is a copy of /points/books.json you made earlier: what the city published
then must still be there. Python 3.9 or later is enough; with openssl the seals' signatures are looked at too.
"""

import csv
import functools
import hashlib
import itertools
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEAD = b"number,key,source,target,amount,reason,at,recorded_at,reverses,expires_on,drawn"
BOOKS = """
CREATE TABLE accounts (id PRIMARY KEY, kind, name, never_below_zero, balance INTEGER, joined_to);
CREATE TABLE transfers (number INTEGER PRIMARY KEY, key NOT NULL UNIQUE, source NOT NULL REFERENCES accounts,
  target NOT NULL REFERENCES accounts CHECK (target <> source), reason, reverses INTEGER UNIQUE, expires_on,
  amount INTEGER CHECK (typeof(amount) = 'integer' AND amount > 0));
CREATE TABLE draws (number INTEGER REFERENCES transfers, lot INTEGER, points INTEGER CHECK (typeof(points) = 'integer'));
CREATE TABLE ways (reason, source, target);
INSERT INTO ways VALUES ('budget', 'city', 'pot'), ('budget', 'pot', 'city'), ('donation', 'resident', 'donation'),
  ('settled', 'partner', 'settled'), ('hold', 'resident', 'held'), ('exchange', 'held', 'bridge'),
  ('family', 'resident', 'resident'), ('expiry', 'resident', 'expiry'), ('again', 'expiry', 'resident'),
  ('owed', 'debt', 'resident'), ('set-off', 'resident', 'debt');
CREATE VIEW legs AS SELECT number, source account, -amount points FROM transfers
  UNION ALL SELECT number, target, amount FROM transfers;
CREATE VIEW moves AS SELECT number, number lot, target account, amount points FROM transfers WHERE expires_on IS NOT NULL
  UNION ALL SELECT d.number, lot, target, -points FROM draws d LEFT JOIN transfers t ON t.number = lot;
"""
FAULTS = {
    "transfer {}: account {} falls below 0": """
      SELECT number, account FROM (SELECT number, account, sum(points) OVER (PARTITION BY account ORDER BY number) points
      FROM legs) JOIN accounts ON id = account
      WHERE points < 0 AND (never_below_zero = 'yes' OR kind IN ('resident', 'pot'))""",
    "transfer {}: is no {} between such accounts": """
      SELECT number, reason FROM transfers t JOIN accounts s ON s.id = t.source JOIN accounts g ON g.id = t.target
      WHERE reason IN (SELECT reason FROM ways) AND (reason, s.kind, g.kind) NOT IN (SELECT * FROM ways)""",
    "transfer {}: what moved in lots is not what moved between accounts": """
      SELECT DISTINCT number FROM (SELECT number, account, points FROM moves
      UNION ALL SELECT number, account, -points FROM legs JOIN accounts ON id = account WHERE kind = 'resident')
      GROUP BY number, account HAVING sum(points) <> 0""",
    "transfer {}: takes more from lot {} than it has, or gives more back": """
      SELECT number, lot FROM (SELECT number, lot, sum(points) OVER (PARTITION BY lot ORDER BY number) points FROM moves)
      LEFT JOIN (SELECT number came, amount FROM transfers WHERE expires_on IS NOT NULL) ON came = lot
      WHERE points NOT BETWEEN 0 AND ifnull(amount, -1)""",
    "transfer {}: takes something else back, or what is not there": """
      SELECT b.number FROM transfers b LEFT JOIN transfers t ON t.number = b.reverses
      WHERE b.reverses IS NOT NULL AND (b.source, b.target, b.amount) IS NOT (t.target, t.source, t.amount)""",
    "account {}: {} are stated, {} follow": """
      SELECT id, balance, ifnull(sum(points), 0) follow FROM accounts LEFT JOIN legs ON account = id
      GROUP BY id HAVING balance IS NOT follow""",
    "account {}: joined to another and not empty, or joined by more than one step": """
      SELECT a.id FROM accounts a LEFT JOIN accounts b ON b.id = a.joined_to
      WHERE a.joined_to IS NOT NULL AND (a.balance <> 0 OR b.id IS NULL OR b.joined_to IS NOT NULL)""",
}


@functools.cache
def openssl() -> str:
    """One that can look at such signatures; older ones, and others of that name, would call every one of them wrong."""
    found = shutil.which("openssl") or ""
    known = subprocess.run([found, "pkeyutl", "-help"], check=False, capture_output=True) if found else None
    return found if known and b"-rawin" in known.stdout + known.stderr else ""


def faults(folder: Path, kept: str) -> Iterator[str]:
    """Every fault as a line of text."""
    yield from other_lines(folder)
    books = sqlite3.connect("")
    books.executescript(BOOKS + "PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF")
    for name in ("accounts", "transfers"):
        columns = [column[1] for column in books.execute(f"PRAGMA table_info({name})")]
        enter = f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - our own words
        for line, row in enumerate(table(folder / f"{name}.csv"), start=2):
            draws = [(row["number"], *part.split(":")) for part in row.get("drawn", "").split()]
            try:
                books.execute(enter, [row[column] or None for column in columns])
                books.executemany("INSERT INTO draws VALUES (?, ?, ?)", draws)
            except sqlite3.Error as wrong:
                yield f"{name}.csv, line {line}: {wrong}"
    for words, question in FAULTS.items():
        yield from (words.format(*row) for row in books.execute(question))
    said: Any = json.loads(Path(kept).read_text()) if kept else {"heads": [], "accounts": []}
    if kept and said["key"].split() != (folder / "public-key.pem").read_text().split():
        yield "public-key.pem: not the key that was published"
    for one in said["accounts"]:
        there = books.execute("SELECT kind, name FROM accounts WHERE id = ?", [one["id"]]).fetchone()
        if there != (one["kind"], one["name"]):
            yield f"account {one['id']}: was published as {one['kind']} {one['name']!r}"
    yield from broken_seals(folder, {str(head["number"]): head["digest"] for head in said["heads"]})


def other_lines(folder: Path) -> Iterator[str]:
    """Lines that can be read in two ways: what is under seals and what is counted would be two things."""
    with (folder / "transfers.csv").open("rb") as lines:
        for place, line in enumerate(lines, start=1):
            words = line.removesuffix(b"\n").removesuffix(b"\r")
            if place == 1 and words not in (HEAD, b"\xef\xbb\xbf" + HEAD):
                yield "transfers.csv, line 1: not the heading of an export"
            if b'"' in words or b"\r" in words:
                yield f"transfers.csv, line {place}: not as an export writes it"


def broken_seals(folder: Path, published: dict[str, str]) -> Iterator[str]:
    """The chain of blocks over the very lines of transfers.csv, who signed them, and what was published of them."""
    before = b""
    with (folder / "transfers.csv").open("rb") as lines, tempfile.TemporaryDirectory() as scratch:
        next(lines, b"")
        for place, seal in enumerate(table(folder / "seals.csv"), start=1):
            digest, line, count = hashlib.sha256(before), b"", 0
            for count, line in enumerate(itertools.islice(lines, int(seal["lines"])), start=1):  # noqa: B007
                digest.update(line.rstrip(b"\r\n") + b"\n")
            before = digest.digest()
            found = before.hex(), line.split(b",")[0].decode(), str(place), str(count)
            if found != (seal["digest"], seal["last"], seal["number"], seal["lines"]):
                yield f"seal {seal['number']}: its transfers are not those that were sealed"
            if published.pop(seal["number"], seal["digest"]) != seal["digest"]:
                yield f"seal {seal['number']}: not what the city published of it"
            words, signature = Path(scratch, "words"), Path(scratch, "signature")
            words.write_text(f"omatome points seal {seal['number']} {seal['last']} {seal['digest']}")
            signature.write_bytes(bytes.fromhex(seal["signature"]))
            asked = [openssl(), "pkeyutl", "-verify", "-pubin", "-inkey", str(folder / "public-key.pem"), "-rawin"]
            asked += ["-in", str(words), "-sigfile", str(signature)]
            if openssl() and subprocess.run(asked, check=False, capture_output=True).returncode:
                yield f"seal {seal['number']}: the signature is wrong"
    yield from (f"seal {number}: was published, and is gone" for number in published)


def table(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as rows:
        yield from csv.DictReader(rows)


def story(folder: Path, kept: str) -> str:
    lines, seals = sum(1 for _row in table(folder / "transfers.csv")), [*table(folder / "seals.csv")]
    sealed, signed = (
        sum(int(seal["lines"]) for seal in seals),
        "looked at" if openssl() else "NOT looked at: no openssl 3",
    )
    story = f"The books are in order.\n{lines} transfers, {sealed} under {len(seals)} seals; signatures {signed}."
    story += f"\nWhat the city published {'was' if kept else 'was NOT'} looked at{'' if kept else ': no KEPT'}."
    late = f"\nUnder no seal: {lines - sealed}. Whether more of them were there cannot be told."
    return story + late * (lines > sealed)


if __name__ == "__main__":
    folder, kept = Path(*sys.argv[1:2]), "".join(sys.argv[2:3])
    found: list[str] = []
    try:
        found.extend(faults(folder, kept))
    except (OSError, KeyError, ValueError, TypeError, AttributeError, csv.Error, sqlite3.Error) as wrong:
        found.append(f"these are not the files of an export ({wrong!r})")
    print("\n".join(found) or story(folder, kept))
    sys.exit(bool(found))
