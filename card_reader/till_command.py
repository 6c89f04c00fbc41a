"""`card-reader terminal --role points`: what is done with each welcome card while it lies there, one deed after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from card_reader.command_line import print_record
from card_reader.connection import Connection
from card_reader.terminal import Reading
from card_reader.till_words import fitted, rank_words

if TYPE_CHECKING:
    from card_reader.terminal_sync import CityLine
    from card_reader.terminal_watch import Further


def ranks(line: CityLine | None, role: str, as_json: bool, lang: str) -> Further | None:
    """A terminal that reads points has an old rank on a card written anew while the card lies there."""
    if line is None or role != "points":
        return None
    from card_reader.terminal_rank import renew

    def write(connection: Connection, reading: Reading) -> bool:
        if rank := renew(line, connection, reading):
            print_record({"rank": rank}, as_json, lambda: "\n".join(fitted(rank_words(rank, lang))))
        return True

    return write


def all_of(*deeds: Further | None) -> Further | None:
    """All that is done with a welcome card, in this order, also after one that was refused; whether all was done."""
    wanted = [deed for deed in deeds if deed is not None]

    def do(connection: Connection, reading: Reading) -> bool:
        done = [deed(connection, reading) for deed in wanted]
        return all(done)

    return do if wanted else None
