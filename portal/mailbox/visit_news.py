"""What somebody must know about their visit: reserved, moved or cancelled, with when, where and what to bring."""

from sqlalchemy.orm import Session

from portal.core.words import N_
from portal.mailbox.channels import standing
from portal.mailbox.channels.rules import Says
from portal.mailbox.sending import tell
from portal.reservations import service as reservations
from portal.reservations.events import (
    BookingCancelled,
    BookingChanged,
    BookingFact,
    BookingMade,
    OfficeClosed,
    OfficeOpensAfterAll,
    ProcedureAdded,
    VisitNear,
)
from portal.staff import service as staff
from portal.window.events import NumberNear

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


_REMINDER = N_(
    "When: %(starts_at)s\n"
    "Where: %(office)s\n"
    "Reference number: %(reference)s\n\n"
    "What to bring:\n%(bring)s\n\n"
    "The page below has the QR code to show when you arrive. If you cannot come, please cancel there: "
    "somebody else can use the place."
)
_REMINDER_WITH_NOTHING = N_(
    "When: %(starts_at)s\n"
    "Where: %(office)s\n"
    "Reference number: %(reference)s\n\n"
    "The page below has the QR code to show when you arrive. If you cannot come, please cancel there: "
    "somebody else can use the place."
)


def on_booking_made(session: Session, event: BookingMade) -> None:
    """A visit is reserved: when, where and what to bring stands in the mailbox too."""
    _tell_visit(session, event, N_("Your visit is reserved"), about=_standing(event))


def on_booking_changed(session: Session, event: BookingChanged) -> None:
    """A visit was moved, by whomever: the new time and place."""
    _tell_visit(session, event, N_("Your visit was moved to another time"), about=_standing(event))


def on_procedure_added(session: Session, event: ProcedureAdded) -> None:
    """One more procedure in a planned visit: when and where again, and all there is to bring now."""
    _tell_visit(session, event, N_("A procedure was added to your visit"), about=_standing(event))


def on_office_closed(session: Session, event: OfficeClosed) -> None:
    """The office will be closed: the visit needs another time, and why, in the reader's language."""
    reason = reservations.REASON_WORDS[reservations.DayReason(event.reason)]
    body = N_(
        "The office is closed on the day of your visit.\n"
        "Reason: %(reason)s\n%(note)s\n"
        "Your visit: %(starts_at)s\n%(office)s\n"
        "Reference number: %(reference)s\n\n"
        "Please choose another time on the page of the reservation. We are sorry for the trouble."
    )
    title = N_("Your visit needs another time: the office is closed")
    _tell_visit(session, event, title, body=body, reason=reason, note=event.note)


def on_office_opens_after_all(session: Session, event: OfficeOpensAfterAll) -> None:
    """The closing was called off."""
    _tell_visit(session, event, N_("The office opens after all: your visit stands"))


def on_visit_near(session: Session, event: VisitNear) -> None:
    """A reminder; whoever cancelled or moved the visit in the last moment is not reminded of it."""
    if not reservations.still_planned(session, event.booking_id, event.starts_at):
        return
    bring = reservations.to_bring(reservations.parts_of(session, event.booking_id))
    title = N_("Your visit is today") if event.today else N_("Your visit is tomorrow")
    says = Says.TODAY if event.today else Says.TOMORROW
    body = _REMINDER if bring else _REMINDER_WITH_NOTHING
    _tell_visit(session, event, title, body=body, says=says, about=_standing(event))


def on_booking_cancelled(session: Session, event: BookingCancelled) -> None:
    """A visit was cancelled, by whomever: nobody waits at a closed door."""
    body = N_(
        "This visit was cancelled:\n%(starts_at)s\n%(office)s\n\n"
        "If you still need a visit, please reserve another time. If it was not you who cancelled, please ask the office."
    )
    _tell_visit(session, event, N_("Your visit was cancelled"), body=body)


def on_number_near(session: Session, event: NumberNear) -> None:
    """Few people are left before the person's number at the window."""
    name = staff.office_name(session, event.office)
    tell(
        session,
        event.resident_id,
        key=f"number-near:{event.ticket_id}",
        section=name,
        title=N_("Your number is called soon: %(number)s"),
        body=N_(
            "People before you: %(before)s\nWhere: %(office)s\n\n"
            "Please stay near the call board. Your number's page shows when it is called."
        ),
        facts={"number": event.label, "before": event.before, "office": name},
        says=Says.NEAR,
        link=event.link,
        about=standing.of_number(event.ticket_id),
    )


def _standing(event: BookingFact) -> str:
    return standing.of_visit(event.booking_id, event.starts_at)


def _tell_visit(
    session: Session,
    event: BookingFact,
    title: str,
    *,
    body: str = "",
    says: Says = Says.VISIT,
    about: str = "",
    **facts: str,
) -> None:
    """The facts are put into the reader's language when the notice is opened (see routes.words). What tells of a
    planned visit is *about* it; what tells that it is gone is told outside all the more."""
    name = staff.office_name(session, event.office)
    bring = reservations.to_bring(reservations.parts_of(session, event.booking_id))
    facts |= {"reference": event.reference, "starts_at": event.starts_at.isoformat(), "office": name}
    tell(
        session,
        event.resident_id,
        key=f"booking:{event.event_id}",
        section=name,
        title=title,
        body=body or (_VISIT if bring else _VISIT_WITH_NOTHING),
        facts={**facts, "bring": bring},
        says=says,
        link=f"/reservations/{event.booking_id}",
        about=about,
        late_at=event.starts_at if about else None,
    )
