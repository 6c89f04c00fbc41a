"""What a machine tells about itself: its heartbeat, and what its coin box counted on a day that is over."""

from datetime import date, time

from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Scope
from portal.kiosks import messages
from portal.kiosks.fleet import closing
from portal.kiosks.fleet import service as fleet
from portal.web.access import Access
from portal.web.room import Room

room = Room("kiosk_machines", __name__, "/kiosk/v1")
KIOSK = Access.client(Scope.KIOSK)


@room.api(
    "/heartbeat",
    method="POST",
    access=KIOSK,
    purpose=Purpose.OPERATION,
    body=messages.Heartbeat,
    answer=messages.Commands,
)
def heartbeat(session: Session, actor: Actor, body: messages.Heartbeat) -> messages.Commands:
    """The machine says how it is, and hears whether it should serve."""
    assert actor.id
    standing = fleet.heard(session, actor.id, body.model_dump())
    return messages.Commands(
        command=standing.command,
        opens_at=standing.opens_at,
        hours=standing.hours,
        staff=standing.staff,
        windows=[_day(day, hours) for day, hours in fleet.window_days(session, actor.office)],
    )


def _day(day: date, hours: tuple[time, time] | None) -> messages.WindowDay:
    opens, closes = (f"{one:%H:%M}" for one in hours) if hours else (None, None)
    return messages.WindowDay(day=day, opens=opens, closes=closes)


@room.api(
    "/closings",
    method="POST",
    access=KIOSK,
    purpose=Purpose.OPERATION,
    body=messages.DayCounted,
    answer=messages.Done,
)
def close_day(session: Session, actor: Actor, body: messages.DayCounted) -> messages.Done:
    """The count of the coin box for one day; told again, it changes nothing."""
    assert actor.id
    closing.note(
        session,
        actor.id,
        body.day,
        taken=body.taken,
        returned=body.returned,
        payments=body.payments,
        content=body.content,
    )
    return messages.Done()
