"""The commands about city cards: keys, the writer, personalisation, terminals; part of `card-reader`."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from card_reader.command_line import (
    chosen,
    json_option,
    loopback_port,
    plain_errors,
    print_record,
    reader_option,
    state_option,
    until_stopped,
)
from card_reader.words import TROUBLES, VERDICTS

if TYPE_CHECKING:  # each command loads what it needs
    from card_reader.connection import Connection
    from card_reader.key_store import KeyStore
    from card_reader.sessions.city_names import Role
    from card_reader.terminal import Reading
    from card_reader.terminal_post import Target
    from card_reader.terminal_sync import CityLine
    from card_reader.terminal_watch import Further

log = logging.getLogger(__name__)
FIRST_VISIT = 5.0
"""Seconds a terminal waits for the newest list before the first card; without a network it goes on with the one it has."""

store_option = click.option(
    "--store", "location", default="demo", show_default=True, help="demo, file:PATH or pkcs11:MODULE?token=LABEL."
)


@click.group()
def city() -> None:
    """City cards."""


@city.command()
@click.option("--demo", is_flag=True, help="Print the master keys of the demo cards; they are public.")
@click.option("--store", "location", help="Name the KVNs in file:PATH or pkcs11:MODULE?token=LABEL.")
@click.option("--create", multiple=True, metavar="KVN", help="Make this master in the token, hexadecimal; repeatable.")
@click.option("--destroy", multiple=True, metavar="KVN", help="End this master for good, never the last of its role.")
@state_option
@json_option
def keys(
    demo: bool, location: str | None, create: tuple[str, ...], destroy: tuple[str, ...], state: Path, as_json: bool
) -> None:
    """Master keys of the city card: which there are, and with --demo what they are."""
    from card_reader import key_store, writer_keys

    if demo == bool(location) or ((create or destroy) and not location):
        raise click.UsageError("either --demo or --store LOCATION, and --create, --destroy only with --store")
    with plain_errors(as_json):
        for kvn in destroy:
            writer_keys.destroy(writer_keys.open_vault(location or ""), kvn)
        if demo:
            shown = key_store.demo_store(state).shown()
        else:
            shown = key_store.named(key_store.open_store(location or ""), create)
    print_record(shown, as_json, lambda: "\n".join(f"{kvn} {text}" for kvn, text in shown.items()))


@city.command()
@store_option
@click.option("--bind", "port", callback=loopback_port, default="127.0.0.1:8250", show_default=True)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File with the token the portal shows; made when missing.",
)
@click.option(
    "--pin-key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with the key new PINs are sealed for; made when missing, its public part beside it.",
)
@click.option(
    "--terminals",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The only terminals that get keys: JSON {thumbprint: role}; else those the portal knows.",
)
@json_option
def writer(
    location: str, port: int, token_file: Path, pin_key: Path | None, terminals: Path | None, as_json: bool
) -> None:
    """Write city cards at far readers for the portal: holds the keys that no terminal and no web process has."""
    from functools import partial
    from threading import Thread

    from card_reader.loopback import LoopbackServer
    from card_reader.orders import no_pin
    from card_reader.pairing import pairing_token
    from card_reader.writer import Writer
    from card_reader.writer_keys import open_vault, read_admitted
    from card_reader.writer_pin import open_pin, writer_key

    try:
        token = pairing_token(token_file)
        admitted = read_admitted(terminals) if terminals else None
        opens = partial(open_pin, writer_key(pin_key)) if pin_key else no_pin
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    with plain_errors(as_json):
        opened = LoopbackServer(port, Writer(open_vault(location), token=token, open_pin=opens, admitted=admitted))
    with opened as server:
        Thread(target=server.serve_forever, daemon=True).start()
        record = {"writer": f"{server.url}/", "store": location.partition(":")[0]}
        print_record(record, as_json, lambda: f"writer: {server.url}/")
        until_stopped()
        server.shutdown()


@city.command()
@click.argument("order", type=click.File(encoding="utf-8"))
@store_option
@reader_option
@json_option
def personalise(order: IO[str], location: str, reader: str, as_json: bool) -> None:
    """Carry out ORDER (a JSON file, - for standard input) with the city card in a reader of this machine."""
    from card_reader.key_store import open_store
    from card_reader.orders import BadOrder, carry_out, read_order
    from card_reader.pcsc import open_card

    try:
        wanted = read_order(json.load(order))
    except BadOrder as wrong:
        raise click.UsageError(f"this part of the order is missing or wrong: {wrong}") from None
    except ValueError:
        raise click.UsageError("the order is not JSON") from None
    with plain_errors(as_json):
        keys = open_store(location)
        with open_card(chosen(reader)) as connection:
            done = carry_out(connection, keys, wanted)
    print_record(done, as_json, lambda: f"done: {wanted.do}, {len(done.get('entries', []))} entries")


@city.command()
@click.option("--role", required=True, help="library, sports, facility, points, ambulance, shelter or portal.")
@click.option("--name", default="TERM-001", show_default=True, help="What the card's log says of it; 8 signs at most.")
@click.option(
    "--portal", "portal_url", help="The portal: sends what was read, takes the stop list. Needs the next three."
)
@click.option("--client-id", help="How the portal knows this terminal.")
@click.option(
    "--client-key", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Its private key (JWK)."
)
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Where the terminal keeps what waits.")
@click.option("--stop-list", type=click.Path(path_type=Path, dir_okay=False), help="Without a portal: the signed list.")
@click.option("--city-key", help="The city's public key for it: raw Ed25519, 64 hexadecimal digits.")
@click.option("--wedge", is_flag=True, help="Print the id alone, as a keyboard would type it.")
@click.option("--post", "target", metavar="URL", help="Post each reading as JSON: to this machine, or by https.")
@click.option(
    "--pay", type=click.IntRange(1, 3000), help="With --role points and --portal: each card pays this many points."
)
@click.option(
    "--coupons",
    is_flag=True,
    help="With --role points and --portal: show each card's coupons that are good here, take one.",
)
@click.option(
    "--language",
    type=click.Choice(["ja", "en", "zh", "ko", "es", "pt"]),
    help="With --role points: of what the till says; the machine's own without it.",
)
@click.option(
    "--once", is_flag=True, help="One card, then end; exit status 1 unless it was welcome, and paid what it was to pay."
)
@click.option("--enrol", is_flag=True, help="With --portal: take the role's keys from the city now, and read no card.")
@click.option(
    "--store", "location", default="", help="Keys given by hand: demo, file:PATH or pkcs11:MODULE?token=LABEL."
)
@reader_option
@json_option
def terminal(role: str, name: str, location: str, reader: str, as_json: bool, **options: Any) -> None:
    """Read the own id of each card that comes, as a library or a gym does; offline too.

    With --portal and without --store the city delivers the role's keys, for this terminal alone.
    """
    from threading import Event

    from card_reader.terminal import ROLES, Terminal
    from card_reader.terminal_watch import NewestList, serve
    from card_reader.till_command import all_of, ranks
    from card_reader.till_words import language

    if options["wedge"] and as_json:
        raise click.UsageError("either --wedge or --json")
    if role not in ROLES:
        raise click.UsageError(f"--role is one of {', '.join(sorted(ROLES))}")
    line = _line(options)
    keys = _keys(line, location, ROLES[role], options)
    if options["enrol"]:
        _enrol(line, as_json)
        return
    target = _target(options["target"])
    _check_name(name)
    lang = language(options["language"])
    coupons = _coupons(line, role, options["coupons"], as_json, lang)
    further = all_of(coupons, _till(line, role, options["pay"], as_json, lang), ranks(line, role, as_json, lang))
    place, key = (line.stop_list, line.key) if line else (options["stop_list"], _city_key(options))
    ended, missed = Event(), list[str]()
    with plain_errors(as_json):
        lists = NewestList(place, key)
        machine = Terminal(ROLES[role], keys(), name, lists.read, _now)
        if line:
            line.keep(ended)
            line.tried.wait(FIRST_VISIT)

        def tell(reading: Reading) -> None:
            if line:
                _note(line, reading)
            _print(
                reading, options["wedge"], as_json, _trouble(reading, line, options), lang if role == "points" else ""
            )
            if target and not target.post(reading):
                click.echo("the reading was not taken: --post", err=True)
                missed.append(reading.at)

        good = serve(machine, chosen(reader), tell, once=options["once"], further=further)
        ended.set()
    raise SystemExit(0 if (good and not missed) or not options["once"] else 1)


def _till(line: CityLine | None, role: str, points: int | None, as_json: bool, lang: str) -> Further | None:
    """What each card pays, if anything, while it lies on the reader: it answers the portal's challenge for it."""
    if points is None:
        return None
    if line is None or role != "points":
        raise click.UsageError("--pay needs --role points and --portal")
    from functools import partial

    from card_reader.terminal_till import take
    from card_reader.till_words import tell, wait

    def pay(connection: Connection, reading: Reading) -> bool:
        return tell(take(line, connection, reading, points, pause=partial(wait, lang=lang)), as_json, lang)

    return pay


