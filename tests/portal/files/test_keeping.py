"""Files lie sealed: nobody reads them from the database, moves them to somebody else, or loses them with a key."""

import base64
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.applications.service import on_malware_found
from portal.config import Settings
from portal.core import backup
from portal.core.envelope import KeyRing, SealBroken, key_ring
from portal.core.events import listener_name
from portal.core.uow import Database
from portal.files import service
from portal.files.clamd import scanner as scanner_at
from portal.files.models import File, FilePart
from portal.files.rules import Check, FileNotChecked, FileNotFound
from portal.files.service import Kept, prepare
from portal.residents.models import Resident
from tests.portal.applications import people
from tests.portal.files import papers, scanner

RING = key_ring(b"m" * 32, "")
CASE = uuid4()


@pytest.fixture
def owner(database: Database) -> UUID:
    people.load_people(database)
    found = people.person(database).id
    assert found is not None
    return found


def keep(session: Session, owner: UUID, content: bytes = b"", *, ring: KeyRing = RING, case: UUID = CASE) -> Kept:
    prepared = prepare("家の写真.jpg", content or papers.photo(), megabytes=10, scan=None)
    return service.keep(session, ring, prepared, owner_id=owner, case_id=case, place="photos")


def opened(session: Session, file: Kept, ring: KeyRing = RING) -> bytes:
    return service.open_for_owner(session, ring, file.id, owner_id=file.owner_id, case_id=file.case_id).content


def test_what_is_kept_comes_out_again_and_lies_sealed(database: Database, owner: UUID) -> None:
    sent = papers.pdf(3, note=b"A" * 600_000)
    with database.command("keep") as session:
        file = service.keep(
            session, RING, prepare("a.pdf", sent, megabytes=10, scan=None), owner_id=owner, case_id=CASE, place="x"
        )
    with database.command("look") as session:
        assert opened(session, file) == sent
        parts = session.scalars(select(FilePart.sealed)).all()
        assert len(parts) == 3
        assert not any(b"AAAA" in part or b"%PDF" in part for part in parts)


@pytest.mark.parametrize("moved", ["owner", "case", "order", "cut", "bit", "key"])
def test_bytes_moved_or_changed_do_not_open(database: Database, owner: UUID, moved: str) -> None:
    with database.command("keep") as session:
        mine = keep(session, owner)
        other = keep(session, owner, papers.photo(colour="red"), case=uuid4())
        file = session.get_one(File, mine.id)
        part = session.get_one(FilePart, (mine.id, 0))
        if moved == "owner":
            file.owner_id = session.scalars(select(Resident.id).where(Resident.id != owner)).first() or owner
        elif moved == "case":
            file.case_id = other.case_id
        elif moved == "order":
            part.sealed = session.get_one(FilePart, (other.id, 0)).sealed
        elif moved == "cut":
            file.parts = file.parts + 1
        elif moved == "bit":
            part.sealed = bytes([part.sealed[0] ^ 1]) + part.sealed[1:]
        else:
            file.wrapped_key = session.get_one(File, other.id).wrapped_key
        session.flush()
        with pytest.raises(SealBroken):
            service.open_for_staff(session, RING, mine.id, case_id=file.case_id, case_ref="")


def test_somebody_elses_file_looks_like_none(database: Database, owner: UUID) -> None:
    with database.command("keep") as session:
        file = keep(session, owner)
        for owner_id, case_id in ((uuid4(), CASE), (owner, uuid4())):
            with pytest.raises(FileNotFound):
                service.open_for_owner(session, RING, file.id, owner_id=owner_id, case_id=case_id)


def test_a_new_wrapping_key_takes_over_and_the_old_one_can_go(database: Database, owner: UUID) -> None:
    new = base64.b64encode(b"k" * 32).decode()
    both, later = key_ring(b"m" * 32, f"2026={new}"), key_ring(b"another master", f"2026={new}")
    with database.command("keep") as session:
        file = keep(session, owner)
        content = opened(session, file)
        assert opened(session, file, both) == content
        with pytest.raises(SealBroken):
            opened(session, file, later)
    with database.command("rewrap") as session:
        assert (service.rewrap(session, both), service.rewrap(session, both)) == (1, 0)
    with database.command("look") as session:
        assert opened(session, file, later) == content


@pytest.mark.parametrize("said", ["2026", "2026=x", f"master={base64.b64encode(bytes(32)).decode()}", "=AAAA"])
def test_a_key_that_cannot_be_read_stops_the_start_and_is_not_repeated(said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(file_keys=said)  # type: ignore[arg-type]
    assert "AAAA" not in str(refused.value)


def test_a_backup_carries_files_and_brings_them_back(database: Database, owner: UUID, tmp_path: Path) -> None:
    with database.command("keep") as session:
        file = keep(session, owner)
        content = opened(session, file)
    backup.save(database.engine, tmp_path / "b.zip")
    with database.command("lose") as session:
        service.drop_cases(session, [CASE])
        assert session.scalar(select(func.count()).select_from(FilePart)) == 0
    backup.load(database.engine, tmp_path / "b.zip")
    with database.command("look") as session:
        assert opened(session, file) == content


def test_what_came_while_the_scanner_was_silent_is_shown_to_nobody_else_until_it_has_looked(
    database: Database, owner: UUID, tmp_path: Path
) -> None:
    """One file is sound and one is not: both were taken, because a person should not wait for our scanner."""
    address = str(tmp_path / "clamd.sock")
    scan = scanner_at(address)
    with database.command("keep") as session:
        found = []
        for content in (papers.pdf(), papers.pdf(note=scanner.EICAR)):
            prepared = prepare("a.pdf", content, megabytes=10, scan=scan)
            assert prepared.check is Check.WAITING
            found.append(service.keep(session, RING, prepared, owner_id=owner, case_id=CASE, place="x"))
        for file in found:
            with pytest.raises(FileNotChecked):
                service.open_for_staff(session, RING, file.id, case_id=CASE, case_ref="")
    with database.command("ask") as session:
        service.check_waiting(session, {}, ring=RING, scan=scan)
        assert [file.checked for file in service.of_case(session, CASE)] == [Check.WAITING] * 2
    with scanner.daemon(tmp_path), database.command("ask") as session:
        service.check_waiting(session, {}, ring=RING, scan=scan)
    with database.command("look") as session:
        left = service.of_case(session, CASE)
        assert [(file.id, file.checked) for file in left] == [(found[0].id, Check.CLEAN)]
        assert service.open_for_staff(session, RING, left[0].id, case_id=CASE, case_ref="").content == papers.pdf()
    assert people.kept_events(database, f"event:{listener_name(on_malware_found)}") == 1
