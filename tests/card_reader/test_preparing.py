"""Cards are prepared, readers are named, and what is missing on a machine is told, by command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from card_reader.errors import ReaderGone
from card_reader.pcsc import find_reader
from card_reader.reader_ports import BadReaders, ReaderPort, choose, each_slot, read_ports
from card_reader.simulator.people import BUILT_IN
from tests.card_reader.test_commands import run


def test_cards_are_prepared_without_running_anything(tmp_path: Path) -> None:
    status, output = run("prepare", "--state", str(tmp_path))
    assert status == 0
    assert "3 cards" in output
    assert (tmp_path / "cards" / "hanako" / "card.json").exists()
    assert "0 of them new" in run("prepare", "--state", str(tmp_path))[1]


def test_cards_of_other_people_are_never_replaced_unasked(tmp_path: Path) -> None:
    """A town's hanako is not the built-in one: without her file she keeps card and certificates."""
    built_in = json.loads(BUILT_IN.read_text("utf-8"))
    theirs = [{**built_in[0], "address": "千葉県千葉市架空区1-1", "city_pin": "4321"}]
    people, card = tmp_path / "people.json", tmp_path / "cards" / "hanako" / "auth.pem"
    people.write_text(json.dumps(theirs))
    words = ("prepare", "--state", str(tmp_path), "--json")
    assert json.loads(run(*words, "--personas", str(people))[1]) == {
        "cards": ["hanako"],
        "new": ["hanako"],
        "remade": [],
    }
    before = card.read_bytes()
    status, output = run(*words)
    assert (status, json.loads(output)["error"], card.read_bytes()) == (1, "CardsOfOthers", before)
    people.rename(tmp_path / "personas.json")
    assert json.loads(run(*words)[1]) == {"cards": ["hanako"], "new": [], "remade": []}, "the folder's own people"
    (tmp_path / "personas.json").write_text(json.dumps([{**theirs[0], "address": "千葉県千葉市架空区2-2"}]))
    assert "made anew, because the data of these people changed: hanako" in run(*words[:-1])[1]


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
    shown = ["Chiba Kiosk 00 00", "Chiba Window 00 00"]  # as PC/SC has them
    assert [find_reader(name, shown) for name in ("1", "2", "chiba w")] == [shown[0], shown[1], shown[1]]
    for wanted in ("0", "3", "²", "Tokyo"):
        with pytest.raises(ReaderGone):
            find_reader(wanted, shown)
    for text in ("A:21200*3", "A:21200*", "A:21200*2,B:21201"):
        with pytest.raises(BadReaders):
            read_ports(text)
    for text in ("", "Kiosk", "Kiosk:80", "Kiosk:40000", "A:21200,B:21201", "A:21200,A:21300", 'A":21200'):
        with pytest.raises(BadReaders):
            read_ports(text)
    for wanted in ("0", "3", "", "Tokyo"):
        with pytest.raises(BadReaders):
            choose(readers, wanted)
