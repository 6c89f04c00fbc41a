"""A visit as an iCalendar file (RFC 5545, RFC 5546): stable UID, a SEQUENCE that rises with each change, CANCEL at last."""

from collections.abc import Sequence
from typing import Any

from icalendar import Calendar, Event, vCalAddress

from portal.core.clock import JST
from portal.reservations.models import Booking
from portal.reservations.rules import State
from portal.web.i18n import gettext, office_words, office_words_to_find


def calendar_file(booking: Booking, *, office: str, city: str, home: str, url: str, bring: Sequence[str]) -> bytes:
    """The file for one's own calendar, with the time zone of Japan. It names nobody: calendars are shared.

    A calendar that has the visit already replaces it (same UID, higher SEQUENCE) or takes it out (METHOD CANCEL).
    *home* is the portal's address: RFC 5546 wants an organizer, and any URI is a calendar address.
    """
    cancelled = booking.state == State.CANCELLED
    file = Calendar()
    file.add("prodid", "-//omatome//reservations//JA")
    file.add("version", "2.0")
    file.add("method", "CANCEL" if cancelled else "PUBLISH")
    event = Event()
    organizer = vCalAddress(home)
    organizer.params["CN"] = city
    facts: dict[str, Any] = {
        "uid": f"{booking.id}@reservations",
        "sequence": booking.revision,
        "summary": gettext("Visit to %(office)s", office=office_words(office)),
        "location": office_words_to_find(office),
        "organizer": organizer,
        "dtstamp": booking.changed_at,
        "created": booking.made_at,
        "last-modified": booking.changed_at,
        "dtstart": booking.starts_at.astimezone(JST),
        "dtend": booking.ends_at.astimezone(JST),
        "description": _about(booking, bring),
        "url": url,
        "status": "CANCELLED" if cancelled else "CONFIRMED",
        "transp": "TRANSPARENT" if cancelled else "OPAQUE",
    }
    for name, value in facts.items():
        event.add(name, value)
    file.add_component(event)
    file.add_missing_timezones()
    return bytes(file.to_ical())


def _about(booking: Booking, bring: Sequence[str]) -> str:
    lines = [gettext("Reference number %(number)s", number=booking.reference)]
    if bring:
        lines += [gettext("What to bring"), *(f"- {gettext(text)}" for text in bring)]
    return "\n".join(lines)
