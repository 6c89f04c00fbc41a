"""A kiosk with everything but people and metal: card, coin box and printer simulated, portal played."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from card_reader.simulator.card import SimulatedCard
from kiosk.app import create_app
from kiosk.coin_box.box import Box
from kiosk.devices.bell import ScreenBell
from kiosk.devices.card import PcscReader, SimulatedReader
from kiosk.devices.power import SimulatedPower
from kiosk.devices.printer import SimulatedPrinter
from kiosk.devices.scanner import SimulatedScanner
from kiosk.errands import Errands
from kiosk.health import beat, watch_health
from kiosk.journal import Journal
from kiosk.machine import Devices, Machine
from kiosk.paid_jobs import PaidJobs
from kiosk.portal_client import Deadlines, PortalClient
from kiosk.portal_time import PortalTime
from kiosk.screens import Site
from kiosk.steps import Step
from kiosk.window_days import Remembered
from tests import serving
from tests.kiosk.contract_player import ContractPlayer
from tests.patience import PATIENCE, until

QUICK = Deadlines(action=0.1, one_try=PATIENCE, pause=0.02)


class UnlessDown:
    """Deadlines of a kiosk whose portal may be as slow as the machine, and is given up soon once it is down."""

    one_try, pause = QUICK.one_try, QUICK.pause

    def __init__(self, player: ContractPlayer) -> None:
        self._player = player

    @property
    def action(self) -> float:
        return QUICK.action if self._player.down else PATIENCE


class WholeKiosk:
    def __init__(
        self,
        folder: Path,
        player: ContractPlayer,
        translations: Path,
        *,
        real_reader: PcscReader | None = None,
        clock: PortalTime | None = None,
    ) -> None:
        self.player = player
        self.reader = SimulatedReader()
        self.printer = SimulatedPrinter(folder / "prints")
        self.coin_box = Box(folder / "coin-box")
        portal = PortalClient(player.url, player.client_id, player.key, UnlessDown(player), clock)
        self.jobs = PaidJobs(Journal(folder / "paid-jobs"), portal, self.coin_box, self.printer)
        self.power = SimulatedPower(folder / "power")
        self.scanner = SimulatedScanner()
        devices = Devices(
            real_reader or self.reader,
            self.printer,
            self.coin_box,
            ScreenBell(),
            power=self.power,
            scanner=self.scanner,
        )
        self._now = 0.0
        remembered = Remembered(Journal(folder / "remembered"))
        self.machine = Machine(devices, portal, self.jobs, lambda: self._now, remembered=remembered)
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
        """Put the machine's clock forward; it stands otherwise, so that no screen goes while it is looked at."""
        self._now += seconds

    def insert(self, card: SimulatedCard) -> None:
        self.reader.insert(card)

    def wait_for(self, step: Step) -> None:
        until(lambda: self.machine.journey.step is step, f"{step} after {self.machine.journey.step}")

    def type_pin(self, pin: str) -> None:
        for digit in pin:
            self.machine.pad.press(self.machine.pad.layout.index(int(digit)))

    @contextmanager
    def shown_as(self) -> Iterator[Callable[..., int]]:
        """Shows the present screen in other languages and comforts, as if they had been asked for before: call it with
        facts of the journey, it answers with the version that has them. Afterwards all is as it was."""
        kept = self.machine.journey

        def show(**facts: Any) -> int:
            self.machine._journey = replace(kept, **facts)
            self.machine.show_change()
            return self.machine.version

        yield show
        self.machine._journey = kept
        self.machine.show_change()
