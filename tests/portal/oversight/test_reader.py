"""Whoever changes the books is found out, whatever they change."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, text

from portal.config import Settings
from portal.core import audit
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.crypto import derive_key, signing_key
from portal.core.db import snapshot
from portal.core.uow import Database
from portal.oversight import reader

CHAIN = 3  # not that of the city's own commands
CLERK = Actor(Kind.STAFF, UUID(int=CHAIN), "中央区役所 市民総合窓口課")
COLUMNS = ("actor_label", "action", "what", "why", "case_ref")


def fill(database: Database, rows: int = 5) -> None:
    for number in range(rows):
        with database.page(CLERK, Purpose.WINDOW, writes=True) as session:
            audit.looked(session, whose=uuid4(), what="residents.person", case_ref=f"case {number}")


def faults(database: Database, settings: Settings) -> list[str]:
    with snapshot(database.engine) as connection:
        return reader.verify(
            connection,
            derive_key(settings.master, "audit-chain"),
            settings.state_dir / "audit-heads",
            signing_key(settings.master, "audit-anchor").public_key(),
        ).faults


def tamper(database: Database, statement: str) -> None:
    with database.engine.execution_options(writes=True).begin() as connection:
        assert connection.execute(text(statement)).rowcount > 0


def test_untouched_books_are_in_order(database: Database, settings: Settings) -> None:
    fill(database)
    assert faults(database, settings) == []


def test_what_is_written_while_the_books_are_read_is_no_fault(database: Database, settings: Settings) -> None:
    fill(database)
    written = []

    def write_meanwhile(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("SELECT chain, seq, at,") and not written:
            written.append(fill(database, rows=1))

    event.listen(database.engine, "after_cursor_execute", write_meanwhile)
    assert faults(database, settings) == []
    assert written
    assert faults(database, settings) == []


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_word_shows(database: Database, settings: Settings, column: str) -> None:
    fill(database)
    tamper(database, f"UPDATE audit_records SET {column} = 'tickets' WHERE seq = 3")
    assert "was changed" in faults(database, settings)[0]


@pytest.mark.parametrize("seq", [1, 3, 5])
def test_a_removed_row_shows_the_newest_included(database: Database, settings: Settings, seq: int) -> None:
    fill(database)
    tamper(database, f"DELETE FROM audit_records WHERE seq = {seq}")
    assert faults(database, settings)


def test_a_removed_newest_row_shows_even_when_the_head_is_set_back(database: Database, settings: Settings) -> None:
    fill(database)
    tamper(database, "DELETE FROM audit_records WHERE seq = 5")
    tamper(
        database,
        "UPDATE audit_heads SET seq = 4, mac = (SELECT mac FROM audit_records WHERE seq = 4) WHERE seq = 5",
    )
    assert faults(database, settings) == [f"chain {CHAIN}: row 5, whose head was kept outside, is gone"]


def test_a_forged_head_outside_shows(database: Database, settings: Settings) -> None:
    fill(database)
    (kept,) = (settings.state_dir / "audit-heads").glob("*.jsonl")
    kept.write_text(kept.read_text().replace(" 5 ", " 4 "))
    assert any("not a head signed" in fault for fault in faults(database, settings))
