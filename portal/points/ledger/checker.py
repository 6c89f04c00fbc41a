"""Checks the books of a city's points without the city's programs: `python3 checker.py FOLDER` (`portal points export`).

Python 3.9 or later is all it needs; with openssl there, the seals' signatures are looked at too. Exit status 0: in order.
"""

import csv
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Row = dict[str, str]
Lots = dict[int, Any]  # by number: [account, points at first, points left]


def check(folder: Path) -> Iterator[str]:
    """Every fault as a line of text."""
    accounts = {row["id"]: row for row in table(folder / "accounts.csv")}
    lots, seen, total, earlier = Lots(), set[str](), Counter[str](), 0
    for row in table(folder / "transfers.csv"):
        number, amount = int(row["number"]), int(row["amount"])
        marks = {row["key"], *([f"reverses {row['reverses']}"] if row["reverses"] else [])}
        if number <= earlier or marks & seen or amount <= 0 or row["source"] == row["target"]:
            yield f"transfer {number}: out of order, twice, or of nothing"
        earlier = number
        seen |= marks
        if not accounts.keys() >= {row["source"], row["target"]} or not {lot for lot, _ in draws(row)} <= {
            *lots,
            number,
        }:
            yield f"transfer {number}: of an account or a lot that is not here"
            continue
        moved, legs = move_lots(lots, number, row), Counter[str]()
        for account, leg in ((row["source"], -amount), (row["target"], amount)):
            total[account] += leg
            legs.update({account: leg} if accounts[account]["kind"] == "resident" else {})
            if accounts[account]["never_below_zero"] == "yes" and total[account] < 0:
                yield f"transfer {number}: account {account} falls below 0"
        if moved != legs:
            yield f"transfer {number}: what moved in lots is not what moved between accounts"
        if any(not 0 <= lots[lot][2] <= lots[lot][1] for lot, _ in draws(row)):
            yield f"transfer {number}: takes more from a lot than it has, or gives more back"
    yield from check_balances(accounts, lots, total)


def draws(row: Row) -> list[list[int]]:
    return [list(map(int, part.split(":"))) for part in row["drawn"].split()]


def move_lots(lots: Lots, number: int, row: Row) -> Counter[str]:
    """Write down what the transfer brings and draws; how much that changes each account."""
    moved = Counter[str]()
    if row["expires_on"]:
        lots[number] = [row["target"], int(row["amount"]), int(row["amount"])]
        moved[row["target"]] += int(row["amount"])
    for lot, drawn in draws(row):
        lots[lot][2] -= drawn
        moved[lots[lot][0]] -= drawn
    return Counter({account: leg for account, leg in moved.items() if leg})


def check_balances(accounts: dict[str, Row], lots: Lots, total: Counter[str]) -> Iterator[str]:
    left = Counter[str]()
    for account, _amount, remaining in lots.values():
        left[account] += remaining
    for account, row in accounts.items():
        if int(row["balance"]) != total[account]:
            yield f"account {account}: {row['balance']} are stated, {total[account]} follow"
        if row["kind"] == "resident" and left[account] != total[account]:
            yield f"account {account}: its lots hold {left[account]}, its transfers leave {total[account]}"
    if sum(total.values()):
        yield "the books do not sum to 0"


def check_seals(folder: Path) -> Iterator[str]:
    """The chain of blocks over the very lines of transfers.csv, and who signed them."""
    lines = read(folder / "transfers.csv")[1:]
    place, before = 0, b""
    for seal in table(folder / "seals.csv"):
        digest = hashlib.sha256(before)
        for line in lines[place : place + int(seal["lines"])]:
            digest.update((line + "\n").encode())
        place += int(seal["lines"])
        before = digest.digest()
        if before.hex() != seal["digest"] or place > len(lines) or lines[place - 1].split(",")[0] != seal["last"]:
            yield f"seal {seal['number']}: its transfers are not those that were sealed"
        if shutil.which("openssl") and not is_signed(folder, seal):
            yield f"seal {seal['number']}: the signature is wrong"


def is_signed(folder: Path, seal: Row) -> bool:
    words = f"omatome points seal {seal['number']} {seal['last']} {seal['digest']}"
    with tempfile.TemporaryDirectory() as scratch:
        said, signature = Path(scratch, "said"), Path(scratch, "signature")
        said.write_text(words)
        signature.write_bytes(bytes.fromhex(seal["signature"]))
        given = [str(file) for file in (folder / "public-key.pem", said, signature)]
        asked = ["openssl", "pkeyutl", "-verify", "-pubin", "-rawin", "-inkey", given[0], "-in", given[1]]
        return not subprocess.run([*asked, "-sigfile", given[2]], check=False, capture_output=True).returncode


def read(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8-sig").splitlines()


def table(file: Path) -> Iterable[Row]:
    return csv.DictReader(read(file))


def story(folder: Path) -> str:
    """What was looked at. Transfers after the last seal could be cut off together with their balances."""
    seals = [int(seal["lines"]) for seal in table(folder / "seals.csv")]
    signed = "looked at" if shutil.which("openssl") else "NOT looked at: openssl is not there"
    count = len(read(folder / "transfers.csv")) - 1
    return f"The books are in order.\n{count} transfers, {sum(seals)} under {len(seals)} seals; signatures {signed}."


if __name__ == "__main__":
    books = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    try:
        found = [*check(books), *check_seals(books)]
    except (OSError, KeyError, ValueError, TypeError, AttributeError) as wrong:
        found = [f"{books}: these are not the files of an export ({wrong!r})"]
    print("\n".join(found) or story(books))
    sys.exit(bool(found))
