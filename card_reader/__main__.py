"""The command `card-reader`: look at readers and cards, simulate them, bridge them to a browser.

Exit status: 0 done, 1 refused (no card, wrong PIN, …), 2 wrong use, 3 something is not installed.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from card_reader import reader_ports
from card_reader.city_commands import city
from card_reader.command_line import (
    chosen,
    json_option,
    loopback_port,
    plain_errors,
    print_record,
    reader_option,
    readers_option,
    state_option,
    typed_pin,
    until_stopped,
)
from card_reader.simulator_commands import simulator


@click.group()
def main() -> None:
    """Cards and readers of the city's system."""


main.commands.update(simulator.commands)
main.commands.update(city.commands)


@main.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """Print the readers."""
    from card_reader.pcsc import list_readers

    with plain_errors(as_json):
        readers = list_readers()
    print_record({"readers": readers}, as_json, lambda: "\n".join(readers) or "no reader")


@main.command()
@reader_option
@json_option
def info(reader: str, as_json: bool) -> None:
    """Say what card is in a reader, what is on it, and how many PIN tries it has left (free of charge)."""
    from card_reader.pcsc import open_card
    from card_reader.report import card_report

    with plain_errors(as_json), open_card(chosen(reader)) as connection:
        record: dict[str, object] = {"reader": connection.reader, "atr": connection.atr.hex().upper()}
        record["pinpad"] = connection.pinpad is not None
        facts = card_report(connection)

    def lines() -> str:
        said = [f"{name}: {_plain(value)}" for name, value in record.items()]
        said += [f"{part}.{name}: {_plain(value)}" for part, known in facts.items() for name, value in known.items()]
        return "\n".join(said)

    print_record(record | {"applications": facts}, as_json, lines)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@main.command()
@click.option(
    "--certificate",
    type=click.Choice(["auth", "auth-ca", "sign", "sign-ca"]),
    default="auth",
    show_default=True,
    help="Which one; for sign the signature PIN is asked.",
)
@click.option(
    "--what",
    type=click.Choice(["certificate", "attributes", "log"]),
    default="certificate",
    show_default=True,
    help="Or name and address, after the 4-digit PIN; or who read the city card, after its PIN.",
)
@reader_option
@json_option
def read(certificate: str, what: str, reader: str, as_json: bool) -> None:
    """Read a certificate (auth holds no name): PEM, or DER in base64 with --json; or what the holder may see."""
    from card_reader import report
    from card_reader.pcsc import open_card

    pin = bytearray()
    if asked := report.PINS.get(certificate if what == "certificate" else what):
        with plain_errors(as_json):  # the card is asked first, and lies free while the PIN is typed
            with open_card(chosen(reader)) as connection:
                left = asked.check(connection)
            pin = typed_pin(asked, left)
    with plain_errors(as_json), open_card(chosen(reader)) as connection:
        if what == "certificate":
            record, text = report.certificate(connection, certificate, pin)
        else:
            record, text = (report.attributes if what == "attributes" else report.log)(connection, pin)
    print_record(record, as_json, lambda: text)


@main.command()
@json_option
def watch(as_json: bool) -> None:
    """Print what happens at the readers until Ctrl-C."""
    from card_reader.monitor import CardEvent, CardMonitor

    def tell(event: CardEvent) -> None:
        record = {"kind": event.kind, "reader": event.reader, "atr": event.atr.hex().upper()}
        print_record(record, as_json, lambda: " ".join(value for value in record.values() if value))

    with plain_errors(as_json):
        monitor = CardMonitor(tell)
        monitor.start()
        until_stopped()
        monitor.stop()


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
@json_option
def pcscd(state: Path, readers: str, private: bool, drivers: Path, as_json: bool) -> None:
    """Run pcscd with virtual readers until Ctrl-C."""
    from card_reader.daemon import SOCKET_VARIABLE, Daemon

    with plain_errors(as_json):
        daemon = Daemon(state, reader_ports.read_ports(readers), private=private, drivers=drivers)
        daemon.start()
    record = {"pid": os.getpid(), SOCKET_VARIABLE: str(daemon.socket)}
    line = f"pcscd is ready (pid {os.getpid()}); {SOCKET_VARIABLE}={daemon.socket}"
    print_record(record, as_json, lambda: line)
    try:
        until_stopped(lambda: daemon.running)
        if not daemon.running:
            raise click.ClickException("pcscd ended by itself")
    finally:
        daemon.stop()


ORIGINS = ("http://127.0.0.1:8000", "http://localhost:8000")
"""One portal by both of its names: passkeys work under localhost only."""


@main.command()
@click.option("--reader", default="Chiba Window", show_default=True, help="Number, name or its beginning.")
@click.option("--origin", "origins", multiple=True, default=ORIGINS, show_default=True)
@click.option(
    "--bind",
    "port",
    callback=loopback_port,
    default="127.0.0.1:8200",
    show_default=True,
    help="Address; of this machine only.",
)
@click.option(
    "--pairing-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with the pairing token, made when missing; without it a new token is printed.",
)
@click.option(
    "--writer-key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The writer's public key: new PINs of city cards are sealed for it.",
)
@json_option
def bridge(
    reader: str,
    origins: tuple[str, ...],
    port: int,
    pairing_file: Path | None,
    writer_key: Path | None,
    as_json: bool,
) -> None:
    """Let the pages of ORIGIN ask for the card in a reader of this machine."""
    import secrets
    from threading import Thread

    from card_reader.bridge import Bridge, check_origin, reader_report
    from card_reader.bridge_events import Events
    from card_reader.loopback import LoopbackServer
    from card_reader.monitor import CardMonitor
    from card_reader.pairing import ask_portal, pairing_token
    from card_reader.pcsc import open_card

    try:
        allowed = tuple(check_origin(origin) for origin in origins)
        token = pairing_token(pairing_file) if pairing_file else secrets.token_urlsafe(32)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    events = Events(lambda: reader_report(monitor, reader))
    with plain_errors(as_json):
        monitor = CardMonitor(events.hear)
        monitor.start()
    service = Bridge(
        lambda: open_card(reader),
        lambda: reader_report(monitor, reader),
        origins=allowed,
        pairing=token,
        writer_key=writer_key,
        events=events,
        still_signed_in=ask_portal(allowed),
    )
    with plain_errors(as_json):
        opened = LoopbackServer(port, service)
    with opened as server:
        Thread(target=server.serve_forever, daemon=True).start()
        record: dict[str, object] = {"bridge": f"{server.url}/", "origins": allowed}
        said = f"bridge: {server.url}/ for {', '.join(allowed)}"
        if pairing_file is None:
            record["pairing"], said = token, f"{said}\npairing token: {token}"
        print_record(record, as_json, lambda: said)
        until_stopped()
        events.close()
        server.shutdown()
    monitor.stop()


if __name__ == "__main__":
    main(prog_name="card-reader")
