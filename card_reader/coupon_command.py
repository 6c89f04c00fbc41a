"""`card-reader terminal --coupons`: what the person behind the counter sees of a card's coupons, and chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import click

from card_reader.connection import Connection
from card_reader.terminal import Reading
from card_reader.terminal_coupons import Choice, take
from card_reader.terminal_sync import CityLine
from card_reader.till_words import WORDS, fitted, tell


def further(
    line: CityLine, as_json: bool, hold: Callable[[float], object], lang: str
) -> Callable[[Connection, Reading], bool]:
    """What is done with each welcome card."""

    def use(connection: Connection, reading: Reading) -> bool:
        return tell(take(line, connection, reading, partial(choose, lang=lang), pause=hold), as_json, lang)

    return use


def choose(choices: Sequence[Choice], *, lang: str) -> str | None:
    """The number of one of them is typed, or 0; asked on standard error, as standard output is read by programs."""
    words = WORDS[lang]
    for number, one in enumerate(choices, start=1):
        said = words["coupon"][0].format(title=one.title, points=one.points, count=one.count, last_day=one.last_day)
        click.echo("\n".join(fitted(f"{number}: {said}")), err=True)
    chosen = click.prompt(words["choose"][0], type=click.IntRange(0, len(choices)), err=True)
    return choices[chosen - 1].reward if chosen else None
