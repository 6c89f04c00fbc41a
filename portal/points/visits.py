"""Points for visits people reserved themselves and kept: what frees the phone and leaves no empty places (decisions/0082).

The rule, the budget and the caps are those of the programme for visits; a city without one in force gives nothing.
"""

from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.clock import JST
from portal.points.ledger.rules import PotEmpty, Reason
from portal.points.programmes import earning
from portal.points.programmes import service as programmes
from portal.points.programmes.earning import Act
from portal.points.programmes.rules import NoTerms, Unit
from portal.reservations.events import VisitKept

VISITS = (Reason.E_SERVICE, Unit.ACT)


def on_visit_kept(session: Session, event: VisitKept) -> None:
    """Once a booking, and once a day however many visits one reserves. Nobody waits for a programme that ran out."""
    in_force = programmes.in_force(session, *VISITS, event.starts_at.astimezone(JST).date())
    if in_force is None or not event.by_person:
        return
    act = Act(
        fact=f"visited:{event.resident_id}:{event.starts_at.astimezone(JST).date()}",
        key=f"visit:{event.booking_id}",
        programme=in_force.programme,
        resident_id=event.resident_id,
        quantity=1,
        at=min(event.starts_at, clock.now()),  # who comes early is served before their time
        case_ref=event.reference,
    )
    try:
        earning.earn_all(session, [act])
    except (NoTerms, PotEmpty):
        return


def promised(session: Session) -> int | None:
    """What a visit of today brings; None when nothing is given or nothing is left."""
    terms = programmes.in_force(session, *VISITS, clock.today())
    if terms is None or programmes.budget(session, terms.programme)[1] < terms.points:
        return None
    return terms.points
