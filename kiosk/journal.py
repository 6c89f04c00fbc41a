"""A small store that survives a power cut: one JSON file per key, replaced as a whole and synced.

Used by the kiosk for paid jobs and by the coin box for payments. Not a database: tens of files, one writer.
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

_KEY = re.compile(r"[A-Za-z0-9-]{1,64}")


class Journal:
    """Records as dictionaries under `folder`; `write` returns only when the disk has the record."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for leftover in folder.glob("*.tmp"):
            leftover.unlink()

    def write(self, key: str, record: dict[str, Any]) -> None:
        path = self._path(key)
        temporary = path.with_suffix(".tmp")
        with open(temporary, "w", encoding="utf-8", opener=_private) as file:
            json.dump(record, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        self._sync_folder()

    def read(self, key: str) -> dict[str, Any] | None:
        """None for a key never written, and for a record the disk has lost: that one is put aside and told in the log,
        so that one bad file does not keep the machine from starting."""
        path = self._path(key)
        try:
            record = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:
            record = None
        if not isinstance(record, dict):
            log.error("record unreadable folder=%s key=%s", self.folder.name, key)
            path.replace(path.with_suffix(".unreadable"))
            return None
        return record

    def forget(self, key: str) -> None:
        """A record nobody asks for any more."""
        self._path(key).unlink(missing_ok=True)

    def forget_older(self, seconds: float) -> None:
        """Records not written for so long."""
        before = time.time() - seconds
        with os.scandir(self.folder) as found:
            old = [one.path for one in found if one.stat().st_mtime < before]
        for path in old:
            Path(path).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """All keys, the oldest record first."""
        with os.scandir(self.folder) as found:
            dated = sorted((one.stat().st_mtime_ns, one.name) for one in found if one.name.endswith(".json"))
        return [name.removesuffix(".json") for _, name in dated]

    def count(self) -> int:
        """How many records there are."""
        with os.scandir(self.folder) as found:
            return sum(one.name.endswith(".json") for one in found)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError("a journal key is letters, digits and hyphens")
        return self.folder / f"{key}.json"

    def _sync_folder(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
