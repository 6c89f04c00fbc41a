"""Checks the books of a city's points without the city's programs: `python3 checker.py FOLDER [KEPT]`.

FOLDER is what `portal points export` wrote. KEPT is a copy of /points/books.json you made earlier: what the city published
then must still be there, by the same key and with the same accounts. Python 3.9 or later is all it needs; with openssl, the
seals' signatures are looked at too. Exit status 0: in order.
"""

import csv
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

Row = dict[str, str]
BOUNDED = ("resident", "pot")
"""Kinds of accounts that are never below 0, whatever is said of them."""
KINDS = {
    "budget": ("city pot", "pot city"), "donation": ("resident donation",), "settled": ("partner settled",),
    "hold": ("resident held",), "exchange": ("held bridge",), "family": ("resident resident",),
    "expiry": ("resident expiry",), "again": ("expiry resident",), "owed": ("debt resident",),
    "set-off": ("resident debt",),
}  # fmt: skip
"""From which kind of account to which: reasons are under the seals, kinds are not."""


class Books:
    """What follows from the transfers so far: points by account, and by lot [account, at first, left]."""

    def __init__(self, folder: Path) -> None:
        rows = list(table(folder / "accounts.csv"))
        self.accounts = {row["id"]: row for row in rows}
        self.twice = [one for one, count in Counter(row["id"] for row in rows).items() if count > 1]
        self.total, self.lots, self.seen, self.newest = Counter[str](), dict[int, Any](), set[str](), 0
        self.undone = {row["reverses"]: row for row in table(folder / "transfers.csv") if row["reverses"]}

    def add(self, row: Row) -> Iterator[str]:
        number, amount, legs = int(row["number"]), int(row["amount"]), Counter[str]()
        if number <= self.newest or row["key"] in self.seen or amount <= 0 or row["source"] == row["target"]:
            yield "out of order, twice, or of nothing"
        self.newest = number
        self.seen.add(row["key"])
        for account, leg in ((row["source"], -amount), (row["target"], amount)):
            self.total[account] += leg
            legs.update({account: leg} if self.accounts[account]["kind"] == "resident" else {})
            one = self.accounts[account]
            if (one["never_below_zero"] == "yes" or one["kind"] in BOUNDED) and self.total[account] < 0:
                yield f"account {account} falls below 0"
        way = " ".join(self.accounts[row[side]]["kind"] for side in ("source", "target"))
        if way not in KINDS.get(row["reason"], way):
            yield f"is no {row['reason']} between such accounts"
        if self.moved(number, row) != legs:
            yield "what moved in lots is not what moved between accounts"
        if any(not 0 <= self.lots[lot][2] <= self.lots[lot][1] for lot, _ in draws(row)):
            yield "takes more from a lot than it has, or gives more back"
        back = self.undone.get(row["number"])
        if back and (back["source"], back["target"], back["amount"]) != (row["target"], row["source"], row["amount"]):
            yield f"transfer {back['number']} takes something else back"

    def moved(self, number: int, row: Row) -> Counter[str]:
        """Write down what the transfer brings and draws; how much that changes each account."""
        moved = Counter[str]()
        if row["expires_on"]:
            self.lots[number] = [row["target"], int(row["amount"]), int(row["amount"])]
            moved[row["target"]] += int(row["amount"])
        for lot, drawn in draws(row):
            self.lots[lot][2] -= drawn
            moved[self.lots[lot][0]] -= drawn
        return Counter({account: leg for account, leg in moved.items() if leg})

    def end(self) -> Iterator[str]:
        yield from (f"account {account}: stands there twice" for account in self.twice)
        left = Counter[str]()
        for account, _amount, remaining in self.lots.values():
            left[account] += remaining
        for account, row in self.accounts.items():
            if int(row["balance"]) != self.total[account]:
                yield f"account {account}: {row['balance']} are stated, {self.total[account]} follow"
            if row["kind"] == "resident" and left[account] != self.total[account]:
                yield f"account {account}: its lots hold {left[account]}, its transfers leave {self.total[account]}"
            if row.get("joined_to") and (left[account] or self.accounts[row["joined_to"]].get("joined_to")):
                yield f"account {account}: joined to another and not empty, or joined by more than one step"


