"""What is wrong with a machine, and when it is open: decisions without a database."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from portal.core.clock import JST
from portal.core.errors import Refusal
from portal.core.words import N_

SILENT_AFTER = timedelta(seconds=90)
"""Six heartbeats: a machine that missed them is not there."""
RUNS_KEPT = 8
"""Starts of a machine that are remembered: more than it may start again between two heartbeats of its twin."""
OPENS, CLOSES = "06:30", "23:00"
"""The hours in which the national certificate service answers (J-LIS, コンビニ交付)."""
TOLD_WITHIN = timedelta(days=40)
"""A machine without a line tells its days up to 31 days later (kiosk.closing.LONGEST_SILENCE); some more for clocks."""
DAYS_TOLD = 15
"""Days of the windows a machine is told, for a time without a line: longer than any row of holidays."""
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class Alarm(StrEnum):
    """One thing staff should do something about, the most urgent first."""

    STAFF_CALLED = "staff-called"
    CARD_LEFT = "card-left"
    TWINS = "twins"
    SILENT = "silent"
    POWER = "power"
    READER = "reader"
    PRINTER = "printer"
    JAM = "jam"
    NO_PAPER = "no-paper"
    COIN_BOX = "coin-box"
    SLIPS = "slips"
    SCANNER = "scanner"
    CLOCK = "clock"
    LOW_PAPER = "low-paper"


ALARM_WORDS: dict[Alarm, str] = {
    Alarm.STAFF_CALLED: N_("Somebody at the machine calls for staff"),
    Alarm.CARD_LEFT: N_("A card was left on the reader"),
    Alarm.TWINS: N_("Two machines say that they are this one"),
    Alarm.SILENT: N_("The machine does not answer"),
    Alarm.POWER: N_("No power from the mains"),
    Alarm.READER: N_("The card reader is gone"),
    Alarm.PRINTER: N_("The printer does not work"),
    Alarm.JAM: N_("Paper is jammed in the printer"),
    Alarm.NO_PAPER: N_("The printer has no paper"),
    Alarm.COIN_BOX: N_("The coin box does not work"),
    Alarm.SLIPS: N_("The slip printer does not work"),
    Alarm.SCANNER: N_("The code scanner is gone"),
    Alarm.CLOCK: N_("The clock of the machine is wrong"),
    Alarm.LOW_PAPER: N_("Paper is running low"),
}
TOLD_BY_MACHINE = (Alarm.STAFF_CALLED, Alarm.CARD_LEFT)
WELL = ("ready", "unknown", "")
PARTS = {
    "reader": Alarm.READER,
    "coin_box": Alarm.COIN_BOX,
    "slip_printer": Alarm.SLIPS,
    "scanner": Alarm.SCANNER,
    "clock": Alarm.CLOCK,
}
"""The parts that are there or not; printer and power have more to say."""


class Reason(StrEnum):
    """Why staff take a machine out of service; the screen says only that it is being looked after."""

    MAINTENANCE = "maintenance"
    FAULT = "fault"
    SUPPLIES = "supplies"
    BUILDING = "building"


REASON_WORDS: dict[Reason, str] = {
    Reason.MAINTENANCE: N_("Maintenance"),
    Reason.FAULT: N_("Fault"),
    Reason.SUPPLIES: N_("Paper or coins are refilled"),
    Reason.BUILDING: N_("The place is closed"),
}


class KioskUnknown(Refusal):
    code = "kiosk-unknown"
    status = 404
    message = N_("There is no such kiosk.")
    next_step = N_("Choose one in the list of kiosks.")


class AlarmOver(Refusal):
    code = "kiosk-alarm-over"
    status = 409
    message = N_("This alarm has ended, or a colleague has taken it.")
    next_step = N_("Look at the list of alarms again.")


class HoursWrong(Refusal):
    code = "kiosk-hours-wrong"
    status = 422
    message = N_("These hours cannot be read.")
    next_step = N_("Write both times like 06:30, the earlier one first.")


class ClosingDayWrong(Refusal):
    code = "kiosk-closing-day-wrong"
    status = 422
    message = N_("This day is not over yet, or lies too long ago.")
    next_step = N_("Set the clock of the machine right; it tells the day by itself then.")


def check_day(day: date, today: date) -> None:
    """A daily closing is for a day that is over, by the portal's calendar."""
    if not today - TOLD_WITHIN <= day < today:
        raise ClosingDayWrong


def alarms_of(health: Mapping[str, object]) -> frozenset[Alarm]:
    """What is wrong by a machine's own words (the heartbeat)."""
    found = {Alarm(str(one)) for one in _told(health) if str(one) in TOLD_BY_MACHINE}
    printer = {"jam": Alarm.JAM, "no-paper": Alarm.NO_PAPER, "low-paper": Alarm.LOW_PAPER}
    if (state := str(health.get("printer", ""))) not in WELL:
        found.add(printer.get(state, Alarm.PRINTER))
    for part, alarm in PARTS.items():
        if str(health.get(part, "")) not in WELL:
            found.add(alarm)
    if str(health.get("power", "")) in ("battery", "low"):
        found.add(Alarm.POWER)
    return frozenset(found)


def runs_after(before: Sequence[str], run: str) -> tuple[list[str], bool]:
    """The last starts of a machine, the newest last, and whether an earlier one speaks again: a program that ended says
    nothing, so two machines use one identity (a copied key, an exchanged disk)."""
    if not run:
        return list(before), False
    return [*(one for one in before if one != run), run][-RUNS_KEPT:], run in before[:-1]


def _told(health: Mapping[str, object]) -> list[object]:
    told = health.get("alarms")
    return told if isinstance(told, list) else []


def check_hours(opens: str, closes: str) -> tuple[str, str]:
    """Both as HH:MM, the earlier one first."""
    opens, closes = opens.strip(), closes.strip()
    if not (_CLOCK.fullmatch(opens) and _CLOCK.fullmatch(closes) and opens < closes):
        raise HoursWrong
    return opens, closes


def is_holiday(day: date) -> bool:
    """From December 29 to January 3 the register is closed (J-LIS, コンビニ交付)."""
    return (day.month == 12 and day.day >= 29) or (day.month == 1 and day.day <= 3)


def opens_next(now: datetime, opens: str, closes: str) -> datetime | None:
    """None while it is open; else the instant at which it opens."""
    local = now.astimezone(JST)
    start, end = time.fromisoformat(opens), time.fromisoformat(closes)
    day = local.date()
    if not is_holiday(day) and start <= local.time() < end:
        return None
    if local.time() >= start:
        day += timedelta(days=1)
    while is_holiday(day):
        day += timedelta(days=1)
    return datetime.combine(day, start, tzinfo=JST)


def is_silent(seen_at: datetime | None, now: datetime) -> bool:
    return seen_at is None or now - seen_at > SILENT_AFTER
