"""The uninterruptible power supply: what NUT's `upsc` says of it, and a simulated twin."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 5


@dataclass(frozen=True)
class NutPower:
    """`upsc NAME ups.status` (Network UPS Tools): OL on line, OB on battery, LB battery low."""

    name: str
    upsc: str = "upsc"

    def state(self) -> str:
        try:
            done = subprocess.run(
                [self.upsc, self.name, "ups.status"], capture_output=True, timeout=_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return "unknown"
        return _meaning(set(done.stdout.decode(errors="replace").split())) if done.returncode == 0 else "unknown"


def _meaning(status: set[str]) -> str:
    if "LB" in status or "FSD" in status:
        return "low"
    if "OB" in status:
        return "battery"
    return "mains" if "OL" in status else "unknown"


@dataclass(frozen=True)
class SimulatedPower:
    """A file whose first word is the state; without it the mains are there."""

    file: Path

    def state(self) -> str:
        if not self.file.exists():
            return "mains"
        return self.file.read_text("utf-8").strip() or "mains"

    def say(self, state: str) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(state, "utf-8")


class MainsOnly:
    """No UPS: a power cut ends the machine, and the journal knows where it stood."""

    def state(self) -> str:
        return "mains"
