"""A machine killed at any step of a paid job prints once or pays back once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kiosk.contract_player import ContractPlayer
from tests.kiosk.counter import NUMBER, Counter

# A kiosk for every line that comes: forked with everything loaded, it dies where the line says.
KILLED = """
import json, os, signal, sys
from pathlib import Path
from kiosk.coin_box.box import Box
from kiosk.devices.printer import SimulatedPrinter
from kiosk.journal import Journal
from kiosk.paid_jobs import PaidJobs
from card_reader.machine_sign_in import read_key
from kiosk.portal_client import Deadlines, PortalClient, owner_mark
from kiosk.steps import Order
def live(folder, url, key, number, point, when, spends):
    class Dying(Journal):
        def write(self, name, record):
            if record["state"] == point and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            super().write(name, record)
            if record["state"] == point:
                os.kill(os.getpid(), signal.SIGKILL)
    box = Box(Path(folder) / "coin-box")
    if point in ("owed", "settled-owed"):
        box.jam()
        point = point.removesuffix("-owed") if point != "owed" else point
    printer = SimulatedPrinter(Path(folder) / "prints")
    portal = PortalClient(url, "kiosk-chuo-1", read_key(Path(key)), Deadlines(60.0, 60.0, 0.02))
    jobs = PaidJobs(Dying(Path(folder) / "paid-jobs"), portal, box, printer)
    if spends:
        jobs.spend(Order(number, "owner-of-" + number, 200, (), mark=owner_mark("", number), paid_with="points"))
    jobs.finish(number)
for line in sys.stdin:
    life = os.fork()
    if not life:
        try:
            live(*json.loads(line))
        finally:
            os._exit(1)
    print(-os.waitstatus_to_exitcode(os.waitpid(life, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def mortal() -> Iterator[subprocess.Popen[str]]:
    root = Path(__file__).parents[2]
    command, environment = [sys.executable, "-c", KILLED], {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(
        command, cwd=root, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.communicate()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", ["paid", "reported", "sending", "sent", "printed", "settled"])
def test_killed_at_any_step_prints_exactly_once(
    mortal: subprocess.Popen[str], tmp_path: Path, player: ContractPlayer, point: str, when: str
) -> None:
    Counter(tmp_path, player).pay()
    _die(mortal, tmp_path, player, point, when)
    after = Counter(tmp_path, player)
    assert after.jobs.finish(NUMBER) == "printed"
    assert (after.papers(), after.box.tray.total, after.is_settled()) == (1, 0, True)
    assert player.orders == {NUMBER: "printed"}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", ["withdrawing", "refunding", "refunded"])
def test_killed_while_refunding_pays_back_exactly_once(
    mortal: subprocess.Popen[str], tmp_path: Path, player: ContractPlayer, point: str, when: str
) -> None:
    before = Counter(tmp_path, player)
    before.pay()
    before.printer.jam()
    _die(mortal, tmp_path, player, point, when)
    after = Counter(tmp_path, player)
    assert after.jobs.finish(NUMBER) == "refunded"
    payment = after.box.look(NUMBER)
    assert payment is not None
    assert (payment.state, after.papers(), after.is_settled()) == ("refunded", 0, True)
    assert player.orders == {NUMBER: "refunded"}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", ["owed", "settled-owed"])
def test_killed_while_a_debt_is_told_it_is_told_once(
    mortal: subprocess.Popen[str], tmp_path: Path, player: ContractPlayer, point: str, when: str
) -> None:
    before = Counter(tmp_path, player)
    before.pay()
    before.printer.jam()
    _die(mortal, tmp_path, player, point, when)
    after = Counter(tmp_path, player)
    after.box.jam()
    for order in after.jobs.unfinished():
        after.jobs.finish(order)
    after.jobs.report_outstanding()
    assert (after.papers(), after.box.tray.total, after.is_settled()) == (0, 0, True)
    assert (player.orders, player.seen["order-failed"]) == ({NUMBER: "owed"}, 1)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", ["spending", "reported", "sending", "sent", "printed", "settled"])
def test_killed_while_points_pay_it_is_one_paper_or_the_points_back(
    mortal: subprocess.Popen[str], tmp_path: Path, player: ContractPlayer, point: str, when: str
) -> None:
    _die(mortal, tmp_path, player, point, when, spends=True)
    after = Counter(tmp_path, player)
    ended = [after.jobs.finish(order) for order in after.jobs.unfinished()]
    after.jobs.report_outstanding()
    if (point, when) == ("spending", "before"):
        assert (ended, player.orders, after.papers()) == ([], {}, 0), "nothing was begun"
        return
    unsure = point == "spending" or (point, when) == ("reported", "before")
    assert player.orders == {NUMBER: "refunded" if unsure else "printed"}
    assert (after.papers(), after.is_settled(), after.box.look(NUMBER)) == (0 if unsure else 1, True, None)


def _die(
    mortal: subprocess.Popen[str], folder: Path, player: ContractPlayer, point: str, when: str, *, spends: bool = False
) -> None:
    key = folder / "key.jwk"
    key.write_text(json.dumps(player.key.as_dict(private=True)))
    assert mortal.stdin
    assert mortal.stdout
    print(json.dumps([str(folder), player.url, str(key), NUMBER, point, when, spends]), file=mortal.stdin, flush=True)
    assert mortal.stdout.readline() == f"{signal.SIGKILL.value}\n"
