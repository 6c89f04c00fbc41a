"""A reservation as what people take with them: the QR code of its number, a calendar file, a sheet of paper."""

from flask import Response
from sqlalchemy.orm import Session

from portal.core.clock import JST
from portal.core.wareki import japanese
from portal.reservations import paper, parts
from portal.reservations.calendar_file import calendar_file
from portal.reservations.models import Booking
from portal.staff import service as staff
from portal.web.hall import hall
from portal.web.i18n import language, office_words, say, show_visit


def ics_of(session: Session, *, booking: Booking, url: str) -> Response:
    """The visit as a calendar file, for download."""
    settings = hall().settings
    file = calendar_file(
        booking,
        office=staff.office_name(session, booking.office),
        city=settings.city_name,
        home=settings.base_url,
        url=settings.base_url + url,
        bring=parts.to_bring(parts.views(session, booking.id)),
    )
    response = Response(file, mimetype="text/calendar")
    response.headers["Content-Disposition"] = f'attachment; filename="visit-{booking.reference}.ics"'
    return response


def slip_of(session: Session, *, booking: Booking) -> Response:
    """The visit on a sheet of paper, for download."""
    office = staff.office_name(session, booking.office)
    local = booking.starts_at.astimezone(JST)
    procedures = parts.views(session, booking.id)
    when = show_visit(booking.starts_at)
    pdf = paper.slip(
        booking,
        language(),
        lambda code, message: say(code, message, {}),
        when=(when, when if language() == "ja" else f"{japanese(local.date())} {local:%H:%M}"),
        where=(office_words(office), office),
        about=[one.title for one in procedures],
        bring=parts.to_bring(procedures),
    )
    response = Response(pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="visit-{booking.reference}.pdf"'
    return response
