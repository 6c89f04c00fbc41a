"""How a kiosk looks to staff, in words."""

from typing import Any

from portal.core.words import N_
from portal.kiosks.fleet import rules
from portal.kiosks.fleet.models import KioskAlarm
from portal.kiosks.fleet.service import Kiosk
from portal.web.i18n import gettext as _

PART_WORDS = {
    "reader": N_("Card reader"),
    "printer": N_("Printer"),
    "slip_printer": N_("Slip printer"),
    "scanner": N_("Code scanner"),
    "coin_box": N_("Coin box"),
    "power": N_("Power"),
    "clock": N_("Clock"),
}
STATE_WORDS = {
    "ready": N_("Ready"),
    "busy": N_("Busy"),
    "gone": N_("Gone"),
    "missing": N_("Not found"),
    "paused": N_("Stopped"),
    "offline": N_("Not connected"),
    "open": N_("A cover is open"),
    "jam": N_("Paper jam"),
    "jammed": N_("Jammed"),
    "no-paper": N_("No paper"),
    "low-paper": N_("Little paper"),
    "mains": N_("Mains"),
    "battery": N_("Battery"),
    "low": N_("Battery almost empty"),
    "wrong": N_("Wrong"),
    "unknown": N_("Unknown"),
}
DOING_WORDS = {
    "idle": N_("Free"),
    "in-use": N_("Somebody is using it"),
    "out-of-service": N_("Shows that it is out of service"),
}
GOOD = ("ready", "busy", "mains")


def line(found: Kiosk) -> dict[str, Any]:
    """One row of the list."""
    known, health = found.known, found.known.health
    return {
        "client_id": known.client_id,
        "name": known.name,
        "office": known.office,
        "last_seen": known.last_seen,
        "version": str(health.get("version", "")),
        "doing": _(DOING_WORDS.get(str(health.get("state", "")), STATE_WORDS["unknown"])),
        "silent": found.silent,
        "closed": found.closed,
        "closed_by": found.control.closed_by if found.control else "",
        "closed_at": found.control.closed_at if found.control else None,
        "reason": _(rules.REASON_WORDS[rules.Reason(found.control.reason)]) if found.closed and found.control else "",
        "alarms": [alarm(one) for one in found.alarms],
        "hours": found.hours,
    }


def alarm(one: KioskAlarm) -> dict[str, Any]:
    """One alarm in words; `on` while it lasts."""
    return {
        "id": one.id,
        "words": _(rules.ALARM_WORDS[rules.Alarm(one.code)]),
        "since": one.since,
        "until": one.until,
        "on": one.until is None,
        "seen_by": one.seen_by,
        "soft": one.code == rules.Alarm.LOW_PAPER,
    }


def parts(found: Kiosk) -> list[dict[str, Any]]:
    """Each device as the machine said last; what it says "" of, it does not have."""
    told = found.known.health
    rows = []
    for name, words in PART_WORDS.items():
        state = str(told.get(name, "" if name == "clock" else "unknown"))
        if not state:
            continue
        shown = _(STATE_WORDS[state]) if state in STATE_WORDS else state
        rows.append({"label": _(words), "words": shown, "good": state in GOOD, "known": state != "unknown"})
    return rows
