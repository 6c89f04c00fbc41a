"""What somebody on the waiting list must know: a place is kept for them, or the wait is over."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.clock import JST
from portal.core.words import N_
from portal.mailbox.channels.rules import Says
from portal.mailbox.sending import tell
from portal.mailbox.service import CENTRE
from portal.reservations.events import PlaceOffered, WaitingEnded
from portal.staff import service as staff

_OFFERED = N_(
    "When: %(starts_at)s\n"
    "Where: %(office)s\n\n"
    "We keep this place for you until %(until)s. Please open the page below and say whether you take it.\n\n"
    "Without an answer the place goes to the next person, and you stay on the waiting list."
)
_ENDED = {
    "over": N_(
        "No place that fits your wish was freed in time. We are sorry.\n\n"
        "You can reserve another time, or join the waiting list again with more days or offices."
    ),
    "unanswered": N_(
        "Several places were offered to you and not answered, so you are not on the waiting list any more.\n\n"
        "You can join it again at any time."
    ),
}


def on_place_offered(session: Session, event: PlaceOffered) -> None:
    """A place is kept for this person for a short time."""
    name = staff.office_name(session, event.office)
    facts = {"starts_at": event.starts_at.isoformat(), "office": name, "until": _time(event.until)}
    tell(
        session,
        event.resident_id,
        key=f"offer:{event.event_id}",
        section=name,
        title=N_("A place is free: please answer soon"),
        body=_OFFERED,
        facts={"reference": event.reference, **facts},
        says=Says.OFFER,
        late_at=event.until,
        link=f"/reservations/waiting/{event.entry_id}",
    )


def on_waiting_ended(session: Session, event: WaitingEnded) -> None:
    """The wait ended without a visit: the person can do something else."""
    tell(
        session,
        event.resident_id,
        key=f"waiting:{event.event_id}",
        section=CENTRE,
        title=N_("Your wait for a free place is over"),
        body=_ENDED[event.why],
        facts={"reference": event.reference},
        says=Says.VISIT,
        link=f"/reservations/new?application={event.application_id}",
    )


def _time(instant: datetime) -> str:
    return f"{instant.astimezone(JST):%H:%M}"
