"""What a card remembers without power: one JSON document, replaced as a whole or not at all."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

FORMAT = 1


class Store(Protocol):
    """Where the memory of a card lives."""

    def load(self) -> dict[str, Any]: ...

    def save(self, content: dict[str, Any]) -> None: ...


class FileStore:
    """A memory in a file, readable by its owner only because it holds keys and PINs."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.path.read_text("utf-8"))
        if content.get("format") != FORMAT:
            raise ValueError(f"{self.path.name} has another format than {FORMAT}")
        return content

    def save(self, content: dict[str, Any]) -> None:
        write_atomically(self.path, json.dumps(content, ensure_ascii=False, indent=1).encode(), mode=0o600)


class VolatileStore:
    """A memory for tests and measurements: survives power-offs of the card, not the process."""

    def __init__(self, content: dict[str, Any]) -> None:
        self._document = json.dumps(content)

    def load(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self._document)
        return content

    def save(self, content: dict[str, Any]) -> None:
        self._document = json.dumps(content)


class Torn(BaseException):
    """The card lost power while it wrote. No Exception: nothing on the card gets to handle it or to answer."""


@dataclass(slots=True)
class Tear:
    """A power cut to come: at the write-th write from now, which is `kept` or not."""

    write: int
    kept: bool


def write_atomically(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replace a file so that a power cut at any moment leaves the old or the new content, never a mixture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Memory:
    """The content of one card and the only way to change it: alter `content`, then `commit`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tear: Tear | None = None
        self.content = store.load()

    def application(self, name: str) -> dict[str, Any]:
        """Return the part of one application; it may be changed in place before `commit`."""
        part: dict[str, Any] = self.content["applications"][name]
        return part

    def commit(self) -> None:
        """Make the changes survive; returns only when they do. Raises Torn where a power cut was asked for."""
        tear = self._tear
        if tear is not None:
            tear.write -= 1
        if tear is None or tear.write > 0 or tear.kept:
            self._store.save(self.content)
        if tear is not None and tear.write <= 0:
            self._tear = None
            self.roll_back()
            raise Torn

    def tear(self, tear: Tear) -> None:
        """Let the power fail at a write to come."""
        self._tear = tear

    def roll_back(self) -> None:
        """Forget what was not committed, as a power cut would."""
        self.content = self._store.load()
