"""Seals kept outside the database, as the audit's heads are (decision 2): what is gone at the end of the books shows.

A line a seal, in a file a month under `points-heads`: {"head": "number last digest-hex time", "signature": hex}, Ed25519
over the head. A restored backup closes the folder: `points-heads.0001` with `restored.json`, {"restored": text,
"signature": hex}, where the text is JSON with `at`, `backup_taken_at` and `end`, the newest seal the backup has. Seals
beyond it were given up by that restoration: they are told, not complained about.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, event, select
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import clock, journal
from portal.core.crypto import signing_key
from portal.points.ledger.models import PointSeal

FOLDER = "points-heads"
STATEMENT = "restored.json"
SIGNING = "points-heads"
log = journal.get_logger("points.heads")


class Head(NamedTuple):
    """How far the books went at a seal, and what they were until there."""

    number: int
    last: int
    digest: str


@dataclass(frozen=True, slots=True)
class Heads:
    """Where seals are kept, and the key they are signed with."""

    directory: Path
    key: Ed25519PrivateKey = field(repr=False)

    def keep(self, heads: Iterable[Head]) -> None:
        """Append signed lines, each by one write."""
        at = clock.now()
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / f"{FOLDER}-{at:%Y-%m}.jsonl").open("ab", buffering=0) as file:
            for head in heads:
                fact = f"{head.number} {head.last} {head.digest} {at.isoformat()}"
                file.write((json.dumps(self._signed("head", fact)) + "\n").encode())

    def catch_up(self, session: Session) -> None:
        """Seals that are in the database and, because somebody was killed, not yet here (worker)."""
        newest = max((head.number for head in _of_newest_file(self.directory)), default=0)
        late = select(PointSeal.number, PointSeal.last, PointSeal.digest).where(PointSeal.number > newest)
        self.keep(Head(*row[:2], row.digest.hex()) for row in session.execute(late.order_by(PointSeal.number)).all())
        if newest and session.get(PointSeal, newest) is None:
            log.error("points.seal_gone", number=newest)

    def keep_after_commit(self, session: Session, made: Sequence[Head]) -> None:
        """What is sealed now, once it is there for good."""

        @event.listens_for(session, "after_commit", once=True)
        def keep(_session: Session) -> None:
            try:
                self.keep(made)
            except OSError as fault:  # the next look catches up
                log.error("points.head_not_kept", error=type(fault).__name__)

    def close_epoch(self, connection: Connection, taken_at: str) -> None:
        """A backup was restored: begin a new folder, and say where the old one ends."""
        if not self.directory.exists():
            return
        query = select(PointSeal.number, PointSeal.last, PointSeal.digest).order_by(PointSeal.number.desc()).limit(1)
        row = connection.execute(query).one_or_none()
        end = [row.number, row.last, row.digest.hex()] if row else [0, 0, ""]
        said = json.dumps({"at": clock.now().isoformat(), "backup_taken_at": taken_at, "end": end})
        (self.directory / STATEMENT).write_text(json.dumps(self._signed("restored", said)))
        used = [int(one.suffix[1:]) for one in self.directory.parent.glob(f"{FOLDER}.[0-9]*")]
        self.directory.rename(self.directory.with_name(f"{FOLDER}.{max(used, default=0) + 1:04}"))

    def _signed(self, name: str, said: str) -> dict[str, str]:
        return {name: said, "signature": self.key.sign(said.encode()).hex()}


def of(settings: Settings) -> Heads:
    """The portal's own."""
    return Heads(settings.state_dir / FOLDER, signing_key(settings.master, SIGNING))


# ---- reading ------------------------------------------------------------------------------


@dataclass(slots=True)
class Kept:
    """What lies outside: heads that must be in the database, lines nobody signed, and what restorations gave up."""

    heads: set[Head] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


def read(directory: Path, public_key: Ed25519PublicKey) -> Kept:
    """Every epoch. Read it before the database: what is sealed meanwhile is no fault then."""
    kept = Kept()
    for epoch in sorted(directory.parent.glob(f"{FOLDER}.[0-9]*")):
        kept.heads |= set(_signed_heads(epoch, public_key, kept))
        _give_up(epoch, public_key, kept)
    if (directory / STATEMENT).exists():
        kept.faults.append(f"{directory.name}: a restoration was not finished; restore the same backup again")
    kept.heads |= set(_signed_heads(directory, public_key, kept))
    if not kept.heads:
        kept.told.append("No seal is kept outside the database: whether its newest ones are all there cannot be told.")
    return kept


def missing(connection: Connection, kept: Kept) -> Iterator[str]:
    """Seals kept outside that are not in the database as they were."""
    query = select(PointSeal.number, PointSeal.last, PointSeal.digest)
    there = {row.number: Head(row.number, row.last, row.digest.hex()) for row in connection.execute(query)}
    for head in sorted(kept.heads):
        if head.number not in there:
            yield f"seal {head.number}, whose head was kept outside, is gone"
        elif there[head.number] != head:
            yield f"seal {head.number} differs from the head kept outside"


def _give_up(epoch: Path, public_key: Ed25519PublicKey, kept: Kept) -> None:
    try:
        signed = json.loads((epoch / STATEMENT).read_text("utf-8"))
        public_key.verify(bytes.fromhex(signed["signature"]), signed["restored"].encode())
        said = json.loads(signed["restored"])
        end = Head(*said["end"])
    except (OSError, ValueError, KeyError, TypeError, InvalidSignature):
        kept.faults.append(f"{epoch.name}: no statement of a restoration signed by this city")
        return
    given_up = {head for head in kept.heads if head.number > end.number}
    kept.heads -= given_up
    kept.heads |= {end} if end.number else set()
    taken = said["backup_taken_at"] or "a day it does not say"
    kept.told.append(
        f"restored on {said['at']} from the backup of {taken}: {len(given_up)} seals after it are given up"
    )


def _signed_heads(folder: Path, public_key: Ed25519PublicKey, kept: Kept) -> Iterator[Head]:
    for file in sorted(folder.glob(f"{FOLDER}-*.jsonl")):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            try:
                yield _head(line, public_key)
            except (ValueError, KeyError, TypeError, InvalidSignature):
                kept.faults.append(f"{file.name}, line {number}: not a head signed by this city")


def _head(line: str, public_key: Ed25519PublicKey | None = None) -> Head:
    signed = json.loads(line)
    if public_key:
        public_key.verify(bytes.fromhex(signed["signature"]), signed["head"].encode())
    number, last, digest, _at = signed["head"].split(" ")
    return Head(int(number), int(last), digest)


def _of_newest_file(folder: Path) -> Iterator[Head]:
    """Without looking at signatures: only how far was written matters."""
    for file in sorted(folder.glob(f"{FOLDER}-*.jsonl"))[-1:]:
        for line in file.read_text("utf-8").splitlines():
            try:
                yield _head(line)
            except (ValueError, KeyError, TypeError):
                continue
