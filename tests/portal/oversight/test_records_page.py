"""The auditor sees who used which data, never whose name; nobody else sees the page."""

from uuid import uuid4

from portal.core import audit
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.permissions import Role
from portal.core.uow import Database
from tests.conftest import StaffClient


def test_the_auditor_reads_the_records_and_is_on_record_for_it(staff_client: StaffClient, database: Database) -> None:
    clerk = Actor(Kind.STAFF, uuid4(), "中央区役所 市民総合窓口課 000004")
    with database.page(clerk, Purpose.WINDOW, writes=False) as session:
        audit.looked(session, whose=uuid4(), what="residents.person", case_ref="K7QM-3XPR-T2WH")
    auditor = staff_client(Role.AUDITOR)
    assert "K7QM-3XPR-T2WH" in auditor.get("/staff/records").text
    assert "データ利用の記録 — 見ました" in auditor.get("/staff/records?why=oversight").text
    assert "K7QM-3XPR-T2WH" not in auditor.get("/staff/records?why=sending").text


def test_a_sending_clerk_finds_no_such_page(staff_client: StaffClient) -> None:
    assert staff_client(Role.SENDER).get("/staff/records").status == 404
