"""The daily closing (日次締め): what the books say each machine took, against what its coin box counted."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.certificates import service as certificates
from portal.certificates.service import Takings
from portal.core import clock, journal
from portal.core.actor import Actor
from portal.core.db import insert_once
from portal.devices.service import Known
from portal.kiosks.fleet import rules, service
from portal.kiosks.fleet.models import KioskClosing

log = journal.get_logger("kiosks")


@dataclass(frozen=True, slots=True)
class Line:
    """One machine on one day. `counted`: by how much its coin box grew, in yen; None until the machine has told it."""

    known: Known
    books: Takings
    counted: int | None
    payments: int | None

    @property
    def difference(self) -> int | None:
        return None if self.counted is None else self.counted - self.books.expected


def note(
    session: Session, device_id: UUID, day: date, *, taken: int, returned: int, payments: int, content: int
) -> bool:
    """A machine's own count of a day that is over, once; False when it was told before.

    Raises ClosingDayWrong: a day that is not over would stand here for good with half of its money.
    """
    rules.check_day(day, clock.today())
    row = {
        "device_id": device_id,
        "day": day,
        "taken": taken,
        "returned": returned,
        "payments": payments,
        "content": content,
        "told_at": clock.now(),
    }
    if insert_once(session, KioskClosing.__table__, row) == 1:  # type: ignore[arg-type]
        return True
    told = session.get_one(KioskClosing, (device_id, day))
    if (told.taken, told.returned, told.payments) != (taken, returned, payments):
        log.warning("closing.told_otherwise", device=str(device_id), day=day.isoformat())
    return False


def day_before(today: date) -> date:
    return today - timedelta(days=1)


def lines(session: Session, actor: Actor, day: date) -> list[Line]:
    """Every machine this member of staff may see, in the order of the list of kiosks."""
    books = certificates.takings(session, day)
    counts = {one.device_id: one for one in session.scalars(select(KioskClosing).where(KioskClosing.day == day))}
    found = []
    for kiosk in service.kiosks(session, actor):
        count = counts.get(kiosk.known.id)
        found.append(
            Line(
                kiosk.known,
                books.get(kiosk.known.id, Takings()),
                count.taken - count.returned if count else None,
                count.payments if count else None,
            )
        )
    return found
