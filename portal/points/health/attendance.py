"""Files of who came: small ones give their points at once, those worth much wait for a second member of staff."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did, looked
from portal.core.db import insert_once
from portal.core.envelope import KeyRing, Wrapped
from portal.core.ids import new_id
from portal.points.health import attendance_csv, attendance_seal
from portal.points.health.attendance_csv import Report
from portal.points.health.attendance_models import AttendanceBringer, AttendanceFile
from portal.points.health.attendance_rules import KEPT, AttendanceUnknown, FileDecided, FileState, OwnFile
from portal.points.health.attendance_seal import Came, Safe
from portal.points.rules import GIVEN_WITHIN, is_much

FORGET = "health.forget-attendance"
REWRAP_BATCH = 500
SHOWN = 30


def preview(session: Session, file: BinaryIO, programme: str) -> Report:
    """What would become of the file. Raises as `attendance_csv.read`."""
    return attendance_csv.read(session, file, programme)[0]


def take(
    session: Session, safe: Safe, actor: Actor, file: BinaryIO, programme: str
) -> tuple[Report, AttendanceFile | None]:
    """Give the points of the file; where they are more than one member of staff gives alone, with what their files gave
    lately, it waits. None: nothing in it is new. Raises as `attendance_csv.read`, and PotEmpty."""
    assert actor.id
    _come_alone(session, actor.id)
    report, rows = attendance_csv.read(session, file, programme)
    if not rows:
        return report, None
    if is_much(report.most + _given_lately(session, actor.id)):
        return report, _keep(session, safe, actor, programme, rows)
    given = attendance_csv.give(session, programme, rows)
    facts = _facts(actor, programme, rows) | {"points": report.most, "given": given, "state": str(FileState.TAKEN)}
    made = AttendanceFile(**facts)
    session.add(made)
    session.flush()
    return report, made


def _come_alone(session: Session, member: UUID) -> None:
    """Of one member's files one comes after the other, also on PostgreSQL: the row is theirs until the end."""
    insert_once(session, AttendanceBringer.__table__, {"member": member})  # type: ignore[arg-type]
    session.execute(select(AttendanceBringer).where(AttendanceBringer.member == member).with_for_update())


def _given_lately(session: Session, by: UUID) -> int:
    """By files of this member of staff to which nobody else agreed."""
    since = clock.now() - GIVEN_WITHIN
    mine = select(func.sum(AttendanceFile.given)).where(
        AttendanceFile.brought_by == by, AttendanceFile.state == FileState.TAKEN, AttendanceFile.brought_at > since
    )
    return session.scalar(mine) or 0


def _facts(actor: Actor, programme: str, rows: Sequence[Came]) -> dict[str, Any]:
    days = {row.day for row in rows}
    return {
        "programme": programme, "people": len({row.resident_id for row in rows}), "acts": len(rows),
        "first_day": min(days), "last_day": max(days), "brought_at": clock.now(), "brought_by": actor.id,
        "brought_label": actor.label,
    }  # fmt: skip


def _keep(session: Session, safe: Safe, actor: Actor, programme: str, rows: Sequence[Came]) -> AttendanceFile:
    """The file waits; one that waits already is that one. Raises FileDecided (by somebody else at this moment)."""
    made, mark = new_id(), attendance_seal.mark(safe, programme, rows)
    wrapped, sealed = attendance_seal.seal(safe, made, rows)
    row = _facts(actor, programme, rows) | {
        "id": made, "points": attendance_csv.worth(session, programme, rows), "state": str(FileState.WAITING),
        "open_mark": mark, "key_id": wrapped.key_id, "wrapped_key": wrapped.sealed, "sealed": sealed, "given": 0,
        "decided_label": "", "note": "",
    }  # fmt: skip
    if insert_once(session, AttendanceFile.__table__, row):  # type: ignore[arg-type]
        did(session, Action.CREATE, whose=None, what="points.attendance", case_ref=str(made)[:8])
    found = session.scalars(select(AttendanceFile).where(AttendanceFile.open_mark == mark)).first()
    if found is None:
        raise FileDecided
    return found


# ---- the second person --------------------------------------------------------------------


def files(session: Session) -> Sequence[AttendanceFile]:
    """Those that wait, the oldest first, and then what came lately."""
    waiting = select(AttendanceFile).where(AttendanceFile.state == FileState.WAITING)
    others = select(AttendanceFile).where(AttendanceFile.state != FileState.WAITING)
    return [
        *session.scalars(waiting.order_by(AttendanceFile.brought_at, AttendanceFile.id)),
        *session.scalars(others.order_by(AttendanceFile.brought_at.desc(), AttendanceFile.id).limit(SHOWN)),
    ]


