"""A kiosk with everything but people and metal: card, coin box and printer simulated, portal played."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from werkzeug.serving import make_server

from card_reader.simulator.card import SimulatedCard
from kiosk.app import create_app
from kiosk.coin_box.box import Box
from kiosk.devices.bell import ScreenBell
from kiosk.devices.card import SimulatedReader
from kiosk.devices.printer import SimulatedPrinter
from kiosk.errands import Errands
from kiosk.health import beat, watch_health
from kiosk.journal import Journal
from kiosk.machine import Devices, Machine
from kiosk.paid_jobs import PaidJobs
from kiosk.portal_client import Deadlines, PortalClient
from kiosk.screens import Site
from kiosk.steps import Step
from tests import serving
from tests.kiosk.contract_player import ContractPlayer

QUICK = Deadlines(action=1.0, one_try=0.8, pause=0.02)


def until(fact: Callable[[], bool], what: str, seconds: float = 10.0) -> None:
    """Wait for a fact with a deadline."""
    ends = time.monotonic() + seconds
    waiting = threading.Event()
    while not fact():
        assert time.monotonic() < ends, f"waited in vain: {what}"
        waiting.wait(0.01)


class WholeKiosk:
    def __init__(self, folder: Path, player: ContractPlayer, translations: Path) -> None:
        self.player = player
        self.reader = SimulatedReader()
        self.printer = SimulatedPrinter(folder / "prints")
        self.coin_box = Box(folder / "coin-box")
        portal = PortalClient(player.url, player.client_id, player.key, QUICK)
        self.jobs = PaidJobs(Journal(folder / "paid-jobs"), portal, self.coin_box, self.printer)
        devices = Devices(self.reader, self.printer, self.coin_box, ScreenBell())
        self.late = 0.0
        self.machine = Machine(devices, portal, self.jobs, lambda: time.monotonic() + self.late)
        self.app = create_app(self.machine, Site(), translations=translations)
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self, *, watching: bool = False) -> None:
        self.machine.start(Errands(self.machine).run)
        beat(self.machine)
        if watching:
            self.machine.in_background(lambda: watch_health(self.machine))
        serving.begin(self._server)

    def stop(self) -> None:
        self.machine.stop()
        serving.end(self._server)

    def let_time_pass(self, seconds: float) -> None:
        """Put the machine's clock forward."""
        self.late += seconds

    def insert(self, card: SimulatedCard) -> None:
        self.reader.insert(card)

    def wait_for(self, step: Step, seconds: float = 10.0) -> None:
        until(lambda: self.machine.journey.step is step, f"{step}, not {self.machine.journey.step}", seconds)

    def type_pin(self, pin: str) -> None:
        for digit in pin:
            self.machine.pad.press(self.machine.pad.layout.index(int(digit)))
