"""What somebody must know about their visit: reserved, moved or cancelled, with when, where and what to bring."""

from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.core.words import N_
from portal.mailbox.sending import tell
from portal.reservations.events import BookingCancelled, BookingChanged, BookingFact, BookingMade
from portal.staff import service as staff

_VISIT = N_(
    "When: %(starts_at)s\n"
    "Where: %(office)s\n"
    "Reference number: %(reference)s\n\n"
    "What to bring:\n%(bring)s\n\n"
    "You can change or cancel the visit on the page of the reservation."
)
_VISIT_WITH_NOTHING = N_(
    "When: %(starts_at)s\n"
    "Where: %(office)s\n"
    "Reference number: %(reference)s\n\n"
    "You can change or cancel the visit on the page of the reservation."
)


def on_booking_made(session: Session, event: BookingMade) -> None:
    """A visit is reserved: when, where and what to bring stands in the mailbox too."""
    _tell_visit(session, event, N_("Your visit is reserved"))


def on_booking_changed(session: Session, event: BookingChanged) -> None:
    """A visit was moved, by whomever: the new time and place."""
    _tell_visit(session, event, N_("Your visit was moved to another time"))


def on_booking_cancelled(session: Session, event: BookingCancelled) -> None:
    """A visit was cancelled, by whomever: nobody waits at a closed door."""
    body = N_(
        "This visit was cancelled:\n%(starts_at)s\n%(office)s\n\n"
        "If you still need a visit, please reserve another time. If it was not you who cancelled, please ask the office."
    )
    _tell_visit(session, event, N_("Your visit was cancelled"), body=body)


def _tell_visit(session: Session, event: BookingFact, title: str, *, body: str = "") -> None:
    """The facts are put into the reader's language when the notice is opened (see routes.words)."""
    name = staff.office_name(session, event.office)
    bring = applications.summary(session, event.application_id).bring if event.application_id else ()
    facts = {"reference": event.reference, "starts_at": event.starts_at.isoformat(), "office": name}
    tell(
        session,
        event.resident_id,
        key=f"booking:{event.event_id}",
        section=name,
        title=title,
        body=body or (_VISIT if bring else _VISIT_WITH_NOTHING),
        facts={**facts, "bring": list(bring)},
        link=f"/reservations/{event.booking_id}",
    )