def file(session: Session, file_id: UUID) -> AttendanceFile:
    """One of them. Raises AttendanceUnknown."""
    found = session.get(AttendanceFile, file_id, populate_existing=True)
    if found is None:
        raise AttendanceUnknown
    return found


def rows_of(session: Session, ring: KeyRing, file_id: UUID) -> list[Came]:
    """Who came, of a file that waits; on record. Raises AttendanceUnknown, FileDecided (the rows are gone)."""
    one = file(session, file_id)
    looked(session, whose=None, what="points.attendance", case_ref=str(file_id)[:8])
    return _rows(ring, one)


def agree(session: Session, ring: KeyRing, actor: Actor, file_id: UUID) -> int:
    """The second person: the points are given, within the caps and the budget of now; how many. Raises OwnFile,
    FileDecided, and PotEmpty, NoTerms: then the file waits on."""
    one = file(session, file_id)
    if one.brought_by == actor.id:
        raise OwnFile
    rows = _rows(ring, one)
    _decide(session, actor, file_id, FileState.AGREED)
    given = attendance_csv.give(session, one.programme, rows)
    session.execute(update(AttendanceFile).where(AttendanceFile.id == file_id).values(given=given))
    session.expire(one)
    return given


def refuse(session: Session, actor: Actor, file_id: UUID, note: str) -> None:
    """The second person: nobody gets anything by this file, and its rows are gone. Raises OwnFile, FileDecided."""
    if file(session, file_id).brought_by == actor.id:
        raise OwnFile
    _decide(session, actor, file_id, FileState.REFUSED, note)


def withdraw(session: Session, actor: Actor, file_id: UUID) -> None:
    """Who brought the file takes it back before anybody decided. Raises AttendanceUnknown, FileDecided."""
    if file(session, file_id).brought_by != actor.id:
        raise AttendanceUnknown
    values = {"state": str(FileState.WITHDRAWN), "decided_at": clock.now()}
    _end(session, file_id, values)


def _decide(session: Session, actor: Actor, file_id: UUID, state: FileState, note: str = "") -> None:
    values = {
        "state": str(state), "decided_at": clock.now(), "decided_by": actor.id, "decided_label": actor.label,
        "note": note,
    }  # fmt: skip
    _end(session, file_id, values)


def _end(session: Session, file_id: UUID, values: dict[str, Any]) -> None:
    """By one statement: of two who decide at the same instant one comes first. The rows are gone with it."""
    waits = update(AttendanceFile).where(AttendanceFile.id == file_id, AttendanceFile.state == FileState.WAITING)
    if session.execute(waits.values(**values, **EMPTIED)).rowcount != 1:  # type: ignore[attr-defined]
        raise FileDecided
    session.expire_all()
    did(session, Action.CHANGE, whose=None, what="points.attendance", case_ref=str(file_id)[:8])


EMPTIED: dict[str, Any] = {"open_mark": None, "key_id": "", "wrapped_key": b"", "sealed": None}


def _rows(ring: KeyRing, one: AttendanceFile) -> list[Came]:
    if one.sealed is None:
        raise FileDecided
    return attendance_seal.opened(ring, one.id, Wrapped(one.key_id, one.wrapped_key), one.sealed)


# ---- keeping ------------------------------------------------------------------------------


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Every day: the rows of files for which nobody decided in half a year."""
    before: datetime = clock.now() - KEPT
    old = update(AttendanceFile).where(AttendanceFile.state == FileState.WAITING, AttendanceFile.brought_at < before)
    lapsed = old.values(state=str(FileState.LAPSED), decided_at=clock.now(), **EMPTIED).returning(AttendanceFile.id)
    for file_id in session.scalars(lapsed).all():
        did(session, Action.DELETE, whose=None, what="points.attendance", case_ref=str(file_id)[:8])


def rewrap(session: Session, ring: KeyRing) -> int:
    """Keys of some files that wait, wrapped anew by the ring's current key; how many."""
    old = AttendanceFile.sealed.is_not(None), AttendanceFile.key_id != ring.current
    found = session.scalars(select(AttendanceFile).where(*old).limit(REWRAP_BATCH).with_for_update()).all()
    for one in found:
        key = ring.unwrap(Wrapped(one.key_id, one.wrapped_key), attendance_seal.bound(one.id))
        again = ring.wrap(key, attendance_seal.bound(one.id))
        one.key_id, one.wrapped_key = again.key_id, again.sealed
    session.flush()
    return len(found)
