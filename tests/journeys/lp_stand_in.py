#!/usr/bin/env python3
"""`lp`, `lpstat` and `cancel` of a printer that stores its paper: <folder of this file>/../paper/<job>.pdf.

Speaks what the kiosk uses of a CUPS client (man lp, lpstat, cancel); which command it is, its name says.
Standard library only. Exit codes: 0 done, 1 unknown command or job.
"""

import json
import os
import sys
from pathlib import Path

PRINTER = "Paper"
PAPER = Path(sys.argv[0]).resolve().parent.parent / "paper"
HELD = PAPER.with_name("held")


def print_file(words: list[str]) -> int:
    """`lp -U OWNER -t TITLE [-d QUEUE] -`: the document comes on standard input."""
    PAPER.mkdir(exist_ok=True)
    document = sys.stdin.buffer.read()
    if HELD.exists():
        HELD.read_bytes()  # a pipe: the queue takes nothing until its other end is opened and closed
    job = f"{PRINTER}-{len(list(PAPER.glob('*.json'))) + 1}"
    owner = words[words.index("-U") + 1] if "-U" in words else "nobody"
    scratch = PAPER / f"{job}.new"
    scratch.write_bytes(document)
    scratch.replace(PAPER / f"{job}.pdf")
    (PAPER / f"{job}.json").write_text(json.dumps({"job": job, "owner": owner, "bytes": len(document)}))
    print(f"request id is {job} (1 file(s))")
    return 0


def tell(words: list[str]) -> int:
    """`lpstat -d | -p | -l -W WHICH [-u OWNER] -o`; paper comes out at once, so nothing is ever waiting."""
    if "-d" in words:
        print(f"system default destination: {PRINTER}")
    elif "-p" in words:
        print(f"printer {PRINTER} is idle.  enabled since Sun Nov 22 09:00:00 2026")
    elif "completed" in words:
        owner = words[words.index("-u") + 1] if "-u" in words else ""
        for file in sorted(PAPER.glob("*.json")):
            job = json.loads(file.read_text())
            if owner in ("", job["owner"]):
                print(f"{job['job']:<23} {job['owner']:<15} {job['bytes']:>8}   Sun Nov 22 09:00:00 2026\n\tStatus: ")
    return 0


COMMANDS = {"lp": print_file, "lpstat": tell, "cancel": lambda words: 1}

if __name__ == "__main__":
    sys.exit(COMMANDS.get(os.path.basename(sys.argv[0]), lambda words: 1)(sys.argv[1:]))
