"""The command line and the simulator's control, as people and scripts use them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from time import time
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import html5lib
import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import ECKey

from card_reader.__main__ import main
from card_reader.errors import CardError, CardRemoved, CardSilent
from card_reader.key_store import KeyMissing
from card_reader.loopback import LoopbackServer
from card_reader.loopback import Request as RequestToService
from card_reader.orders import OtherCard
from card_reader.pcsc import open_card
from card_reader.reader_ports import ReaderPort
from card_reader.report import PinMisshapen, PinMissing
from card_reader.sessions.jpki import JpkiSession
from card_reader.simulator.authority import new_key, open_authority, read_authority, to_pem
from card_reader.simulator.control import Control, ControlError, call
from card_reader.simulator.people import BUILT_IN, read_personas
from card_reader.simulator.prepare import prepare
from card_reader.simulator.rack import CannotInsert, Rack
from card_reader.stop_list import TYPE
from card_reader.terminal import Verdict
from card_reader.words import ADVICE, MESSAGES, VERDICTS
from tests import serving
from tests.card_reader.conftest import Insert
from tests.card_reader.readers import Readers, card_arrives, free_pair
from tests.patience import until


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("state")
    prepare(folder, read_personas().values())
    return folder


@pytest.fixture
def control(state: Path, request: pytest.FixtureRequest) -> Iterator[LoopbackServer]:
    """A running simulator; with real readers in tests marked pcsc, without any in the others."""
    if request.node.get_closest_marker("pcsc"):
        rack = Rack(state, read_personas(), list(request.getfixturevalue("readers").ports))
    else:
        rack = Rack(state, read_personas(), [ReaderPort("Chiba Kiosk", free_pair())], patience=0.3)
    server = LoopbackServer(0, Control(rack))
    serving.begin(server)
    yield server
    serving.end(server)
    rack.close()


READ_BORN = json.loads(BUILT_IN.read_text("utf-8"))[0] | {"birth_date": "yesterday"}


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, list(words))
    return done.exit_code, done.output


@pytest.mark.pcsc
def test_a_card_is_inserted_looked_at_and_removed_by_command(control: LoopbackServer, readers: Readers) -> None:
    port = str(control.server_address[1])
    status, output = run("insert", "hanako", "--control", port)
    assert (status, output.splitlines()[:2]) == (0, ["Test Kiosk: hanako", "Test Window: empty"])
    card_arrives("Test Kiosk")
    status, output = run("info", "--reader", "Test Kiosk", "--json")
    assert status == 0
    assert json.loads(output)["applications"]["jpki"]["auth_tries_left"] == 3
    status, output = run("read", "--reader", "Test Kiosk")
    assert output.startswith("-----BEGIN CERTIFICATE-----")
    assert "Test Kiosk" in run("list")[1]
    assert "jpki.kind: national card" in run("info", "--reader", "Test Kiosk")[1]
    status, output = run("insert", "hanako", "--reader", "Test Window", "--control", port)
    assert (status, "this card is in the reader Test Kiosk" in output) == (1, True)
    done = CliRunner().invoke(main, ["read", "--reader", "Test Kiosk", "--certificate", "sign"], input="ABC123\n")
    assert (done.exit_code, "ABC123" in done.output) == (0, False)
    assert "-----BEGIN CERTIFICATE-----" in done.output
    status, output = run("read", "--reader", "Test Kiosk", "--certificate", "sign-ca", "--json")
    assert list(json.loads(output)) == ["sign_ca_certificate"]
    assert run("remove", "--control", port)[1].startswith("Test Kiosk: empty")
    until(lambda: "NoCard" in run("info", "--reader", "Test Kiosk")[1], "the empty reader")
    assert "Put a card on the reader." in run("info", "--reader", "Test Kiosk")[1]


def test_every_advice_is_on_a_fact() -> None:
    facts = {fact.__name__ for fact in (*_kinds(CardError), PinMissing, PinMisshapen, KeyMissing, OtherCard)}
    assert set(ADVICE) <= facts
    assert set(MESSAGES) <= facts & set(ADVICE) | {"PinWrong"}, "each with a next step"
    assert set(VERDICTS) == set(Verdict)


def _kinds(fact: type[Exception]) -> set[type[Exception]]:
    return {fact}.union(*(_kinds(kind) for kind in fact.__subclasses__()))


def holder(what: str, pin: str, *more: str) -> Result:
    """What the holder of the first card asks for, typing a PIN."""
    return CliRunner().invoke(main, ["read", "--reader", "Test Kiosk", "--what", what, *more], input=f"{pin}\n")


@pytest.mark.pcsc
def test_a_city_card_is_written_and_read_by_a_terminal_by_command(
    control: LoopbackServer, readers: Readers, tmp_path: Path
) -> None:
    port = str(control.server_address[1])
    run("insert", "taro", "--control", port)
    card_arrives("Test Kiosk")
    order, place = tmp_path / "order.json", ("--reader", "Test Kiosk", "--json")
    order.write_text('{"do": "read"}')
    status, output = run("personalise", str(order), *place)
    found = json.loads(output)
    library = next(entry for entry in found["entries"] if entry["service"] == "library")
    changed = library | {"id": "NEW-1", "version": library["version"] + 1, "transaction": "0011223344556677"}
    order.write_text(json.dumps({"do": "write", "card": found["card"], "terminal": "OFFICE-1", "entries": [changed]}))
    assert run("personalise", str(order), *place)[0] == 0
    status, output = run("terminal", "--role", "library", "--once", *place)
    said = json.loads(output)
    assert (status, said["verdict"], said["reason"]) == (1, "list-too-old", "no-list")
    assert run("terminal", "--role", "ambulance", "--once", "--wedge", "--reader", "Test Kiosk")[0] == 0
    log = json.loads(holder("log", "2345", "--json").stdout)["log"]
    assert [(one["role"], one["did"], one["object"]) for one in log[:3]] == [
        ("ambulance", "read", "FF65"), ("library", "read", "FF61"), ("writer", "written", "FF61"),
    ]  # fmt: skip
    told = holder("log", "2345").stdout
    assert "OFFICE-1: the city (writing at a window) written library" in told
    assert "ambulance read emergency" in told
    attributes = json.loads(holder("attributes", "2345", "--json").stdout)
    assert (attributes["name"], len(attributes)) == (read_personas()["taro"].name, 4)
    wrong = holder("attributes", "9999", "--json")
    said = json.loads(wrong.stdout)
    assert (wrong.exit_code, said["error"], said["advice"]) == (1, "PinWrong", "2 tries are left.")
    assert "9999" not in wrong.output
    assert json.loads(holder("attributes", "", "--json").stdout)["error"] == "PinMissing"
    short = holder("attributes", "12", "--json")
    assert json.loads(short.stdout)["error"] == "PinMisshapen"
    assert "name and address (4 digits), 2 tries left" in short.output, (
        "the prompt says which PIN, and no try was spent"
    )
    assert "name and address (4 digits), 2 tries left" in holder("attributes", "2345").output
    order.write_text('{"do": "paint"}')
    assert run("personalise", str(order), *place)[0] == 2
    assert run("terminal", "--role", "painter")[0] == 2
    assert run("terminal", "--role", "library", "--wedge", "--json")[0] == 2
    assert run("terminal", "--role", "library", "--portal", "http://127.0.0.1:1")[0] == 2


@pytest.mark.pcsc
def test_a_terminal_with_an_old_list_serves_nobody_and_says_in_words_what_to_do(
    control: LoopbackServer, readers: Readers, tmp_path: Path
) -> None:
    city, now = Ed25519PrivateKey.generate(), time()
    run("insert", "taro", "--control", str(control.server_address[1]))
    card_arrives("Test Kiosk")

    def read(age: float, *more: str) -> tuple[int, str]:
        said = {"number": 1, "issued_at": now - age, "valid_until": now - age + 86_400, "stopped": []}
        parts = [{"alg": "EdDSA", "typ": TYPE}, said]
        text = ".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
        proof = urlsafe_b64encode(city.sign(text.encode())).rstrip(b"=").decode()
        (tmp_path / "list.jws").write_text(f"{text}.{proof}")
        key = city.public_key().public_bytes_raw().hex()
        place = ("--stop-list", str(tmp_path / "list.jws"), "--city-key", key, "--reader", "Test Kiosk")
        return run("terminal", "--once", *place, *more)

    status, output = read(86_400 + 60, "--role", "library")
    assert (status, VERDICTS["list-too-old"] in output) == (1, True)
    assert json.loads(read(86_400 + 60, "--role", "ambulance", "--json")[1])["verdict"] == "welcome-unchecked"
    assert json.loads(read(60, "--role", "library", "--json")[1])["verdict"] == "welcome"


@pytest.mark.pcsc
def test_a_key_that_is_not_in_the_store_is_said_in_words(
    control: LoopbackServer, readers: Readers, tmp_path: Path
) -> None:
    run("insert", "taro", "--control", str(control.server_address[1]))
    card_arrives("Test Kiosk")
    store, order = tmp_path / "keys.json", tmp_path / "order.json"
    store.write_text(json.dumps({"format": 1, "demo": False, "masters": {"11": "00" * 16}}))
    store.chmod(0o600)
    order.write_text('{"do": "read"}')
    status, output = run("personalise", str(order), "--store", f"file:{store}", "--reader", "Test Kiosk", "--json")
    said = json.loads(output)
    assert (status, said["error"], bool(said["advice"])) == (1, "KeyMissing", True)


@pytest.mark.pcsc
def test_contactless_mute_and_torn_cards_by_command(control: LoopbackServer, readers: Readers) -> None:
    words = ("--control", str(control.server_address[1]), "--json")

    def told(*command: str) -> dict[str, Any]:
        status, output = run(*command, *words)
        assert status == 0, output
        return dict(json.loads(output)["readers"][1])

    place = ("--reader", "Test Window")
    assert told("insert", "taro", *place, "--contactless")["persona"] == "taro"
    card_arrives("Test Window")
    assert json.loads(run("info", *place, "--json")[1])["atr"] == "3B888001000041E0B381A1003B"
    told("tear", *place, "--write", "2")
    with pytest.raises(CardRemoved), open_card("Test Window") as connection:
        JpkiSession(connection).verify_auth_pin(bytearray(b"2345"))
    until(lambda: control.service(STATE).body.count(b"taro") == 1, "the card to lie on the table")
    assert told("insert", "taro", *place)["persona"] == "taro"
    card_arrives("Test Window")
    with open_card("Test Window", deadline=2.0) as connection:
        jpki = JpkiSession(connection)
        assert jpki.auth_tries_left() == 2, "the try was spent before the power failed"
        jpki.verify_auth_pin(bytearray(b"2345"))
        told("mute", *place)
        with pytest.raises(CardSilent):
            jpki.auth_tries_left()
    assert told("remove", *place)["persona"] is None
    assert run("tear", "--write", "0", *words)[0] == 2


STATE = RequestToService("GET", "/v1/state", {}, {}, b"")


@pytest.mark.pcsc
def test_the_page_shows_and_moves_cards(control: LoopbackServer, readers: Readers) -> None:
    def press(body: str, **headers: str) -> str:
        with urlopen(Request(control.url, body.encode(), headers), timeout=60) as answer:
            return answer.read().decode()

    text = press("act=insert&persona=taro&reader=2", Origin=control.url)
    document = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    assert document.findtext(".//h1") == document.findtext(".//title")
    assert "いま入っているカード: <strong>架空 太郎" in text
    with pytest.raises(HTTPError, match="403"):
        press("act=remove&reader=2", Origin="http://evil.example")
    assert "いま入っているカード" not in press("act=remove&reader=2", Origin=control.url)


@pytest.mark.pcsc
def test_the_bridge_runs_as_a_program_of_its_own(insert: Insert, readers: Readers, tmp_path: Path) -> None:
    card = insert()
    card_arrives("Test Kiosk")
    url, token = f"http://127.0.0.1:{free_pair()}", tmp_path / "pairing"
    words = ("--bind", url.removeprefix("http://"), "--reader", "Test Kiosk", "--pairing-file", str(token))
    with subprocess.Popen([sys.executable, "-m", "card_reader", "bridge", *words]) as program:
        try:
            until(lambda: fetch(f"{url}/v1/status").get("card"), "the bridge to see the card")
            challenge = {"challenge": "A" * 43, "pairing": token.read_text().strip()}
            asked = fetch(f"{url}/v1/authenticate", json.dumps(challenge).encode())
            urlopen(Request(asked["prompt"], b"act=confirm&pin=1234", {"Origin": url}), timeout=60).close()
            assert fetch(f"{url}/v1/requests/{asked['request']}")["state"] == "done"
            where = fetch(f"{url}/v1/events", json.dumps({"pairing": challenge["pairing"]}).encode())["events"]
            with urlopen(where, timeout=60) as told:
                events = (line.decode().split()[1] for line in told if line.startswith(b"event"))
                assert next(events) == "state"
                card.remove()
                assert next(events) == "removed"
                readers.daemon.stop()
                readers.daemon.start()
                restart = [*takewhile(lambda kind: kind != "reader-added", events)]  # the reader's second slot goes too
                assert [*dict.fromkeys(restart)] == ["reader-gone", "service-down", "service-up"]
        finally:
            program.terminate()
        assert program.wait(10) == 0


def fetch(url: str, body: bytes | None = None) -> dict[str, Any]:
    """Return the JSON a program gets, {} while nobody answers."""
    try:
        with urlopen(Request(url, body, {"Content-Type": "application/json"}), timeout=60) as answer:
            content: dict[str, Any] = json.load(answer)
            return content
    except HTTPError:
        raise
    except OSError:
        return {}


def test_the_simulator_runs_as_a_program_and_its_authority_answers(tmp_path: Path, state: Path) -> None:
    """openssl knows nothing of us: it asks the responder of the running simulator about a card's certificate."""
    folder = tmp_path / "state"
    shutil.copytree(state, folder, ignore=shutil.ignore_patterns("*.lock"))
    cards, port = folder / "cards", free_pair()
    revoked = x509.load_pem_x509_certificate((cards / "taro" / "auth.pem").read_bytes())
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(to_pem(read_authority(cards).issue_auth(new_key().public_key())))  # not on record

    def openssl(certificate: Path) -> str:
        asked = ("-issuer", str(cards / "ca.pem"), "-cert", str(certificate), "-CAfile", str(cards / "ca.pem"))
        command = ["openssl", "ocsp", *asked, "-url", f"http://127.0.0.1:{port}/ocsp"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr

    words = ("simulate", "--state", str(folder), "--control", str(port), "--readers", "Away:20001", "--json")
    with subprocess.Popen([sys.executable, "-m", "card_reader", *words], stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout
            assert json.loads(program.stdout.readline())["ocsp"] == f"http://127.0.0.1:{port}/ocsp"
            assert "auth.pem: good" in (said := openssl(cards / "taro" / "auth.pem")), said
            assert "Response verify OK" in said
            open_authority(cards).revoke([revoked.serial_number])
            assert "auth.pem: revoked" in openssl(cards / "taro" / "auth.pem")
            assert "stranger.pem: unknown" in openssl(stranger)
            with urlopen(f"http://127.0.0.1:{port}/crl", timeout=60) as answer:
                crl = x509.load_der_x509_crl(answer.read())
            assert crl.get_revoked_certificate_by_serial_number(revoked.serial_number)
            for body, kind in ((b"rubbish", "application/ocsp-request"), (b"rubbish", "text/plain")):
                assert ask(f"http://127.0.0.1:{port}/ocsp", body, kind) in {(200, b"\x30\x03\x0a\x01\x01"), (415, b"")}
        finally:
            program.terminate()
        assert program.wait(10) == 0


def ask(url: str, body: bytes, kind: str) -> tuple[int, bytes]:
    try:
        with urlopen(Request(url, body, {"Content-Type": kind}), timeout=60) as answer:
            return answer.status, answer.read()
    except HTTPError as refusal:
        refusal.close()
        return refusal.code, b""


@pytest.mark.parametrize("address", ["0.0.0.0:8200", "8200", "127.0.0.1:x", "192.0.2.1:80"])
def test_the_bridge_listens_on_this_machine_only(address: str) -> None:
    assert run("bridge", "--bind", address)[0] == 2


def test_without_readers_the_simulator_says_so(control: LoopbackServer) -> None:
    port = control.server_address[1]
    with pytest.raises(ControlError, match="pcscd"):
        call(port, "insert", persona="hanako", reader="1")
    with pytest.raises(ControlError, match="nobody"):
        call(port, "insert", persona="nobody", reader="1")
    with pytest.raises(ControlError, match="no reader"):
        call(port, "insert", persona="hanako", reader="9")
    assert call(port, "remove", reader="1")["readers"]


def test_a_missing_simulator_is_named() -> None:
    status, output = run("insert", "hanako", "--control", str(free_pair()))
    assert status == 1
    assert "card-reader simulate" in output


def test_a_port_that_is_taken_is_said_in_words(control: LoopbackServer, tmp_path: Path) -> None:
    port = control.server_address[1]
    commands = [
        ["simulate", "--state", str(tmp_path), "--control", str(port), "--readers", f"Other:{free_pair()}"],
        ["writer", "--bind", f"127.0.0.1:{port}", "--token-file", str(tmp_path / "token")],
        ["bridge", "--bind", f"127.0.0.1:{port}"],
    ]
    for command in commands:
        status, output = run(*command, "--json")
        assert (status, json.loads(output)["error"]) == (1, "PortTaken"), command[0]


def test_a_terminal_that_reaches_no_portal_says_so(tmp_path: Path) -> None:
    key = tmp_path / "client.jwk"
    key.write_text(json.dumps(ECKey.generate_key("P-256", private=True).as_dict(private=True)))
    line = ["--portal", f"http://127.0.0.1:{free_pair()}", "--client-id", "gym", "--client-key", str(key)]
    done = CliRunner().invoke(
        main, ["terminal", "--role", "sports", *line, "--folder", str(tmp_path / "gym"), "--enrol", "--json"]
    )
    said = json.loads(done.stdout)
    assert (done.exit_code, said["versions"], said["reason"]) == (1, [], "unreached")


def test_a_card_that_is_not_there_falls_neither_silent_nor_loses_power(control: LoopbackServer) -> None:
    for act in ("mute", "tear"):
        status, output = run(act, "--control", str(control.server_address[1]), "--json")
        assert (status, json.loads(output)["error"]) == (1, "ControlError")
        assert "no card" in output


@pytest.mark.parametrize("text", ["[{", "{}", '[{"persona": "a"}]', json.dumps([READ_BORN])])
def test_people_that_cannot_have_cards_are_refused_in_words(tmp_path: Path, text: str) -> None:
    (tmp_path / "people.json").write_text(text)
    status, output = run("prepare", "--state", str(tmp_path), "--personas", str(tmp_path / "people.json"), "--json")
    assert (status, json.loads(output)["error"]) == (1, "BadPersona")


def test_one_simulator_a_folder(state: Path, control: LoopbackServer) -> None:
    with pytest.raises(CannotInsert, match="already"):
        Rack(state, {}, [])
    status, output = run("prepare", "--state", str(state), "--json")
    assert (status, json.loads(output)["error"]) == (1, "CannotInsert"), "cards in use are not made anew under it"
