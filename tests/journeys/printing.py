"""Paper of the stand-in printer: put it on the PATH, read what came out with pdftotext."""

import shutil
import subprocess
from pathlib import Path

STAND_IN = Path(__file__).with_name("lp_stand_in.py")


class Printer:
    """`bin` holds the commands lp, lpstat and cancel; paper lands beside it."""

    def __init__(self, folder: Path) -> None:
        self.bin, self._paper = folder / "bin", folder / "paper"
        self.bin.mkdir(parents=True)
        for name in ("lp", "lpstat", "cancel"):
            shutil.copy(STAND_IN, self.bin / name)
            (self.bin / name).chmod(0o755)

    def sheets(self) -> list[Path]:
        """The documents printed so far, the oldest first."""
        return sorted(self._paper.glob("*.pdf"), key=lambda file: int(file.stem.rpartition("-")[2]))


def words_of(document: Path) -> str:
    """The text of a PDF without blanks, so that a line break inside a name hides nothing."""
    done = subprocess.run(("pdftotext", "-layout", str(document), "-"), capture_output=True, check=True)
    return "".join(done.stdout.decode().split())
