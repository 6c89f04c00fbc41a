"""Half an hour without network this morning at 中央区役所: what the supervisor's desk did, merged since."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.ids import new_id
from portal.demo import cast
from portal.reservations import service as reservations
from portal.staff import service as staff
from portal.window.offline import service as offline
from portal.window.offline.forms import Journal, Step
from portal.window.offline.models import Lease
from portal.window.offline.rules import What


def load(session: Session) -> None:
    """Two numbers and a check-in whose reservation was not found. Twice adds nothing; a closed office did nothing."""
    known = staff.password_of(session, cast.WINDOW_SUPERVISOR.login_id)
    found = staff.actor_of(session, known[0]) if known else None
    if found is None or session.scalar(select(func.count()).select_from(Lease)):
        return
    actor = found[0]
    if reservations.hours_on(session, actor.office, clock.today()) is None:
        return
    lent = offline.lease(session, actor)
    lease = session.get_one(Lease, lent.id)
    lease.issued_at = clock.now() - timedelta(hours=1)
    own = lent.block * 100
    steps = [
        _step(1, What.NUMBER, f"A{own + 1}"),
        _step(2, What.NUMBER, f"H{own + 1}"),
        _step(3, What.CHECK_IN, f"A{own + 71}", visit="0" * 32),
    ]
    journal = Journal(lease=lent.id, secret=lent.secret, sent_at=clock.machine_now(), steps=steps)
    offline.merge(session, actor, journal, b"no visit of this demo")


def _step(place: int, what: What, label: str, visit: str = "") -> Step:
    at = clock.machine_now() - timedelta(minutes=30 - place)
    return Step(id=new_id(), place=place, what=what, at=at, label=label, visit=visit)
