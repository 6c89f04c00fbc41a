"""Money taken is printed or given back, never both, also when the machine is killed at any step."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.coin_box.box import Box
from kiosk.devices.printer import SimulatedPrinter
from kiosk.devices.protocols import CoinBoxFault, PrinterFault
from kiosk.journal import Journal
from kiosk.paid_jobs import PaidJobs, Unsettled
from kiosk.portal_client import PortalClient
from kiosk.steps import Order
from tests.kiosk.contract_player import ContractPlayer
from tests.kiosk.whole_kiosk import QUICK

NUMBER = "9b7d5a52-3c1e-4f60-8a2d-7e4c1b0f6d21"
ORDER = Order(NUMBER, f"owner-of-{NUMBER}", fee=200, lines=())


class Counter:
    """The money and paper side of a kiosk, made anew as after a restart."""

    def __init__(self, folder: Path, player: ContractPlayer) -> None:
        self.box = Box(folder / "coin-box")
        self.printer = SimulatedPrinter(folder / "prints")
        self.journal = Journal(folder / "paid-jobs")
        portal = PortalClient(player.url, player.client_id, player.key, QUICK)
        self.jobs = PaidJobs(self.journal, portal, self.box, self.printer)

    def pay(self) -> None:
        self.jobs.begin(ORDER)
        self.box.ask(NUMBER, 200)
        self.box.insert(500)
        self.box.take_from_tray()

    def papers(self) -> int:
        return len(list(self.printer.folder.glob("*.pdf")))

    def is_settled(self) -> bool:
        record = self.journal.read(NUMBER)
        return record is not None and record["state"] == "settled" and record["owner"] == ""


@pytest.fixture
def counter(tmp_path: Path, player: ContractPlayer) -> Counter:
    return Counter(tmp_path, player)


def test_a_paid_order_is_printed_and_reported(counter: Counter, player: ContractPlayer) -> None:
    counter.pay()
    assert counter.jobs.finish(NUMBER) == "printed"
    assert player.orders == {NUMBER: "printed"}
    assert (counter.papers(), counter.box.tray.total, counter.is_settled()) == (1, 0, True)


def test_finishing_again_prints_nothing_more(counter: Counter, player: ContractPlayer) -> None:
    counter.pay()
    assert [counter.jobs.finish(NUMBER) for _ in range(3)] == ["printed"] * 3
    assert (counter.papers(), player.seen["order-printed"]) == (1, 1)


def test_a_refund_is_paid_once(counter: Counter, player: ContractPlayer) -> None:
    counter.pay()
    assert [counter.jobs.refund(NUMBER, "person-gone") for _ in range(3)] == ["refunded"] * 3
    assert (counter.papers(), counter.box.tray.total) == (0, 200)
    assert player.orders == {NUMBER: "refunded"}


def test_a_printed_order_is_not_refunded(counter: Counter) -> None:
    counter.pay()
    counter.jobs.finish(NUMBER)
    assert counter.jobs.refund(NUMBER, "person-gone") == "printed"
    assert counter.box.tray.total == 0


def test_a_payment_open_at_the_power_cut_is_called_off(
    counter: Counter, tmp_path: Path, player: ContractPlayer
) -> None:
    counter.jobs.begin(ORDER)
    counter.box.ask(NUMBER, 200)
    counter.box.insert(100)
    again = Counter(tmp_path, player)
    assert again.jobs.unfinished() == [NUMBER]
    assert again.jobs.finish(NUMBER) == "dropped"
    assert again.box.tray.total == 100
    assert player.orders == {}


def test_long_after_the_power_cut_money_goes_back_instead_of_paper(counter: Counter, player: ContractPlayer) -> None:
    counter.pay()
    record = counter.journal.read(NUMBER)
    assert record is not None
    counter.journal.write(NUMBER, {**record, "since": record["since"] - 3600})
    assert counter.jobs.finish(NUMBER) == "refunded"
    assert (counter.papers(), counter.box.tray.total) == (0, 200)


def test_portal_unreachable_after_payment_refunds_and_reports_later(counter: Counter, player: ContractPlayer) -> None:
    counter.pay()
    player.down = True
    assert counter.jobs.finish(NUMBER) == "refunded"
    assert counter.box.tray.total == 200
    assert not counter.is_settled()
    player.down = False
    counter.jobs.report_outstanding()
    assert counter.is_settled()
    assert player.orders == {NUMBER: "refunded"}


def test_lost_answers_change_nothing(counter: Counter, player: ContractPlayer) -> None:
    counter.pay()
    for message in ("order-paid", "order-document", "order-printed"):
        player.lose_next_answer(message)
    assert counter.jobs.finish(NUMBER) == "printed"
    assert (counter.papers(), player.seen["order-paid"], player.seen["order-printed"]) == (1, 1, 1)


def test_a_printer_that_takes_the_job_and_then_fails_keeps_the_paper(counter: Counter, player: ContractPlayer) -> None:
    counter.pay()
    submit = counter.printer.submit

    class LateFault(SimulatedPrinter):
        def submit(self, pdf: bytes, order: str) -> str:
            submit(pdf, order)
            raise PrinterFault("printer-refused")

    late = LateFault(counter.printer.folder)
    jobs = PaidJobs(counter.journal, counter.jobs._portal, counter.box, late)
    assert jobs.finish(NUMBER) == "printed"
    assert (counter.papers(), counter.box.tray.total) == (1, 0)


def test_a_jammed_coin_box_leaves_the_refund_to_staff(counter: Counter, player: ContractPlayer) -> None:
    counter.pay()
    counter.printer.jam()

    class Silent(Box):
        def refund(self, reference: str) -> None:  # type: ignore[override]
            raise CoinBoxFault("silent")

    silent = Silent(counter.box._payments.folder.parent)
    jobs = PaidJobs(counter.journal, counter.jobs._portal, silent, counter.printer)
    with pytest.raises(Unsettled):
        jobs.finish(NUMBER)
    assert jobs.unfinished() == [NUMBER]
    assert counter.jobs.finish(NUMBER) == "refunded"


KILLED = """
import os, signal, sys
from pathlib import Path
from kiosk.coin_box.box import Box
from kiosk.devices.printer import SimulatedPrinter
from kiosk.journal import Journal
from kiosk.paid_jobs import PaidJobs
from kiosk.portal_client import Deadlines, PortalClient, read_key
folder, url, key, number, point, when = sys.argv[1:]
class Dying(Journal):
    def write(self, name, record):
        if record["state"] == point and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        super().write(name, record)
        if record["state"] == point:
            os.kill(os.getpid(), signal.SIGKILL)