def _coupons(line: CityLine | None, role: str, wanted: bool, as_json: bool, lang: str) -> Further | None:
    """The holder's coupons that are good in this shop are shown while the card lies there, and one is taken."""
    if not wanted:
        return None
    if line is None or role != "points":
        raise click.UsageError("--coupons needs --role points and --portal")
    from functools import partial

    from card_reader.coupon_command import further
    from card_reader.till_words import wait

    return further(line, as_json, partial(wait, lang=lang), lang)


def _check_name(name: str) -> None:
    """It goes into every card's log: what does not fit there is said now, not at the first card."""
    from card_reader.sessions.city_entry import Visit

    try:
        bytes(Visit(name, _now()))
    except ValueError:
        raise click.UsageError("--name takes 8 signs of ASCII at most") from None


def _note(line: CityLine, reading: Reading) -> None:
    """Keep the reading for the city; the service goes on where that fails (a full disk)."""
    try:
        line.note(reading)
    except OSError as fault:
        click.echo(f"the reading was not kept: {fault.strerror}", err=True)


def _target(url: str | None) -> Target | None:
    """Where readings are posted, if anywhere."""
    from card_reader.terminal_post import BadTarget, Target

    try:
        return Target(url) if url else None
    except BadTarget as wrong:
        raise click.UsageError(f"--post: {wrong}") from None