def check(folder: Path, kept: Path | None) -> Iterator[str]:
    """Every fault as a line of text."""
    books, numbers, back = Books(folder), set[str](), Counter[str]()
    for row in table(folder / "transfers.csv"):
        try:
            yield from (f"transfer {row['number']}: {fault}" for fault in books.add(row))
        except (KeyError, ValueError, TypeError):
            yield f"transfer {row['number']}: cannot be read, or names a lot or an account that is not there"
        numbers.update({row["number"]} & books.undone.keys())
        back.update([row["reverses"]] if row["reverses"] else [])
    yield from (
        f"transfer {one}: taken back, and not there, or twice" for one in back if one not in numbers or back[one] > 1
    )
    yield from books.end()
    said = json.loads(kept.read_text()) if kept else {"heads": [], "accounts": []}
    if kept and said["key"].split() != (folder / "public-key.pem").read_text().split():
        yield "public-key.pem: not the key that was published"
    for one in said["accounts"]:
        row = books.accounts.get(one["id"], {})
        if (row.get("kind"), row.get("name")) != (one["kind"], one["name"]):
            yield f"account {one['id']}: was published as {one['kind']} {one['name']!r}"
    yield from check_seals(folder, said["heads"])


def check_seals(folder: Path, heads: list[Any]) -> Iterator[str]:
    """The chain of blocks over the very lines of transfers.csv, who signed them, and what was published of them."""
    before, place, published = b"", 0, {str(head["number"]): head["digest"] for head in heads}
    with (folder / "transfers.csv").open("rb") as lines:
        next(lines, b"")
        for place, seal in enumerate(table(folder / "seals.csv"), start=1):
            digest, line, count = hashlib.sha256(before), b"", 0
            for count, line in enumerate(islice(lines, int(seal["lines"])), start=1):  # noqa: B007
                digest.update(line.rstrip(b"\r\n") + b"\n")
            before = digest.digest()
            found = before.hex(), line.split(b",")[0].decode(), str(place), str(count)
            if found != (seal["digest"], seal["last"], seal["number"], seal["lines"]):
                yield f"seal {seal['number']}: its transfers are not those that were sealed"
            if published.pop(seal["number"], seal["digest"]) != seal["digest"]:
                yield f"seal {seal['number']}: not what the city published of it"
            if shutil.which("openssl") and not is_signed(folder, seal):
                yield f"seal {seal['number']}: the signature is wrong"
    yield from (f"seal {number}: was published, and is gone" for number in published)


def is_signed(folder: Path, seal: Row) -> bool:
    words = f"omatome points seal {seal['number']} {seal['last']} {seal['digest']}"
    with tempfile.TemporaryDirectory() as scratch:
        said, signature = Path(scratch, "said"), Path(scratch, "signature")
        said.write_text(words)
        signature.write_bytes(bytes.fromhex(seal["signature"]))
        given = ["-inkey", str(folder / "public-key.pem"), "-in", str(said), "-sigfile", str(signature)]
        asked = ["openssl", "pkeyutl", "-verify", "-pubin", "-rawin", *given]
        return not subprocess.run(asked, check=False, capture_output=True).returncode


def draws(row: Row) -> list[list[int]]:
    return [list(map(int, part.split(":"))) for part in row["drawn"].split()]


def table(file: Path) -> Iterator[Row]:
    with file.open(encoding="utf-8-sig", newline="") as rows:
        yield from csv.DictReader(rows)


def story(folder: Path) -> str:
    """What was looked at."""
    seals = [int(seal["lines"]) for seal in table(folder / "seals.csv")]
    signed = "looked at" if shutil.which("openssl") else "NOT looked at: openssl is not there"
    count = sum(1 for _row in table(folder / "transfers.csv"))
    story = f"The books are in order.\n{count} transfers, {sum(seals)} under {len(seals)} seals; signatures {signed}."
    late = count - sum(seals)
    return story if not late else f"{story}\nUnder no seal: {late}. Whether more of them were there cannot be told."


if __name__ == "__main__":
    said = [Path(one) for one in sys.argv[1:3]] or [Path()]
    try:
        found = list(check(said[0], said[1] if len(said) > 1 else None))
    except (OSError, KeyError, ValueError, TypeError, AttributeError, csv.Error) as wrong:
        found = [f"{said[0]}: these are not the files of an export ({wrong!r})"]
    print("\n".join(found) or story(said[0]))
    sys.exit(bool(found))
