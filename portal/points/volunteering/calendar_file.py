"""Activities for the calendar of one's own device (RFC 5545)."""

from collections.abc import Sequence

from icalendar import Calendar, Event

from portal.core.clock import JST
from portal.points.volunteering.models import VolunteerActivity
from portal.points.volunteering.rules import State


def write(found: Sequence[tuple[VolunteerActivity, str]], *, base: str) -> bytes:
    """(activity, organisation) as one file with the time zone of Japan; it names nobody who takes part. What was cancelled
    is told as cancelled: calendars show it crossed out (same UID, higher SEQUENCE). It is a file, no message: METHOD would
    ask for an organiser and for a parameter of the content type."""
    file = Calendar()
    file.add("prodid", "-//omatome//volunteering//JA")
    file.add("version", "2.0")
    for one, host in found:
        event = Event()
        for name, value in {
            "uid": f"{one.id}@volunteering",
            "sequence": one.revision,
            "summary": one.title,
            "location": f"{one.ward} {one.meeting}",
            "dtstamp": one.published_at,
            "dtstart": one.starts_at.astimezone(JST),
            "dtend": one.ends_at.astimezone(JST),
            "description": f"{host}\n\n{one.about}",
            "url": f"{base}/{one.id}",
            "status": "CANCELLED" if one.state == State.CANCELLED else "CONFIRMED",
        }.items():
            event.add(name, value)
        file.add_component(event)
    if found:
        file.add_missing_timezones()
    return bytes(file.to_ical())
