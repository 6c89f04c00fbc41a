"""Devices: a real `lp` command (a script that records its input), the coin box over its service, the card."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from card_reader.simulator.card import SimulatedCard
from kiosk.closing import japan_today
from kiosk.coin_box.app import create_coin_box
from kiosk.coin_box.box import KEPT_SECONDS, Box, CoinRefused
from kiosk.devices.card import SimulatedReader
from kiosk.devices.coin_box import HttpCoinBox
from kiosk.devices.printer import LpPrinter, SimulatedPrinter
from kiosk.devices.protocols import (
    CardGone,
    CardReport,
    CoinBoxFault,
    JobState,
    PinRefused,
    PrinterFault,
)
from kiosk.journal import Journal
from tests import serving

LP = """#!/bin/sh
here=$(dirname "$0")
printf '%s\\n' "$@" > "$here/arguments"
cat > "$here/paper.pdf"
[ -e "$here/refuse" ] && { echo "lp: The printer or class does not exist." >&2; exit 1; }
echo "request id is ward-17 (0 file(s))"
"""
LPSTAT = """#!/bin/sh
here=$(dirname "$0")
case "$*" in
  *-p*) cat "$here/printers" ;;
  *not-completed*) cat "$here/waiting" 2>/dev/null || true ;;
  *completed*) cat "$here/past" 2>/dev/null || true ;;
