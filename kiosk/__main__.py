"""The command `kiosk`: the machine, its window, and the simulated coin box."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import click
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from card_reader.machine_sign_in import read_key
from kiosk.app import create_app
from kiosk.closing import DailyClosing
from kiosk.coin_box.app import create_coin_box
from kiosk.coin_box.box import Box
from kiosk.devices.bell import ScreenBell
from kiosk.devices.card import PcscReader
from kiosk.devices.coin_box import HttpCoinBox
from kiosk.devices.power import MainsOnly, NutPower, SimulatedPower
from kiosk.devices.printer import LpPrinter, SimulatedPrinter
from kiosk.devices.protocols import CoinBox, PowerSupply, Printer
from kiosk.devices.scanner import scanner_for
from kiosk.errands import Errands
from kiosk.health import watch_health
from kiosk.journal import Journal
from kiosk.machine import Devices, Machine
from kiosk.paid_jobs import PaidJobs
from kiosk.portal_client import PortalClient
from kiosk.screens import Site
from kiosk.window_days import Remembered

log = logging.getLogger("kiosk")

DEFAULT_STATE = ".state/kiosk"
# What a crashed browser had in its memory is what somebody was looking at.
NO_DUMPS = "disable-breakpad"


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


def _loopback(context: click.Context, option: click.Parameter, value: str) -> Address:
    """HOST:PORT, where HOST is this machine itself: the PIN passes here."""
    host, _, port = value.rpartition(":")
    try:
        if not ip_address(host.strip("[]")).is_loopback:
            raise click.BadParameter("only a loopback address is allowed: the PIN passes here")
        return Address(host, int(port))
    except ValueError:
        raise click.BadParameter("give it as 127.0.0.1:PORT") from None


def _kiosk_options(command: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.option("--bind", default="127.0.0.1:8100", callback=_loopback, show_default=True),
        click.option("--portal-url", default="http://127.0.0.1:8000", show_default=True),
        click.option("--reader", default="Chiba Kiosk 00 00", show_default=True, help="PC/SC reader name."),
        click.option("--client-id", default="kiosk-chuo-1", show_default=True),
        click.option("--key", type=click.Path(path_type=Path, dir_okay=False), required=True, help="JWK file."),
        click.option("--coin-box-url", default="http://127.0.0.1:8110", show_default=True),
        click.option("--state", type=click.Path(path_type=Path), default=DEFAULT_STATE, show_default=True),
        click.option("--printer", default="lp", show_default=True, help="lp, lp:QUEUE or simulated[:FOLDER]."),
        click.option("--slip-printer", default="", help="For numbers, as --printer; the same printer if not given."),
        click.option("--scanner", default="", help="/dev/input/by-id/…-event-kbd, or simulated; none if not given."),
        click.option("--ups", default="", help="NAME@HOST of NUT, or simulated; none if not given."),
        click.option("--office", default=Site.office, show_default=True),
        click.option("--hours", default=Site.hours, show_default=True),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def main() -> None:
    """The kiosk of the ward office (証明書交付機)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)


@main.command()
@_kiosk_options
def serve(**wishes: Any) -> None:
    """Run the machine and its screens."""
    machine, server = _build(**wishes)
    _run(machine, server)


@main.command()
@_kiosk_options
@click.option("--browser", default="chromium", show_default=True)
def start(browser: str, **wishes: Any) -> None:
    """Run the machine and open its screen in a full-screen browser."""
    machine, server = _build(**wishes)
    program = shutil.which(browser)
    if program is None:
        raise click.ClickException(f"{browser} is not installed")
    window = subprocess.Popen(_browser_command(program, wishes["bind"].url, wishes["state"]))
    try:
        _run(machine, server)
    finally:
        window.terminate()
        window.wait()


