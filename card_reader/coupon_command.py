"""`card-reader terminal --coupons`: what the person behind the counter sees of a card's coupons, and chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from card_reader.command_line import print_record
from card_reader.connection import Connection
from card_reader.terminal import Reading
from card_reader.terminal_coupons import Choice, take
from card_reader.terminal_sync import CityLine


def further(line: CityLine, as_json: bool, hold: Callable[[float], object]) -> Callable[[Connection, Reading], None]:
    """What is done with each welcome card."""

    def use(connection: Connection, reading: Reading) -> None:
        shown = take(line, connection, reading, choose, pause=hold)
        if "unknown" in shown:
            click.echo(f"no answer, look at the shop's page before taking it again: {shown['unknown']}", err=True)
            return
        print_record(shown, as_json, lambda: " ".join(str(value) for value in shown.values()))

    return use


def choose(choices: Sequence[Choice]) -> str | None:
    """The number of one of them is typed, or 0; asked on standard error, as standard output is read by programs."""
    for number, one in enumerate(choices, start=1):
        click.echo(f"{number}: {one.title}, {one.points} points, {one.count} until {one.last_day}", err=True)
    chosen = click.prompt("which one, 0 for none", type=click.IntRange(0, len(choices)), err=True)
    return choices[chosen - 1].reward if chosen else None