box = Box(Path(folder) / "coin-box")
printer = SimulatedPrinter(Path(folder) / "prints")
portal = PortalClient(url, "kiosk-chuo-1", read_key(Path(key)), Deadlines(1.0, 0.8, 0.02))
PaidJobs(Dying(Path(folder) / "paid-jobs"), portal, box, printer).finish(number)
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", ["paid", "reported", "sending", "sent", "printed", "settled"])
def test_killed_at_any_step_prints_exactly_once(tmp_path: Path, player: ContractPlayer, point: str, when: str) -> None:
    Counter(tmp_path, player).pay()
    _die(tmp_path, player, point, when)
    after = Counter(tmp_path, player)
    assert after.jobs.finish(NUMBER) == "printed"
    assert (after.papers(), after.box.tray.total, after.is_settled()) == (1, 0, True)
    assert player.orders == {NUMBER: "printed"}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", ["withdrawing", "refunding", "refunded"])
def test_killed_while_refunding_pays_back_exactly_once(
    tmp_path: Path, player: ContractPlayer, point: str, when: str
) -> None:
    before = Counter(tmp_path, player)
    before.pay()
    before.printer.jam()
    _die(tmp_path, player, point, when)
    after = Counter(tmp_path, player)
    assert after.jobs.finish(NUMBER) == "refunded"
    payment = after.box.look(NUMBER)
    assert payment is not None
    assert (payment.state, after.papers(), after.is_settled()) == ("refunded", 0, True)
    assert player.orders == {NUMBER: "refunded"}


def _die(folder: Path, player: ContractPlayer, point: str, when: str) -> None:
    key = folder / "key.jwk"
    key.write_text(json.dumps(player.key.as_dict(private=True)))
    command = [sys.executable, "-c", KILLED, str(folder), player.url, str(key), NUMBER, point, when]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
