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
from card_reader.simulator.wire import WIRES

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
place_option = click.option("--reader", default="1", show_default=True, help="Number (1 is the first) or name.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def main() -> None:
    """Cards and readers of the city's system."""


@contextmanager
def _plain_errors(as_json: bool = False) -> Iterator[None]:
    """Turn facts into one plain line, or one JSON object on stdout, and an exit status."""
    from card_reader.key_store import BadKeyStore
    from card_reader.simulator.control import ControlError
    from card_reader.simulator.people import BadPersona
    from card_reader.simulator.rack import CannotInsert

    try:
        yield
    except PcscMissing as error:
        click.echo(str(error), err=True)
        sys.exit(3)
    except (CardError, BadKeyStore, BadReaders, BadPersona, CannotInsert, ControlError) as error:
        if as_json:
            click.echo(json.dumps({"error": type(error).__name__, "message": str(error)}))
        else:
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

    with _plain_errors(as_json):
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
    """Say what card is in a reader, what is on it, and how many PIN tries it has left (free of charge)."""
    from card_reader.pcsc import open_card
    from card_reader.report import card_report

    with _plain_errors(as_json), open_card(_chosen(reader)) as connection:
        record = {"reader": connection.reader, "atr": connection.atr.hex().upper()}
        facts = card_report(connection)

    def lines() -> str:
        said = [f"{name}: {value}" for name, value in record.items()]
        said += [f"{part}.{name}: {value}" for part, known in facts.items() for name, value in known.items()]
        return "\n".join(said)

    _print(record | {"applications": facts}, as_json, lines)


@main.command()
@click.option(
    "--certificate",
    type=click.Choice(["auth", "auth-ca", "sign", "sign-ca"]),
    default="auth",
    show_default=True,
    help="Which one; for sign the signature PIN is asked.",
)
@reader_option
@json_option
def read(certificate: str, reader: str, as_json: bool) -> None:
    """Read a certificate (auth holds no name): PEM, or DER in base64 with --json."""
    import base64
    import ssl

    from card_reader.pcsc import open_card
    from card_reader.sessions.jpki import JpkiSession

    with _plain_errors(as_json), open_card(_chosen(reader)) as connection:
        jpki = JpkiSession(connection)
        if certificate == "sign":
            jpki.verify_sign_pin(bytearray(click.prompt("PIN", hide_input=True, err=True).encode()))
        readers = {
            "auth": jpki.auth_certificate,
            "auth-ca": jpki.auth_ca_certificate,
            "sign": jpki.sign_certificate,
            "sign-ca": jpki.sign_ca_certificate,
        }
        der = readers[certificate]()
    record = {f"{certificate.replace('-', '_')}_certificate": base64.b64encode(der).decode()}
    _print(record, as_json, lambda: ssl.DER_cert_to_PEM_cert(der).strip())


@main.command()
@json_option
def watch(as_json: bool) -> None:
    """Print what happens at the readers until Ctrl-C."""
    from card_reader.monitor import CardEvent, CardMonitor

    def tell(event: CardEvent) -> None:
        record = {"kind": event.kind, "reader": event.reader, "atr": event.atr.hex().upper()}
        _print(record, as_json, lambda: " ".join(value for value in record.values() if value))

    with _plain_errors(as_json):
        monitor = CardMonitor(tell)
        monitor.start()
        _until_stopped()
        monitor.stop()


@main.command("prepare")
@state_option
@personas_option
@json_option
def prepare_command(state: Path, personas: Path | None, as_json: bool) -> None:
    """Make the cards and the test CA without running anything."""
    from card_reader.simulator.people import read_personas
    from card_reader.simulator.prepare import prepare

    with _plain_errors(as_json):
        people = read_personas(personas)
        made = prepare(state, people.values())
    record = {"cards": sorted(people), "new": sorted(made)}
    _print(record, as_json, lambda: f"{len(people)} cards in {state / 'cards'}, {len(made)} of them new")


@main.command()
@click.argument("persona")
@state_option
@personas_option
@json_option
def renew(persona: str, state: Path, personas: Path | None, as_json: bool) -> None:
    """Give PERSONA's card new keys and certificates, as the window does every five years; its PINs stay."""
    from card_reader.simulator.people import read_personas
    from card_reader.simulator.prepare import prepare
    from card_reader.simulator.prepare import renew as renew_card
    from card_reader.simulator.rack import CannotInsert, Rack

    with _plain_errors(as_json):
        people = read_personas(personas)
        if persona not in people:
            raise CannotInsert("unknown-persona", f"nobody is called {persona!r}")
        rack = Rack(state, people, [])  # no running simulator may hold the card
        prepare(state, people.values())
        renew_card(state, people[persona])
        rack.close()
    _print({"renewed": persona}, as_json, lambda: f"{persona}'s card has new certificates")


@main.command()
@click.option("--demo", is_flag=True, help="Print the master keys of the demo cards; they are public.")
@click.option("--store", "location", help="Name the KVNs in file:PATH or pkcs11:MODULE?token=LABEL.")
@click.option("--create", multiple=True, metavar="KVN", help="Make this master in the token, hexadecimal; repeatable.")
@state_option
@json_option
def keys(demo: bool, location: str | None, create: tuple[str, ...], state: Path, as_json: bool) -> None:
    """Master keys of the city card: which there are, and with --demo what they are."""
    from card_reader import key_store

    if demo == bool(location) or (create and not location):
        raise click.UsageError("either --demo or --store LOCATION, and --create only with --store")
    with _plain_errors(as_json):
        if demo:
            shown = key_store.demo_store(state).shown()
        else:
            shown = key_store.named(key_store.open_store(location or ""), create)
    _print(shown, as_json, lambda: "\n".join(f"{kvn} {text}" for kvn, text in shown.items()))


@main.command()
@state_option
@personas_option
@readers_option
@control_option
@click.option("--wire", type=click.Choice(sorted(WIRES)), help="Let commands take as long as over this one.")
@json_option
def simulate(state: Path, personas: Path | None, readers: str, control: int, wire: str | None, as_json: bool) -> None:
    """Hold the cards and put them into virtual readers on command; Ctrl-C ends it."""
    from threading import Thread

    from card_reader.loopback import LoopbackServer
    from card_reader.simulator.control import Control
    from card_reader.simulator.people import read_personas
    from card_reader.simulator.prepare import prepare
    from card_reader.simulator.rack import Rack

    with _plain_errors(as_json):
        people = read_personas(personas)
        rack = Rack(state, people, reader_ports.read_ports(readers), wire=WIRES[wire] if wire else None)
        prepare(state, people.values())
    with LoopbackServer(control, Control(rack)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        record = {"control": f"{server.url}/", "ocsp": f"{server.url}/ocsp", "personas": list(people)}
        _print(record, as_json, lambda: f"simulated cards: {server.url}/  ({', '.join(people)})")
        _until_stopped()
        server.shutdown()
    rack.close()


def _tell_simulator(act: str, control: int, as_json: bool, **fields: object) -> None:
    """Ask the running simulator; with --json print the state of its readers afterwards."""
    from card_reader.simulator.control import call

    with _plain_errors(as_json):
        record = call(control, act, **fields)
    if as_json:
        click.echo(json.dumps(record, ensure_ascii=False))


@main.command()
@click.argument("persona")
@place_option
@click.option("--contactless", is_flag=True, help="Lay it on the antenna instead of putting it into the slot.")
@control_option
@json_option
def insert(persona: str, reader: str, contactless: bool, control: int, as_json: bool) -> None:
    """Put PERSONA's card into a reader of the running simulator."""
    _tell_simulator("insert", control, as_json, persona=persona, reader=reader, contactless=contactless)


@main.command()
@place_option
@control_option
@json_option
def remove(reader: str, control: int, as_json: bool) -> None:
    """Take the card out of a reader of the running simulator."""
    _tell_simulator("remove", control, as_json, reader=reader)


@main.command()
@place_option
@control_option
@json_option
def mute(reader: str, control: int, as_json: bool) -> None:
    """Let the card in a reader fall silent until it is taken out, as a broken one does."""
    _tell_simulator("mute", control, as_json, reader=reader)


@main.command()
@place_option
@click.option(
    "--write", type=click.IntRange(1, 1000), default=1, show_default=True, help="At which of its next writes."
)
@click.option("--kept", is_flag=True, help="The power fails just after that write instead of just before it.")
@control_option
@json_option
def tear(reader: str, write: int, kept: bool, control: int, as_json: bool) -> None:
    """Let the card in a reader lose power, and fall out, at one of its next writes."""
    _tell_simulator("tear", control, as_json, reader=reader, write=write, kept=kept)


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
