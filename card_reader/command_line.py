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
place_option = click.option("--reader", default="1", show_default=True, help="Number (1 is the first) or name.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@contextmanager
def plain_errors(as_json: bool = False) -> Iterator[None]:
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
