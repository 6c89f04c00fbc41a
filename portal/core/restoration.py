"""A restored backup, on record: the heads kept outside begin a new epoch, which says where the old one ended.

After a restore the database is older than its heads. Without a word from the operator's command that looks like
tampering, and must. So the command closes the folder of heads: a signed statement in it says until which row of each
chain the restored database goes, and the folder is put aside under its number. A new folder begins with the next
commit. `portal verify-audit` (oversight/reader.py) then knows which rows are gone for a reason.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from portal.core import audit, clock
from portal.core.audit import Action, Anchor, Head
from portal.core.uow import Database

STATEMENT = "restored.json"


@dataclass(frozen=True, slots=True)
class Backup:
    """What a restored file says of itself: when it was taken, and the SHA-256 of its manifest in hex."""

    taken_at: str
    digest: str


def record(database: Database, backup: Backup) -> None:
    """Close the epoch of heads at what the database holds now, and put the restoration on record in the new one.

    Call it right after the rows were replaced. Killed before its end, it leaves books `verify-audit` complains
    about, until the same backup is restored again.
    """
    with database.engine.connect() as connection:
        ends = connection.execute(select(Head.chain, Head.seq, Head.mac).order_by(Head.chain)).all()
    _close_epoch(database.anchor, backup, [[row.chain, row.seq, bytes(row.mac).hex()] for row in ends])
    with database.command("restore") as session:
        audit.did(session, Action.CHANGE, whose=None, what="database.restored", case_ref=backup.taken_at[:19])


def _close_epoch(anchor: Anchor, backup: Backup, ends: list[list[object]]) -> None:
    folder = anchor.directory
    folder.mkdir(parents=True, exist_ok=True)
    said = {"at": clock.now().isoformat(), "backup_taken_at": backup.taken_at, "backup": backup.digest, "ends": ends}
    text = json.dumps(said)
    (folder / STATEMENT).write_text(json.dumps({"restored": text, "signature": anchor.key.sign(text.encode()).hex()}))
    folder.rename(_next_name(folder))


def _next_name(folder: Path) -> Path:
    """`audit-heads.0001`, `audit-heads.0002` … beside the folder."""
    used = [int(one.suffix[1:]) for one in folder.parent.glob(f"{folder.name}.[0-9]*")]
    return folder.with_name(f"{folder.name}.{max(used, default=0) + 1:04}")
