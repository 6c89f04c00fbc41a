"""The command `card-reader`: look at readers and cards, simulate them, bridge them to a browser.

Exit status: 0 done, 1 refused (no card, wrong PIN, …), 2 wrong use, 3 something is not installed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import FrameType

import click

from card_reader import reader_ports
from card_reader.errors import CardError, PcscMissing
from card_reader.reader_ports import BadReaders

STATE = Path(".state")

state_option = click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    default=STATE,
    show_default=True,
    help="Folder of the simulated cards.",
)
personas_option = click.option(
    "--personas",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="JSON file of the people; built-in ones without it.",
)
readers_option = click.option(
    "--readers", default=reader_ports.DEFAULT, show_default=True, help="Virtual readers: NAME:PORT,NAME:PORT"
)
control_option = click.option("--control", type=int, default=8300, show_default=True, help="Control port.")
reader_option = click.option("--reader", default="", help="Name of the reader or its beginning; the first without it.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def main() -> None:
    """Cards and readers of the city's system."""


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn facts into one plain line and an exit status."""
    from card_reader.simulator.control import ControlError
    from card_reader.simulator.people import BadPersona
    from card_reader.simulator.rack import CannotInsert

    try:
        yield
    except PcscMissing as error:
        click.echo(str(error), err=True)
        sys.exit(3)
    except (CardError, BadReaders, BadPersona, CannotInsert, ControlError) as error:
        click.echo(f"{type(error).__name__}: {error}", err=True)
        sys.exit(1)


def _print(record: object, as_json: bool, line: Callable[[], str]) -> None:
    click.echo(json.dumps(record, ensure_ascii=False) if as_json else line())


def _until_stopped(alive: Callable[[], bool] = lambda: True) -> None:
    """Wait for Ctrl-C or SIGTERM, or until something is no longer alive."""
    stopped = Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    while alive() and not stopped.wait(0.5):
        pass


def _loopback_port(_context: click.Context, _parameter: click.Parameter, value: str) -> int:
    host, _, port = value.rpartition(":")
    if host not in {"127.0.0.1", "localhost"} or not port.isdigit():
        raise click.BadParameter("127.0.0.1:PORT, nothing else may reach it")
    return int(port)


@main.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """Print the readers."""
    from card_reader.pcsc import list_readers

    with _plain_errors():
        readers = list_readers()
    _print({"readers": readers}, as_json, lambda: "\n".join(readers) or "no reader")


def _chosen(reader: str) -> str:
    from card_reader.errors import ReaderGone
    from card_reader.pcsc import list_readers

    readers = list_readers()
    if not reader and not readers:
        raise ReaderGone("no reader is plugged in")
    return reader or readers[0]


@main.command()
@reader_option
@json_option
def info(reader: str, as_json: bool) -> None:
    """Say what card is in a reader and how many PIN tries it has left (free of charge)."""
    from card_reader.pcsc import open_card
    from card_reader.sessions.jpki import JpkiSession

    with _plain_errors(), open_card(_chosen(reader)) as connection:
        jpki = JpkiSession(connection)
        record = {
            "reader": connection.reader,
            "atr": connection.atr.hex().upper(),
            "auth_tries_left": jpki.auth_tries_left(),
            "sign_tries_left": jpki.sign_tries_left(),
        }
    _print(record, as_json, lambda: "\n".join(f"{name}: {value}" for name, value in record.items()))


@main.command()
@reader_option
@json_option
def read(reader: str, as_json: bool) -> None:
    """Read the authentication certificate (it holds no name): PEM, or DER in base64 with --json."""
    import base64
    import ssl

    from card_reader.pcsc import open_card
    from card_reader.sessions.jpki import JpkiSession

    with _plain_errors(), open_card(_chosen(reader)) as connection:
        der = JpkiSession(connection).auth_certificate()
    record = {"auth_certificate": base64.b64encode(der).decode()}
    _print(record, as_json, lambda: ssl.DER_cert_to_PEM_cert(der).strip())


@main.command()
@json_option
def watch(as_json: bool) -> None:
    """Print what happens at the readers until Ctrl-C."""
    from card_reader.monitor import CardEvent, CardMonitor

    def tell(event: CardEvent) -> None:
        record = {"kind": event.kind, "reader": event.reader, "atr": event.atr.hex().upper()}
        _print(record, as_json, lambda: " ".join(value for value in record.values() if value))

    with _plain_errors():
        monitor = CardMonitor(tell)
        monitor.start()
        _until_stopped()
        monitor.stop()


@main.command("prepare")
@state_option
@personas_option
def prepare_command(state: Path, personas: Path | None) -> None:
    """Make the cards and the test CA without running anything."""
    from card_reader.simulator.people import read_personas
    from card_reader.simulator.prepare import prepare

    with _plain_errors():
        people = read_personas(personas)
        made = prepare(state, people.values())
    click.echo(f"{len(people)} cards in {state / 'cards'}, {len(made)} of them new")


@main.command()
@state_option
@personas_option
@readers_option
@control_option
def simulate(state: Path, personas: Path | None, readers: str, control: int) -> None:
    """Hold the cards and put them into virtual readers on command; Ctrl-C ends it."""
    from threading import Thread

    from card_reader.loopback import LoopbackServer
    from card_reader.simulator.control import Control
    from card_reader.simulator.people import read_personas
    from card_reader.simulator.prepare import prepare
    from card_reader.simulator.rack import Rack

    with _plain_errors():
        people = read_personas(personas)
        rack = Rack(state, people, reader_ports.read_ports(readers))
        prepare(state, people.values())
    with LoopbackServer(control, Control(rack)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        click.echo(f"simulated cards: {server.url}/  ({', '.join(people)})")
        _until_stopped()
        server.shutdown()
    rack.close()


@main.command()
@click.argument("persona")
@click.option("--reader", default="1", show_default=True, help="Number (1 is the first) or name.")
@control_option
def insert(persona: str, reader: str, control: int) -> None:
    """Put PERSONA's card into a reader of the running simulator."""
    from card_reader.simulator.control import call

    with _plain_errors():
        call(control, "insert", persona=persona, reader=reader)


