"""The reader that checks the audit records: it shares no code with the writer in core.audit, on purpose.

It reads the rows by plain SQL, computes every keyed hash again from the format described below, and holds
the result against the signed heads kept outside the database. A changed, inserted, reordered or removed
row shows, the newest one included.

Format. Row *n* of a chain has `mac = HMAC-SHA-256(key, len(m) as 8 bytes big-endian || m)` where *m* is the
JSON array [chain, seq, at (ISO 8601, UTC), actor kind, actor id or "", actor label, action, subject or "",
what, why, case reference, mac of row n-1 in hex], UTF-8, not ASCII-escaped; row 0 is 32 zero bytes. A head
line is {"head": "chain seq mac-hex time", "signature": Ed25519 over the head's UTF-8, hex}.

Restorations. Each restored backup closes the folder of heads: `audit-heads.0001`, `.0002` … hold the heads before the
first, second … one and `restored.json`, {"restored": text, "signature": hex}, where the text is JSON with `at`,
`backup_taken_at` and `ends`, a list of [chain, seq, mac-hex]. Heads beyond these ends are of rows the restoration gave
up: they are counted and told, not complained about. Every other head, of whatever epoch, must still fit.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, text

ROWS = text(
    "SELECT chain, seq, at, actor_kind, actor_id, actor_label, action, subject, what, why, case_ref, mac "
    "FROM audit_records ORDER BY chain, seq"
)
STATEMENT = "restored.json"
HEADS = text("SELECT chain, seq, mac FROM audit_heads ORDER BY chain")


@dataclass(slots=True)
class Findings:
    """How much was read and what is wrong with it; an empty `faults` is a clean bill. `restorations` tell what is
    missing for a reason: one line a restored backup."""

    rows: int = 0
    heads: int = 0
    restorations: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def verify(connection: Connection, key: bytes, heads: Path, public_key: Ed25519PublicKey) -> Findings:
    """Read every record and every kept head; *key* is the chain's secret, *heads* the folder outside.

    *connection* sees one moment (core.db.snapshot): what is written meanwhile is no fault. The heads outside are read
    before it, so every one of them must have its row.
    """
    findings = Findings()
    anchors = _all_anchors(heads, public_key, findings)
    ends: dict[int, tuple[int, bytes]] = {}
    for row in connection.execute(ROWS):
        findings.rows += 1
        seq, before = ends.get(row.chain, (0, bytes(32)))
        if row.seq != seq + 1:
            findings.faults.append(f"chain {row.chain}: row {seq + 1} is missing before row {row.seq}")
        stored = bytes(row.mac)
        if not hmac.compare_digest(stored, _mac(key, row, before)):
            findings.faults.append(f"chain {row.chain}: row {row.seq} was changed, or a row before it")
        kept = anchors.pop((row.chain, row.seq), stored)
        if kept != stored:
            findings.faults.append(f"chain {row.chain}: row {row.seq} differs from the head kept outside")
        ends[row.chain] = (row.seq, stored)
    for chain, seq in sorted(anchors):
        findings.faults.append(f"chain {chain}: row {seq}, whose head was kept outside, is gone")
    for head in connection.execute(HEADS):
        if ends.get(head.chain, (0, bytes(32))) != (head.seq, bytes(head.mac)):
            findings.faults.append(f"chain {head.chain}: its end is not the head of the table audit_heads")
    return findings


Anchors = dict[tuple[int, int], bytes]


def _all_anchors(heads: Path, public_key: Ed25519PublicKey, findings: Findings) -> Anchors:
    """The heads of all epochs, without those a restoration gave up."""
    found: Anchors = {}
    for epoch in sorted(heads.parent.glob(f"{heads.name}.[0-9]*")):
        found |= _anchors(epoch, public_key, findings)
        found = _until_restored(found, epoch, public_key, findings)
    if (heads / STATEMENT).exists():
        findings.faults.append(f"{heads.name}: a restoration was not finished; restore the same backup again")
    return found | _anchors(heads, public_key, findings)


def _until_restored(anchors: Anchors, epoch: Path, public_key: Ed25519PublicKey, findings: Findings) -> Anchors:
    """The anchors that hold after the restoration that closed *epoch*; its ends are anchors themselves."""
    try:
        kept = json.loads((epoch / STATEMENT).read_text("utf-8"))
        public_key.verify(bytes.fromhex(kept["signature"]), kept["restored"].encode())
        said = json.loads(kept["restored"])
        ends = {chain: (seq, bytes.fromhex(digest)) for chain, seq, digest in said["ends"]}
    except (OSError, ValueError, KeyError, InvalidSignature):
        findings.faults.append(f"{epoch.name}: no statement of a restoration signed by this city")
        return anchors
    newest: dict[int, int] = {}
    for chain, seq in anchors:
        newest[chain] = max(seq, newest.get(chain, 0))
    missing = sum(max(0, seq - ends[chain][0]) for chain, seq in newest.items())
    taken = said["backup_taken_at"] or "a day it does not say"
    findings.restorations.append(
        f"restored on {said['at']} from the backup of {taken}: {missing:,} records after it are known missing"
    )
    held = {place: digest for place, digest in anchors.items() if place[1] <= ends[place[0]][0]}
    return held | {(chain, seq): digest for chain, (seq, digest) in ends.items() if seq}


def _anchors(heads: Path, public_key: Ed25519PublicKey, findings: Findings) -> Anchors:
    found = {}
    for file, number, line in _lines(heads):
        try:
            kept = json.loads(line)
            public_key.verify(bytes.fromhex(kept["signature"]), kept["head"].encode())
            chain, seq, digest, _at = kept["head"].split(" ")
            found[int(chain), int(seq)] = bytes.fromhex(digest)
            findings.heads += 1
        except (ValueError, KeyError, InvalidSignature):
            findings.faults.append(f"{file.name}, line {number}: not a head signed by this city")
    return found


def _lines(heads: Path) -> Iterator[tuple[Path, int, str]]:
    for file in sorted(heads.glob("audit-heads-*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                yield file, number, line


def _mac(key: bytes, row: Any, before: bytes) -> bytes:
    message = json.dumps(
        [
            row.chain,
            row.seq,
            _instant(row.at),
            row.actor_kind,
            _id(row.actor_id),
            row.actor_label,
            row.action,
            _id(row.subject),
            row.what,
            row.why,
            row.case_ref,
            before.hex(),
        ],
        ensure_ascii=False,
    ).encode()
    return hmac.digest(key, len(message).to_bytes(8, "big") + message, hashlib.sha256)


def _instant(value: datetime | str) -> str:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)).isoformat()


def _id(value: UUID | str | None) -> str:
    return "" if value is None else str(value if isinstance(value, UUID) else UUID(value))
