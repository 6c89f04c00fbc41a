"""The print server that machines have (CUPS, cupsd and its own commands), with queues that print into a file: what stand-ins
cannot show. Fails where cups-daemon is not installed (./setup.sh --test)."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from kiosk.devices import ipp
from kiosk.devices.printer import LpPrinter
from kiosk.devices.protocols import JobState
from tests.patience import PATIENCE, until

SERVER = """Listen {folder}/sock
PreserveJobFiles No
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  <Limit Create-Job Print-Job Send-Document Get-Job-Attributes Get-Jobs>
    Order allow,deny
  </Limit>
  <Limit Cancel-Job>
    Require user @OWNER
    Order deny,allow
  </Limit>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""
FILES = """FileDevice Yes
ServerRoot {folder}/root
RequestRoot {folder}/spool
CacheDir {folder}/cache
StateDir {folder}/state
TempDir {folder}/tmp
ErrorLog {folder}/error
AccessLog {folder}/access
PageLog {folder}/page
"""
PRINTERS = """<DefaultPrinter ward>
DeviceURI file://{folder}/paper
State Idle
Accepting Yes
</DefaultPrinter>
<Printer jammed>
DeviceURI file://{folder}/paper
State Stopped
Accepting Yes
</Printer>
"""


@pytest.fixture
def cups(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    cupsd = shutil.which("cupsd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert cupsd, "cups-daemon is missing: ./setup.sh --test installs it"
    folder = tmp_path_factory.mktemp("c")
    folder.chmod(0o755)
    for name in ("root", "spool", "cache", "state", "tmp"):
        (folder / name).mkdir()
    for name, text in (("cupsd.conf", SERVER), ("cups-files.conf", FILES), ("root/printers.conf", PRINTERS)):
        (folder / name).write_text(text.format(folder=folder))
    with (folder / "out").open("wb") as out:
        command = [cupsd, "-f", "-c", str(folder / "cupsd.conf"), "-s", str(folder / "cups-files.conf")]
        server = subprocess.Popen(command, stdout=out, stderr=out)
    monkeypatch.setenv("CUPS_SERVER", str(folder / "sock"))
    monkeypatch.delenv("KIOSK_LP", raising=False)
    until(lambda: LpPrinter.from_environment("ward").state() == "ready", "the print server")
    yield folder
    server.terminate()
    server.wait(PATIENCE)


def test_each_order_finds_its_own_job_and_no_other(cups: Path) -> None:
    printer = LpPrinter.from_environment("ward")
    assert printer.find("first") is None
    jobs = {order: printer.submit(b"%PDF-1.7 paper of " + order.encode(), order) for order in ("first", "second")}
    for order, job in jobs.items():
        until(lambda job=job: printer.job(job) is JobState.FINISHED, "the paper")
        assert printer.find(order) == job
    assert printer.find("third") is None, "or it would count as printed"
    assert printer.find("firs") is None


def test_a_job_that_cannot_be_printed_is_taken_back_and_known_as_that(cups: Path) -> None:
    printer = LpPrinter.from_environment("jammed")
    assert printer.state() == "paused"
    job = printer.submit(b"%PDF-1.7", "abc")
    assert printer.job(job) is JobState.STUCK
    assert printer.find("abc") == job
    assert printer.withdraw(job, "another") is False, "it is not theirs"
    assert printer.withdraw(job, "abc") is True
    assert printer.job(job) is JobState.WITHDRAWN
    assert printer.find("abc") is None
    assert printer.withdraw(job, "abc") is False


def test_what_is_printed_stays_printed_and_is_not_kept(cups: Path) -> None:
    printer = LpPrinter.from_environment("ward")
    job = printer.submit(b"%PDF-1.7", "abc")
    until(lambda: printer.job(job) is JobState.FINISHED, "the paper")
    assert printer.withdraw(job, "abc") is False
    assert printer.job(job) is JobState.FINISHED
    until(lambda: not list((cups / "spool").glob("d*")), "no document of anybody at the server")


def test_a_server_that_says_nothing_has_not_printed(cups: Path) -> None:
    printer = LpPrinter.from_environment("ward")
    job = printer.submit(b"%PDF-1.7", "abc")
    until(lambda: printer.job(job) is JobState.FINISHED, "the paper")
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_hang_up, args=(server,), daemon=True).start()
        silent = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(ipp.ServerSilent):
            ipp.state_of(silent, job)
        assert LpPrinter(queue="ward", server=silent).job(job) is JobState.STUCK
        assert LpPrinter(queue="ward", server=silent).find("abc") == job


def _hang_up(server: socket.socket) -> None:
    with suppress(OSError):
        while True:
            server.accept()[0].close()


def test_commands_of_another_system_are_believed_where_no_server_knows_their_jobs(cups: Path, tmp_path: Path) -> None:
    """Such as an `lp` that somebody put on the PATH, beside a print server or without any."""
    assert ipp.state_of(str(tmp_path / "none"), "ward-1") is None
    assert ipp.state_of(os.environ["CUPS_SERVER"], "ward-999") is None
    job = LpPrinter.from_environment("ward").submit(b"%PDF-1.7", "abc")
    until(lambda: LpPrinter(queue="ward", server=str(tmp_path / "none")).job(job) is JobState.FINISHED, "the paper")
