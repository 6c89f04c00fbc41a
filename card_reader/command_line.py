"""What the commands of `card-reader` have in common: options, errors as one line, waiting for Ctrl-C."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING

import click

from card_reader import reader_ports
from card_reader.errors import CardError, PcscMissing
from card_reader.reader_ports import BadReaders
from card_reader.words import advice_on, message_of

if TYPE_CHECKING:
    from card_reader.report import AskedPin

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
    help="JSON file of the people; without it STATE/personas.json, else built-in ones.",
)
readers_option = click.option(
    "--readers", default=reader_ports.DEFAULT, show_default=True, help="Virtual readers: NAME:PORT,NAME:PORT"
)
control_option = click.option("--control", type=int, default=8300, show_default=True, help="Control port.")
reader_option = click.option("--reader", default="", help="Number, name or its beginning; the first without it.")
place_option = click.option("--reader", default="1", show_default=True, help="Number (1 is the first) or name.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@contextmanager
def plain_errors(as_json: bool = False) -> Iterator[None]:
    """Turn facts into one plain line, or one JSON object on stdout, and an exit status."""
    from card_reader.key_store import BadKeyStore, KeyMissing
    from card_reader.simulator.control import ControlError
    from card_reader.simulator.people import BadPersona
    from card_reader.simulator.prepare import CardsOfOthers
    from card_reader.simulator.rack import CannotInsert

    try:
        yield
    except PcscMissing as error:
        click.echo(str(error), err=True)
        sys.exit(3)
    except (
        CardError,
        BadKeyStore,
        KeyMissing,
        BadReaders,
        BadPersona,
        CannotInsert,
        CardsOfOthers,
        ControlError,
    ) as error:
        message, advice = message_of(error), advice_on(error)
        if as_json:
            record = {"error": type(error).__name__, "message": message, "advice": advice, "detail": str(error)}
            if record["detail"] == message:
                del record["detail"]
            click.echo(json.dumps({name: text for name, text in record.items() if text}))
        else:
            click.echo(f"{type(error).__name__}: {message}", err=True)
            if advice:
                click.echo(advice, err=True)
        sys.exit(1)


def typed_pin(asked: AskedPin, left: int) -> bytearray:
    """The PIN as the holder types it, in the form it must have: anything else never reaches the card (PinMisshapen)."""
    prompt = f"{asked.name}, {left} {'try' if left == 1 else 'tries'} left"
    if sys.stdin.isatty():
        return asked.read(click.prompt(prompt, hide_input=True, err=True))
    click.echo(prompt, err=True)  # of a script: nobody to hide it from, and nobody to ask twice
    return asked.read(sys.stdin.readline().rstrip("\r\n"))


def chosen(reader: str) -> str:
    """The full name of the reader that is meant, the first one where none is; ReaderGone."""
    from card_reader.errors import ReaderGone
    from card_reader.pcsc import find_reader, list_readers

    readers = list_readers()
    if not reader and not readers:
        raise ReaderGone("no reader is plugged in")
    return find_reader(reader or "1", readers)


def loopback_port(_context: click.Context, _parameter: click.Parameter, value: str) -> int:
    """The port of an address of this machine; nothing else may be listened on."""
    host, _, port = value.rpartition(":")
    if host not in {"127.0.0.1", "localhost"} or not port.isdigit():
        raise click.BadParameter("127.0.0.1:PORT, nothing else may reach it")
    return int(port)


def print_record(record: object, as_json: bool, line: Callable[[], str]) -> None:
    click.echo(json.dumps(record, ensure_ascii=False) if as_json else line())


def until_stopped(alive: Callable[[], bool] = lambda: True) -> None:
    """Wait for Ctrl-C or SIGTERM, or until something is no longer alive."""
    stopped = Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    while alive() and not stopped.wait(0.5):
        pass
