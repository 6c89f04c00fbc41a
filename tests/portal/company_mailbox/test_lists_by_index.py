"""Which lines a page has, and how many there are, is told by an index alone: only what is shown is fetched."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.companies import service
from portal.company_mailbox.post import finding, labels
from portal.core.uow import Database
from portal.demo.business_people import corporate_number
from tests.portal.company_mailbox.test_finding import fill, standings, walk


@contextmanager
def statements(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database meanwhile."""
    engine = database.engine
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def plan(session: Session, statement: str, parameters: Any) -> str:
    """How the database goes about it."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        return "\n".join(str(row) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters))
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # a small table is read whole otherwise
    connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
    return "\n".join(str(row) for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters))


@pytest.mark.parametrize(
    ("show", "part"), [("all", "in_mailbox"), ("unread", "unread"), ("todo", "waits"), ("archived", "put_away")]
)
def test_which_lines_a_page_has_is_told_by_an_index_alone(
    database: Database, cast_companies: None, show: str, part: str
) -> None:
    numbers = [corporate_number(serial) for serial in range(3, 9)]
    fill(database, numbers, 40)
    mine = standings(database, *numbers, confidential=False)
    with database.command("look") as session:
        with statements(database) as asked:
            finding.find(session, mine, finding.asked_of("", "", show))
        plans = [plan(session, *one) for one in asked]
    index = f"ix_business_deliveries_{part}"
    covering = (f"COVERING INDEX {index}", f"Index Only Scan using {index}")
    assert plans
    assert all(any(words in one for words in covering) for one in plans), plans[0]


def test_how_much_a_step_holds_and_how_much_is_unread_is_counted_in_an_index(
    database: Database, cast_companies: None
) -> None:
    numbers = [corporate_number(serial) for serial in range(3, 9)]
    fill(database, numbers, 40)
    mine = standings(database, *numbers, confidential=False)
    with database.command("look") as session:
        with statements(database) as asked:
            service.unread(session, mine)
            finding.find(session, mine, finding.asked_of("ツウチ", "", ""))
        plans = [plan(session, *one) for one in asked if "count(" in one[0]]
    assert len(plans) > 1
    assert all("COVERING INDEX" in one or "Index Only Scan" in one for one in plans)


def test_what_has_a_label_lies_in_its_own_index_in_order(database: Database, cast_companies: None) -> None:
    numbers = [corporate_number(serial) for serial in range(3, 9)]
    fill(database, numbers, 40)
    mine = standings(database, *numbers)
    firm = mine[0].company_id
    with database.command("label") as session:
        number = labels.add(session, firm, "済み")
        letters = finding.find(session, mine, finding.Asked(), most=200).letters
        assert labels.put(session, firm, number, [(one.company_id, one.id) for one in letters[::3]]) == 67
    asked_for = finding.asked_of("", "", "all", str(number), firm=firm)
    found = walk(database, mine, asked_for)
    assert found == [(one.company_id, one.id) for one in letters[::3]]
    assert walk(database, mine[:2], asked_for) == [
        one for one in found if one[0] in {mine[0].company_id, mine[1].company_id}
    ]
    assert len(walk(database, mine, finding.asked_of("ツウチ1番", "", "all", str(number), firm=firm))) > 0
    with database.command("look") as session:
        with statements(database) as asked:
            finding.find(session, mine, asked_for)
        plans = [plan(session, *one) for one in asked]
    assert len(plans) == 1
    assert "ix_business_labelled_firm_id_number" in plans[0], plans[0]
