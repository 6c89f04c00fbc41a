"""The machine: keeps the one journey, carries out its effects in threads, and tells screens of changes.

All state is behind one lock; effects run outside of it and come back as events. Nothing of a person is
kept anywhere but in the journey (replaced for the next person) and in `visit` (cleared with it).
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from kiosk import effects as fx
from kiosk import events as ev
from kiosk.closing import DailyClosing
from kiosk.devices.power import MainsOnly
from kiosk.devices.protocols import Bell, CardReader, CardReport, CoinBox, PowerSupply, Printer, Scanner
from kiosk.devices.scanner import NoScanner
from kiosk.emergency import Emergency
from kiosk.journey import advance
from kiosk.paid_jobs import PaidJobs
from kiosk.pin_pad import PinPad
from kiosk.portal_client import PortalClient
from kiosk.steps import BUSY, Journey, Step
from kiosk.window_days import Remembered, Shown, WindowDay, shown

log = logging.getLogger(__name__)

TICK_SECONDS = 0.5


@dataclass(frozen=True)
class Devices:
    reader: CardReader
    printer: Printer
    coin_box: CoinBox
    bell: Bell
    slips: Printer | None = None
    power: PowerSupply = field(default_factory=MainsOnly)
    scanner: Scanner = field(default_factory=NoScanner)

    @property
    def slip_printer(self) -> Printer:
        """The thermal printer, or the one printer there is."""
        return self.slips or self.printer


class Machine:
    """One kiosk. `clock` gives monotonic seconds; `start` is given who carries the effects out."""

    def __init__(
        self,
        devices: Devices,
        portal: PortalClient,
        jobs: PaidJobs,
        clock: Callable[[], float] = time.monotonic,
        closing: DailyClosing | None = None,
        remembered: Remembered | None = None,
    ) -> None:
        self._closing = closing
        self._remembered = remembered
        self.devices = devices
        self.portal = portal
        self.jobs = jobs
        self.pad = PinPad()
        self.run = secrets.token_hex(8)
        self.emergencies: tuple[Emergency, ...] = ()
        self._journey = Journey()
        self._changed = threading.Condition(threading.RLock())
        self._version = 0
        self._was_warning = False
        self._kept_windows: tuple[WindowDay, ...] = ()
        self._windows_shown: Shown | None = None
        self._stopping = threading.Event()
        self._carry_out: Callable[[fx.Effect], None] = lambda effect: None
        self._clock = clock

    # Life.

    def start(self, carry_out: Callable[[fx.Effect], None]) -> None:
        """Look for paid jobs first, then watch the reader and the time."""
        self._carry_out = carry_out
        if self._remembered:
            self._kept_windows = self._remembered.read()
            self.report_health(windows=self._kept_windows)
        for order in self.jobs.unfinished():
            self.dispatch(ev.JobRecovered(order, self.jobs.reference(order), self.jobs.paid_with(order)))
        self.devices.reader.start(self._on_card)
        self.devices.scanner.start(self._on_code)
        self.in_background(self._tick)

    def stop(self) -> None:
        self._stopping.set()
        self.devices.reader.stop()
        self.devices.scanner.stop()
        self.pad.clear()
        with self._changed:
            self._changed.notify_all()

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def pause(self, seconds: float) -> bool:
        """Wait; True when the machine stops meanwhile."""
        return self._stopping.wait(seconds)

    def in_background(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, daemon=True, name=getattr(work, "__name__", "work")).start()

    # The journey.

    @property
    def journey(self) -> Journey:
        return self._journey

    @property
    def version(self) -> int:
        """Counts visible changes."""
        return self._version

    def now(self) -> float:
        return self._clock()

    def dispatch(self, event: ev.Event) -> bool:
        """Let something happen. True when the journey took notice of it."""
        with self._changed:
            now = self._clock()
            before = self._journey
            if isinstance(event, ev.PinEntered):
                event = ev.PinEntered(is_easy=before.step is Step.NEW_PIN and self.pad.is_easy)
            following, effects = advance(before, event, now)
            for effect in effects:
                if isinstance(effect, fx.KeepPin):
                    self.pad.keep(effect.name)
            if fx.ShufflePad() in effects:
                # Before anybody can see the next screen: a key pressed on the old order would cost a try.
                self.pad.shuffle()
            self._journey = following
            self._note_change(before, now)
            took_notice = self._journey is not before or bool(effects)
        for effect in effects:
            if not isinstance(effect, fx.ShufflePad | fx.KeepPin):
                self._carry_out(effect)
        return took_notice

    def report_health(self, **facts: Any) -> None:
        """Change some facts of the machine's health, e.g. `portal="gone"`."""
        with self._changed:
            health = replace(self._journey.health, **facts)
            if health != self._journey.health:
                log.info(
                    "health reader=%s portal=%s printer=%s coin_box=%s clock=%s command=%s",
                    health.reader,
                    health.portal,
                    health.printer,
                    health.coin_box,
                    health.clock,
                    health.command,
                )
                self.dispatch(ev.HealthChanged(health))

    def show_change(self) -> None:
        """Something outside the journey is to be seen: a digit more in the pad, a sound."""
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def warn_of(self, emergencies: tuple[Emergency, ...]) -> None:
        """What the city warns of now; screens change at once when it is another thing than before."""
        changed, self.emergencies = emergencies != self.emergencies, emergencies
        if changed:
            log.info("emergencies %d", len(emergencies))
            self.show_change()

    def wait_for_change(self, version: int, seconds: float) -> int:
        """Block until the version differs or the time is over; the present version."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != version or self.is_stopping, seconds)
            return self._version

    def settle(self, seconds: float) -> None:
        """Wait a moment for an answer, so that a quick one needs no waiting screen."""
        with self._changed:
            self._changed.wait_for(lambda: self._journey.step not in BUSY or self.is_stopping, seconds)

    def window_hours(self) -> Shown | None:
        """When the windows of the ward office are open, as far as it is known."""
        clock = self.portal.clock
        return shown(self._journey.health.windows, clock.best(), sure=clock.now() is not None)

    def look_at_window_hours(self) -> None:
        """A new day, an office that has closed: the screen that says so is drawn anew. What was heard is kept."""
        if self._remembered and self._journey.health.windows != self._kept_windows:
            self._kept_windows = self._journey.health.windows
            self._remembered.write(self._kept_windows)
        found, before = self.window_hours(), self._windows_shown
        self._windows_shown = found
        if found != before and self._journey.step is Step.OUT_OF_SERVICE:
            self.show_change()

    def tell_day(self) -> None:
        """The daily closing, when a day is over; not by a clock that is wrong."""
        if self._closing and self._journey.health.clock != "wrong":
            self._closing.tell(self.portal, self.devices.coin_box)

    # Inside.

    def _note_change(self, before: Journey, now: float) -> None:
        warning = self._journey.is_warning(now)
        same = replace(before, touched_at=0) == replace(self._journey, touched_at=0)
        if same and warning == self._was_warning:
            return
        self._was_warning = warning
        if before.step is not self._journey.step:
            log.info("step %s", self._journey.step)
        self._version += 1
        self._changed.notify_all()

    def _on_card(self, report: CardReport) -> None:
        if report.kind == "inserted":
            self.report_health(reader="ready")
            self.dispatch(ev.CardInserted())
        elif report.kind == "removed":
            self.dispatch(ev.CardRemoved())
        else:
            self.report_health(reader=report.kind)

    def _on_code(self, line: str) -> None:
        self.dispatch(ev.CodeScanned(line))

    def _tick(self) -> None:
        while not self.pause(TICK_SECONDS):
            self.dispatch(ev.Tick())