@main.command("coin-box")
@click.option("--bind", default="127.0.0.1:8110", callback=_loopback, show_default=True)
@click.option("--state", type=click.Path(path_type=Path), default=".state/coin-box", show_default=True)
def coin_box(bind: Address, state: Path) -> None:
    """Run the simulated coin box and its page."""
    server = _server(create_coin_box(Box(state)), bind)
    click.echo(f"Coin box (simulated): {Address(bind.host, server.server_port).url}")
    _serve_until_signal(server)


def _build(
    *,
    bind: Address,
    portal_url: str,
    reader: str,
    client_id: str,
    key: Path,
    coin_box_url: str,
    state: Path,
    printer: str,
    slip_printer: str,
    scanner: str,
    ups: str,
    office: str,
    hours: str,
) -> tuple[Machine, BaseWSGIServer]:
    try:
        portal = PortalClient(portal_url, client_id, read_key(key))
    except ValueError as fault:
        raise click.ClickException(str(fault)) from None
    coins: CoinBox = HttpCoinBox(coin_box_url)
    paper = _printer(printer, state)
    slips = _printer(slip_printer, state) if slip_printer else None
    machine = Machine(
        Devices(PcscReader(reader), paper, coins, ScreenBell(), slips, _power(ups, state), scanner_for(scanner, state)),
        portal,
        PaidJobs(Journal(state / "paid-jobs"), portal, coins, paper),
        closing=DailyClosing(Journal(state / "closings"), portal.clock.today),
        remembered=Remembered(Journal(state / "remembered")),
    )
    server = _server(create_app(machine, Site(office=office, hours=hours)), bind)
    click.echo(f"Kiosk: {Address(bind.host, server.server_port).url}")
    return machine, server


def _printer(wish: str, state: Path) -> Printer:
    kind, _, detail = wish.partition(":")
    if kind == "simulated":
        return SimulatedPrinter(Path(detail) if detail else state / "prints")
    if kind == "lp":
        return LpPrinter.from_environment(detail or None)
    raise click.BadParameter("lp, lp:QUEUE or simulated[:FOLDER]", param_hint="--printer")


def _power(wish: str, state: Path) -> PowerSupply:
    if wish == "simulated":
        return SimulatedPower(state / "power")
    return NutPower(wish) if wish else MainsOnly()


def _browser_command(program: str, url: str, state: Path) -> list[str]:
    """Chromium without anything of a browser around the page, and with a profile of its own."""
    quiet = ("no-first-run", "disable-background-networking", "disable-component-update", "disable-sync", NO_DUMPS)
    shape = ("kiosk", "disable-pinch", "overscroll-history-navigation=0", "incognito")
    sound = ("autoplay-policy=no-user-gesture-required",)
    # Chromium has no sandbox for the superuser; a kiosk in service runs as a user of its own.
    root = ("no-sandbox",) if os.geteuid() == 0 else ()
    flags = [f"--{flag}" for flag in (*quiet, *shape, *sound, *root)]
    return [program, *flags, f"--user-data-dir={state.absolute() / 'browser'}", url]


class _QuietHandler(WSGIRequestHandler):
    """HTTP/1.1, so that the browser keeps its line; no log line for each touch."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Which key was touched when is nobody's business."""


def _server(app: Flask, bind: Address) -> BaseWSGIServer:
    try:
        return make_server(bind.host.strip("[]"), bind.port, app, threaded=True, request_handler=_QuietHandler)
    except (OSError, SystemExit) as fault:
        raise click.ClickException(f"{bind.url} cannot be used: {fault}") from None


def _run(machine: Machine, server: BaseWSGIServer) -> None:
    machine.start(Errands(machine).run)
    machine.in_background(lambda: watch_health(machine))
    try:
        _serve_until_signal(server)
    finally:
        machine.stop()


def _serve_until_signal(server: BaseWSGIServer) -> None:
    """Serve until SIGTERM or SIGINT; requests still open (event streams) do not hold the end up."""

    def end(number: int, frame: Any) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    server.daemon_threads = True  # type: ignore[attr-defined]
    server.serve_forever()


if __name__ == "__main__":
    main()
