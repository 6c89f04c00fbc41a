"""Checks the seals over a city's points without its programs: `python3 seal_checker.py FOLDER [KEPT]`. Status 0: in order.

FOLDER is what `portal points export` wrote. KEPT is a copy of /points/books.json you made earlier: the seals published then
must still be there. Every few minutes the city closes the newest lines of transfers.csv into a block, the SHA-256 of the
block before and of these lines, and signs it. Whether the points in them add up, checker.py says: run both.
Python 3.9 or later is enough; with openssl 3 the signatures are looked at too.
"""

import hashlib
import itertools
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

FILES = {  # the heading, and the form of all other lines: none can be read in two ways
    "transfers.csv": (
        "number,key,source,target,amount,reason,at,recorded_at,reverses,expires_on,drawn",
        "[1-9][0-9]{0,14}(,[A-Za-z0-9.:+ -]*){10}",
    ),
    "seals.csv": ("number,last,lines,digest,signature", "([1-9][0-9]{0,14},){3}[0-9a-f]{64},[0-9a-f]{128}"),
}


def rows(folder: Path, name: str) -> Iterator[str]:
    """The lines of a file without their ends, which a spreadsheet may have changed."""
    heading, form = FILES[name]
    with (folder / name).open(encoding="utf-8-sig", newline="\n") as lines:
        for place, line in enumerate(lines, start=1):
            words = line.rstrip("\r\n")
            if words != heading if place == 1 else not re.fullmatch(form, words):
                raise ValueError(f"{name}, line {place}: not {'the heading' if place == 1 else 'a line'} of an export")
            if place > 1:
                yield words


def faults(folder: Path, kept: str, openssl: str) -> Iterator[str]:
    """Every fault as a line of text."""
    said = json.loads(Path(kept).read_bytes()) if kept else {"heads": []}
    if kept and said["key"].split() != (folder / "public-key.pem").read_text().split():
        yield "public-key.pem: not the key that was published"
    published = {str(head["number"]): head["digest"] for head in said["heads"]}
    lines, before, passed = rows(folder, "transfers.csv"), b"", 0
    for place, seal in enumerate(rows(folder, "seals.csv"), start=1):
        number, last, count, digest, signature = seal.split(",")
        block, found, line = hashlib.sha256(before), 0, ""
        for found, line in enumerate(itertools.islice(lines, int(count)), start=1):  # noqa: B007 - the last is kept
            block.update(f"{line}\n".encode())
        before, passed = block.digest(), int(last)
        if (number, last, count, digest) != (str(place), line.split(",")[0], str(found), before.hex()):
            yield f"seal {number}: its transfers are not those that were sealed"
        if published.pop(number, digest) != digest:
            yield f"seal {number}: not what the city published of it"
        if openssl and not is_signed(f"omatome points seal {number} {last} {digest}", signature, folder, openssl):
            yield f"seal {number}: the signature is wrong"
    yield from (f"seal {number}: was published, and is gone" for number in published)
    late = (line.split(",")[0] for line in lines)
    yield from (f"transfer {number}: seals passed it by" for number in late if int(number) <= passed)


def is_signed(words: str, signature: str, folder: Path, openssl: str) -> bool:
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, "words").write_text(words)
        Path(scratch, "signature").write_bytes(bytes.fromhex(signature))
        asked = [openssl, "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", str(folder.absolute() / "public-key.pem")]
        asked += ["-in", "words", "-sigfile", "signature"]
        return not subprocess.run(asked, cwd=scratch, check=False, capture_output=True).returncode


def able_openssl() -> str:
    """One that knows such signatures; an older one, or another of that name, would call every one of them wrong."""
    found = shutil.which("openssl") or ""
    known = subprocess.run([found, "pkeyutl", "-help"], check=False, capture_output=True) if found else None
    return str(Path(found).absolute()) if known and b"-rawin" in known.stdout + known.stderr else ""


if __name__ == "__main__":
    folder, kept, fault = Path(*sys.argv[1:2]), "".join(sys.argv[2:3]), ""
    try:
        openssl = able_openssl()
        for fault in faults(folder, kept, openssl):
            print(fault)
        seals = [int(seal.split(",")[2]) for seal in rows(folder, "seals.csv")]
        late = sum(1 for _ in rows(folder, "transfers.csv")) - sum(seals)
    except Exception as wrong:
        print(fault := f"these are not the files of an export ({wrong!a})")
    if not fault:
        sealed, signed = sum(seals), "looked at" if openssl else "NOT looked at: no openssl 3"
        print("The seals are in order.")
        print(f"{late + sealed} transfers, {sealed} under {len(seals)} seals; signatures {signed}.")
        print(f"What the city published was {'looked at' if kept else 'NOT looked at: no KEPT'}.")
        if late:
            print(f"Under no seal: {late}. Whether more of them were there cannot be told.")
    sys.exit(bool(fault))
