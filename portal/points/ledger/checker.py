"""Checks a city's books of points without the city's programs: `python3 checker.py FOLDER [KEPT]`. Status 0: in order.

FOLDER is what `portal points export` wrote. KEPT is a copy of /points/books.json you made earlier: the accounts published
then must still be there. Whether transfers were taken away, added or changed, seal_checker.py says: run both.
"""

import json
import re
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

FORMS = {"INTEGER": "0|-?[1-9][0-9]{0,14}", "TEXT": "[A-Za-z0-9.:+ -]+"}  # none can be read in two ways
BOOKS = """
CREATE TABLE accounts (id TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, name TEXT, never_below_zero TEXT NOT NULL,
  balance INTEGER NOT NULL, joined_to TEXT REFERENCES accounts, CHECK ((kind = 'resident') = (name IS NULL)),
  CHECK (never_below_zero = 'yes' OR never_below_zero = 'no' AND kind NOT IN ('resident', 'pot')),
  CHECK (joined_to IS NULL OR kind = 'resident'));
CREATE TABLE transfers (number INTEGER NOT NULL PRIMARY KEY, key TEXT NOT NULL UNIQUE,
  source TEXT NOT NULL REFERENCES accounts, target TEXT NOT NULL REFERENCES accounts CHECK (target <> source),
  amount INTEGER NOT NULL CHECK (amount > 0), reason TEXT NOT NULL, at TEXT NOT NULL, recorded_at TEXT NOT NULL,
  reverses INTEGER UNIQUE REFERENCES transfers, expires_on TEXT, drawn TEXT);
CREATE TABLE draws (number INTEGER, lot INTEGER, points INTEGER); CREATE TABLE published (id, kind, name);
CREATE TABLE ways (reason, source, target); INSERT INTO ways VALUES ('budget', 'city', 'pot'), ('budget', 'pot', 'city'),
  ('donation', 'resident', 'donation'), ('settled', 'partner', 'settled'), ('hold', 'resident', 'held'),
  ('exchange', 'held', 'bridge'), ('family', 'resident', 'resident'), ('expiry', 'resident', 'expiry'),
  ('again', 'expiry', 'resident'), ('owed', 'debt', 'resident'), ('set-off', 'resident', 'debt');
CREATE VIEW legs AS SELECT number, source account, -amount points FROM transfers
  UNION ALL SELECT number, target, amount FROM transfers;
CREATE VIEW lots AS SELECT number came, target account, amount FROM transfers WHERE expires_on IS NOT NULL;
CREATE VIEW moves AS SELECT came number, came lot, account, amount points, amount most FROM lots
  UNION ALL SELECT number, lot, account, -points, amount FROM draws LEFT JOIN lots ON came = lot;
"""
FAULTS = """
SELECT printf('%s %d: names one of the %s that is not there', "table", rowid, parent) FROM pragma_foreign_key_check
UNION ALL SELECT printf('transfer %d: account %s falls below 0', number, account) FROM
  (SELECT number, account, sum(points) OVER (PARTITION BY account ORDER BY number) points FROM legs)
  LEFT JOIN accounts ON id = account WHERE points < 0 AND never_below_zero IS NOT 'no'
UNION ALL SELECT printf('transfer %d: takes more from lot %d than it has, or gives more back', number, lot) FROM
  (SELECT number, lot, most, sum(points) OVER (PARTITION BY lot ORDER BY number) points FROM moves)
  WHERE points NOT BETWEEN 0 AND ifnull(most, -1)
UNION ALL SELECT printf('transfer %d: what moved in lots is not what moved between accounts', number) FROM
  (SELECT number, account, points FROM moves UNION ALL
  SELECT number, account, -points FROM legs JOIN accounts ON id = account WHERE kind = 'resident')
  GROUP BY number, account HAVING sum(points) <> 0
UNION ALL SELECT printf('transfer %d: is no %s between such accounts', number, reason) FROM transfers
  JOIN accounts s ON s.id = source JOIN accounts t ON t.id = target
  WHERE reason IN (SELECT reason FROM ways) AND (reason, s.kind, t.kind) NOT IN ways
UNION ALL SELECT printf('transfer %d: takes something else back', b.number) FROM transfers b
  JOIN transfers t ON t.number = b.reverses AND (b.source, b.target, b.amount) <> (t.target, t.source, t.amount)
UNION ALL SELECT printf('account %s: %d points more are stated than follow', account, sum(points)) FROM
  (SELECT id account, balance points FROM accounts UNION ALL SELECT account, -points FROM legs)
  GROUP BY account HAVING sum(points) <> 0
UNION ALL SELECT printf('account %s: joined to another and not empty, or joined by more than one step', a.id)
  FROM accounts a JOIN accounts b ON b.id = a.joined_to AND (a.balance <> 0 OR b.joined_to IS NOT NULL)
UNION ALL SELECT printf('account %s: was published as %s %s', id, p.kind, p.name)
  FROM published p LEFT JOIN accounts a USING (id) WHERE (a.kind, a.name) IS NOT (p.kind, p.name)
"""


def rows(books: sqlite3.Connection, folder: Path, name: str) -> Iterator[list[str]]:
    """The lines of a file: columns as in BOOKS, each word as in FORMS."""
    columns = books.execute(f"PRAGMA table_info({name})").fetchall()
    form = ",".join(f"({FORMS[kind]}){'' if needed else '?'}" for _, _, kind, needed, *_ in columns)
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="\n") as lines:
        if next(lines, "").rstrip("\r\n") != ",".join(column[1] for column in columns):
            raise ValueError(f"{name}.csv, line 1: not the heading of an export")
        for place, line in enumerate(lines, start=2):
            if not re.fullmatch(form, line.rstrip("\r\n")):
                raise ValueError(f"{name}.csv, line {place}: not as an export writes it")
            yield line.rstrip("\r\n").split(",")


def faults(books: sqlite3.Connection, folder: Path, kept: str) -> Iterator[str]:
    books.executescript(BOOKS)
    for name in ("accounts", "transfers"):
        for place, row in enumerate(rows(books, folder, name), start=2):
            try:
                books.execute(f"INSERT INTO {name} VALUES (?{', ?' * (len(row) - 1)})", [word or None for word in row])  # noqa: S608
            except sqlite3.Error as wrong:
                yield f"{name}.csv, line {place}: {wrong}"
    drawn = books.execute("SELECT number, drawn FROM transfers WHERE drawn IS NOT NULL")
    parts = ((number, *map(int, part.split(":"))) for number, words in drawn for part in words.split())
    books.executemany("INSERT INTO draws VALUES (?, ?, ?)", parts)
    accounts = json.loads(Path(kept).read_bytes())["accounts"] if kept else []
    books.executemany("INSERT INTO published VALUES (:id, :kind, :name)", accounts)
    yield from (words for (words,) in books.execute(FAULTS))


if __name__ == "__main__":
    kept, fault = "".join(sys.argv[2:3]), ""
    try:
        for fault in faults(sqlite3.connect(""), Path(*sys.argv[1:2]), kept):
            print(fault)
    except Exception as wrong:
        print(fault := f"these are not the files of an export ({wrong!a})")
    if not fault:
        print(f"The books are in order.\nAccounts published: {'' if kept else 'NOT '}looked at. Seals: seal_checker.py")
    sys.exit(bool(fault))
