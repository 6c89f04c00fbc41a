"""The commands that make simulated cards and move them; part of `card-reader`."""

from __future__ import annotations

from pathlib import Path

import click

from card_reader import reader_ports
from card_reader.command_line import (
    control_option,
    json_option,
    personas_option,
    place_option,
    plain_errors,
    print_record,
    readers_option,
    state_option,
    until_stopped,
)
from card_reader.simulator.wire import WIRES

PERSONAS = "personas.json"
"""In a state folder: the people its cards were made for."""


@click.group()
def simulator() -> None:
    """Simulated cards."""


@simulator.command("prepare")
@state_option
@personas_option
@json_option
def prepare_command(state: Path, personas: Path | None, as_json: bool) -> None:
    """Make the cards and the test CA without running anything."""
    from card_reader.simulator.people import read_personas
    from card_reader.simulator.prepare import cards_in, prepare
    from card_reader.simulator.rack import Rack

    with plain_errors(as_json):
        told = _people_file(state, personas)
        people = read_personas(told)
        rack = Rack(state, people, [])  # a running simulator would write over what is made here
        before = cards_in(state)
        try:
            made = prepare(state, people.values(), may_replace=told is not None)
        finally:
            rack.close()
    remade = sorted(before & set(made))
    record = {"cards": sorted(people), "new": sorted(set(made) - before), "remade": remade}
    line = f"{len(people)} cards in {state / 'cards'}, {len(record['new'])} of them new"
    again = f"; made anew, because the data of these people changed: {', '.join(remade)}" if remade else ""
    print_record(record, as_json, lambda: line + again)


def _people_file(state: Path, personas: Path | None) -> Path | None:
    """Whose cards these are: the file that was named, else the folder's own, else none (the built-in people)."""
    own = state / PERSONAS
    return personas or (own if own.exists() else None)


@simulator.command()
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

    with plain_errors(as_json):
        told = _people_file(state, personas)
        people = read_personas(told)
        if persona not in people:
            raise CannotInsert("unknown-persona", f"nobody is called {persona!r}")
        rack = Rack(state, people, [])  # no running simulator may hold the card
        prepare(state, people.values(), may_replace=told is not None)
        renew_card(state, people[persona])
        rack.close()
    print_record({"renewed": persona}, as_json, lambda: f"{persona}'s card has new certificates")


@simulator.command()
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

    with plain_errors(as_json):
        told = _people_file(state, personas)
        people = read_personas(told)
        rack = Rack(state, people, reader_ports.read_ports(readers), wire=WIRES[wire] if wire else None)
        prepare(state, people.values(), may_replace=told is not None)
        opened = LoopbackServer(control, Control(rack))
    with opened as server:
        Thread(target=server.serve_forever, daemon=True).start()
        record = {"control": f"{server.url}/", "ocsp": f"{server.url}/ocsp", "personas": list(people)}
        print_record(record, as_json, lambda: f"simulated cards: {server.url}/  ({', '.join(people)})")
        until_stopped()
        server.shutdown()
    rack.close()


def _tell_simulator(act: str, control: int, as_json: bool, **fields: object) -> None:
    """Ask the running simulator; print the state of its readers afterwards."""
    from card_reader.simulator.control import call

    with plain_errors(as_json):
        record = call(control, act, **fields)
    readers = record["readers"]
    print_record(record, as_json, lambda: "\n".join(f"{one['name']}: {one['persona'] or 'empty'}" for one in readers))


@simulator.command()
@click.argument("persona")
@place_option
@click.option("--contactless", is_flag=True, help="Lay it on the antenna instead of putting it into the slot.")
@control_option
@json_option
def insert(persona: str, reader: str, contactless: bool, control: int, as_json: bool) -> None:
    """Put PERSONA's card into a reader of the running simulator."""
    _tell_simulator("insert", control, as_json, persona=persona, reader=reader, contactless=contactless)


@simulator.command()
@place_option
@control_option
@json_option
def remove(reader: str, control: int, as_json: bool) -> None:
    """Take the card out of a reader of the running simulator."""
    _tell_simulator("remove", control, as_json, reader=reader)


@simulator.command()
@place_option
@control_option
@json_option
def mute(reader: str, control: int, as_json: bool) -> None:
    """Let the card in a reader fall silent until it is taken out, as a broken one does."""
    _tell_simulator("mute", control, as_json, reader=reader)


@simulator.command()
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