esac
"""
CANCEL = """#!/bin/sh
here=$(dirname "$0")
[ -e "$here/waiting" ] || { echo "cancel: cancel-job failed: Job #17 is already completed" >&2; exit 1; }
mv "$here/waiting" "$here/past"
echo "	Alerts: job-canceled-by-user" >> "$here/past"
"""
READY = "printer ward is idle.  enabled since Sun Nov 22 09:00:00 2026\n"
STOPPED = "printer ward disabled since Sun Nov 22 09:00:00 2026 -\n\tPaper jam\n"
JOB = "ward-17                 order-abc        1024   Sun Nov 22 09:01:00 2026\n\tqueued for ward\n"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, script in (("lp", LP), ("lpstat", LPSTAT), ("cancel", CANCEL)):
        path = tmp_path / name
        path.write_text(script)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "printers").write_text(READY)
    monkeypatch.setenv("KIOSK_LP", str(tmp_path / "lp"))
    return tmp_path


def test_lp_gets_the_document_itself_and_the_order_as_owner(desk: Path) -> None:
    printer = LpPrinter.from_environment("ward")
    assert printer.submit(b"%PDF-1.7 paper", "abc") == "ward-17"
    assert (desk / "paper.pdf").read_bytes() == b"%PDF-1.7 paper"
    assert (desk / "arguments").read_text().splitlines() == [
        "-U",
        "order-abc",
        "-t",
        "order abc",
        "-d",
        "ward",
        "-",
    ]


def test_lp_that_refuses_is_a_printer_fault(desk: Path) -> None:
    (desk / "refuse").touch()
    with pytest.raises(PrinterFault) as fault:
        LpPrinter.from_environment().submit(b"%PDF-", "abc")
    assert fault.value.reason == "printer-refused"


def test_a_job_waits_then_is_finished(desk: Path) -> None:
    printer = LpPrinter.from_environment()
    (desk / "waiting").write_text(JOB)
    assert printer.job("ward-17") is JobState.WAITING
    (desk / "waiting").rename(desk / "past")
    assert printer.job("ward-17") is JobState.FINISHED
    assert printer.withdraw("ward-17", "abc") is False


def test_a_jammed_job_is_stuck_and_can_be_withdrawn(desk: Path) -> None:
    printer = LpPrinter.from_environment()
    (desk / "waiting").write_text(JOB)
    (desk / "printers").write_text(STOPPED)
    assert printer.state() == "paused"
    assert printer.job("ward-17") is JobState.STUCK
    assert printer.withdraw("ward-17", "abc") is True
    assert printer.job("ward-17") is JobState.WITHDRAWN
    assert printer.find("abc") is None


@pytest.mark.parametrize(
    ("alerts", "state"),
    [
        ("none", "ready"),
        ("media-low-warning", "low-paper"),
        ("media-low-warning media-empty-error", "no-paper"),
        ("media-jam-error", "jam"),
        ("cover-open-error", "open"),
        ("offline-report", "offline"),
    ],
)
def test_cups_tells_paper_jam_and_cover_by_its_alerts(desk: Path, alerts: str, state: str) -> None:
    (desk / "printers").write_text(f"{READY}\tForm mounted:\n\tAlerts: {alerts}\n\tConnection: direct\n")
    assert LpPrinter.from_environment().state() == state


def test_a_job_is_found_again_by_its_order(desk: Path) -> None:
    printer = LpPrinter.from_environment()
    assert printer.find("abc") is None
    (desk / "past").write_text(JOB)
    assert printer.find("abc") == "ward-17"


def test_without_lp_the_printer_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KIOSK_LP", str(tmp_path / "nothing"))
    assert LpPrinter.from_environment().state() == "missing"
    with pytest.raises(PrinterFault):
        LpPrinter.from_environment().submit(b"", "abc")


def test_a_lone_lp_command_is_trusted_when_it_takes_the_job(desk: Path) -> None:
    (desk / "lpstat").unlink()
    (desk / "cancel").unlink()
    printer = LpPrinter.from_environment()
    assert (printer.state(), printer.job("ward-17")) == ("ready", JobState.FINISHED)
    assert printer.withdraw("ward-17", "abc") is False


# The coin box.


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "coin-box")


@pytest.fixture
def coin_box_url(box: Box) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_coin_box(box), threaded=True)
    serving.begin(server)
    yield f"http://127.0.0.1:{server.server_port}"
    serving.end(server)


def test_the_coin_box_counts_and_gives_change(box: Box, coin_box_url: str) -> None:
    client = HttpCoinBox(coin_box_url)
    assert client.ask("a", 200).state == "open"
    assert client.state() == "busy"
    box.insert(100)
    seen = client.look("a")
    assert seen is not None
    assert (seen.state, seen.inserted) == ("open", 100)
    box.insert(1000)
    done = client.look("a")
    assert done is not None
    assert (done.state, done.change, done.receipt[:3]) == ("paid", 900, "CB-")
    assert box.tray.total == 900


def test_no_receipt_is_given_out_twice_also_by_the_box_that_comes_in_exchange(tmp_path: Path) -> None:
    def receipts(folder: Path) -> list[str]:
        box = Box(folder)
        for name in ("a", "b"):
            box.ask(name, 100)
            box.insert(100)
        return [box.look(name).receipt for name in ("a", "b")]  # type: ignore[union-attr]

    given = [*receipts(tmp_path / "first"), *receipts(tmp_path / "second")]
    assert len(set(given)) == 4
    shutil.rmtree(tmp_path / "first" / "payments")
    assert not set(receipts(tmp_path / "first")) & set(given), "the count goes on when old payments are forgotten"


def test_payments_and_days_are_forgotten_in_the_end(box: Box, tmp_path: Path) -> None:
    box.ask("a", 100)
    box.insert(100)
    long_ago = time.time() - KEPT_SECONDS - 1
    for one in [*tmp_path.rglob("payments/*"), *tmp_path.rglob("days/*")]:
        os.utime(one, (long_ago, long_ago))
    box.ask("b", 100)
    assert box.look("a") is None
    assert [one.name for one in tmp_path.rglob("payments/*")] == ["b.json"]
    assert list(tmp_path.rglob("days/*")) == []


def test_coins_nobody_waits_for_are_kept_and_counted(box: Box, coin_box_url: str) -> None:
    client = HttpCoinBox(coin_box_url)
    client.ask("a", 200)
    box.insert(100)
    assert [client.keep("a").state for _ in range(2)] == ["kept"] * 2
    box.press_return()
    assert (box.tray.total, client.state()) == (0, "ready")
    assert client.counted(japan_today().isoformat()).taken == 100
    assert client.cancel("a").state == "kept"


def test_a_record_the_disk_has_lost_is_put_aside_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal(tmp_path)
    for key, content in (("empty", ""), ("torn", '{"state": "pa'), ("list", "[]")):
        (tmp_path / f"{key}.json").write_text(content)
        assert journal.read(key) is None
        assert f"key={key}" in caplog.text
    assert journal.names() == []
    assert len(list(tmp_path.glob("*.unreadable"))) == 3


def test_two_sheets_at_the_same_moment_get_names_of_their_own(tmp_path: Path) -> None:
    printer = SimulatedPrinter(tmp_path)
    with ThreadPoolExecutor(8) as hands:
        jobs = list(hands.map(lambda n: printer.submit(b"%d" % n, f"order-{n}"), range(16)))
    assert len(set(jobs)) == 16
    assert sorted(one.read_bytes() for one in tmp_path.glob("*.pdf")) == sorted(b"%d" % n for n in range(16))


def test_asking_and_cancelling_may_be_repeated(box: Box, coin_box_url: str) -> None:
    client = HttpCoinBox(coin_box_url)
    client.ask("a", 200)
    box.insert(50)
    assert client.ask("a", 200).inserted == 50
    assert [client.cancel("a").state for _ in range(2)] == ["cancelled"] * 2
    assert box.tray.total == 50


def test_a_complete_payment_cannot_be_cancelled_but_refunded_once(box: Box) -> None:
    box.ask("a", 200)
    box.insert(500)
    assert box.cancel("a").state == "paid"
    assert [box.refund("a").state for _ in range(2)] == ["refunded"] * 2
    assert box.tray.total == 300 + 200


def test_a_coin_for_which_there_is_no_change_comes_back(box: Box) -> None:
    def buy_for_ten_yen_each() -> None:
        for number in range(40):
            box.ask(f"p{number}", 10)
            box.insert(1000)

    with pytest.raises(CoinRefused) as refused:
        buy_for_ten_yen_each()
    assert refused.value.reason == "no-change"
    waiting = box.current()
    assert waiting is not None
    assert waiting.inserted == 0


@pytest.mark.parametrize(("coin", "reason"), [(100, "not-asked"), (5, "unknown-coin"), (-10, "unknown-coin")])
def test_coins_nobody_asked_for_come_back(box: Box, coin: int, reason: str) -> None:
    with pytest.raises(CoinRefused) as refused:
        box.insert(coin)
    assert refused.value.reason == reason


def test_a_jam_returns_what_was_inserted(box: Box) -> None:
    box.ask("a", 200)
    box.insert(100)
    box.jam()
    assert box.look("a").state == "failed"  # type: ignore[union-attr]
    assert (box.tray.total, box.state()) == (100, "jammed")
    with pytest.raises(CoinBoxFault):
        box.ask("b", 200)
    box.repair()
    assert box.state() == "ready"


def test_payments_survive_a_power_cut(box: Box, tmp_path: Path) -> None:
    box.ask("a", 200)
    box.insert(100)
    again = Box(tmp_path / "coin-box")
    assert again.current() == box.look("a")
    assert again.insert(100).state == "paid"


class Cut(Exception):
    """The power goes."""


@pytest.mark.parametrize("before", ["_note", "_pay_out", "_save_stock"])
def test_change_owed_at_a_power_cut_is_given_once_when_the_box_is_back(tmp_path: Path, before: str) -> None:
    """Cut at the first, second or third of what follows the record “paid”."""
    folder = tmp_path / "coin-box"

    def cut(*_arguments: object) -> None:
        raise Cut

    box = Box(folder)
    box.ask("a", 200)
    content = box.counted(japan_today().isoformat()).content
    if before == "_save_stock":
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Box, "_pay_out", cut)
            with pytest.raises(Cut):
                box.insert(1000)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Box, before, cut)
            with pytest.raises(Cut):
                Box(folder)  # cut again while it makes up for the first time
    else:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Box, before, cut)
            with pytest.raises(Cut):
                box.insert(1000)
    again = Box(folder)
    assert again.tray.total == 800
    day = again.counted(japan_today().isoformat())
    assert (day.taken, day.payments, day.content) == (200, 1, content + 200)
    assert Box(folder).tray.total == 0, "given already"


def test_a_coin_box_that_is_gone_is_missing() -> None:
    client = HttpCoinBox("http://127.0.0.1:9")
    assert client.state() == "missing"
    with pytest.raises(CoinBoxFault):
        client.ask("a", 200)


@pytest.mark.parametrize("amount", ["200", -1, 10**9, 1.5, True, None])
def test_a_payment_of_nonsense_is_refused(box: Box, amount: object) -> None:
    answer = create_coin_box(box).test_client().post("/payments", json={"reference": "a", "amount": amount})
    assert answer.status_code == 400


def test_the_front_of_the_coin_box_takes_coins(box: Box) -> None:
    box.ask("a", 200)
    client = create_coin_box(box).test_client()
    assert client.post("/coins", data={"coin": "100"}).status_code == 303
    assert "100円" in client.get("/").get_data(as_text=True)
    assert client.post("/lever/return").status_code == 303
    assert box.tray.total == 100
    assert client.post("/lever/nothing").status_code == 404
    assert client.post("/coins", data={"coin": "²"}).headers["Location"].endswith("unknown-coin")


# The card.


def test_the_reader_tells_what_happens_and_the_card_answers(card: SimulatedCard) -> None:
    reader, told = SimulatedReader(), []
    reader.start(told.append)
    reader.insert(card)
    session = reader.open()
    assert session.tries_left() == 3
    with pytest.raises(PinRefused) as refused:
        session.verify_pin(bytearray(b"9999"))
    assert refused.value.tries_left == 2
    session.verify_pin(bytearray(b"1234"))
    assert len(session.sign(b"challenge")) == 256
    reader.remove()
    with pytest.raises(CardGone):
        session.sign(b"challenge")
    assert told == [CardReport("ready"), CardReport("inserted"), CardReport("removed")]


def test_three_wrong_pins_lock_the_card(card: SimulatedCard) -> None:
    reader = SimulatedReader()
    reader.insert(card)
    session = reader.open()
    left = []
    for _ in range(3):
        with pytest.raises(PinRefused) as refused:
            session.verify_pin(bytearray(b"0000"))
        left.append(refused.value.tries_left)
    assert left == [2, 1, 0]
    assert session.tries_left() == 0


def test_an_empty_reader_has_no_card() -> None:
    with pytest.raises(CardGone):
        SimulatedReader().open()
