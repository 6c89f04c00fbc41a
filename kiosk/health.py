"""The machine's health: looks at its devices, tells the portal, hears whether to stay in service."""

from __future__ import annotations

import logging
from typing import Any

from kiosk import VERSION
from kiosk import messages as m
from kiosk.machine import Machine
from kiosk.memory import give_back
from kiosk.portal_client import PortalRefused, PortalUnreachable
from kiosk.steps import RESTING, Journey, Step

log = logging.getLogger(__name__)

BEAT_SECONDS = 15.0
RETRY_SECONDS = 2.0
# About half a minute of chimes.
ALARMS_UNTIL_STAFF = 8
EMPTY = (Step.WELCOME, Step.ATTRACT)


def watch_health(machine: Machine) -> None:
    """Beat until the machine stops; quicker while something is missing, so that it recovers by itself."""
    while not machine.is_stopping:
        beat(machine)
        health = machine.journey.health
        machine.pause(BEAT_SECONDS if health.in_service and health.can_sell else RETRY_SECONDS)


def beat(machine: Machine) -> None:
    """One look at everything."""
    devices = machine.devices
    coin_box = devices.coin_box.state()
    # A payment under way is what the coin box is for.
    coin_box = "ready" if coin_box == "busy" else coin_box
    machine.report_health(
        printer=devices.printer.state(),
        coin_box=coin_box,
        power=devices.power.state(),
        scanner=devices.scanner.state(),
    )
    machine.report_health(**_ask_portal(machine), clock=machine.portal.clock.state())
    machine.look_at_window_hours()
    if machine.journey.health.portal == "ready":
        _hear_of_emergencies(machine)
        machine.jobs.report_outstanding()
        machine.tell_day()
    give_back()


def _hear_of_emergencies(machine: Machine) -> None:
    """A line that breaks in a disaster leaves on the screen what was heard before."""
    try:
        machine.warn_of(machine.portal.emergencies(machine.now()))
    except (PortalUnreachable, PortalRefused) as fault:
        log.warning("emergencies not heard fault=%s", type(fault).__name__)


def _ask_portal(machine: Machine) -> dict[str, Any]:
    health = machine.journey.health
    words = m.Heartbeat(
        version=VERSION,
        run=machine.run,
        state=_state(machine.journey.step),
        reader=health.reader,
        printer=health.printer,
        slip_printer=machine.devices.slip_printer.state(),
        scanner=health.scanner,
        coin_box=health.coin_box,
        power=health.power,
        clock=machine.portal.clock.state(),
        alarms=_alarms(machine.journey),
    )
    try:
        answer = machine.portal.heartbeat(words)
    except PortalUnreachable:
        return {"portal": "gone"}
    except PortalRefused as refused:
        log.error("portal refuses this kiosk code=%s", refused.problem.code)
        return {"portal": "refused"}
    opens_at = answer.opens_at.isoformat() if answer.opens_at else None
    return {
        "portal": "ready",
        "command": answer.command,
        "opens_at": opens_at,
        "hours": answer.hours,
        "staff": _call(machine.journey, answer.staff),
        "windows": tuple(one.as_day() for one in answer.windows) or health.windows,
    }


def _call(journey: Journey, told: str) -> str:
    """A call stands until staff have seen it and whoever called has gone."""
    if not journey.health.staff:
        return ""
    if told != "coming":
        return journey.health.staff
    return "" if journey.step in EMPTY else "coming"


def _alarms(journey: Journey) -> list[str]:
    """What only the machine knows: somebody called, a card lies there though its owner seems gone."""
    found = ["staff-called"] if journey.health.staff else []
    if journey.alarms >= ALARMS_UNTIL_STAFF:
        found.append("card-left")
    return found


def _state(step: Step) -> str:
    if step is Step.OUT_OF_SERVICE:
        return "out-of-service"
    return "idle" if step in RESTING else "in-use"
