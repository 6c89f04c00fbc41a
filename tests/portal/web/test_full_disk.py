"""On a full disk nothing new is taken, reading goes on, and it heals without a restart."""

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from portal.core import outbox
from portal.core.permissions import Role
from portal.core.uow import Database
from tests.conftest import StaffClient


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_full_disk_is_said_plainly_and_reading_goes_on(database: Database, staff_client: StaffClient) -> None:
    clerk = staff_client(Role.SENDER)
    limit = {"pages": 0}

    def narrow(connection: object, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count={limit['pages'] or 1_000_000_000}")  # type: ignore[attr-defined]

    with database.engine.connect() as connection:
        limit["pages"] = connection.execute(text("PRAGMA page_count")).scalar() or 0
        connection.rollback()
    draft = clerk.submit(clerk.get("/staff/notices/new"), "/staff/notices/new")
    event.listen(database.engine, "checkout", narrow)
    fill(database)
    notice = {"title": "お知らせ", "body": "本文です。" * 900, "kind": "information"}
    page = clerk.get(draft.path)
    assert page.status == 200
    assert clerk.submit(page, draft.path, **notice).status == 503
    assert clerk.get("/staff/notices").status == 200
    limit["pages"] = 0
    assert clerk.submit(page, draft.path, **notice).status == 200


def fill(database: Database) -> None:
    """Write until the database takes no more."""
    for number in range(500):
        try:
            with database.command("fill") as session:
                outbox.post(session, "fill", {"text": "x" * 9_000}, key=f"fill {number}")
        except OperationalError:
            return
    raise AssertionError("the disk never became full")
