"""The machine's health: looks at its devices, tells the portal, hears whether to stay in service."""

from __future__ import annotations

import logging

from kiosk import VERSION
from kiosk import messages as m
from kiosk.machine import Machine
from kiosk.portal_client import PortalRefused, PortalUnreachable
from kiosk.steps import RESTING, Step

log = logging.getLogger(__name__)

BEAT_SECONDS = 15.0
RETRY_SECONDS = 2.0


def watch_health(machine: Machine) -> None:
    """Beat until the machine stops; quicker while something is missing, so that it recovers by itself."""
    while not machine.is_stopping:
        beat(machine)
        health = machine.journey.health
        machine.pause(BEAT_SECONDS if health.in_service and health.can_sell else RETRY_SECONDS)


def beat(machine: Machine) -> None:
    """One look at everything."""
    coin_box = machine.devices.coin_box.state()
    # A payment under way is what the coin box is for.
    machine.report_health(printer=machine.devices.printer.state(), coin_box="ready" if coin_box == "busy" else coin_box)
    machine.report_health(**_ask_portal(machine))
    if machine.journey.health.portal == "ready":
        machine.jobs.report_outstanding()


def _ask_portal(machine: Machine) -> dict[str, str | None]:
    health = machine.journey.health
    words = m.Heartbeat(
        version=VERSION,
        state=_state(machine.journey.step),
        reader=health.reader,
        printer=health.printer,
        coin_box=health.coin_box,
    )
    try:
        answer = machine.portal.heartbeat(words)
    except PortalUnreachable:
        return {"portal": "gone"}
    except PortalRefused as refused:
        log.error("portal refuses this kiosk code=%s", refused.problem.code)
        return {"portal": "refused"}
    opens_at = answer.opens_at.isoformat() if answer.opens_at else None
    return {"portal": "ready", "command": answer.command, "opens_at": opens_at}


def _state(step: Step) -> str:
    if step is Step.OUT_OF_SERVICE:
        return "out-of-service"
    return "idle" if step in RESTING else "in-use"
