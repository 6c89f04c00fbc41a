"""Checking the whole audit record against reading the same rows by the driver and one HMAC each. CPU time."""

import hmac
import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import insert, update

from portal.core import audit, clock
from portal.core.crypto import derive_key, mac, signing_key
from portal.core.ids import new_id
from portal.oversight import reader
from tests.benchmarks.city import Place
from tests.benchmarks.commits import driver
from tests.benchmarks.measure import Row, Sizes, at_most, in_turns

TARGET = 8.0
AT_ONCE = 5_000


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    key = derive_key(place.settings.master, "audit-chain")
    fill(place, key, sizes.records)
    public = signing_key(place.settings.master, "audit-anchor").public_key()

    def ours() -> None:
        with place.database.engine.connect() as connection:
            findings = reader.verify(connection, key, place.settings.state_dir / "no-heads", public)
        assert findings.faults == []
        assert findings.rows >= sizes.records

    calls = {"ours": ours, "limit": lambda: read_bare(place, key)}
    cpu = in_turns(calls, rounds=min(2, sizes.rounds), clock=time.process_time)
    yield at_most(
        f"audit check / raw rows + HMAC ({place.kind})",
        ours=cpu["ours"],
        limit=cpu["limit"],
        unit="s",
        target=TARGET,
        note=f"CPU s for {sizes.records:,} records: {sizes.records / cpu['ours']:,.0f} rows/s",
    )


def fill(place: Place, key: bytes, records: int) -> None:
    """One chain of looks by one clerk, as the writer would have made it."""
    chain, clerk, before = 7, new_id(), bytes(32)
    found: list[dict[str, Any]] = []
    with place.database.engine.execution_options(writes=True).begin() as connection:
        connection.execute(audit.Record.__table__.delete().where(audit.Record.chain == chain))  # type: ignore[attr-defined]
        for seq in range(1, records + 1):
            row = {
                "chain": chain,
                "seq": seq,
                "at": clock.now(),
                "actor_kind": "staff",
                "actor_id": clerk,
                "actor_label": "中央区役所 市民総合窓口課 101",
                "action": "look",
                "subject": new_id(),
                "what": "residents.person",
                "why": "window",
                "case_ref": "K7QM3XPRT2WH",
            }
            before = row["mac"] = mac(key, audit.canonical(row, before))
            found.append(row)
            if len(found) == AT_ONCE or seq == records:
                connection.execute(insert(audit.Record), found)
                found.clear()
        connection.execute(update(audit.Head).where(audit.Head.chain == chain).values(seq=records, mac=before))


def read_bare(place: Place, key: bytes) -> None:
    with driver(place) as bare:
        for row in bare.execute("SELECT * FROM audit_records ORDER BY chain, seq").fetchall():
            hmac.digest(key, repr(row).encode(), "sha256")
