"""What a programme owes people because its budget was spent: noted, seen by staff, paid once there is budget again."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.points.programmes.earning import Act
from portal.points.programmes.models import PointUnpaid


def note(session: Session, act: Act, points: int) -> None:
    """The act would have brought *points*, within caps; once a key."""
    row = {
        "key": act.key, "programme": act.programme, "resident_id": act.resident_id, "quantity": act.quantity,
        "points": points, "at": act.at, "case_ref": act.case_ref,
    }  # fmt: skip
    if insert_once(session, PointUnpaid.__table__, row):  # type: ignore[arg-type]
        did(session, Action.CREATE, whose=act.resident_id, what="point_unpaid", case_ref=act.case_ref)


def waiting(session: Session, programme: str, *, limit: int) -> Sequence[PointUnpaid]:
    """The oldest first; nobody else pays them until the end."""
    query = select(PointUnpaid).where(PointUnpaid.programme == programme).order_by(PointUnpaid.at, PointUnpaid.key)
    return session.scalars(query.limit(limit).with_for_update()).all()


def owed(session: Session) -> dict[str, tuple[int, int]]:
    """By programme: how many acts wait for budget, and how many points they were promised."""
    query = select(PointUnpaid.programme, func.count(), func.sum(PointUnpaid.points)).group_by(PointUnpaid.programme)
    return {code: (count, int(points)) for code, count, points in session.execute(query)}
