"""A code from paper at a machine: its points are those of whoever's card opened the session."""

from uuid import UUID

from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Scope
from portal.kiosks import messages, service
from portal.points import service as points
from portal.web import throttle
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

room = Room("kiosk_paper", __name__, "/kiosk/v1/sessions")
KIOSK = Access.client(Scope.KIOSK)


@room.api(
    "/<uuid:session_id>/codes",
    method="POST",
    access=KIOSK,
    purpose=Purpose.POINTS,
    body=messages.EnterCode,
    answer=messages.CodeEntered,
    status=201,
)
def enter_code(session: Session, actor: Actor, session_id: UUID, body: messages.EnterCode) -> messages.CodeEntered:
    """The code is used up and its points are the person's. Sent again, also in another session, it never counts twice.

    Wrong codes are counted for the person, wherever they try them, and for the machine.
    """
    resident_id, machine = service.person_at(session, actor, session_id), str(actor.id)
    throttle.guard(session, "paper-code", str(resident_id), limit=points.CODE_TRIES)
    throttle.guard(session, "paper-code-machine", machine, limit=points.CODE_MACHINE_TRIES)
    given = points.enter_code(session, hall().key(points.CODES), resident_id, body.code)
    throttle.take_back(session, "paper-code", str(resident_id))
    throttle.take_back(session, "paper-code-machine", machine)
    return messages.CodeEntered(points=given, balance=points.balance(session, resident_id))