@main.command()
@click.option("--reader", default="1", show_default=True, help="Number (1 is the first) or name.")
@control_option
def remove(reader: str, control: int) -> None:
    """Take the card out of a reader of the running simulator."""
    from card_reader.simulator.control import call

    with _plain_errors():
        call(control, "remove", reader=reader)


@main.command()
@state_option
@readers_option
@click.option("--private", is_flag=True, help="Hide it from other programs; prints how to reach it.")
@click.option(
    "--drivers",
    type=click.Path(path_type=Path, file_okay=False),
    default=reader_ports.DRIVERS,
    show_default=True,
    help="Folder of pcscd's drivers for serial readers.",
)
def pcscd(state: Path, readers: str, private: bool, drivers: Path) -> None:
    """Run pcscd with virtual readers until Ctrl-C."""
    from card_reader.daemon import SOCKET_VARIABLE, Daemon

    with _plain_errors():
        daemon = Daemon(state, reader_ports.read_ports(readers), private=private, drivers=drivers)
        daemon.start()
    click.echo(f"pcscd is ready (pid {os.getpid()}); {SOCKET_VARIABLE}={daemon.socket}")
    try:
        _until_stopped(lambda: daemon.running)
        if not daemon.running:
            raise click.ClickException("pcscd ended by itself")
    finally:
        daemon.stop()


@main.command()
@click.option("--reader", default="Chiba Window", show_default=True, help="Name of the reader or its beginning.")
@click.option("--origin", "origins", multiple=True, default=("http://127.0.0.1:8000",), show_default=True)
@click.option(
    "--bind",
    "port",
    callback=_loopback_port,
    default="127.0.0.1:8200",
    show_default=True,
    help="Address; of this machine only.",
)
@click.option(
    "--pairing-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with the pairing token, made when missing; without it a new token is printed.",
)
def bridge(reader: str, origins: tuple[str, ...], port: int, pairing_file: Path | None) -> None:
    """Let the pages of ORIGIN ask for the card in a reader of this machine."""
    import secrets
    from threading import Thread

    from card_reader.bridge import Bridge, check_origin, pairing_token, reader_report
    from card_reader.loopback import LoopbackServer
    from card_reader.monitor import CardMonitor
    from card_reader.pcsc import open_card

    try:
        allowed = tuple(check_origin(origin) for origin in origins)
        token = pairing_token(pairing_file) if pairing_file else secrets.token_urlsafe(32)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    with _plain_errors():
        monitor = CardMonitor(lambda event: None)
        monitor.start()
    service = Bridge(lambda: open_card(reader), lambda: reader_report(monitor, reader), origins=allowed, pairing=token)
    with LoopbackServer(port, service) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        click.echo(f"bridge: {server.url}/ for {', '.join(allowed)}")
        if pairing_file is None:
            click.echo(f"pairing token: {token}")
        _until_stopped()
        server.shutdown()
    monitor.stop()


if __name__ == "__main__":
    main(prog_name="card-reader")
