"""Takes coupons at a desk without network: `python3 desk_check.py KEY [TAKEN]`, then one scanned code a line.

KEY is the city's key as /points/coupon-key gives it, fetched while there was a network. What is taken is added to the file
TAKEN (taken.txt): each line is typed at the desk's page later, with "Taken without network", within a week. This desk
takes a coupon once; whether another one did shows then. Needs Python 3.9 or later and openssl, and a clock that is right.
"""

import base64
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MINUTE = 60


def judge(code: str, key: Path, taken: set[str], now: float) -> str:
    """ "taken", or why not."""
    said, _, signature = code.strip().rpartition(":")
    parts = said.split(":")
    if len(parts) != 4 or parts[0] != "OC1" or not parts[3].isdigit():
        return "not a coupon"
    if not is_signed(said, signature, key):
        return "not signed by the city"
    if not now <= int(parts[3]) <= now + 2 * MINUTE:
        return "too old: show the code anew"
    return "taken before" if parts[1] in taken else "taken"


def is_signed(said: str, signature: str, key: Path) -> bool:
    with tempfile.TemporaryDirectory() as scratch:
        words, mark = Path(scratch, "words"), Path(scratch, "mark")
        words.write_text(said)
        try:
            mark.write_bytes(base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)))
        except ValueError:
            return False
        asked = ["openssl", "pkeyutl", "-verify", "-pubin", "-rawin", "-inkey", str(key), "-in", str(words)]
        return not subprocess.run([*asked, "-sigfile", str(mark)], check=False, capture_output=True).returncode


def main(key: Path, file: Path) -> None:
    before = file.read_text().splitlines() if file.exists() else []
    taken = {line.split(":")[1] for line in before if line.count(":") == 4}
    for line in sys.stdin:
        found = judge(line, key, taken, time.time())
        print(found, flush=True)
        if found == "taken":
            taken.add(line.split(":")[1])
            with file.open("a") as out:
                out.write(line.strip() + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "taken.txt"))
