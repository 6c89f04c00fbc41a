"""Paper of the stand-in printer: put it on the PATH, read what came out with pdftotext."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STAND_IN = Path(__file__).with_name("lp_stand_in.py")


class Printer:
    """`bin` holds the commands lp, lpstat and cancel; paper lands beside it."""

    def __init__(self, folder: Path) -> None:
        self.bin, self._paper, self._held = folder / "bin", folder / "paper", folder / "held"
        self.bin.mkdir(parents=True)
        for name in ("lp", "lpstat", "cancel"):
            shutil.copy(STAND_IN, self.bin / name)
            (self.bin / name).chmod(0o755)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Meanwhile whoever prints waits for `lp`; whoever lived on is let go afterwards."""
        os.mkfifo(self._held)
        yield
        ends = os.open(self._held, os.O_RDWR | os.O_NONBLOCK)
        self._held.unlink()
        os.close(ends)

    def sheets(self) -> list[Path]:
        """The documents printed so far, the oldest first."""
        return sorted(self._paper.glob("*.pdf"), key=lambda file: int(file.stem.rpartition("-")[2]))


def words_of(document: Path) -> str:
    """The text of a PDF without blanks, so that a line break inside a name hides nothing."""
    done = subprocess.run(("pdftotext", "-layout", str(document), "-"), capture_output=True, check=True)
    return "".join(done.stdout.decode().split())