def _now() -> datetime:
    return datetime.now().astimezone()


def _keys(line: CityLine | None, location: str, role: Role, options: dict[str, Any]) -> Callable[[], KeyStore]:
    """Where the role's keys come from: a store given by hand, or the city."""
    from card_reader.key_store import open_store
    from card_reader.terminal_keys import DeliveredKeys

    if location or line is None:
        return lambda: open_store(location or "demo")
    delivered = line.keys = DeliveredKeys(options["folder"], options["client_id"], role, line.key, _now)
    return lambda: delivered


def _enrol(line: CityLine | None, as_json: bool) -> None:
    """One visit to the portal; what the terminal has afterwards. The thumbprint is what the writer's list names."""
    import httpx

    from card_reader.machine_sign_in import SignInRefused

    if line is None or line.keys is None:
        raise click.UsageError("--enrol needs --portal, and no --store")
    try:
        line.exchange()
    except (httpx.HTTPError, SignInRefused) as fault:
        log.warning("terminal.enrol: %s", type(fault).__name__)
    held = line.keys.held()
    record: dict[str, Any] = {
        "thumbprint": line.keys.wrapping.thumbprint(), "versions": list(held.versions) if held else []
    }  # fmt: skip
    if line.trouble:
        record["reason"] = line.trouble
    said = f"{record['thumbprint']} {' '.join(record['versions']) or 'no keys yet'}"
    print_record(record, as_json, lambda: f"{said}\n  {TROUBLES[line.trouble]}" if line.trouble else said)
    raise SystemExit(0 if held and not line.trouble else 1)


def _line(options: dict[str, Any]) -> CityLine | None:
    """The line to the portal, or None for a terminal without one."""
    if not options["portal_url"]:
        return None
    import httpx

    from card_reader.machine_sign_in import MachineSignIn, read_key
    from card_reader.terminal_sync import CityLine
    from card_reader.till_words import language

    if not (options["client_id"] and options["client_key"] and options["folder"]):
        raise click.UsageError("--portal needs --client-id, --client-key and --folder")
    url = options["portal_url"].rstrip("/")
    try:
        key = read_key(options["client_key"])
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    spoken = {"Accept-Language": language(options["language"])}
    http = httpx.Client(base_url=url, timeout=10.0, trust_env=False, headers=spoken)
    return CityLine(http, MachineSignIn(http, url, options["client_id"], key, "cards"), options["folder"])


def _city_key(options: dict[str, Any]) -> Callable[[], bytes]:
    try:
        key = bytes.fromhex(options["city_key"] or "")
    except ValueError:
        key = b"?"
    if len(key) != (32 if options["stop_list"] else 0):
        raise click.UsageError("--stop-list needs --city-key, 64 hexadecimal digits")
    return lambda: key


def _trouble(reading: Reading, line: CityLine | None, options: dict[str, Any]) -> str:
    """Why this terminal has no keys or no list, where it is known; a card's own verdict needs none."""
    if reading.verdict not in ("no-keys", "list-too-old"):
        return ""
    if line is None:
        return "" if options["stop_list"] or reading.verdict == "no-keys" else "no-list"
    return line.trouble


def _print(reading: Reading, wedge: bool, as_json: bool, trouble: str, lang: str) -> None:
    """*lang*: of a till, which speaks the language of who stands behind it."""
    if wedge:
        click.echo(reading.id if reading.welcome else reading.verdict, err=not reading.welcome)
        return
    shown, words = reading.shown(), TROUBLES.get(trouble, VERDICTS[reading.verdict])
    record = shown | ({"reason": trouble} if trouble else {})
    if lang:
        from card_reader import till_words

        print_record(record, as_json, lambda: till_words.read(shown, trouble, lang))
        return
    print_record(record, as_json, lambda: f"{' '.join(shown.values())}\n  {words}")
