"""The command line and the simulator's control, as people and scripts use them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import html5lib
import pytest
from click.testing import CliRunner
from cryptography import x509

from card_reader.__main__ import main
from card_reader.errors import CardRemoved, CardSilent
from card_reader.loopback import LoopbackServer
from card_reader.loopback import Request as RequestToService
from card_reader.pcsc import open_card
from card_reader.reader_ports import BadReaders, ReaderPort, choose, each_slot, read_ports
from card_reader.sessions.jpki import JpkiSession
from card_reader.simulator.authority import new_key, open_authority, read_authority, to_pem
from card_reader.simulator.control import Control, ControlError, call
from card_reader.simulator.people import read_personas
from card_reader.simulator.prepare import prepare
from card_reader.simulator.rack import CannotInsert, Rack
from tests import serving
from tests.card_reader.conftest import Insert
from tests.card_reader.readers import Readers, card_arrives, free_pair, wait_for


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


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, list(words))
    return done.exit_code, done.output


@pytest.mark.pcsc
def test_a_card_is_inserted_looked_at_and_removed_by_command(control: LoopbackServer, readers: Readers) -> None:
    port = str(control.server_address[1])
    assert run("insert", "hanako", "--control", port) == (0, "")
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
    assert run("remove", "--control", port) == (0, "")
    wait_for(lambda: "NoCard" in run("info", "--reader", "Test Kiosk")[1], "the empty reader")


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
    wait_for(lambda: control.service(STATE).body.count(b"taro") == 1, "the card to lie on the table")
    assert told("insert", "taro", *place)["persona"] == "taro"
    card_arrives("Test Window")
    with open_card("Test Window", deadline=1.0) as connection:
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
        with urlopen(Request(control.url, body.encode(), headers), timeout=20) as answer:
            return answer.read().decode()

    text = press("act=insert&persona=taro&reader=2", Origin=control.url)
    document = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    assert document.findtext(".//h1") == document.findtext(".//title")
    assert "いま入っているカード: <strong>架空 太郎" in text
    with pytest.raises(HTTPError, match="403"):
        press("act=remove&reader=2", Origin="http://evil.example")
    assert "いま入っているカード" not in press("act=remove&reader=2", Origin=control.url)


@pytest.mark.pcsc
def test_the_bridge_runs_as_a_program_of_its_own(insert: Insert, tmp_path: Path) -> None:
    insert()
    card_arrives("Test Kiosk")
    url, token = f"http://127.0.0.1:{free_pair()}", tmp_path / "pairing"
    words = ("--bind", url.removeprefix("http://"), "--reader", "Test Kiosk", "--pairing-file", str(token))
    with subprocess.Popen([sys.executable, "-m", "card_reader", "bridge", *words]) as program:
        try:
            wait_for(lambda: fetch(f"{url}/v1/status").get("card"), "the bridge to see the card")
            challenge = {"challenge": "A" * 43, "pairing": token.read_text().strip()}
            asked = fetch(f"{url}/v1/authenticate", json.dumps(challenge).encode())
            urlopen(Request(asked["prompt"], b"act=confirm&pin=1234", {"Origin": url}), timeout=20).close()
            assert fetch(f"{url}/v1/requests/{asked['request']}")["state"] == "done"
        finally:
            program.terminate()
        assert program.wait(10) == 0


def fetch(url: str, body: bytes | None = None) -> dict[str, Any]:
    """Return the JSON a program gets, {} while nobody answers."""
    try:
        with urlopen(Request(url, body, {"Content-Type": "application/json"}), timeout=10) as answer:
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
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
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
            with urlopen(f"http://127.0.0.1:{port}/crl", timeout=10) as answer:
                crl = x509.load_der_x509_crl(answer.read())
            assert crl.get_revoked_certificate_by_serial_number(revoked.serial_number)
            for body, kind in ((b"rubbish", "application/ocsp-request"), (b"rubbish", "text/plain")):
                assert ask(f"http://127.0.0.1:{port}/ocsp", body, kind) in {(200, b"\x30\x03\x0a\x01\x01"), (415, b"")}
        finally:
            program.terminate()
        assert program.wait(10) == 0


def ask(url: str, body: bytes, kind: str) -> tuple[int, bytes]:
    try:
        with urlopen(Request(url, body, {"Content-Type": kind}), timeout=10) as answer:
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


def test_one_simulator_a_folder(state: Path, control: LoopbackServer) -> None:
    with pytest.raises(CannotInsert, match="already"):
        Rack(state, {}, [])


def test_cards_are_prepared_without_running_anything(tmp_path: Path) -> None:
    status, output = run("prepare", "--state", str(tmp_path))
    assert status == 0
    assert "3 cards" in output
    assert (tmp_path / "cards" / "hanako" / "card.json").exists()
    assert "0 of them new" in run("prepare", "--state", str(tmp_path))[1]


def test_without_pyscard_only_readers_are_missing(tmp_path: Path) -> None:
    """Everything imports and simulates; `list` names what to install and exits with 3."""
    (tmp_path / "smartcard.py").write_text("raise ImportError('not installed here')\n")
    path = os.pathsep.join((str(tmp_path), os.getcwd()))
    environment = os.environ | {"PYTHONPATH": path}

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        whole = [sys.executable, "-m", "card_reader", *words]
        return subprocess.run(whole, env=environment, capture_output=True, text=True, timeout=60, check=False)

    listed = command("list")
    assert (listed.returncode, "apt-get install" in listed.stderr) == (3, True)
    assert "Traceback" not in listed.stderr
    assert command("prepare", "--state", str(tmp_path / "state")).returncode == 0


def test_without_the_driver_the_apt_line_is_told(tmp_path: Path) -> None:
    status, output = run("pcscd", "--state", str(tmp_path), "--drivers", str(tmp_path))
    assert status == 3
    assert "apt-get install" in output


def test_readers_are_named_with_ports() -> None:
    readers = read_ports("Chiba Kiosk:21200, Chiba Window:21210")
    assert readers == [ReaderPort("Chiba Kiosk", 21200), ReaderPort("Chiba Window", 21210)]
    assert [choose(readers, name) for name in ("1", "2", "chiba w", "Chiba Kiosk 00 00")] == [0, 1, 1, 0]
    both = each_slot(read_ports("Rack:21220*2,Chiba Kiosk:21200*1"))
    assert [(slot.name, slot.port) for slot in both] == [("Rack", 21220), ("Rack 00 01", 21221), ("Chiba Kiosk", 21200)]
    assert [choose(both, name) for name in ("Rack 00 01", "Rack 00 00", "rack", "3")] == [1, 0, 0, 2]
    for text in ("A:21200*3", "A:21200*", "A:21200*2,B:21201"):
        with pytest.raises(BadReaders):
            read_ports(text)
    for text in ("", "Kiosk", "Kiosk:80", "Kiosk:40000", "A:21200,B:21201", "A:21200,A:21300", 'A":21200'):
        with pytest.raises(BadReaders):
            read_ports(text)
    for wanted in ("0", "3", "", "Tokyo"):
        with pytest.raises(BadReaders):
            choose(readers, wanted)
