"""The command `card-reader`: look at readers and cards, simulate them, bridge them to a browser.

Exit status: 0 done, 1 refused (no card, wrong PIN, …), 2 wrong use, 3 something is not installed.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from card_reader import reader_ports
from card_reader.command_line import (
    json_option,
    plain_errors,
    print_record,
    reader_option,
    readers_option,
    state_option,
    until_stopped,
)
from card_reader.simulator_commands import simulator


@click.group()
def main() -> None:
    """Cards and readers of the city's system."""


main.commands.update(simulator.commands)


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

    with plain_errors(as_json):
        readers = list_readers()
    print_record({"readers": readers}, as_json, lambda: "\n".join(readers) or "no reader")


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

    with plain_errors(as_json), open_card(_chosen(reader)) as connection:
        record = {"reader": connection.reader, "atr": connection.atr.hex().upper()}
        facts = card_report(connection)

    def lines() -> str:
        said = [f"{name}: {value}" for name, value in record.items()]
        said += [f"{part}.{name}: {value}" for part, known in facts.items() for name, value in known.items()]
        return "\n".join(said)

    print_record(record | {"applications": facts}, as_json, lines)


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

    with plain_errors(as_json), open_card(_chosen(reader)) as connection:
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
    print_record(record, as_json, lambda: ssl.DER_cert_to_PEM_cert(der).strip())


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
    with plain_errors(as_json):
        if demo:
            shown = key_store.demo_store(state).shown()
        else:
            shown = key_store.named(key_store.open_store(location or ""), create)
    print_record(shown, as_json, lambda: "\n".join(f"{kvn} {text}" for kvn, text in shown.items()))


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

    with plain_errors():
        daemon = Daemon(state, reader_ports.read_ports(readers), private=private, drivers=drivers)
        daemon.start()
    click.echo(f"pcscd is ready (pid {os.getpid()}); {SOCKET_VARIABLE}={daemon.socket}")
    try:
        until_stopped(lambda: daemon.running)
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
    with plain_errors():
        monitor = CardMonitor(lambda event: None)
        monitor.start()
    service = Bridge(lambda: open_card(reader), lambda: reader_report(monitor, reader), origins=allowed, pairing=token)
    with LoopbackServer(port, service) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        click.echo(f"bridge: {server.url}/ for {', '.join(allowed)}")
        if pairing_file is None:
            click.echo(f"pairing token: {token}")
        until_stopped()
        server.shutdown()
    monitor.stop()


if __name__ == "__main__":
    main(prog_name="card-reader")
