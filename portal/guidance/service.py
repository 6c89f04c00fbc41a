"""Guidance: the door of this room."""

from sqlalchemy.orm import Session

from portal.applications.events import ApplicationCompleted, ApplicationSubmitted
from portal.guidance import catalogue, figures, finding, keeping, showing, telling
from portal.guidance.vaccination import records

# Whatever these procedures tell may change what concerns a household: it is looked at again at once.
TELLING = frozenset(
    {
        "birth", "child-allowance", "disaster-certificate", "health-insurance-join", "health-insurance-leave",
        "household-change", "moving-in", "moving-within-city", "pregnancy", "unemployment-support",
    }
)  # fmt: skip

RUN, TELL, LOOK = finding.RUN, telling.TELL, finding.LOOK
begin_nightly = finding.begin_nightly
run = finding.run
tell = telling.tell
look_at = finding.look_at
forget_old = telling.forget_old
of_resident = showing.of_resident
waiting = showing.waiting
rules = catalogue.rules
dry_run = figures.dry_run
declare = keeping.declare
take_vaccinations = records.take
vaccinations_of = records.of


def on_application_sent(session: Session, event: ApplicationSubmitted | ApplicationCompleted) -> None:
    """Somebody told the city of a pregnancy, a move, a lost job: their household is looked at now, not tonight."""
    if event.procedure in TELLING and event.is_told:
        finding.look_soon(session, event.resident_id, key=str(event.event_id))
