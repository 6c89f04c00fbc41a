"""Money taken is printed or given back, never both, also when the machine is killed at any step."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from kiosk.coin_box.box import Box
from kiosk.devices.printer import SimulatedPrinter
from kiosk.devices.protocols import CoinBoxFault, Payment, PrinterFault
from kiosk.paid_jobs import PaidJobs, Unsettled
from tests.kiosk.contract_player import ContractPlayer
from tests.kiosk.counter import NUMBER, ORDER, Counter


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


def test_a_payment_nobody_had_begun_at_the_power_cut_is_no_money_returned(
    counter: Counter, tmp_path: Path, player: ContractPlayer
) -> None:
    counter.jobs.begin(ORDER)
    counter.box.ask(NUMBER, 200)
    again = Counter(tmp_path, player)
    assert again.jobs.finish(NUMBER) == "untouched"
    assert (again.box.tray.total, player.orders) == (0, {})


def begun_earlier(counter: Counter, seconds: float) -> None:
    """As the clock on the wall tells it after a restart."""
    record = counter.journal.read(NUMBER)
    assert record is not None
    counter.journal.write(NUMBER, {**record, "boot": "", "since": record["since"] - seconds})


@pytest.mark.parametrize("seconds", [3600, -86400], ids=["an hour ago", "the clock was set back"])
def test_long_after_the_power_cut_neither_paper_nor_coins_fall_into_an_empty_place(
    counter: Counter, tmp_path: Path, player: ContractPlayer, seconds: int
) -> None:
    counter.pay()
    begun_earlier(counter, seconds)
    again = Counter(tmp_path, player)
    assert again.jobs.finish(NUMBER) == "owed"
    assert (again.papers(), again.box.tray.total) == (0, 0)
    assert (player.orders, player.bodies["order-failed"][0]["reason"]) == ({NUMBER: "owed"}, "too-late")


@pytest.mark.parametrize("seconds", [3600, -86400])
def test_a_clock_that_jumps_while_somebody_pays_takes_no_paper_from_them(
    counter: Counter, player: ContractPlayer, seconds: int
) -> None:
    counter.pay()
    begun_earlier(counter, seconds)
    assert counter.jobs.finish(NUMBER) == "printed"
    assert (counter.papers(), player.orders) == (1, {NUMBER: "printed"})


def test_coins_of_a_payment_nobody_waits_for_stay_inside_and_are_owed(
    counter: Counter, tmp_path: Path, player: ContractPlayer
) -> None:
    counter.jobs.begin(ORDER)
    counter.box.ask(NUMBER, 200)
    counter.box.insert(100)
    begun_earlier(counter, 3600)
    again = Counter(tmp_path, player)
    assert again.jobs.finish(NUMBER) == "owed"
    assert (again.box.tray.total, player.bodies["order-failed"][0]["kept"]) == (0, 100)


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


def test_what_is_settled_is_read_once_and_forgotten_after_a_day(counter: Counter) -> None:
    counter.pay()
    counter.jobs.finish(NUMBER)
    counter.jobs.report_outstanding()
    record = counter.journal.read(NUMBER)
    assert record
    (counter.journal.folder / f"{NUMBER}.json").write_text("whoever reads this again fails")
    counter.jobs.report_outstanding()
    assert counter.journal.names() == [NUMBER]
    counter.journal.write(NUMBER, record | {"since": time.time() - 25 * 3600})
    started_again = PaidJobs(counter.journal, counter.jobs._portal, counter.box, counter.printer)
    for _ in range(2):  # read at one beat, forgotten at the next
        started_again.report_outstanding()
    assert counter.journal.names() == []


@pytest.fixture
def owing(counter: Counter) -> Counter:
    """Paid, the printer jammed, and the coin box can give nothing back."""
    counter.pay()
    counter.printer.jam()
    counter.box.jam()
    return counter


def test_money_that_cannot_go_back_is_told_to_the_portal(owing: Counter, player: ContractPlayer) -> None:
    assert owing.jobs.finish(NUMBER) == "owed"
    assert player.orders == {NUMBER: "owed"}
    assert player.bodies["order-failed"] == [
        {"reason": "coin-box", "refunded": False, "kept": 200, "owner": f"owner-of-{NUMBER}"}
    ]
    assert (owing.papers(), owing.box.tray.total, owing.is_settled()) == (0, 0, True)


def test_once_staff_owe_it_a_repaired_machine_pays_no_coin(owing: Counter, player: ContractPlayer) -> None:
    owing.jobs.finish(NUMBER)
    owing.box.repair()
    owing.printer.repair()
    assert owing.jobs.unfinished() == []
    assert [owing.jobs.finish(NUMBER), owing.jobs.refund(NUMBER, "person-gone")] == ["owed", "owed"]
    assert (owing.papers(), owing.box.tray.total, player.seen["order-failed"]) == (0, 0, 1)


def test_a_debt_is_told_as_soon_as_the_line_is_back(owing: Counter, player: ContractPlayer) -> None:
    player.down = True
    assert owing.jobs.finish(NUMBER) == "owed"
    assert not owing.is_settled()
    player.down = False
    player.lose_next_answer("order-failed")
    owing.jobs.report_outstanding()
    owing.jobs.report_outstanding()
    assert owing.is_settled()
    assert (player.orders, player.seen["order-failed"]) == ({NUMBER: "owed"}, 1)


def test_a_coin_box_without_change_owes_what_it_cannot_count_out(counter: Counter, player: ContractPlayer) -> None:
    counter.pay()
    counter.printer.jam()
    counter.box._stock = dict.fromkeys(counter.box._stock, 0)
    assert counter.jobs.finish(NUMBER) == "owed"
    assert counter.box.tray.total == 0


def test_coins_paid_out_before_the_power_cut_are_not_owed_again(counter: Counter, player: ContractPlayer) -> None:
    """The box paid back and the kiosk died before it heard so; an hour later the box is asked first."""
    counter.pay()
    counter.box.refund(NUMBER)
    record = counter.journal.read(NUMBER)
    assert record
    counter.journal.write(NUMBER, {**record, "state": "refunding", "reason": "x", "since": record["since"] - 3600})
    assert counter.jobs.finish(NUMBER) == "refunded"
    assert player.orders == {NUMBER: "refunded"}


class Silent(Box):
    """A coin box that was unplugged."""

    def look(self, reference: str) -> Payment | None:
        raise CoinBoxFault("silent")


def silent_jobs(counter: Counter) -> PaidJobs:
    box = Silent(counter.box._payments.folder.parent)
    return PaidJobs(counter.journal, counter.jobs._portal, box, counter.printer)


def test_a_silent_coin_box_is_said_so_because_it_may_have_paid(counter: Counter, player: ContractPlayer) -> None:
    counter.pay()
    counter.jobs.call_off(NUMBER)
    counter.printer.jam()
    assert silent_jobs(counter).finish(NUMBER) == "owed"
    assert player.bodies["order-failed"][0]["reason"] == "coin-box-silent"


def test_coins_in_a_box_that_fell_silent_are_handed_to_staff(counter: Counter, player: ContractPlayer) -> None:
    counter.jobs.begin(ORDER)
    counter.box.ask(NUMBER, 200)
    counter.box.insert(100)
    silent_jobs(counter).hand_to_staff(NUMBER, 100)
    assert (player.bodies["order-failed"][0]["kept"], counter.jobs.is_paying(NUMBER)) == (100, False)
    assert counter.jobs.finish(NUMBER) == "owed"
    counter.box.press_return()
    assert (counter.box.tray.total, counter.box.state()) == (0, "ready"), "whoever comes next can pay, and gets no coin"
    assert (counter.is_settled(), player.seen["order-failed"]) == (True, 1)


def test_a_debt_is_told_before_the_silent_box_is_back(counter: Counter, player: ContractPlayer) -> None:
    counter.jobs.begin(ORDER)
    counter.box.ask(NUMBER, 200)
    counter.box.insert(100)
    silent = silent_jobs(counter)
    silent.hand_to_staff(NUMBER, 100)
    silent.report_outstanding()
    assert (player.seen["order-failed"], counter.is_settled()) == (1, False)
    counter.jobs.report_outstanding()
    assert (player.seen["order-failed"], counter.is_settled(), counter.box.state()) == (1, True, "ready")


def test_a_box_that_comes_back_tells_what_it_took(counter: Counter, player: ContractPlayer) -> None:
    """Nothing was known to be inside when the box fell silent; what it says later is not given to strangers."""
    counter.pay()
    with pytest.raises(Unsettled):
        silent_jobs(counter).finish(NUMBER)
    assert (player.orders, counter.jobs.unfinished()) == ({}, [])
    counter.jobs.report_outstanding()
    assert (player.orders, counter.box.tray.total, counter.papers()) == ({NUMBER: "owed"}, 0, 0)


def stuck(counter: Counter) -> PaidJobs:
    """A printer that holds the sheet: neither out nor to be withdrawn."""

    class Stuck(SimulatedPrinter):
        def withdraw(self, job: str, order: str) -> bool:
            return False

    counter.pay()
    counter.printer.jam()
    return PaidJobs(counter.journal, counter.jobs._portal, counter.box, Stuck(counter.printer.folder))


def test_a_sheet_stuck_in_the_printer_is_told_and_looked_after(counter: Counter, player: ContractPlayer) -> None:
    jobs = stuck(counter)
    with pytest.raises(Unsettled):
        jobs.finish(NUMBER)
    jobs.report_outstanding()
    assert (player.orders, player.seen["order-failed"]) == ({NUMBER: "owed"}, 1)
    counter.printer.repair()
    jobs.report_outstanding()
    assert (player.orders, counter.is_settled(), counter.box.tray.total) == ({NUMBER: "printed"}, True, 0)


def test_a_stuck_sheet_that_was_pulled_out_stays_owed(counter: Counter, player: ContractPlayer) -> None:
    jobs = stuck(counter)
    with pytest.raises(Unsettled):
        jobs.finish(NUMBER)
    counter.printer.withdraw(counter.printer.find(NUMBER) or "", NUMBER)
    counter.jobs.report_outstanding()
    assert counter.is_settled()
    assert (player.orders, player.seen["order-failed"], counter.box.tray.total) == ({NUMBER: "owed"}, 1, 0)
