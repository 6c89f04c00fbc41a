"""The code scanner: what it types is a line and nothing else, and the code of a reservation is the check-in."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO

import pytest

from card_reader.simulator.card import SimulatedCard
from kiosk import effects as fx
from kiosk import events as ev
from kiosk.devices.scanner import LONGEST, EvdevScanner, NoScanner, SimulatedScanner, scanner_for
from kiosk.health import beat
from kiosk.steps import Step
from tests.kiosk.played import HANAKO, VISIT, Played
from tests.kiosk.test_whole_journey import sign_in
from tests.kiosk.whole_kiosk import WholeKiosk
from tests.patience import until

CODE = "K7QM-3XPR-T2WH"
KEYS = {
    sign: code
    for first, row in ((2, "1234567890-"), (16, "QWERTYUIOP"), (30, "ASDFGHJKL"), (44, "ZXCVBNM"))
    for code, sign in enumerate(row, start=first)
}
SHIFT, CTRL, ALT, ENTER = 42, 29, 56, 28


def press(*codes: int) -> bytes:
    """Each key down and up, with the reports between that a real device sends."""
    events = [(1, code, value) for code in codes for value in (1, 0)]
    return b"".join(struct.pack("llHHi", 0, 0, *event) + struct.pack("llHHi", 0, 0, 0, 0, 0) for event in events)


def typed(text: str) -> bytes:
    held = [(1, SHIFT, 1), *((1, KEYS[sign], value) for sign in text for value in (1, 0)), (1, SHIFT, 0)]
    return b"".join(struct.pack("llHHi", 0, 0, *event) for event in held) + press(ENTER)


def test_a_scanner_is_taken_alone_and_says_lines(tmp_path: Path) -> None:
    device, alone, heard = tmp_path / "event-kbd", [], []
    os.mkfifo(device)

    def take_alone(taken: BinaryIO) -> None:
        alone.append(taken.name)

    scanner = EvdevScanner(device, take_alone)
    assert scanner.state() == "missing"
    scanner.start(heard.append)
    with device.open("wb", buffering=0) as keys:
        until(lambda: scanner.state() == "ready", "the scanner is there")
        whole = press(CTRL, ALT, 59) + typed("7A-") + press(*[KEYS["1"]] * (LONGEST + 1), ENTER) + typed("Z")
        keys.write(whole[:100])
        keys.write(whole[100:])
        until(lambda: len(heard) == 2, "both short lines")
    assert alone == [str(device)]
    assert heard == ["&A_", "Z"], (
        "shifted as on a keyboard; keys that open things are nothing; a line without end neither"
    )
    until(lambda: scanner.state() == "missing", "unplugged")
    scanner.stop()


def test_a_simulated_scanner_reads_a_pipe_and_none_is_no_fault(tmp_path: Path) -> None:
    heard: list[str] = []
    scanner = scanner_for("simulated", tmp_path)
    scanner.start(heard.append)
    for _ in range(2):
        (tmp_path / "scanner").write_text(f"{CODE}\n")
    until(lambda: heard == [CODE, CODE], "what was written to the pipe")
    assert isinstance(scanner, SimulatedScanner)
    assert (scanner_for("", tmp_path).state(), NoScanner().state()) == ("", "")


@pytest.mark.parametrize("reach", ["welcome", "guide", "insert", "thanks"])
def test_a_code_before_the_card_is_the_check_in(reach: str) -> None:
    played = Played()
    if reach in ("guide", "insert"):
        played.play(ev.LanguageChosen("en"), *([ev.Next()] if reach == "insert" else []))
    if reach == "thanks":
        played.to_menu().play(ev.Next(), ev.CardRemoved())
        assert played.step is Step.THANKS
    played.play(ev.CodeScanned(CODE))
    assert played.step is Step.FINDING_VISIT
    asked = played.effects[-1]
    assert isinstance(asked, fx.CheckInByCode)
    assert (asked.code, CODE in repr(asked)) == (CODE, False), "a code is in no log"
    played.play(ev.CodeScanned(CODE))
    assert played.asked(fx.CheckInByCode) == 1, "scanned twice, asked once"


def test_with_a_card_only_ones_own_visit_is_checked_in() -> None:
    played = Played().to_menu().play(ev.CodeScanned("AAAA-BBBB-CCCC"))
    assert (played.step, played.effects[-1]) == (Step.MENU, fx.Chime("attention"))
    played.play(ev.CodeScanned(VISIT.reference.lower().replace("-", "")))
    assert played.step is Step.CHECKING_IN
    assert played.effects[-1] == fx.CheckIn(played.turn, HANAKO.session, "ja", VISIT.reference)


@pytest.mark.parametrize("reach", ["to_pin", "to_confirm", "to_pay", "to_printing"])
def test_a_code_in_the_middle_of_something_changes_nothing(reach: str) -> None:
    played = getattr(Played(), reach)()
    step, effects = played.step, list(played.effects)
    assert (played.play(ev.CodeScanned(CODE)).step, played.effects) == (step, effects)


def test_a_scanned_reservation_gets_its_number_and_slip_and_names_nobody(kiosk: WholeKiosk) -> None:
    kiosk.scanner.scan(CODE)
    kiosk.wait_for(Step.NUMBER)
    drawn = kiosk.machine.journey.drawn
    assert drawn is not None
    assert (drawn.number, drawn.visit, drawn.printed, kiosk.machine.journey.person) == ("E001", True, True, None)
    assert kiosk.player.bodies["check-in-by-code"] == [{"code": CODE}]
    assert len(list(kiosk.printer.folder.glob("*.pdf"))) == 1
    shown = kiosk.app.test_client().get("/", base_url=kiosk.url).get_data(as_text=True)
    assert "受付が完了しました" in shown
    assert CODE not in shown


def test_an_unknown_code_is_refused_in_words_and_the_machine_is_free_again(kiosk: WholeKiosk) -> None:
    kiosk.player.answer_with("check-in-by-code", "problem-card-unknown.response")
    kiosk.scanner.scan("https://elsewhere.example/")
    kiosk.wait_for(Step.NOTICE)
    assert kiosk.machine.journey.notice is not None
    assert kiosk.machine.journey.notice.title
    kiosk.machine.dispatch(ev.Next())
    kiosk.wait_for(Step.WELCOME)


def test_a_scanner_that_is_gone_is_told_to_staff_and_not_offered(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    kiosk.scanner.unplug()
    beat(kiosk.machine)
    assert kiosk.player.bodies["heartbeat"][-1]["scanner"] == "missing"
    assert "QR" not in kiosk.app.test_client().get("/", base_url=kiosk.url).get_data(as_text=True)
    sign_in(kiosk, card)
    assert kiosk.machine.journey.step is Step.MENU, "everything else works"
